-- The access log: who read personal data or took an export, in a chain of its own. A reading is no
-- fact of training, so it stands beside the ledger. The application may only add, and neither the
-- number nor the hash is the application's to choose.

create table ledger.access_log (
    number bigint primary key check (number > 0),
    at     timestamptz not null,
    kind   text not null,
    actor  text not null,
    what   text not null,
    places text[] not null,
    body   bytea not null,
    hash   bytea not null
);
create index access_log_by_actor on ledger.access_log (actor, number);
create index access_log_by_time on ledger.access_log (at, number);
create index access_log_by_place on ledger.access_log using gin (places);

-- Whose data it was, so that everybody can be told who looked at theirs.
create table ledger.access_subjects (
    subject text not null,
    number  bigint not null,
    primary key (subject, number)
);
create index access_subjects_by_number on ledger.access_subjects (number, subject);

-- The end of the chain, which only the trigger moves: a removed last row shows as well.
create table ledger.access_head (
    one    boolean primary key default true check (one),
    number bigint not null,
    hash   bytea not null
);
insert into ledger.access_head (number, hash) values (0, decode(repeat('00', 32), 'hex'));

-- Each row follows the one before: its hash is over that one's hash and its own body. The row of
-- the head is the lock, so numbers have no hole even where a writer gives up.
create function ledger.chain() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    update ledger.access_head
    set number = number + 1, hash = sha256(hash || new.body)
    returning number, hash into new.number, new.hash;
    return new;
end $$;
revoke all on function ledger.chain() from public;

create trigger access_chained before insert on ledger.access_log
    for each row execute function ledger.chain();
create trigger access_fixed before update or delete on ledger.access_log
    for each row execute function ledger.refuse();
create trigger access_kept before truncate on ledger.access_log
    for each statement execute function ledger.refuse();
create trigger access_subjects_fixed before update or delete on ledger.access_subjects
    for each row execute function ledger.refuse();
create trigger access_subjects_kept before truncate on ledger.access_subjects
    for each statement execute function ledger.refuse();
create trigger access_head_kept before insert or delete on ledger.access_head
    for each row execute function ledger.refuse();

alter table ledger.access_log enable always trigger access_chained;
alter table ledger.access_log enable always trigger access_fixed;
alter table ledger.access_log enable always trigger access_kept;
alter table ledger.access_subjects enable always trigger access_subjects_fixed;
alter table ledger.access_subjects enable always trigger access_subjects_kept;
alter table ledger.access_head enable always trigger access_head_kept;

grant select, insert on ledger.access_log, ledger.access_subjects to xuefen_app;
grant select on ledger.access_head to xuefen_app;
