"""Round: what became of a teacher's choices of round one, and who may use round two (轮次).

"Did not choose" is said of the close of round one: what was withdrawn by then counts as nothing.
The rule is read narrowly, because it shuts out (rulebook C-08).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from ledger.command import Refused
from ledger.enrollment import Choice, EnrollmentWithdrawn, OfferingSelected, SelectionReviewed
from ledger.event import Entry
from ledger.names import OfferingId, TeacherId
from ledger.regulation import InForce, Parameters

BARS = ("NO_SELECTION", "SCHOOL_REFUSED")


class RoundTwoAdmission(
    Parameters,
    kind="round-two-admission",
    zh="第二轮补报时查第一轮：NO_SELECTION 为截止时没有选课，SCHOOL_REFUSED 为学校审核均不通过，"
    "符合所列情形的不予受理；机构未录取的不受限。",
    scope=("term",),
    less=("bars",),
    words={"bars": BARS},
):
    """A choice in round two is refused to a teacher in the state of ``bars`` after round one.

    ``NO_SELECTION``: no choice of the term stands at its close. ``SCHOOL_REFUSED``: the school
    passed none of them. Whom a provider declined is never barred.
    """

    bars: tuple[str, ...]


class BarredFromRoundTwo(Refused):
    """The teacher may not take part in round two."""


@dataclass
class TermChoices:
    """All choices of one teacher in one term; ``first_closes`` is asked of when all are learned."""

    choices: dict[OfferingId, Choice] = field(default_factory=dict)
    first_round: dict[OfferingId, bool | None] = field(default_factory=dict)
    withdrawn: dict[OfferingId, date] = field(default_factory=dict)
    evidence: dict[OfferingId, str] = field(default_factory=dict)
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
                self.withdrawn.pop(offering, None)
                self.evidence[offering] = entry.id
            case SelectionReviewed(round=1, passed=passed):
                self.first_round[offering] = passed
                self.evidence[offering] = entry.id
            case EnrollmentWithdrawn() if offering in self.first_round:
                self.withdrawn.setdefault(offering, entry.on)
                self.evidence[offering] = entry.id
            case _:
                pass

    def _at_close(self) -> list[bool | None]:
        """What the schools said to the choices of round one that stand at its close."""
        # What was withdrawn by then counts as not selected (C-08).
        return [
            passed
            for offering, passed in self.first_round.items()
            if offering not in self.withdrawn or self._after_close(self.withdrawn[offering])
        ]

    def _after_close(self, day: date) -> bool:
        return self.first_closes is not None and day > self.first_closes

    @property
    def selected_first(self) -> bool:
        """Whether a choice of round one stands at its close, refused ones included."""
        return bool(self._at_close())

    @property
    def all_refused_first(self) -> bool:
        """Whether the school passed none of the choices of round one."""
        said = self._at_close()
        return bool(said) and all(passed is False for passed in said)


def barred(
    mine: TermChoices, rule: InForce[RoundTwoAdmission], teacher: TeacherId
) -> Refused | None:
    """What keeps a teacher out of round two, if anything does."""
    bars = rule.value.bars
    if "NO_SELECTION" in bars and not mine.selected_first:
        return BarredFromRoundTwo(
            zh=f"{teacher} 第一轮没有选课，不能参加第二轮补报",
            en=f"{teacher} chose nothing in round one and may not use round two",
            rule=rule,
            field="teacher",
            evidence=tuple(mine.evidence.values()),
        )
    if "SCHOOL_REFUSED" in bars and mine.all_refused_first:
        return BarredFromRoundTwo(
            zh=f"{teacher} 第一轮所选课程学校审核均不通过，不能参加第二轮补报",
            en=f"the school passed none of {teacher}'s choices of round one",
            rule=rule,
            field="teacher",
            evidence=tuple(mine.evidence.values()),
        )
    return None
