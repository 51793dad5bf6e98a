"""Itemised: a sheet of single credits held against those that the ledger has, person by person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from msgspec import structs

from ledger.amount import ZERO
from ledger.attribution import Attribution, Sets, annulled, attribute, partly, unexplained
from ledger.cause import Cause, Portion, merged, portion, unknown_portion
from ledger.claim import Claim
from ledger.cycle import Unit
from ledger.influence import Influences
from ledger.mark import PairedBy, Pairs, is_of, told
from ledger.names import CreditId, SchoolId, TeacherId
from ledger.pairing import paired
from ledger.record import Line
from ledger.row import Row, Standing, only_here, only_there, row_of
from ledger.slip import HARMLESS, slips
from ledger.spot import Spot, spots_zh
from ledger.summing import Group, summed, undecided, within_period
from ledger.tie import Grounds, Told
from ledger.uncredited import meanings, means


@dataclass
class Itemised:
    """The rows of a comparison of single credits.

    ``people``: all on the ledger's side. ``elsewhere``: credits of an id that rows of another id
    of the same person mean. ``near``: the rows that may mean a credit that the sheet seems to lack.
    ``silent``: the rows of which no amount can be read.
    """

    people: Mapping[TeacherId, Influences]
    schools: Mapping[SchoolId, str]
    elsewhere: dict[CreditId, Spot] = field(default_factory=dict)
    near: dict[CreditId, list[Spot]] = field(default_factory=dict)
    silent: Mapping[TeacherId, list[Claim]] = field(default_factory=dict)

    def rows(self, claims: Mapping[TeacherId, list[Claim]]) -> Iterator[Row]:
        """The rows of everybody, those of the sheet first: they tell whose credits stand double."""
        left: list[tuple[Influences, list[Line]]] = []
        for teacher, person in sorted(self.people.items()):
            own = claims.get(teacher, [])
            if own:
                pairs = self._pairs(person, own)
                yield from (
                    self._compared(person, pairs, claim, line, by)
                    for claim, line, by in pairs.pairs
                )
                yield from (self._lacking(person, pairs, claim) for claim in pairs.claims)
                left.append((person, pairs.lines))
            else:
                left.append((person, person.lines))
        for person, lines in left:
            yield from self._only_here(person, lines)

    def _pairs(self, person: Influences, claims: list[Claim]) -> Pairs:
        def worth(line: Line, claim: Claim) -> Decimal:
            return person.amount(line, claim.unit)

        @cache
        def elsewhere(claim: Claim) -> bool:
            return bool(meanings(person, claim))

        def had(line: Line, claim: Claim) -> set[Decimal]:
            return set() if elsewhere(claim) else _had(person, line, claim.unit)

        grounds = Grounds(
            worth=worth,
            why=lambda line, claim: self._why(person, line, claim),
            lacks=lambda line: _lacks(person, line),
            within=lambda line: person.terms.holds(line.completed),
            period=lambda claim, line: within_period(claim, line, person.cycles(), person.terms),
        )
        pairs = paired(claims, person.lines, self.schools, worth, had, elsewhere, grounds)
        self.near.update({credit: [*rows] for credit, rows in pairs.either.items()})
        return pairs

    def _why(self, person: Influences, line: Line, claim: Claim) -> Told | None:
        """The causes with which a row means a credit; ``None`` where something is left open."""
        row = self._compared(person, Pairs(), claim, line, PairedBy.TITLE)
        if row.unattributed or row.alternatives:
            return None
        return tuple((each.cause.value, each.amount) for each in row.portions)

    def _compared(
        self, person: Influences, pairs: Pairs, claim: Claim, line: Line, by: PairedBy
    ) -> Row:
        more: dict[str, Any] = {"credit": line.credit, "paired_by": by}
        more["tied"] = pairs.tied.get(claim.spot, ())
        if by is PairedBy.SUM:
            told_of = Attribution(portions=(summed(claim, pairs.together[claim.spot]),))
            return row_of(claim, claim.amount, told_of, **(more | {"credit": None}))
        if claim.spot in pairs.together:
            return _together(person, claim, pairs.together[claim.spot], more | {"credit": None})
        amount = person.amount(line, claim.unit)
        if not person.terms.holds(line.completed):
            zh = f"“{line.title}”{line.completed} 结束，不在名册所说的期间内。"
            en = f"{line.title} ended on {line.completed}, outside the period of the sheet."
            events, about = line.events[:1], (line.credit,)
            gone = portion(Cause.OTHER_CYCLE, -claim.amount, zh, en, events=events, about=about)
            return only_there(claim, [gone] if claim.amount else [], **more)
        said = tuple(slips(person, claim, line))
        if by is PairedBy.PARTS:
            amount = claim.amount
        if any(each.cause not in HARMLESS for each in said):
            more["standing"] = Standing.DIFFERS
        if amount == claim.amount:
            return row_of(claim, amount, Attribution(portions=said), **more)
        own = person.steps(line, claim.unit)
        steps = [*own, *person.beyond(line, claim.unit)]
        found = attribute(amount - claim.amount, Sets(steps), claim.amount)
        if found.unattributed and not amount and not found.alternatives:
            found = annulled(claim.amount, own) or found
        if found.unattributed and not found.alternatives:
            part = partly(amount - claim.amount, steps)
            found = part if part.portions[1:] else unexplained(amount - claim.amount, line.events)
        found = structs.replace(found, portions=merged([*found.portions, *said]))
        return row_of(claim, amount, found, **more)

    def _lacking(self, person: Influences, pairs: Pairs, claim: Claim) -> Row:
        """A row for which the person has no credit in the ledger."""
        tied = pairs.tied.get(claim.spot, ())
        if not claim.amount:
            return only_there(claim, [], tied=tied)
        if (double := self._double(pairs, claim)) is not None:
            return only_there(claim, [double], tied=tied)
        if not tied and (found := meanings(person, claim)):
            return only_there(claim, found)
        if not tied and (other := self._of_another(person, claim)) is not None:
            return only_there(claim, [other])
        if claim.spot in pairs.sums:
            return self._either(claim, pairs.sums[claim.spot])
        near = pairs.near.get(claim.spot, ())
        for credit in near:
            self.near.setdefault(credit, []).append(claim.spot)
        unheard = _unheard(claim, tied)
        if near:
            zh = f"{unheard.zh}同日或名称相近的 {len(near)} 笔学分可能就是它。"
            en = f"{unheard.en} It may be one of {len(near)} of the same day or of a title like it."
            unheard = structs.replace(unheard, zh=zh, en=en, certain=False)
        return only_there(claim, [unheard], tied=tied or near)

    def _either(self, claim: Claim, groups: Sequence[Group]) -> Row:
        """A row that may be several credits together, in more than one way."""
        tied = tuple(dict.fromkeys(line.credit for group in groups for line in group))
        for credit in tied:
            self.near.setdefault(credit, []).append(claim.spot)
        ways = ((Cause.SUMMED,),) * len(groups) if len(groups) > 1 else ()
        return only_there(claim, [undecided(claim, groups)], tied=tied, alternatives=ways)

    def _double(self, pairs: Pairs, claim: Claim) -> Portion | None:
        for other, line, _ in pairs.pairs:
            if _same(other, claim) or (claim.title and is_of(claim, line)):
                return portion(
                    Cause.DUPLICATE_PERSON,
                    -claim.amount,
                    f"名册{claim.spot.zh}与{other.spot.zh}是同一人的同一笔学分。",
                    f"Rows {claim.spot.en} and {other.spot.en} of the sheet are one credit of one "
                    "person.",
                    events=line.events[:1],
                    about=(line.credit,),
                )
        return None

    def _of_another(self, person: Influences, claim: Claim) -> Portion | None:
        """A credit that stands under another id of the same person."""
        for alike in person.holding.alike:
            other = self.people.get(alike)
            for line in other.lines if other else ():
                free = line.credit not in self.elsewhere
                if free and means(claim, line.offering, line.title, line.completed):
                    self.elsewhere[line.credit] = claim.spot
                    return portion(
                        Cause.DUPLICATE_PERSON,
                        -claim.amount,
                        f"“{line.title}”记在疑为同一人的 {alike} 名下。",
                        f"{line.title} stands under {alike}, who may be the same person.",
                        events=line.events[:1],
                        about=(line.credit,),
                    )
        return None

    def _only_here(self, person: Influences, lines: Iterable[Line]) -> Iterator[Row]:
        unit, mute = person.terms.unit, [*self.silent.get(person.holding.teacher, ())]
        for line in lines:
            amount = person.amount(line, unit)
            if not amount or not person.terms.holds(line.completed):
                continue
            at = (line.offering, line.title, line.completed)
            said = next((each for each in mute if means(each, *at)), None)
            if said is not None:
                mute.remove(said)
                yield _unread(said, line, amount)
                continue
            found = self._why_only_here(person, line, amount)
            more: dict[str, Any] = {"credit": line.credit, "title": line.title}
            if line.credit in self.near:
                more["tied"] = (line.credit,)
            yield only_here(person.holding.teacher, unit, amount, found, **more)

    def _why_only_here(self, person: Influences, line: Line, amount: Decimal) -> Attribution:
        spot = self.elsewhere.get(line.credit)
        if spot is not None:
            zh = f"名册{spot.zh}把“{line.title}”记在疑为同一人的另一人名下。"
            en = f"Row {spot.en} of the sheet has {line.title} under another id of the same person."
            events, about = line.events[:1], (line.credit,)
            cause = Cause.DUPLICATE_PERSON
            twice = portion(cause, amount, zh, en, events=events, about=about)
            return Attribution(portions=(twice,))
        absent = person.absent(line, person.terms.unit)
        if absent is not None:
            return Attribution(portions=(absent,))
        zh = f"名册没有“{line.title}”，账本中没有事件能说明原因。"
        en = f"The sheet lacks {line.title}; nothing in the ledger says why."
        spots = sorted(self.near.get(line.credit, ()))
        if spots:
            zh += f"名册{spots_zh(spots)}可能就是它。"
            en += f" It may be what row {', '.join(each.en for each in spots)} means."
        lacked = unknown_portion(amount, zh, en, line.events[:1])
        lacked = structs.replace(lacked, certain=not spots)
        return Attribution(portions=(lacked,), unattributed=amount)


def _unread(claim: Claim, line: Line, amount: Decimal) -> Row:
    """A row that is about a credit, and of which the amount cannot be read."""
    zh = f"名册{claim.spot.zh}就是“{line.title}”，但没有可读的数额，无从比对；请补正这一格。"
    en = f"Row {claim.spot.en} of the sheet is {line.title}, but no amount in it can be read."
    found = Attribution(
        portions=(unknown_portion(amount, zh, en, line.events[:1]),), unattributed=amount
    )
    by = PairedBy.OFFERING if claim.offering is not None else PairedBy.TITLE
    return row_of(claim, amount, found, credit=line.credit, paired_by=by)


def _together(person: Influences, claim: Claim, lines: Iterable[Line], more: dict[str, Any]) -> Row:
    """A row that is several credits at once."""
    said = merged(each for line in lines for each in slips(person, claim, line))
    if any(each.cause not in HARMLESS for each in said):
        more["standing"] = Standing.DIFFERS
    return row_of(claim, claim.amount, Attribution(portions=said), **more)


def _lacks(person: Influences, line: Line) -> Told | None:
    """The cause with which a sheet lacks a credit; ``None`` where nothing says why."""
    if not person.amount(line, person.terms.unit) or not person.terms.holds(line.completed):
        return ()
    absent = person.absent(line, person.terms.unit)
    return None if absent is None else ((absent.cause.value, absent.amount),)


def _had(person: Influences, line: Line, unit: Unit) -> set[Decimal]:
    """What a credit was worth before it was put right, cut or taken back, or will be."""
    if unit is Unit.HOURS:
        return {line.hours_planned, line.hours}
    amounts = {line.base_credits, line.awarded, line.credits}
    for ahead in (False, True):
        for entry in person.holding.changes(line.credit, ahead=ahead):
            amounts.add(getattr(entry.event, "credits_before", ZERO))
            amounts.add(getattr(entry.event, "credits", ZERO))
    return amounts - {ZERO}


def _same(one: Claim, other: Claim) -> bool:
    """Whether two rows of a person are about one credit."""
    if one.offering is not None and one.offering == other.offering:
        return True
    if not one.title or told(one.title) != told(other.title):
        return one.title == other.title and (one.amount, one.completed) == (
            other.amount,
            other.completed,
        )
    return one.completed == other.completed


def _unheard(claim: Claim, tied: tuple[CreditId, ...]) -> Portion:
    if tied:
        zh = f"这一行可能指 {len(tied)} 笔学分中的任何一笔，无法断定。"
        en = f"The row may mean any of {len(tied)} credits."
        return unknown_portion(-claim.amount, zh, en)
    if claim.offering is None and not claim.title:
        zh = "这一行没有班期和名称，账本中也没有这个数额的学分。"
        en = "The row names no class and no title, and no credit has its amount."
        return unknown_portion(-claim.amount, zh, en)
    name = claim.title or claim.offering
    return portion(
        Cause.UNRECOGNISED,
        -claim.amount,
        f"截至所比的时点，账本没有给此人认定过“{name}”的学分。",
        f"Up to the moment compared, the ledger never credited {name} to this person.",
        whole=True,
    )
