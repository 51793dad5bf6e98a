"""The register of findings over HTTP: what became of each, who decides, who sees it, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ledger.closing import CloseOffering
from ledger.command import Role
from ledger.log import LogDay
from ledger.notice import NotifyDenial
from ledger.redress import ReopenFinding, ResolveFinding
from ledger.safeguard import RecordSafeguard
from tests.cast import (
    CHEN,
    COUNTY_SCHOOL,
    HANGZHOU,
    LIN,
    OFFERING,
    OTHER_SCHOOL,
    PROVINCE,
    RUIAN,
    SCHOOL,
    UNIVERSITY,
    WENZHOU,
)
from tests.server import Party, Served, codes, serving
from tests.town import attended, chosen, database, declared, held, registered, settled, tell

END = date(2024, 4, 20)
ROW = """id position on at code rule citation outcome state subjects place evidence
lacking { events about value }
resolvedBy { state event position derived reason evidence } steps { state derived }"""
LIST = """
query($state: [FindingState!], $outcome: [Outcome!], $rule: Text, $code: Text, $place: ID,
      $subject: ID, $school: ID, $provider: ID, $onFrom: Date, $onTo: Date,
      $knownFrom: DateTime, $knownTo: DateTime, $first: Int, $after: String, $asOf: AsOf,
      $at: Position) {
  findings(state: $state, outcome: $outcome, rule: $rule, code: $code, place: $place,
      subject: $subject, school: $school, provider: $provider, onFrom: $onFrom, onTo: $onTo,
      knownFrom: $knownFrom, knownTo: $knownTo, first: $first, after: $after, asOf: $asOf,
      atLeast: $at) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { %s } }
  }
  findingCounts(state: $state, outcome: $outcome, rule: $rule, code: $code, place: $place,
      subject: $subject, school: $school, provider: $provider, onFrom: $onFrom, onTo: $onTo,
      knownFrom: $knownFrom, knownTo: $knownTo, asOf: $asOf, atLeast: $at) {
    total byRule { rule count } byOutcome { outcome count } byState { state count }
    rows { rule outcome state count }
  }
}
""".replace("%s", ROW)
ONE = f"query($id: ID!, $asOf: AsOf) {{ finding(id: $id, asOf: $asOf) {{ {ROW} }} }}"


@pytest.fixture(scope="module")
def town(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server on whose ledger a class was held and closed."""
    folder = tmp_path_factory.mktemp("findings")
    with database(postgres_url, founded_template) as url, serving(url, folder) as served:
        chapters = (registered, declared, chosen, held, attended, settled)
        tell(served.house.ledger, [move for chapter in chapters for move in chapter()])
        served.clock.set(END)
        provider = served.party(Role.PROVIDER, COUNTY_SCHOOL)
        assert codes(provider.mutate(CloseOffering, {"offering": OFFERING}, "close")) == []
        yield served


def seen(party: Party, **given: Any) -> list[Any]:
    """The findings that a party sees, the counts of which add up to them in every way."""
    given.setdefault("at", party.served.head)
    told = party.ask(LIST, **given)
    counts, page = told["findingCounts"], told["findings"]
    for name in ("byRule", "byOutcome", "byState", "rows"):
        assert sum(each["count"] for each in counts[name]) == counts["total"]
    assert page["totalCount"] == counts["total"]
    return [edge["node"] for edge in page["edges"]]


def the(party: Party, code: str, **given: Any) -> Any:
    """The latest finding of a code."""
    return seen(party, code=code, **given)[0]


def ok(answer: Any) -> Any:
    """The answer to a command that was recorded."""
    assert codes(answer) == []
    return answer


def test_what_is_done_later_puts_the_finding_right_and_the_past_still_says_open(
    town: Served,
) -> None:
    provider = town.party(Role.PROVIDER, COUNTY_SCHOOL)
    before, found = town.head, the(provider, "SAFETY_UNTAUGHT")
    assert (found["state"], found["resolvedBy"], len(found["lacking"])) == ("OPEN", None, 1)

    town.clock.set(date(2024, 4, 22))
    taught = {"offering": OFFERING, "kind": "SAFETY_EDUCATION", "day": "2024-04-08", "note": "补录"}
    answer = ok(provider.mutate(RecordSafeguard, taught, "taught"))

    now = the(provider, "SAFETY_UNTAUGHT")
    [event] = answer["events"]
    assert (now["state"], now["lacking"], now["id"]) == ("RECTIFIED", [], found["id"])
    assert now["resolvedBy"] == {
        "state": "RECTIFIED",
        "event": event["id"],
        "position": event["position"],
        "derived": True,
        "reason": "",
        "evidence": [event["id"]],
    }
    for moment in ({"position": before}, {"effective": "2024-04-21"}):
        assert the(provider, "SAFETY_UNTAUGHT", asOf=moment) == found
        assert provider.ask(ONE, id=found["id"], asOf=moment)["finding"] == found
    assert provider.ask(ONE, id=found["id"])["finding"] == now


