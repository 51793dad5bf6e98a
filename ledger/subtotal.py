"""Subtotal: what one person has in a period, and what a sheet may have missed of it or added."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from msgspec import structs

from ledger.amount import ZERO
from ledger.attribution import Sets
from ledger.breakdown import TrainingKind, shown
from ledger.cause import Cause, Portion, merged, portion
from ledger.claim import Claim, Measure
from ledger.cycle import Unit
from ledger.forfeiture import denied
from ledger.influence import Influences
from ledger.names import TeacherId
from ledger.record import Line
from ledger.rounding import rounded_each


@dataclass(frozen=True, order=True)
class Period:
    """What a total is about: a year, a cycle, or neither: the period of the terms."""

    year: int = 0
    cycle: int = 0
    kind: str = ""
    unit: str = Unit.CREDITS.value

    @property
    def told(self) -> dict[str, object]:
        """The fields of a row that name it."""
        kind = TrainingKind(self.kind) if self.kind else None
        return {"year": self.year or None, "cycle": self.cycle or None, "kind": kind}

    @property
    def zh(self) -> str:
        """Its year or cycle in Chinese."""
        return f" {self.year} 年" if self.year else f"第 {self.cycle} 周期"

    @property
    def en(self) -> str:
        """Its year or cycle in English."""
        return str(self.year) if self.year else f"cycle {self.cycle}"


@dataclass
class Subtotal:
    """The total of one person and period, in the sheet and in the ledger.

    ``others``: all totals of the person that the sheet tells.
    """

    claim: Claim
    period: Period
    person: Influences
    lines: list[Line]
    ledger: Decimal
    others: list[Subtotal] = field(default_factory=list)
    moved: list[Portion] = field(default_factory=list)
    sets: Sets | None = None

    @property
    def difference(self) -> Decimal:
        """What is left to explain, after what was moved to or from another period."""
        return self.ledger - self.claim.amount - sum((each.amount for each in self.moved), ZERO)


def members(person: Influences, period: Period) -> list[Line]:
    """The credits that belong to a period."""
    return _among(person, period, _days(person, period))


def _among(person: Influences, period: Period, within: Callable[[date], bool]) -> list[Line]:
    return [
        line
        for line in person.lines
        if within(line.completed) and period.kind in ("", shown(line).value)
    ]


def _days(person: Influences, period: Period) -> Callable[[date], bool]:
    """Which days of completion belong to a period, as far as the comparison is about them."""
    called = _called(person, period)
    return lambda day: person.terms.holds(day) and called(day)


def _called(person: Influences, period: Period) -> Callable[[date], bool]:
    """Which days belong to a period as it is called."""
    if period.year:
        return lambda day: day.year == period.year
    if not period.cycle and person.terms.bounded:
        return person.terms.holds
    cycles = person.cycles()
    numbered = [each for each in cycles if each.number == period.cycle]
    held = numbered if period.cycle else cycles[-1:]
    return lambda day: any(each.holds(day) for each in held)


def outside(person: Influences, period: Period, claim: Claim) -> Portion | None:
    """Why a total is compared with nothing: no day of its year or cycle is of the terms."""
    if not person.terms.bounded:
        return None
    first, last = person.terms.first or date.min, person.terms.last or date.max
    if period.year:
        beyond = not first.year <= period.year <= last.year
    else:
        numbered = [each for each in person.cycles() if each.number == period.cycle]
        beyond = bool(numbered) and not any(
            first <= each.last_day and each.start <= last for each in numbered
        )
    if not beyond:
        return None
    lines = _among(person, period, _called(person, period))
    zh = f"名册{claim.spot.zh}是{period.zh}的合计，不在所比的期间内。"
    en = f"Row {claim.spot.en} is a total of {period.en}, outside the period compared."
    events, about = [each for line in lines for each in line.events[:1]], [e.credit for e in lines]
    return portion(Cause.OTHER_CYCLE, -claim.amount, zh, en, events=events, about=about)


def _beyond_terms(cell: Subtotal) -> Iterator[Portion]:
    """The credits of the year or cycle that the terms leave out: the sheet may have them all."""
    person, unit = cell.person, cell.claim.unit
    called = _among(person, cell.period, _called(person, cell.period))
    out = [line for line in called if not person.terms.holds(line.completed)]
    told = [
        _whole(
            line,
            Cause.OTHER_CYCLE,
            -person.amount(line, unit),
            f"“{line.title}”{line.completed} 结束，不在所比的期间内，名册却算在内。",
            f"{line.title} ended on {line.completed}, outside the period compared; in the sheet.",
        )
        for line in out
    ]
    yield from merged(told)


def candidates(cell: Subtotal) -> Iterator[Portion]:
    """What of the ledger the total of the sheet may have missed, or have beyond it."""
    person, unit = cell.person, cell.claim.unit
    within = _days(person, cell.period)
    for line in cell.lines:
        yield from person.steps(line, unit)
        yield from person.beyond(line, unit)
        absent = person.absent(line, unit)
        if absent is not None:
            yield absent
    yield from _beyond_terms(cell)
    yield from _by_recognition(cell, within)
    for line in person.holding.later():
        if within(line.completed) and cell.period.kind in ("", shown(line).value):
            zh = f"“{line.title}”在 {line.recognised} 才认定，晚于所比的时点。"
            en = f"{line.title} was credited on {line.recognised}, after the moment compared."
            yield _whole(line, Cause.TIMING, -line.worth(unit), zh, en)
    yield from _unearned(cell, within)


def _by_recognition(cell: Subtotal, within: Callable[[date], bool]) -> Iterator[Portion]:
    """Credits of a period that were recognised in another, which a sheet may go by.

    Where the sheet tells the other period too, it would differ just as much: that is a move.
    """
    person, unit = cell.person, cell.claim.unit
    others = [_days(person, each.period) for each in cell.others if each is not cell]
    for line in person.lines:
        mine = within(line.completed)
        if mine is within(line.recognised) or cell.period.kind not in ("", shown(line).value):
            continue
        other = line.recognised if mine else line.completed
        if any(told(other) for told in others) or (mine and person.absent(line, unit)):
            continue
        zh = f"“{line.title}”{line.completed} 结束，名册按认定日 {line.recognised} 计入。"
        en = f"{line.title} ended on {line.completed}; the sheet goes by {line.recognised}."
        amount = person.amount(line, unit)
        yield _whole(line, Cause.OTHER_CYCLE, amount if mine else -amount, zh, en)


def _unearned(cell: Subtotal, within: Callable[[date], bool]) -> Iterator[Portion]:
    """Trainings of the period that earned nothing."""
    person, unit = cell.person, cell.claim.unit
    credited = {line.offering for line in person.lines}
    for told in person.denials().values():
        training = told.training
        worth = training.hours if unit is Unit.HOURS else training.credits
        if training.completed is None or not worth or told.offering in credited:
            continue
        kind = training.kind.value if training.kind else ""
        if within(training.completed) and cell.period.kind in ("", kind):
            yield denied(told, worth)
    for each in person.holding.pending():
        home = cell.period.kind in ("", TrainingKind.SCHOOL_BASED.value)
        if home and within(each.told.completed):
            yield portion(
                Cause.UNRECOGNISED,
                -each.told.credits,
                f"校本培训“{each.told.title}”没有认定。",
                f"The school's own {each.told.title} is not recognised.",
                about=(each.told.credit,),
                events=each.events,
                whole=True,
            )


def unlikely(cell: Subtotal) -> Iterator[Portion]:
    """What may be as well, though nothing but the amount speaks for it."""
    person, unit = cell.person, cell.claim.unit
    elsewhere = {line.credit for other in [cell, *cell.others] for line in other.lines}
    for line in person.lines:
        fits = cell.period.kind in ("", shown(line).value)
        if fits and line.credit not in elsewhere:
            zh = f"“{line.title}”{line.completed} 结束，不属这一期间，名册却算在内。"
            en = f"{line.title} ended on {line.completed}, in another period; the sheet has it."
            yield _whole(line, Cause.OTHER_CYCLE, -person.amount(line, unit), zh, en)
    if len(cell.lines) > 1:
        yield from rounded_each([person.amount(line, unit) for line in cell.lines])


def bundles(cell: Subtotal) -> Iterator[list[Portion]]:
    """What may be as well, but only together: credits of another cycle, with what was cut of them.

    A whole cycle is one too: whoever added it up did so at one stroke.
    """
    person, unit = cell.person, cell.claim.unit
    elsewhere = {line.credit for other in [cell, *cell.others] for line in other.lines}
    within: dict[int, list[tuple[list[Portion], list[Portion]]]] = {}
    for line in person.lines if person.here else ():
        if line.credit in elsewhere or cell.period.kind not in ("", shown(line).value):
            continue
        zh = f"“{line.title}”{line.completed} 结束，不属这一期间，名册却算在内。"
        en = f"{line.title} ended on {line.completed}, in another period; the sheet has it."
        counted = _whole(line, Cause.OTHER_CYCLE, -person.amount(line, unit), zh, en)
        cuts = person.cuts(line, unit) if person.terms.measure is Measure.EFFECTIVE else ()
        own = [structs.replace(counted, whole=False)], list(cuts)
        if own[1]:
            yield [*own[0], *own[1]]
        for cycle in person.cycles():
            if cycle.holds(line.completed):
                within.setdefault(cycle.number, []).append(own)
    for all_of in within.values():
        if len(all_of) > 1:
            counts = [each for one, _ in all_of for each in one]
            off = [each for _, one in all_of for each in one]
            yield counts
            if off:
                yield [*counts, *off]


def of_others(cell: Subtotal, people: Mapping[TeacherId, Influences]) -> Iterator[Portion]:
    """The credits of the period that stand under another id of the same person."""
    for alike in cell.person.holding.alike:
        other = people.get(alike)
        for line in members(other, cell.period) if other else ():
            assert other is not None
            zh = f"“{line.title}”记在疑为同一人的 {alike} 名下。"
            en = f"{line.title} stands under {alike}, who may be the same person."
            amount = -other.amount(line, cell.claim.unit)
            yield _whole(line, Cause.DUPLICATE_PERSON, amount, zh, en)


def _whole(line: Line, cause: Cause, amount: Decimal, zh: str, en: str) -> Portion:
    events, about = line.events[:1], (line.credit,)
    return portion(cause, amount, zh, en, events=events, about=about, whole=True)
