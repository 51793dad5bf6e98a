"""The day that is judged: a question about a fixed moment has one answer on all days of asking."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.store.ledger import Ledger
from tests.cast import COUNTY_SCHOOL, LIN, OFFERING, RUIAN, SCHOOL
from tests.server import Served, serving
from tests.town import KEY, Hand, database, story, tell

QUESTIONS = {
    "record": """query($who: ID!, $asOf: AsOf) { told: creditRecord(teacher: $who, asOf: $asOf) {
        day position cycleNumber credits verdict { day result zh requirements { code result had } }
        warnings { danger by zh } tree { zh } } }""",
    "evidence": """query($who: ID!, $asOf: AsOf) { told: evidence(teacher: $who, asOf: $asOf) {
        day positions rules } }""",
    "selected": """query($who: ID!, $what: ID!, $asOf: AsOf) {
        told: whyNotSelected(teacher: $who, offering: $what, asOf: $asOf) { day answer zh } }""",
    "completed": """query($who: ID!, $what: ID!, $asOf: AsOf) {
        told: whyNotCompleted(teacher: $who, offering: $what, asOf: $asOf) { day answer zh } }""",
    "admitted": """query($who: ID!, $what: ID!, $asOf: AsOf) {
        told: whyNotAdmitted(teacher: $who, offering: $what, asOf: $asOf) { day answer zh } }""",
    "counted": """query($who: ID!, $what: ID!, $asOf: AsOf) {
        told: whyNotCounted(teacher: $who, offering: $what, asOf: $asOf) { day answer zh } }""",
    "place": """query($place: ID!, $asOf: AsOf) {
        told: indicators(of: $place, year: 2024, asOf: $asOf) {
            day code numerator denominator result zh } }""",
    "provider": """query($provider: ID!, $asOf: AsOf) {
        told: indicators(of: $provider, term: "term:2024H1", asOf: $asOf) {
            day code numerator denominator result zh } }""",
    "obligations": """query($school: ID!, $asOf: AsOf) {
        told: obligations(school: $school, year: 2024, asOf: $asOf) {
            code result had zh chosenOn } }""",
    "draft": """query($draft: String!, $asOf: AsOf) { told: whatIf(draft: $draft, asOf: $asOf) {
        day position total { teachers lost } } }""",
    "warnings": """query($asOf: AsOf) { told: warnings(asOf: $asOf) {
        edges { node { day overdue deadline } } } }""",
}
DIFFERENCE = """query($who: ID!, $before: AsOf!, $after: AsOf) {
    told: creditDifference(teacher: $who, before: $before, after: $after) {
        dayBefore dayAfter counted effects { cause on zh } } }"""
DRAFT = """
[document]
id = "ra25"
number = "瑞教〔2024〕1号"
title_zh = "通知"
title_en = "Notice"
authority_zh = "瑞安市教育局"
authority_en = "Rui'an Education Bureau"
place = "330381"
year = 2024
issued = 2024-01-02
certain_from = 2024-01-02
[[rule]]
id = "RA24-01"
clause = "§一"
kind = "statement"
use = "definition"
strength = "information"
zh = "说明。"
en = "A statement."
"""
GIVEN = {
    "who": LIN,
    "what": OFFERING,
    "place": RUIAN,
    "provider": COUNTY_SCHOOL,
    "school": SCHOOL,
    "draft": DRAFT,
}


@pytest.fixture(scope="module")
def town(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server over the story, long after it."""
    with database(postgres_url, founded_template) as url:
        hand, moves = Hand(), story()
        half = len(moves) // 2
        with Ledger(url, KEY, hand) as opened:
            tell(opened, moves[:half])
            hand.now = datetime(2024, 6, 20, 1, tzinfo=UTC)
            tell(opened, moves[half:])
        with serving(url, tmp_path_factory.mktemp("town")) as server:
            server.house.runner.catch_up()
            yield server


def told(town: Served, question: str, **moment: Any) -> Any:
    """The answer to a question as of a moment."""
    used = {name: value for name, value in GIVEN.items() if f"${name}" in question}
    return town.operator.ask(question, **used, asOf=moment)["told"]