def test_a_log_of_several_days_is_made_good_day_by_day(town: Served) -> None:
    provider = town.party(Role.PROVIDER, COUNTY_SCHOOL)
    [lack] = the(provider, "LOG_MISSING")["lacking"]
    assert lack == {"events": ["schedule.day-logged"], "about": [OFFERING], "value": "2024-04-10"}

    ok(provider.mutate(LogDay, {"offering": OFFERING, "day": lack["value"], "note": "补记"}, "log"))

    assert the(provider, "LOG_MISSING")["state"] == "RECTIFIED"


def test_who_is_told_at_last_closes_the_finding_about_the_notice(town: Served) -> None:
    provider = town.party(Role.PROVIDER, COUNTY_SCHOOL)
    incomplete = seen(provider, code="NOTICE_INCOMPLETE", subject=CHEN)
    assert [each["state"] for each in incomplete] == ["OPEN"]

    told = {"teacher": CHEN, "offering": OFFERING, "recipients": ["BUREAU"]}
    ok(provider.mutate(NotifyDenial, told, "told"))

    now = seen(provider, code="NOTICE_INCOMPLETE", subject=CHEN)
    assert {each["state"] for each in now} == {"RECTIFIED"}
    assert {each["resolvedBy"]["derived"] for each in now} == {True}


def test_the_bureau_closes_what_no_event_can_and_opens_it_again(town: Served) -> None:
    bureau = town.party(Role.BUREAU, RUIAN)
    found = the(bureau, "ADVISER_MISSING")
    asked = {"id": found["id"], "subject": OFFERING, "how": "ACCEPTED", "reason": "情况特殊"}

    for stranger in (HANGZHOU, WENZHOU, PROVINCE):
        other = town.party(Role.BUREAU, stranger)
        assert codes(other.mutate(ResolveFinding, asked, f"no-{stranger}")) == ["OUTSIDE_SCOPE"]
    ok(bureau.mutate(ResolveFinding, {**asked, "evidence": found["evidence"]}, "accept"))
    assert codes(bureau.mutate(ResolveFinding, asked, "again")) == ["ALREADY_RESOLVED"]

    by = the(bureau, "ADVISER_MISSING")["resolvedBy"]
    assert (by["state"], by["derived"], by["reason"]) == ("ACCEPTED", False, "情况特殊")
    assert by["evidence"] == found["evidence"]
    reopened = {"id": found["id"], "subject": OFFERING, "reason": "材料不实"}
    ok(bureau.mutate(ReopenFinding, reopened, "reopen"))
    assert codes(bureau.mutate(ReopenFinding, reopened, "reopen2")) == ["NOT_RESOLVED"]
    after = the(bureau, "ADVISER_MISSING")
    assert (after["state"], after["resolvedBy"]) == ("OPEN", None)
    assert [each["state"] for each in after["steps"]] == ["ACCEPTED", "OPEN"]


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.PROVIDER, COUNTY_SCHOOL),
        (Role.AUDITOR, RUIAN),
        (Role.SCHOOL, SCHOOL),
        (Role.TEACHER, LIN),
    ],
)
def test_nobody_but_a_bureau_decides(town: Served, role: Role, scope: str) -> None:
    found = the(town.operator, "ADVISER_MISSING")
    document = (
        'mutation($i: ResolveFindingInput!) { resolveFinding(input: $i, requestId: "x") '
        "{ __typename } }"
    )
    given = {"id": found["id"], "subject": OFFERING, "how": "MISTAKEN", "reason": "x"}
    [refused] = town.party(role, scope).errors(document, i=given)

    assert refused["code"] == "FORBIDDEN_ROLE"


