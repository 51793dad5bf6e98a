-- Writing a batch in one statement, lock and all, so that it costs one round trip and one flush.

-- Events follow the position after which they were decided, with their tags and with the requests
-- that they answer. Where another is the head, nothing is written and the answer is no: the lock is
-- taken first, nobody writes without it, and each statement in here sees what was committed before.
create function ledger.write(
    after bigint, at timestamptz, types text[], days date[], ids uuid[], channels text[],
    tags text[], bodies bytea[], hashes bytea[], tag_hashes bigint[], tag_positions bigint[],
    actors text[], requests text[], digests bytea[], answers bytea[]
) returns boolean language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_advisory_xact_lock(4207330381);
    if (select coalesce(max(position), 0) from ledger.events) <> write.after then
        return false;
    end if;
    insert into ledger.events (position, type, at, on_day, id, channel, tags, body, leaf_hash)
    select write.after + n, type, write.at, on_day, id, channel,
        string_to_array(tag, E'\x1f'), body, leaf_hash
    from unnest(types, days, ids, channels, write.tags, bodies, hashes) with ordinality
        as added(type, on_day, id, channel, tag, body, leaf_hash, n);
    insert into ledger.tags (hash, position)
    select * from unnest(tag_hashes, tag_positions) on conflict do nothing;
    if cardinality(actors) > 0 then
        insert into ledger.requests (actor, request, digest, answer, at)
        select *, write.at from unnest(actors, write.requests, digests, answers);
    end if;
    perform pg_notify('xuefen_head', (write.after + cardinality(types))::text);
    return true;
end $$;

revoke execute on function ledger.write from public;
grant execute on function ledger.write to xuefen_app;
