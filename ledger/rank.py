"""Rank: the place of an applicant in the recorded order, and what it says of a decision (次序).

A place is lost with the choice that it was given for, and each round has an order of its own. Where
more wait than seats are left, nobody is admitted or declined before there is an order, and nobody
gets the seat that it gives to another, or loses it. No document says so, and a reported fact stands
with a deviation. Who is admitted out of turn while the seats reach everybody ahead is so with one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from ledger.applicant import Waiting
from ledger.command import Refused, Selector, about, fact
from ledger.enrollment import (
    ENROLLMENT_EVENTS,
    Choice,
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
    Roll,
    SelectionStep,
)
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.names import JurisdictionId, Name, OfferingId, TeacherId
from ledger.parallel import Family
from ledger.screening import ApplicantPlaced


class AgainstTheOrder(Refused):
    """The recorded order of the screening has it otherwise."""


class NotScreened(Refused):
    """No recorded order tells who of the waiting applicants comes first."""


class Place(NamedTuple):
    """One applicant's place in an order, and the event of a day that says so."""

    rank: int
    evidence: str
    day: date


@dataclass
class Ranks:
    """The recorded orders of a class by round: who was placed in them and is not decided yet."""

    rounds: dict[int, dict[TeacherId, Place]] = field(default_factory=dict)
    _held: dict[int, list[int]] = field(default_factory=dict)

    def learn(self, entry: Entry) -> None:
        """Takes in placements and what ends the wait for a decision; others change nothing."""
        match entry.event:
            case ApplicantPlaced(teacher=teacher, round=number, rank=rank):
                self._drop(number, teacher)
                self.rounds.setdefault(number, {})[teacher] = Place(rank, entry.id, entry.on)
                insort(self._held.setdefault(number, []), rank)
            case EnrollmentConfirmed() | EnrollmentDeclined() | EnrollmentWithdrawn() as event:
                # A place is lost with the choice: who chooses again is not placed by it.
                for number in self.rounds:
                    self._drop(number, event.teacher)
            case _:
                pass

    def ahead(self, number: int, teacher: TeacherId) -> int:
        """How many of the round wait before a teacher; all of them for one without a place."""
        mine, held = self.rounds.get(number, {}).get(teacher), self._held.get(number, [])
        return len(held) if mine is None else bisect_left(held, mine.rank)

    def _drop(self, number: int, teacher: TeacherId) -> None:
        lost = self.rounds.get(number, {}).pop(teacher, None)
        if lost is not None:
            held = self._held[number]
            del held[bisect_left(held, lost.rank)]


@dataclass
class Queue:
    """What is the same for all who wait for a class: its seats, its orders, and who waits."""

    upto: int = 0
    roll: Roll = field(default_factory=Roll)
    ranks: Ranks = field(default_factory=Ranks)
    waiting: Waiting = field(default_factory=Waiting)

    def learn(self, entry: Entry) -> None:
        """Takes in the next entry; one that it knows, or that says nothing of it, changes nothing.

        Entries come in the order of their positions.
        """
        if entry.position > self.upto:
            self.upto = entry.position
            self.roll.learn(entry)
            self.ranks.learn(entry)
            self.waiting.learn(entry)


