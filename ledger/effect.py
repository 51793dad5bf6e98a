"""Effect: a change of a published plan is carried out, and what it lacked is noted.

*In advance* is on an earlier day than the change takes effect; so is the day from which trainees
could withdraw on its account. An approved change that names new days gives them to its class. One
of which a timetable makes use though nobody carries it out took effect on the first day on which
that timetable is another than before; what it lacked is noted when the class closes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.change import (
    Change,
    ChangeCarriedOut,
    ChangeClass,
    ChangeKind,
    ChangeRequested,
    ChangeStep,
    MajorChange,
    NothingToChange,
    new_days,
)
from ledger.command import Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.mandate import Disguised, disguise_rule
from ledger.offering import OFFERING_EVENTS, ClassRoom
from ledger.regulation import Rulebook


class AlreadyCarriedOut(Refused):
    """The change took effect."""


class ChangeDisallowed(Refused):
    """The authority refused the change."""


class ChangeConditionMissing(Refused):
    """A major change lacks one of its conditions."""


@dataclass(kw_only=True)
class CarryOutChange(ChangeStep):
    """Put a change into effect, by the provider; notes the conditions that it lacks."""

    room: ClassRoom = fact(default_factory=ClassRoom)

    def beyond(self) -> list[Selector]:
        asked = self.seen.requested
        return [] if asked is None else [about(asked.offering, of=OFFERING_EVENTS)]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.room.learn(entry)

    def decide(self) -> Iterator[Event]:
        asked = self.seen.known(self.change)
        self._runs(asked)
        if self.seen.done is not None:
            raise AlreadyCarriedOut(
                zh=f"{self.change} 已经实施", en=f"{self.change} is carried out", field="change"
            )
        yield from self.gate(self.seen.early(self.ask.on), asked.offering, asked.provider)
        settled = self.seen.change_class(self.ask.rules, self.ask.on)
        # A major one that another system reports lacks the approval, which is noted below.
        if not (self.ask.reported and settled is ChangeClass.MAJOR):
            yield from self.gate(self._disallowed(asked), asked.offering, asked.provider)
        yield ChangeCarriedOut(
            change=self.change,
            offering=asked.offering,
            provider=asked.provider,
            change_class=settled,
        )
        if self.seen.approves:
            yield from new_days(asked)
        yield from self._disguise(asked)
        if settled is ChangeClass.MAJOR:
            yield from self._missing(asked)

    def _runs(self, asked: ChangeRequested) -> None:
        opened = self.room.known(asked.offering)
        self.room.held(asked.offering, self.ask.rules)
        # A class that the change itself makes longer is not over before that.
        last = max(opened.closes, asked.closes or opened.closes)
        if self.ask.on > last:
            raise NothingToChange(
                zh=f"{asked.offering} 已于 {last} 结束，不能再实施调整",
                en=f"{asked.offering} ended on {last}; no change of it takes effect any more",
                field="change",
            )

    def _disallowed(self, asked: ChangeRequested) -> ChangeDisallowed | None:
        if self.seen.decided is None or self.seen.decided.approved:
            return None
        rules = self.ask.rules.pinned_all(MajorChange, asked.place, asked.pinned or self.ask.on)
        return ChangeDisallowed(
            zh=f"主管部门没有同意 {self.change}，不能实施",
            en=f"the authority refused {self.change}, which cannot take effect",
            rule=rules[0] if rules else None,
            field="change",
            evidence=tuple(self.seen.evidence),
        )

    def _disguise(self, asked: ChangeRequested) -> Iterator[Event]:
        rule = disguise_rule(self, asked.place, asked.pinned or self.ask.on)
        if rule is None or ChangeKind.MANDATE_TO_CHOICE not in asked.kinds:
            return
        # No approval makes it right: the rule knows no exception.
        if asked.choice in (None, rule.value.from_choice):
            said = Disguised(
                zh=f"{asked.offering} 是指令性培训，改按自主选择培训实施",
                en=f"{asked.offering} is mandated training and is now held as a free choice",
                rule=rule,
                field="change",
                evidence=tuple(self.seen.evidence),
            )
            yield self.finding(said, Outcome.VIOLATION, asked.offering, asked.provider)

    def _missing(self, asked: ChangeRequested) -> Iterator[Event]:
        for said in missing(self.ask.rules, self.seen, self.ask.on):
            yield self.finding(said, Outcome.VIOLATION, asked.offering, asked.provider)


def missing(rules: Rulebook, seen: Change, day: date) -> Iterator[ChangeConditionMissing]:
    """The conditions that a major change lacks which takes effect on a day, rule by rule."""
    asked = seen.requested
    assert asked is not None
    lacks = _lacks(rules, seen, day)
    for rule in rules.pinned_all(MajorChange, asked.place, asked.pinned or day):
        for condition in rule.value.conditions:
            lacking, zh, en = lacks.get(condition, (False, "", ""))
            if lacking:
                yield ChangeConditionMissing(
                    zh=f"{asked.offering} 的较大调整缺少：{zh}",
                    en=f"a major change of {asked.offering} lacks {en}",
                    rule=rule,
                    field="change",
                    evidence=tuple(seen.evidence),
                )


def _lacks(rules: Rulebook, seen: Change, day: date) -> dict[str, tuple[bool, str, str]]:
    told = seen.notified_on
    opened = seen.withdrawal_opened(rules, day)
    return {
        # One that came later approved nothing that had taken effect.
        "APPROVED": (
            not seen.approves or (seen.decided_on or day) > day,
            "主管部门同意（不得晚于实施之日）",
            "the authority's approval",
        ),
        "NOTIFIED_IN_ADVANCE": (
            told is None or told >= day,
            "提前告知学员（须早于实施之日）",
            "notice to the trainees on a day before",
        ),
        "EXPLAINED": (told is None, "向学员充分说明", "an explanation to trainees"),
        "UNDERSTOOD": (
            told is not None and seen.understood is False,
            "学员的理解",
            "the understanding of the trainees",
        ),
        "WITHDRAWAL_ALLOWED": (
            opened is None or opened >= day,
            "实施之前允许学员退选",
            "the right to withdraw on a day before",
        ),
    }
