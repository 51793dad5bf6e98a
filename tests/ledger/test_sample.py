"""Audit samples: nobody chooses them, and everybody can draw them again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given as found
from hypothesis import strategies as st

from ledger.command import OutsideScope, Role, UnknownReference
from ledger.fault import Fault
from ledger.names import SampleId
from ledger.population import Training
from ledger.register import AlreadyRegistered, WrongPlace
from ledger.sample import (
    DrawSample,
    NothingToSample,
    SampleDrawn,
    again,
    asked_share,
    drawn,
    list_hash,
)
from tests import cast
from tests.cast import HANGZHOU, PROJECT, PROVINCE, RUIAN, WENZHOU
from tests.given import CHANCE, asker_for, entries, given
from tests.ledger.test_population import klass, own

DAY = date(2024, 5, 6)
SAMPLE = SampleId("sample:s1")
DRAW = DrawSample(
    sample=SAMPLE, place=RUIAN, first=date(2024, 1, 1), last=date(2024, 12, 31), share="1/5"
)
TRAININGS = st.lists(
    st.builds(
        Training,
        name=st.integers(0, 400).map(lambda n: f"project:p{n}"),
        kind=st.sampled_from(["INTENSIVE", "DISTANCE", "SCHOOL_BASED"]),
        title=st.just("培训"),
    ),
    max_size=60,
    unique_by=lambda each: each.name,
)
SHARES = st.fractions(Fraction(1, 50), 1, max_denominator=50)


def event(**values):
    told = {
        "sample": SAMPLE,
        "place": RUIAN,
        "owner": RUIAN,
        "first": DRAW.first,
        "last": DRAW.last,
        "by_kind": False,
        "population": 2,
        "size": 1,
        "drawn": 1,
        "seed": CHANCE,
        "sha256": list_hash([Training(name=PROJECT, kind="", title="")]),
        "earlier": 0,
        "share": "1/5",
    }
    return SampleDrawn(**told | values)


def test_a_bureau_draws_a_sample_of_its_own_trainings():
    given(cast.jurisdiction(), klass(1)).when(DRAW, on=DAY).then(event())


def test_a_share_is_rounded_up_and_kept_exactly():
    many = [own(f"credit:c{n}", title=f"研修{n}") for n in range(11)]
    told = given(cast.jurisdiction(), *many).when(replace(DRAW, share="0.2"), on=DAY)

    [said] = told.events
    assert (said.size, said.drawn, said.share) == (11, 3, "1/5")


def test_a_province_or_an_auditor_of_it_samples_a_county():
    draw = replace(DRAW, place=PROVINCE, owner=RUIAN)
    auditor = replace(asker_for(PROVINCE), role=Role.AUDITOR)

    given(cast.jurisdiction(), cast.jurisdiction(PROVINCE), klass(1)).when(
        draw, on=DAY, by=auditor
    ).then(event(place=PROVINCE, population=3))


def test_a_place_beside_or_above_is_not_sampled():
    for place, owner in [(HANGZHOU, RUIAN), (RUIAN, WENZHOU)]:
        given(cast.jurisdiction(place), cast.jurisdiction(owner)).when(
            replace(DRAW, place=place, owner=owner), on=DAY
        ).refused(WrongPlace)


def test_another_bureau_draws_nothing_here():
    given(cast.jurisdiction(), klass(1)).when(DRAW, on=DAY, by=asker_for(HANGZHOU)).refused(
        OutsideScope
    )


def test_an_unknown_place_and_an_empty_population_are_refused():
    given(cast.jurisdiction(PROVINCE)).when(
        replace(DRAW, place=PROVINCE, owner=RUIAN), on=DAY
    ).refused(UnknownReference)
    given(cast.jurisdiction()).when(DRAW, on=DAY).refused(NothingToSample)


def test_a_sample_is_drawn_once_and_the_next_says_how_many_were_before():
    given(cast.jurisdiction(), klass(1), event()).when(DRAW, on=DAY).refused(AlreadyRegistered)
    second = replace(DRAW, sample=SampleId("sample:s2"))

    given(cast.jurisdiction(), klass(1), event()).when(second, on=DAY).then(
        event(sample=SampleId("sample:s2"), earlier=1)
    )
    other = replace(second, first=date(2023, 1, 1), last=date(2023, 12, 31))
    given(cast.jurisdiction(), own(completed=date(2023, 5, 1)), event()).when(other, on=DAY).then(
        event(
            sample=SampleId("sample:s2"),
            first=other.first,
            last=other.last,
            sha256=list_hash([Training(name=f"{cast.SCHOOL} 校本研修", kind="", title="")]),
        )
    )


@pytest.mark.parametrize(
    ("share", "count"),
    [(None, None), ("1/5", 3), ("0", None), ("6/5", None), ("-1/5", None), ("1/0", None),
     ("x", None), ("1e-5", None), ("1" * 30, None), (None, 0), (None, 100_001), ("nan", None)],
)  # fmt: skip
def test_a_share_or_a_count_is_given_and_makes_sense(share, count):
    with pytest.raises(Fault) as refused:
        asked_share(share, count)

    assert refused.value.code == "BAD_SHARE"


def test_a_period_ends_after_it_begins():
    given(cast.jurisdiction(), klass(1)).when(
        replace(DRAW, first=date(2025, 1, 1)), on=DAY
    ).faulted("BAD_PERIOD")


@found(TRAININGS, st.text("0123456789abcdef", min_size=8), SHARES, st.booleans(), st.randoms())
def test_the_order_of_the_population_does_not_matter(trainings, seed, share, by_kind, chance):
    shuffled = list(trainings)
    chance.shuffle(shuffled)

    one = drawn(trainings, seed, share=share, by_kind=by_kind)
    assert drawn(shuffled, seed, share=share, by_kind=by_kind) == one
    assert list_hash(one) == list_hash(one[::-1])


@found(TRAININGS, st.text(min_size=1), SHARES)
def test_each_stratum_gets_its_share_and_less_than_one_more(trainings, seed, share):
    kinds = Counter(each.kind for each in trainings)
    got = Counter(each.kind for each in drawn(trainings, seed, share=share, by_kind=True))

    for kind, size in kinds.items():
        assert share * size <= got[kind] < share * size + 1


@found(TRAININGS, st.text(min_size=1), st.integers(1, 100), st.booleans())
def test_a_count_is_reached_and_with_strata_shared_out(trainings, seed, count, by_kind):
    strata = len({each.kind for each in trainings}) if by_kind else 1
    got = len(drawn(trainings, seed, count=count, by_kind=by_kind))
    wanted = min(count, len(trainings))

    assert wanted <= got < wanted + max(strata, 1)


@found(TRAININGS.filter(lambda each: len(each) > 30))
def test_another_seed_draws_others(trainings):
    lists = {list_hash(drawn(trainings, str(seed), count=5)) for seed in range(20)}

    assert len(lists) > 10


def test_a_sample_is_drawn_again_from_its_event_and_the_entries_of_then():
    past = [cast.jurisdiction(), *(own(f"credit:c{n}", title=f"研修{n}") for n in range(9))]
    [said] = given(*past).when(replace(DRAW, share="1/3"), on=DAY).events
    later = own("credit:late", title="后来的")

    size, trainings = again(said, entries([*past, said, later], DAY))

    assert (size, len(trainings), list_hash(trainings)) == (said.size, said.drawn, said.sha256)
