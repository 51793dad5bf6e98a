"""Placement: why an applicant was not admitted in the screening of a class (落选).

The documents order the steps of a choice, and these are cited; none says how a class is screened,
and the reason says so: what decides is the order that was announced, the recorded placement, and
the seats of that moment. Whoever may read the whole order is told who was admitted last; to others
it is a rank.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ledger.command import Selector, about
from ledger.enrollment import (
    ENROLLMENT_EVENTS,
    Choice,
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
    OfferingSelected,
    SelectionSteps,
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
from ledger.lineup import ORDERS, Lineup, told_apart
from ledger.names import OfferingId, TeacherId
from ledger.offering import OFFERING_EVENTS, ClassRoom, OfferingGone
from ledger.register import unknown
from ledger.regulation import InForce, Rulebook
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
UNRULED_ZH = "没有文件规定如何筛选，以记录的次序为准"
UNRULED_EN = "no document says how to screen, so the recorded order decides"


def placement_selectors(offering: OfferingId) -> list[Selector]:
    """The events from which an admission is explained."""
    return [about(offering, of=[*OFFERING_EVENTS, *ENROLLMENT_EVENTS, *SCREENING_EVENTS])]


@dataclass
class _Case:
    """A class with its screened rounds, and one teacher's choice in it."""

    teacher: TeacherId
    offering: OfferingId
    rules: Rulebook
    room: ClassRoom = field(default_factory=ClassRoom)
    choice: Choice = field(default_factory=Choice)
    announced: str | None = None
    rounds: dict[int, Lineup] = field(default_factory=dict)
    admitted: dict[TeacherId, int] = field(default_factory=dict)
    declined: tuple[str, str] | None = None
    entered: tuple[str, date] | None = None
    said: str = ""

    def learn(self, entry: Entry) -> None:
        self.room.learn(entry)
        event: Any = entry.event
        if getattr(event, "teacher", None) == self.teacher:
            self.choice.learn(entry)
            self.said = getattr(event, "reason", self.said)
            if isinstance(event, OfferingSelected):
                self.entered = None
            elif isinstance(event, EnrollmentConfirmed):
                self.entered = entry.id, entry.on
        match event:
            case ScreeningAnnounced():
                self.announced = entry.id
            case ApplicantsScreened():
                self.rounds[event.round] = Lineup(event, entry.id)
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

    def steps(self) -> InForce[SelectionSteps] | None:
        """The rule by which a choice goes from the teacher to the school and to the provider."""
        opened = self.room.opened
        if opened is None:
            return None
        day = max(self.choice.day, self.room.opened_on)
        return self.rules.find(SelectionSteps, opened.place, day, term=opened.term.value)


def why_not_admitted(
    teacher: TeacherId,
    offering: OfferingId,
    entries: Sequence[Entry],
    rules: Rulebook,
    *,
    named: bool,
) -> Explanation:
    """Why a teacher was not admitted to a class. ``named``: whether others may be named."""
    case = _Case(teacher, offering, rules)
    for entry in entries:
        case.learn(entry)
    if case.room.opened is None:
        return explained(Upshot.OPEN, [reason_of(unknown(offering, "offering"))])
    held = case.rounds.get(case.choice.round)
    mine = held.placed.get(teacher) if held else None
    if case.choice.status is Status.PROVIDER_CONFIRMED:
        told = [_standing(case, held, mine, named)] if held and mine else []
        return explained(Upshot.ADMITTED, told)
    if case.choice.status is Status.WITHDRAWN and (case.entered or mine):
        place = [_standing(case, held, mine, named)] if held and mine else []
        answer = Upshot.WITHDREW if case.entered else Upshot.NOT_ADMITTED
        return explained(answer, [*_gone(case), *place, _withdrawn(case, mine)])
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
    case: _Case, held: Lineup, mine: tuple[ApplicantPlaced, str], named: bool
) -> ReasonWhy:
    """The own place in the recorded order, against seats and the last one admitted."""
    said, place = held.screened, mine[0]
    last = held.last(case.admitted)
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
        tie, tie_zh, tie_en = told_apart(said, place, last[0], named)
        facts |= tie
    elif last is not None:
        facts["lastRank"] = str(last[0].rank)
    beyond = place.rank > said.seats_left
    others = last[1] if last is not None and named else None
    announced = "" if case.announced else "（没有公布办法，按抽签）"
    told_en = "" if case.announced else " (nothing was announced)"
    order_zh, order_en = ORDERS[said.by]
    return reason(
        "BEYOND_SEATS" if beyond else "WITHIN_SEATS",
        f"第 {said.round} 轮按{order_zh}{announced}，次序为 {place.rank}/"
        f"{said.applicants}，名额 {said.seats_left}{tie_zh}；{UNRULED_ZH}",
        f"in round {said.round}, by {order_en}{told_en}, the rank is {place.rank} of "
        f"{said.applicants} for {said.seats_left} seats{tie_en}; {UNRULED_EN}",
        case.steps(),
        evidence=tuple(filter(None, (case.announced, held.event, mine[1], others))),
        opposing=(mine[1],) if beyond else (),
        facts={key: value for key, value in facts.items() if value},
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
        case.steps(),
        opposing=(event,),
        facts={"reason": why} if why else {},
    )


def _undecided(case: _Case, beyond: bool) -> Iterator[ReasonWhy]:
    if case.choice.status is not Status.SCHOOL_PASSED or beyond:
        return
    zh, en = "机构尚未复核", "the provider has not reviewed it"
    missing = (Condition(code="PROVIDER_REVIEW", zh=zh, en=en),)
    yield reason("NOT_DECIDED", zh, en, case.steps(), missing=missing)


def _withdrawn(case: _Case, mine: tuple[ApplicantPlaced, str] | None) -> ReasonWhy:
    """That the teacher withdrew, after having been admitted or placed, with the events of both."""
    left, zh, en = case.choice.day, "", ""
    if case.entered is not None:
        zh, en = f"{case.entered[1]} 录取", f"was admitted on {case.entered[1]}"
    if mine is not None:
        zh += f"{'，' if zh else ''}次序为 {mine[0].rank}"
        en += f" in place {mine[0].rank}" if en else f"had place {mine[0].rank}"
    entered = case.entered[0] if case.entered else None
    return reason(
        "WITHDREW",
        f"{zh}，{left} 退选",
        f"the teacher {en} and withdrew on {left}",
        evidence=tuple(filter(None, (mine[1] if mine else None, entered))),
        opposing=(case.choice.evidence,),
        facts={"reason": case.said} if case.said else {},
    )


def _unplaced(case: _Case) -> Iterator[ReasonWhy]:
    status = case.choice.status
    if status not in WAITS:
        return
    code, zh, en = WAITS[status]
    against = status in (Status.SCHOOL_NOT_PASSED, Status.WITHDRAWN)
    last = tuple(filter(None, [case.choice.evidence]))
    why, rule = case.said if against else "", case.steps()
    none_zh = "" if rule else "；该学期没有文件规定选课环节"
    none_en = "" if rule else "; no document orders the steps of a choice in that term"
    yield reason(
        "NOT_PLACED",
        f"没有筛选次序：{zh}{none_zh}",
        f"there is no place in an order: {en}{none_en}",
        rule,
        evidence=() if against else last,
        opposing=last if against else (),
        facts={"reason": why} if why else {},
        missing=(Condition(code=code, zh=zh, en=en),),
    )


_DECLINED = Status.PROVIDER_DECLINED
