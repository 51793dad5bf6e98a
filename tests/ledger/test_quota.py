"""Quotas of providers and limits of leads, at their bound and just past it."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.accreditation import QuotaCategory, Reach
from ledger.declaration import DeclareProject, ProjectWithdrawn
from ledger.finding import Outcome
from ledger.names import ProjectId
from ledger.plan import Audience, Mode
from ledger.quota import (
    LeadElsewhere,
    LeadOfferings,
    LeadOverloaded,
    LeadProviders,
    OrderPlan,
    ProjectQuota,
    ProjectQuotaNew,
    QuotaExceeded,
    QuotaUnknown,
)
from tests import cast
from tests.cast import (
    COUNTY_SCHOOL,
    DISTANCE,
    H1_2024,
    H2_2019,
    H2_2020,
    LEAD,
    NORMAL_UNIVERSITY,
    OTHER_LEAD,
    PROVINCE,
    RUIAN,
    UNIVERSITY,
)
from tests.given import background, given, on

DECLARATION_DAY = date(2024, 3, 8)


def declare(provider=UNIVERSITY, *, term=H1_2024, place=PROVINCE, lead=LEAD, **details):
    details = {"plan": cast.plan(audience=Audience.PROVINCE)} | details
    return DeclareProject(
        project=ProjectId("project:new"),
        provider=provider,
        place=place,
        term=term,
        lead=cast.lead(lead),
        **details,
    )


@pytest.mark.parametrize(
    ("host", "provider", "most", "rule"),
    [
        pytest.param(cast.normal_university(), NORMAL_UNIVERSITY, 40, "ZJ24-01", id="W-160"),
        pytest.param(cast.university(), UNIVERSITY, 25, "ZJ24-02", id="W-162-university"),
        pytest.param(cast.distance_provider(), DISTANCE, 35, "ZJ24-03", id="W-162-distance"),
        pytest.param(cast.distance_provider(date(2023, 6, 1)), DISTANCE, 5, "ZJ24-05", id="W-163"),
    ],
)
def test_the_last_project_of_a_quota_is_accepted_and_the_next_refused(host, provider, most, rule):
    command = declare(provider)
    before = [cast.trained(), cast.term(), host]

    last = given(before, cast.projects(most - 1, provider=provider)).when(
        command, on=DECLARATION_DAY
    )
    assert (rule,) == last.accepted().facts[0].rules

    past = [*before, *cast.projects(most, provider=provider)]
    answer = given(past).when(command, on=DECLARATION_DAY)
    answer.refused(QuotaExceeded, rule, field="project")
    assert len(set(answer.refusals[0].evidence)) == most
    given(past).when(command, on=DECLARATION_DAY, reported=True).found(
        rule, Outcome.VIOLATION, QuotaExceeded
    )


@pytest.mark.parametrize(
    ("day", "accepted"),
    [
        pytest.param(date(2024, 3, 7), False, id="W-165"),
        pytest.param(date(2024, 3, 8), True, id="W-165-anniversary"),
    ],
)
def test_a_provider_is_new_until_the_anniversary_of_its_accreditation(day, accepted):
    answer = given(
        cast.trained(),
        cast.term(),
        cast.university(since=date(2023, 3, 8)),
        cast.projects(5, provider=UNIVERSITY),
    ).when(declare(), on=day)
    if accepted:
        answer.accepted()
    else:
        answer.refused(QuotaExceeded, "ZJ24-05")


@pytest.mark.parametrize(
    ("count", "accepted"),
    [pytest.param(49, True, id="W-099"), pytest.param(50, False, id="W-099-next")],
)
def test_in_2020_a_distance_provider_declares_fifty_projects(count, accepted):
    answer = given(
        cast.trained(),
        cast.term(H2_2020),
        cast.distance_provider(),
        cast.projects(count, provider=DISTANCE, term=H2_2020),
    ).when(
        declare(
            DISTANCE,
            term=H2_2020,
            plan=cast.plan(audience=Audience.PROVINCE, mode=Mode.DISTANCE),
        ),
        on=date(2020, 7, 20),
    )
    if accepted:
        answer.accepted()
    else:
        answer.refused(QuotaExceeded, "ZJ20-14")


def test_a_provider_without_a_category_cannot_be_judged():
    host = cast.accredited(UNIVERSITY, place=PROVINCE, reach=Reach.PROVINCE_WIDE)
    answer = given(cast.trained(), cast.term(), host).when(declare(), on=DECLARATION_DAY)
    answer.found(None, Outcome.INDETERMINATE, QuotaUnknown)
    assert "no quota category" in answer.findings[0].en


def test_a_term_without_a_quota_cannot_be_judged():
    answer = given(cast.trained(), cast.term(H2_2019), cast.university()).when(
        declare(term=H2_2019), on=date(2019, 6, 20)
    )
    answer.found(None, Outcome.INDETERMINATE, QuotaUnknown)
    [said] = [each for each in answer.findings if each.code == "QUOTA_UNKNOWN"]
    assert "no document sets" in said.en
    assert "category" not in said.en


def test_a_new_provider_is_judged_even_without_a_category():
    host = cast.accredited(UNIVERSITY, place=PROVINCE, since=date(2023, 6, 1))
    given(cast.trained(), cast.term(), host, cast.projects(5, provider=UNIVERSITY)).when(
        declare(), on=DECLARATION_DAY
    ).refused(QuotaExceeded, "ZJ24-05")


def test_a_project_withdrawn_while_the_window_was_open_does_not_count():
    full = cast.projects(25, provider=UNIVERSITY)
    taken_back = ProjectWithdrawn(
        project=full[0].project,
        provider=UNIVERSITY,
        lead=full[0].lead.staff,
        term=H1_2024,
        in_window=True,
    )
    given(cast.trained(), cast.term(), cast.university(), full, taken_back).when(
        declare(), on=DECLARATION_DAY
    ).accepted()


def test_a_project_withdrawn_later_counts():
    full = cast.projects(25, provider=UNIVERSITY)
    taken_back = ProjectWithdrawn(
        project=full[0].project,
        provider=UNIVERSITY,
        lead=full[0].lead.staff,
        term=H1_2024,
        in_window=False,
    )
    given(cast.trained(), cast.term(), cast.university(), full, taken_back).when(
        declare(), on=DECLARATION_DAY
    ).refused(QuotaExceeded, "ZJ24-02")


def test_b_certificate_projects_come_on_top():
    b = declare(plan=cast.plan(audience=Audience.PROVINCE, b_certificate=True))
    answer = given(
        cast.trained(), cast.term(), cast.university(), cast.projects(25, provider=UNIVERSITY)
    ).when(b, on=DECLARATION_DAY)

    assert not answer.accepted().facts[0].counts_for_quota


def test_w_193_a_local_project_uses_no_provincial_quota():
    local = declare(COUNTY_SCHOOL, place=RUIAN, plan=cast.plan())
    answer = given(
        cast.trained(),
        cast.term(),
        cast.accredited(category=QuotaCategory.PROVINCE_WIDE),
        cast.projects(25, provider=COUNTY_SCHOOL, place=RUIAN, counts=False),
    ).when(local, on=DECLARATION_DAY)

    assert not answer.accepted().facts[0].counts_for_quota


def test_projects_of_another_term_do_not_count():
    given(
        cast.trained(),
        cast.term(),
        cast.university(),
        background(cast.projects(25, provider=UNIVERSITY, term=H2_2020)),
    ).when(declare(), on=DECLARATION_DAY).accepted()


@pytest.mark.parametrize(
    ("offerings", "accepted"),
    [pytest.param(4, True, id="W-169"), pytest.param(5, False, id="W-169-more")],
)
def test_a_lead_has_four_offerings_at_most(offerings, accepted):
    past = [cast.trained(), cast.term(), cast.university()]
    answer = given(past).when(declare(offerings=offerings), on=DECLARATION_DAY)
    if accepted:
        answer.accepted()
        return
    answer.refused(LeadOverloaded, "ZJ24-54", field="lead")
    given(past).when(declare(offerings=offerings), on=DECLARATION_DAY, reported=True).found(
        "ZJ24-54", Outcome.VIOLATION, LeadOverloaded
    )


def led(offerings, *, provider=UNIVERSITY, order=None):
    return cast.declared(
        provider=provider,
        place=PROVINCE,
        lead=cast.lead(LEAD),
        offerings=offerings,
        order=order,
    )


@pytest.mark.parametrize(("offerings", "accepted"), [(1, True), (2, False)])
def test_the_offerings_of_a_lead_add_up_over_projects(offerings, accepted):
    answer = given(cast.trained(), cast.term(), cast.university(), led(3)).when(
        declare(offerings=offerings), on=DECLARATION_DAY
    )
    if accepted:
        answer.accepted()
        return
    answer.refused(LeadOverloaded, "ZJ24-54")
    assert len(answer.refusals[0].evidence) == 1


def test_w_171_a_lead_declares_with_one_provider_only():
    past = [cast.trained(), cast.term(), cast.university(), led(2, provider=DISTANCE)]
    answer = given(past).when(declare(), on=DECLARATION_DAY)
    answer.refused(LeadElsewhere, "ZJ24-55", field="lead")
    assert len(answer.refusals[0].evidence) == 1
    given(past).when(declare(), on=DECLARATION_DAY, reported=True).found(
        "ZJ24-55", Outcome.VIOLATION, LeadElsewhere
    )


def test_a_lead_whose_project_elsewhere_was_taken_back_is_free_again():
    taken_back = ProjectWithdrawn(
        project=cast.PROJECT, provider=DISTANCE, lead=LEAD, term=H1_2024, in_window=True
    )
    given(
        cast.trained(), cast.term(), cast.university(), led(2, provider=DISTANCE), taken_back
    ).when(declare(), on=DECLARATION_DAY).accepted()


def test_the_limits_of_a_lead_bind_each_person():
    given(cast.trained(), cast.term(), cast.university(), led(4)).when(
        declare(lead=OTHER_LEAD), on=DECLARATION_DAY
    ).accepted()


@pytest.mark.parametrize("term", [H2_2019, H2_2020])
def test_before_2024_no_document_limits_a_lead(term):
    day = {H2_2019: date(2019, 6, 20), H2_2020: date(2020, 7, 20)}[term]
    local = declare(COUNTY_SCHOOL, place=RUIAN, term=term, plan=cast.plan(), offerings=9)
    given(cast.trained(), cast.term(term), cast.accredited()).when(local, on=day).accepted()


@pytest.mark.parametrize(
    ("before", "outcome"),
    [
        pytest.param(3, None, id="W-175"),
        pytest.param(4, Outcome.DEVIATION, id="W-175-fifth"),
    ],
)
def test_order_based_offerings_count_for_the_lead_but_refuse_nothing(before, outcome):
    command = declare(place=RUIAN, order=cast.ORDER)
    answer = given(
        cast.trained(), cast.term(), cast.university(), led(before), cast.order_awarded()
    ).when(command, on=date(2024, 3, 16))
    if outcome:
        answer.found("ZJ24-42", outcome, LeadOverloaded)
    else:
        answer.accepted()


def test_order_based_projects_use_no_quota():
    answer = given(
        cast.trained(),
        cast.term(),
        cast.university(),
        cast.projects(25, provider=UNIVERSITY),
        on(date(2024, 3, 15), cast.order_awarded()),
    ).when(declare(place=RUIAN, order=cast.ORDER), on=date(2024, 3, 16))

    assert not answer.accepted().facts[0].counts_for_quota


@pytest.mark.parametrize(("count", "accepted"), [(49, True), (50, False)])
def test_w_099_in_2020_the_qualification_counts_and_not_the_category(count, accepted):
    host = cast.accredited(DISTANCE, place=PROVINCE, reach=Reach.PROVINCE_WIDE, distance=True)
    answer = given(
        cast.trained(),
        cast.term(H2_2020),
        host,
        cast.projects(count, provider=DISTANCE, term=H2_2020),
    ).when(
        declare(
            DISTANCE,
            place=PROVINCE,
            term=H2_2020,
            plan=cast.plan(mode=Mode.DISTANCE, audience=Audience.PROVINCE),
        ),
        on=date(2020, 7, 20),
    )
    if accepted:
        answer.accepted()
    else:
        answer.refused(QuotaExceeded, "ZJ20-14")


def test_in_2020_the_category_without_the_qualification_gives_no_quota():
    host = cast.accredited(
        DISTANCE,
        place=PROVINCE,
        reach=Reach.PROVINCE_WIDE,
        category=QuotaCategory.DISTANCE,
        distance=False,
    )
    plan = cast.plan(mode=Mode.DISTANCE, audience=Audience.PROVINCE)
    given(cast.trained(), cast.term(H2_2020), host).when(
        declare(DISTANCE, place=PROVINCE, term=H2_2020, plan=plan), on=date(2020, 7, 20)
    ).found(None, Outcome.INDETERMINATE, QuotaUnknown)


def test_a_negative_limit_is_named_and_a_higher_one_asks_for_less():
    assert "projects_max" in str(ProjectQuota(projects_max=-1).wrong())
    assert "offerings_max" in str(LeadOfferings(offerings_max=-1).wrong())
    assert "providers_max" in str(LeadProviders(providers_max=-1).wrong())
    assert "plans_per_order" in str(OrderPlan(plans_per_order=0).wrong())
    assert ProjectQuota(projects_max=41).laxer(ProjectQuota(projects_max=40))
    assert not LeadOfferings(offerings_max=4).laxer(LeadOfferings(offerings_max=4))
    older = ProjectQuotaNew(projects_max=5, accredited_years_below=2)
    assert ProjectQuotaNew(projects_max=5, accredited_years_below=1).laxer(older)
    assert "accredited_years_below" in str(
        ProjectQuotaNew(projects_max=5, accredited_years_below=-1).wrong()
    )
