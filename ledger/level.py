"""Level: the sums of a province, its cities, counties and schools, bound together by hashes.

Each teacher's summary is a leaf; a school hashes its teachers, a county its schools, a city its
counties and its own schools, a province its cities. So two sides that agree have one hash, and two
that do not are compared by walking down where the hashes differ: what is equal is never opened.
A hash is the SHA-256 of a zero byte and the summary's one spelling, or of a one byte and the JSON
of name, totals and, by name, each part with its hash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from hashlib import sha256

import msgspec
from msgspec import Struct

from ledger.amount import PLAIN
from ledger.event import revive
from ledger.fault import Fault
from ledger.names import VALUE, JurisdictionId, Name, SchoolId, TeacherId
from ledger.summary import Period, Summary, Totals, totals_of

FORMAT = "xuefen-levels/1"
TOLD_BYTES_MAX = 1_500_000
AMOUNT_MAX = 2_000_000_000
AMOUNT_CHARACTERS_MAX = 16
HEX = re.compile(r"[0-9a-f]{64}")
TEACHER = f"{TeacherId.kind}:"
DEPTH_MAX = 4
WHY_CHARACTERS_MAX = 200


class Level(Struct, kw_only=True):
    """One place or school: its sums, its hash, and the parts that it is made of, where told."""

    of: Name
    totals: Totals
    digest: str
    parts: list[Level] | None = None
    teachers: dict[str, str] | None = None
    """Of a school, the hash of each teacher's summary."""

    def opened(self) -> dict[str, str] | None:
        """The hash of each part by its name; ``None`` where the parts are not told."""
        if self.parts is not None:
            return {str(each.of): each.digest for each in self.parts}
        return self.teachers


class Told(Struct, kw_only=True, forbid_unknown_fields=True):
    """The levels of another system, or of another day, as a file tells them."""

    format: str
    period: Period
    level: Level
    position: int | None = None


class Apart(Struct, kw_only=True, frozen=True):
    """One step on the way down to where two sides differ; nothing where one has no such part."""

    of: Name
    one: str | None
    other: str | None
    totals: Totals | None = None
    totals_other: Totals | None = None


def leaf(summary: Summary) -> str:
    """The hash of one teacher's summary."""
    return sha256(b"\x00" + summary.line).hexdigest()


def grown(of: JurisdictionId | SchoolId, summaries: Iterable[Summary]) -> Level:
    """The levels from a place or a school down to the teachers."""
    held = list(summaries)
    if isinstance(of, SchoolId):
        return _school(of, held)
    within: dict[JurisdictionId | SchoolId, list[Summary]] = {}
    for each in held:
        within.setdefault(_below(of, each), []).append(each)
    parts = [grown(part, within[part]) for part in sorted(within)]
    return _level(of, _sum(parts), parts=parts)


def schools_of(summaries: Iterable[Summary]) -> list[Level]:
    """Each school with the hashes of its teachers."""
    within: dict[SchoolId, list[Summary]] = {}
    for each in summaries:
        within.setdefault(each.school, []).append(each)
    return [_school(school, within[school]) for school in sorted(within)]


def joined(of: JurisdictionId, schools: Mapping[JurisdictionId, list[Level]]) -> Level:
    """What ``grown`` comes to, from the schools of each place itself that lies in a place."""
    within: dict[JurisdictionId, dict[JurisdictionId, list[Level]]] = {}
    for place, own in schools.items():
        if place != of and own:
            part = place.chain[place.chain.index(of) - 1]
            within.setdefault(part, {})[place] = own
    parts = [*schools.get(of, ()), *(joined(part, within[part]) for part in within)]
    return _level(of, _sum(parts), parts=sorted(parts, key=lambda each: each.of))


def told_to(level: Level, depth: int) -> Level:
    """The same without what lies more steps below; sums and hashes stay."""
    parts = level.parts if depth else None
    if parts is not None:
        parts = [told_to(each, depth - 1) for each in parts]
    return Level(of=level.of, totals=level.totals, digest=level.digest, parts=parts)


def moves(summaries: Iterable[Summary]) -> list[Summary]:
    """Who was in another place earlier in the period, and so is counted in one of two."""
    return sorted((each for each in summaries if each.moved_from), key=lambda each: each.teacher)


def first_difference(one: Level, other: Level) -> list[Apart]:
    """The way down to the first point at which two sides differ; empty where they agree."""
    if one.of == other.of and one.digest == other.digest:
        return []
    way = [_apart(one.of, one, other)]
    mine, theirs = one.opened(), other.opened()
    if one.of != other.of or mine is None or theirs is None:
        return way
    for name in sorted({*mine, *theirs}):
        if mine.get(name) == theirs.get(name):
            continue
        left, right = _part(one, name), _part(other, name)
        if left is not None and right is not None:
            return [*way, *first_difference(left, right)]
        if one.teachers is not None:
            return [*way, Apart(of=TeacherId(name), one=mine.get(name), other=theirs.get(name))]
        found = left or right
        assert found is not None
        return [*way, _apart(found.of, left, right)]
    return way


