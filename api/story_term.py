"""The demo's story, second part: selection in two rounds, delivery, outcome and credit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from api.cast import RUIAN, WENZHOU, school_of, teacher
from api.stage import Stage
from api.story import (
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
from ledger.assessment import RecordAssessment, Result
from ledger.attendance import Absence, AbsenceKind, GrantLeave, RecordAttendance
from ledger.change import (
    CarryOutChange,
    ChangeClass,
    ChangeKind,
    DecideChange,
    NotifyTrainees,
    RequestChange,
)
from ledger.completion import Recipient, SettleCompletion
from ledger.correction import CorrectAttendance
from ledger.credit import AwardCredit
from ledger.enrollment import ConfirmEnrollment, ReviewSelection
from ledger.misconduct import RecordMisconduct
from ledger.names import ChangeId, CreditId, SchoolId, TeacherId
from ledger.notice import NotifyDenial
from ledger.offering import DecideExpansion, RequestExpansion
from ledger.schedule import Half, LogDay, PublishTimetable
from ledger.school_based import RecogniseSchoolBased, RecordSchoolBased
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
    for key, numbers in chosen.items():
        _providers_review(stage, roster, BY_KEY[key], [n for n in numbers if n not in NOT_PASSED])


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
    again = {
        SCIENCE.key: [n for n in range(86, 91) if n not in roster.trainees[MATHS.key]],
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
            stage.do(each.provider, _timetable(each))
    stage.dawn(date(2024, 4, 3), "培训机构复核第二轮")
    for key, numbers in again.items():
        _providers_review(stage, roster, BY_KEY[key], numbers)


def spring(stage: Stage, roster: Roster) -> None:
    """April to June: a late timetable, two changes, the shorter classes."""
    stage.dawn(date(2024, 4, 8), "英语班 4 月 10 日开班，课程表今天才公布")
    stage.do(ENGLISH.provider, _timetable(ENGLISH))
    stage.dawn(date(2024, 4, 15), "数学班更换专家，报批、告知、可退选")
    stage.turn_down(
        "方案未调整而要求退选",
        teacher(51),
        WithdrawSelection(teacher=teacher(51), offering=MATHS.offering),
    )
    approved = ChangeId("change:maths-trainer")
    stage.do(MATHS.provider, _change(approved, MATHS, ChangeKind.TRAINER_REPLACED, "专家因病更换"))
    stage.do(
        RUIAN, DecideChange(change=approved, approved=True, change_class=ChangeClass.MAJOR)
    )
    stage.do(MATHS.provider, NotifyTrainees(change=approved, explanation="同层次专家代课"))
    stage.do(MATHS.provider, CarryOutChange(change=approved))
    _withdraw(stage, roster, 50, MATHS)
    stage.dawn(date(2024, 5, 6), "科学班未经批准改为线上")
    unapproved = ChangeId("change:science-online")
    stage.do(
        SCIENCE.provider, _change(unapproved, SCIENCE, ChangeKind.OFFLINE_TO_ONLINE, "场地不足")
    )
    stage.do(SCIENCE.provider, CarryOutChange(change=unapproved))
    _withdraw(stage, roster, 110, SCIENCE)
    for each in (ENGLISH, MATHS, ORDERED, SCIENCE, BLENDED, ONLINE):
        _run(stage, each, {})
    stage.dawn(date(2024, 6, 28), "短班结业与学分认定")
    for each in (ENGLISH, MATHS, ORDERED, SCIENCE, BLENDED, ONLINE):
        _settle(stage, roster, each)
        _award(stage, roster, each)
    _school_based(stage)


def summer(stage: Stage, roster: Roster) -> None:
    """July and August: ninety hours, its absences, and what follows."""
    halves = [(each.day, each.half) for each in INTENSIVE.sessions]
    absences = {
        half: tuple(
            Absence(teacher=teacher(number), hours=Decimal(hours), kind=AbsenceKind.UNEXCUSED)
            for number, missed in ((2, "2"), (3, "2.5"), (4, "1.5"))
            for hours in ([missed] if index == 4 else ["4"])
        )
        for index, half in enumerate(halves[:5])
    }
    stage.dawn(INTENSIVE.opens, "语文 90 学时集中培训开班")
    stage.do(
        INTENSIVE.provider,
        GrantLeave(
            teacher=teacher(7),
            offering=INTENSIVE.offering,
            day=halves[5][0],
            reason="子女就医",
            special=True,
        ),
    )
    absences[halves[5]] = (
        Absence(teacher=teacher(7), hours=Decimal(4), kind=AbsenceKind.LEAVE),
    )
    _bad_attendance(stage, halves[0])
    stage.turn_down(
        "开班第一天就要结业",
        INTENSIVE.provider,
        SettleCompletion(teacher=teacher(10), offering=INTENSIVE.offering),
    )
    _run(stage, INTENSIVE, absences)
    _misconduct(stage)
    stage.dawn(date(2024, 7, 25), "结业考核、结业、抄告、认定")
    trainees = roster.trainees[INTENSIVE.key]
    results = tuple(Result(teacher=teacher(n), passed=n != 6) for n in trainees if n != 5)
    stage.do(
        INTENSIVE.provider, RecordAssessment(offering=INTENSIVE.offering, results=results)
    )
    roster.leave(INTENSIVE, 5)
    _settle(stage, roster, INTENSIVE)
    _notices(stage)
    _refused_awards(stage)
    for number in (3, 6):
        roster.leave(INTENSIVE, number)
    _award(stage, roster, INTENSIVE)
    stage.turn_down("同一结业认定两次", RUIAN, _credit(10, INTENSIVE, "again"))
    _afterwards(stage, halves[0])


def _bad_attendance(stage: Stage, half: tuple[date, Half]) -> None:
    for what, number, hours in (
        ("半天 4 学时，登记缺 4.5", 8, "4.5"),
        ("登记缺 -1 学时", 8, "-1"),
        ("登记缺 0.25 学时", 8, "0.25"),
        ("登记非学员缺课", 299, "4"),
    ):
        absence = Absence(teacher=teacher(number), hours=Decimal(hours))
        command = RecordAttendance(
            offering=INTENSIVE.offering, day=half[0], half=half[1], absences=(absence,)
        )
        stage.turn_down(what, INTENSIVE.provider, command)


def _misconduct(stage: Stage) -> None:
    stage.do(
        INTENSIVE.provider,
        RecordMisconduct(
            teacher=teacher(5),
            offering=INTENSIVE.offering,
            day=INTENSIVE.opens,
            serious=True,
            description="请人代签到",
        ),
    )


def _notices(stage: Stage) -> None:
    both = (Recipient.BUREAU, Recipient.SCHOOL)
    for number, recipients in ((3, (Recipient.SCHOOL,)), (5, both), (6, both)):
        stage.do(
            INTENSIVE.provider,
            NotifyDenial(
                teacher=teacher(number), offering=INTENSIVE.offering, recipients=recipients
            ),
        )


def _refused_awards(stage: Stage) -> None:
    for what, number in (
        ("缺 18.5 学时者认定学分", 3),
        ("违规终止者认定学分", 5),
        ("考核不合格者认定学分", 6),
    ):
        stage.turn_down(what, RUIAN, _credit(number, INTENSIVE))


def _afterwards(stage: Stage, half: tuple[date, Half]) -> None:
    stage.dawn(date(2024, 8, 20), "认定之后更正一次缺课登记")
    stage.do(
        INTENSIVE.provider,
        CorrectAttendance(
            teacher=teacher(4),
            offering=INTENSIVE.offering,
            day=half[0],
            half=half[1],
            hours=Decimal(0),
            reason="签到表漏录，有监控佐证",
        ),
    )
    stage.dawn(date(2024, 8, 26), "认定之后发现培训期间的违规")
    stage.do(
        INTENSIVE.provider,
        RecordMisconduct(
            teacher=teacher(9),
            offering=INTENSIVE.offering,
            day=date(2024, 7, 10),
            serious=True,
            description="结业考核舞弊",
        ),
    )
    stage.dawn(date(2024, 8, 31), "学期结束")


def _school_based(stage: Stage) -> None:
    rows = [(1, 1, "60", date(2021, 6, 20)), (1, 2, "60", date(2022, 6, 20))]
    rows += [(1, 3, "60", date(2023, 6, 20)), (2, 1, "30", date(2023, 6, 20))]
    rows += [(number, 1, "24", date(2024, 6, 20)) for number in range(10, 40)]
    records = defaultdict(list)
    for number, index, hours, done in rows:
        records[school(number)].append(
            RecordSchoolBased(
                credit=CreditId(f"credit:sb-{number}-{index}"),
                teacher=teacher(number),
                title="校本研修",
                hours=Decimal(hours),
                credits=Decimal(hours),
                completed=done,
            )
        )
    for at, commands in records.items():
        stage.do_all(at, commands)
    decided = [
        RecogniseSchoolBased(
            credit=CreditId(f"credit:sb-{number}-{index}"), teacher=teacher(number), approved=True
        )
        for number, index, _, _ in rows
    ]
    stage.do_all(RUIAN, decided)


def _schools_review(
    stage: Stage, chosen: dict[str, list[int]], *, second: bool = False
) -> None:
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
    wanted = [
        ConfirmEnrollment(teacher=teacher(n), offering=of.offering, admitted=True) for n in numbers
    ]
    if not wanted:
        return
    taken = stage.some(f"{of.plan.title}：容量已满仍确认", of.provider, wanted)
    for number, done in zip(numbers, taken, strict=True):
        if done:
            roster.admit(of, number)
    declined = [
        ConfirmEnrollment(
            teacher=teacher(n), offering=of.offering, admitted=False, reason="容量已满，按提交顺序"
        )
        for n, done in zip(numbers, taken, strict=True)
        if not done
    ]
    if declined:
        stage.do_all(of.provider, declined)


def _run(stage: Stage, of: Class, absences: dict[tuple[date, Half], tuple[Absence, ...]]) -> None:
    """The training days of a class: attendance by exception, and the daily log."""
    days = sorted({each.day for each in of.sessions})
    stage.dawn(max(stage.day, days[-1]), f"{of.plan.title}：{days[0]} 至 {days[-1]} 授课完毕")
    stage.do_all(
        of.provider,
        [
            RecordAttendance(
                offering=of.offering,
                day=each.day,
                half=each.half,
                absences=absences.get((each.day, each.half), ()),
            )
            for each in of.sessions
        ],
    )
    stage.do_all(
        of.provider, [LogDay(offering=of.offering, day=day, note="按课表授课") for day in days]
    )


def _settle(stage: Stage, roster: Roster, of: Class) -> None:
    stage.do_all(
        of.provider,
        [
            SettleCompletion(teacher=teacher(number), offering=of.offering)
            for number in roster.trainees[of.key]
        ],
    )


def _award(stage: Stage, roster: Roster, of: Class) -> None:
    stage.do_all(of.place, [_credit(number, of) for number in roster.trainees[of.key]])


def _credit(number: int, of: Class, mark: str = "1") -> AwardCredit:
    return AwardCredit(
        credit=CreditId(f"credit:{of.key}-{number}-{mark}"),
        teacher=teacher(number),
        offering=of.offering,
    )


def _choose(number: int, of: Class) -> SelectOffering:
    return SelectOffering(teacher=teacher(number), offering=of.offering)


def _timetable(of: Class) -> PublishTimetable:
    return PublishTimetable(offering=of.offering, sessions=of.sessions)


def _change(change: ChangeId, of: Class, kind: ChangeKind, why: str) -> RequestChange:
    return RequestChange(change=change, offering=of.offering, kinds=(kind,), description=why)


def _withdraw(stage: Stage, roster: Roster, number: int, of: Class) -> None:
    who: TeacherId = teacher(number)
    stage.do(who, WithdrawSelection(teacher=who, offering=of.offering, reason="方案已调整"))
    roster.leave(of, number)

