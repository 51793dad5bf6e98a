"""Parallel: the classes that hold one project at one time, and a teacher's one place in them.

A class and those that an expansion opened beside it are one training (rulebook C-24): who has a
place in one of them takes none in another, and is credited for it once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.command import Refused, Selector, about
from ledger.enrollment import Choice, Status
from ledger.event import Entry
from ledger.names import OfferingId, TeacherId
from ledger.offering import OfferingOpened


class AlreadyPlaced(Refused):
    """The teacher has a place in another class of the same training."""


@dataclass
class Family:
    """Classes as they were opened, of one project or of several."""

    opened: dict[OfferingId, OfferingOpened] = field(default_factory=dict)

    @staticmethod
    def selectors(opened: OfferingOpened | None) -> list[Selector]:
        """The events that it is folded from."""
        return [] if opened is None else [about(opened.project, of=[OfferingOpened])]

    def learn(self, entry: Entry, offering: OfferingId | None) -> bool:
        """Takes in the opening of classes; whether the event is of a class other than that one."""
        event = entry.event
        if not isinstance(event, OfferingOpened):
            return False
        self.opened[event.offering] = event
        return event.offering != offering

    def beside(self, opened: OfferingOpened) -> set[OfferingId]:
        """The other classes of the project that have days in common with that one."""
        return {each for each in self.opened if self._is_beside(each, opened)}

    def _is_beside(self, other: OfferingId, opened: OfferingOpened) -> bool:
        beside = self.opened.get(other)
        if beside is None or other == opened.offering or beside.project != opened.project:
            return False
        # A change may have moved the class; what was opened beside it stays beside it.
        mine = (opened, self.opened.get(opened.offering, opened))
        return any(beside.opens <= each.closes and each.opens <= beside.closes for each in mine)

    def placed(
        self, opened: OfferingOpened, teacher: TeacherId, choices: dict[OfferingId, Choice]
    ) -> AlreadyPlaced | None:
        """What is wrong where one of the teacher's ``choices`` is a place beside that class."""
        for other, choice in sorted(choices.items()):
            if choice.status is Status.PROVIDER_CONFIRMED and self._is_beside(other, opened):
                return AlreadyPlaced(
                    zh=f"{teacher} 已是 {other} 的学员，与 {opened.offering} 是同一项目同期的班，"
                    "只能参加其中一个",
                    en=f"{teacher} has a place in {other}, which is the same training at the same "
                    f"time as {opened.offering}; one place is all there is",
                    field="offering",
                    evidence=(choice.evidence,),
                )
        return None
