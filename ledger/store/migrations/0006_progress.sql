-- How far somebody's long work is, so that each process on the database can say it. It is worth
-- nothing once the work has ended, so it is not logged and may be lost in a crash.

create unlogged table vault.progress (
    upload uuid not null,
    work   text not null,
    done   integer not null,
    total  integer,
    at     timestamptz not null default now(),
    primary key (upload, work)
);

-- A load that an event speaks of stays with its rows, so that both can be held against each other.

alter table vault.loads add column kept boolean not null default false;

-- A file is kept just before an event speaks of it. Where that event was refused, the file goes with
-- the others: whether one speaks of it is looked up once, a while after it was kept.

alter table vault.uploads add column kept_at timestamptz;
update vault.uploads set kept_at = received_at where kept;

grant select, insert, update, delete on vault.progress to xuefen_app;
