"""Warnings: each step of the ladder, the deadline at its bound, and how a case ends."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from ledger.accreditation import AccreditationRevoked
from ledger.event import Event
from ledger.review import ProjectCancelled
from ledger.warning import Reinspected, Rung, YellowCardIssued
from projections.catalogue import WARNINGS
from projections.warning import WarningCase, WarningStatus
from tests.cast import COUNTY_SCHOOL, H1_2024, PROJECT, RUIAN
from tests.given import entries, on

FIRST, DEADLINE, AFTER = date(2024, 5, 6), date(2024, 6, 6), date(2024, 6, 7)
ABOUT = {"provider": COUNTY_SCHOOL, "place": RUIAN}
REVOKED = AccreditationRevoked(**ABOUT, reason="整改无效")
CANCELLED = ProjectCancelled(**ABOUT, project=PROJECT, term=H1_2024, reason="整改无效")


def card(**named: Any) -> YellowCardIssued:
    return YellowCardIssued(**{**ABOUT, "reason": "管理混乱", "deadline": DEADLINE, **named})


def again(improved: bool, **named: Any) -> Reinspected:
    return Reinspected(**ABOUT, improved=improved, report="现场检查", **named)


def case(*told: tuple[date, Event], target: str = COUNTY_SCHOOL) -> WarningCase:
    made = entries([on(day, event) for day, event in told], AFTER)
    return WARNINGS.fold(target, made)


CARD = (FIRST, card())


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ([CARD], WarningStatus.RECTIFICATION),
        ([CARD, (DEADLINE - timedelta(days=1), again(False))], WarningStatus.RECTIFICATION),
        ([CARD, (DEADLINE, again(False))], WarningStatus.NOT_IMPROVED),
        ([CARD, (AFTER, again(True))], WarningStatus.IMPROVED),
        ([CARD, (FIRST, again(True))], WarningStatus.IMPROVED),
        ([CARD, (AFTER, again(False)), (AFTER, again(True))], WarningStatus.IMPROVED),
        ([CARD, (AFTER, again(True)), (AFTER, card())], WarningStatus.RECTIFICATION),
        ([CARD, (AFTER, again(True)), (AFTER, again(False))], WarningStatus.IMPROVED),
        ([CARD, (AFTER, again(False)), (AFTER, REVOKED)], WarningStatus.ACCREDITATION_REVOKED),
        ([(AFTER, REVOKED)], WarningStatus.ACCREDITATION_REVOKED),
        ([(AFTER, REVOKED), (AFTER, again(True))], WarningStatus.ACCREDITATION_REVOKED),
        ([(AFTER, REVOKED), (AFTER, card())], WarningStatus.RECTIFICATION),
        ([(AFTER, again(False))], None),
    ],
)
def test_a_case_stands_where_its_last_step_that_counts_led(
    told: list[tuple[date, Event]], status: WarningStatus | None
) -> None:
    assert case(*told).status is status


def test_each_step_is_shown_with_its_day_its_words_and_its_event() -> None:
    told = case(CARD, (AFTER, again(False)), (AFTER, REVOKED))

    assert [(each.rung, each.on, each.reason) for each in told.steps] == [
        (Rung.YELLOW_CARD, FIRST, "管理混乱"),
        (Rung.REINSPECTION, AFTER, "现场检查"),
        (Rung.CANCELLATION, AFTER, "整改无效"),
    ]
    assert [(each.deadline, each.improved) for each in told.steps] == [
        (DEADLINE, None),
        (None, False),
        (None, None),
    ]
    open_ = case(CARD, (AFTER, again(False)))
    assert (open_.card, open_.failed) == (told.steps[0].event, told.steps[1].event)
    assert (told.card, told.failed) == (None, None)
    assert [each.position for each in told.steps] == [1, 2, 3]


def test_the_case_of_a_project_is_not_that_of_its_provider() -> None:
    told = [
        (FIRST, card(project=PROJECT)),
        (AFTER, again(False, project=PROJECT)),
        (AFTER, CANCELLED),
        (AFTER, again(True, project=PROJECT)),
        (AFTER, card(project=PROJECT)),
    ]
    project, provider = case(*told, target=PROJECT), case(CARD, *told)

    assert (project.status, project.project) == (WarningStatus.PROJECT_CANCELLED, PROJECT)
    assert (len(project.steps), project.provider, project.place) == (5, COUNTY_SCHOOL, RUIAN)
    assert (provider.status, len(provider.steps)) == (WarningStatus.RECTIFICATION, 1)


def test_a_case_is_overdue_on_the_day_after_its_deadline_and_only_until_the_re_inspection() -> None:
    open_, failed = case(CARD), case(CARD, (AFTER, again(False)))
    endless = case((FIRST, card(deadline=None)))

    assert (open_.due, open_.overdue(DEADLINE), open_.overdue(AFTER)) == (DEADLINE, False, True)
    assert (failed.deadline, failed.due, failed.overdue(AFTER)) == (DEADLINE, None, False)
    assert (endless.due, endless.overdue(AFTER)) == (None, False)
    assert WARNINGS.facet_values(open_) == {
        "provider": COUNTY_SCHOOL,
        "place": RUIAN,
        "status": "RECTIFICATION",
        "due": DEADLINE,
    }
