"""Why not, over HTTP: the reasons with clause and events, as of any moment, for who may know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ledger.admission import ConfirmEnrollment
from ledger.command import Role
from ledger.expansion import DecideExpansion, RequestExpansion
from ledger.invitation import SendTrainingNotices
from ledger.store.ledger import Ledger
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING, OTHER_SCHOOL, RUIAN, SCHOOL, ZHOU
from tests.server import Party, Served, serving, spoken
from tests.storied import storied
from tests.town import (
    CREDIT,
    HOME_CREDIT,
    KEY,
    Hand,
    chosen,
    database,
    declared,
    registered,
    tell,
)
from tests.town import codes as codes_of

TOLD = """{
  answer zh en position
  reasons {
    code zh en rule number clause clauseZh clauseEn certain parameters chosenFor chosenOn
    evidence opposing facts missing { code zh en day }
  }
}"""
PAIR = ("whyNotSelected", "whyNotCompleted", "whyNotAdmitted", "whyNotCounted")
STRANGERS = [
    (Role.PUBLIC, ""),
    (Role.TEACHER, ZHOU),
    (Role.SCHOOL, "school:unheard-of"),
    (Role.PROVIDER, "provider:wenzhou-university"),
    (Role.BUREAU, "jurisdiction:330382"),
    (Role.AUDITOR, "jurisdiction:330100"),
]


@pytest.fixture(scope="module")
def town(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server over the story."""
    with storied(postgres_url, founded_template, tmp_path_factory.mktemp("why")) as server:
        yield server


