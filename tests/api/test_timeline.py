"""What happened to anything, in sentences, and what each entry changed, over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.command import Role
from tests.api.test_access import ABROAD, CANARY, PARTIES
from tests.api.test_trail import all_entries, told, town
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING, ORDER, PROJECT, RUIAN, SCHOOL
from tests.server import Party, Served
from tests.town import CHANGE, CREDIT

__all__ = ["town"]
TIMELINE = """
query($of: ID!, $with: [ID!], $latest: Boolean! = false, $first: Int, $after: String, $asOf: AsOf) {
  timeline(of: $of, alongWith: $with, latestFirst: $latest, first: $first, after: $after,
           asOf: $asOf) {
    position pageInfo { hasNextPage endCursor }
    edges { node { zh en entry { id position type on tags data } } }
  }
}
"""
ALTERATIONS = """
query($id: ID!, $first: Int, $after: String) {
  alterations(id: $id, first: $first, after: $after) {
    position pageInfo { hasNextPage endCursor }
    edges { node { view key made changes { path zh en before after } } }
  }
}
"""
NOUNS = (
    LIN, OFFERING, PROJECT, ORDER, CHANGE, CREDIT, SCHOOL, COUNTY_SCHOOL, RUIAN,
    "term:2024H1", "document:zj24", "staff:lead",
)  # fmt: skip


def happened(party: Party, of: str, **given: Any) -> list[dict[str, Any]]:
    """What a party is told of a noun."""
    found = party.ask(TIMELINE, of=of, **given)["timeline"]
    return [edge["node"] for edge in found["edges"]]


def altered(party: Party, event_id: str) -> dict[str, dict[str, Any]]:
    """What an entry changed, by view and key."""
    found = party.ask(ALTERATIONS, id=event_id, first=500)["alterations"]
    return {
        f"{each['node']['view']} {each['node']['key']}": each["node"] for each in found["edges"]
    }


@pytest.mark.parametrize("of", NOUNS)
def test_any_noun_has_its_timeline_in_both_directions(town: Served, of: str) -> None:
    oldest = happened(town.operator, of, first=500)
    latest = happened(town.operator, of, first=500, latest=True)
    positions = [each["entry"]["position"] for each in oldest]

    assert bool(oldest) is (of != "staff:lead")
    assert positions == sorted(positions)
    if len(oldest) < 500:
        assert latest == oldest[::-1]
    for each in oldest:
        assert of in each["entry"]["tags"]
        assert each["zh"] and each["en"]
        assert not any(code in each["zh"] for code in ("None", "{", "teacher:", "offering:"))


def test_the_timeline_of_a_finding_begins_with_its_making(town: Served) -> None:
    history = "query($f: EntryFilter) { history(filter: $f) { edges { node { id type } } } }"
    listed = town.operator.ask("{ findings(first: 1) { edges { node { id position } } } }")
    [made] = [edge["node"] for edge in listed["findings"]["edges"]]
    begun = happened(town.operator, made["id"])[0]["entry"]

    assert (begun["type"], begun["position"]) == ("finding.made", made["position"])
    told = town.operator.ask(history, f={"tags": [made["id"]]})["history"]["edges"]
    assert f"finding:{told[0]['node']['id']}" == made["id"]


def test_pages_follow_one_another_and_a_moment_ends_them(town: Served) -> None:
    whole = happened(town.operator, LIN, first=500)
    for latest in (False, True):
        seen: list[Any] = []
        after, more = None, True
        while more:
            page = town.operator.ask(TIMELINE, of=LIN, first=7, after=after, latest=latest)
            page = page["timeline"]
            seen += [edge["node"] for edge in page["edges"]]
            more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
        assert seen == (whole[::-1] if latest else whole)
    position = whole[5]["entry"]["position"]
    assert happened(town.operator, LIN, asOf={"position": position}) == whole[:6]
    day = whole[len(whole) // 2]["entry"]["on"]
    assert happened(town.operator, LIN, first=500, asOf={"effective": day}) == [
        each for each in whole if each["entry"]["on"] <= day
    ]


def test_two_names_together_give_one_enrollment(town: Served) -> None:
    both = happened(town.operator, LIN, **{"with": [OFFERING]}, first=500)
    sentences = " ".join(each["zh"] for each in both)

    assert all({LIN, OFFERING} <= {*each["entry"]["tags"]} for each in both)
    assert "选报" in sentences and "结业" in sentences


def test_sentences_use_the_titles_that_the_reader_may_see(town: Served) -> None:
    opened = next(
        each for each in happened(town.public, OFFERING) + happened(town.operator, OFFERING)
        if each["entry"]["type"] == "offering.opened"
    )  # fmt: skip

    assert "开设班期“" in opened["zh"]
    assert "provider:" not in opened["zh"] + opened["en"]


@pytest.mark.parametrize("party", [each for each in PARTIES if each not in ABROAD])
def test_nothing_of_elsewhere_is_on_a_timeline_or_altered(town: Served, party: str) -> None:
    asker = town.party(*PARTIES[party])
    rows = 100 if party == "public" else 500  # the public may ask for less at once
    for of in ("teacher:canary-lin", "offering:canary-o1", "jurisdiction:330382"):
        assert happened(asker, of) == []
    for of in (RUIAN, "term:2024H1", OFFERING):
        assert CANARY not in json.dumps(happened(asker, of, first=rows))
    there = [each for each in all_entries(town) if CANARY in json.dumps(each["data"])]
    for each in there[:: max(len(there) // 6, 1)]:
        assert asker.ask(ALTERATIONS, id=each["id"]) == {"alterations": None}


def test_a_teacher_sees_no_other_teacher_on_a_timeline(town: Served) -> None:
    asker = town.party(Role.TEACHER, LIN)
    mine = happened(asker, OFFERING, first=500)
    assert mine
    rows = [altered(asker, each["entry"]["id"]) for each in mine]

    assert str(CHEN) not in json.dumps([mine, rows])
    assert "教师 chen" not in json.dumps(mine, ensure_ascii=False)
    assert happened(asker, CHEN) == []
    assert told(asker, filter={"tags": [CHEN]}) == []


def test_an_award_of_credits_shows_the_record_before_and_after(town: Served) -> None:
    entries = all_entries(town)
    corrected = next(
        each
        for each in entries
        if each["type"] == "credit.corrected" and each["data"]["teacher"] == LIN
    )
    rows = altered(town.operator, corrected["id"])
    record = rows[f"records {LIN}"]
    paths = {each["path"]: each for each in record["changes"]}
    of_lines = [each for path, each in paths.items() if path.startswith("lines[")]

    assert record["made"] is False
    assert any(
        (each["before"], each["after"])
        == (corrected["data"]["credits_before"], corrected["data"]["credits"])
        for each in of_lines
    ), record


def test_every_field_that_an_entry_changed_is_called_something(town: Served) -> None:
    called: dict[str, tuple[str, str]] = {}
    for each in {each["type"]: each for each in all_entries(town)}.values():
        for row in altered(town.operator, each["id"]).values():
            for field in row["changes"]:
                called[f"{row['view']} {field['path']}"] = field["zh"], field["en"]

    assert len(called) > 100
    assert called["teachers subject"] == ("学科", "Subject")
    for path, (zh, en) in called.items():
        first = zh.partition(" · ")[0]
        assert any("一" <= letter <= "鿿" for letter in first), path
        assert en[0].isascii(), path


def test_a_new_row_has_nothing_before(town: Served) -> None:
    entries = all_entries(town)
    came = next(
        each
        for each in entries
        if each["type"] == "register.teacher-registered" and each["data"]["teacher"] == LIN
    )
    row = altered(town.operator, came["id"])[f"teachers {LIN}"]

    assert row["made"] is True
    assert {each["before"] for each in row["changes"] if each["path"] != "version"} == {None}


def test_each_party_sees_the_rows_of_its_own(town: Served) -> None:
    entries = all_entries(town)
    chosen = next(
        each
        for each in entries
        if each["type"] == "enrollment.offering-selected" and each["data"]["teacher"] == LIN
    )
    seen = {
        party: {key.split()[0] for key in altered(town.party(*PARTIES[party]), chosen["id"])}
        for party in ("teacher", "school", "provider", "bureau")
    }

    assert all({"offerings", "enrollments"} <= views for views in seen.values()), seen
    assert "teachers" not in seen["provider"]


def test_alterations_come_in_pages(town: Served) -> None:
    entries = all_entries(town)
    taken = next(each for each in entries if each["type"] == "attendance.recorded")
    whole = list(altered(town.operator, taken["id"]).values())
    seen: list[Any] = []
    after, more = None, True
    while more:
        page = town.operator.ask(ALTERATIONS, id=taken["id"], first=1, after=after)["alterations"]
        seen += [edge["node"] for edge in page["edges"]]
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]

    assert seen == whole
    [said] = town.operator.errors(ALTERATIONS, id=taken["id"], after="eA")
    assert said["code"] == "BAD_CURSOR"


def test_what_is_no_name_is_refused(town: Served) -> None:
    [said] = town.operator.errors(TIMELINE, of="nobody")
    assert (said["code"], said["field"]) == ("MALFORMED_NAME", "of")
    [said] = town.operator.errors(TIMELINE, of=LIN, **{"with": [LIN] * 4})
    assert (said["code"], said["field"]) == ("BAD_FILTER", "alongWith")
    assert told(town.operator, filter={"id": "x"}) == []
