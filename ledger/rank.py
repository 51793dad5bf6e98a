"""Rank: the place of an applicant in the recorded order, and what it says of a decision (次序).

A place is lost with the choice that it was given for, and each round has an order of its own. The
order binds nobody's hands: who is admitted or declined against it, is so with a finding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from ledger.command import Refused, Selector, about, fact
from ledger.enrollment import (
    Choice,
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
    Roll,
    SelectionStep,
)
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, Name, OfferingId, TeacherId
from ledger.parallel import Family
from ledger.screening import ApplicantPlaced


class AgainstTheOrder(Refused):
    """The recorded order of the screening has it otherwise."""


class Place(NamedTuple):
    """One applicant's place in an order, and the event of a day that says so."""

    rank: int
    evidence: str
    day: date


@dataclass
class Ranks:
    """The recorded orders of a class by round: who was placed in them and is not decided yet."""

    rounds: dict[int, dict[TeacherId, Place]] = field(default_factory=dict)

    def learn(self, entry: Entry) -> None:
        """Takes in placements and what ends the wait for a decision; others change nothing."""
        match entry.event:
            case ApplicantPlaced(teacher=teacher, round=number, rank=rank):
                self.rounds.setdefault(number, {})[teacher] = Place(rank, entry.id, entry.on)
            case EnrollmentConfirmed() | EnrollmentDeclined() | EnrollmentWithdrawn() as event:
                # A place is lost with the choice: who chooses again is not placed by it.
                for order in self.rounds.values():
                    order.pop(event.teacher, None)
            case _:
                pass

    def ahead(self, number: int, teacher: TeacherId) -> int:
        """How many of the round wait before a teacher; all of them for one without a place."""
        order = self.rounds.get(number, {})
        mine = order.get(teacher)
        return sum(mine is None or each.rank < mine.rank for each in order.values())


@dataclass(kw_only=True)
class ReReview(SelectionStep):
    """What the decisions on one teacher share: the seats of the class and its recorded order."""

    roll: Roll = fact(default_factory=Roll)
    ranks: Ranks = fact(default_factory=Ranks)
    family: Family = fact(default_factory=Family)
    places: dict[OfferingId, Choice] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        others: list[type[Event]] = [
            EnrollmentConfirmed,
            EnrollmentDeclined,
            EnrollmentWithdrawn,
            ApplicantPlaced,
        ]
        return [*super().boundary(), about(self.offering, of=others)]

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
        self.roll.learn(entry)
        self.ranks.learn(entry)

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
        return max(self.room.seats - len(self.roll.confirmed), 0)

    def against(self, *, places: int) -> Refused | None:
        """What the order of the round says against admitting, with so many seats for the waiting.

        Nothing where the round was not screened.
        """
        order, ahead = self._order(), self.ranks.ahead(self.choice.round, self.teacher)
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
        ahead = self.ranks.ahead(self.choice.round, self.teacher)
        if order is None or self.teacher not in order or ahead >= left:
            return None
        rank = order[self.teacher].rank
        return self.otherwise(
            zh=f"{self.teacher} 的次序为 {rank}，余 {left} 个名额，按次序应予录取",
            en=f"{self.teacher} has rank {rank} and {left} seats are left; one of them is due",
        )

    def _order(self) -> dict[TeacherId, Place] | None:
        return self.ranks.rounds.get(self.choice.round)

    def otherwise(self, zh: str, en: str) -> AgainstTheOrder:
        """The refusal of what the recorded order has otherwise, with the place that it gives."""
        place = (self._order() or {}).get(self.teacher)
        return AgainstTheOrder(
            zh=f"{self.offering} 的筛选次序已经记录：{zh}",
            en=f"the order in which {self.offering} admits is recorded: {en}",
            field="teacher",
            evidence=(place.evidence if place else self.choice.evidence,),
        )