@pytest.fixture(scope="module")
def tight(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server over the story as it goes without an expansion: one of three finds no seat."""
    moves = [
        each
        for each in [*registered(), *declared(), *chosen()]
        if not isinstance(each.command, RequestExpansion | DecideExpansion | SendTrainingNotices)
    ]
    last = ConfirmEnrollment(teacher=ZHOU, offering=OFFERING, admitted=False, reason="名额已满")
    moves[-1] = replace(moves[-1], command=last)
    with database(postgres_url, founded_template) as url:
        with Ledger(url, KEY, Hand()) as opened:
            assert [codes_of(each) for each in tell(opened, moves)] == [[[]]] * len(moves)
        with serving(url, tmp_path_factory.mktemp("tight")) as server:
            server.house.runner.catch_up()
            yield server


def why(party: Party, question: str, **asked: Any) -> Any:
    """What the party is told."""
    credit = question == "whyNotCounted"
    document = (
        f"query({'$credit: ID, ' if credit else ''}$teacher: ID{'' if credit else '!'}, "
        f"$offering: ID{'' if credit else '!'}, $on: Date, $asOf: AsOf) {{ "
        f"{question}({'credit: $credit, ' if credit else ''}teacher: $teacher, "
        f"offering: $offering, on: $on, asOf: $asOf) {TOLD} }}"
    )
    told = party.ask(document, **asked)[question]
    for each in [] if told is None else [{"code": told["answer"]} | told, *told["reasons"]]:
        spoken(each)
    return told


def types(town: Served, events: list[str]) -> list[str]:
    """What the events are."""
    found = [town.house.ledger.feed.find(each) for each in events]
    assert None not in found
    return [each.event.NAME for each in found if each is not None]


def codes(told: Any) -> list[str]:
    """The codes of the reasons."""
    return [each["code"] for each in told["reasons"]]


def position_of(town: Served, kind: str, nth: int = 0) -> int:
    """Where an event of a type stands."""
    history = (
        "query($t: [String!]) { history(filter: {types: $t}) { edges { node { position } } } }"
    )
    edges = town.operator.ask(history, t=[kind])["history"]["edges"]
    return int(edges[nth]["node"]["position"])


def test_a_selection_is_explained_as_the_rules_and_events_stood(town: Served) -> None:
    teacher = town.party(Role.TEACHER, LIN)
    opened = position_of(town, "offering.opened")
    asked = {"teacher": LIN, "offering": OFFERING}

    early = why(teacher, PAIR[0], **asked, on="2024-03-18", asOf={"position": opened})
    assert (early["answer"], early["position"]) == ("REFUSED", opened)
    [closed] = [each for each in early["reasons"] if each["code"] == "WINDOW_CLOSED"]
    assert (closed["rule"], closed["number"]) == ("ZJ24-13", "浙教办函〔2024〕37号")
    assert closed["parameters"] == {"first": "2024-03-19", "last": "2024-03-26"}
    assert [(each["code"], each["day"]) for each in closed["missing"]] == [
        ("WINDOW_OPENS", "2024-03-19")
    ]
    free = why(teacher, PAIR[0], **asked, on="2024-03-20", asOf={"position": opened})
    assert (free["answer"], free["reasons"]) == ("NOTHING_AGAINST", [])
    before = why(town.operator, PAIR[0], **asked, on="2024-03-20", asOf={"position": opened - 1})
    assert [each["code"] for each in before["reasons"][0]["missing"]] == ["NOT_OPENED"]
    now = why(teacher, PAIR[0], **asked)
    assert (now["answer"], types(town, now["reasons"][0]["opposing"])) == (
        "DONE",
        ["enrollment.confirmed"],
    )


def test_a_denied_completion_names_clause_and_events(town: Served) -> None:
    told = why(town.party(Role.SCHOOL, SCHOOL), PAIR[1], teacher=CHEN, offering=OFFERING)

    assert (told["answer"], codes(told)[0]) == ("DENIED", "ASSESSMENT_FAILED")
    decided = told["reasons"][0]
    assert types(town, decided["opposing"]) == ["assessment.recorded"]
    assert "completion.denied" in types(town, decided["evidence"])
    assert decided["facts"]["decided"] == "true"


def test_a_training_that_was_ended_is_told_by_the_breach(town: Served) -> None:
    told = why(town.party(Role.TEACHER, ZHOU), PAIR[1], teacher=ZHOU, offering=OFFERING)

    assert (told["answer"], codes(told)) == ("DENIED", ["MISCONDUCT"])
    assert types(town, told["reasons"][0]["opposing"]) == ["misconduct.recorded"]
    assert told["reasons"][0]["clause"]


def test_an_open_completion_says_what_is_missing_at_that_moment(town: Served) -> None:
    position = position_of(town, "attendance.recorded") - 1
    told = why(
        town.party(Role.PROVIDER, COUNTY_SCHOOL),
        PAIR[1],
        teacher=LIN,
        offering=OFFERING,
        on="2024-04-08",
        asOf={"position": position},
    )

    assert told["answer"] == "OPEN"
    assert [each["code"] for each in told["reasons"][0]["missing"]] == [
        "NOT_ENDED",
        "ASSESSMENT_MISSING",
        "NOT_SETTLED",
    ]


def test_a_screening_is_told_with_its_order_and_that_it_can_be_run_again(town: Served) -> None:
    position = position_of(town, "screening.applicant-placed", 2)
    asked = {"teacher": ZHOU, "offering": OFFERING, "asOf": {"position": position}}
    told = why(town.party(Role.PROVIDER, COUNTY_SCHOOL), PAIR[2], **asked)

    facts = told["reasons"][0]["facts"]
    assert (told["answer"], facts["by"], facts["agrees"]) == ("OPEN", "FIRST_COME", "true")
    assert (facts["rank"], facts["seats"]) == ("3", "3")
    assert types(town, told["reasons"][0]["evidence"]) == [
        "screening.announced",
        "screening.applicants-screened",
        "screening.applicant-placed",
    ]
    now = why(town.party(Role.TEACHER, ZHOU), PAIR[2], teacher=ZHOU, offering=OFFERING)
    assert now["answer"] == "ADMITTED"


def test_who_found_no_seat_is_told_by_which_order(tight: Served) -> None:
    provider = tight.party(Role.PROVIDER, COUNTY_SCHOOL)
    told = why(provider, PAIR[2], teacher=ZHOU, offering=OFFERING)
    order, refused = told["reasons"]
    facts = order["facts"]

    assert (told["answer"], order["code"]) == ("NOT_ADMITTED", "BEYOND_SEATS")
    assert (facts["rank"], facts["seats"], facts["lastRank"]) == ("3", "2", "2")
    assert (facts["decidedBy"], facts["lastAdmitted"]) == ("ARRIVED", CHEN)
    assert types(tight, refused["opposing"]) == ["enrollment.declined"]
    assert refused["facts"] == {"reason": "名额已满"}
    own = why(tight.party(Role.TEACHER, ZHOU), PAIR[2], teacher=ZHOU, offering=OFFERING)
    assert own["answer"] == "NOT_ADMITTED"
    assert CHEN not in str(own)


def test_a_teacher_is_told_no_other_teachers_name(town: Served) -> None:
    position = position_of(town, "enrollment.confirmed", 1)
    asked = {"teacher": ZHOU, "offering": OFFERING, "asOf": {"position": position}}
    provider = why(town.party(Role.PROVIDER, COUNTY_SCHOOL), PAIR[2], **asked)
    for party in (town.party(Role.TEACHER, ZHOU), town.party(Role.SCHOOL, SCHOOL)):
        told = why(party, PAIR[2], **asked)
        assert CHEN not in str(told)
        assert told["reasons"][0]["facts"]["lastRank"] == "2"

    assert provider["reasons"][0]["facts"]["lastAdmitted"] == CHEN


def test_a_day_leaves_out_what_came_after_it(town: Served) -> None:
    asked = {"teacher": LIN, "offering": OFFERING}
    told = why(town.operator, PAIR[2], **asked, on="2024-03-25")

    assert told["answer"] == "OPEN"
    assert [each["code"] for each in told["reasons"][0]["missing"]] == ["SCHOOL_REVIEW"]


def test_a_credit_is_told_by_its_name_and_by_its_offering(town: Served) -> None:
    teacher = town.party(Role.TEACHER, LIN)
    day = "2024-06-30"
    by_name = why(teacher, PAIR[3], credit=CREDIT, on=day)
    by_offering = why(teacher, PAIR[3], teacher=LIN, offering=OFFERING, on=day)

    assert by_name == by_offering
    assert (by_name["answer"], codes(by_name)) == ("NOT_COUNTED", ["REVOKED"])
    assert types(town, by_name["reasons"][0]["opposing"]) == ["credit.revoked"]
    awarded = position_of(town, "credit.awarded")
    then = why(teacher, PAIR[3], credit=CREDIT, on=day, asOf={"position": awarded})
    assert (then["answer"], codes(then)) == ("PARTLY_COUNTED", ["DEDUCTED"])
    assert why(teacher, PAIR[3], credit=CREDIT, asOf={"position": awarded - 1}) is None
    before = why(teacher, PAIR[3], teacher=LIN, offering=OFFERING,
                 asOf={"position": awarded - 1})  # fmt: skip
    assert codes(before) == ["NOT_AWARDED"]
    assert why(teacher, PAIR[3], credit=HOME_CREDIT, on=day)["answer"] == "COUNTED"


def test_a_denied_training_earns_nothing_and_says_why(town: Served) -> None:
    told = why(town.party(Role.BUREAU, RUIAN), PAIR[3], teacher=CHEN, offering=OFFERING)

    assert codes(told)[:2] == ["NOT_COMPLETED", "ASSESSMENT_FAILED"]


@pytest.mark.parametrize("question", PAIR)
@pytest.mark.parametrize(("role", "scope"), STRANGERS)
def test_a_stranger_is_told_nothing(town: Served, question: str, role: Role, scope: str) -> None:
    assert why(town.party(role, scope), question, teacher=CHEN, offering=OFFERING) is None


@pytest.mark.parametrize(("role", "scope"), STRANGERS)
def test_a_stranger_is_told_nothing_of_a_credit(town: Served, role: Role, scope: str) -> None:
    assert why(town.party(role, scope), "whyNotCounted", credit=CREDIT) is None


@pytest.mark.parametrize("question", PAIR)
@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.TEACHER, CHEN),
        (Role.SCHOOL, SCHOOL),
        (Role.BUREAU, RUIAN),
        (Role.BUREAU, "jurisdiction:330300"),
        (Role.AUDITOR, RUIAN),
        (Role.INTEGRATOR, RUIAN),
        (Role.OPERATOR, "ledger:xuefen"),
    ],
)
def test_who_may_see_the_teacher_is_told(
    town: Served, question: str, role: Role, scope: str
) -> None:
    assert why(town.party(role, scope), question, teacher=CHEN, offering=OFFERING)["reasons"]


@pytest.mark.parametrize(
    ("question", "told"), list(zip(PAIR, (False, True, True, False), strict=True))
)
def test_a_provider_is_told_of_its_own_trainees_and_not_of_their_records(
    town: Served, question: str, told: bool
) -> None:
    provider = town.party(Role.PROVIDER, COUNTY_SCHOOL)

    assert bool(why(provider, question, teacher=CHEN, offering=OFFERING)) is told
    assert why(provider, question, teacher=CHEN, offering="offering:other") is None


def test_the_school_that_a_teacher_left_is_told_of_what_was_chosen_there(town: Served) -> None:
    left, new = town.party(Role.SCHOOL, SCHOOL), town.party(Role.SCHOOL, OTHER_SCHOOL)
    asked = {"teacher": LIN, "offering": OFFERING}

    assert why(left, PAIR[1], **asked)["answer"] == "DONE"
    assert [why(left, each, **asked) for each in (PAIR[0], PAIR[3])] == [None, None]
    assert all(why(new, each, **asked) for each in PAIR)


@pytest.mark.parametrize("question", PAIR)
def test_a_teacher_whom_nobody_knows_is_absent(town: Served, question: str) -> None:
    assert why(town.operator, question, teacher="teacher:nobody", offering=OFFERING) is None


@pytest.mark.parametrize("question", PAIR[:3])
def test_an_offering_that_nobody_opened_is_said_to_be_unknown(town: Served, question: str) -> None:
    told = why(town.operator, question, teacher=LIN, offering="offering:nowhere")

    assert codes(told) == ["UNKNOWN_REFERENCE"]


@pytest.mark.parametrize("question", PAIR)
@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"teacher": "lin", "offering": OFFERING}, "MALFORMED_NAME", "teacher"),
        ({"teacher": LIN, "offering": "teacher:lin"}, "MALFORMED_NAME", "offering"),
        ({"teacher": LIN, "offering": OFFERING, "asOf": {"position": 10**6}}, "BEYOND_HEAD", None),
    ],
)
def test_what_makes_no_sense_is_named(
    town: Served, question: str, given: dict[str, Any], code: str, field: str | None
) -> None:
    document = (
        f"query($teacher: ID!, $offering: ID!, $asOf: AsOf) {{ {question}(teacher: $teacher, "
        "offering: $offering, asOf: $asOf) { answer } }"
    )
    [error] = town.operator.errors(document, **given)

    assert error["code"] == code
    assert field in (None, error["field"])


@pytest.mark.parametrize(
    "given", ["", f'(teacher: "{LIN}")', f'(credit: "{CREDIT}", teacher: "{LIN}")']
)
def test_a_credit_is_asked_for_in_one_of_two_ways(town: Served, given: str) -> None:
    [error] = town.operator.errors(f"{{ whyNotCounted{given} {{ answer }} }}")

    assert error["code"] == "BAD_SUBJECT"


def test_no_reason_names_an_event_twice(town: Served) -> None:
    ask = "query($t: ID!, $o: ID!) { found: %s(teacher: $t, offering: $o) " + TOLD + " }"
    for teacher in (LIN, CHEN, ZHOU):
        for what in PAIR:
            found = town.operator.ask(ask % what, t=str(teacher), o=str(OFFERING))["found"]
            for each in found["reasons"]:
                for named in (each["evidence"], each["opposing"]):
                    assert len(named) == len({*named}), (what, each)
