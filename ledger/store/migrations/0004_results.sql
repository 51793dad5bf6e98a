-- What holding a sheet against the ledger came to, sealed beside the file that it is of. It can be
-- made again from the file, the mapping and the position; an event says its digest.

create table vault.results (
    token   uuid primary key,
    upload  uuid not null references vault.uploads on delete cascade,
    actor   text not null,
    role    text not null,
    scope   text not null,
    place   text not null,
    digest  text not null,
    made_at timestamptz not null,
    sealed  bytea not null,
    kept    boolean not null default false
);
create index results_by_digest on vault.results (digest, place);
create index results_by_upload on vault.results (upload);

grant select, insert, update, delete on vault.results to xuefen_app;
