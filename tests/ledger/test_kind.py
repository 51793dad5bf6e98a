"""Kinds: what a class statement says about parameters, and what follows from it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from ledger.kind import KINDS, PARAMETER_MAX, Parameters


class Sample(
    Parameters,
    more=("most", "exempt"),
    less=("least", "asked"),
    positive=("times",),
    words={"asked": ("A", "B"), "per": ("CYCLE",)},
):
    """A kind of these tests; without a name it is not registered."""

    most: int | None = None
    least: Decimal | None = None
    share: Fraction = Fraction(1, 2)
    times: int = 1
    exempt: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    per: str = "CYCLE"
    first: date | None = None
    last: date | None = None


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, None),
        ({"share": Fraction(0)}, None),
        ({"share": Fraction(1)}, None),
        ({"share": Fraction(101, 100)}, "share"),
        ({"share": Fraction(-1, 100)}, "share"),
        ({"most": 0}, None),
        ({"most": -1}, "most"),
        ({"most": PARAMETER_MAX}, None),
        ({"most": PARAMETER_MAX + 1}, "most"),
        ({"least": Decimal("NaN")}, "least"),
        ({"least": Decimal("1e999999")}, "least"),
        ({"times": 0}, "times"),
        ({"asked": ("A", "C")}, "asked"),
        ({"per": "YEAR"}, "per"),
        ({"first": date(2024, 3, 2), "last": date(2024, 3, 1)}, "last"),
        ({"first": date(2024, 3, 1), "last": date(2024, 3, 1)}, None),
    ],
)
def test_a_parameter_that_no_rule_can_mean_is_named(given, name):
    wrong = Sample(**given).wrong()

    assert name == (wrong.name if wrong else None)


@pytest.mark.parametrize(
    ("mine", "theirs", "laxer"),
    [
        ({"most": 6}, {"most": 5}, True),
        ({"most": 5}, {"most": 5}, False),
        ({"most": None}, {"most": 5}, True),
        ({"most": 5}, {"most": None}, False),
        ({"least": Decimal(4)}, {"least": Decimal(5)}, True),
        ({"least": Decimal(5)}, {"least": Decimal(5)}, False),
        ({"least": None}, {"least": Decimal(5)}, True),
        ({"exempt": ("A", "B")}, {"exempt": ("A",)}, True),
        ({"exempt": ("A",)}, {"exempt": ("A", "B")}, False),
        ({"asked": ("A",)}, {"asked": ("A", "B")}, True),
        ({"asked": ("A", "B")}, {"asked": ("A",)}, False),
        ({"share": Fraction(1)}, {"share": Fraction(0)}, True),
        ({"share": Fraction(1)}, {"share": Fraction(1)}, False),
    ],
)
def test_c_32_what_asks_for_less_follows_from_the_class_statement(mine, theirs, laxer):
    assert laxer is Sample(**mine).laxer(Sample(**theirs))


def test_a_class_statement_speaks_of_its_own_parameters_only():
    with pytest.raises(TypeError, match="has no other"):

        class Other(Parameters, more=("other",)):
            pass


def test_two_kinds_have_two_names():
    with pytest.raises(TypeError, match="absence-limit"):

        class Again(Parameters, kind="absence-limit"):
            pass

    assert KINDS["absence-limit"].__name__ == "AbsenceLimit"


ABOUT = "what the rule is about: with another value it no longer asks what the one above asks"
SAME = "the rule knows this one value"
NEITHER = {
    ("assigned-counts", "assigned_by"): ABOUT,
    ("category-hours", "purposes"): "which trainings count; none means all, so neither end is less",
    ("change-circular", "per"): ABOUT,
    ("change-circular", "outcome"): ABOUT,
    ("division-of-work", "pairs"): "a table, of which more says more and less leaves more free",
    ("inspection-account", "recorded_on"): ABOUT,
    ("mandate-disguised", "from_choice"): ABOUT,
    ("mandate-disguised", "to_choice"): ABOUT,
    ("match-share", "base_credits_min"): "whose share it is; a smaller whole is no smaller share",
    ("offline-suspended", "choice"): ABOUT,
    ("order-channel", "through"): ABOUT,
    ("order-responder", "reach"): ABOUT,
    ("order-standard", "follows"): ABOUT,
    ("preferred-months", "categories"): ABOUT,
    ("preferred-months", "stages"): ABOUT,
    ("preferred-months", "months"): ABOUT,
    ("project-removal", "applies_to"): ABOUT,
    ("project-removal", "choice"): ABOUT,
    ("project-removal", "levels"): ABOUT,
    ("redating", "applies_to"): SAME,
    ("safety-education", "record"): ABOUT,
    ("school-based-cap", "per"): SAME,
    (
        "school-plans",
        "years",
    ): "how long a long plan is; neither longer nor shorter is less",
}
# Those that a kind's own ``laxer`` weighs, and the tests that hold it to account.
APART = {
    ("cycle-total", "credits_min"): "per year, and in credits where those above count credits",
    ("cycle-total", "hours_min"): "per year, and in credits where those above count credits",
    ("cycle-total", "credits_from"): "as above, where both count hours",
    ("cycle-total", "external"): "says where a number comes from and binds nothing",
    ("fee-standard", "standard"): "as above, where its amount is not loaded",
    ("fee-standard", "yuan_max"): "where the rule above has an amount",
    ("fee-standard", "per"): "amounts of different units do not compare",
    ("once-intensive", "base_credits_min"): "one size, in credits or in hours",
    ("once-intensive", "hours_min"): "one size, in credits or in hours",
    ("school-based-floor", "advisory_from"): "advice from an earlier day on is less",
    ("school-based-floor", "external"): "says where a number comes from and binds nothing",
    ("segments", "hours_min"): "from which size on a limit binds",
    ("segments", "credits_min"): "from which size on a limit binds",
    ("segments", "segments_max"): "no number is no limit",
    ("segments", "theory_months"): "as above, where there are any",
    ("segments", "cross_terms"): "crossing terms is more",
    ("window", "first"): "a narrower window is stricter",
    ("window", "last"): "a narrower window is stricter",
    ("window", "unknown"): "an unknown window binds nothing",
    ("yearly-hours", "hours_min"): "hours and credits stand apart (C-07)",
    ("yearly-hours", "credits_min"): "hours and credits stand apart (C-07)",
}


def weighed(*, many):
    """All parameters of kinds of which one rule answers, or several."""
    kinds = [(name, kind) for name, kind in KINDS.items() if kind.MANY is many]
    return [(name, kind, each) for name, kind in kinds for each in kind.__struct_fields__]


def test_c_32_of_each_parameter_it_is_said_which_end_is_laxer():
    stated, apart = set(), set()
    for name, kind, parameter in weighed(many=False):
        ends = (parameter in kind.MORE, parameter in kind.LESS, parameter in kind.APART)
        assert sum(ends) <= 1, f"{name} says two things of {parameter}"
        if not any(ends):
            stated.add((name, parameter))
        if parameter in kind.APART:
            apart.add((name, parameter))

    assert stated == set(NEITHER)
    assert apart == set(APART)
    assert all({*NEITHER.values(), *APART.values()})


def test_c_32_of_what_is_neither_more_nor_less_another_value_is_laxer():
    tuples = [(KINDS[kind], each) for kind, each in NEITHER]
    for kind, parameter in tuples:
        blank = dict.fromkeys(kind.__struct_fields__)
        one, other = kind(**blank | {parameter: "A"}), kind(**blank | {parameter: "B"})
        assert one.laxer(other), f"{kind.KIND}.{parameter}"


YEARS = {
    "cycle-total": "years",
    "new-principal": "within_years",
    "order-host-age": "accredited_years_min",
    "project-quota-new": "accredited_years_below",
    "school-plans": "years",
}


def test_numbers_of_years_are_bounded():
    assert {name: kind.YEARS for name, kind in KINDS.items() if kind.YEARS} == {
        name: (parameter,) for name, parameter in YEARS.items()
    }
    for kind, parameter in YEARS.items():
        blank = dict.fromkeys(KINDS[kind].__struct_fields__, 1)
        found = [KINDS[kind](**blank | {parameter: value})._wrong() for value in (100, 101, 10**9)]
        assert [parameter in {each.name for each in wrong} for wrong in found] == [
            False,
            True,
            True,
        ]
