"""Influence: what in the ledger a sheet may have missed, or have beyond it, with its amount.

The way of a credit from what its training was worth to what it is worth to the bureau now is a
chain of steps, each by an event or a rule. A sheet that missed some of them differs by just those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from msgspec import structs

from ledger.amount import ZERO, plain
from ledger.breakdown import Share, Why, breakdown
from ledger.cause import Cause, Portion, portion
from ledger.claim import Measure, Terms
from ledger.completion import HoursDeduction, Reason
from ledger.credit import CreditCorrected, CreditRevoked
from ledger.cycle import Cycle, Unit
from ledger.event import Entry
from ledger.footing import cycles, footing
from ledger.forfeiture import DENIED, OF_DENIAL
from ledger.holding import Denial, Holding
from ledger.names import CreditId, OfferingId
from ledger.recognition import HoursPerDay
from ledger.record import Line
from ledger.regulation import Rule, Rulebook


@dataclass
class Influences:
    """All that bears on what one teacher has, on the terms of a comparison."""

    holding: Holding
    rules: Rulebook
    terms: Terms
    here: bool = field(init=False)
    _shares: dict[Unit, dict[CreditId, Share]] = field(default_factory=dict)
    _denials: dict[OfferingId, Denial] | None = None
    _cycles: list[Cycle] | None = None

    def __post_init__(self) -> None:
        self.here = self.holding.here(self.terms.place, self.terms.day)

    @property
    def lines(self) -> list[Line]:
        """The credits that the ledger has."""
        return self.holding.record.lines

    def cycles(self) -> list[Cycle]:
        """The cycles of the teacher up to the day."""
        if self._cycles is None:
            self._cycles = cycles(self.holding.record, self.rules, self.terms.day)
        return self._cycles

    def denials(self) -> dict[OfferingId, Denial]:
        """The trainings that were not completed."""
        if self._denials is None:
            self._denials = self.holding.denials(self.rules)
        return self._denials

    def standing(self, line: Line, unit: Unit) -> Decimal:
        """What a credit is worth by its record, wherever the teacher works."""
        if line.completed > self.terms.day:
            return ZERO
        if self.terms.measure is Measure.RECOGNISED:
            return line.worth(unit)
        share = self.share(line, unit)
        return share.effective if share else ZERO

    def amount(self, line: Line, unit: Unit) -> Decimal:
        """What a credit is worth to the bureau."""
        return self.standing(line, unit) if self.here else ZERO

    def share(self, line: Line, unit: Unit) -> Share | None:
        """How much of a credit counts in the cycle in which its training was completed."""
        if unit not in self._shares:
            self._shares[unit] = dict(self._counted(unit))
        return self._shares[unit].get(line.credit)

    def _counted(self, unit: Unit) -> Iterator[tuple[CreditId, Share]]:
        record = self.holding.record
        for cycle in self.cycles():
            day = min(self.terms.day, cycle.last_day)
            base = footing(record, self.rules, day)
            if base is not None:
                own = structs.replace(record, lines=base.within)
                for share in breakdown(own, self.rules, replace(base, unit=unit)):
                    yield share.credit, share

    def steps(self, line: Line, unit: Unit) -> list[Portion]:
        """What was taken off a credit, or put right, on its way to what it is worth now."""
        found = [*self._awarding(line, unit), *self._changing(line, unit)]
        base = _base(line, unit)
        left = line.worth(unit) - base - sum((each.amount for each in found), ZERO)
        if left:
            # Told facts may not add up; what they leave open is a correction all the same.
            zh = f"“{line.title}”已更正为 {plain(line.worth(unit))}。"
            en = f"{line.title} was put right to {plain(line.worth(unit))}."
            found.append(_about(line, Cause.CORRECTION, left, zh, en, line.events[1:]))
        stands = line.worth(unit)
        if line.completed > self.terms.day:
            zh = f"“{line.title}”{line.completed} 才结束，{self.terms.day} 尚不计入。"
            en = f"{line.title} ends on {line.completed}, after {self.terms.day}."
            found.append(_about(line, Cause.TIMING, -stands, zh, en, line.events[:1]))
            stands = ZERO
        elif self.terms.measure is Measure.EFFECTIVE:
            found += self.cuts(line, unit)
            stands = self.standing(line, unit)
        if not self.here and stands:
            found.append(self._left(line, stands))
        return [each for each in found if each.amount]

    def beyond(self, line: Line, unit: Unit) -> list[Portion]:
        """What a sheet may have taken off a credit that the ledger's amount leaves in it."""
        found: list[Portion] = []
        if self.terms.measure is Measure.RECOGNISED and line.completed <= self.terms.day:
            found += (structs.replace(each, amount=-each.amount) for each in self.cuts(line, unit))
        running = line.credits
        for entry in self.holding.changes(line.credit, ahead=True):
            after = _after(entry)
            zh = f"“{line.title}”在 {entry.on} 才改为 {plain(after)}，晚于所比的时点。"
            en = f"{line.title} became {plain(after)} on {entry.on} only, after the moment compared"
            found.append(_about(line, Cause.TIMING, running - after, zh, f"{en}.", (entry.id,)))
            running = after
        return [each for each in found if each.amount]

    def absent(self, line: Line, unit: Unit) -> Portion | None:
        """Why a sheet may lack a credit altogether."""
        amount, day = self.amount(line, unit), self.terms.sheet_day
        if not amount:
            return None
        move = self.holding.moved(self.terms.place, away=False)
        if move is not None and not self.terms.place.covers(line.place):
            zh = f"“{line.title}”由 {line.place.value} 认定，教师 {move.since} 才调入。"
            en = f"{line.title} was credited by {line.place.value}, before the move of {move.since}"
            events = (move.event, *line.events[:1])
            return _about(line, Cause.TRANSFER, amount, zh, f"{en}.", events, whole=True)
        if day is not None and line.recognised > day:
            zh = f"“{line.title}”{line.recognised} 才认定，晚于名册日期 {day}。"
            en = f"{line.title} was credited on {line.recognised}, after the sheet's day of {day}."
            return _about(line, Cause.TIMING, amount, zh, en, line.events[:1], whole=True)
        return None

    def _awarding(self, line: Line, unit: Unit) -> Iterator[Portion]:
        base, changes = _base(line, unit), self.holding.changes(line.credit)
        first, most = line.awarded, line.hours_beyond
        if unit is Unit.HOURS and line.base_credits != line.hours_planned:
            first = max(base - line.hours_missed - line.hours_beyond, ZERO)
        elif changes:
            first = getattr(changes[0].event, "credits_before", first)
            if any(getattr(each.event, "hours_beyond", None) is not None for each in changes):
                # What the line says is of the last correction, not of the award.
                most = max(base - first - self._missed_at_first(line), ZERO)
        beyond = min(most, max(base - first, ZERO))
        if beyond:
            rule = _named(line, self.rules, HoursPerDay.KIND)
            zh = f"“{line.title}”超过每日认定上限的 {plain(beyond)} 学时不予认定。"
            en = f"{plain(beyond)} hours of {line.title} lie beyond what a day is recognised for."
            yield _about(line, Cause.DEDUCTION, -beyond, zh, en, line.events[:1], rule)
        if rest := base - beyond - first:
            rule = _named(line, self.rules, HoursDeduction.KIND)
            zh = f"“{line.title}”缺课 {plain(rest)} 学时，已从 {plain(base)} 中扣除。"
            en = f"{plain(rest)} hours of {line.title} were missed and taken off {plain(base)}."
            events = (*line.events[:1], *self._missed(line))
            yield _about(line, Cause.DEDUCTION, -rest, zh, en, events, rule)

    def _missed(self, line: Line) -> tuple[str, ...]:
        """The attendance from which what was taken off at the award follows."""
        if line.offering is None or not line.positions:
            return ()
        return self.holding.missed(line.offering, line.positions[0])

    def _missed_at_first(self, line: Line) -> Decimal:
        """The hours of that attendance."""
        return self.holding.hours_missed(line.offering, line.positions[0])

    def _changing(self, line: Line, unit: Unit) -> Iterator[Portion]:
        if unit is Unit.HOURS and line.base_credits != line.hours_planned:
            changes = self.holding.changes(line.credit) if line.revoked else []
            changes = changes[-1:]
            hours = line.hours_planned - line.hours_missed - line.hours_beyond
            running = max(hours, ZERO)
        else:
            changes = self.holding.changes(line.credit)
            running = getattr(changes[0].event, "credits_before", ZERO) if changes else ZERO
        for entry in changes:
            after = _after(entry)
            if after != running:
                yield self._change(line, entry, running, after)
            running = after

    def _change(self, line: Line, entry: Entry, before: Decimal, after: Decimal) -> Portion:
        event = entry.event
        denied = self.denials().get(line.offering) if line.offering else None
        if isinstance(event, CreditRevoked) and denied is not None:
            zh, en = DENIED[denied.reason]
            return _about(
                line,
                OF_DENIAL[denied.reason],
                after - before,
                f"“{line.title}”{zh}，学分已于 {entry.on} 撤销。",
                f"{line.title} was {en}; its credit was revoked on {entry.on}.",
                (entry.id, *denied.events),
                denied.rule,
            )
        if isinstance(event, CreditRevoked):
            breach = event.reason.startswith(Reason.MISCONDUCT.value)
            cause = Cause.MISCONDUCT if breach else Cause.REVOCATION
            zh = f"“{line.title}”的学分已于 {entry.on} 撤销。"
            en = f"The credit of {line.title} was revoked on {entry.on}."
            return _about(line, cause, after - before, zh, en, (entry.id, event.corrects))
        zh = f"“{line.title}”{entry.on} 由 {plain(before)} 更正为 {plain(after)}。"
        en = f"{line.title} was put right from {plain(before)} to {plain(after)} on {entry.on}."
        corrects = getattr(event, "corrects", "")
        events = (entry.id, corrects, *self._rectified(line, entry))
        return _about(line, Cause.CORRECTION, after - before, zh, en, events)

    def _rectified(self, line: Line, entry: Entry) -> tuple[str, ...]:
        """The attendance that was put right, where a correction of a credit follows from that."""
        if line.offering is None or getattr(entry.event, "hours_missed", None) is None:
            return ()
        before = max((each for each in line.positions if each < entry.position), default=0)
        return self.holding.rectified(line.offering, before, entry.position)

    def cuts(self, line: Line, unit: Unit) -> Iterator[Portion]:
        """What of a credit does not count in its cycle, though it was awarded."""
        share = self.share(line, unit)
        named = {Why.CUT_BY_CAP: Cause.CAP, Why.SPECIAL_TRAINING: Cause.SPECIAL_TRAINING}
        for each in share.uncounted if share else ():
            if each.why in named:
                yield Portion(
                    cause=named[each.why],
                    amount=-each.amount,
                    zh=f"“{line.title}”：{each.zh}",
                    en=f"{line.title}: {each.en}",
                    events=each.events,
                    about=(str(line.credit),),
                    rule=each.rule,
                    citation=each.citation,
                    clause_zh=each.clause_zh,
                    clause_en=each.clause_en,
                    certain=each.certain,
                )

    def _left(self, line: Line, amount: Decimal) -> Portion:
        move = self.holding.moved(self.terms.place, away=True)
        since = f"自 {move.since} 起" if move else ""
        zh = f"教师{since}已不在本地，“{line.title}”不再计入本地。"
        en = f"The teacher left{f' on {move.since}' if move else ''}; {line.title} went along."
        events = (*((move.event,) if move else ()), *line.events[:1])
        return _about(line, Cause.TRANSFER, -amount, zh, en, events)


def _about(
    line: Line,
    cause: Cause,
    amount: Decimal,
    zh: str,
    en: str,
    events: tuple[str, ...] | list[str],
    rule: Rule | None = None,
    *,
    whole: bool = False,
) -> Portion:
    events = tuple(each for each in events if each)
    about = (line.credit,)
    return portion(cause, amount, zh, en, events=events, about=about, rule=rule, whole=whole)


def _base(line: Line, unit: Unit) -> Decimal:
    return line.hours_planned if unit is Unit.HOURS else line.base_credits


def _after(entry: Entry) -> Decimal:
    return entry.event.credits if isinstance(entry.event, CreditCorrected) else ZERO


def _named(line: Line, rules: Rulebook, kind: str) -> Rule | None:
    held = (rules.rules.get(each) for each in line.rules)
    return next((each for each in held if each is not None and each.kind == kind), None)
