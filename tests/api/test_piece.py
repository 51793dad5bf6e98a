"""Exports in pieces: together they are the very bytes of one file, whatever comes between."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import httpx
import pytest
from graphql import GraphQLObjectType

from ledger.command import Role
from ledger.register import RegisterSchool
from schema.export_document import EXPORTS
from schema.root import build
from tests.cast import RUIAN
from tests.exported import code, export, lines, told
from tests.server import Party, Served
from tests.told import told_template
from tests.town import OPERATOR as TOWN
from tests.town import founded_template, school, teacher

__all__ = ["founded_template", "told", "told_template"]
PIECES = (
    "schools", "teachers", "enrollments", "creditRecords", "creditLines", "findings", "history",
    "leaves", "trainers", "orders", "anomalies", "petitions",
)  # fmt: skip
# Which connection stands in which other type, and how its rows are taken as a file.
NESTED = {
    "SignOff.teachers": "the statement of a sign-off is `periodSummaries` as of its position",
    "SignOffDrift.teachers": "signOffDrift",
    "Trial.flips": "whatIf",
    "Indicator.parts": "indicatorParts",
    "Levels.teachers": "periodSummaries",
    "Levels.moves": "`periodSummaries` before and after",
    "LevelComparison.teachers": "`periodSummaries` of either side; xuefen levels --report",
    "ReconciliationResult.lines": "/reconciliations/NAME/report.json",
    "ReconciliationResult.doubtful": "/reconciliations/NAME/report.json",
    "ReconciliationResult.faults": "/uploads/ID/marked",
}


def pieces(party: Party, what: str, size: int, **more: Any) -> list[httpx.Response]:
    """All pieces of a file."""
    found = [export(party, what, first=size, **more)]
    assert found[0].status_code == 200, found[0].text
    while "x-xuefen-next" in found[-1].headers:
        after = found[-1].headers["x-xuefen-next"]
        found.append(export(party, what, first=size, after=after, **more))
        assert found[-1].status_code == 200, found[-1].text
    return found


@pytest.mark.parametrize("size", [3, 7])
@pytest.mark.parametrize("what", PIECES)
def test_the_pieces_are_the_file(told: Served, what: str, size: int) -> None:
    whole = export(told.operator, what)
    size = size if len(lines(whole)) < 200 else size * 40
    parts = pieces(told.operator, what, size)

    assert b"".join(each.content for each in parts) == whole.content
    assert {each.headers["x-xuefen-position"] for each in parts} == {
        whole.headers["x-xuefen-position"]
    }
    counts = [int(each.headers["x-xuefen-rows"]) for each in parts]
    assert counts == [len(each.content.splitlines()) for each in parts]
    assert all(each == size for each in counts[:-1]) and sum(counts) == len(lines(whole))
    for each in parts:
        assert each.headers["x-xuefen-sha256"] == sha256(each.content).hexdigest()


@pytest.mark.parametrize("what", ["schools", "teachers", "history", "leaves", "trainers"])
def test_what_comes_between_two_pieces_is_in_neither(served: Served, what: str) -> None:
    party, ledger = served.party(Role.BUREAU, RUIAN), served.house.ledger
    for number in range(4):
        add_school(served, f"school:s{number}")
    ledger.ask([school(), *(teacher(n) for n in range(6))], TOWN)
    party.ask("query($p: Position) { schools(atLeast: $p) { position } teachers(atLeast: $p) "
              "{ position } }", p=served.head)  # fmt: skip
    whole = export(party, what)
    first = export(party, what, first=2)
    add_school(served, "school:a-before-all")
    ledger.ask([teacher(90)], TOWN)
    party.ask("query($p: Position) { schools(atLeast: $p) { position } teachers(atLeast: $p) "
              "{ position } }", p=served.head)  # fmt: skip
    found, answer = first.content, first
    while "x-xuefen-next" in answer.headers:
        answer = export(party, what, first=2, after=answer.headers["x-xuefen-next"])
        assert answer.status_code == 200, answer.text
        found += answer.content

    assert found == whole.content


def add_school(served: Served, name: str) -> None:
    given = {"school": name, "place": RUIAN, "title": "学校", "stage": "PRIMARY"}
    served.operator.mutate(RegisterSchool, given, name)


def test_every_piece_stands_in_the_access_log(told: Served) -> None:
    parts = pieces(told.operator, "schools", 1)
    numbers = [int(each.headers["x-xuefen-access"]) for each in parts]

    assert len(parts) > 1 and numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"after": "nonsense"}, "BAD_CURSOR"),
        ({"after": "x" * 5000}, "BAD_CURSOR"),
        ({"after": "W10"}, "BAD_CURSOR"),
        ({"first": 0}, "BAD_EXPORT"),
        ({"first": 200_001}, "BAD_EXPORT"),
        ({"first": 2, "purpose": "核对学分"}, "NOT_IN_PIECES"),
    ],
)
def test_a_piece_of_nothing_is_refused(told: Served, more: dict[str, Any], said: str) -> None:
    assert code(export(told.operator, "schools", **more)) == said


def test_a_cursor_is_of_one_question_and_gives_no_right(told: Served) -> None:
    cursor = export(told.operator, "history", first=1).headers["x-xuefen-next"]

    assert code(export(told.operator, "schools", first=1, after=cursor)) == "BAD_CURSOR"
    narrowed = {"types": "register.school-registered"}
    answer = export(told.operator, "history", first=1, after=cursor, filters=narrowed)
    assert code(answer) == "BAD_CURSOR"
    school = told.party(Role.SCHOOL, "school:nobody")
    assert lines(export(school, "history", first=10, after=cursor)) == []
    assert code(export(told.operator, "webhooks", first=1)) == "NOT_IN_PIECES"


def test_leaves_are_for_those_who_see_entries_whole(told: Served) -> None:
    teacher_ = told.party(Role.TEACHER, "teacher:ra0001")

    assert lines(export(teacher_, "leaves")) == []
    rows = lines(export(told.operator, "leaves"))
    assert [each["position"] for each in rows] == list(range(1, told.head + 1))
    hashed = [sha256(b"\x00" + each["body"].encode()).hexdigest() for each in rows]
    assert hashed == [each["leafHash"] for each in rows]


def test_every_connection_can_be_taken_as_a_file() -> None:
    types = build()._schema.type_map.values()
    paged = {
        f"{kind.name}.{name}"
        for kind in types
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
        if str(field.type).rstrip("!").endswith("Connection")
    }
    top = {each.removeprefix("Query.") for each in paged if each.startswith("Query.")}

    assert top - EXPORTS.keys() == set(), "give it a row in QUERIES of schema/export_query.py"
    assert {each for each in paged if not each.startswith("Query.")} == NESTED.keys(), (
        "say how the rows of a connection within another type are taken as a file"
    )
