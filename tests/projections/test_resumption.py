"""Resumptions: which steps count, where a provider stands, and what its bureau ordered."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.event import Event
from ledger.restart import AcceptedListFiled
from ledger.resumption import AcceptanceDecided, ResumptionApplied, SafetyCommitted
from ledger.supervision import OfflineReleased, OfflineSuspended, RectificationOrdered
from projections.catalogue import RESUMPTIONS
from projections.resumption import ProviderResumption, ResumptionKind, ResumptionStatus
from tests.cast import COUNTY_SCHOOL, RUIAN, UNIVERSITY, WENZHOU
from tests.given import entries

DAY = date(2020, 8, 3)
ABOUT = {"provider": COUNTY_SCHOOL, "place": RUIAN}
APPLIED = ResumptionApplied(**ABOUT, epidemic_authority=True)
HALF_APPLIED = ResumptionApplied(**ABOUT, epidemic_authority=False)
PASSED = AcceptanceDecided(**ABOUT, passed=True, joint=True, reason="")
FAILED = AcceptanceDecided(**ABOUT, passed=False, joint=True, reason="无隔离室")
ALONE = AcceptanceDecided(**ABOUT, passed=True, joint=False, reason="")
COMMITTED = SafetyCommitted(**ABOUT)


def resumed(*told: Event, provider: str = COUNTY_SCHOOL) -> ProviderResumption:
    return RESUMPTIONS.fold(provider, entries(told, DAY))


@pytest.mark.parametrize(
    ("told", "status", "counts"),
    [
        ([APPLIED], ResumptionStatus.APPLIED, [True]),
        ([HALF_APPLIED], ResumptionStatus.NOT_APPLIED, [False]),
        ([APPLIED, PASSED], ResumptionStatus.ACCEPTED, [True, True]),
        ([APPLIED, FAILED], ResumptionStatus.NOT_ACCEPTED, [True, False]),
        ([APPLIED, ALONE], ResumptionStatus.NOT_ACCEPTED, [True, False]),
        ([APPLIED, FAILED, APPLIED], ResumptionStatus.APPLIED, [True, False, False]),
        ([APPLIED, FAILED, HALF_APPLIED], ResumptionStatus.NOT_ACCEPTED, [True, False, False]),
        ([APPLIED, FAILED, PASSED], ResumptionStatus.ACCEPTED, [True, False, True]),
        ([APPLIED, PASSED, COMMITTED], ResumptionStatus.COMMITTED, [True, True, True]),
        ([APPLIED, PASSED, FAILED], ResumptionStatus.NOT_ACCEPTED, [True, False, False]),
        ([PASSED, APPLIED], ResumptionStatus.APPLIED, [False, True]),
        ([APPLIED, COMMITTED, PASSED], ResumptionStatus.ACCEPTED, [True, False, True]),
        ([COMMITTED], ResumptionStatus.NOT_APPLIED, [False]),
    ],
)
def test_a_step_counts_in_its_order_only(
    told: list[Event], status: ResumptionStatus, counts: list[bool]
) -> None:
    state = resumed(*told)

    assert state.status is status
    assert [each.counts for each in state.steps] == counts
    assert state.place == RUIAN


def test_each_step_is_shown_with_what_was_said_of_it() -> None:
    made = entries([APPLIED, FAILED, COMMITTED], DAY)
    steps = RESUMPTIONS.fold(COUNTY_SCHOOL, made).steps

    assert [each.kind for each in steps] == list(ResumptionKind)
    assert [(each.event, each.position, each.on) for each in steps] == [
        (each.id, each.position, DAY) for each in made
    ]
    assert (steps[0].epidemic_authority, steps[0].passed) == (True, None)
    assert (steps[1].passed, steps[1].joint, steps[1].reason) == (False, True, "无隔离室")


def test_the_filed_list_and_the_orders_of_the_bureau_stand_beside_the_steps() -> None:
    listed = AcceptedListFiled(
        place=RUIAN, filed_with=WENZHOU, providers=(COUNTY_SCHOOL, UNIVERSITY)
    )
    said: dict[str, Any] = ABOUT | {"reason": "防疫不到位"}
    stopped = [listed, RectificationOrdered(**said), OfflineSuspended(**said)]
    now, later = resumed(*stopped), resumed(*stopped, OfflineReleased(**said))

    assert (now.filed, now.filed_with, now.steps) == (DAY, WENZHOU, ())
    assert (now.rectifying, now.suspended) == (DAY, DAY)
    assert (later.rectifying, later.suspended, later.filed) == (None, None, DAY)
    assert resumed(*stopped, provider=UNIVERSITY).filed == DAY
