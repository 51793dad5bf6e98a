"""A simulated class from its timetable to its credits: attendance by exception, and mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from api.population import Population, Teacher
from api.simulate_calendar import TermDays, later
from api.simulate_room import ClassRun
from api.simulate_script import Script
from ledger.adjustment import CorrectCredit, RevokeCredit
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
from ledger.schedule import PublishTimetable, Session
from ledger.withdrawal import WithdrawSelection

ABSENT_SHORT, ABSENT_LONG, ABSENT_OFTEN = 0.025, 0.01, 0.5
"""The chance to miss a half-day: 0.15 deductions an enrollment, and some who stay away."""
OFTEN_SHARE = 0.03


def teach(
    script: Script, rng: Random, run: ClassRun, people: Population, number: int, days: TermDays
) -> None:
    """Writes a class from its timetable to its credits."""
    _Class(script, rng, run, people, number, days).write()


@dataclass
class _Class:
    script: Script
    rng: Random
    run: ClassRun
    people: Population
    number: int
    days: TermDays

    def write(self) -> None:
        run, office = self.run, self.run.provider.office
        ahead = 2 if self.number % 17 == 1 else self.rng.randrange(6, 10)
        day = max(later(run.open.opens, -ahead), later(self.days.provider_two, 1))
        table = PublishTimetable(offering=run.offering, sessions=run.sessions)
        self.script.say(day, "timetables", office, table)
        if not run.trainees:
            return
        if self.number % 10 == 2 and len(run.trainees) > 1:
            self._change(approved=self.number % 20 == 2)
        else:
            self._withdraw_wrongly()
        self._train()
        self._misconduct()
        self._assess()
        self._settle()
        self._award()

    def _change(self, *, approved: bool) -> None:
        """A major change on the last days before the class; one trainee leaves for it."""
        run, opens, office = self.run, self.run.open.opens, self.run.provider.office
        change = ChangeId(f"change:{run.offering.value}")
        request = RequestChange(
            change=change,
            offering=run.offering,
            kinds=(ChangeKind.TRAINER_REPLACED,),
            description="主讲专家因病更换",
        )
        self.script.say(later(opens, -2), "changes", office, request)
        if approved:
            decide = DecideChange(
                change=change, approved=True, change_class=ChangeClass.MAJOR, reason="同意"
            )
            self.script.say(later(opens, -2), "decisions on changes", run.bureau, decide)
            notify = NotifyTrainees(change=change, explanation="已向学员说明", understood=True)
            self.script.say(later(opens, -2), "explanations", office, notify)
        self.script.say(later(opens, -1), "changes", office, CarryOutChange(change=change))
        leaver = run.trainees.pop()
        withdraw = WithdrawSelection(
            teacher=leaver.teacher, offering=run.offering, reason="方案变动"
        )
        self.script.say(later(opens, -1), "afterthoughts", leaver.self, withdraw)

    def _withdraw_wrongly(self) -> None:
        if self.rng.random() < 0.5:
            teacher = self.rng.choice(self.run.trainees)
            withdraw = WithdrawSelection(
                teacher=teacher.teacher, offering=self.run.offering, reason="不想去了"
            )
            day = later(self.run.open.opens, -1)
            self.script.say(day, "mistakes", teacher.self, withdraw, mistake=True)

    def _train(self) -> None:
        run, office = self.run, self.run.provider.office
        chances = {each.teacher: self._chance() for each in run.trainees}
        for day in dict.fromkeys(each.day for each in run.sessions):
            if self.rng.random() > 0.03:
                log = LogDay(offering=run.offering, day=day, note="课程正常")
                self.script.say(day, "logs", office, log)
            for session in run.sessions:
                if session.day == day:
                    self._take(session, chances)
        if self.number % 7 == 3:
            never = LogDay(offering=run.offering, day=later(day, 100), note="课程正常")
            self.script.say(day, "mistakes", office, never, mistake=True)

    def _chance(self) -> float:
        if not self.run.plan.final_assessment:
            return ABSENT_SHORT
        return ABSENT_OFTEN if self.rng.random() < OFTEN_SHARE else ABSENT_LONG

    def _take(self, session: Session, chances: dict[TeacherId, float]) -> None:
        """The attendance of a half-day, leave before it, a correction on the day after."""
        run, office = self.run, self.run.provider.office
        absences: list[Absence] = []
        for teacher in run.trainees:
            if self.rng.random() >= chances[teacher.teacher]:
                continue
            hours = session.hours if self.rng.random() < 0.8 else session.hours - Decimal("0.5")
            leave = self.rng.random() < 0.3
            kind = AbsenceKind.LEAVE if leave else AbsenceKind.UNEXCUSED
            absences.append(Absence(teacher=teacher.teacher, hours=hours, kind=kind))
            if leave:
                grant = GrantLeave(
                    teacher=teacher.teacher,
                    offering=run.offering,
                    day=session.day,
                    reason="家中有事",
                    special=self.rng.random() < 0.8,
                )
                self.script.say(session.day, "leave", office, grant)
            if self.rng.random() < 0.05:
                self._correct(later(session.day, 1), teacher, session, Decimal(0))
            else:
                before = run.missed.get(teacher.teacher, Decimal(0))
                run.missed[teacher.teacher] = before + hours
        record = RecordAttendance(
            offering=run.offering, day=session.day, half=session.half, absences=tuple(absences)
        )
        self.script.say(session.day, "attendance", office, record)
        if session is run.sessions[0] and self.number % 5 == 1:
            self._record_wrongly(session)

    def _record_wrongly(self, session: Session) -> None:
        run = self.run
        record = RecordAttendance(
            offering=run.offering,
            day=session.day,
            half=session.half,
            absences=(Absence(teacher=run.trainees[0].teacher, hours=Decimal(8)),),
        )
        # Before the true record, since a half-day is taken once.
        office = run.provider.office
        self.script.say(session.day, "early mistakes", office, record, mistake=True)

    def _correct(self, day: date, teacher: Teacher, session: Session, hours: Decimal) -> None:
        correct = CorrectAttendance(
            teacher=teacher.teacher,
            offering=self.run.offering,
            day=session.day,
            half=session.half,
            hours=hours,
            reason="签到表核对有误",
        )
        self.script.say(day, "corrections", self.run.provider.office, correct)

    def _misconduct(self) -> None:
        for teacher in self.run.trainees:
            if self.rng.random() > 0.005:
                continue
            serious = self.rng.random() < 0.6
            breach = RecordMisconduct(
                teacher=teacher.teacher,
                offering=self.run.offering,
                day=self.run.open.closes,
                serious=serious,
                description="冒名顶替" if serious else "课堂上使用手机",
            )
            self.script.say(self.run.open.closes, "misconduct", self.run.provider.office, breach)
            if serious:
                self.run.out.add(teacher.teacher)

    def _assess(self) -> None:
        run = self.run
        if not run.plan.final_assessment:
            return
        run.failed = {each.teacher for each in run.trainees if self.rng.random() < 0.03}
        results = tuple(
            Result(teacher=each.teacher, passed=each.teacher not in run.failed)
            for each in run.trainees
            if each.teacher not in run.out  # the outcome of who cheated stands already
        )
        record = RecordAssessment(offering=run.offering, results=results)
        self.script.say(run.open.closes, "assessments", run.provider.office, record)

    def _settle(self) -> None:
        run, office, closes = self.run, self.run.provider.office, self.run.open.closes
        for teacher in run.trainees:
            settle = SettleCompletion(teacher=teacher.teacher, offering=run.offering)
            if teacher.teacher not in run.out:
                self.script.say(later(closes, 2), "settlements", office, settle)
            if run.denied(teacher):
                both = self.rng.random() < 0.9
                notify = NotifyDenial(
                    teacher=teacher.teacher,
                    offering=run.offering,
                    recipients=tuple(Recipient) if both else (Recipient.SCHOOL,),
                )
                self.script.say(later(closes, 3), "notices", office, notify)
        first = run.sessions[0].day
        if self.number % 6 == 0 and first < closes and settle.teacher not in run.out:
            self.script.say(first, "mistakes", office, settle, mistake=True)

    def _award(self) -> None:
        run, bureau, day = self.run, self.run.bureau, later(self.run.open.closes, 7)
        for number, teacher in enumerate(run.trainees):
            award = AwardCredit(
                credit=CreditId(f"credit:{run.offering.value}-{number + 1:03d}"),
                teacher=teacher.teacher,
                offering=run.offering,
            )
            if run.denied(teacher):
                if self.rng.random() < 0.3:
                    self.script.say(day, "mistakes", bureau, award, mistake=True)
                continue
            self.script.say(day, "awards", bureau, award)
            self._afterthought(award, teacher)

    def _afterthought(self, award: AwardCredit, teacher: Teacher) -> None:
        """What is put right after the award, now and then."""
        run, bureau, chance = self.run, self.run.bureau, self.rng.random()
        day = later(run.open.closes, 20)
        missed = run.missed.get(teacher.teacher, Decimal(0))
        if chance < 0.005:
            correct = CorrectCredit(
                credit=award.credit,
                teacher=teacher.teacher,
                credits=max(run.plan.base_credits - missed - Decimal(2), Decimal(0)),
                reason="复核发现计算有误",
            )
            self.script.say(day, "credit corrections", bureau, correct)
        elif chance < 0.008:
            revoke = RevokeCredit(credit=award.credit, teacher=teacher.teacher, reason="重复认定")
            self.script.say(day, "credit corrections", bureau, revoke)
        elif chance < 0.013 and teacher.teacher not in run.missed:
            self._correct(day, teacher, run.sessions[-1], Decimal(2))
        elif chance < 0.02:
            self.script.say(day, "mistakes", bureau, award, mistake=True)
