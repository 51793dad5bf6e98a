"""The demo's rounds: everybody chooses, schools review, providers screen, and once more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from api.demo import draws
from api.demo.cast import RUIAN, WENZHOU, school_of, teacher
from api.demo.classes import (
    BLENDED,
    CLASSES,
    ENGLISH,
    INTENSIVE,
    MATHS,
    ONLINE,
    ORDERED,
    SCIENCE,
    Class,
)
from api.demo.stage import Stage
from ledger.admission import AdmitApplicants, ConfirmEnrollment
from ledger.enrollment import ReviewSelection
from ledger.expansion import DecideExpansion, RequestExpansion
from ledger.names import SchoolId
from ledger.schedule import PublishTimetable
from ledger.selection import SelectOffering
from ledger.withdrawal import WithdrawSelection

COUNT = 300
NOT_PASSED = (47, 48, 141)
FIRST_ROUND: dict[str, tuple[int, ...]] = {
    INTENSIVE.key: tuple(range(1, 46)),
    MATHS.key: tuple(range(46, 106)),
    SCIENCE.key: tuple(range(106, 141)),
    ENGLISH.key: tuple(range(141, 186)),
    BLENDED.key: (1, *range(186, 236)),
    ONLINE.key: (1, 2, 4, *range(236, 266)),
    ORDERED.key: tuple(range(266, 286)),
}
BY_KEY = {each.key: each for each in CLASSES}


def school(number: int) -> SchoolId:
    """The school of the demo's teacher of that number."""
    return school_of(number, COUNT).school


class Roster:
    """Who is in which class, as the demo has seen it answered."""

    def __init__(self) -> None:
        self.trainees: dict[str, list[int]] = defaultdict(list)

    def admit(self, of: Class, number: int) -> None:
        """Takes a teacher in."""
        self.trainees[of.key].append(number)

    def leave(self, of: Class, number: int) -> None:
        """Takes a teacher out."""
        self.trainees[of.key].remove(number)


def first_round(stage: Stage, roster: Roster) -> None:
    """19 to 30 March: everybody chooses, schools review, providers screen."""
    stage.dawn(date(2024, 3, 19), "第一轮选课")
    for key, numbers in FIRST_ROUND.items():
        for number in numbers:
            stage.do(teacher(number), _choose(number, BY_KEY[key]))
    stage.turn_down("同一班期重复选课", teacher(50), _choose(50, MATHS))
    stage.dawn(date(2024, 3, 25), "一位教师退选")
    stage.do(
        teacher(185),
        WithdrawSelection(teacher=teacher(185), offering=ENGLISH.offering, reason="与教研冲突"),
    )
    draws.announce_late(stage)
    stage.turn_down(
        "3 月 25 日学校提前审核",
        school(46),
        ReviewSelection(teacher=teacher(46), offering=MATHS.offering, passed=True),
    )
    stage.dawn(date(2024, 3, 26), "学校审核第一轮")
    chosen = {key: [n for n in numbers if n != 185] for key, numbers in FIRST_ROUND.items()}
    _schools_review(stage, chosen)
    stage.turn_down(
        "学校未审核通过，机构直接确认",
        MATHS.provider,
        ConfirmEnrollment(teacher=teacher(47), offering=MATHS.offering, admitted=True),
    )
    _expansion(stage)
    stage.dawn(date(2024, 3, 30), "培训机构复核第一轮")
    for key, picked in chosen.items():
        of = BY_KEY[key]
        if of in draws.SCREENED:
            _in_order(stage, roster, of, draws.screen(stage, of))
        else:
            _providers_review(stage, roster, of, [n for n in picked if n not in NOT_PASSED])


def _expansion(stage: Stage) -> None:
    stage.turn_down(
        "提前申请扩班", INTENSIVE.provider, RequestExpansion(offering=INTENSIVE.offering, seats=50)
    )
    stage.dawn(date(2024, 3, 28), "申请扩班")
    stage.do(INTENSIVE.provider, RequestExpansion(offering=INTENSIVE.offering, seats=50))
    stage.dawn(date(2024, 3, 29), "受理扩班")
    stage.turn_down(
        "温州市教育局代瑞安受理扩班",
        WENZHOU,
        DecideExpansion(offering=INTENSIVE.offering, approved=True),
    )
    stage.do(RUIAN, DecideExpansion(offering=INTENSIVE.offering, approved=True))


def second_round(stage: Stage, roster: Roster) -> None:
    """31 March to 3 April."""
    stage.dawn(date(2024, 3, 31), "第二轮选课")
    taken = {*roster.trainees[MATHS.key], *NOT_PASSED}
    again = {
        # The first five whom the draw left out.
        SCIENCE.key: [n for n in FIRST_ROUND[MATHS.key] if n not in taken][:5],
        ENGLISH.key: [47, 48],
    }
    for key, numbers in again.items():
        for number in numbers:
            stage.do(teacher(number), _choose(number, BY_KEY[key]))
    stage.turn_down("第一轮没有选课，第二轮补报", teacher(300), _choose(300, ENGLISH))
    stage.turn_down("第一轮选后退选，第二轮补报", teacher(185), _choose(185, ENGLISH))
    stage.dawn(date(2024, 4, 1), "学校审核第二轮，机构公布课程表")
    _schools_review(stage, again, second=True)
    for each in CLASSES:
        if each is not ENGLISH:
            stage.do(each.provider, timetable(each))
    stage.dawn(date(2024, 4, 3), "培训机构复核第二轮")
    for key, numbers in again.items():
        _providers_review(stage, roster, BY_KEY[key], numbers)


def _schools_review(stage: Stage, chosen: dict[str, list[int]], *, second: bool = False) -> None:
    by_school = defaultdict(list)
    for key, numbers in chosen.items():
        for number in numbers:
            passed = second or number not in NOT_PASSED
            by_school[school(number)].append(
                ReviewSelection(
                    teacher=teacher(number),
                    offering=BY_KEY[key].offering,
                    passed=passed,
                    reason="" if passed else "与任教学科不符",
                )
            )
    for at, commands in by_school.items():
        stage.do_all(at, commands)


def _providers_review(stage: Stage, roster: Roster, of: Class, numbers: Sequence[int]) -> None:
    stage.do_all(of.provider, [_admit(number, of) for number in numbers])
    for number in numbers:
        roster.admit(of, number)


def _in_order(stage: Stage, roster: Roster, of: Class, order: Sequence[int]) -> None:
    """As the draw has it, one by one until the class is full; the rest is declined in one go."""
    one_more = order[: of.seats + 1]
    taken = stage.some(
        f"{of.plan.title}：容量已满仍确认", of.provider, [_admit(n, of) for n in one_more]
    )
    for number, done in zip(one_more, taken, strict=True):
        if done:
            roster.admit(of, number)
    stage.do(of.provider, AdmitApplicants(offering=of.offering, reason="容量已满，按抽签次序"))


def _admit(number: int, of: Class) -> ConfirmEnrollment:
    return ConfirmEnrollment(teacher=teacher(number), offering=of.offering, admitted=True)


def _choose(number: int, of: Class) -> SelectOffering:
    return SelectOffering(teacher=teacher(number), offering=of.offering)


def timetable(of: Class) -> PublishTimetable:
    """The publication of a class's timetable."""
    return PublishTimetable(offering=of.offering, sessions=of.sessions)
