"""Who may open a teacher who moved: those of today at any moment, those who are left for theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ledger.command import Role
from ledger.event import Event
from ledger.names import CreditId
from ledger.store.ledger import Ledger
from ledger.teacher import TeacherTransferred
from tests import cast
from tests.api.test_trial import WHAT_IF, draft
from tests.cast import HANGZHOU, LIN, OTHER_SCHOOL, PROVINCE, RUIAN, SCHOOL, WENZHOU
from tests.server import Party, Served, serving
from tests.town import KEY, OPERATOR, Hand, Put, database

AWAY = CreditId("credit:away")
SINCE, TOLD = date(2024, 3, 15), date(2024, 3, 30)
NOWHERE = "offering:o1"

# Each with the moment as $m; null where the teacher may not be opened.
QUESTIONS = {
    "teacher": "teacher(id: $t, asOf: $m) { school }",
    "record": "creditRecord(teacher: $t, asOf: $m) { school credits lines { credit } }",
    "evidence": "evidence(teacher: $t, asOf: $m) { positions }",
    "difference": "creditDifference(teacher: $t, before: $m, after: $m) { counted }",
    "since": 'creditDifference(teacher: $t, before: {effective: "2024-01-31"}, after: $m) '
    "{ counted }",
    "selected": 'whyNotSelected(teacher: $t, offering: "offering:o1", asOf: $m) { answer }',
    "completed": 'whyNotCompleted(teacher: $t, offering: "offering:o1", asOf: $m) { answer }',
    "counted": 'whyNotCounted(credit: "credit:lin-1", asOf: $m) { answer }',
}
WHOLE = "query($t: ID!, $m: AsOf!) {" + " ".join(f"{k}: {q}" for k, q in QUESTIONS.items()) + "}"


@pytest.fixture(scope="module")
def moved(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, int]]:
    """A teacher of Rui'an who works in Hangzhou since the 15th, told on the 30th; who knew when."""
    move = TeacherTransferred(
        teacher=LIN,
        school_left=SCHOOL,
        school=OTHER_SCHOOL,
        place=HANGZHOU,
        place_left=RUIAN,
        since=SINCE,
    )
    away = cast.awarded(
        40, credit=AWAY, school=OTHER_SCHOOL, place=HANGZHOU, completed=date(2024, 5, 10)
    )
    home = cast.awarded(90, credit=CreditId("credit:lin-1"))
    told: list[tuple[date, tuple[Event, ...]]] = [
        (
            date(2024, 1, 10),
            (cast.school(), cast.school(OTHER_SCHOOL, HANGZHOU), cast.registered(), home),
        ),
        (TOLD, (move,)),
        (date(2024, 5, 20), (away,)),
    ]
    with database(postgres_url, founded_template) as url:
        with Ledger(url, KEY, Hand()) as opened:
            for day, events in told:
                opened.submit([Put(events=events)], OPERATOR, on=day).result()
            before = opened.feed.head() - 2
        with serving(url, tmp_path_factory.mktemp("moved")) as server:
            server.clock.set(date(2024, 6, 1))
            server.house.runner.catch_up()
            yield server, before


THEN = ("position", "day", "both")
"""Moments at which the teacher was Rui'an's."""
SINCE_THEN = ("head", "moved", "now")
"""Moments at which the teacher was Hangzhou's."""


def moment(moved: tuple[Served, int], which: str) -> dict[str, Any]:
    server, before = moved
    return {
        "position": {"position": before},
        "day": {"effective": "2024-03-14"},
        "both": {"position": server.head, "effective": "2024-03-14"},
        "head": {"position": server.head},
        # Nobody told of the move before the 30th.
        "moved": {"effective": "2024-03-20"},
        "now": {},
    }[which]


PARTIES = {
    "old county": (Role.BUREAU, RUIAN),
    "old city": (Role.AUDITOR, WENZHOU),
    "old school": (Role.SCHOOL, SCHOOL),
    "new county": (Role.BUREAU, HANGZHOU),
    "new school": (Role.SCHOOL, OTHER_SCHOOL),
    "province": (Role.AUDITOR, PROVINCE),
    "herself": (Role.TEACHER, LIN),
    "other county": (Role.BUREAU, "jurisdiction:330382"),
    "other school": (Role.SCHOOL, "school:other-one"),
    "other teacher": (Role.TEACHER, "teacher:other"),
    "provider": (Role.PROVIDER, "provider:other"),
    "machine elsewhere": (Role.INTEGRATOR, "jurisdiction:330382"),
}
ALWAYS = ("new county", "new school", "province", "herself")
WHILE_THERE = ("old county", "old city", "old school")


def party(moved: tuple[Served, int], name: str) -> Party:
    role, scope = PARTIES[name]
    return moved[0].party(role, str(scope))


