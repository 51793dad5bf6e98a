-- The ledger: events in one dense order, their tag index, answered requests, and the vault.
-- Runs as the owner of the database; the application works as xuefen_app and may only add.

-- A role belongs to the whole server, so another database may be making it at this moment; and
-- whoever may use it already needs no right to grant it.
do $$
declare
    privilege text := case when current_setting('server_version_num')::int >= 160000
        then 'set' else 'member' end;
begin
    begin
        if not exists (select from pg_roles where rolname = 'xuefen_app') then
            create role xuefen_app nologin;
        end if;
    exception when duplicate_object or unique_violation then
        null;
    end;
    if not pg_has_role('xuefen_app', privilege) then
        execute format('grant xuefen_app to %I', current_user);
    end if;
end $$;

create schema if not exists ledger;
create schema vault;
create schema projection;

create table ledger.events (
    position  bigint primary key check (position > 0),
    type      text not null,
    at        timestamptz not null,
    on_day    date,
    id        uuid,
    channel   text,
    tags      text[] not null,
    body      bytea not null,
    leaf_hash bytea not null check (leaf_hash = sha256('\x00'::bytea || body))
);
create index events_by_type on ledger.events (type, position);
create unique index events_by_id on ledger.events (id);
create index events_by_time on ledger.events (at, position);
alter table ledger.events alter column body set storage external;

create table ledger.tags (
    hash     bigint not null,
    position bigint not null,
    primary key (hash, position)
);

create table ledger.requests (
    actor   text not null,
    request text not null,
    digest  bytea not null,
    answer  bytea not null,
    at      timestamptz not null,
    primary key (actor, request)
);

create table vault.keys (
    subject      text primary key,
    wrapped      bytea,
    destroyed_at timestamptz
);
create table vault.secrets (
    digest     text primary key,
    subject    text not null,
    field      text not null,
    sealed     bytea not null
);
create index secrets_by_subject on vault.secrets (subject);
create table vault.lookups (
    fingerprint bytea primary key,
    subject     text not null
);

-- What shows that a vault key is the one that the vault began with.
create table vault.proof (
    one   boolean primary key default true check (one),
    proof bytea not null
);

create function ledger.refuse() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'the ledger only grows: % on %.% is refused', tg_op, tg_table_schema, tg_table_name
        using errcode = 'insufficient_privilege';
end $$;

-- Positions are dense and times never go back: a statement's rows begin right after the head, have
-- no hole, and are not older. The path of names is fixed, so nobody can slip in operators of theirs.
create function ledger.dense() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    first_new bigint; last_new bigint; count_new bigint; head bigint;
    earliest timestamptz; last_at timestamptz;
begin
    select min(position), max(position), count(*), min(at)
    into first_new, last_new, count_new, earliest from added;
    if count_new = 0 then return null; end if;
    select coalesce(max(position), 0) into head from ledger.events where position < first_new;
    if first_new <> head + 1 or last_new - first_new + 1 <> count_new then
        raise exception 'positions %..% do not follow the head %', first_new, last_new, head
            using errcode = 'serialization_failure';
    end if;
    select at into last_at from ledger.events where position = head;
    if earliest < last_at then
        raise exception 'the ledger knew of position % at %, so not later ones at %',
            head, last_at, earliest using errcode = 'serialization_failure';
    end if;
    return null;
end $$;

create trigger events_dense after insert on ledger.events
    referencing new table as added for each statement execute function ledger.dense();
create trigger events_fixed before update or delete on ledger.events
    for each row execute function ledger.refuse();
create trigger events_kept before truncate on ledger.events
    for each statement execute function ledger.refuse();
create trigger tags_fixed before update or delete on ledger.tags
    for each row execute function ledger.refuse();
create trigger tags_kept before truncate on ledger.tags
    for each statement execute function ledger.refuse();
create trigger requests_fixed before update or delete on ledger.requests
    for each row execute function ledger.refuse();
create trigger requests_kept before truncate on ledger.requests
    for each statement execute function ledger.refuse();

-- They hold for replicated writes too.
alter table ledger.events enable always trigger events_dense;
alter table ledger.events enable always trigger events_fixed;
alter table ledger.events enable always trigger events_kept;
alter table ledger.tags enable always trigger tags_fixed;
alter table ledger.tags enable always trigger tags_kept;
alter table ledger.requests enable always trigger requests_fixed;
alter table ledger.requests enable always trigger requests_kept;

-- The positions that carry all of the hashes, in order: a leapfrog over (hash, position), which
-- seeks past `after` and never walks a dense tag's history for the sake of a rare one.
create function ledger.positions(hashes bigint[], after bigint, most bigint)
returns setof bigint language plpgsql stable parallel safe
set enable_seqscan = off set search_path = pg_catalog, pg_temp as $$
declare
    width int := cardinality(hashes);
    candidate bigint := after;
    found_at bigint;
    agreed int;
    returned bigint := 0;
    i int;
begin
    if width = 0 or most <= 0 then
        return;
    end if;
    if width = 1 then
        return query select t.position from ledger.tags t
            where t.hash = hashes[1] and t.position > after order by t.position limit most;
        return;
    end if;
    loop
        agreed := 0;
        i := 1;
        candidate := candidate + 1;
        while agreed < width loop
            select t.position into found_at from ledger.tags t
                where t.hash = hashes[i] and t.position >= candidate order by t.position limit 1;
            if found_at is null then return; end if;
            if found_at = candidate then
                agreed := agreed + 1;
            else
                candidate := found_at;
                agreed := 1;
            end if;
            i := i % width + 1;
        end loop;
        return next candidate;
        returned := returned + 1;
        if most is not null and returned >= most then return; end if;
    end loop;
end $$;

grant usage on schema ledger, vault, projection to xuefen_app;
grant create on schema projection to xuefen_app;
grant select, insert on ledger.events, ledger.tags, ledger.requests to xuefen_app;
grant select, insert on vault.proof to xuefen_app;
grant select, insert, update, delete on vault.keys, vault.secrets, vault.lookups to xuefen_app;
grant select on ledger.revision to xuefen_app;
grant execute on function ledger.positions(bigint[], bigint, bigint) to xuefen_app;
