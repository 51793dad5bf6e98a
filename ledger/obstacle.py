"""Obstacle: why a teacher cannot choose an offering on a day, by all refusals at once (选课受阻).

The selection is decided as if the teacher asked for it on that day, so that no gate is told here
that the command does not have; what is added is what would have to be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec.structs import replace

from ledger.command import Ask, Asker, Refusals, Refused, Role, settle
from ledger.enrollment import EnrollmentDeclined, SelectionReviewed
from ledger.event import Entry, Event
from ledger.explanation import (
    Condition,
    Explanation,
    ReasonWhy,
    Upshot,
    explained,
    reason,
    reason_of,
)
from ledger.finding import FindingMade
from ledger.names import OfferingId, TeacherId
from ledger.offering import OfferingOpened
from ledger.regulation import Rulebook
from ledger.round import BarredFromRoundTwo
from ledger.selection import (
    AlreadySelected,
    AssignedOnly,
    BetweenRounds,
    OnlyBrowsing,
    SelectOffering,
)
from ledger.teacher import TeacherRegistered
from ledger.term import Calendar, Phase, WindowClosed, window

WINDOWS = (WindowClosed, OnlyBrowsing, BetweenRounds)


def why_not_selected(
    teacher: TeacherId, offering: OfferingId, entries: Sequence[Entry], rules: Rulebook, day: date
) -> Explanation:
    """Why a teacher cannot choose an offering on a day, or that nothing stands against it.

    ``entries``: those of the boundary of ``SelectOffering`` and of what it names beyond.
    """
    asked = SelectOffering(teacher=teacher, offering=offering)
    asker = Asker(actor=str(teacher), role=Role.TEACHER, scope=teacher)
    asked.ask = Ask(on=day, asker=asker, rules=rules)
    for entry in entries:
        asked.learn(entry)
    stands_on = tuple(
        each.id for each in entries if isinstance(each.event, TeacherRegistered | OfferingOpened)
    )
    try:
        noted = tuple(_noted(settle(asked)))
    except Refusals as said:
        done = any(isinstance(each, AlreadySelected) for each in said.refusals)
        reasons = [
            reason_of(each, evidence=stands_on, missing=tuple(_missing(asked, each)))
            for each in said.refusals
        ]
        answer = Upshot.DONE if done else Upshot.REFUSED
        return explained(answer, [*reasons, *_before(teacher, offering, entries)])
    return explained(Upshot.NOTHING_AGAINST, [*noted, *_before(teacher, offering, entries)])


def _noted(events: Iterable[Event]) -> Iterable[ReasonWhy]:
    """What would be found beside the choice; it refuses nothing."""
    for event in events:
        if isinstance(event, FindingMade):
            yield ReasonWhy(
                code=event.code,
                zh=event.zh,
                en=event.en,
                rule=event.rule,
                parameters=event.parameters,
                chosen_for=event.chosen_for,
                chosen_on=event.chosen_on,
                evidence=event.evidence,
                facts={"outcome": event.outcome.value},
            )


def _before(
    teacher: TeacherId, offering: OfferingId, entries: Sequence[Entry]
) -> Iterable[ReasonWhy]:
    """What became of the last choice of the offering, where it was turned down."""
    own = [
        each
        for each in entries
        if getattr(each.event, "teacher", None) == teacher
        and getattr(each.event, "offering", None) == offering
    ]
    match own[-1].event if own else None:
        case SelectionReviewed(passed=False, reason=why):
            zh, en = "学校审核没有通过", "the school did not pass the choice"
            yield _turned_down("SCHOOL_NOT_PASSED", zh, en, why, own[-1])
        case EnrollmentDeclined(reason=why):
            zh, en = "培训机构没有录取", "the provider declined the choice"
            yield _turned_down("PROVIDER_DECLINED", zh, en, why, own[-1])
        case _:
            return


def _turned_down(code: str, zh: str, en: str, why: str, entry: Entry) -> ReasonWhy:
    told = reason(code, f"{entry.on} {zh}", f"{en} on {entry.on}", opposing=(entry.id,))
    return replace(told, facts={"reason": why}) if why else told


def _missing(asked: SelectOffering, said: Refused) -> Iterable[Condition]:
    if isinstance(said, WINDOWS):
        yield _opening(asked)
    elif isinstance(said, BarredFromRoundTwo) and not asked.mine.selected_first:
        yield Condition(
            code="NO_ROUND_ONE_CHOICE", zh="第一轮没有选课", en="no choice stands in round one"
        )
    elif isinstance(said, BarredFromRoundTwo):
        yield Condition(
            code="NO_ROUND_ONE_PASS", zh="第一轮没有学校通过的选课", en="no pass in round one"
        )
    elif isinstance(said, AssignedOnly):
        yield Condition(code="NOT_ASSIGNED", zh="没有主管部门的指派", en="no bureau assigned it")
    elif asked.now.school is None:
        yield Condition(
            code="NOT_REGISTERED", zh="教师没有登记", en="the teacher is not registered"
        )
    elif asked.room.opened is None:
        yield Condition(code="NOT_OPENED", zh="班期没有开设", en="the class was not opened")


def _opening(asked: SelectOffering) -> Condition:
    """When choosing begins next, or when it was over."""
    opened, day = asked.room.opened, asked.ask.on
    assert opened is not None
    place = asked.now.on(day).place
    spans = [
        window(asked.ask.rules, place, opened.term, each, Calendar.REGULAR, day)
        for each in (Phase.SELECT_R1, Phase.SELECT_R2)
    ]
    firsts = sorted(each.value.first for each in spans if each and each.value.first)
    ahead = next((each for each in firsts if each > day), None)
    if ahead is not None:
        return Condition(
            code="WINDOW_OPENS",
            zh=f"选课自 {ahead} 开放",
            en=f"the window opens {ahead}",
            day=ahead,
        )
    last = max((each.value.last for each in spans if each and each.value.last), default=None)
    return Condition(
        code="WINDOW_OVER",
        zh=f"本学期选课已于 {last} 截止",
        en=f"the last window of the term closed {last}",
        day=last,
    )
