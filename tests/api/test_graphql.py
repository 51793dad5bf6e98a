"""GraphQL over HTTP: pages, reading one's own writes, errors, and what is read at once."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from ledger.command import Role
from ledger.register import RegisterSchool
from ledger.store.loop import OnLoop
from ledger.store.vault import Vault
from ledger.teacher import RegisterTeacher
from projections.reader import Reader
from tests.cast import RUIAN, SCHOOL
from tests.server import Party, Served, spoken

PAGE = (
    "query($first: Int, $after: String, $at: Position) "
    '{ schools(place: "jurisdiction:330381", first: $first, after: $after, atLeast: $at) '
    "{ edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } } }"
)


def school(name: str) -> dict[str, str]:
    """An input of a school."""
    return {"school": f"school:{name}", "place": RUIAN, "title": "学校", "stage": "PRIMARY"}


def schools(party: Party, *names: str) -> int:
    """Registers schools and gives the position reached."""
    answer = party.mutate_many(RegisterSchool, [school(each) for each in names], names[0])
    position: int = answer["position"]
    return position


def ids(page: dict[str, Any]) -> list[str]:
    """The names on a page."""
    return [each["node"]["id"].partition(":")[2] for each in page["edges"]]


def test_pages_stay_right_while_rows_are_added(served: Served) -> None:
    at = schools(served.operator, "b", "d", "f", "h")
    first = served.operator.ask(PAGE, first=2, at=at)["schools"]
    at = schools(served.operator, "a", "c", "e", "g")
    after = first["pageInfo"]["endCursor"]
    then = served.operator.ask(PAGE, first=2, after=after, at=at)["schools"]
    rest = served.operator.ask(PAGE, after=then["pageInfo"]["endCursor"])["schools"]

    assert [ids(each) for each in (first, then, rest)] == [["b", "d"], ["e", "f"], ["g", "h"]]
    assert [each["pageInfo"]["hasNextPage"] for each in (first, then, rest)] == [True, True, False]
    assert [each["pageInfo"]["hasPreviousPage"] for each in (first, then)] == [False, True]


def test_a_page_of_none_says_whether_there_are_any(served: Served) -> None:
    at = schools(served.operator, "a")
    page = served.operator.ask(PAGE, first=0, at=at)["schools"]

    assert (page["edges"], page["pageInfo"]["hasNextPage"]) == ([], True)


@pytest.mark.parametrize("first", [-1, 501, 2**31 - 1])
def test_a_page_has_0_to_500_rows(quiet: Served, first: int) -> None:
    assert [each["code"] for each in quiet.operator.errors(PAGE, first=first)] == ["BAD_PAGE"]


@pytest.mark.parametrize("cursor", ["", "!", "YQ==", "AA", "\x00", "长", "a" * 10_000, "_____w"])
def test_a_cursor_that_is_none_of_ours_is_an_error(quiet: Served, cursor: str) -> None:
    history = "query($after: String) { history(after: $after) { position } }"
    for query in (PAGE, history):
        found = quiet.operator.post(query, after=cursor).json().get("errors")
        if query == PAGE and cursor == "":
            continue

        assert found, cursor
        assert found[0]["extensions"]["code"] == "BAD_CURSOR"


def test_a_cursor_of_another_list_is_no_cursor_of_the_history(served: Served) -> None:
    at = schools(served.operator, "a")
    cursor = served.operator.ask(PAGE, at=at)["schools"]["edges"][0]["cursor"]
    history = "query($after: String) { history(after: $after) { position } }"

    assert served.operator.errors(history, after=cursor)[0]["code"] == "BAD_CURSOR"


def test_history_pages_forwards_and_backwards_over_every_position(quiet: Served) -> None:
    query = (
        "query($after: String, $back: Boolean!) { history(first: 100, after: $after, "
        "latestFirst: $back) { edges { node { position } } pageInfo { hasNextPage endCursor } } }"
    )
    for back in (False, True):
        found: list[int] = []
        after, more = None, True
        while more:
            page = quiet.operator.ask(query, after=after, back=back)["history"]
            found += [each["node"]["position"] for each in page["edges"]]
            more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]

        assert found == sorted(range(1, quiet.head + 1), reverse=back)


def test_one_reads_ones_own_writes(served: Served) -> None:
    served.house.wait_seconds = 30
    for number in range(10):
        at = schools(served.operator, f"own-{number}")
        name = f"school:own-{number}"
        found = served.operator.ask(
            "query($id: ID!, $at: Position!) { schools(atLeast: $at, first: 0) { position } "
            "node(id: $id, atLeast: $at) { id } }",
            id=name,
            at=at,
        )

        assert found["schools"]["position"] >= at
        assert found["node"] == {"id": name}


def test_a_position_far_ahead_is_not_waited_for_for_ever(quiet: Served) -> None:
    begun = time.monotonic()
    [error] = quiet.operator.errors(PAGE, at=quiet.head + 1_000)

    assert (error["code"], error["field"]) == ("NOT_YET", "atLeast")
    assert time.monotonic() - begun < 5


def test_many_who_wait_hold_nobody_up(served: Served) -> None:
    served.house.wait_seconds = 60
    far = served.head + 1
    answers: list[Any] = []
    waiting = [
        threading.Thread(target=lambda: answers.append(served.operator.ask(PAGE, at=far)))
        for _ in range(12)
    ]
    for each in waiting:
        each.start()
    assert served.public.ask("{ head }") == {"head": far - 1}
    schools(served.operator, "last")
    for each in waiting:
        each.join()

    assert len(answers) == 12


def test_people_of_a_page_are_opened_at_once(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    schools(served.operator, SCHOOL.partition(":")[2])
    teacher = {"school": SCHOOL, "stage": "PRIMARY", "subject": "CHINESE", "entered": "2020-09-01"}
    rows = [teacher | {"teacher": f"teacher:t{n}", "person": {"name": f"林{n}"}} for n in range(20)]
    at = served.operator.mutate_many(RegisterTeacher, rows, "people")["position"]
    opened, read = [], Vault.open
    monkeypatch.setattr(
        Vault, "open", lambda self, subjects: opened.append(len(subjects)) or read(self, subjects)
    )
    query = (
        "query($at: Position!) { teachers(atLeast: $at) { edges { node { id person { name } } } } }"
    )
    seen = served.operator.ask(query, at=at)["teachers"]["edges"]

    shown = sorted(each["node"]["person"]["name"] for each in seen)
    assert shown == ["林*"] * 10 + ["林**"] * 10
    assert opened == [20]
    own = served.party(Role.TEACHER, "teacher:t7").ask(query, at=at)["teachers"]["edges"]
    assert [each["node"]["person"]["name"] for each in own] == ["林7"]


def test_what_nobody_foresaw_leaves_with_a_number_and_nothing_else(
    quiet: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(OnLoop, "rows", stumble)
    for _ in range(2):  # the whole way, and the shortcut
        response = quiet.operator.post("{ schools { position } }")
        [error] = response.json()["errors"]

        assert "secret" not in response.text
        assert error["extensions"]["code"] == "INTERNAL"
        assert error["extensions"]["incident"] in error["message"]
        spoken(error["extensions"])


def test_a_mistake_in_a_decision_is_masked_too(
    quiet: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: Any) -> None:
        raise ZeroDivisionError("secret of the house")

    monkeypatch.setattr(RegisterSchool, "decide", stumble)
    response = quiet.operator.post(
        "mutation($i: RegisterSchoolInput!) "
        '{ registerSchool(input: $i, requestId: "x") { __typename } }',
        i=school("x"),
    )

    assert "secret" not in response.text
    assert response.json()["errors"][0]["extensions"]["code"] == "INTERNAL"


def test_a_document_and_a_rule_are_nodes(quiet: Served) -> None:
    found = quiet.public.ask("{ regulations { id rules { id } } }")["regulations"]
    for name in (found[0]["id"], found[0]["rules"][0]["id"]):
        assert quiet.public.ask("query($n: ID!) { node(id: $n) { id } }", n=name) == {
            "node": {"id": name}
        }


@pytest.mark.parametrize("name", ["jurisdiction:330381", "term:2024H1"])
def test_a_place_and_a_term_are_nodes(quiet: Served, name: str) -> None:
    document = (
        "query($n: ID!) { node(id: $n) { id ... on Jurisdiction { within } "
        "... on Term { windows { phase } } } jurisdictions { id within } "
        "terms { id windows { phase } } }"
    )
    found = quiet.public.ask(document, n=name)

    assert found["node"] in [*found["jurisdictions"], *found["terms"]]
    for other in (name + "9", name.partition(":")[0] + ":"):
        assert quiet.public.ask(document, n=other)["node"] is None


def test_every_list_says_how_many_rows_it_has_but_the_history(served: Served) -> None:
    at = schools(served.operator, "a", "b", "c")
    lists = ("providers", "teachers", "orders", "projects", "planChanges", "offerings")
    lists += ("enrollments", "completions", "schoolBasedTrainings", "findings", "history")
    counted = " ".join(f"{name} {{ totalCount }}" for name in lists)
    found = served.operator.ask(
        f"query($at: Position!) {{ schools(first: 1, atLeast: $at) {{ totalCount }} {counted} }}",
        at=at,
    )

    counts = {name: each["totalCount"] for name, each in found.items()}
    assert counts == dict.fromkeys(lists, 0) | {"schools": 3, "history": None}


def test_rows_are_counted_only_where_somebody_asks(
    quiet: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reader, "count", lambda *_: pytest.fail("nobody asked"))

    assert quiet.operator.ask("{ schools { edges { cursor } } }") == {"schools": {"edges": []}}


def test_history_after_a_position_beyond_the_head_is_empty(quiet: Served) -> None:
    query = "query($p: Position!) { history(filter: {after: $p}) { edges { cursor } } }"

    assert quiet.operator.ask(query, p=quiet.head + 1) == {"history": {"edges": []}}


def test_a_position_that_nobody_was_told_is_not_waited_for(quiet: Served) -> None:
    [error] = quiet.public.errors(PAGE, at=quiet.head + 1_001)

    assert (error["code"], error["field"]) == ("BEYOND_HEAD", "atLeast")


def test_the_health_pages_say_how_it_stands(quiet: Served) -> None:
    assert quiet.client.get("/healthz").json() == {"status": "ok"}
    ready = quiet.client.get("/readyz").json()

    assert (ready["head"], ready["stopped"]) == (quiet.head, {})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"day": "2024-02-30"}, 400),
        ({}, 400),
        ([], 400),
        ({"day": 5}, 400),
        ({"day": "9999-12-31"}, 400),
        ({"day": "1899-12-31"}, 400),
        ({"day": "2000-01-01"}, 409),
    ],
)
def test_the_clock_is_set_to_a_day_of_the_calendar(quiet: Served, body: Any, status: int) -> None:
    response = quiet.client.post("/demo/clock", json=body, headers=quiet.operator.headers)

    assert response.status_code == status


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"day": "2099-01-01", "day": "2099-01-02"}', b"\xff", b"[" * 100_000]
)
def test_the_clock_is_set_by_json_that_says_one_day(quiet: Served, body: bytes) -> None:
    response = quiet.client.post("/demo/clock", content=body, headers=quiet.operator.headers)

    assert response.status_code == 400
    spoken(response.json())


def test_only_the_operator_sets_the_clock(quiet: Served) -> None:
    day = {"day": "2024-03-19"}
    bureau = quiet.party(Role.BUREAU, RUIAN)

    assert quiet.client.post("/demo/clock", json=day, headers=bureau.headers).status_code == 403
    assert quiet.client.post("/demo/clock", json=day).status_code == 403
