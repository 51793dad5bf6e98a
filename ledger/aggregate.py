"""Aggregate: a sheet of totals held against the ledger, person by person and period by period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import combinations, permutations

from ledger.amount import ZERO, plain
from ledger.attribution import Attribution, Sets, attribute, partly
from ledger.breakdown import TrainingKind
from ledger.cause import Cause, Portion, merged, portion, unknown_portion
from ledger.claim import Claim
from ledger.cycle import Unit
from ledger.influence import Influences
from ledger.names import CreditId, TeacherId
from ledger.record import Line
from ledger.rounding import rounding
from ledger.row import Row, only_here, only_there, row_of
from ledger.subtotal import (
    Period,
    Subtotal,
    bundles,
    candidates,
    members,
    of_others,
    outside,
    unlikely,
)

# Moves between two periods are looked for where a person has so many that differ, at most.
CELLS_MAX = 12
# Of so many parts an explanation is looked for while it is weighed against a move.
LOOK_MAX = 3
# So many credits of a period are looked for together in another, of so many that it has.
GROUP_MAX = 4
GROUP_LINES_MAX = 16
_DOUBLE = (Cause.DUPLICATE_PERSON,)
ONE_EN = "; any of them would explain it"
SOME_EN = "; some of them together would explain it"


@dataclass
class Aggregate:
    """The rows of a comparison of totals.

    ``people``: all on the ledger's side. ``elsewhere``: credits of an id that a row of another id
    of the same person has among its own.
    """

    people: Mapping[TeacherId, Influences]
    elsewhere: set[CreditId] = field(default_factory=set)

    def rows(self, claims: Mapping[TeacherId, list[Claim]]) -> Iterator[Row]:
        """The rows of everybody, those of the sheet first: they tell whose credits stand double."""
        told: dict[TeacherId, set[Period]] = {}
        for teacher, person in sorted(self.people.items()):
            cells: list[Subtotal] = []
            for period, own in sorted(_by_period(claims.get(teacher, [])).items()):
                told.setdefault(teacher, set()).add(period)
                gone = [(each, outside(person, period, each)) for each in own]
                yield from (only_there(e, [why] if e.amount else []) for e, why in gone if why)
                if compared := [each for each, why in gone if not why]:
                    yield from self._of_period(person, period, compared, cells)
            self._move([each for each in cells if each.difference])
            yield from (self._explained(cell) for cell in cells)
        periods = {each for periods in told.values() for each in periods}
        kinds = [each.value for each in TrainingKind]
        spans = sorted({replace(each, kind="") for each in periods})
        for teacher, person in sorted(self.people.items()):
            own_told = told.get(teacher, set())
            for span in spans:
                if span in own_told:
                    continue
                # Whoever has rows by kind lacks the other kinds, whatever others have in one.
                by_kind = any(replace(each, kind="") == span for each in own_told)
                whole = span in periods and not by_kind
                wanted = [span] if whole else [replace(span, kind=kind) for kind in kinds]
                yield from self._only_here(person, [p for p in wanted if p not in own_told])

    def _of_period(
        self, person: Influences, period: Period, claims: list[Claim], cells: list[Subtotal]
    ) -> Iterator[Row]:
        """The row that is the total; rows that say it in parts; and those that say it twice."""
        lines = members(person, period)
        unit = claims[0].unit
        ledger = sum((person.amount(line, unit) for line in lines), ZERO)
        if len(claims) > 1 and sum((each.amount for each in claims), ZERO) == ledger:
            yield from (row_of(each, each.amount, Attribution()) for each in claims)
            return
        # The one that comes nearest is the total; rows that say less of it are double.
        claims = sorted(
            claims, key=lambda each: (abs(ledger - each.amount), -each.amount, each.spot)
        )
        main, *others = claims
        cells.append(Subtotal(main, period, person, lines, ledger, cells))
        for claim in others:
            zh = f"名册{claim.spot.zh}与{main.spot.zh}是同一人的同一项合计。"
            en = f"Rows {claim.spot.en} and {main.spot.en} are one total of one person."
            events = tuple(stay.event for stay in person.holding.record.stays[:1])
            twice = portion(Cause.DUPLICATE_PERSON, -claim.amount, zh, en, events=events)
            yield only_there(claim, [twice] if claim.amount else [])

    def _explained(self, cell: Subtotal) -> Row:
        if not cell.difference and not cell.moved:
            return row_of(cell.claim, cell.ledger, Attribution())
        found = attribute(cell.difference, self._sets(cell), cell.claim.amount)
        if found.size != 1 and cell.difference and not found.alternatives:
            # What nothing speaks for but its amount counts only where it is simpler.
            more = [*self._sets(cell).portions, *unlikely(cell)]
            sets = Sets(more, bundles(cell))
            other = attribute(cell.difference, sets, cell.claim.amount)
            simpler = other.size and (not found.size or other.size < found.size)
            if simpler or (not found.size and other.alternatives):
                found = other
        if cell.difference and not found.size and not found.alternatives:
            found = partly(cell.difference, self._sets(cell).portions)
        used = {a for each in found.portions for a in each.about if each.cause in _DOUBLE}
        self.elsewhere.update(CreditId(each) for each in used)
        if cell.moved:
            portions = merged([*cell.moved, *found.portions])
            found = Attribution(
                portions=portions,
                unattributed=found.unattributed,
                alternatives=found.alternatives,
            )
        return row_of(cell.claim, cell.ledger, found)

    def _sets(self, cell: Subtotal) -> Sets:
        if cell.sets is None:
            cell.sets = Sets([*candidates(cell), *of_others(cell, self.people)])
        return cell.sets

    def _move(self, cells: list[Subtotal]) -> None:
        """Takes out credits that the sheet counts in one period and the ledger in another.

        Several may go to one period; where that leads nowhere, only moves that settle both are.
        """
        for both in (False, True):
            gone: set[CreditId] = set()
            while 1 < len(cells) <= CELLS_MAX and self._moved_one(cells, gone, both=both):
                pass
            if all(self._cost(each) < LOOK_MAX for each in cells if each.moved):
                return
            for each in cells:
                each.moved.clear()

    def _moved_one(self, cells: list[Subtotal], gone: set[CreditId], *, both: bool) -> bool:
        """Takes out the credit that makes the rest simplest; whether there was one."""
        most, best = 0, list[tuple[Subtotal, Subtotal, Line, Decimal]]()
        for here, there in permutations(cells, 2):
            if _apart(here.period, there.period) is None or not here.difference:
                continue
            before = self._cost(here) + self._cost(there)
            for line in here.lines:
                worth = here.person.amount(line, here.claim.unit)
                if not worth or line.credit in gone:
                    continue
                left = self._cost(here, -worth), self._cost(there, worth)
                gain = before - 1 - sum(left)
                if gain > most and (not both or max(left) < LOOK_MAX):
                    most, best = gain, []
                if gain == most > 0 and (not both or max(left) < LOOK_MAX):
                    best.append((here, there, line, worth))
        if not best:
            return self._moved_together(cells, gone)
        here, there, line, worth = best[0]
        same = [
            other
            for left_here, left_there, other, much in best
            if left_here is here and left_there is there and much == worth
        ]
        gone.add(line.credit)
        _move(here, there, same, worth, ONE_EN * (len(same) > 1))
        return True

    def _moved_together(self, cells: list[Subtotal], gone: set[CreditId]) -> bool:
        """Takes out several credits at once that settle both periods; whether there were some."""
        most, best = 0, list[tuple[Subtotal, Subtotal, list[tuple[Line, ...]], Decimal]]()
        for here, there in permutations(cells, 2):
            if _apart(here.period, there.period) is None:
                continue
            before = self._cost(here) + self._cost(there)
            for worth, groups in _groups(here, there, gone).items():
                left = self._cost(here, -worth), self._cost(there, worth)
                gain = before - 1 - sum(left)
                if gain > most and max(left) < LOOK_MAX:
                    most, best = gain, [(here, there, groups, worth)]
        if not best:
            return False
        here, there, groups, worth = best[0]
        lines = list({line.credit: line for group in groups for line in group}.values())
        gone.update(line.credit for line in lines)
        _move(here, there, lines, worth, SOME_EN * (len(groups) > 1))
        return True

    def _cost(self, cell: Subtotal, more: Decimal = ZERO) -> int:
        """Of how many parts an explanation is; unexplained differences cost most."""
        left = cell.difference + more
        if not left:
            return 0
        sets = self._sets(cell)
        for size in range(1, LOOK_MAX):
            if left in (sets.level(size) or {}):
                return size
        sheet = cell.claim.amount
        return 1 if rounding(sheet + left, sheet) is not None else LOOK_MAX

    def _only_here(self, person: Influences, periods: list[Period]) -> Iterator[Row]:
        for period in periods:
            unit = Unit(period.unit)
            lines = members(person, period)
            amounts = {line.credit: person.amount(line, unit) for line in lines}
            ledger = sum(amounts.values(), ZERO)
            if not ledger:
                continue
            portions = [self._why(person, line, amounts[line.credit], unit) for line in lines]
            told = merged(each for each in portions if each.amount)
            lost = sum((each.amount for each in told if each.cause is Cause.UNKNOWN), ZERO)
            found = Attribution(portions=told, unattributed=plain(lost))
            yield only_here(person.holding.teacher, unit, ledger, found, **period.told)

    def _why(self, person: Influences, line: Line, amount: Decimal, unit: Unit) -> Portion:
        if line.credit in self.elsewhere:
            zh = f"名册把“{line.title}”算在疑为同一人的另一人名下。"
            en = f"The sheet counts {line.title} under another id of the same person."
            events, about = line.events[:1], (line.credit,)
            return portion(Cause.DUPLICATE_PERSON, amount, zh, en, events=events, about=about)
        zh = "名册没有此人这一期间的合计，账本中没有事件能说明原因。"
        en = "The sheet has no such total of this person; nothing in the ledger says why."
        absent = person.absent(line, unit)
        return absent or unknown_portion(amount, zh, en, line.events[:1])


def _apart(one: Period, other: Period) -> Cause | None:
    """What sets two periods apart, where a credit of the one may be told in the other."""
    if (one.kind, one.unit) == (other.kind, other.unit):
        return Cause.OTHER_CYCLE
    return Cause.OTHER_KIND if replace(one, kind=other.kind) == other else None


def _groups(
    here: Subtotal, there: Subtotal, gone: set[CreditId]
) -> dict[Decimal, list[tuple[Line, ...]]]:
    """The smallest groups of credits that are all that one period lacks, or the other has more."""
    wanted = {here.difference, -there.difference}
    if here.difference <= 0 or there.difference >= 0:
        return {}
    unit = here.claim.unit
    worth = {line.credit: here.person.amount(line, unit) for line in here.lines}
    lines = [each for each in here.lines if worth[each.credit] and each.credit not in gone]
    most = GROUP_MAX if len(lines) <= GROUP_LINES_MAX else 0
    found: dict[Decimal, list[tuple[Line, ...]]] = {}
    for size in sorted({*range(2, min(most, len(lines)) + 1), len(lines)}):
        level: dict[Decimal, list[tuple[Line, ...]]] = {}
        for group in combinations(lines, size):
            amount = sum((worth[each.credit] for each in group), ZERO)
            if amount in wanted and amount not in found:
                level.setdefault(amount, []).append(group)
        found |= level
    return found


def _move(here: Subtotal, there: Subtotal, lines: list[Line], worth: Decimal, doubt: str) -> None:
    here.moved.append(_moved(here, there, lines, worth, doubt))
    there.moved.append(_moved(here, there, lines, -worth, doubt))


def _moved(
    here: Subtotal, there: Subtotal, lines: list[Line], amount: Decimal, doubt: str
) -> Portion:
    cause = _apart(here.period, there.period)
    assert cause is not None
    names = "、".join(f"“{each.title}”" for each in lines)
    home, away = here.claim.spot, there.claim.spot
    doubt_zh = {ONE_EN: "（其中一笔）", SOME_EN: "（其中几笔）"}.get(doubt, "")
    verb = "belong" if len(lines) > 1 else "belongs"
    it = "them" if len(lines) > 1 else "it"
    return portion(
        cause,
        amount,
        f"{names}属名册{home.zh}，名册算在{away.zh}{doubt_zh}。",
        f"{', '.join(each.title for each in lines)} {verb} to row {home.en}; the sheet has {it} "
        f"in row {away.en}{doubt}.",
        events=[event for each in lines for event in each.events[:1]],
        about=[each.credit for each in lines],
    )


def _by_period(claims: list[Claim]) -> dict[Period, list[Claim]]:
    found: dict[Period, list[Claim]] = {}
    for claim in claims:
        kind = claim.kind.value if claim.kind else ""
        period = Period(claim.year or 0, claim.cycle or 0, kind, claim.unit.value)
        found.setdefault(period, []).append(claim)
    return found
