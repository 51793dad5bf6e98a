"""Lineup: the recorded order of a round, made again, and what told two places apart (排位)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.draw import Applicant, ScreeningOrder, ranked, seed_of
from ledger.names import OfferingId, TeacherId
from ledger.screening import ApplicantPlaced, ApplicantsScreened

ORDERS = {
    ScreeningOrder.FIRST_COME: ("先到先得", "the order of arrival"),
    ScreeningOrder.DRAW: ("抽签", "a draw"),
    ScreeningOrder.PRIORITY_THEN_DRAW: ("优先后抽签", "priority and then a draw"),
}


@dataclass
class Lineup:
    """One screened round: its event and its placements, by teacher."""

    screened: ApplicantsScreened
    event: str
    placed: dict[TeacherId, tuple[ApplicantPlaced, str]] = field(default_factory=dict)

    def agrees(self, offering: OfferingId) -> bool:
        """Whether seed and order, made again from what was recorded, are the recorded ones."""
        told = [each for each, _ in self.placed.values()]
        said = self.screened
        inputs = [
            Applicant(
                teacher=each.teacher,
                arrived=each.arrived,
                passed_by=each.passed_by,
                tier=each.tier,
                categories=each.categories,
            )
            for each in told
        ]
        passes = [*said.also_passed, *(each.passed_by for each in told)]
        again = ranked(inputs, said.by, said.seed, said.tiers, said.categories)
        order = [each.teacher for each in sorted(told, key=lambda each: each.rank)]
        seed = seed_of(offering, said.round, passes)
        return seed == said.seed and [each.teacher for each in again] == order

    def last(self, admitted: Mapping[TeacherId, int]) -> tuple[ApplicantPlaced, str] | None:
        """The last one in the order who was admitted in this round, by the rounds of admission."""
        number = self.screened.round
        found = [each for who, each in self.placed.items() if admitted.get(who) == number]
        return max(found, key=lambda each: each[0].rank, default=None)


def told_apart(
    said: ApplicantsScreened, mine: ApplicantPlaced, last: ApplicantPlaced, named: bool
) -> tuple[dict[str, str], str, str]:
    """Which key put the own place before or after that of the last one admitted."""
    facts = {"lastRank": str(last.rank)}
    if named:
        facts["lastAdmitted"] = str(last.teacher)
    if said.by is ScreeningOrder.FIRST_COME:
        key, zh, en = "ARRIVED", "选课先后", "the order of arrival"
        facts |= {"ownKey": str(mine.arrived), "lastKey": str(last.arrived)}
    elif said.by is ScreeningOrder.PRIORITY_THEN_DRAW and mine.prior != last.prior:
        key, zh, en = "PRIORITY", "优先条件", "the priority"
        facts |= {"ownKey": str(mine.prior).lower(), "lastKey": str(last.prior).lower()}
    else:
        key, zh, en = "DRAW", "抽签号", "the draw number"
        facts["ownKey"] = mine.draw
        if named:
            # Seed and number together would tell whose it is.
            facts["lastKey"] = last.draw
    facts["decidedBy"] = key
    return (
        facts,
        f"；最后录取者次序为 {last.rank}，先后由{zh}决定",
        f"; the last one admitted has rank {last.rank}, told apart by {en}",
    )
