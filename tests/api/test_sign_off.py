"""Sign-offs over HTTP: what was shown is signed, comes out the same again, and shows its drift."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ledger.command import Role
from ledger.sign_off import ReopenSignOff, SignOffPeriod, WithdrawSignOff
from tests import cast
from tests.cast import HANGZHOU, PROVINCE, RUIAN, WENZHOU
from tests.closing import (
    ANN,
    BEN,
    CAI,
    HOME,
    NAME,
    TOTALS,
    YUEQING,
    bureau,
    county,
    later,
    offered,
    ok,
    signed,
)
from tests.scene import Scenes
from tests.server import Party, Served, codes

ASKED = (
    "query($id: ID!, $p: Position, $asOf: AsOf) { signOff(id: $id, atLeast: $p, asOf: $asOf) { id "
    f"place kind year signedPosition totals {TOTALS} sha256 root findingsOpen replaces standing "
    "replacedBy withdrawnBecause event actor teachers { totalCount edges { node { teacher } } } "
    "reopened { event position actor reason since { position teachers sha256 "
    f"totals {TOTALS} moved {TOTALS} }} }} "
    f"verify {{ agrees sha256 root findingsOpen totals {TOTALS} }} }} }}"
)
DRIFT = (
    "query($id: ID!, $asOf: AsOf, $first: Int, $after: String) { signOff(id: $id) "
    f"{{ totals {TOTALS} drift(asOf: $asOf) {{ position totals {TOTALS} moved {TOTALS} "
    f"by {{ cause type teachers totals {TOTALS} }} teachers(first: $first, after: $after) "
    "{ totalCount pageInfo { hasNextPage endCursor } edges { node { teacher before { credits } "
    f"after {{ credits }} moved {TOTALS} causes {{ cause type event position zh en totals {TOTALS} "
    "} } } } } } }"
)


def asked(party: Party, served: Served, name: str = NAME, **more: Any) -> Any:
    """The sign-off as a party sees it."""
    return party.ask(ASKED, id=name, p=served.head, **more)["signOff"]


def drift(party: Party, **more: Any) -> Any:
    """What moved since, as a party sees it."""
    party.served.house.runner.catch_up()
    return party.ask(DRIFT, id=NAME, **more)["signOff"]["drift"]


def year_closed(served: Served) -> None:
    """The county's year 2023, signed off."""
    county(served)
    ok(signed(served))
    served.house.runner.catch_up()


@pytest.fixture
def closed(scenes: Scenes, tmp_path: Path) -> Iterator[Served]:
    """A server of its own to which that was told."""
    with scenes.serving(year_closed, tmp_path) as server:
        yield server


def test_a_bureau_signs_what_it_was_shown_and_the_list_comes_out_the_same_again(
    closed: Served,
) -> None:
    shown = offered(bureau(closed), asOf={"position": closed.head - 1})
    found = asked(bureau(closed), closed)

    assert found["totals"] == shown["level"]["totals"]
    assert (found["sha256"], found["root"]) == (shown["sha256"], shown["level"]["digest"])
    assert (found["standing"], found["findingsOpen"]) == ("IN_FORCE", shown["findingsOpen"])
    assert found["verify"] == {
        name: found[name] for name in ("sha256", "root", "findingsOpen", "totals")
    } | {"agrees": True}
    assert (found["totals"]["teachers"], found["totals"]["credits"]) == (3, "110")
    assert (found["totals"]["yearMet"], found["totals"]["yearShort"]) == (1, 2)
    assert [e["node"]["teacher"] for e in found["teachers"]["edges"]] == [ANN, BEN, CAI]


def test_the_list_that_is_hashed_can_be_made_with_a_pencil(closed: Served) -> None:
    query = (
        "query($id: ID!, $p: Position!) { signOff(id: $id, atLeast: $p) { sha256 "
        "teachers { edges { node { teacher school "
        "place day cycle credits counted unit result yearResult movedFrom "
        "kinds { kind trainings credits } } } } } }"
    )
    found = bureau(closed).ask(query, id=NAME, p=closed.head)["signOff"]
    lines = b""

    for each in found["teachers"]["edges"]:
        row = dict(each["node"])
        row |= {"year_result": row.pop("yearResult"), "moved_from": row.pop("movedFrom")}
        body = json.dumps(row, sort_keys=True, separators=(",", ":"))
        lines += body.encode() + b"\n"

    assert sha256(lines).hexdigest() == found["sha256"]


