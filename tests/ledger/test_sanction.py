"""The end of the ladder: cancelled projects and revoked accreditations."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec import structs

from ledger.accreditation import AccreditationRevoked, NotAccreditedAnyMore
from ledger.command import OutsideScope
from ledger.dates import NewDates, OfferingsRedated
from ledger.finding import Outcome
from ledger.offering import DatesChanged, OfferingCancelled, OfferingGone, OpenOffering
from ledger.review import ProjectCancelled, ProjectGone
from ledger.sanction import CancelProject, RevokeAccreditation
from ledger.selection import SelectOffering
from ledger.warning import Reinspected, StepOutOfOrder, YellowCardIssued
from tests import cast
from tests.cast import COUNTY_SCHOOL, H1_2024, HANGZHOU, OFFERING, PROJECT, RUIAN
from tests.given import asker_for, background, given, on

WARNED = date(2024, 4, 8)
DEADLINE = date(2024, 5, 8)
DAY = date(2024, 5, 20)
REVOKE = RevokeAccreditation(provider=COUNTY_SCHOOL, reason="依程序取消")
CANCEL = CancelProject(provider=COUNTY_SCHOOL, project=PROJECT, reason="依程序取消")


def card(project=None, deadline=DEADLINE):
    return on(
        WARNED,
        YellowCardIssued(
            provider=COUNTY_SCHOOL, place=RUIAN, reason="x", deadline=deadline, project=project
        ),
    )


def inspected(improved, day=DEADLINE, project=None):
    return on(
        day,
        Reinspected(
            provider=COUNTY_SCHOOL, place=RUIAN, improved=improved, report="x", project=project
        ),
    )


def revoked(place=RUIAN, rules=("WZ12-28",)):
    return AccreditationRevoked(
        provider=COUNTY_SCHOOL, place=place, reason="依程序取消", rules=rules
    )


def cancelled():
    return ProjectCancelled(
        project=PROJECT,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        term=H1_2024,
        reason="依程序取消",
        rules=("WZ12-28",),
    )


def called_off():
    return OfferingCancelled(
        offering=OFFERING,
        project=PROJECT,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        reason="依程序取消",
        rules=("WZ12-28",),
    )


def test_after_all_steps_an_accreditation_is_revoked():
    given(cast.accredited(), card(), inspected(improved=False)).when(REVOKE, on=DAY).then(revoked())


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([], id="nothing"),
        pytest.param([card()], id="W-225"),
        pytest.param([card(), inspected(improved=True)], id="W-226"),
        pytest.param([card(), inspected(False, date(2024, 5, 7))], id="inspected-too-early"),
        pytest.param([inspected(improved=False)], id="no-card"),
        pytest.param([card(deadline=None), inspected(improved=False)], id="no-deadline"),
        pytest.param([card(PROJECT), inspected(False, project=PROJECT)], id="over-a-project"),
        pytest.param([card(), inspected(False), inspected(True)], id="improved-later"),
    ],
)
def test_an_accreditation_revoked_out_of_order_is_a_violation(steps, reported):
    given(cast.accredited(), steps).when(REVOKE, on=DAY, reported=reported).found(
        "WZ12-28", Outcome.VIOLATION, StepOutOfOrder
    ).then(revoked())


def test_a_new_card_after_improvement_opens_a_new_case():
    past = [card(), inspected(improved=True), card(), inspected(improved=False)]
    given(cast.accredited(), past).when(REVOKE, on=DAY).then(revoked())


def test_outside_wenzhou_a_revocation_is_a_recorded_decision():
    given(cast.accredited(place=HANGZHOU)).when(REVOKE, on=DAY).then(revoked(HANGZHOU, ()))


def test_an_accreditation_is_revoked_once_and_by_its_authority():
    given(cast.accredited(), revoked()).when(REVOKE, on=DAY).refused(
        NotAccreditedAnyMore, "WZ12-28"
    )
    given(cast.accredited()).when(REVOKE, on=DAY, by=asker_for(HANGZHOU)).refused(OutsideScope)


def running(closes=DAY):
    return [cast.accredited(), cast.declared(), cast.published(), cast.opened(closes=closes)]


LADDER = [card(PROJECT), inspected(False, project=PROJECT)]


def test_a_cancelled_project_takes_its_classes_with_it():
    given(running(), LADDER).when(CANCEL, on=DAY).then(cancelled(), called_off())


def test_a_class_that_has_ended_stays():
    given(running(date(2024, 5, 19)), LADDER).when(CANCEL, on=DAY).then(cancelled())


def test_a_class_moved_beyond_the_day_goes_too():
    moved = OfferingsRedated(
        place=RUIAN,
        term=H1_2024,
        moves=(
            NewDates(
                offering=OFFERING,
                project=PROJECT,
                provider=COUNTY_SCHOOL,
                opens=DAY,
                closes=date(2024, 6, 30),
            ),
        ),
        reason="x",
    )
    given(running(date(2024, 5, 19)), moved, LADDER).when(CANCEL, on=DAY).then(
        cancelled(), called_off()
    )


def test_a_class_that_an_approved_change_moved_beyond_the_day_goes_too():
    longer = DatesChanged(
        change=cast.CHANGE,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        closes=date(2024, 6, 30),
    )
    shorter = structs.replace(longer, closes=date(2024, 5, 19))
    given(running(date(2024, 5, 19)), longer, LADDER).when(CANCEL, on=DAY).then(
        cancelled(), called_off()
    )
    given(running(date(2024, 6, 30)), shorter, LADDER).when(CANCEL, on=DAY).then(cancelled())


@pytest.mark.parametrize("reported", [False, True])
def test_a_project_cancelled_straight_after_the_card_is_a_violation(reported):
    given(running(), card(PROJECT)).when(CANCEL, on=DAY, reported=reported).found(
        "WZ12-28", Outcome.VIOLATION, StepOutOfOrder
    ).then(cancelled(), called_off())


def test_a_cancelled_project_opens_no_class_and_is_not_cancelled_again():
    past = [cast.declared(), cast.reviewed(), cast.published(), cancelled()]
    opening = OpenOffering(
        offering=OFFERING, project=PROJECT, seats=5, opens=cast.OPENS, closes=cast.OPENS
    )
    given(past).when(opening, on=DAY, by=asker_for(COUNTY_SCHOOL)).refused(
        ProjectGone, field="project"
    )
    given(cast.accredited(), past).when(CANCEL, on=DAY, by=asker_for(RUIAN)).refused(ProjectGone)


def test_a_cancelled_class_is_not_chosen():
    choose = SelectOffering(teacher=cast.LIN, offering=OFFERING)
    given(cast.registered(), cast.opened(), called_off()).when(
        choose, on=date(2024, 3, 20)
    ).refused(OfferingGone, "WZ12-28")


def test_a_project_of_another_place_is_for_its_bureau():
    elsewhere = structs.replace(cast.declared(), place=HANGZHOU)
    given(cast.accredited(), elsewhere).when(replace(CANCEL), on=DAY, by=asker_for(RUIAN)).refused(
        OutsideScope
    )
    given(background(cast.term()), cast.accredited(), elsewhere).when(
        CANCEL, on=DAY, by=asker_for(HANGZHOU)
    ).accepted()