def exported(asker: Party, what: str, which: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the teacher in an export of a moment."""
    question = {"what": what, "format": "jsonl", "filters": {"teacher": str(LIN)}}
    answer = asker.served.client.post(
        "/exports", json=question | ({"asOf": which} if which else {}), headers=asker.headers
    )
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


@pytest.mark.parametrize("which", [*THEN, *SINCE_THEN])
@pytest.mark.parametrize("name", PARTIES)
def test_every_question_about_a_teacher_opens_to_the_same_readers(
    moved: tuple[Served, int], name: str, which: str
) -> None:
    asker, at = party(moved, name), moment(moved, which)
    opens = name in ALWAYS or (name in WHILE_THERE and which in THEN)
    told = asker.ask(WHOLE, t=str(LIN), m=at)

    assert {key for key, answer in told.items() if answer is not None} == (
        {*QUESTIONS} if opens else set()
    )
    for what in ("creditRecords", "creditLines", "requirements"):
        assert bool(exported(asker, what, at)) is opens, what


@pytest.mark.parametrize("which", THEN)
@pytest.mark.parametrize("name", [*WHILE_THERE, *ALWAYS])
def test_of_the_time_before_a_move_nothing_is_told_that_came_with_it(
    moved: tuple[Served, int], name: str, which: str
) -> None:
    asker, at = party(moved, name), moment(moved, which)
    told = asker.ask(WHOLE, t=str(LIN), m=at)

    assert told["record"] == {
        "school": str(SCHOOL),
        "credits": "90",
        "lines": [{"credit": "credit:lin-1"}],
    }
    assert [row["credit"] for row in exported(asker, "creditLines", at)] == ["credit:lin-1"]
    for gone in (OTHER_SCHOOL, HANGZHOU, AWAY):
        assert str(gone) not in json.dumps([told, exported(asker, "creditRecords", at)])


def test_a_list_holds_those_who_were_the_askers_at_its_moment(moved: tuple[Served, int]) -> None:
    document = "query($m: AsOf) { teachers(asOf: $m) { totalCount } }"

    def seen(name: str, which: str) -> int:
        found = party(moved, name).ask(document, m=moment(moved, which))["teachers"]
        return int(found["totalCount"])

    assert [seen("old county", each) for each in (*THEN, *SINCE_THEN)] == [1, 1, 1, 0, 0, 0]
    assert [seen("new county", each) for each in (*THEN, *SINCE_THEN)] == [0, 0, 0, 1, 1, 1]


def test_a_difference_opens_only_where_both_of_its_ends_do(moved: tuple[Served, int]) -> None:
    document = (
        "query($t: ID!, $b: AsOf!, $a: AsOf) "
        "{ creditDifference(teacher: $t, before: $b, after: $a) { counted } }"
    )
    then, now = moment(moved, "day"), moment(moved, "now")
    for ends in ({"b": then}, {"b": then, "a": now}, {"b": now, "a": then}):
        asked = {"t": str(LIN)} | ends
        assert party(moved, "old county").ask(document, **asked)["creditDifference"] is None
        assert party(moved, "new county").ask(document, **asked)["creditDifference"] is not None


def test_before_anybody_entered_a_record_is_empty_for_those_of_today(
    moved: tuple[Served, int],
) -> None:
    told = party(moved, "new county").ask(WHOLE, t=str(LIN), m={"position": 1})

    assert told["record"] == {"school": None, "credits": "0", "lines": []}
    assert told["teacher"] is None
    assert party(moved, "old county").ask(WHOLE, t=str(LIN), m={"position": 1})["record"] is None


def test_a_what_if_judges_and_counts_those_who_were_there_on_the_day(
    moved: tuple[Served, int],
) -> None:
    def tried(name: str, on: str, **given: Any) -> tuple[int, list[str]]:
        found = party(moved, name).ask(WHAT_IF, draft=draft(390), on=on, **given)["whatIf"]
        return found["total"]["teachers"], [each["of"] for each in found["places"]]

    home, away, none = (1, [str(RUIAN)]), (1, [str(HANGZHOU)]), (0, [])
    for before, after, names in (
        (home, none, ("old county", "old city")),
        (none, away, ("new county",)),
        (home, away, ("province",)),
    ):
        for name in names:
            assert tried(name, "2024-03-14") == before
            assert tried(name, "2024-03-15") == after
    for school, before, after in ((SCHOOL, home, none), (OTHER_SCHOOL, none, away)):
        assert tried("province", "2024-03-14", school=school) == before
        assert tried("province", "2024-03-15", school=school) == after
    assert tried("province", "2024-03-14", place=RUIAN) == home
    assert tried("province", "2024-03-15", place=RUIAN) == none
    assert tried("province", "2024-03-15", place=HANGZHOU) == away
    assert tried("old county", "2024-03-15", place=HANGZHOU) == none
    told_before = {"position": moved[1]}
    assert tried("old county", "2024-03-15", asOf=told_before) == home
