-- Requests: what was asked under an id and came to what, so that whoever lost the answer asks again and
-- nothing is done twice. Only for what is no command: of those the ledger itself remembers the ids.
-- The keys and the digests follow from the vault's key; an answer is the name of what was made.

create table vault.requests (
    key     bytea primary key,
    digest  bytea not null,
    -- Who does it at present, and until when nobody else begins; whoever died is over by then.
    holder  uuid not null,
    held    timestamptz not null,
    answer  text,
    made_at timestamptz not null default clock_timestamp()
);
create index requests_by_age on vault.requests (made_at);

-- Until when one sending of a file counts; one that broke off is sent again with the same ticket.
alter table vault.uploads add column held timestamptz;

grant select, insert, update, delete on vault.requests to xuefen_app;
