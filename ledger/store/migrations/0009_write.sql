-- Writing a batch in one statement, lock and all, so that it costs one round trip and one flush.

-- Events follow the position after which they were decided, and their tags with them. Where another
-- is the head by now, nothing is written and the answer is no: every statement in here sees what was
-- committed before it, the lock is taken first, and nobody writes without it.
create function ledger.write(
    after bigint, at timestamptz, types text[], days date[], ids uuid[], channels text[],
    tags text[], bodies bytea[], hashes bytea[], tag_hashes bigint[], tag_positions bigint[]
) returns boolean language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_advisory_xact_lock(4207330381);
    if exists (select from ledger.events where position > write.after) then
        return false;
    end if;
    insert into ledger.events (position, type, at, on_day, id, channel, tags, body, leaf_hash)
    select write.after + n, type, write.at, on_day, id, channel,
        string_to_array(tag, E'\x1f'), body, leaf_hash
    from unnest(types, days, ids, channels, write.tags, bodies, hashes) with ordinality
        as added(type, on_day, id, channel, tag, body, leaf_hash, n);
    insert into ledger.tags (hash, position)
    select * from unnest(tag_hashes, tag_positions) on conflict do nothing;
    perform pg_notify('xuefen_head', (write.after + cardinality(types))::text);
    return true;
end $$;

revoke execute on function ledger.write(
    bigint, timestamptz, text[], date[], uuid[], text[], text[], bytea[], bytea[], bigint[],
    bigint[]
) from public;
grant execute on function ledger.write(
    bigint, timestamptz, text[], date[], uuid[], text[], text[], bytea[], bytea[], bigint[],
    bigint[]
) to xuefen_app;
