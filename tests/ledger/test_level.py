"""Levels: county, city and province have the same sums, and differences are found by hashes."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.fault import Fault
from ledger.level import (
    TOLD_BYTES_MAX,
    apart,
    first_difference,
    grown,
    joined,
    leaf,
    moves,
    read,
    schools_of,
    told_to,
    written,
)
from ledger.names import JurisdictionId, SchoolId
from ledger.summary import Totals, period_of, totals_of
from tests import lives
from tests.cast import HANGZHOU, PROVINCE, RUIAN, WENZHOU
from tests.ledger.test_summary import periods, summed
from tests.lives import TEACHERS, YUEQING

YEAR = period_of(2023)
A, B, C = (SchoolId(f"school:{each}") for each in "abc")
ONE, TWO, THREE = TEACHERS[:3]


def told(*happened):
    return summed(lives.entered(list(happened)), YEAR)


START = [
    (lives.FIRST, lives.started(ONE, A)),
    (lives.FIRST, lives.started(TWO, B)),
    (lives.FIRST, lives.started(THREE, C)),
]


def test_a_city_is_made_of_its_counties_and_its_own_schools():
    city_school = (lives.FIRST, lives.started(TEACHERS[3], SchoolId("school:d")))
    level = grown(WENZHOU, told(*START, city_school))

    assert level.parts is not None
    assert [(str(e.of), e.totals.teachers) for e in level.parts] == [
        (RUIAN, 2),
        (YUEQING, 1),
        ("school:d", 1),
    ]
    assert level.parts[0].opened() == {str(e.of): e.digest for e in level.parts[0].parts or ()}


def test_a_teacher_who_moved_between_counties_is_counted_once_and_it_is_said_where():
    summaries = told(*START, (date(2023, 5, 1), lives.transferred(ONE, C, date(2023, 5, 1))))
    level = grown(WENZHOU, summaries)

    assert [(e.of, e.totals.teachers, e.totals.moved) for e in level.parts or ()] == [
        (RUIAN, 1, 0),
        (YUEQING, 2, 1),
    ]
    assert level.totals.teachers == 3
    [one] = moves(summaries)
    assert (one.teacher, one.moved_from, one.place) == (ONE, (RUIAN,), YUEQING)


def test_levels_joined_place_by_place_are_those_grown_at_once():
    city_school = (lives.FIRST, lives.started(TEACHERS[3], SchoolId("school:d")))
    summaries = told(*START, city_school)
    places = {each.place for each in summaries} | {HANGZHOU}
    schools = {p: schools_of(e for e in summaries if e.place == p) for p in places}

    for of in (PROVINCE, WENZHOU, RUIAN):
        inside = {place: own for place, own in schools.items() if of.covers(place)}
        own = [each for each in summaries if of.covers(each.place)]
        assert joined(of, inside) == grown(of, own)
    short = told_to(grown(PROVINCE, summaries), 1)
    assert short.digest == grown(PROVINCE, summaries).digest
    assert [each.opened() for each in short.parts or ()] == [None]


def test_two_sides_that_agree_have_one_hash_and_no_difference():
    one, other = grown(WENZHOU, told(*START)), grown(WENZHOU, told(*START))

    assert one.digest == other.digest
    assert (first_difference(one, other), list(apart(one, other))) == ([], [])


def test_the_first_difference_is_found_from_the_city_down_to_the_teacher():
    award = (date(2023, 5, 1), lives.cast.awarded(8, teacher=TWO, completed=date(2023, 5, 1)))
    one, other = grown(WENZHOU, told(*START)), grown(WENZHOU, told(*START, award))
    way = first_difference(one, other)

    assert [str(each.of) for each in way] == [WENZHOU, RUIAN, B, TWO]
    assert (way[1].totals, way[1].totals_other) != (None, None)
    assert way[-1].one == leaf(told(*START)[1])
    assert list(apart(one, other)) == [TWO]


def test_a_part_that_one_side_lacks_is_the_difference():
    one, other = grown(WENZHOU, told(*START)), grown(WENZHOU, told(*START[:2]))
    way = first_difference(one, other)

    assert [(str(e.of), e.one is None, e.other is None) for e in way] == [
        (WENZHOU, False, False),
        (YUEQING, False, True),
    ]
    assert list(apart(one, other)) == [THREE]


def test_sides_of_two_places_differ_at_the_top():
    [way] = first_difference(grown(RUIAN, told(*START[:2])), grown(HANGZHOU, []))

    assert (way.of, way.other is None) == (RUIAN, False)


def test_a_file_of_levels_says_the_same_when_it_is_read_again():
    level = grown(PROVINCE, told(*START))
    again = read(written(level, YEAR, 7))

    assert (again.level, again.period, again.position) == (level, YEAR, 7)
    assert first_difference(again.level, level) == []


def test_a_file_that_tells_less_is_compared_as_deep_as_it_tells():
    one, other = grown(WENZHOU, told(*START)), grown(WENZHOU, told(*START[:2]))
    other.parts = None
    way = first_difference(one, read(written(other, YEAR, None)).level)

    assert [str(each.of) for each in way] == [WENZHOU]
    assert list(apart(one, other)) == []


def _changed(change) -> bytes:
    body = msgspec.json.decode(written(grown(WENZHOU, told(*START)), YEAR, 7))
    change(body)
    return msgspec.json.encode(body)


def _deep(body) -> None:
    level = body["level"]
    for _ in range(200):
        level = {**level, "parts": [level]}
    body["level"] = level


def _teachers(body) -> dict[str, str]:
    found: dict[str, str] = body["level"]["parts"][0]["parts"][0]["teachers"]
    return found


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{" * 100_000,
        b'{"format":"xuefen-levels/1"}',
        b" " * (TOLD_BYTES_MAX + 1),
        _changed(lambda body: body.update(format="other/1")),
        _changed(lambda body: body.update(more=1)),
        _changed(lambda body: body["level"].update(digest="00")),
        _changed(lambda body: body["level"].update(digest="0" * 64)),
        _changed(lambda body: body["level"].update(of="teacher:t1")),
        _changed(lambda body: body["level"].update(of="nothing")),
        _changed(lambda body: body["level"]["totals"].update(teachers=4)),
        _changed(lambda body: body["level"]["parts"].append(body["level"]["parts"][0])),
        _changed(_deep),
        _changed(lambda body: body.update(position=-1)),
        _changed(lambda body: body["level"]["totals"].update(credits="1E+999999999")),
        _changed(lambda body: body["level"]["totals"].update(credits="NaN")),
        _changed(lambda body: body["level"]["totals"].update(credits="sNaN")),
        _changed(lambda body: body["level"]["totals"].update(met=2**62)),
        _changed(lambda body: _teachers(body).update({"school:a": "0" * 64})),
        _changed(lambda body: _teachers(body).update({"teacher:a\n": "0" * 64})),
        _changed(lambda body: _teachers(body).update({"teacher:a": "x"})),
    ],
    ids=lambda text: str(len(text)),
)
def test_a_file_that_contradicts_itself_is_refused(text):
    with pytest.raises(Fault) as refused:
        read(text)

    assert refused.value.code == "BAD_LEVELS"


@settings(max_examples=50, deadline=None)
@given(lives.happenings(), periods)
def test_the_sums_of_counties_are_those_of_the_city_and_of_the_province(happened, period):
    summaries = summed(lives.entered(happened), period)
    province = grown(PROVINCE, summaries)
    assert province.totals == totals_of(summaries)
    cities = {each.of: each for each in province.parts or ()}
    for city, county in ((WENZHOU, RUIAN), (WENZHOU, YUEQING), (HANGZHOU, HANGZHOU)):
        own = [each for each in summaries if JurisdictionId(county).covers(each.place)]
        mine = grown(county, own)
        row = cities.get(city)
        if county != city and row is not None:
            row = next((each for each in row.parts or () if each.of == county), None)
        assert (row.totals if row else Totals()) == mine.totals == totals_of(own)
        assert row is None or row.digest == mine.digest


@settings(max_examples=50, deadline=None)
@given(lives.happenings(), st.integers(6, 22), st.integers(6, 22), periods)
def test_what_lies_apart_are_exactly_the_teachers_whose_summaries_differ(
    happened, first, last, period
):
    entries = lives.entered(happened)
    sides = [summed(entries[:cut], period) for cut in (first, last)]
    one, other = (grown(PROVINCE, side) for side in sides)
    leaves = [{(each.teacher, leaf(each)) for each in side} for side in sides]

    assert {*apart(one, other)} == {name for name, _ in leaves[0] ^ leaves[1]}
    way = first_difference(one, other)
    assert bool(way) == (sides[0] != sides[1])
