"""Evaluations: who rated what, in exact scores, and to whom the results go back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from ledger.command import OutsideScope, UnknownReference
from ledger.evaluation import (
    EVALUATORS,
    EvaluationKind,
    EvaluationRecorded,
    Evaluator,
    KeyEvaluation,
    MutualEvaluation,
    NothingToReturn,
    PerformanceEvaluation,
    RecordEvaluation,
    ResultsFeedback,
    ResultsReturned,
    ReturnResults,
    SatisfactionSurvey,
    Score,
    Side,
    WrongEvaluator,
)
from tests import cast
from tests.cast import COUNTY_SCHOOL, OFFERING, RUIAN, TRAINER
from tests.given import asker_for, given

DAY = date(2024, 6, 28)
SURVEY, MUTUAL = EvaluationKind.SATISFACTION, EvaluationKind.TRAINER_AND_PROVIDER_MUTUAL


def scored(score="92.35", **of):
    return Score(score=Decimal(score), **of)


def record(kind=SURVEY, evaluator=Evaluator.TRAINEES, *scores, day=DAY, answers=48):
    return RecordEvaluation(
        offering=OFFERING,
        kind=kind,
        evaluator=evaluator,
        day=day,
        answers=answers,
        scores=scores or (scored(),),
    )


def recorded(kind=SURVEY, evaluator=Evaluator.TRAINEES, *scores):
    return EvaluationRecorded(
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        kind=kind,
        evaluator=evaluator,
        day=DAY,
        answers=48,
        scores=scores or (scored(),),
    )


@pytest.mark.parametrize(
    ("kind", "evaluator"), [(kind, each) for kind, those in EVALUATORS.items() for each in those]
)
@pytest.mark.parametrize("reported", [False, True])
def test_the_results_of_an_evaluation_are_entered(kind, evaluator, reported):
    given(cast.opened()).when(record(kind, evaluator), on=DAY, reported=reported).then(
        recorded(kind, evaluator)
    )


def test_trainers_courses_and_the_whole_are_scored_in_one_spelling():
    asked = (
        scored("90.50", trainer=TRAINER),
        scored("88.0", course=" 阅读 "),
        scored("100"),
    )
    kept = (scored("90.5", trainer=TRAINER), scored("88", course="阅读"), scored("100"))
    given(cast.opened()).when(record(SURVEY, Evaluator.TRAINEES, *asked), on=DAY).then(
        recorded(SURVEY, Evaluator.TRAINEES, *kept)
    )


@pytest.mark.parametrize("score", ["-0.01", "100.01", "92.355", "NaN"])
def test_a_score_lies_between_nothing_and_a_hundred_with_two_places(score):
    given(cast.opened()).when(record(SURVEY, Evaluator.TRAINEES, scored(score)), on=DAY).faulted(
        "BAD_AMOUNT", "scores.score"
    )


@pytest.mark.parametrize("answers", [0, -1, 100_001])
def test_somebody_answered(answers):
    given(cast.opened()).when(record(answers=answers), on=DAY).faulted("BAD_COUNT", "answers")


def test_an_evaluation_has_scores_and_has_taken_place():
    empty = RecordEvaluation(
        offering=OFFERING,
        kind=SURVEY,
        evaluator=Evaluator.TRAINEES,
        day=DAY,
        answers=1,
        scores=(),
    )
    given(cast.opened()).when(empty, on=DAY).faulted("EMPTY_ROWS", "scores")
    given(cast.opened()).when(record(day=date(2024, 6, 29)), on=DAY).faulted("DAY_AHEAD", "day")


def test_trainees_do_not_rate_for_trainers_and_provider():
    given(cast.opened()).when(record(MUTUAL, Evaluator.TRAINEES), on=DAY).refused(
        WrongEvaluator, field="evaluator"
    )


def test_only_the_provider_of_a_known_class_enters_results():
    given(cast.opened()).when(record(), on=DAY, by=asker_for(RUIAN)).refused(OutsideScope)
    given().when(record(), on=DAY).refused(UnknownReference, field="offering")


def give_back(*recipients, manner="平台公布并书面通报"):
    return ReturnResults(offering=OFFERING, recipients=recipients, manner=manner)


def test_results_go_back():
    given(cast.opened(), recorded()).when(give_back(*Side, Side.SCHOOL), on=DAY).then(
        ResultsReturned(
            offering=OFFERING,
            provider=COUNTY_SCHOOL,
            recipients=tuple(Side),
            manner="平台公布并书面通报",
        )
    )


def test_without_an_evaluation_there_is_nothing_to_feed_back():
    given(cast.opened()).when(give_back(*Side), on=DAY).refused(NothingToReturn, field="offering")


def test_results_go_to_somebody_in_some_way():
    past = [cast.opened(), recorded()]
    given(past).when(give_back(), on=DAY).faulted("EMPTY_ROWS", "recipients")
    given(past).when(give_back(Side.SCHOOL, manner=""), on=DAY).faulted("EMPTY_TEXT", "manner")


@pytest.mark.parametrize(
    ("higher", "lower"),
    [
        (SatisfactionSurvey(surveys_min=2), SatisfactionSurvey(surveys_min=1)),
        (MutualEvaluation(kinds=(SURVEY, MUTUAL)), MutualEvaluation(kinds=(SURVEY,))),
        (KeyEvaluation(coverage_min=Fraction(1)), KeyEvaluation(coverage_min=Fraction(9, 10))),
        (ResultsFeedback(recipients=tuple(Side)), ResultsFeedback(recipients=(Side.SCHOOL,))),
        (PerformanceEvaluation(evaluations_min=2), PerformanceEvaluation(evaluations_min=1)),
    ],
)
def test_asking_for_less_is_laxer(higher, lower):
    assert lower.laxer(higher)
    assert not higher.laxer(lower)
    assert not higher.laxer(higher)
    assert higher.wrong() is None


@pytest.mark.parametrize(
    ("nothing", "parameter"),
    [
        (SatisfactionSurvey(surveys_min=0), "surveys_min"),
        (MutualEvaluation(kinds=()), "kinds"),
        (KeyEvaluation(coverage_min=Fraction(0)), "coverage_min"),
        (KeyEvaluation(coverage_min=Fraction(11, 10)), "coverage_min"),
        (KeyEvaluation(coverage_min=Fraction(1), applies_to=("SMALL",)), "applies_to"),
        (KeyEvaluation(coverage_min=Fraction(1), applies_to=()), "applies_to"),
        (ResultsFeedback(recipients=()), "recipients"),
        (PerformanceEvaluation(evaluations_min=0), "evaluations_min"),
    ],
)
def test_a_rule_that_asks_for_nothing_is_wrong(nothing, parameter):
    assert parameter in (nothing.wrong() or "")