def learned(town: Served, position: int) -> str:
    """The day on which the ledger learned a position."""
    at = town.house.ledger.feed.learned_at(position)
    assert at is not None
    return at.date().isoformat()


def test_an_answer_about_a_fixed_moment_is_the_same_on_all_days(town: Served) -> None:
    position = town.head - 20
    at = town.house.ledger.feed.learned_at(position)
    assert at is not None
    moments: list[dict[str, Any]] = [{"position": position}, {"instant": at.isoformat()}]
    days = (date(2024, 6, 21), date(2024, 12, 31), date(2027, 2, 1))
    heard = []
    for day in days:
        town.clock.set(day)
        heard.append([{n: told(town, q, **m) for n, q in QUESTIONS.items()} for m in moments])

    assert heard[0] == heard[1] == heard[2]
    for each in heard[0]:
        shown = {row["day"] for name in each for row in _rows(each[name]) if "day" in row}
        assert shown == {learned(town, position)}
        assert each["place"] and each["provider"] and each["obligations"]


def _rows(answer: Any) -> list[dict[str, Any]]:
    rows = answer if isinstance(answer, list) else [answer]
    return [edge["node"] for each in rows for edge in each.get("edges", [])] or rows


def test_a_difference_of_two_positions_lies_between_their_days(town: Served) -> None:
    ends = [town.head // 2, town.head - 20]
    before, after = ({"position": each} for each in ends)

    found = town.operator.ask(DIFFERENCE, who=LIN, before=before, after=after)["told"]

    assert [found["dayBefore"], found["dayAfter"]] == [learned(town, each) for each in ends]
    assert [found["dayBefore"], found["dayAfter"]] == ["2024-03-19", "2024-06-20"]


def test_a_day_that_is_named_is_judged_whatever_was_known(town: Served) -> None:
    known = {"position": town.head - 20}
    named, facts = known | {"on": "2024-05-01"}, known | {"effective": "2024-04-02"}

    for name in ("record", "evidence", "completed"):
        assert told(town, QUESTIONS[name], **named)["day"] == "2024-05-01"
        assert told(town, QUESTIONS[name], **facts)["day"] == "2024-04-02"
        assert told(town, QUESTIONS[name], **facts, on="2024-05-01")["day"] == "2024-05-01"
    found = town.operator.ask(DIFFERENCE, who=LIN, before=named, after=facts)["told"]
    assert [found["dayBefore"], found["dayAfter"]] == ["2024-05-01", "2024-04-02"]


def test_the_present_is_judged_today_and_so_is_an_instant_to_come(town: Served) -> None:
    today = town.house.ledger.today().isoformat()

    assert told(town, QUESTIONS["record"])["day"] == today
    assert told(town, QUESTIONS["record"], instant="2090-01-01T00:00:00+08:00")["day"] == today


def test_an_instant_is_of_its_day_in_shanghai(town: Served) -> None:
    late = told(town, QUESTIONS["record"], instant="2024-03-26T16:30:00Z")

    assert late["day"] == "2024-03-27"


def test_a_file_of_a_moment_is_judged_on_its_day(town: Served) -> None:
    position = town.head - 20
    asked = {
        "what": "creditDifference",
        "format": "jsonl",
        "filters": {"teacher": LIN, "beforePosition": str(position)},
    }
    moments: list[dict[str, Any]] = [{}, {"position": town.head}, {"on": "2024-12-31"}]
    for moment in moments:
        answer = town.client.post(
            "/exports", json=asked | {"asOf": moment}, headers=town.operator.headers
        )
        assert answer.status_code == 200, answer.text
        ends = {"before": {"position": position}, "after": moment}
        whole = town.operator.ask(DIFFERENCE, who=LIN, **ends)["told"]
        told_of = [each["zh"] for each in whole["effects"]]
        assert all(each in answer.text for each in told_of)
        assert answer.headers["x-xuefen-rows"] == str(max(len(told_of), 1))
