-- Files that people gave up, sealed, until they have led to something or are too old. They are no
-- facts: an event says their SHA-256, and a file may go.

create table vault.uploads (
    upload      uuid primary key,
    actor       text not null,
    role        text not null,
    scope       text not null,
    form        text not null,
    declared    bigint not null check (declared > 0),
    ticket      bytea unique,
    ticket_ends timestamptz not null,
    opened_at   timestamptz not null,
    name        bytea not null,
    wrapped     bytea not null,
    received_at timestamptz,
    sha256      text,
    sealed      bytea,
    kept        boolean not null default false
);
create index uploads_by_age on vault.uploads (opened_at) where not kept;
create index uploads_by_asker on vault.uploads (actor, role, scope);

grant select, insert, update, delete on vault.uploads to xuefen_app;
