-- Writing batches one behind the other without waiting for the answer, and with fewer steps.

-- As before: events follow the position after which they were decided, and nothing is written where
-- another is the head. A batch that was sent off while the one before it was still on its way names
-- that one's end as its head; that the ledger now ends there may be another's doing, who wrote as
-- many events. So ``behind`` asks in addition that this very session wrote what it follows, which
-- the session's setting tells: a transaction that is not committed leaves it as it was.
-- Nobody gives a hash twice for one position.
drop function ledger.write;

create function ledger.write(
    after bigint, at timestamptz, types text[], days date[], ids uuid[], channels text[],
    tags text[], bodies bytea[], hashes bytea[], tag_hashes bigint[], tag_positions bigint[],
    actors text[], requests text[], digests bytea[], answers bytea[], behind boolean
) returns boolean language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    if behind and current_setting('xuefen.wrote', true) is distinct from after::text then
        return false;
    end if;
    perform pg_advisory_xact_lock(4207330381);
    insert into ledger.events (position, type, at, on_day, id, channel, tags, body, leaf_hash)
    select write.after + n, type, write.at, on_day, id, channel,
        string_to_array(tag, E'\x1f'), body, leaf_hash
    from unnest(types, days, ids, channels, write.tags, bodies, hashes) with ordinality
        as added(type, on_day, id, channel, tag, body, leaf_hash, n)
    where write.after = (select coalesce(max(position), 0) from ledger.events);
    if not found then
        return false;
    end if;
    insert into ledger.tags (hash, position) select * from unnest(tag_hashes, tag_positions);
    if cardinality(actors) > 0 then
        insert into ledger.requests (actor, request, digest, answer, at)
        select *, write.at from unnest(actors, write.requests, digests, answers);
    end if;
    perform pg_notify('xuefen_head', (write.after + cardinality(types))::text),
        set_config('xuefen.wrote', (write.after + cardinality(types))::text, false);
    return true;
end $$;

revoke execute on function ledger.write from public;
grant execute on function ledger.write to xuefen_app;

-- What a statement's rows follow is looked up once.
create or replace function ledger.dense() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    first_new bigint; last_new bigint; count_new bigint; earliest timestamptz;
    head bigint; last_at timestamptz;
begin
    select a.first, a.last, a.count, a.earliest, coalesce(e.position, 0), e.at
    into first_new, last_new, count_new, earliest, head, last_at
    from (
        select min(position) as first, max(position) as last, count(*), min(at) as earliest
        from added
    ) a
    left join lateral (
        select position, at from ledger.events
        where position < a.first order by position desc limit 1
    ) e on true;
    if count_new = 0 then return null; end if;
    if first_new <> head + 1 or last_new - first_new + 1 <> count_new then
        raise exception 'positions %..% do not follow the head %', first_new, last_new, head
            using errcode = 'serialization_failure';
    end if;
    if earliest < last_at then
        raise exception 'the ledger knew of position % at %, so not later ones at %',
            head, last_at, earliest using errcode = 'serialization_failure';
    end if;
    return null;
end $$;
