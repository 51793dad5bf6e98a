"""Crossing: the function of the database by which a search crosses words with tags and types."""

from __future__ import annotations

from projections.posting import PLACE_BITS, PLACES


def _nearer(table: str, column: str, value: str) -> str:
    """The step of one stream: its next position from the candidate on, where that is nearer.

    Each way has its own statement, so that each reads its index, forward or back.
    """
    return f"""
            if latest then
                select greatest(best, max(n.position)) into best from (
                    select r.position from {table} r
                    where r.{column} = {value} and r.position <= candidate
                    order by r.{column} desc, r.position desc limit 1
                ) n;
            else
                select least(best, min(n.position)) into best from (
                    select r.position from {table} r
                    where r.{column} = {value} and r.position >= candidate
                    order by r.{column}, r.position limit 1
                ) n;
            end if;
"""


def _nearer_place(value: str) -> str:
    """The same of a word, whose rows hold a bit for each position of a block (``posting``).

    Of the block of the candidate itself only the places on its far side count, and it may have
    none there, so that two rows are read at most.
    """
    return f"""
            block_at := (candidate - 1) >> {PLACE_BITS};
            place := (candidate - 1) & {PLACES - 1};
            if latest then
                select greatest(best, (n.block << {PLACE_BITS}) + length(rtrim(n.bits::text, '0')))
                into best from (
                    select r.block, case when r.block < block_at then r.places::bit({PLACES})
                        else r.places::bit({PLACES}) & ((-1)::bit({PLACES}) << {PLACES - 1} - place)
                        end as bits
                    from projection.trails r
                    where r.hash = {value} and r.block <= block_at
                      and (r.block < block_at
                           or r.places::bit({PLACES}) >> {PLACES - 1} - place <> 0::bit({PLACES}))
                    order by r.hash desc, r.block desc limit 1
                ) n;
            else
                select least(best, (n.block << {PLACE_BITS}) + position(B'1' in n.bits))
                into best from (
                    select r.block, case when r.block > block_at then r.places::bit({PLACES})
                        else r.places::bit({PLACES}) & ((-1)::bit({PLACES}) >> place)
                        end as bits
                    from projection.trails r
                    where r.hash = {value} and r.block >= block_at
                      and (r.block > block_at
                           or r.places::bit({PLACES}) << place <> 0::bit({PLACES}))
                    order by r.hash, r.block limit 1
                ) n;
            end if;
"""


# Like ``ledger.positions``, in both directions and over several tables. A stream is the rows of a
# word, of a tag, of any tag within reach, or of any type; each says which position of its own comes
# next, until all agree. A negative position says how far it came before it had to stop.
CROSSING = (
    """
create or replace function projection.crossing(
    words bigint[], tags bigint[], reach bigint[], types text[],
    after bigint, before bigint, most int, latest boolean, steps bigint
) returns setof bigint language plpgsql stable
set enable_seqscan = off set search_path = pg_catalog, pg_temp as $$
declare
    many int := cardinality(words) + cardinality(tags) + (reach is not null)::int
        + (cardinality(types) > 0)::int;
    candidate bigint := case when latest then before - 1 else after + 1 end;
    found_at bigint;
    agreed int := 0;
    returned int := 0;
    taken bigint := 0;
    i int := 1;
begin
    if most <= 0 or many = 0 then return; end if;
    loop
        taken := taken + 1;
        if taken > steps then return next -candidate; return; end if;
        if candidate <= after or candidate >= before then return; end if;
        found_at := projection.crossing_next(words, tags, reach, types, i, candidate, latest);
        if found_at is null then return; end if;
        if found_at = candidate then
            agreed := agreed + 1;
        else
            candidate := found_at;
            agreed := 1;
        end if;
        i := i % many + 1;
        if agreed >= many then
            if candidate <= after or candidate >= before then return; end if;
            return next candidate;
            returned := returned + 1;
            if returned >= most then return; end if;
            candidate := candidate + case when latest then -1 else 1 end;
            agreed := 0;
        end if;
    end loop;
end $$;

create or replace function projection.crossing_next(
    words bigint[], tags bigint[], reach bigint[], types text[],
    i int, candidate bigint, latest boolean
) returns bigint language plpgsql stable
set enable_seqscan = off set search_path = pg_catalog, pg_temp as $$
declare
    w int := cardinality(words);
    t int := cardinality(tags);
    one bigint;
    best bigint;
    kind text;
    block_at bigint;
    place int;
begin
    if i <= w then
"""
    + _nearer_place("words[i]")
    + """
    elsif i <= w + t or (i = w + t + 1 and reach is not null) then
        foreach one in array case when i <= w + t then tags[i - w : i - w] else reach end loop
"""
    + _nearer("ledger.tags", "hash", "one")
    + """
        end loop;
    else
        foreach kind in array types loop
"""
    + _nearer("ledger.events", "type", "kind")
    + """
        end loop;
    end if;
    return best;
end $$;
"""
)
