"""A record that was written before is told from what was written, and only while it is the same."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from ledger.command import Role
from ledger.names import CreditId
from schema.compiled.rendering import BODY_BYTES, EACH_MAX, OBJECT_BYTES, Renderings
from schema.ready import READINESS
from tests import cast
from tests.api.test_judged import DRAFT
from tests.cast import CHEN, LIN, OTHER_SCHOOL, RUIAN, SCHOOL
from tests.server import Party, Served, serving
from tests.told import told_template
from tests.town import OPERATOR, Put, database, founded_template, school

__all__ = ["founded_template", "told_template"]

EACH = 100 + BODY_BYTES + OBJECT_BYTES
RECORD = """query Told($who: ID!, $on: Date, $brief: Boolean!) {
  creditRecord(teacher: $who, on: $on) {
    __typename cycleNumber cycleStart credits school day
    verdict @skip(if: $brief) { result counted zh en requirements { code result needed had zh } }
    lines { credit kind title credits completed choice worth: baseCredits }
    totals { kind credits } cycles { number start whole } transfers { since school } tree { zh }
  }
}"""
WHERE = "query Where($who: ID!) { creditRecord(teacher: $who) { position credits } }"
ADOPT = """mutation($toml: String!) {
  adoptRegulation(toml: $toml, requestId: "rendering") { __typename }
}"""


@pytest.fixture(scope="module")
def town(
    postgres_url: str, told_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server over the story, in which one credit stands."""
    with (
        database(postgres_url, told_template) as url,
        serving(url, tmp_path_factory.mktemp("rendering")) as served,
    ):
        put(served, "credit:before")
        yield served


def put(served: Served, credit: str) -> None:
    """Credits a training, and waits until the record has it."""
    award = cast.awarded(4, credit=CreditId(credit), completed=date(2024, 3, 4))
    served.house.ledger.ask([Put(events=(award,))], OPERATOR)
    assert served.house.runner.wait_for(served.head, 30)


@pytest.fixture
def found(town: Served, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each record that is told, whether it was written before."""
    hits: list[bool] = []
    find = town.house.renderings.find

    def counted(*given: Any) -> bytes | None:
        body = find(*given)
        hits.append(body is not None)
        return body

    monkeypatch.setattr(town.house.renderings, "find", counted)
    return hits


def told(party: Party, monkeypatch: pytest.MonkeyPatch, document: str, **given: Any) -> Any:
    """The answer, which is that of the whole way however often it is asked for."""
    given = {"who": LIN} | given
    with monkeypatch.context() as patch:
        patch.setattr(READINESS, "find", lambda *_: None)
        whole = party.post(document, **given).json()["data"]
    for _ in range(4):
        answer = party.post(document, **given)
        assert answer.json()["data"] == whole
        assert list(answer.json()["data"]["creditRecord"] or ()) == list(
            whole["creditRecord"] or ()
        )
    return whole["creditRecord"]


def test_what_was_written_before_is_told_again(town, monkeypatch, found):
    first = told(town.operator, monkeypatch, RECORD, brief=False)

    assert first["lines"] and first["verdict"]["requirements"]
    assert found.count(True) >= 2


def test_conditions_and_days_are_kept_apart(town, monkeypatch, found):
    whole = told(town.operator, monkeypatch, RECORD, brief=False)
    brief = told(town.operator, monkeypatch, RECORD, brief=True)
    early = told(town.operator, monkeypatch, RECORD, brief=False, on="2024-04-10")

    assert "verdict" in whole and "verdict" not in brief
    assert early["day"] == "2024-04-10" and early["lines"] != whole["lines"]


def test_who_may_not_open_a_record_is_told_nothing_of_what_was_written(town, monkeypatch):
    assert told(town.operator, monkeypatch, RECORD, brief=False)

    now = town.party(Role.SCHOOL, OTHER_SCHOOL)
    before = town.party(Role.SCHOOL, SCHOOL)
    assert told(now, monkeypatch, RECORD, brief=False)
    for stranger in (before, town.party(Role.TEACHER, CHEN), town.public):
        assert told(stranger, monkeypatch, RECORD, brief=False) is None


def test_an_event_of_the_teacher_and_an_adopted_rule_make_it_anew(town, monkeypatch):
    before = told(town.operator, monkeypatch, RECORD, brief=False)
    put(town, "credit:after")
    after = told(town.operator, monkeypatch, RECORD, brief=False)

    assert len(after["lines"]) == len(before["lines"]) + 1

    held = len(town.house.renderings._held)
    bureau = town.party(Role.BUREAU, RUIAN)
    assert bureau.ask(ADOPT, toml=DRAFT)["adoptRegulation"]["__typename"] == "Recorded"
    town.house.runner.wait_for(town.head, 30)
    told(town.operator, monkeypatch, RECORD, brief=False)

    assert len(town.house.renderings._held) == held + 1


def test_the_position_is_that_of_the_moment(town, monkeypatch, found):
    before = told(town.operator, monkeypatch, WHERE)["position"]
    town.house.ledger.ask([school()], OPERATOR)
    town.house.runner.wait_for(town.head, 30)

    assert told(town.operator, monkeypatch, WHERE)["position"] > before
    assert not found


def test_what_comes_later_is_never_kept(town, monkeypatch):
    asked = "query Later($who: ID!) { creditRecord(teacher: $who) { credits warnings { zh } } }"
    held = {key: dict(each) for key, each in town.house.renderings._held.items()}
    told(town.operator, monkeypatch, asked)

    assert held == town.house.renderings._held


def test_no_more_is_kept_than_so_many_bytes():
    renderings = Renderings(most=10 * EACH)
    for number in range(50):
        renderings.keep(number, str, b"x" * 100)

    assert [each for each in range(50) if renderings.has(each)] == [*range(40, 50)]
    assert renderings.find(49, str) == b"x" * 100 and renderings.find(49, int) is None


def test_what_it_takes_to_hold_little_is_counted_too():
    most = 2_000_000
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        renderings = Renderings(most)
        for number in range(6_000):
            day = date(2000, 1, 1) + timedelta(days=number)
            key = (f"teacher:{number:064d}", 100_000 + number, 1_000 + number, day, None, None)
            renderings.keep(key, str, b'{"__typename":%d}' % number)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 0.5 * most < after - before < most
    assert renderings._bytes <= most
    renderings._most = 0
    renderings.keep("last", str, b"")
    assert renderings._bytes == 0


def test_what_was_asked_for_last_is_kept_longest_and_of_one_object_only_so_much():
    renderings = Renderings(most=3 * EACH)
    for name in "abc":
        renderings.keep(name, str, b"x" * 100)
    assert renderings.find("a", str)
    renderings.keep("d", str, b"x" * 100)
    assert [each for each in "abcd" if renderings.has(each)] == ["a", "c", "d"]

    for number in range(EACH_MAX + 3):
        renderings.keep("a", number.__add__, b"")
    assert len(renderings._held["a"]) == EACH_MAX
