-- Webhooks: addresses of other systems to which changes are sent, how far each has come, and what
-- became of each delivery. They are no facts of training: who made, changed or ended one stands in
-- the access log. Address and secrets lie sealed, as a person's data do.

create table vault.webhooks (
    webhook       uuid primary key,
    actor         text not null,
    role          text not null,
    scope         text not null,
    request       text not null,
    made_at       timestamptz not null default clock_timestamp(),
    wanted        bytea not null,
    wrapped       bytea not null,
    address       bytea not null,
    secrets       bytea not null,
    state         text not null default 'ACTIVE' check (state in ('ACTIVE', 'PAUSED', 'DISABLED')),
    -- All up to here was delivered, or was not wanted.
    position      bigint not null check (position >= 0),
    failures      integer not null default 0,
    failing_since timestamptz,
    due           timestamptz not null default clock_timestamp(),
    -- Which process delivers at present; it is another's turn once that process was killed.
    lease         uuid,
    leased_until  timestamptz,
    unique (actor, role, scope, request)
);
create index webhooks_by_turn on vault.webhooks (due) where state = 'ACTIVE';
create index webhooks_by_owner on vault.webhooks (role, scope);

create table vault.webhook_deliveries (
    number       bigint generated always as identity primary key,
    webhook      uuid not null references vault.webhooks (webhook) on delete cascade,
    kind         text not null,
    position     bigint,
    at           timestamptz not null default clock_timestamp(),
    attempt      integer not null,
    status       integer,
    failure      text,
    milliseconds integer not null
);
create index webhook_deliveries_by_webhook on vault.webhook_deliveries (webhook, number);
create index webhook_deliveries_by_age on vault.webhook_deliveries (at);

grant select, insert, update, delete on vault.webhooks, vault.webhook_deliveries to xuefen_app;
