"""Searching the ledger, and going from an event to its causes and effects, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ledger.command import Role
from ledger.store.ledger import Ledger
from projections import search
from tests.api.test_access import ABROAD, CANARY, PARTIES, moved
from tests.cast import CHEN, LIN, RUIAN
from tests.server import Party, Served, serving
from tests.town import KEY, Hand, database, story, tell

HISTORY = """
query($filter: EntryFilter, $first: Int, $after: String, $latest: Boolean! = false, $p: Position) {
  history(filter: $filter, first: $first, after: $after, latestFirst: $latest, atLeast: $p) {
    position searchedTo pageInfo { hasNextPage endCursor }
    edges { node { id position type request source data } }
  }
}
"""
CHAIN = "{ more links { of kind depth entry { id position type cause tags data } } }"
CAUSES = f"query($id: ID!, $depth: Int! = 4) {{ chain: causes(id: $id, depth: $depth) {CHAIN} }}"
CONSEQUENCES = (
    "query($id: ID!, $depth: Int! = 4, $breadth: Int! = 20, $asOf: AsOf) "
    f"{{ chain: consequences(id: $id, depth: $depth, breadth: $breadth, asOf: $asOf) {CHAIN} }}"
)
EFFECTS = """
query($id: ID!, $first: Int, $after: String, $asOf: AsOf) {
  effects(id: $id, first: $first, after: $after, asOf: $asOf) {
    position pageInfo { hasNextPage endCursor }
    edges { node { of kind depth entry { id position type } } }
  }
}
"""


@pytest.fixture(scope="module")
def town(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server over a ledger with the same term in two counties, its index caught up."""
    moves = story()
    with database(postgres_url, founded_template) as url:
        with Ledger(url, KEY, Hand()) as ledger:
            tell(ledger, moves)
            tell(ledger, [moved(each) for each in moves[1:]])
        with serving(url, tmp_path_factory.mktemp("trail"), wait_seconds=20) as served:
            served.clock.set(date(2024, 6, 1))
            told(served.operator, p=served.head)
            yield served


def told(party: Party, **given: Any) -> list[dict[str, Any]]:
    """The entries that a party finds."""
    found = party.ask(HISTORY, **given)["history"]
    return [edge["node"] for edge in found["edges"]]


