"""The demo's delivery: timetables, changes, attendance, outcomes, credits and corrections."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from api.demo.cast import RUIAN, teacher
from api.demo.classes import (
    BLENDED,
    ENGLISH,
    INTENSIVE,
    MATHS,
    ONLINE,
    ORDERED,
    SCIENCE,
    Class,
)
from api.demo.rounds import Roster, school, timetable
from api.demo.stage import Stage
from ledger.assessment import RecordAssessment, Result
from ledger.attendance import Absence, AbsenceKind, RecordAttendance
from ledger.change import (
    ChangeClass,
    ChangeKind,
    DecideChange,
    NotifyTrainees,
    RequestChange,
)
from ledger.completion import Recipient
from ledger.correction import CorrectAttendance
from ledger.credit import AwardCredit
from ledger.effect import CarryOutChange
from ledger.judgement import SettleCompletion
from ledger.leave import GrantLeave
from ledger.log import LogDay
from ledger.misconduct import RecordMisconduct
from ledger.names import ChangeId, CreditId, TeacherId
from ledger.notice import NotifyDenial
from ledger.schedule import Half
from ledger.school_based import RecogniseSchoolBased, RecordSchoolBased
from ledger.withdrawal import WithdrawSelection


def spring(stage: Stage, roster: Roster) -> None:
    """April to June: a late timetable, two changes, the shorter classes."""
    stage.dawn(date(2024, 4, 8), "英语班 4 月 10 日开班，课程表今天才公布")
    stage.do(ENGLISH.provider, timetable(ENGLISH))
    stage.dawn(date(2024, 4, 15), "数学班更换专家，报批、告知、可退选")
    # Whom the draw admitted first and second.
    first, second = roster.trainees[MATHS.key][:2]
    stage.turn_down(
        "方案未调整而要求退选",
        teacher(second),
        WithdrawSelection(teacher=teacher(second), offering=MATHS.offering),
    )
    approved = ChangeId("change:maths-trainer")
    stage.do(MATHS.provider, _change(approved, MATHS, ChangeKind.TRAINER_REPLACED, "专家因病更换"))
    stage.do(RUIAN, DecideChange(change=approved, approved=True, change_class=ChangeClass.MAJOR))
    stage.do(
        MATHS.provider,
        NotifyTrainees(change=approved, explanation="同层次专家代课", understood=True),
    )
    stage.dawn(date(2024, 4, 16), "数学班次日实施调整")
    stage.do(MATHS.provider, CarryOutChange(change=approved))
    _withdraw(stage, roster, first, MATHS)
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
    absences[halves[5]] = (Absence(teacher=teacher(7), hours=Decimal(4), kind=AbsenceKind.LEAVE),)
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
    stage.do(INTENSIVE.provider, RecordAssessment(offering=INTENSIVE.offering, results=results))
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


def _change(change: ChangeId, of: Class, kind: ChangeKind, why: str) -> RequestChange:
    return RequestChange(change=change, offering=of.offering, kinds=(kind,), description=why)


def _withdraw(stage: Stage, roster: Roster, number: int, of: Class) -> None:
    who: TeacherId = teacher(number)
    stage.do(who, WithdrawSelection(teacher=who, offering=of.offering, reason="方案已调整"))
    roster.leave(of, number)
