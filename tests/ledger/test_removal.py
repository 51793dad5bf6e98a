"""Removal: the self-selected offline projects of the province in the first half of 2020."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec import structs

from ledger.command import OutsideScope, UnknownReference
from ledger.credit import AwardCredit
from ledger.declaration import ProjectWithdrawn
from ledger.finding import Outcome
from ledger.names import ProjectId, TermId
from ledger.offering import OfferingCancelled, OfferingGone, OpenOffering
from ledger.plan import Choice, Mode
from ledger.removal import NotForRemoval, NothingToRemove, ProjectRemoval, RemoveProjects
from ledger.review import ProjectGone, ProjectRemoved, ReasonMissing
from ledger.selection import SelectOffering
from ledger.term import OpenTerm, TermOpened
from tests import cast
from tests.cast import H1_2024, H2_2020, OFFERING, PROJECT, PROVINCE, RUIAN, UNIVERSITY
from tests.given import asker_for, background, given

H1_2020 = TermId("term:2020H1")
DAY = date(2020, 7, 20)
OPEN, SPRING = background(cast.term(H1_2020), cast.term(H1_2024))
REMOVE = RemoveProjects(term=H1_2020, reason="取消上半年省级自主选课式线下培训")


def declared(
    mode=Mode.INTENSIVE,
    choice=Choice.SELF_SELECTED,
    place=PROVINCE,
    term=H1_2020,
    project=PROJECT,
):
    plan = structs.replace(cast.plan(mode=mode), choice=choice)
    return cast.declared(project, provider=UNIVERSITY, place=place, term=term, plan=plan)


def opened(offering=OFFERING):
    return cast.opened(
        offering=offering,
        provider=UNIVERSITY,
        place=PROVINCE,
        term=H1_2020,
        opens=date(2020, 3, 2),
        closes=date(2020, 5, 8),
    )


def removed(term=H1_2020, rules=("ZJ20-12",), place=PROVINCE):
    return ProjectRemoved(
        project=PROJECT,
        provider=UNIVERSITY,
        place=place,
        term=term,
        reason=REMOVE.reason,
        rules=rules,
    )


CANCELLED = OfferingCancelled(
    offering=OFFERING,
    project=PROJECT,
    provider=UNIVERSITY,
    place=PROVINCE,
    reason=REMOVE.reason,
    rules=("ZJ20-12",),
)


@pytest.mark.parametrize("mode", [Mode.INTENSIVE, Mode.BLENDED])
@pytest.mark.parametrize("named", [(), (PROJECT,)])
def test_w_105_the_province_removes_the_projects_and_their_classes(mode, named):
    given(OPEN, declared(mode), opened()).when(replace(REMOVE, projects=named), on=DAY).then(
        removed(), CANCELLED
    )


def test_w_105_afterwards_nobody_chooses_or_is_credited():
    given(cast.registered(), opened(), CANCELLED).when(
        SelectOffering(teacher=cast.LIN, offering=OFFERING), on=DAY
    ).refused(OfferingGone, "ZJ20-12", "offering")
    award = AwardCredit(credit=cast.CREDIT, teacher=cast.LIN, offering=OFFERING)
    given(cast.registered(), opened(), CANCELLED).when(award, on=DAY).refused(
        OfferingGone, "ZJ20-12"
    )


def test_w_105_a_removed_project_opens_no_class():
    opening = OpenOffering(offering=OFFERING, project=PROJECT, seats=5, opens=DAY, closes=DAY)
    published = cast.published(provider=UNIVERSITY, place=PROVINCE, term=H1_2020)
    given(declared(), published, removed()).when(opening, on=DAY, by=asker_for(UNIVERSITY)).refused(
        ProjectGone
    )


OTHERS = [
    pytest.param(declared(Mode.DISTANCE), id="distance"),
    pytest.param(declared(choice=Choice.MANDATED), id="mandated"),
    pytest.param(declared(place=RUIAN), id="of-a-county"),
    pytest.param(declared(term=H2_2020), id="next-term"),
]


@pytest.mark.parametrize("other", OTHERS)
def test_other_projects_stay(other):
    given(OPEN, background(other)).when(REMOVE, on=DAY).refused(
        NothingToRemove, "ZJ20-12", field="term"
    )
    named = replace(REMOVE, projects=(PROJECT,))
    given(OPEN, other).when(named, on=DAY).refused(NotForRemoval, "ZJ20-12", "projects")
    given(OPEN, other).when(named, on=DAY, reported=True).found(
        "ZJ20-12", Outcome.VIOLATION, NotForRemoval
    ).then(removed(other.term, place=other.place))


def test_only_what_is_meant_is_removed_with_the_term():
    distance = declared(Mode.DISTANCE, project=ProjectId("project:p2"))
    given(OPEN, declared(), distance).when(REMOVE, on=DAY).then(removed())


def test_what_is_withdrawn_or_removed_is_not_removed_again():
    withdrawn = ProjectWithdrawn(
        project=PROJECT, provider=UNIVERSITY, lead=cast.LEAD, term=H1_2020, in_window=True
    )
    given(OPEN, declared(), withdrawn).when(REMOVE, on=DAY).refused(NothingToRemove, "ZJ20-12")
    given(OPEN, declared(), removed()).when(REMOVE, on=DAY).refused(NothingToRemove, "ZJ20-12")
    given(OPEN, declared(), removed()).when(replace(REMOVE, projects=(PROJECT,)), on=DAY).refused(
        ProjectGone
    )


def test_in_another_term_no_rule_removes_anything():
    spring = replace(REMOVE, term=H1_2024, projects=(PROJECT,))
    given(SPRING, declared(term=H1_2024)).when(spring, on=cast.DAY).refused(NotForRemoval)
    given(SPRING, declared(term=H1_2024)).when(replace(spring, projects=()), on=cast.DAY).refused(
        NothingToRemove
    )


def test_removal_is_for_the_province_with_a_reason_and_of_known_projects():
    given(OPEN, declared()).when(REMOVE, on=DAY, by=asker_for(RUIAN)).refused(OutsideScope)
    given(OPEN, declared()).when(replace(REMOVE, reason=""), on=DAY).refused(ReasonMissing)
    given(OPEN).when(replace(REMOVE, projects=(PROJECT,)), on=DAY).refused(UnknownReference)


def test_the_first_half_of_2020_opens_without_a_calendar_and_its_windows_are_unknown():
    given().when(OpenTerm(term=H1_2020, title="2020年上半年"), on=DAY).then(
        TermOpened(term=H1_2020, title="2020年上半年")
    )
    opening = OpenOffering(
        offering=OFFERING,
        project=PROJECT,
        seats=5,
        opens=date(2020, 3, 2),
        closes=date(2020, 5, 8),
        adviser=cast.ADVISER,
    )
    published = cast.published(provider=UNIVERSITY, place=PROVINCE, term=H1_2020)
    answer = given(declared(Mode.DISTANCE), published).when(opening, on=date(2020, 2, 3))
    assert {each.outcome for each in answer.findings} == {Outcome.INDETERMINATE}


@pytest.mark.parametrize("level", ["VILLAGE", "CITY", "COUNTY"])
def test_the_province_removes_projects_of_its_own_level_only(level):
    strange = ProjectRemoval(applies_to=("OFFLINE",), choice=Choice.SELF_SELECTED, levels=(level,))
    assert level in str(strange.wrong())
