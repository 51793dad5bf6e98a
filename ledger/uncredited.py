"""Uncredited: trainings that a sheet may have and that the ledger gave this person no credit for.

Denied, ended or failed; credited only later; told by the school and not recognised. A row means one
by its class, or by its title and day. Where the day is another one the title has to tell it: what
all trainings of that title have in common is said, and that the day is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from msgspec import structs

from ledger.amount import ZERO, plain
from ledger.cause import Cause, Portion, merged, portion, unknown_portion
from ledger.claim import Claim
from ledger.cycle import Unit
from ledger.forfeiture import denied
from ledger.holding import Denial, Pending, Training
from ledger.influence import Influences
from ledger.mark import told
from ledger.names import OfferingId
from ledger.record import Line
from ledger.school_based import SchoolBasedRecorded
from ledger.slip import apart


@dataclass(frozen=True, kw_only=True)
class Uncredited:
    """One training without a credit; ``why``: what an amount of it in a sheet comes from.

    ``most``: what it would have been worth in a unit, where that is known.
    """

    title: str
    completed: date | None
    why: Callable[[Decimal], Portion]
    most: Callable[[Unit], Decimal | None]
    offering: OfferingId | None = None

    def explained(self, claim: Claim) -> tuple[Portion, ...]:
        """What a row about it comes from: no more of it than it would have been worth."""
        most = self.most(claim.unit)
        if not most or claim.amount <= most:
            return (self.why(claim.amount),)
        beyond = claim.amount - most
        zh = f"“{self.title}”至多值 {plain(most)}，名册多出的 {plain(beyond)} 没有事件能说明。"
        en = f"{self.title} is worth {plain(most)} at most; nothing explains {plain(beyond)} more."
        return self.why(most), unknown_portion(-beyond, zh, en)

    def meant_by(self, claim: Claim) -> bool:
        """Whether a row is about it: by class, else by title and, where it has one, by day."""
        return means(claim, self.offering, self.title, self.completed)

    def named_by(self, claim: Claim) -> bool:
        """Whether a row that names no class has its title, on whatever day."""
        if claim.offering is not None or not claim.title:
            return False
        return told(claim.title) == told(self.title)


def meanings(person: Influences, claim: Claim) -> tuple[Portion, ...]:
    """What a row comes from that means trainings without a credit; empty where it means none."""
    every = list(uncredited(person))
    exact = next((each for each in every if each.meant_by(claim)), None)
    if exact is not None:
        return exact.explained(claim)
    named = [each for each in every if each.named_by(claim)]
    return tuple(_by_title(person, claim, named)) if named else ()


def uncredited(person: Influences) -> Iterator[Uncredited]:
    """All trainings of a person that earned nothing as of the terms."""
    for told_of in person.denials().values():
        training = told_of.training
        yield Uncredited(
            offering=told_of.offering,
            title=training.title,
            completed=training.completed,
            why=_denied(told_of),
            most=_planned(training),
        )
    for line in person.holding.later():
        yield Uncredited(
            offering=line.offering,
            title=line.title,
            completed=line.completed,
            why=_to_come(line),
            most=_at_most(line),
        )
    for each in person.holding.pending():
        yield Uncredited(
            title=each.told.title,
            completed=each.told.completed,
            why=_not_recognised(each),
            most=_told_of(each.told),
        )


def means(claim: Claim, offering: object, title: str, completed: object) -> bool:
    """Whether a row is about a training: by class, else by title and, where it has one, by day."""
    if claim.offering is not None:
        return claim.offering == offering
    if not claim.title:
        return claim.completed is not None and claim.completed == completed
    return told(claim.title) == told(title) and claim.completed in (None, completed)


def _by_title(person: Influences, claim: Claim, named: list[Uncredited]) -> Iterator[Portion]:
    """What the trainings of a title have in common, and that none of them is of the day."""
    whole = [each.explained(claim) for each in named]
    found = [each[0] for each in whole]
    if len({(each.cause, each.rule, each.amount) for each in found}) > 1:
        events = [event for each in found for event in each.events]
        causes = "、".join(sorted({each.cause.value for each in found}))
        zh = f"名称为“{claim.title}”而没有学分的培训有 {len(found)} 项，原因不同（{causes}）。"
        en = f"{len(found)} trainings called {claim.title} earned nothing, for different reasons"
        yield unknown_portion(-claim.amount, zh, f"{en} ({causes}).", events)
        return
    first = found[0]
    if len(found) > 1:
        first = structs.replace(
            first,
            zh=f"{first.zh}同名的有 {len(found)} 项，原因相同，都列在这里。",
            en=f"{first.en} {len(found)} have this title and the same reason; all are listed.",
            events=tuple(dict.fromkeys(e for each in found for e in each.events)),
            about=tuple(dict.fromkeys(a for each in found for a in each.about)),
        )
    yield first
    yield from whole[0][1:]
    both = zip(named, found, strict=True)
    yield from merged(_another_day(person, claim, each, own) for each, own in both)


def _another_day(person: Influences, claim: Claim, training: Uncredited, found: Portion) -> Portion:
    day, ended = claim.completed, training.completed
    assert day is not None
    cause = Cause.OTHER_DAY if ended is None else apart(person, day, ended, ended)
    at = f" {ended} 结束" if ended else "没有结束日"
    return portion(
        cause,
        ZERO,
        f"“{training.title}”在账本中{at}，名册写作 {day}。",
        f"{training.title} ended on {ended or 'no known day'}; the sheet has {day}.",
        events=found.events[:1],
        about=found.about,
    )


def _planned(training: Training) -> Callable[[Unit], Decimal | None]:
    return lambda unit: training.hours if unit is Unit.HOURS else training.credits


def _at_most(line: Line) -> Callable[[Unit], Decimal | None]:
    hours, credits = line.hours_planned, max(line.base_credits, line.credits)
    return lambda unit: max(hours, line.hours) if unit is Unit.HOURS else credits


def _told_of(told_of: SchoolBasedRecorded) -> Callable[[Unit], Decimal | None]:
    return lambda unit: told_of.hours if unit is Unit.HOURS else told_of.credits


def _denied(of: Denial) -> Callable[[Decimal], Portion]:
    return lambda amount: denied(of, amount)


def _to_come(line: Line) -> Callable[[Decimal], Portion]:
    return lambda amount: portion(
        Cause.TIMING,
        -amount,
        f"“{line.title}”在 {line.recognised} 才认定，晚于所比的时点。",
        f"{line.title} was credited on {line.recognised}, after the moment compared.",
        events=line.events[:1],
        about=(line.credit,),
        whole=True,
    )


def _not_recognised(each: Pending) -> Callable[[Decimal], Portion]:
    zh = "主管部门未予认定" if each.refused else "主管部门尚未认定"
    en = "was not recognised" if each.refused else "is not recognised yet"
    return lambda amount: portion(
        Cause.UNRECOGNISED,
        -amount,
        f"校本培训“{each.told.title}”{zh}。",
        f"The school's own {each.told.title} {en}.",
        events=each.events,
        about=(each.told.credit,),
        whole=True,
    )