def test_what_came_later_is_drift_by_teacher_and_event_and_adds_up(closed: Served) -> None:
    later(closed)
    found = drift(bureau(closed))
    rows = {each["node"]["teacher"]: each["node"] for each in found["teachers"]["edges"]}

    assert (found["moved"]["teachers"], found["moved"]["credits"]) == (-1, "-45")
    assert (found["totals"]["teachers"], found["totals"]["credits"]) == (2, "65")
    assert {name: row["moved"]["credits"] for name, row in rows.items()} == {
        ANN: "-20",
        BEN: "5",
        CAI: "-30",
    }
    assert [each["type"] for each in rows[ANN]["causes"]] == ["credit.corrected"]
    assert (rows[CAI]["before"], rows[CAI]["after"]) == ({"credits": "30"}, None)
    assert [each["type"] for each in rows[CAI]["causes"]] == ["register.teacher-transferred"]
    entry = "query($id: ID!) { entry(id: $id) { position } }"
    for row in rows.values():
        for cause in row["causes"]:
            told = bureau(closed).ask(entry, id=cause["event"])["entry"]
            assert told == {"position": cause["position"]}
    sums = {each["type"]: each["totals"]["credits"] for each in found["by"]}
    assert sums == {
        "credit.corrected": "-20",
        "school-based.recognised": "5",
        "register.teacher-transferred": "-30",
    }


def test_the_drift_of_a_moment_is_that_of_then_and_what_was_signed_stays(closed: Served) -> None:
    position = closed.head
    before = asked(bureau(closed), closed)
    later(closed)
    then = drift(bureau(closed), asOf={"position": position})

    assert (then["position"], then["moved"]["credits"]) == (position, "0")
    assert then["teachers"]["totalCount"] == 0
    assert asked(bureau(closed), closed) == before
    assert asked(bureau(closed), closed, asOf={"position": position - 1}) is None
    [said] = bureau(closed).errors(DRIFT, id=NAME, asOf={"effective": "2024-01-01"})
    assert said["code"] == "BAD_AS_OF"


def test_the_drift_is_read_page_by_page(closed: Served) -> None:
    later(closed)
    first = drift(bureau(closed), first=2)["teachers"]
    rest = drift(bureau(closed), first=2, after=first["pageInfo"]["endCursor"])["teachers"]

    assert first["pageInfo"]["hasNextPage"] is True
    assert [e["node"]["teacher"] for e in (*first["edges"], *rest["edges"])] == [ANN, BEN, CAI]


def test_a_list_that_has_changed_since_it_was_shown_is_not_signed(served: Served) -> None:
    county(served)
    shown = offered(bureau(served))
    later(served)
    given = {"signOff": NAME, "place": RUIAN, "year": 2023, "sha256": shown["sha256"]}
    now = given | {"position": served.head}

    assert codes(bureau(served).mutate(SignOffPeriod, now, "a")) == ["NOT_AS_SHOWN"]
    beyond = given | {"position": served.head + 1}
    assert codes(bureau(served).mutate(SignOffPeriod, beyond, "b")) == ["NOT_AS_SHOWN"]
    # What was shown may still be signed as of then; the rest is drift from the first day.
    then = given | {"position": shown["position"]}
    ok(bureau(served).mutate(SignOffPeriod, then, "c"))
    assert bureau(served).mutate(SignOffPeriod, then, "c")["replayed"] is True
    assert drift(bureau(served))["moved"]["credits"] == "-45"


def test_signing_can_be_rehearsed_and_writes_nothing(served: Served) -> None:
    county(served)
    shown, before = offered(bureau(served)), served.head
    given = {"signOff": NAME, "place": RUIAN, "year": 2023, "position": shown["position"]}
    query = (
        "mutation($input: SignOffPeriodInput!) { answer: signOffPeriod(input: $input, requestId: "
        '"r", rehearse: true) { __typename ... on Rehearsed { events { type } } } }'
    )
    told = bureau(served).ask(query, input=given | {"sha256": shown["sha256"]})["answer"]

    assert told == {"__typename": "Rehearsed", "events": [{"type": "sign-off.signed"}]}
    assert served.head == before


def test_a_year_that_runs_is_not_signed(served: Served) -> None:
    county(served)
    given = {"signOff": NAME, "place": RUIAN, "year": 2024, "position": 1, "sha256": "x"}

    assert codes(bureau(served).mutate(SignOffPeriod, given)) == ["PERIOD_RUNNING"]


def reopen(closed: Served, **more: Any) -> dict[str, Any]:
    given = {"place": RUIAN, "signOff": NAME, "reason": "补录", "position": closed.head} | more
    answer: dict[str, Any] = bureau(closed).mutate(ReopenSignOff, given, str(uuid4()))
    return answer


