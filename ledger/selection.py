"""Selection: a teacher chooses an offering, in round one or in round two.

Who may use round two depends on what became of round one (rulebook C-08). The windows are those of
the teacher's place, and an order-based offering is chosen in the same rounds (C-23).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from ledger.amount import strange
from ledger.command import Command, Refused, Selector, about, fact
from ledger.enrollment import (
    ENROLLMENT_EVENTS,
    Choice,
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
    OfferingSelected,
    SelectionReviewed,
)
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, Name, OfferingId, TeacherId, TermId
from ledger.offering import OFFERING_EVENTS, ClassRoom, OfferingOpened
from ledger.regulation import InForce, Parameters
from ledger.teacher import TEACHER_EVENTS, Whereabouts
from ledger.term import Calendar, Phase, Window, in_window, window

BARS = ("NO_SELECTION", "SCHOOL_REFUSED")


class RoundTwoAdmission(
    Parameters,
    kind="round-two-admission",
    zh="第一轮属于所列情形的教师，第二轮选课不予受理。",
    scope=("term",),
):
    """Refuses round two to these: ``NO_SELECTION``, ``SCHOOL_REFUSED``."""

    bars: tuple[str, ...]

    def wrong(self) -> str | None:
        return strange("bars", self.bars, BARS)

    def laxer(self, than: Self) -> bool:
        return not set(than.bars) <= set(self.bars)


class BarredFromRoundTwo(Refused):
    """The teacher may not take part in round two."""


class AlreadySelected(Refused):
    """The teacher's choice of this offering stands."""


@dataclass
class TermChoices:
    """All choices of one teacher in one term."""

    choices: dict[OfferingId, Choice] = field(default_factory=dict)
    first_round: dict[OfferingId, bool | None] = field(default_factory=dict)
    first_closes: date | None = None

    def learn(self, entry: Entry) -> None:
        """Takes in the teacher's enrollment events of the term."""
        event = entry.event
        offering: OfferingId | None = getattr(event, "offering", None)
        if offering is None:
            return
        self.choices.setdefault(offering, Choice()).learn(entry)
        match event:
            case OfferingSelected(round=1):
                self.first_round[offering] = None
            case SelectionReviewed(round=1, passed=passed):
                self.first_round[offering] = passed
            case EnrollmentWithdrawn() if self._before_close(entry):
                # What was withdrawn by the close of round one counts as not selected (C-08).
                self.first_round.pop(offering, None)
            case _:
                pass

    def _before_close(self, entry: Entry) -> bool:
        return self.first_closes is None or entry.on <= self.first_closes

    @property
    def selected_first(self) -> bool:
        """Whether a choice of round one stands at its close, refused ones included."""
        return bool(self.first_round)

    @property
    def all_refused_first(self) -> bool:
        """Whether the school passed none of the choices of round one."""
        return bool(self.first_round) and all(p is False for p in self.first_round.values())


@dataclass(kw_only=True)
class SelectOffering(Command):
    """Choose an offering, by the teacher."""

    teacher: TeacherId
    offering: OfferingId

    now: Whereabouts = fact(default_factory=Whereabouts)
    room: ClassRoom = fact(default_factory=ClassRoom)
    mine: TermChoices = fact(default_factory=TermChoices)
    entries: list[Entry] = fact(default_factory=list)

    def boundary(self) -> list[Selector]:
        return [
            about(self.teacher, of=[*TEACHER_EVENTS, *ENROLLMENT_EVENTS]),
            about(self.offering, of=OFFERING_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case (
                OfferingSelected()
                | SelectionReviewed()
                | EnrollmentConfirmed()
                | EnrollmentDeclined()
                | EnrollmentWithdrawn()
            ):
                self.entries.append(entry)
            case _:
                self.now.learn(entry)
                self.room.learn(entry)

    def authority(self) -> Name:
        return self.teacher

    def territory(self) -> JurisdictionId:
        return self.now.place

    def decide(self) -> Iterator[Event]:
        school = self.now.known(self.teacher)
        opened = self.room.known(self.offering)
        self.room.held(self.offering)
        self._recall(opened.term)
        current = self.mine.choices.get(self.offering)
        if current is not None and current.stands:
            raise AlreadySelected(
                zh=f"{self.teacher} 已选 {self.offering}，无需重复提交",
                en=f"{self.teacher} has already chosen {self.offering}",
                field="offering",
                evidence=(current.evidence,),
            )
        round_number = self._round(opened)
        phase = Phase.SELECT_R2 if round_number == 2 else Phase.SELECT_R1
        subjects = (self.teacher, self.offering)
        yield from in_window(self, phase, *subjects, place=self.now.place, term=opened.term)
        applied: list[InForce[Any] | None] = [self._window(opened.term, phase)]
        if round_number == 2:
            admission = self.ask.rules.find(
                RoundTwoAdmission, self.now.place, self.ask.on, term=opened.term.value
            )
            applied.append(admission)
            if admission is not None:
                yield from self.gate(self._barred(admission), *subjects)
        yield OfferingSelected(
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            provider=opened.provider,
            place=self.now.place,
            term=opened.term,
            round=round_number,
            rules=tuple(each.id for each in applied if each),
        )

    def _round(self, opened: OfferingOpened) -> int:
        """Round two from the first day of its window on; before that, round one."""
        second = self._window(opened.term, Phase.SELECT_R2)
        first_day = second.value.first if second else None
        return 2 if first_day is not None and self.ask.on >= first_day else 1

    def _window(self, term: TermId, phase: Phase) -> InForce[Window] | None:
        return window(self.ask.rules, self.now.place, term, phase, Calendar.REGULAR)

    def _recall(self, term: TermId) -> None:
        first = self._window(term, Phase.SELECT_R1)
        self.mine.first_closes = first.value.last if first else None
        for entry in self.entries:
            if getattr(entry.event, "term", None) == term:
                self.mine.learn(entry)

    def _barred(self, rule: InForce[RoundTwoAdmission]) -> Refused | None:
        bars = rule.value.bars
        if "NO_SELECTION" in bars and not self.mine.selected_first:
            return BarredFromRoundTwo(
                zh=f"{self.teacher} 第一轮没有选课，不能参加第二轮补报",
                en=f"{self.teacher} chose nothing in round one and may not use round two",
                rule=rule,
                field="teacher",
            )
        if "SCHOOL_REFUSED" in bars and self.mine.all_refused_first:
            return BarredFromRoundTwo(
                zh=f"{self.teacher} 第一轮所选课程学校审核均不通过，不能参加第二轮补报",
                en=f"the school passed none of {self.teacher}'s choices of round one",
                rule=rule,
                field="teacher",
                evidence=tuple(c.evidence for c in self.mine.choices.values()),
            )
        return None
