"""Levels over HTTP: the same sums from county to province, and the first point of difference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from ledger.command import Role
from tests import cast
from tests.cast import HANGZHOU, PROVINCE, RUIAN, WENZHOU
from tests.closing import (
    ABROAD,
    ANN,
    BEN,
    CAI,
    DAN,
    HOME,
    LEVELS,
    NAME,
    NEXT,
    YUEQING,
    bureau,
    county,
    later,
    offered,
    ok,
    signed,
)
from tests.server import Party, Served, serving
from tests.town import database

COMPARE = """
query($of: ID!, $one: LevelSide!, $other: LevelSide, $first: Int, $after: String) {
  compareLevels(of: $of, year: 2023, one: $one, other: $other) {
    agrees one { position digest signed totals { teachers credits } }
    other { position digest totals { teachers credits } }
    way { of one other totals { credits } totalsOther { credits } }
    teachers(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges {
      node { teacher one { credits } other { credits }
             drift { moved { credits } causes { type event totals { credits } } } } } }
  }
}
"""


@pytest.fixture(scope="module")
def town(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Two counties: the year is signed, and then more comes."""
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path_factory.mktemp("town")) as server,
    ):
        county(server)
        ok(signed(server))
        later(server)
        yield server


def compared(party: Party, one: dict[str, Any], of: str = RUIAN, **more: Any) -> Any:
    """Two sides as a party sees them compared."""
    return party.ask(COMPARE, of=of, one=one, **more)["compareLevels"]


def changed(file: str, change: Any) -> str:
    """A file of levels that says something else."""
    body = msgspec.json.decode(file)
    change(body)
    return msgspec.json.encode(body).decode()


def test_the_row_of_a_county_is_the_same_for_county_city_and_province(town: Served) -> None:
    own = offered(bureau(town))["level"]
    city = offered(bureau(town, WENZHOU), WENZHOU)["level"]
    province = offered(bureau(town, PROVINCE), PROVINCE)["level"]
    rows = {each["of"]: each for each in city["parts"]}

    assert {name: own[name] for name in ("of", "digest", "totals")} == {
        name: rows[RUIAN][name] for name in ("of", "digest", "totals")
    }
    for name in ("teachers", "met", "notMet", "undecided", "moved"):
        assert sum(each["totals"][name] for each in city["parts"]) == city["totals"][name]
    [row] = [each for each in province["parts"] if each["of"] == WENZHOU]
    assert (row["digest"], row["totals"]) == (city["digest"], city["totals"])
    assert province["totals"] == city["totals"]


def test_who_moved_between_counties_is_counted_once_and_it_is_said_where(town: Served) -> None:
    city = offered(bureau(town, WENZHOU), WENZHOU)
    names = [each["node"]["teacher"] for each in city["teachers"]["edges"]]

    assert names == [ANN, BEN, CAI, DAN]
    [moved] = [each["node"] for each in city["moves"]["edges"]]
    assert moved == {"teacher": CAI, "place": YUEQING, "movedFrom": [RUIAN]}
    assert city["level"]["totals"]["moved"] == 1


def test_what_was_signed_is_compared_with_now_down_to_the_teacher_and_the_event(
    town: Served,
) -> None:
    found = compared(bureau(town), {"signOff": NAME})
    rows = {each["node"]["teacher"]: each["node"] for each in found["teachers"]["edges"]}

    assert (found["agrees"], found["one"]["signed"]) == (False, found["one"]["digest"])
    assert [each["of"] for each in found["way"]] == [RUIAN, HOME, ANN]
    assert set(rows) == {ANN, BEN, CAI}
    assert (rows[ANN]["one"], rows[ANN]["other"]) == ({"credits": "60"}, {"credits": "40"})
    assert [each["type"] for each in rows[ANN]["drift"]["causes"]] == ["credit.corrected"]
    assert rows[CAI]["other"] is None
    both = found["one"]["totals"]["credits"], found["other"]["totals"]["credits"]
    moved = sum(int(each["drift"]["moved"]["credits"]) for each in rows.values())
    assert int(both[1]) - int(both[0]) == moved == -45


def test_a_ledger_agrees_with_itself_and_with_its_own_file(town: Served) -> None:
    file = offered(bureau(town))["file"]

    assert compared(bureau(town), {"told": file})["agrees"] is True
    assert compared(bureau(town), {})["teachers"]["totalCount"] == 0
    # The file of the city tells of its counties too.
    whole = offered(bureau(town, WENZHOU), WENZHOU)["file"]
    assert compared(bureau(town), {"told": whole})["agrees"] is True


def test_a_file_of_an_earlier_day_is_explained_by_the_events_since(town: Served) -> None:
    position = bureau(town).ask("query($id: ID!) { signOff(id: $id) { signedPosition } }", id=NAME)
    then = {"position": position["signOff"]["signedPosition"]}
    file = offered(bureau(town), asOf=then)["file"]
    found = compared(bureau(town), {"told": file})

    assert found["one"]["position"] == then["position"]
    causes = [e["node"]["drift"]["causes"][0]["type"] for e in found["teachers"]["edges"]]
    assert causes == [
        "credit.corrected",
        "school-based.recognised",
        "register.teacher-transferred",
    ]