def apart(one: Level | None, other: Level | None) -> Iterator[str]:
    """All teachers of whom two sides say different things, as far as both are told."""
    if one is not None and other is not None and one.digest == other.digest:
        return
    sides = [each for each in (one, other) if each is not None]
    if any(each.opened() is None for each in sides):
        return
    mine, theirs = ((each.teachers or {}) if each else {} for each in (one, other))
    yield from sorted(name for name in {*mine, *theirs} if mine.get(name) != theirs.get(name))
    for name in sorted({str(part.of) for each in sides for part in each.parts or ()}):
        left, right = (each and _part(each, name) for each in (one, other))
        yield from apart(left, right)


def read(text: bytes, most: int = TOLD_BYTES_MAX) -> Told:
    """The levels that a file tells, each hash made anew. Raises ``Fault`` (``BAD_LEVELS``)."""
    if len(text) > most:
        raise _bad(f"超过 {most} 字节", f"it has more than {most} bytes")
    try:
        told = _DECODER.decode(text)
    except (msgspec.DecodeError, RecursionError, Fault) as error:
        why = error.zh if isinstance(error, Fault) else "不是所约定的 JSON"
        raise _bad(why, str(error)[:WHY_CHARACTERS_MAX]) from None
    if told.position is not None and told.position < 0:
        raise _bad("position 为负", "its position is negative")
    if told.format != FORMAT:
        raise _bad(f"format 须为 {FORMAT}", f"its format is not {FORMAT}")
    _checked(told.level)
    return told


def written(level: Level, period: Period, position: int | None) -> bytes:
    """A file of levels for another system to compare with."""
    told = Told(format=FORMAT, period=period, level=level, position=position)
    return _ENCODER.encode(told)


def _below(place: JurisdictionId, summary: Summary) -> JurisdictionId | SchoolId:
    """The part of a place in which a teacher is counted."""
    chain = summary.place.chain
    at = chain.index(place)
    return chain[at - 1] if at else summary.school


def _school(of: SchoolId, held: list[Summary]) -> Level:
    teachers = {str(each.teacher): leaf(each) for each in sorted(held, key=lambda e: e.teacher)}
    return _level(of, totals_of(held), teachers=teachers)


def _level(
    of: Name,
    totals: Totals,
    parts: list[Level] | None = None,
    teachers: dict[str, str] | None = None,
) -> Level:
    made = Level(of=of, totals=totals, digest="", parts=parts, teachers=teachers)
    made.digest = _digest(made)
    return made


def _digest(level: Level) -> str:
    parts = sorted((level.opened() or {}).items())
    body = {"of": str(level.of), "parts": parts, "totals": level.totals}
    return sha256(b"\x01" + _ENCODER.encode(body)).hexdigest()


def _sum(parts: Iterable[Level]) -> Totals:
    found = Totals()
    for each in parts:
        found = found.plus(each.totals)
    return found


def _apart(of: Name, one: Level | None, other: Level | None) -> Apart:
    return Apart(
        of=of,
        one=one.digest if one else None,
        other=other.digest if other else None,
        totals=one.totals if one else None,
        totals_other=other.totals if other else None,
    )


def _part(level: Level, name: str) -> Level | None:
    return next((each for each in level.parts or () if str(each.of) == name), None)


def _checked(level: Level, depth: int = DEPTH_MAX) -> None:
    """Raises ``Fault`` where a level does not follow from the parts that it tells."""
    of, parts, teachers = level.of, level.parts or [], level.teachers or {}
    if not depth or not isinstance(of, JurisdictionId | SchoolId):
        raise _bad(
            f"{of} 不是省、市、县、校中的一级", f"{of} is no province, city, county or school"
        )
    if not all(map(HEX.fullmatch, (level.digest, *teachers.values()))):
        raise _bad(f"{of} 的摘要不是 SHA-256", f"the digest of {of} is no SHA-256")
    if not all(VALUE.fullmatch(name.removeprefix(TEACHER)) for name in teachers):
        raise _bad(f"{of} 的教师标识不合格式", f"{of} names teachers that are no teachers")
    _measured(level)
    if level.opened() is None:
        return
    if len({*(each.of for each in parts)}) != len(parts) or (parts and level.teachers is not None):
        raise _bad(f"{of} 的下级重复或混杂", f"the parts of {of} stand twice, or are mixed")
    for each in parts:
        _checked(each, depth - 1)
    if level.digest != _digest(level):
        raise _bad(f"{of} 的摘要与其下级不符", f"the digest of {of} does not follow from its parts")
    if level.parts is not None and _sum(parts) != level.totals:
        raise _bad(f"{of} 的合计与其下级不符", f"the sums of {of} are not those of its parts")


def _measured(level: Level) -> None:
    """Raises ``Fault`` for sums that no place has; others would take for ever to add up."""
    rows = (level.totals, *level.totals.kinds)
    numbers = (getattr(row, name) for row in rows for name in row.__struct_fields__)
    for each in numbers:
        fits = not isinstance(each, int) or abs(each) <= AMOUNT_MAX
        if isinstance(each, Decimal):
            fits = len(str(each)) <= AMOUNT_CHARACTERS_MAX and bool(PLAIN.fullmatch(str(each)))
        if not fits:
            raise _bad(f"{level.of} 的合计过大", f"the sums of {level.of} are too large")


def _bad(zh: str, en: str) -> Fault:
    return Fault(
        "BAD_LEVELS",
        zh=f"不是可以比对的分级汇总：{zh}",
        en=f"these are no levels to compare with: {en}",
        field="told",
    )


_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=str)
_DECODER = msgspec.json.Decoder(Told, dec_hook=revive)
