-- Blocks: which positions of 8,192 in a row carry a tag, are of a type, came by a channel or are true
-- on a day, as bits. Where two conditions are common alone and rare together, their bits are crossed
-- instead of walking either. A block is written once, when its last position is there; whoever reads
-- looks at the events themselves, and reads what no block holds yet by the other indexes.

create table ledger.blocks (
    hash  bigint not null,
    block integer not null check (block >= 0),
    bits  bytea not null,
    primary key (hash, block)
);

create trigger blocks_fixed before update or delete on ledger.blocks
    for each row execute function ledger.refuse();
create trigger blocks_kept before truncate on ledger.blocks
    for each statement execute function ledger.refuse();
alter table ledger.blocks enable always trigger blocks_fixed;
alter table ledger.blocks enable always trigger blocks_kept;

grant select, insert on ledger.blocks to xuefen_app;