def test_a_sign_off_is_reopened_with_what_had_changed_and_then_signed_anew(
    closed: Served,
) -> None:
    later(closed)
    moved = drift(bureau(closed))
    assert codes(signed(closed, "signoff:again", reason="补录")) == ["ALREADY_SIGNED_OFF"]
    assert codes(reopen(closed, position=1)) == ["NOT_AS_SHOWN"]
    assert codes(reopen(closed, position=closed.head + 1)) == ["NOT_AS_SHOWN"]
    assert codes(reopen(closed, reason=" ")) == ["REASON_MISSING"]
    shown = offered(bureau(closed), asOf={"position": moved["position"]})
    position = ok(reopen(closed, position=moved["position"]))
    old = asked(bureau(closed), closed)

    assert (old["standing"], old["replacedBy"], old["verify"]["agrees"]) == (
        "REOPENED",
        None,
        True,
    )
    told = old["reopened"]
    assert (told["reason"], told["actor"], told["position"]) == ("补录", "staff:tester", position)
    since = told["since"]
    assert (since["position"], since["teachers"]) == (
        moved["position"],
        moved["teachers"]["totalCount"],
    )
    assert (since["moved"], since["totals"]) == (moved["moved"], moved["totals"])
    assert since["sha256"] == shown["sha256"]
    assert since["moved"]["credits"] == "-45"
    assert codes(reopen(closed)) == ["ALREADY_REOPENED"]
    query = "query($n: ID!) { timeline(of: $n) { edges { node { zh } } } }"
    words = [e["node"]["zh"] for e in closed.operator.ask(query, n=NAME)["timeline"]["edges"]]
    assert any("重新打开" in each and "补录" in each and "-45" in each for each in words)


def test_a_year_is_signed_anew_or_taken_back_with_a_reason(closed: Served) -> None:
    later(closed)
    ok(reopen(closed))
    ok(signed(closed, "signoff:anew", reason="补录"))
    old, new = (asked(bureau(closed), closed, each) for each in (NAME, "signoff:anew"))
    assert (old["standing"], old["replacedBy"]) == ("REPLACED", "signoff:anew")
    assert (new["replaces"], new["totals"]["credits"]) == (NAME, "65")
    assert old["verify"]["agrees"] is True

    take = {"place": RUIAN, "signOff": "signoff:anew", "reason": "漏报"}
    ok(bureau(closed).mutate(WithdrawSignOff, take, "take"))
    gone = asked(bureau(closed), closed, "signoff:anew")
    assert (gone["standing"], gone["withdrawnBecause"]) == ("WITHDRAWN", "漏报")
    query = "query($p: Position) { signOffs(standing: WITHDRAWN, year: 2023, atLeast: $p) "
    query += "{ edges { node { id } } } }"
    found = bureau(closed).ask(query, p=closed.head)["signOffs"]["edges"]
    assert found == [{"node": {"id": "signoff:anew"}}]


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.PUBLIC, ""), (Role.BUREAU, HANGZHOU), (Role.BUREAU, YUEQING), (Role.AUDITOR, YUEQING),
        (Role.SCHOOL, HOME), (Role.TEACHER, ANN), (Role.PROVIDER, cast.COUNTY_SCHOOL),
    ],
)  # fmt: skip
def test_nobody_else_sees_it_or_knows_of_it(closed: Served, role: Role, scope: str) -> None:
    party = closed.party(role, scope)

    assert asked(party, closed) is None
    assert party.ask("{ signOffs { totalCount } }") == {"signOffs": {"totalCount": 0}}
    assert party.ask("query($n: ID!) { node(id: $n) { id } }", n=NAME) == {"node": None}
    timeline = "query($n: ID!) { timeline(of: $n) { edges { node { zh } } } }"
    assert party.ask(timeline, n=NAME)["timeline"]["edges"] == []


@pytest.mark.parametrize(
    ("role", "scope"),
    [(Role.BUREAU, WENZHOU), (Role.BUREAU, PROVINCE), (Role.AUDITOR, RUIAN)],
)
def test_those_above_and_auditors_of_the_place_see_it(
    closed: Served, role: Role, scope: str
) -> None:
    assert asked(closed.party(role, scope), closed)["totals"]["teachers"] == 3


def test_only_the_bureau_of_the_place_signs(closed: Served) -> None:
    given = {"signOff": "signoff:other", "place": RUIAN, "year": 2022, "position": 1, "sha256": "x"}
    take = {"place": RUIAN, "signOff": NAME, "reason": "漏报"}
    for place in (WENZHOU, YUEQING):
        party = bureau(closed, place)
        assert codes(party.mutate(SignOffPeriod, given, "sign")) == ["OUTSIDE_SCOPE"]
        assert codes(party.mutate(WithdrawSignOff, take, "take")) == ["OUTSIDE_SCOPE"]
        again = take | {"position": closed.head}
        assert codes(party.mutate(ReopenSignOff, again, "again")) == ["OUTSIDE_SCOPE"]


def test_a_sign_off_is_on_the_timeline_in_words(closed: Served) -> None:
    query = "query($n: ID!) { timeline(of: $n) { edges { node { zh en } } } }"
    [found] = closed.operator.ask(query, n=NAME)["timeline"]["edges"]

    assert "结账 2023 年（公历年，按年末判断）：教师 3 人，学分 110" in found["node"]["zh"]
    assert "signed off 2023" in found["node"]["en"]
