"""Draws: the same inputs give the same order, and nobody can choose the seed."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from ledger.draw import Applicant, ScreeningOrder, draw_of, is_prior, ranked, seed_of
from ledger.names import TeacherId
from ledger.register import Category, Tier
from tests.cast import CHEN, LIN, OFFERING, OTHER_OFFERING, ZHOU

BACKBONE = Applicant(teacher=CHEN, arrived=2, passed_by="e-2", tier=Tier.BACKBONE)
HOMEROOM = Applicant(
    teacher=ZHOU, arrived=3, passed_by="e-3", categories=(Category.HOMEROOM_TEACHER,)
)
PLAIN = Applicant(teacher=LIN, arrived=1, passed_by="e-1")
ALL = [PLAIN, BACKBONE, HOMEROOM]


def test_first_come_is_the_order_of_the_choices():
    assert ranked([HOMEROOM, PLAIN, BACKBONE], ScreeningOrder.FIRST_COME, "s") == ALL


def test_a_draw_is_the_order_of_sha_256_of_seed_and_teacher():
    by_hand = sorted(ALL, key=lambda each: sha256(f"s\n{each.teacher}".encode()).hexdigest())

    assert ranked(ALL, ScreeningOrder.DRAW, "s") == by_hand


def test_another_seed_gives_another_order():
    orders = {tuple(ranked(ALL, ScreeningOrder.DRAW, f"s{n}")) for n in range(50)}

    assert len(orders) == 6


@pytest.mark.parametrize(
    ("tiers", "categories", "prior"),
    [
        ((Tier.BACKBONE,), (), {CHEN}),
        ((), (Category.HOMEROOM_TEACHER,), {ZHOU}),
        ((Tier.BACKBONE,), (Category.HOMEROOM_TEACHER,), {CHEN, ZHOU}),
        ((Tier.LEADING,), (), set()),
    ],
)
def test_who_has_priority_comes_first_and_the_draw_decides_among_equals(tiers, categories, prior):
    for seed in map(str, range(20)):
        order = ranked(ALL, ScreeningOrder.PRIORITY_THEN_DRAW, seed, tiers, categories)
        drawn = [each.teacher for each in ranked(ALL, ScreeningOrder.DRAW, seed)]
        first = [each for each in drawn if each in prior]
        assert [each.teacher for each in order] == first + [t for t in drawn if t not in prior]


def test_an_unknown_tier_has_no_priority():
    assert not is_prior(PLAIN, tuple(Tier), tuple(Category))


def test_the_seed_depends_on_class_round_and_every_review_and_on_nothing_else():
    passes = ["e-1", "e-2", "e-3"]
    seed = seed_of(OFFERING, 1, passes)

    assert seed == seed_of(OFFERING, 1, reversed(passes))
    assert seed == sha256(f"{OFFERING}\n1\ne-1\ne-2\ne-3".encode()).hexdigest()
    others = {
        seed_of(OTHER_OFFERING, 1, passes),
        seed_of(OFFERING, 2, passes),
        seed_of(OFFERING, 1, passes[1:]),
    }
    assert len({seed, *others}) == 4


@for_all(st.permutations(range(12)), st.sampled_from(ScreeningOrder))
def test_the_order_in_which_the_inputs_are_given_does_not_matter(numbers, by):
    people = [
        Applicant(
            teacher=TeacherId(f"teacher:t{n}"),
            arrived=n,
            passed_by=f"e-{n}",
            tier=Tier.NEW if n % 2 else None,
        )
        for n in numbers
    ]
    straight = sorted(people, key=lambda each: each.arrived)
    seed = seed_of(OFFERING, 1, [each.passed_by for each in people])

    assert ranked(people, by, seed, (Tier.NEW,)) == ranked(straight, by, seed, (Tier.NEW,))
    assert len({draw_of(seed, each.teacher) for each in people}) == 12
