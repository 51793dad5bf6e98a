"""Placement: why an applicant was not admitted in the screening of a class (落选).

No document says how a class is screened, so there is no clause: what decides is the order that was
announced, the recorded placement, and the seats of that moment. Whoever may read the whole order
is told who was admitted last; to others it is a rank.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.command import Selector, about
from ledger.draw import Applicant, ScreeningOrder, ranked, seed_of
from ledger.enrollment import (
    ENROLLMENT_EVENTS,
    Choice,
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
    Status,
)
from ledger.event import Entry
from ledger.explanation import (
    Condition,
    Explanation,
    ReasonWhy,
    Upshot,
    explained,
    reason,
    reason_of,
)
from ledger.names import OfferingId, TeacherId
from ledger.offering import OFFERING_EVENTS, ClassRoom, OfferingGone
from ledger.register import unknown
from ledger.screening import (
    SCREENING_EVENTS,
    ApplicantPlaced,
    ApplicantsScreened,
    ScreeningAnnounced,
)

WAITS = {
    None: ("NOT_CHOSEN", "教师没有选此班期", "the teacher has not chosen it"),
    Status.WITHDRAWN: ("NOT_CHOSEN", "教师已经退选", "the teacher withdrew"),
    Status.SUBMITTED: ("SCHOOL_REVIEW", "学校尚未审核", "the school has not reviewed it"),
    Status.SCHOOL_NOT_PASSED: ("SCHOOL_PASS", "学校审核未通过", "the school did not pass it"),
    Status.SCHOOL_PASSED: ("NOT_SCREENED", "本轮尚未筛选", "the round is not screened yet"),
}
# Nothing is decided any more about these.
CLOSED = (None, Status.WITHDRAWN, Status.SCHOOL_NOT_PASSED)
ORDER_ZH = {
    ScreeningOrder.FIRST_COME: "先到先得",
    ScreeningOrder.DRAW: "抽签",
    ScreeningOrder.PRIORITY_THEN_DRAW: "优先后抽签",
}


def placement_selectors(offering: OfferingId) -> list[Selector]:
    """The events from which an admission is explained."""
    return [about(offering, of=[*OFFERING_EVENTS, *ENROLLMENT_EVENTS, *SCREENING_EVENTS])]


@dataclass
class _Round:
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


@dataclass
class _Case:
    """A class with its screened rounds, and one teacher's choice in it."""

    teacher: TeacherId
    offering: OfferingId
    room: ClassRoom = field(default_factory=ClassRoom)
    choice: Choice = field(default_factory=Choice)
    announced: str | None = None
    rounds: dict[int, _Round] = field(default_factory=dict)
    admitted: dict[TeacherId, int] = field(default_factory=dict)
    declined: tuple[str, str] | None = None
    said: str = ""

    def learn(self, entry: Entry) -> None:
        self.room.learn(entry)
        event: Any = entry.event
        if getattr(event, "teacher", None) == self.teacher:
            self.choice.learn(entry)
            self.said = getattr(event, "reason", self.said)
        match event:
            case ScreeningAnnounced():
                self.announced = entry.id
            case ApplicantsScreened():
                self.rounds[event.round] = _Round(event, entry.id)
            case ApplicantPlaced():
                self.rounds[event.round].placed[event.teacher] = (event, entry.id)
            case EnrollmentConfirmed():
                self.admitted[event.teacher] = event.round
            case EnrollmentWithdrawn():
                self.admitted.pop(event.teacher, None)
            case EnrollmentDeclined() if event.teacher == self.teacher:
                self.declined = (entry.id, event.reason)
            case _:
                pass

    def last(self, held: _Round) -> tuple[ApplicantPlaced, str] | None:
        """The last one in the order of the round who was admitted in it."""
        number = held.screened.round
        found = [each for who, each in held.placed.items() if self.admitted.get(who) == number]
        return max(found, key=lambda each: each[0].rank, default=None)


