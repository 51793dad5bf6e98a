-- Appends of a process that is not alone: the database itself looks whether anything forbids them.

-- Whoever decides by what it knows has to know all that others wrote, so that all wait for it while
-- it reads and decides. An append asks only whether something came after a position that carries
-- tags; that is found here, under the lock, and everything else was done before.
--
-- ``after`` is the last position that any of the conditions names; the events are given as if they
-- followed it, and follow the head. A condition is the hash of one of its tags (most often nothing
-- came under it), the hashes of all, joined by commas, and the position after which nothing may be.
-- Tags of one hash count as one tag. Null, and nothing, where anything is forbidden.
create function ledger.append(
    after bigint, at timestamptz, types text[], tags text[], bodies bytea[], hashes bytea[],
    tag_hashes bigint[], tag_positions bigint[], firsts bigint[], alls text[], seen bigint[]
) returns bigint language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    head bigint; last_at timestamptz;
begin
    perform pg_advisory_xact_lock(4207330381);
    select e.position, e.at into head, last_at
    from ledger.events e order by e.position desc limit 1;
    head := coalesce(head, 0);
    if append.after > head or exists (
        select from unnest(firsts, alls, append.seen) as asked(first, hashes, seen)
        where case when exists (
            select from ledger.tags t where t.hash = asked.first and t.position > asked.seen
        ) then exists (
            select from ledger.positions(string_to_array(asked.hashes, ',')::bigint[], asked.seen, 1)
        ) else false end
    ) then
        return null;
    end if;
    insert into ledger.events (position, type, at, tags, body, leaf_hash)
    select head + n, type, greatest(append.at, last_at), string_to_array(tag, E'\x1f'),
        body, leaf_hash
    from unnest(types, append.tags, bodies, hashes) with ordinality
        as added(type, tag, body, leaf_hash, n);
    insert into ledger.tags (hash, position)
    select hash, head - append.after + number from unnest(tag_hashes, tag_positions)
        as added(hash, number);
    perform pg_notify('xuefen_head', (head + cardinality(types))::text);
    return head;
end $$;

revoke execute on function ledger.append from public;
grant execute on function ledger.append to xuefen_app;
