"""Screening: in which order the provider admits, where more are passed than seats (筛选).

No document says how, so it is done in the open: how a class will be screened is announced before
anybody chose it, and nothing announced means a draw; the order is made once in a round, with
all that it looked at. What of an applicant counts says ``applicant.py``; the order itself is a pure
function (``draw.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.applicant import Standings, Waiting, standings_of
from ledger.command import Refused, Selector, about, fact
from ledger.draw import Applicant, ScreeningOrder, draw_of, is_prior, ranked, seed_of
from ledger.enrollment import (
    ENROLLMENT_EVENTS,
    OfferingSelected,
    Roll,
    judge_days,
)
from ledger.event import Entry, Event, unchanged
from ledger.names import JurisdictionId, OfferingId, ProviderId, SchoolId, TeacherId, TermId
from ledger.offering import OFFERING_EVENTS, ClassStep
from ledger.register import Category, Tier
from ledger.term import Phase, in_window


class ScreeningAnnounced(Event, name="screening.announced"):
    """A provider made known how it will screen a class, and who comes first."""

    offering: OfferingId
    provider: ProviderId
    by: ScreeningOrder
    tiers: tuple[Tier, ...] = ()
    categories: tuple[Category, ...] = ()


class ApplicantsScreened(Event, name="screening.applicants-screened", version=2):
    """The applicants of a round were put in order; a placement for each of them follows.

    ``also_passed``: the passes of the round that the seed is made of beside those of the placed,
    because their choices no longer waited.
    """

    offering: OfferingId
    provider: ProviderId
    place: JurisdictionId
    term: TermId
    round: int
    by: ScreeningOrder
    tiers: tuple[Tier, ...]
    categories: tuple[Category, ...]
    seed: str
    applicants: int
    seats_left: int
    also_passed: tuple[str, ...] = ()


ApplicantsScreened.upcast(from_version=1)(unchanged)


class ApplicantPlaced(Event, name="screening.applicant-placed"):
    """The place of one applicant in the order, with all that the order looked at.

    ``arrived`` counts the choices of the round as they were made, from 1; ``passed_by`` is the
    event by which the school first passed the teacher in the round.
    """

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    round: int
    rank: int
    arrived: int
    passed_by: str
    prior: bool
    draw: str
    tier: Tier | None = None
    categories: tuple[Category, ...] = ()


SCREENING_EVENTS: list[type[Event]] = [ScreeningAnnounced, ApplicantsScreened, ApplicantPlaced]


class ScreeningLate(Refused):
    """The order was not made known before the first choice."""


class ScreeningStands(Refused):
    """The order was announced, or the applicants of the round were screened."""


class NobodyToScreen(Refused):
    """No applicant waits for the provider."""


@dataclass(kw_only=True)
class AnnounceScreening(ClassStep):
    """Make known how a class will be screened, by the provider, before anybody chose it."""

    by: ScreeningOrder
    tiers: tuple[Tier, ...] = ()
    categories: tuple[Category, ...] = ()

    chosen: str | None = fact(default=None)
    stands: str | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [
            about(self.offering, of=[*OFFERING_EVENTS, OfferingSelected, *SCREENING_EVENTS[:2]])
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        match entry.event:
            case OfferingSelected():
                self.chosen = self.chosen or entry.id
            case ScreeningAnnounced() | ApplicantsScreened():
                self.stands = entry.id
            case _:
                pass

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        if self.stands is not None:
            raise _stands(self.offering, self.stands)
        if self.chosen is not None:
            late = ScreeningLate(
                zh=f"已有教师选 {self.offering}；筛选办法须在首次选课之前公布，未公布的按抽签",
                en=f"{self.offering} has been chosen already; how it is screened is made known "
                "before that, or else it is a draw",
                field="offering",
                evidence=(self.chosen,),
            )
            yield from self.gate(late, self.offering, opened.provider)
        yield ScreeningAnnounced(
            offering=self.offering,
            provider=opened.provider,
            by=self.by,
            tiers=self.tiers,
            categories=self.categories,
        )


@dataclass(kw_only=True)
class ScreenApplicants(ClassStep):
    """Put the applicants whom their schools passed in order, once in each round."""

    waiting: Waiting = fact(default_factory=Waiting)
    standings: Standings = fact(default_factory=Standings)
    roll: Roll = fact(default_factory=Roll)
    announced: ScreeningAnnounced | None = fact(default=None)
    announced_at: int = fact(default=0)
    screened: dict[int, str] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        return [
            about(self.offering, of=[*OFFERING_EVENTS, *ENROLLMENT_EVENTS, *SCREENING_EVENTS[:2]])
        ]

    def beyond(self) -> list[Selector]:
        if not self._prior():
            return []
        self.standings.before = min(self.announced_at, self.waiting.first or self.announced_at)
        return standings_of(self.waiting.applicants()[1])

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.waiting.learn(entry)
        self.roll.learn(entry)
        self.standings.learn(entry)
        match entry.event:
            case ScreeningAnnounced() as event:
                self.announced, self.announced_at = event, entry.position
            case ApplicantsScreened(round=number):
                self.screened[number] = entry.id
            case _:
                pass

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        number, applicants = self.waiting.applicants()
        if not applicants:
            raise NobodyToScreen(
                zh=f"{self.offering} 没有学校已审核通过、等待复核的教师",
                en=f"no applicant of {self.offering} waits for the provider",
                field="offering",
            )
        if number in self.screened:
            raise _stands(self.offering, self.screened[number])
        choices = [self.waiting.choices[each.teacher] for each in applicants]
        late = judge_days(self, opened, [(each.day, each.evidence) for each in choices])
        yield from self.gate(late, self.offering, opened.provider)
        yield from in_window(
            self,
            Phase.PROVIDER_REVIEW_R2 if number == 2 else Phase.PROVIDER_REVIEW_R1,
            self.offering,
            opened.provider,
            place=opened.place,
            term=opened.term,
        )
        if self._prior():
            days = self.waiting.days
            applicants = [self.standings.counted(each, days[each.teacher]) for each in applicants]
        yield from self._placed(number, applicants)

    def _prior(self) -> bool:
        """Whether somebody comes first by what is known of teachers."""
        said = self.announced
        return said is not None and said.by is ScreeningOrder.PRIORITY_THEN_DRAW

    def _placed(self, number: int, applicants: list[Applicant]) -> Iterator[Event]:
        opened, said = self.room.known(self.offering), self.announced
        by = said.by if said else ScreeningOrder.DRAW
        tiers, categories = (said.tiers, said.categories) if said else ((), ())
        passes = [each for (of, _), each in self.waiting.passes.items() if of == number]
        placed = {each.passed_by for each in applicants}
        seed = seed_of(self.offering, number, passes)
        yield ApplicantsScreened(
            offering=self.offering,
            provider=opened.provider,
            place=opened.place,
            term=opened.term,
            round=number,
            by=by,
            tiers=tiers,
            categories=categories,
            seed=seed,
            applicants=len(applicants),
            seats_left=max(self.room.seats - len(self.roll.confirmed), 0),
            also_passed=tuple(each for each in passes if each not in placed),
        )
        in_order = ranked(applicants, by, seed, tiers, categories)
        for rank, each in enumerate(in_order, start=1):
            yield ApplicantPlaced(
                teacher=each.teacher,
                offering=self.offering,
                school=self.waiting.chosen[each.teacher].school,
                provider=opened.provider,
                round=number,
                rank=rank,
                arrived=each.arrived,
                passed_by=each.passed_by,
                prior=is_prior(each, tiers, categories),
                draw=draw_of(seed, each.teacher),
                tier=each.tier,
                categories=each.categories,
            )


def _stands(offering: OfferingId, evidence: str) -> Refused:
    return ScreeningStands(
        zh=f"{offering} 的筛选办法或本轮筛选结果已经确定，不能重来",
        en=f"how {offering} is screened, or this round of it, is settled and not done again",
        field="offering",
        evidence=(evidence,),
    )
