"""Lists by which somebody elsewhere might be looked up: what they tell, and where that stands."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.command import Role
from ledger.register import RegisterSchool
from ledger.teacher import RegisterTeacher
from schema import lookup
from tests.api.test_load import PLAN, committed, fates, planned, sheet, teacher
from tests.api.test_lookup import FAR, FREE, KNOWN, LOG, NOBODY, OURS, lookups, town
from tests.api.test_upload import given_up
from tests.cast import COUNTY_SCHOOL, HANGZHOU, LIN, OFFERING, RUIAN
from tests.server import Party, Served, codes
from tests.sheets import xlsx
from tests.town import founded_template

__all__ = ["founded_template", "town"]

TRIAL = (
    "query($who: ID) { accessLog(kind: TRIAL, subject: $who) { edges { node { actor what } } } }"
)
OWN = "teacher:own-of-far"


@pytest.fixture
def stranger(town: Served) -> Party:
    """The bureau of another city, which has a teacher of its own."""
    given = {"teacher": OWN, "school": FAR, "stage": "PRIMARY", "subject": "语文"}
    answer = town.operator.mutate(RegisterTeacher, given | {"entered": "2010-09-01"}, "own of far")
    assert codes(answer) == []
    town.house.runner.catch_up()
    return town.party(Role.BUREAU, HANGZHOU, actor="staff:listing")


def row(at: int, **other: Any) -> tuple[Any, ...]:
    return teacher(at, school="远方小学", **other)


def table(*rows: tuple[str, ...]) -> bytes:
    """A sheet of texts, the header first."""

    def fill(book: Any) -> None:
        tab = book.add_worksheet("表")
        for at, each in enumerate(rows):
            for column, value in enumerate(each):
                tab.write_string(at, column, value)

    return xlsx(fill)


@pytest.mark.parametrize("since", ["", "2024-03-01"])
def test_a_list_with_the_id_number_of_one_elsewhere_stands_in_the_log(
    town: Served, stranger: Party, since: str
) -> None:
    seen = town.party(Role.BUREAU, RUIAN), town.party(Role.TEACHER, KNOWN)
    before = [len(each.ask(LOG, who=KNOWN)["accessLog"]["edges"]) for each in seen]

    made = planned(stranger, sheet(row(1, id=OURS, since=since), row(2, since=since)))

    assert [fate for _, fate, _ in fates(made)] == ["CHANGE" if since else "ANOMALY", "NEW"]
    for each, had in zip(seen, before, strict=True):
        [latest, *_] = found = each.ask(LOG, who=KNOWN)["accessLog"]["edges"]
        assert len(found) == had + 1
        assert latest["node"] == {"actor": "staff:listing", "scope": HANGZHOU, "what": "load"}


def test_a_list_of_ones_own_looks_nobody_up_and_says_whom_it_was_about(
    town: Served, stranger: Party
) -> None:
    before = lookups(town)

    planned(stranger, sheet(row(3, id="", number=OWN), row(4)))

    assert lookups(town) == before
    told = town.party(Role.TEACHER, OWN).ask(TRIAL, who=OWN)["accessLog"]["edges"]
    assert told[0]["node"] == {"actor": "staff:listing", "what": "load"}


def test_no_list_tells_of_more_elsewhere_than_may_be_heard_of(
    town: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "LOOKUPS_MAX", 1)
    party = town.party(Role.BUREAU, HANGZHOU, actor="staff:lists")

    def refused(*rows: tuple[Any, ...]) -> str:
        upload = given_up(party, sheet(*rows), form="TEACHERS")
        [error] = party.errors(PLAN, i={"upload": upload})
        return str(error["code"])

    assert refused(row(1, id=OURS), row(2, id="", number=str(LIN))) == "LOOKUPS_SPENT"
    assert lookups(town)[0] == {"actor": "staff:lists", "what": "load", "subjects": 2}
    logged = len(lookups(town))
    assert [refused(row(3, id=OURS)), refused(row(4))] == ["LOOKUPS_SPENT"] * 2
    assert len(lookups(town)) == logged


def test_a_list_is_taken_in_though_the_ledger_moved_and_nobody_may_be_heard_of_any_more(
    town: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "LOOKUPS_MAX", 1)
    party = town.party(Role.BUREAU, HANGZHOU, actor="staff:taking-in")
    made = planned(party, sheet(row(1, name="", id=OURS, since="2024-03-01")))
    moved = {"school": "school:another", "place": HANGZHOU, "title": "另一所", "stage": "PRIMARY"}
    assert codes(town.operator.mutate(RegisterSchool, moved, "another")) == []
    town.house.runner.catch_up()

    done = committed(party, made["token"])

    assert (done["complete"], done["moved"]) == (True, [])


@pytest.mark.parametrize("number", [OURS, FREE])
def test_beside_a_number_of_ones_own_an_id_number_of_one_elsewhere_is_as_good_as_free(
    town: Served, stranger: Party, number: str
) -> None:
    before = lookups(town)

    made = planned(stranger, sheet(row(5, id=number, number=OWN)))

    assert fates(made) == [(2, "ANOMALY", ["ID_NUMBER_NEW"])]
    assert lookups(town) == before


def test_a_school_hears_nothing_of_whose_an_id_number_is_elsewhere(
    town: Served, stranger: Party
) -> None:
    school = town.party(Role.SCHOOL, FAR, actor="staff:school")
    header = ("平台编号", "身份证号", "培训名称", "学时", "学分", "结束日期")
    own = OWN.removeprefix("teacher:")
    rest = ("8", "8", "2024-03-01")

    def told(number: str) -> list[Any]:
        rows = [(who, number, who, *rest) for who in (own, KNOWN.removeprefix("teacher:"), "no")]
        return fates(planned(school, table(header, *rows), "SCHOOL_BASED"))

    assert told(OURS) == told(FREE)
    assert "NUMBERS_CONTRADICT" not in str(told(OURS))


def test_a_provider_hears_nothing_of_whose_an_id_number_is_elsewhere(town: Served) -> None:
    provider = town.party(Role.PROVIDER, COUNTY_SCHOOL)
    header = ("学员编号", "身份证号", "考核结果", "缺课学时")

    def told(number: str) -> list[Any]:
        rows = [(who, number, "合格", "0") for who in ("lin", NOBODY.removeprefix("teacher:"))]
        data = table(header, *rows)
        return fates(planned(provider, data, "RESULTS", offering=str(OFFERING)))

    assert told(OURS) == told(FREE)
    assert "NUMBERS_CONTRADICT" not in str(told(OURS))
