"""Omission: what a class ought to have had by its end, and has not.

Each is a finding under the rule that asks for it, in the version in force when the class was
opened (rulebook C-33); where no rule was in force, nothing is lacking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from ledger.assessment import AssessmentRecorded
from ledger.attendance import AttendanceRecorded
from ledger.change import ChangeClass, ChangeKind
from ledger.command import LACKS_MAX, Refused
from ledger.conduct import Conduct
from ledger.effect import missing
from ledger.evaluation import (
    EvaluationKind,
    EvaluationRecorded,
    KeyEvaluation,
    MutualEvaluation,
    PerformanceEvaluation,
    ResultsFeedback,
    ResultsReturned,
    SatisfactionSurvey,
    untold,
)
from ledger.event import Event
from ledger.finding import Lack
from ledger.log import DailyLog, LogMissing, unlogged
from ledger.names import StaffId, TeacherId
from ledger.notice import DenialNotice, incomplete
from ledger.offering import ClassRoom
from ledger.regulation import InForce, ParametersT, Rulebook
from ledger.safeguard import KeptDocuments, SafeguardKind, SafeguardRecorded, SafetyEducation
from ledger.schedule import DayLogged, Half, TimetableNotice, TimetablePublished
from ledger.scrutiny import assessment_rule

DAYS_SHOWN_MAX = 10


class TimetableMissing(Refused):
    """The class never had a timetable."""


class AttendanceUntaken(Refused):
    """Nobody took the attendance of a half-day."""


class AssessmentNotHeld(Refused):
    """A long class ended without its final assessment."""


class SurveyMissing(Refused):
    """Satisfaction was not surveyed."""


class EvaluationMissing(Refused):
    """A kind of evaluation did not take place."""


class EvaluationIncomplete(Refused):
    """A trainer or a course of a key project was not rated."""


class ResultsNotReturned(Refused):
    """The results of the evaluations did not go back to all sides."""


class SafetyUntaught(Refused):
    """No safety education is on record."""


class DocumentsNotKept(Refused):
    """It is not on record that the documents are kept."""


def _bare(rated: str) -> str:
    # A name within a text would be no tag.
    return rated.removeprefix(f"{StaffId.kind}:")


@dataclass
class Omissions:
    """What one class lacks on a day: sentences under a rule, and the trainee that one is about."""

    rules: Rulebook
    room: ClassRoom
    conduct: Conduct
    today: date

    def __iter__(self) -> Iterator[tuple[Refused, TeacherId | None]]:
        for said in (
            *self._changes(),
            *self._days(),
            *self._assessment(),
            *self._evaluations(),
            *self._coverage(),
            *self._returned(),
            *self._safeguards(),
        ):
            yield said, None
        yield from self._notices()

    def _rule(self, kind: type[ParametersT]) -> InForce[ParametersT] | None:
        assert self.room.opened is not None
        return self.rules.pinned(kind, self.room.opened.place, self.room.opened_on)

    def _lacks(
        self, said: type[Refused], rule: InForce[Any] | None, zh: str, en: str, **more: Any
    ) -> Refused:
        assert self.room.opened is not None
        name = self.room.opened.offering
        return said(zh=f"{name} {zh}", en=f"{name} {en}", rule=rule, **more)

    def _changes(self) -> Iterator[Refused]:
        for change, day in self.conduct.execution.unfinished():
            if change.change_class(self.rules, day) is ChangeClass.MAJOR:
                yield from missing(self.rules, change, day)

    def _late(self, event: type[Event], *values: str) -> tuple[Lack, ...]:
        """The events that would still put it right, one for each value."""
        assert self.room.opened is not None
        about = (self.room.opened.offering,)
        return tuple(Lack(events=(event.NAME,), about=about, value=each) for each in values)

    def _days(self) -> Iterator[Refused]:
        sessions = self.conduct.table.sessions or {}
        notice, log = self._rule(TimetableNotice), self._rule(DailyLog)
        if not sessions and notice is not None:
            yield self._lacks(
                TimetableMissing,
                notice,
                "到结班时也没有公布课程表",
                "closed without a timetable",
                lacking=self._late(TimetablePublished, ""),
            )
        if log is None:
            return
        halves = {(day, half) for day, half in sessions if day <= self.today}
        count = len({day for day, _ in halves})
        days = unlogged(self.conduct.table, self.conduct.table.logged or (), self.today)
        if days:
            shown = _shown(map(str, days))
            yield self._lacks(
                LogMissing,
                log,
                f"的 {count} 个培训日中有 {len(days)} 日没有班级日志：{shown}",
                f"left {len(days)} of {count} training days without a log: {shown}",
                lacking=self._late(DayLogged, *map(str, days)),
            )
        untaken = halves - self.conduct.attended
        if untaken:
            # In the order of the halves of a day, which is that of their enum.
            ordered = sorted(untaken, key=lambda each: (each[0], list(Half).index(each[1])))
            names = [f"{day} {half.value}" for day, half in ordered]
            shown = _shown(names)
            yield self._lacks(
                AttendanceUntaken,
                log,
                f"的 {len(halves)} 个培训半天中有 {len(untaken)} 个没有登记出勤：{shown}",
                f"left {len(untaken)} of {len(halves)} half-days without attendance: {shown}",
                lacking=self._late(AttendanceRecorded, *names),
            )

    def _assessment(self) -> Iterator[Refused]:
        assert self.room.opened is not None
        opened, hours = self.room.opened, self.room.opened.plan.hours
        rule = assessment_rule(self.rules, opened.place, hours, self.room.opened_on)
        if rule is not None and not self.conduct.assessed:
            yield self._lacks(
                AssessmentNotHeld,
                rule,
                f"有 {hours} 学时，没有举行结业考核",
                f"has {hours} hours and held no final assessment",
                lacking=self._late(AssessmentRecorded, ""),
            )

    def _evaluations(self) -> Iterator[Refused]:
        had = self.conduct.evaluations.counts
        survey, performance = self._rule(SatisfactionSurvey), self._rule(PerformanceEvaluation)
        surveys = had.get(EvaluationKind.SATISFACTION, 0)
        if survey is not None and surveys < survey.value.surveys_min:
            yield self._lacks(
                SurveyMissing,
                survey,
                f"的满意度测评有 {surveys} 次，至少应有 {survey.value.surveys_min} 次",
                f"had {surveys} surveys of satisfaction, of at least {survey.value.surveys_min}",
                lacking=self._unrated(EvaluationKind.SATISFACTION, survey.value.surveys_min),
            )
        mutual = self._rule(MutualEvaluation)
        for kind in mutual.value.kinds if mutual else ():
            silent = "、".join(each.value for each in self.conduct.evaluations.silent(kind))
            if silent:
                yield self._lacks(
                    EvaluationMissing,
                    mutual,
                    f"缺一类互评：{kind.value}（{silent} 没有评价）",
                    f"lacks {kind.value} by {silent}",
                    lacking=self._unrated(kind, 1),
                )
        count = had.get(EvaluationKind.PERFORMANCE, 0)
        if performance is not None and count < performance.value.evaluations_min:
            yield self._lacks(
                EvaluationMissing,
                performance,
                f"的绩效评估有 {count} 次，至少应有 {performance.value.evaluations_min} 次",
                f"had {count} performance evaluations, of at least "
                f"{performance.value.evaluations_min}",
                lacking=self._unrated(
                    EvaluationKind.PERFORMANCE, performance.value.evaluations_min
                ),
            )

    def _unrated(self, kind: EvaluationKind, least: int) -> tuple[Lack, ...]:
        missing = least - self.conduct.evaluations.counts.get(kind, 0)
        return self._late(EvaluationRecorded, *[kind.value] * min(missing, LACKS_MAX + 1))

    def _coverage(self) -> Iterator[Refused]:
        assert self.room.opened is not None
        plan, rule = self.room.opened.plan, self._rule(KeyEvaluation)
        covered = {"KEY_PROJECT": plan.key_project, "LARGE_PROJECT": plan.large_project}
        if rule is None or not any(covered.get(each, False) for each in rule.value.applies_to):
            return
        sessions = list((self.conduct.table.sessions or {}).values())
        trainers = {str(each.trainer) for each in sessions if each.trainer}
        courses = {each.course for each in sessions}
        # Whom or what a change took out of the plan is not there to be rated.
        if not self.conduct.changed(ChangeKind.TRAINER_REPLACED):
            trainers.update(str(each.staff) for each in plan.trainers)
        if not self.conduct.changed(ChangeKind.COURSE_REMOVED):
            courses.update(each.title for each in plan.courses)
        rated = self.conduct.evaluations
        for zh, en, all_of_them, found in (
            ("授课教师", "trainers", trainers, {str(each) for each in rated.trainers}),
            ("课程环节", "courses", courses, rated.courses),
        ):
            missing = sorted(all_of_them - found)
            count = len(all_of_them) - len(missing)
            if all_of_them and Fraction(count, len(all_of_them)) < rule.value.coverage_min:
                shown = "、".join(missing[:DAYS_SHOWN_MAX])
                yield self._lacks(
                    EvaluationIncomplete,
                    rule,
                    f"是重点项目，{len(all_of_them)} 个{zh}中只测评了 {count} 个，缺 {shown}",
                    f"is a key project and rated {count} of {len(all_of_them)} {en}, not {shown}",
                    lacking=self._late(
                        EvaluationRecorded, *(f"{en} {_bare(each)}" for each in missing)
                    ),
                )

    def _returned(self) -> Iterator[Refused]:
        rule = self._rule(ResultsFeedback)
        had = self.conduct.evaluations.returned
        lacking = untold(rule.value.recipients if rule else (), had)
        if lacking:
            names = "、".join(each.value for each in lacking)
            yield self._lacks(
                ResultsNotReturned,
                rule,
                f"的测评结果没有反馈给 {names}",
                f"did not feed the results of its evaluations back to {names}",
                lacking=self._late(ResultsReturned, *(each.value for each in lacking)),
            )

    def _safeguards(self) -> Iterator[Refused]:
        safety, kept = self._rule(SafetyEducation), self._rule(KeptDocuments)
        if safety is not None and safety.value.record not in self.conduct.safeguards:
            yield self._lacks(
                SafetyUntaught,
                safety,
                "没有安全教育记录",
                "has no record of safety education",
                lacking=self._late(SafeguardRecorded, safety.value.record.value),
            )
        if kept is not None and SafeguardKind.DOCUMENTS_KEPT not in self.conduct.safeguards:
            yield self._lacks(
                DocumentsNotKept,
                kept,
                "没有材料归档记录",
                "has no record of kept documents",
                lacking=self._late(SafeguardRecorded, SafeguardKind.DOCUMENTS_KEPT.value),
            )

    def _notices(self) -> Iterator[tuple[Refused, TeacherId]]:
        assert self.room.opened is not None
        rule = self._rule(DenialNotice)
        for each in self.conduct.trainees:
            # Of a notice that told one of two, the one left out was found when it was given.
            if rule is not None and each.denied and not each.notified:
                missing = list(rule.value.recipients)
                yield incomplete(rule, each, missing, self.room.opened.offering), each.teacher


def _shown(missing: Iterable[str]) -> str:
    """The first of them, and whether there are more."""
    names = list(missing)
    return "、".join(names[:DAYS_SHOWN_MAX]) + ("…" if len(names) > DAYS_SHOWN_MAX else "")
