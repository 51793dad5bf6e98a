"""The statements of the committer: one round trip to read a batch's past, one to write it.

All of them are prepared once and planned generically on a connection whose planner is pinned
(``PINNED``), so that a growing ledger cannot talk the planner into walking it. ``offset 0`` keeps
a subselect where it stands: pulled up, it would be planned on an empty ledger with the events
outermost, and walk all of them for ever. An event without an id is no entry of ours, whatever its
type: it is of a library application.
"""

from __future__ import annotations

from ledger.names import tag_hash as tag_hash

# The function ledger.write names them too.
CHANNEL = "xuefen_head"
LOCK = 4_207_330_381
TAKE_LOCK = f"select pg_advisory_xact_lock({LOCK})"

PINNED = (
    "set plan_cache_mode = force_generic_plan",
    "set enable_seqscan = off",
    "set enable_hashjoin = off",
    "set enable_mergejoin = off",
    # A page is short: starting helpers for it costs more than reading it.
    "set max_parallel_workers_per_gather = 0",
    "set jit = off",
)

# A committer that is frozen, or whose machine is gone, holds the lock that all others wait for; the
# server lets go of it after so long. Between two statements a committer only decides.
UNFROZEN = (
    "set idle_in_transaction_session_timeout = '60s'",
    "set tcp_keepalives_idle = 10",
    "set tcp_keepalives_interval = 5",
    "set tcp_keepalives_count = 3",
)

# No ledger comes so far, and what is counted from there is still a number of 64 bits.
POSITION_FAR = 2**62

HEAD = "select position, at from ledger.events order by position desc limit 1"

NEWER = """
select position, at, type, tags, body, id is not null from ledger.events
where position > %s order by position limit %s
"""

ANSWERED = """
select r.actor, r.request, r.digest, r.answer
from unnest(%s::text[], %s::text[]) as asked(actor, request)
cross join lateral (
    select actor, request, digest, answer from ledger.requests
    where actor = asked.actor and request = asked.request offset 0
) r
"""

BY_TYPE = """
select e.position, e.body
from unnest(%s::text[]) as wanted(type)
cross join lateral (
    select position, body from ledger.events
    where type = wanted.type and position > %s and id is not null order by position
) e
order by e.position
"""

# One row of arrays a selector: its number, tag hashes, tags, types (joined by US, 0x1F), and the
# position after which to look. The few events of a rare first tag are looked at one by one, which
# takes a quarter of the time of starting the leapfrog; a dense one is crossed with the others.
BY_TAGS = """
select s.n, e.position, e.body
from unnest(%t::int[], %t::text[], %t::text[], %t::text[], %t::bigint[])
    as s(n, hashes, tags, types, after)
cross join lateral (select string_to_array(s.hashes, ',')::bigint[] as of offset 0) h
cross join lateral (
    select array(
        select t.position from ledger.tags t
        where t.hash = h.of[1] and t.position > s.after order by t.position
        limit case when cardinality(h.of) > 1 then 33 end
    ) as first offset 0
) f
cross join lateral (
    select unnest(f.first) as position
    where cardinality(h.of) = 1 or cardinality(f.first) < 33
    union all
    select ledger.positions(h.of, s.after, null)
    where cardinality(h.of) > 1 and cardinality(f.first) = 33
) p
cross join lateral (
    select position, body from ledger.events
    where position = p.position
      and type = any(string_to_array(s.types, E'\\x1f'))
      and tags @> string_to_array(s.tags, E'\\x1f')
      and id is not null
    offset 0
) e
order by s.n, e.position
"""

BY_RARE_TYPE = """
select s.n, e.position, e.body
from unnest(%t::int[], %t::text[], %t::text[], %t::bigint[]) as s(n, tags, type, after)
cross join lateral (
    select position, body from ledger.events
    where type = s.type and position > s.after
      and tags @> string_to_array(s.tags, E'\\x1f')
      and id is not null
    order by position
) e
order by s.n, e.position
"""

# Append conditions of the library: which of the numbered items match an event after a position.
# Without types the first event of the hashes decides, unless its tags are others of the same hash.
CONFLICTS_BY_TAGS = """
select s.n
from unnest(%t::int[], %t::text[], %t::text[], %t::text[], %t::bigint[])
    as s(n, hashes, tags, types, after)
where exists (
    select from ledger.positions(
        string_to_array(s.hashes, ',')::bigint[], s.after,
        case when s.types = '' then 1 end
    ) as p(position)
    cross join lateral (
        select from ledger.events
        where position = p.position
          and (s.types = '' or type = any(string_to_array(s.types, E'\\x1f')))
          and tags @> string_to_array(s.tags, E'\\x1f')
        union all
        select from ledger.positions(
            string_to_array(s.hashes, ',')::bigint[], p.position, null
        ) as q(position)
        cross join lateral (
            select from ledger.events
            where position = q.position and tags @> string_to_array(s.tags, E'\\x1f')
            offset 0
        ) f
        where s.types = ''
        offset 0
    ) e
)
"""

CONFLICTS_BY_TYPE = """
select s.n
from unnest(%t::int[], %t::text[], %t::bigint[]) as s(n, type, after)
where exists (
    select from ledger.events where type = s.type and position > s.after
)
"""

KNOWN_IDENTITIES = "select fingerprint, subject from vault.lookups where fingerprint = any(%s)"

# What a batch adds after a position; no, and nothing, where that is not the head.
WRITE = (
    "select ledger.write($1::bigint, $2::timestamptz, $3::text[], $4::date[], $5::uuid[], "
    "$6::text[], $7::text[], $8::bytea[], $9::bytea[], $10::bigint[], $11::bigint[], "
    "$12::text[], $13::text[], $14::bytea[], $15::bytea[], $16::boolean)"
)

# What a batch of appends adds after the head, and the head; null, and nothing, where something
# came that forbids any of them.
APPEND = (
    "select ledger.append($1::bigint, $2::timestamptz, $3::text[], $4::text[], $5::bytea[], "
    "$6::bytea[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::bigint[])"
)

INSERT_KEYS = """
insert into vault.keys (subject, wrapped)
select * from unnest(%t::text[], %b::bytea[])
"""

INSERT_SECRETS = """
insert into vault.secrets (digest, subject, field, sealed)
select * from unnest(%t::text[], %t::text[], %t::text[], %b::bytea[])
"""

INSERT_LOOKUPS = """
insert into vault.lookups (fingerprint, subject)
select * from unnest(%b::bytea[], %t::text[]) on conflict (fingerprint) do nothing
"""

UNIT = "\x1f"