def test_each_filter_keeps_what_it_says_and_nothing_else(town: Served) -> None:
    everything = seen(town.operator, first=500)
    assert [each["position"] for each in everything] == sorted(
        (each["position"] for each in everything), reverse=True
    )
    for given, fits in (
        ({"state": ["OPEN"]}, lambda row: row["state"] == "OPEN"),
        ({"state": ["RECTIFIED", "OPEN"]}, lambda row: row["state"] in ("RECTIFIED", "OPEN")),
        ({"outcome": ["VIOLATION"]}, lambda row: row["outcome"] == "VIOLATION"),
        (
            {"outcome": ["ADVISORY", "INDETERMINATE", "DEVIATION"]},
            lambda row: row["outcome"] != "VIOLATION",
        ),
        ({"rule": "ZJ24-63"}, lambda row: row["rule"] == "ZJ24-63"),
        ({"subject": OFFERING}, lambda row: OFFERING in row["subjects"]),
        ({"subject": CHEN}, lambda row: CHEN in row["subjects"]),
        ({"provider": COUNTY_SCHOOL}, lambda row: COUNTY_SCHOOL in row["subjects"]),
        ({"place": RUIAN}, lambda row: row["place"] == RUIAN),
        ({"place": WENZHOU}, lambda row: row["place"] in (RUIAN, WENZHOU)),
        ({"place": PROVINCE}, lambda row: True),
        ({"onFrom": "2024-03-20", "onTo": "2024-04-19"}, _between),
        ({"knownTo": "2024-01-01T00:00:00Z"}, lambda row: False),
    ):
        kept = seen(town.operator, first=500, **given)
        assert kept == [row for row in everything if fits(row)], given
        # As of now says the same as now.
        moment = {"position": town.head}
        assert seen(town.operator, first=500, asOf=moment, **given) == kept, given


def _between(row: Any) -> bool:
    return "2024-03-20" <= row["on"] <= "2024-04-19"


def test_pages_follow_one_another_latest_first(town: Served) -> None:
    whole = seen(town.operator, first=500)
    for moment in (None, {"position": town.head}):
        pages, after = [], None
        while True:
            page = town.operator.ask(LIST, first=3, after=after, asOf=moment)["findings"]
            pages += [edge["node"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert pages == whole


def test_each_sees_what_concerns_them_and_a_neighbour_nothing(town: Served) -> None:
    def positions(role: Role, scope: str) -> set[int]:
        party = town.party(role, scope)
        rows = seen(party, first=500)
        if rows:
            assert party.ask(ONE, id=rows[0]["id"])["finding"] == rows[0]
        then = seen(party, first=500, asOf={"position": town.head})
        assert then == rows
        return {each["position"] for each in rows}

    everything = seen(town.operator, first=500)
    of_chen = {each["position"] for each in everything if CHEN in each["subjects"]}
    of_the_provider = {each["position"] for each in everything if COUNTY_SCHOOL in each["subjects"]}

    assert positions(Role.TEACHER, CHEN) == of_chen != set()
    assert of_chen <= positions(Role.SCHOOL, SCHOOL)
    assert of_the_provider <= positions(Role.PROVIDER, COUNTY_SCHOOL)
    assert positions(Role.AUDITOR, RUIAN) == positions(Role.BUREAU, RUIAN) >= of_chen
    assert positions(Role.BUREAU, PROVINCE) == {each["position"] for each in everything}
    for role, scope in (
        (Role.TEACHER, "teacher:stranger"),
        (Role.SCHOOL, OTHER_SCHOOL),
        (Role.PROVIDER, UNIVERSITY),
        (Role.BUREAU, HANGZHOU),
        (Role.AUDITOR, HANGZHOU),
    ):
        assert positions(role, scope) == set()
        assert town.party(role, scope).ask(ONE, id=everything[0]["id"])["finding"] is None
    assert seen(town.public) == []


def test_a_school_is_asked_for_with_its_teachers(town: Served) -> None:
    of_school = {each["position"] for each in seen(town.operator, school=SCHOOL, first=500)}
    of_chen = {each["position"] for each in seen(town.operator, subject=CHEN, first=500)}

    assert of_chen <= of_school
    assert seen(town.operator, school=OTHER_SCHOOL) == []


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"subject": "nobody"}, "MALFORMED_NAME", "subject"),
        ({"school": "teacher:lin"}, "MALFORMED_NAME", "school"),
        ({"provider": "x"}, "MALFORMED_NAME", "provider"),
        ({"place": "x"}, "MALFORMED_NAME", "place"),
        ({"state": ["OPEN"] * 11}, "TOO_MANY_VALUES", "state"),
        ({"outcome": ["VIOLATION"] * 11}, "TOO_MANY_VALUES", "outcome"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(
    town: Served, given: Any, code: str, field: str
) -> None:
    errors = town.operator.errors(LIST, **given)

    assert {(each["code"], each["field"]) for each in errors} == {(code, field)}


def test_an_unknown_finding_is_absent_and_a_malformed_id_is_refused(town: Served) -> None:
    nobody = "finding:01931c5e-0000-7000-8000-000000000001"
    [refused] = town.operator.errors(ONE, id="x")

    assert town.operator.ask(ONE, id=nobody)["finding"] is None
    assert (refused["code"], refused["field"]) == ("MALFORMED_NAME", "id")