def why_not_admitted(
    teacher: TeacherId, offering: OfferingId, entries: Sequence[Entry], *, named: bool
) -> Explanation:
    """Why a teacher was not admitted to a class. ``named``: whether others may be named."""
    case = _Case(teacher, offering)
    for entry in entries:
        case.learn(entry)
    if case.room.opened is None:
        return explained(Upshot.OPEN, [reason_of(unknown(offering, "offering"))])
    held = case.rounds.get(case.choice.round)
    mine = held.placed.get(teacher) if held else None
    if case.choice.status is Status.PROVIDER_CONFIRMED:
        told = [_standing(case, held, mine, named)] if held and mine else []
        return explained(Upshot.ADMITTED, told)
    if case.choice.status in CLOSED:
        return explained(Upshot.NOT_ADMITTED, [*_gone(case), *_unplaced(case)])
    if held is None or mine is None:
        answer = Upshot.NOT_ADMITTED if case.choice.status is _DECLINED else Upshot.OPEN
        return explained(answer, [*_gone(case), *_declined(case), *_unplaced(case)])
    beyond = mine[0].rank > held.screened.seats_left
    over = beyond or case.choice.status is _DECLINED
    return explained(
        Upshot.NOT_ADMITTED if over else Upshot.OPEN,
        [
            *_gone(case),
            _standing(case, held, mine, named),
            *_declined(case),
            *_undecided(case, beyond),
        ],
    )


def _standing(
    case: _Case, held: _Round, mine: tuple[ApplicantPlaced, str], named: bool
) -> ReasonWhy:
    """The own place in the recorded order, against seats and the last one admitted."""
    said, place = held.screened, mine[0]
    last = case.last(held)
    facts = {
        "by": said.by.value,
        "seed": said.seed,
        "round": str(said.round),
        "rank": str(place.rank),
        "applicants": str(said.applicants),
        "seats": str(said.seats_left),
        "agrees": str(held.agrees(case.offering)).lower(),
        "tiers": " ".join(each.value for each in said.tiers),
        "categories": " ".join(each.value for each in said.categories),
    }
    tie_zh = tie_en = ""
    if last is not None and last[0].teacher != case.teacher:
        tie, tie_zh, tie_en = _tie(said, place, last[0], named)
        facts |= tie
    elif last is not None:
        facts["lastRank"] = str(last[0].rank)
    beyond = place.rank > said.seats_left
    others = last[1] if last is not None and named else None
    announced = "" if case.announced else "（没有公布办法，按抽签）"
    told_en = "" if case.announced else " (nothing was announced, so it is a draw)"
    return reason(
        "BEYOND_SEATS" if beyond else "WITHIN_SEATS",
        f"第 {said.round} 轮按{ORDER_ZH[said.by]}{announced}，次序为 {place.rank}/"
        f"{said.applicants}，名额 {said.seats_left}{tie_zh}",
        f"in round {said.round}, by {said.by.value}{told_en}, the rank is {place.rank} of "
        f"{said.applicants} for {said.seats_left} seats{tie_en}",
        evidence=tuple(filter(None, (case.announced, held.event, mine[1], others))),
        opposing=(mine[1],) if beyond else (),
        facts={key: value for key, value in facts.items() if value},
    )


def _tie(
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


def _gone(case: _Case) -> Iterator[ReasonWhy]:
    if case.room.cancelled is not None:
        zh, en = f"{case.offering} 已经取消", f"{case.offering} was cancelled"
        yield reason_of(OfferingGone(zh=zh, en=en, evidence=(case.room.cancelled,)))


def _declined(case: _Case) -> Iterator[ReasonWhy]:
    if case.declined is None or case.choice.status is not _DECLINED:
        return
    event, why = case.declined
    yield reason(
        "PROVIDER_DECLINED",
        f"培训机构于 {case.choice.day} 没有录取",
        f"the provider declined on {case.choice.day}",
        opposing=(event,),
        facts={"reason": why} if why else {},
    )


def _undecided(case: _Case, beyond: bool) -> Iterator[ReasonWhy]:
    if case.choice.status is not Status.SCHOOL_PASSED or beyond:
        return
    zh, en = "机构尚未复核", "the provider has not reviewed it"
    yield reason("NOT_DECIDED", zh, en, missing=(Condition(code="PROVIDER_REVIEW", zh=zh, en=en),))


def _unplaced(case: _Case) -> Iterator[ReasonWhy]:
    status = case.choice.status
    if status not in WAITS:
        return
    code, zh, en = WAITS[status]
    against = status in (Status.SCHOOL_NOT_PASSED, Status.WITHDRAWN)
    last = tuple(filter(None, [case.choice.evidence]))
    why = case.said if against else ""
    yield reason(
        "NOT_PLACED",
        f"没有筛选次序：{zh}",
        f"there is no place in an order: {en}",
        evidence=() if against else last,
        opposing=last if against else (),
        facts={"reason": why} if why else {},
        missing=(Condition(code=code, zh=zh, en=en),),
    )


_DECLINED = Status.PROVIDER_DECLINED