@dataclass(kw_only=True)
class ReReview(SelectionStep):
    """What the decisions on one teacher share: the seats of the class and its recorded order."""

    queue: Queue = fact(default_factory=Queue)
    family: Family = fact(default_factory=Family)
    places: dict[OfferingId, Choice] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        return [*super().boundary(), *self.shared()]

    def shared(self) -> dict[Selector, str]:
        """The queue of the class, which all decisions on its applicants stand on."""
        others: list[type[Event]] = [*ENROLLMENT_EVENTS, ApplicantPlaced]
        return {about(self.offering, of=others): "queue"}

    def beyond(self) -> list[Selector]:
        opened = self.room.opened
        if opened is None:
            return []
        places: list[type[Event]] = [EnrollmentConfirmed, EnrollmentWithdrawn]
        return [about(self.teacher, opened.term, of=places), *Family.selectors(opened)]

    def learn(self, entry: Entry) -> None:
        if self.family.learn(entry, self.offering):
            return
        event = entry.event
        of: OfferingId | None = getattr(event, "offering", None)
        if of is not None and getattr(event, "teacher", None) == self.teacher:
            self.places.setdefault(of, Choice()).learn(entry)
        if of not in (None, self.offering):
            return
        super().learn(entry)
        self.queue.learn(entry)

    def authority(self) -> Name:
        return self.room.known(self.offering).provider

    def answerable(self) -> JurisdictionId:
        return self.room.known(self.offering).place

    def placed(self, *, but: OfferingId | None = None) -> Refused | None:
        """What is wrong with a place for one who has it in a class beside this one."""
        elsewhere = {name: each for name, each in self.places.items() if name != but}
        return self.family.placed(self.room.known(self.offering), self.teacher, elsewhere)

    def left(self) -> int:
        """How many seats of the class that was chosen are left."""
        return max(self.room.seats - len(self.queue.roll.confirmed), 0)

    def ordered(
        self, said: Refused | None, *, bound: bool, subjects: list[Name]
    ) -> Iterator[Event]:
        """Gate where the order is ``bound`` to be kept; a reported fact deviates, as no rule asks.

        Elsewhere what is said is noted.
        """
        if said is None:
            return
        if bound and not self.ask.reported:
            self._refusals.append(said)
        else:
            yield self.finding(said, Outcome.DEVIATION, *subjects)

    def unscreened(self, *, seats: int) -> Refused | None:
        """What is wrong where more wait in the round than there are seats, and no order says who.

        Where no seat is left there is nothing to choose.
        """
        passed = self.queue.waiting.passed(self.choice.round)
        waiting = len(passed) + (self.teacher not in passed)
        if self._order() is not None or not 0 < seats < waiting:
            return None
        return NotScreened(
            zh=f"{self.offering} 有 {waiting} 名教师等待复核，余 {seats} 个名额，"
            "须先筛选排序（screenApplicants），再录取或不录取",
            en=f"{waiting} wait for {self.offering} and {seats} seats are left; they are screened "
            "(screenApplicants) before anybody is admitted or declined",
            field="offering",
        )

    def ahead(self) -> int:
        """How many wait before the teacher in the order of the round."""
        return self.queue.ranks.ahead(self.choice.round, self.teacher)

    def against(self, *, places: int) -> Refused | None:
        """What the order of the round says against admitting, with so many seats for the waiting.

        Nothing where the round was not screened.
        """
        order, ahead = self._order(), self.ahead()
        if order is None or (self.teacher in order and ahead < places):
            return None
        rank = order[self.teacher].rank if self.teacher in order else None
        return self.otherwise(
            zh=f"{self.teacher} 的次序为 {rank or '无'}，前面还有 {ahead} 人未复核",
            en=f"{self.teacher} has rank {rank or 'none'}, and {ahead} wait before that",
        )

    def due(self) -> Refused | None:
        """What the order of the round says against declining: that a seat is left."""
        order, left = self._order(), self.left()
        if order is None or self.teacher not in order or self.ahead() >= left:
            return None
        if self.placed() is not None:
            return None  # nobody may admit one who has a place beside the class
        rank = order[self.teacher].rank
        return self.otherwise(
            zh=f"{self.teacher} 的次序为 {rank}，余 {left} 个名额，按次序应予录取",
            en=f"{self.teacher} has rank {rank} and {left} seats are left; one of them is due",
        )

    def _order(self) -> dict[TeacherId, Place] | None:
        return self.queue.ranks.rounds.get(self.choice.round)

    def otherwise(self, zh: str, en: str) -> AgainstTheOrder:
        """The refusal of what the recorded order has otherwise, with the place that it gives."""
        place = (self._order() or {}).get(self.teacher)
        return AgainstTheOrder(
            zh=f"{self.offering} 的筛选次序已经记录：{zh}",
            en=f"the order in which {self.offering} admits is recorded: {en}",
            field="teacher",
            evidence=(place.evidence if place else self.choice.evidence,),
        )
