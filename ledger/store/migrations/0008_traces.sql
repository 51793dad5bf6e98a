-- Traces: short hashes of whom a file or a row names, so that what lies sealed about a person is
-- found when that person is erased. Of a number and of a word they are keyed with the vault's key.
-- What lay there before has none yet; the next erasure opens it and makes them.

alter table vault.uploads add column traces bigint[];
alter table vault.load_batches add column traces bigint[];

-- A dry run goes with the file that it is of.

alter table vault.loads add column upload uuid;

-- What an erasure destroyed of a file stays told: its row, without a byte of it; and of a result,
-- that some of its words are gone.

alter table vault.uploads add column erased_at timestamptz;
alter table vault.results add column erased boolean not null default false;
