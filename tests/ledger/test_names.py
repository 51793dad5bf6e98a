"""Names: they carry their kind, and nothing else passes for one."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from ledger.fault import Fault
from ledger.names import KINDS, JurisdictionId, Name, SchoolId, TeacherId, known

VALUES = strategies.from_regex(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}", fullmatch=True)


@given(VALUES)
def test_a_name_is_its_own_text(value):
    name = TeacherId(f"teacher:{value}")

    assert f"teacher:{value}" == name == str(name)
    assert value == name.value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "teacher",
        "teacher:",
        ":x",
        "school:x",
        "pupil:x",
        "Teacher:x",
        "teacher:-x",
        "teacher:.x",
        "teacher:x y",
        "teacher:x\n",
        "teacher:x:y",
        "teacher:林",
        "teacher:" + "x" * 65,
        " teacher:x",
    ],
)
def test_anything_else_is_a_fault_that_says_what_was_wanted(text):
    with pytest.raises(Fault) as caught:
        TeacherId(text)

    assert caught.value.code == "MALFORMED_NAME"
    assert "teacher:…" in caught.value.en
    assert "teacher:…" in caught.value.zh


def test_a_value_has_sixty_four_characters_at_most():
    assert len(TeacherId("teacher:" + "x" * 64).value) == 64


def test_a_long_text_is_not_repeated_whole():
    with pytest.raises(Fault) as caught:
        TeacherId("x" * 10_000)

    assert len(caught.value.en) < 300


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_name_of_any_kind_may_be_read_without_knowing_the_kind(kind):
    assert f"{kind}:x1" == Name(f"{kind}:x1")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_name_that_is_read_back_is_of_the_kind_that_was_written(kind):
    written = KINDS[kind](f"{kind}:x1" if kind != "jurisdiction" else "jurisdiction:330381")
    for asked in (Name, KINDS[kind]):
        assert type(known(asked, str(written))) is KINDS[kind]


def test_a_name_of_no_kind_is_a_fault():
    with pytest.raises(Fault):
        Name("pupil:x")


def test_two_kinds_with_one_value_differ():
    assert TeacherId("teacher:x") != SchoolId("school:x")


@pytest.mark.parametrize(
    ("code", "level", "chain"),
    [
        ("330000", "PROVINCE", ["330000"]),
        ("330300", "CITY", ["330300", "330000"]),
        ("330381", "COUNTY", ["330381", "330300", "330000"]),
    ],
)
def test_a_place_knows_its_level_and_what_it_lies_in(code, level, chain):
    place = JurisdictionId(f"jurisdiction:{code}")

    assert level == place.level
    assert chain == [each.value for each in place.chain]


@pytest.mark.parametrize(
    ("outer", "inner", "covers"),
    [
        ("330000", "330381", True),
        ("330300", "330381", True),
        ("330381", "330381", True),
        ("330381", "330300", False),
        ("330100", "330381", False),
        ("320000", "330381", False),
    ],
)
def test_a_place_covers_what_lies_in_it(outer, inner, covers):
    places = [JurisdictionId(f"jurisdiction:{code}") for code in (outer, inner)]

    assert covers == places[0].covers(places[1])