def test_a_file_that_says_less_than_the_teachers_is_compared_as_deep_as_it_says(
    town: Served,
) -> None:
    then = offered(bureau(town), asOf={"position": town.head - 4})["file"]
    told = changed(then, lambda body: body["level"].pop("parts") and body["level"].pop("teachers"))
    found = compared(bureau(town), {"told": told})

    assert [each["of"] for each in found["way"]] == [RUIAN]
    assert found["teachers"]["totalCount"] == 0


def test_differences_are_read_page_by_page(town: Served) -> None:
    first = compared(bureau(town), {"signOff": NAME}, first=2)["teachers"]
    after = first["pageInfo"]["endCursor"]
    rest = compared(bureau(town), {"signOff": NAME}, first=2, after=after)["teachers"]

    assert [e["node"]["teacher"] for e in (*first["edges"], *rest["edges"])] == [ANN, BEN, CAI]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


@pytest.mark.parametrize(
    ("side", "code"),
    [
        ({"told": "{}"}, "BAD_LEVELS"),
        ({"told": "", "signOff": NAME}, "BAD_SIDE"),
        ({"signOff": "signoff:nobody"}, "UNKNOWN_SIGN_OFF"),
        ({"signOff": "nothing"}, "MALFORMED_NAME"),
        ({"asOf": {"position": 10_000_000}}, "BEYOND_HEAD"),
        ({"asOf": {"effective": "2024-01-01"}}, "BAD_AS_OF"),
    ],
    ids=lambda each: str(each)[:40],
)
def test_a_side_that_makes_no_sense_is_refused_by_its_name(
    town: Served, side: dict[str, Any], code: str
) -> None:
    [said] = bureau(town).errors(COMPARE, of=RUIAN, one=side)

    assert (said["code"], said["field"]) == (code, "one")


def test_a_file_of_another_place_or_a_sign_off_of_another_is_refused(town: Served) -> None:
    file = offered(bureau(town, YUEQING), YUEQING)["file"]
    [said] = bureau(town).errors(COMPARE, of=RUIAN, one={"told": file})
    assert said["code"] == "OTHER_LEVELS"

    city = bureau(town, WENZHOU)
    [said] = city.errors(COMPARE, of=WENZHOU, one={"signOff": NAME})
    assert said["code"] == "OTHER_LEVELS"


def test_a_past_moment_is_summed_up_as_it_was_known(town: Served) -> None:
    now = offered(bureau(town))["level"]["totals"]
    [signed_off] = bureau(town).ask("{ signOffs { edges { node { signedPosition } } } }")[
        "signOffs"
    ]["edges"]
    position = signed_off["node"]["signedPosition"]
    then = offered(bureau(town), asOf={"position": position})["level"]["totals"]

    assert (now["teachers"], then["teachers"]) == (2, 3)
    assert (now["credits"], then["credits"]) == ("65", "110")


def test_the_cycles_that_ended_in_a_year_are_summed_up_by_themselves(town: Served) -> None:
    asked = {"of": RUIAN, "kind": "CYCLES"}
    none = bureau(town).ask(LEVELS, year=2023, **asked)["levels"]["level"]["totals"]
    ended = bureau(town).ask(LEVELS, year=2026, **asked)["levels"]["level"]["totals"]

    assert (none["teachers"], ended["teachers"]) == (0, 2)


@pytest.mark.parametrize(
    ("role", "scope", "of"),
    [
        (Role.BUREAU, YUEQING, RUIAN), (Role.BUREAU, RUIAN, WENZHOU), (Role.BUREAU, RUIAN, ABROAD),
        (Role.BUREAU, WENZHOU, PROVINCE), (Role.BUREAU, HANGZHOU, RUIAN),
        (Role.AUDITOR, YUEQING, RUIAN), (Role.SCHOOL, HOME, RUIAN), (Role.SCHOOL, HOME, NEXT),
        (Role.TEACHER, ANN, HOME), (Role.TEACHER, ANN, RUIAN), (Role.PUBLIC, "", HOME),
        (Role.PUBLIC, "", RUIAN), (Role.PROVIDER, cast.COUNTY_SCHOOL, RUIAN),
        (Role.BUREAU, RUIAN, "school:unheard-of"), (Role.BUREAU, RUIAN, "jurisdiction:339999"),
    ],
)  # fmt: skip
def test_what_lies_beyond_is_absent(town: Served, role: Role, scope: str, of: str) -> None:
    party = town.party(role, scope)

    assert offered(party, of) is None
    assert compared(party, {"told": "{}"}, of) is None


def test_a_school_sees_its_own_sums_and_a_county_its_schools(town: Served) -> None:
    own = offered(town.party(Role.SCHOOL, HOME), HOME)

    assert own["level"]["totals"]["teachers"] == 2
    assert (own["findingsOpen"], own["level"]["parts"]) == (None, [])
    assert offered(bureau(town), HOME)["level"] == own["level"]


@pytest.mark.parametrize(
    ("of", "year", "code"),
    [
        (RUIAN, 0, "BAD_COUNT"),
        (RUIAN, 2_000_000, "BAD_COUNT"),
        (ANN, 2023, "BAD_SUBJECT"),
        ("x", 2023, "MALFORMED_NAME"),
    ],
)
def test_what_makes_no_sense_is_refused(town: Served, of: str, year: int, code: str) -> None:
    [said] = bureau(town).errors(LEVELS, of=of, year=year)

    assert said["code"] == code
