"""Evaluation: who rated what in a class, and to whom the results go back.

Trainees answer for themselves elsewhere; the provider enters how many did, and exact scores. What
a class lacks is found when it closes (``closing``), for an evaluation may come at any time before.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import TypeVar

from ledger.amount import bounded, score
from ledger.command import Refused, Selector, about, fact
from ledger.day import happened
from ledger.event import Entry, Event, Part
from ledger.fault import Fault
from ledger.names import OfferingId, ProviderId, StaffId
from ledger.offering import OFFERING_EVENTS, ClassStep
from ledger.regulation import Parameters
from ledger.text import filled, trimmed
from ledger.trainer import Trainers, known_trainers, registry_of

ANSWERS_MAX = 100_000
SideT = TypeVar("SideT")


class EvaluationKind(Enum):
    """What an evaluation is: a survey, one of the three kinds of mutual ones, or of the whole."""

    SATISFACTION = "SATISFACTION"
    TRAINEE_ON_PROJECT_AND_TRAINER = "TRAINEE_ON_PROJECT_AND_TRAINER"
    PROVIDER_AND_TRAINER_ON_TRAINEE = "PROVIDER_AND_TRAINER_ON_TRAINEE"
    TRAINER_AND_PROVIDER_MUTUAL = "TRAINER_AND_PROVIDER_MUTUAL"
    PERFORMANCE = "PERFORMANCE"


class Evaluator(Enum):
    """Who rated."""

    TRAINEES = "TRAINEES"
    TRAINER = "TRAINER"
    PROVIDER = "PROVIDER"


class Side(Enum):
    """One of those to whom results go back."""

    TEACHER = "TEACHER"
    SCHOOL = "SCHOOL"
    PROVIDER = "PROVIDER"
    AUTHORITY = "AUTHORITY"


EVALUATORS = {
    EvaluationKind.SATISFACTION: (Evaluator.TRAINEES,),
    EvaluationKind.TRAINEE_ON_PROJECT_AND_TRAINER: (Evaluator.TRAINEES,),
    EvaluationKind.PROVIDER_AND_TRAINER_ON_TRAINEE: (Evaluator.PROVIDER, Evaluator.TRAINER),
    EvaluationKind.TRAINER_AND_PROVIDER_MUTUAL: (Evaluator.PROVIDER, Evaluator.TRAINER),
    EvaluationKind.PERFORMANCE: (Evaluator.PROVIDER,),
}


class Score(Part):
    """A mean score from 0 to 100: of a trainer, of a course, or, naming neither, of the whole."""

    score: Decimal
    trainer: StaffId | None = None
    course: str = ""


class EvaluationRecorded(Event, name="evaluation.recorded", effective="day"):
    """The results of one evaluation of a class came in; ``answers`` people gave them."""

    offering: OfferingId
    provider: ProviderId
    kind: EvaluationKind
    evaluator: Evaluator
    day: date
    answers: int
    scores: tuple[Score, ...]


class ResultsReturned(Event, name="evaluation.results-returned"):
    """The results of the evaluations of a class were fed back."""

    offering: OfferingId
    provider: ProviderId
    recipients: tuple[Side, ...]
    manner: str


EVALUATION_EVENTS: list[type[Event]] = [EvaluationRecorded, ResultsReturned]


class SatisfactionSurvey(
    Parameters,
    kind="satisfaction-survey",
    zh="结班时满意度测评次数不足的，记一项违规。",
    scope=(),
    less=("surveys_min",),
    positive=("surveys_min",),
):
    """A class with fewer surveys of satisfaction is in violation when it closes."""

    surveys_min: int


class MutualEvaluation(
    Parameters,
    kind="mutual-evaluation",
    zh="结班时每缺一类互评，或互评的一方没有评价的，记一项违规。",
    scope=(),
    less=("kinds",),
):
    """Each kind of mutual evaluation that a class lacks is a violation when it closes.

    A kind for which two sides rate is lacking until both did.
    """

    kinds: tuple[EvaluationKind, ...]


class KeyEvaluation(
    Parameters,
    kind="key-evaluation",
    zh="重点项目结班时，学员测评过的授课教师或课程环节未达到规定比例的，各记一项违规。",
    scope=(),
    less=("coverage_min", "applies_to"),
    positive=("coverage_min",),
    words={"applies_to": ("KEY_PROJECT", "LARGE_PROJECT")},
):
    """A key project whose trainees rated too small a share of trainers or courses violates it."""

    coverage_min: Fraction
    applies_to: tuple[str, ...] = ("KEY_PROJECT",)


class ResultsFeedback(
    Parameters,
    kind="results-feedback",
    zh="结班时测评结果未反馈到全部各方的，记一项违规。",
    scope=(),
    less=("recipients",),
):
    """A class whose results did not go back to all of these is in violation when it closes."""

    recipients: tuple[Side, ...]


class PerformanceEvaluation(
    Parameters,
    kind="performance-evaluation",
    zh="结班时项目未作绩效评估的，记一项违规。",
    scope=(),
    less=("evaluations_min", "leads_min"),
    positive=("evaluations_min",),
    words={"leads_min": (1,)},  # no project is declared without one lead, or with two
):
    """A class without a performance evaluation is in violation when it closes.

    The lead that the rule also asks for cannot be missing: no project is declared without one.
    """

    evaluations_min: int
    leads_min: int = 1


class WrongEvaluator(Refused):
    """An evaluation of this kind is not theirs to give."""


class NothingToReturn(Refused):
    """No evaluation has results."""


@dataclass
class Evaluations:
    """The evaluations of a class; of trainers and courses, those whom trainees rated."""

    counts: dict[EvaluationKind, int] = field(default_factory=dict)
    evaluators: dict[EvaluationKind, set[Evaluator]] = field(default_factory=dict)
    trainers: set[StaffId] = field(default_factory=set)
    courses: set[str] = field(default_factory=set)
    returned: set[Side] = field(default_factory=set)

    def learn(self, entry: Entry) -> None:
        """Takes in evaluations and what was fed back; others change nothing."""
        match entry.event:
            case EvaluationRecorded() as event:
                self.counts[event.kind] = self.counts.get(event.kind, 0) + 1
                self.evaluators.setdefault(event.kind, set()).add(event.evaluator)
                # What the provider says of its own trainers and courses covers none of them.
                if event.evaluator is Evaluator.TRAINEES:
                    self.trainers.update(each.trainer for each in event.scores if each.trainer)
                    self.courses.update(each.course for each in event.scores if each.course)
            case ResultsReturned(recipients=recipients):
                self.returned.update(recipients)
            case _:
                pass

    def silent(self, kind: EvaluationKind) -> list[Evaluator]:
        """Who owes an evaluation of that kind and gave none."""
        return untold(EVALUATORS[kind], self.evaluators.get(kind, ()))


def untold(needed: Iterable[SideT], told: Container[SideT]) -> list[SideT]:
    """Those who are needed and are not among those who had their part."""
    return [each for each in needed if each not in told]


def _exact_score(given: Score) -> Score:
    return Score(
        score=score(given.score, "scores.score"),
        trainer=given.trainer,
        course=trimmed(given.course),
    )


@dataclass(kw_only=True)
class RecordEvaluation(ClassStep):
    """Enter the results of one evaluation of a class, by its provider."""

    kind: EvaluationKind
    evaluator: Evaluator
    day: date
    answers: int
    scores: tuple[Score, ...]

    trainers: Trainers = fact(default_factory=Trainers)

    def boundary(self) -> list[Selector]:
        named = registry_of(each.trainer for each in self.scores)
        return [about(self.offering, of=OFFERING_EVENTS), *named]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.trainers.learn(entry)

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        happened(self.day, self.ask.on, "day")
        bounded(self.answers, ANSWERS_MAX, "answers")
        if not self.scores:
            raise Fault("EMPTY_ROWS", zh="scores 不能为空", en="scores is empty", field="scores")
        named = (each.trainer for each in self.scores)
        known_trainers(named, opened.plan, self.trainers, "scores.trainer")
        if self.evaluator not in EVALUATORS[self.kind]:
            raise WrongEvaluator(
                zh=f"{self.kind.value} 不由 {self.evaluator.value} 评价",
                en=f"{self.kind.value} is not for {self.evaluator.value} to give",
                field="evaluator",
            )
        yield EvaluationRecorded(
            offering=self.offering,
            provider=opened.provider,
            kind=self.kind,
            evaluator=self.evaluator,
            day=self.day,
            answers=self.answers,
            scores=tuple(_exact_score(each) for each in self.scores),
        )


@dataclass(kw_only=True)
class ReturnResults(ClassStep):
    """Feed the results of the evaluations of a class back, by its provider."""

    recipients: tuple[Side, ...]
    manner: str

    seen: Evaluations = fact(default_factory=Evaluations)

    def boundary(self) -> list[Selector]:
        return [about(self.offering, of=[*OFFERING_EVENTS, EvaluationRecorded])]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.seen.learn(entry)

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        if not self.seen.counts:
            raise NothingToReturn(
                zh=f"{self.offering} 还没有测评结果，无从反馈",
                en=f"no evaluation of {self.offering} has results to feed back",
                field="offering",
            )
        if not self.recipients:
            raise Fault("EMPTY_ROWS", zh="反馈对象不能为空", en="tell somebody", field="recipients")
        yield ResultsReturned(
            offering=self.offering,
            provider=opened.provider,
            recipients=tuple(dict.fromkeys(self.recipients)),
            manner=filled(self.manner, "manner"),
        )
