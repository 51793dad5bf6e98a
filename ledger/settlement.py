"""Settlement: which trainees of an offering have their outcome, so that it cannot be got round.

Attendance and assessments that come after the outcome would be without effect; they are refused,
and wrong ones are put right by a correction, which settles anew. Only an assessment that was left
out since absence denied completion anyway comes in later, so that a correction can settle by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.command import Refused, Selector
from ledger.enrollment import OUTCOMES
from ledger.event import Entry
from ledger.fault import Fault
from ledger.names import OfferingId, TeacherId

ABSENCE = "ABSENCE"


class OutcomeStands(Refused):
    """The trainee's outcome is settled."""


def settlements(offering: OfferingId) -> Selector:
    """The outcomes of an offering's trainees; completion is a later noun, so by their names."""
    return Selector(types=OUTCOMES, tags=(str(offering),))


@dataclass
class Settled:
    """The trainees of an offering whose outcome stands, with the event that settled it.

    ``absent``: those of them who are denied completion for absence.
    """

    outcomes: dict[TeacherId, str] = field(default_factory=dict)
    absent: set[TeacherId] = field(default_factory=set)

    def learn(self, entry: Entry) -> None:
        """Takes in outcomes; others change nothing."""
        if entry.event.NAME in OUTCOMES:
            teacher: TeacherId = getattr(entry.event, "teacher", TeacherId("teacher:none"))
            self.outcomes[teacher] = entry.id
            reason = getattr(getattr(entry.event, "reason", None), "value", None)
            self.absent.discard(teacher)
            if reason == ABSENCE:
                self.absent.add(teacher)

    def open_for(self, teacher: TeacherId, offering: OfferingId) -> None:
        """Raises ``OutcomeStands`` for a trainee whose outcome is settled."""
        if teacher in self.outcomes:
            raise OutcomeStands(
                zh=f"{teacher} 在 {offering} 的结果已经结算；缺课有误请用更正（correctAttendance）",
                en=f"{teacher} in {offering} is settled; put attendance right with a correction",
                field="teacher",
                evidence=(self.outcomes[teacher],),
            )


def once(teachers: list[TeacherId], name: str) -> None:
    """Raises ``Fault`` (``EMPTY_ROWS``, ``TWICE_IN_ROWS``): each trainee stands once."""
    if not teachers:
        raise Fault("EMPTY_ROWS", zh=f"{name} 不能为空", en=f"{name} is empty", field=name)
    if len(set(teachers)) != len(teachers):
        raise Fault(
            "TWICE_IN_ROWS",
            zh=f"{name} 中同一学员只能出现一次",
            en=f"a trainee may stand once in {name}",
            field=name,
        )
