"""``atLeast`` over GraphQL: whatever is asked, an answer is of that position or there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from graphql import get_named_type, is_composite_type, is_required_argument

from ledger.command import Role
from projections.stop import Stop
from schema.root import build
from tests.cast import LIN, RUIAN, SCHOOL, WENZHOU
from tests.server import Served

FIELDS = build()._schema.query_type.fields  # type: ignore[union-attr]
WAITING = sorted(name for name, field in FIELDS.items() if "atLeast" in field.args)
# What the required arguments are given, where nothing is behind the name; else as ``NAMED`` says.
REQUIRED = {
    "teacher": '"teacher:none"',
    "offering": '"offering:none"',
    "provider": '"provider:none"',
    "target": '"provider:none"',
    "of": f'"{RUIAN}"',
    "year": "2024",
    "before": "{position: 1}",
    "draft": '""',
}
KINDS = {"auditSample": "sample", "node": "school", "signOff": "signoff", "trainer": "staff"}
OTHERWISE = {
    "obligations": f'year: 2024, place: "{RUIAN}"',
    "whyNotCounted": 'credit: "credit:none"',
    "indicators": f'of: "{RUIAN}", year: 2024',
    "findings": f'school: "school:none", place: "{WENZHOU}"',
    "findingCounts": f'school: "school:none", place: "{WENZHOU}"',
    "whatIf": f'draft: "x", place: "{WENZHOU}"',
    "consequences": 'id: "01890000-0000-7000-8000-000000000000"',
    "effects": 'id: "01890000-0000-7000-8000-000000000000"',
    "finding": 'id: "finding:01890000-0000-7000-8000-000000000000"',
}
Behind = Callable[[str], Iterator[str]]
NODES = ("school:none", RUIAN, "jurisdiction:339999", "document:zj24", "ZJ24-95", "term:2024H1")


@pytest.fixture
def behind(quiet: Served, monkeypatch: pytest.MonkeyPatch) -> Behind:
    """Has one view stand before the end, then stopped there; what is said of it each time."""
    real = quiet.house.runner.standing

    def each(view: str) -> Iterator[str]:
        at = quiet.head - 1
        stop = Stop(view=view, position=at + 1, type="x", error="KeyError", why="x")
        for code, found in (("NOT_YET", None), ("VIEW_STOPPED", stop)):

            def standing(*names: str, _found: Stop | None = found) -> tuple[int, Stop | None]:
                return (at, _found) if view in names else real(*names)

            monkeypatch.setattr(quiet.house.runner, "standing", standing)
            yield code

    return each


def question(name: str, given: str = "") -> str:
    """A field asked for at a position."""
    field = FIELDS[name]
    if not given:
        needed = [each for each, told in field.args.items() if is_required_argument(told)]
        given = OTHERWISE.get(name, ", ".join(f"{each}: {value(name, each)}" for each in needed))
    selected = " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
    return (
        f"query($at: Position!) {{ {name}({given}{', ' if given else ''}atLeast: $at){selected} }}"
    )


def value(name: str, argument: str) -> str:
    """What an argument that is needed is given."""
    return f'"{KINDS.get(name, name)}:none"' if argument == "id" else REQUIRED[argument]


@pytest.mark.parametrize("name", WAITING)
def test_every_question_says_that_a_position_lies_far_beyond_the_head(
    quiet: Served, name: str
) -> None:
    [error] = quiet.operator.errors(question(name), at=10**9)

    assert (error["code"], error["field"]) == ("BEYOND_HEAD", "atLeast")


@pytest.mark.parametrize("name", WAITING)
def test_every_question_says_that_a_position_was_not_reached_in_time(
    quiet: Served, name: str
) -> None:
    quiet.house.wait_seconds, before = 0.0, quiet.house.wait_seconds
    try:
        [error] = quiet.operator.errors(question(name), at=quiet.head + 1)
    finally:
        quiet.house.wait_seconds = before

    assert (error["code"], error["field"]) == ("NOT_YET", "atLeast")


@pytest.mark.parametrize("name", WAITING)
def test_nothing_is_looked_up_before_the_position_is_there(
    quiet: Served, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    looked: list[str] = []
    for part, method in (
        (quiet.house.places, "titles"),
        (quiet.house.reader.feed, "find"),
        (quiet.house.reader.feed, "entries"),
        (quiet.house.reader, "page"),
        (quiet.house.reader, "kept_page"),
    ):
        monkeypatch.setattr(part, method, lambda *_, _method=method, **__: looked.append(_method))
    city = quiet.party(Role.BUREAU, WENZHOU)

    [error] = city.errors(question(name), at=10**9)

    assert (error["code"], looked) == ("BEYOND_HEAD", [])


@pytest.mark.parametrize("name", NODES)
def test_a_node_of_any_kind_waits_for_the_position(quiet: Served, name: str) -> None:
    asked = question("node", f'id: "{name}"')

    assert [each["code"] for each in quiet.operator.errors(asked, at=10**9)] == ["BEYOND_HEAD"]
    assert [each["code"] for each in quiet.operator.errors(asked, at=quiet.head + 1)] == ["NOT_YET"]
    assert "node" in quiet.operator.ask(asked, at=quiet.head)


CHANGES = "query($at: Position!) { planChanges(atLeast: $at) { position } }"
FINDINGS = f"""query($at: Position!) {{
  findings(school: "{SCHOOL}", atLeast: $at) {{ position totalCount }} }}"""
COUNTS = FINDINGS.replace("findings", "findingCounts").replace("totalCount", "total")
ALL_FINDINGS = "query($at: Position!) { findings(atLeast: $at) { position } }"
ALL_COUNTS = ALL_FINDINGS.replace("findings", "findingCounts")
ONE = """query($at: Position!) {
  finding(id: "finding:none", atLeast: $at) { id }
  node(id: "change:none", atLeast: $at) { id } }"""


@pytest.mark.parametrize(
    ("view", "role", "scope", "document", "refused"),
    [
        ("teachers", Role.BUREAU, RUIAN, FINDINGS, 1),
        ("teachers", Role.BUREAU, RUIAN, COUNTS, 1),
        ("teachers", Role.BUREAU, RUIAN, ALL_FINDINGS, 0),
        ("teachers", Role.SCHOOL, SCHOOL, ALL_FINDINGS, 1),
        ("teachers", Role.SCHOOL, SCHOOL, ALL_COUNTS, 1),
        ("teachers", Role.SCHOOL, SCHOOL, ONE, 1),
        ("enrollments", Role.SCHOOL, SCHOOL, CHANGES, 1),
        ("enrollments", Role.TEACHER, LIN, CHANGES, 1),
        ("enrollments", Role.TEACHER, LIN, ONE, 1),
        ("enrollments", Role.BUREAU, RUIAN, CHANGES, 0),
        ("offerings", Role.TEACHER, LIN, CHANGES, 0),
    ],
)
def test_a_view_by_which_rows_are_found_is_waited_for_as_their_own_is(
    quiet: Served, behind: Behind, view: str, role: Role, scope: str, document: str, refused: int
) -> None:
    party, head = quiet.party(role, scope), quiet.head

    party.ask(document, at=head)
    for code in behind(view):
        if refused:
            assert [each["code"] for each in party.errors(document, at=head)] == [code]
        else:
            party.ask(document, at=head)