def all_entries(town: Served) -> list[dict[str, Any]]:
    """Every entry, by the operator."""
    entries, after = [], None
    while True:
        page = town.operator.ask(HISTORY, first=500, after=after)["history"]
        entries += [edge["node"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return entries
        after = page["pageInfo"]["endCursor"]


def test_a_word_of_a_reason_is_found_with_its_page_and_the_next(town: Served) -> None:
    for word in ("更正", "学时", "２０２４"):
        seen: list[int] = []
        after, more = None, True
        while more:
            page = town.operator.ask(HISTORY, filter={"text": word}, first=2, after=after)
            page = page["history"]
            seen += [edge["node"]["position"] for edge in page["edges"]]
            more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
        assert seen == sorted(set(seen))
        latest = told(town.operator, filter={"text": word}, first=500, latest=True)
        assert [each["position"] for each in latest] == seen[::-1]
    assert seen


@pytest.mark.parametrize("latest", [False, True])
def test_a_search_that_stops_says_where_and_goes_on_from_its_cursor(
    town: Served, latest: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    filter = {"text": "学时", "types": ["regulation.rule-adopted"]}
    given = {"filter": filter, "latest": latest}
    whole = told(town.operator, first=500, **given)
    monkeypatch.setattr(search, "PAGE_STEPS", 4)
    found, stops, after = [], [], None
    while True:
        page = town.operator.ask(HISTORY, first=2, after=after, **given)["history"]
        found += [edge["node"] for edge in page["edges"]]
        stops += [page["searchedTo"]] * (page["searchedTo"] is not None)
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]

    assert found == whole
    assert found
    assert len(stops) > 1
    assert stops == sorted(stops, reverse=latest)
    assert town.operator.ask(HISTORY, first=2)["history"]["searchedTo"] is None


@pytest.mark.parametrize("party", [each for each in PARTIES if each not in ABROAD])
def test_nobody_finds_the_words_of_elsewhere(town: Served, party: str) -> None:
    asker = town.party(*PARTIES[party])
    for text in (CANARY, "canary ", "anary"):
        for latest in (False, True):
            # An order is an invitation to every provider, but only as a row of its view.
            assert told(asker, filter={"text": text}, latest=latest) == []


@pytest.mark.parametrize("party", ABROAD)
def test_a_wider_reach_finds_them(town: Served, party: str) -> None:
    assert told(town.party(*PARTIES[party]), filter={"text": CANARY})


def test_an_event_a_request_and_a_source_are_found_by_those_who_may(town: Served) -> None:
    entries = all_entries(town)
    there = next(each for each in entries if CANARY in json.dumps(each["data"]))
    bureau = town.party(Role.BUREAU, RUIAN)

    assert [e["id"] for e in told(town.operator, filter={"id": there["id"]})] == [there["id"]]
    assert told(bureau, filter={"id": there["id"]}) == []
    assert told(bureau, filter={"id": "no id"}) == []
    same = told(town.operator, filter={"request": there["request"]}, first=500)
    assert [e["id"] for e in same] == [
        each["id"] for each in entries if each["request"] == there["request"]
    ][:500]
    assert not any(
        CANARY in json.dumps(each) for each in told(bureau, filter={"request": there["request"]})
    )
    for each in entries:
        if each["source"]:
            assert each["id"] in [
                e["id"] for e in told(town.operator, filter={"source": each["source"]}, first=500)
            ]


def test_a_text_of_one_character_or_none_is_refused(town: Served) -> None:
    for text in ("", "学", "学" * 101):
        [said] = town.operator.errors(HISTORY, filter={"text": text})
        assert (said["code"], said["field"]) == ("BAD_SEARCH_TEXT", "filter.text")


def test_effects_and_causes_are_each_others_reverse(town: Served) -> None:
    entries = all_entries(town)
    effect = next(e for e in reversed(entries) if e["type"] == "credit.corrected")
    chain = town.operator.ask(CAUSES, id=effect["id"], depth=1)["chain"]

    assert {each["kind"] for each in chain["links"]} >= {"CORRECTION"}
    for each in chain["links"]:
        found = town.operator.ask(EFFECTS, id=each["entry"]["id"])["effects"]
        named = [(edge["node"]["entry"]["id"], edge["node"]["kind"]) for edge in found["edges"]]
        assert (effect["id"], each["kind"]) in named
        onward = town.operator.ask(CONSEQUENCES, id=each["entry"]["id"])["chain"]
        assert effect["id"] in [link["entry"]["id"] for link in onward["links"]]


def test_a_chain_goes_back_to_the_first_cause_and_says_where_a_bound_cut_it(
    town: Served,
) -> None:
    entries = all_entries(town)
    last = next(e for e in reversed(entries) if e["type"] == "credit.corrected")
    whole = town.operator.ask(CAUSES, id=last["id"], depth=16)["chain"]
    short = town.operator.ask(CAUSES, id=last["id"], depth=1)["chain"]

    assert whole["more"] is False
    depth = max(each["depth"] for each in whole["links"])
    assert short["links"] == [each for each in whole["links"] if each["depth"] == 1]
    assert short["more"] is (depth > 1)


def test_effects_come_in_pages_and_as_of_a_moment(town: Served) -> None:
    entries = all_entries(town)
    root = next(e for e in entries if e["type"] == "regulation.adopted")
    whole = town.operator.ask(EFFECTS, id=root["id"], first=500)["effects"]["edges"]
    positions = [edge["node"]["entry"]["position"] for edge in whole]
    first = town.operator.ask(EFFECTS, id=root["id"], first=3)["effects"]
    after = first["pageInfo"]["endCursor"]
    second = town.operator.ask(EFFECTS, id=root["id"], first=3, after=after)["effects"]
    then = {"position": positions[4]}
    past = town.operator.ask(EFFECTS, id=root["id"], asOf=then)["effects"]["edges"]

    assert len(positions) > 6
    assert [*first["edges"], *second["edges"]] == whole[:6]
    assert first["pageInfo"]["hasNextPage"] is True
    assert past == whole[:5]
    wide = town.operator.ask(CONSEQUENCES, id=root["id"], breadth=2)["chain"]
    assert (len([e for e in wide["links"] if e["depth"] == 1]), wide["more"]) == (2, True)


def test_effects_as_of_a_moment_stand_there(town: Served) -> None:
    root = next(e for e in all_entries(town) if e["type"] == "regulation.adopted")
    asked = "query($id: ID!, $asOf: AsOf) { effects(id: $id, asOf: $asOf) { position } }"
    for position in (root["position"], town.head):
        then = {"position": position}
        assert town.operator.ask(asked, id=root["id"], asOf=then)["effects"] == then


def test_what_was_not_known_yet_has_no_causes_and_changed_nothing(town: Served) -> None:
    own = next(each for each in all_entries(town) if each["type"] == "credit.corrected")
    query = "query($id: ID!, $asOf: AsOf) { causes(id: $id, asOf: $asOf) { more } "
    query += "alterations(id: $id, asOf: $asOf) { position } }"

    def seen(position: int) -> dict[str, Any]:
        answer = town.operator.ask(query, id=own["id"], asOf={"position": position})
        return {name: each is not None for name, each in answer.items()}

    assert seen(own["position"]) == {"causes": True, "alterations": True}
    assert seen(own["position"] - 1) == {"causes": False, "alterations": False}


@pytest.mark.parametrize("party", [each for each in PARTIES if each not in ABROAD])
def test_no_chain_leads_out_of_a_readers_reach(town: Served, party: str) -> None:
    asker = town.party(*PARTIES[party])
    own = told(asker, first=100 if party == "public" else 500)
    seen = {each["id"] for each in own}
    for each in own[:: max(len(own) // 5, 1)]:
        for document in (CAUSES, CONSEQUENCES):
            chain = asker.ask(document, id=each["id"])["chain"]
            assert {link["entry"]["id"] for link in chain["links"]} <= seen
            assert CANARY not in json.dumps(chain)
    for each in all_entries(town)[::97]:
        if each["id"] not in seen:
            assert asker.ask(CAUSES, id=each["id"]) == {"chain": None}
            assert asker.ask(CONSEQUENCES, id=each["id"]) == {"chain": None}
            assert asker.ask(EFFECTS, id=each["id"])["effects"]["edges"] == []


def test_a_teacher_sees_no_other_teacher_in_a_chain_or_a_search(town: Served) -> None:
    asker = town.party(Role.TEACHER, LIN)
    answers = [told(asker, filter={"text": text}, first=500) for text in ("学时", "缺课", "20")]
    answers += [asker.ask(CONSEQUENCES, id=each["id"]) for each in told(asker, first=500)]

    assert str(CHEN) not in json.dumps(answers)


def test_depth_and_breadth_have_bounds(town: Served) -> None:
    for given in ({"depth": 0}, {"depth": 17}, {"breadth": 0}, {"breadth": 101}):
        [said] = town.operator.errors(CONSEQUENCES, id="x", **given)
        assert (said["code"], said["field"]) == ("BAD_CHAIN", next(iter(given)))
