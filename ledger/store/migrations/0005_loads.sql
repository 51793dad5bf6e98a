-- Dry runs of loads: what each row of a sheet leads to, sealed, until it is committed or too old.
-- They are no facts: what was committed stands in events.

create table vault.loads (
    load    uuid primary key,
    actor   text not null,
    role    text not null,
    scope   text not null,
    made_at timestamptz not null,
    wrapped bytea not null,
    head    bytea
);
create index loads_by_age on vault.loads (made_at);
create index loads_by_asker on vault.loads (actor, role, scope);

create table vault.load_batches (
    load    uuid not null references vault.loads (load) on delete cascade,
    batch   integer not null,
    first   integer not null,
    sealed  bytea not null,
    primary key (load, batch)
);

grant select, insert, update, delete on vault.loads, vault.load_batches to xuefen_app;
