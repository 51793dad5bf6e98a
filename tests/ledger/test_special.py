"""Special trainings: of backbone and homeroom teachers, principals, and those who are new."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from ledger.adoption import AdoptRegulation
from ledger.category import CategoryEnded
from ledger.command import OutsideScope
from ledger.conflict import RuleOutdone
from ledger.credit import CreditKind
from ledger.document import parse
from ledger.finding import Outcome
from ledger.plan import Purpose
from ledger.register import Category
from ledger.regulation import RuleAdopted
from ledger.requirement import Result
from ledger.special import CategoryHours, NewPrincipal, NotCounted
from ledger.store.founding import documents
from tests import cast
from tests.cast import DAY, HANGZHOU, LIN, PROVINCE, RUIAN, SCHOOL, WENZHOU
from tests.given import REGULATIONS, asker_for, given, rules_with_preset
from tests.judged import belongs, credit, requirement, verdict

MET, NOT_MET = Result.MET, Result.NOT_MET
DISTANCE = CreditKind.DISTANCE
MANAGEMENT, HOMEROOM = Purpose.SCHOOL_MANAGEMENT, Purpose.HOMEROOM


@pytest.mark.parametrize(
    ("category", "rule", "line", "result"),
    [
        pytest.param(
            Category.PRINCIPAL,
            "WZ12-11",
            credit("119.5", purpose=MANAGEMENT),
            NOT_MET,
            id="W-070",
        ),
        pytest.param(
            Category.PRINCIPAL, "WZ12-11", credit(120, purpose=MANAGEMENT), MET, id="W-070-bound"
        ),
        pytest.param(Category.PRINCIPAL, "WZ12-11", credit(120), NOT_MET, id="other-purpose"),
        pytest.param(
            Category.PRINCIPAL,
            "WZ12-11",
            credit(120, purpose=MANAGEMENT, kind=DISTANCE),
            NOT_MET,
            id="not-in-block-form",
        ),
        pytest.param(Category.BACKBONE_TEACHER, "WZ12-09", credit(120), MET, id="backbone"),
        pytest.param(
            Category.BACKBONE_TEACHER, "WZ12-09", credit("119.5"), NOT_MET, id="backbone-below"
        ),
        pytest.param(
            Category.BACKBONE_TEACHER,
            "WZ12-09",
            credit(120, kind=DISTANCE),
            NOT_MET,
            id="backbone-distance",
        ),
        pytest.param(
            Category.HOMEROOM_TEACHER,
            "WZ12-10",
            credit(30, purpose=HOMEROOM, kind=DISTANCE),
            MET,
            id="homeroom",
        ),
        pytest.param(
            Category.HOMEROOM_TEACHER,
            "WZ12-10",
            credit("29.5", purpose=HOMEROOM),
            NOT_MET,
            id="homeroom-below",
        ),
    ],
)
def test_a_category_needs_its_training_in_the_cycle(category, rule, line, result):
    found = requirement(verdict(belongs(category), line), f"{category.value}_HOURS")

    assert (rule, result) == (found.rule, found.result)
    assert found.events[-1] == "0193-0002"


CATEGORIES = [Category.PRINCIPAL, Category.BACKBONE_TEACHER, Category.HOMEROOM_TEACHER]


@pytest.mark.parametrize("category", CATEGORIES)
def test_nothing_is_asked_of_who_is_not_of_the_category_or_elsewhere(category):
    code = f"{category.value}_HOURS"

    assert requirement(verdict(credit(10)), code) is None
    assert requirement(verdict(belongs(category), place=HANGZHOU), code) is None
    assert requirement(verdict(belongs(category), place=WENZHOU), code).result == NOT_MET


@pytest.mark.parametrize(
    ("since", "until", "asked"),
    [
        (date(2014, 9, 1), date(2019, 8, 31), False),
        (date(2014, 9, 1), date(2019, 9, 1), True),
    ],
)
def test_the_category_must_have_been_held_in_the_cycle(since, until, asked):
    judged = verdict(belongs(Category.HOMEROOM_TEACHER, since, until))

    assert (requirement(judged, "HOMEROOM_TEACHER_HOURS") is not None) == asked


def test_before_the_opinions_of_the_city_nothing_special_is_asked():
    code = "HOMEROOM_TEACHER_HOURS"
    held = belongs(Category.HOMEROOM_TEACHER, date(2011, 9, 1))
    before, after = (
        verdict(held, day=day, entered=date(2011, 9, 1))
        for day in (date(2012, 4, 16), date(2012, 4, 17))
    )

    assert requirement(before, code) is None
    assert requirement(after, code).result == NOT_MET


@pytest.mark.parametrize(("hours", "result"), [(30, MET), (29, Result.INDETERMINATE)])
def test_what_is_asked_of_one_who_is_it_no_longer_nobody_says(hours, result):
    ended = CategoryEnded(
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        category=Category.HOMEROOM_TEACHER,
        until=date(2024, 3, 30),
    )
    line = credit(hours, purpose=HOMEROOM)
    judged = verdict(belongs(Category.HOMEROOM_TEACHER), ended, line)

    assert requirement(judged, "HOMEROOM_TEACHER_HOURS").result == result


def test_a_missing_special_training_fails_the_cycle():
    enough = [credit(90), credit(270, kind=DISTANCE)]

    assert verdict(*enough).result == MET
    assert verdict(*enough, belongs(Category.HOMEROOM_TEACHER)).result == NOT_MET


PRESET = parse((REGULATIONS / "presets" / "ext16.toml").read_text("utf-8"), "ext16.toml")


def test_the_province_alone_adopts_the_preset_and_every_rule_of_it_is_marked():
    place = cast.jurisdiction(PROVINCE, "浙江省")
    answer = given(place).when(AdoptRegulation(document=PRESET), on=DAY, by=asker_for(PROVINCE))
    # 24 credits of the preset and 48 hours of the city do not compare.
    answer = answer.found("WZ12-12", Outcome.DEVIATION, RuleOutdone)
    answer.then(*answer.facts)
    rules = [each.rule for each in answer.facts if isinstance(each, RuleAdopted)]
    given(place).when(AdoptRegulation(document=PRESET), on=DAY, by=asker_for(RUIAN)).refused(
        OutsideScope
    )

    assert len(rules) == 6
    assert all(each.external and "文件之外" in each.citation for each in rules)


def test_no_ledger_begins_with_a_preset():
    assert not any(rule.external for document in documents() for rule in document.rules)


PROBATION = belongs(Category.NEW_TEACHER, date(2022, 9, 1), date(2023, 8, 31))


def new_teacher(hours, practice, completed=date(2023, 8, 31), **told):
    line = credit(hours, completed, purpose=Purpose.NEW_TEACHER, practice=practice)
    judged = verdict(PROBATION, line, entered=date(2022, 9, 1), **told)
    return requirement(judged, "NEW_TEACHER_HOURS")


@pytest.mark.parametrize(
    ("hours", "practice", "completed", "result"),
    [
        pytest.param(180, "59.5", date(2023, 8, 31), NOT_MET, id="W-063"),
        pytest.param("179.5", 80, date(2023, 8, 31), NOT_MET, id="W-064"),
        pytest.param(180, 60, date(2023, 8, 31), MET, id="bound"),
        pytest.param(180, 60, date(2023, 9, 1), NOT_MET, id="after-the-probation"),
    ],
)
def test_a_new_teacher_trains_a_hundred_and_eighty_hours_in_probation(
    hours, practice, completed, result
):
    found = new_teacher(hours, practice, completed)

    assert ("WZ12-12", result, False) == (found.rule, found.result, found.external)


def test_elsewhere_nothing_is_asked_of_a_new_teacher():
    assert new_teacher(10, 0, place=HANGZHOU) is None


@pytest.mark.parametrize(
    ("since", "rule", "result"),
    [
        pytest.param(date(2016, 8, 31), "WZ12-12", MET, id="day-before"),
        pytest.param(date(2016, 9, 1), "EXT16-01", NOT_MET, id="C-25"),
    ],
)
def test_the_preset_asks_for_eighty_hours_of_practice_by_the_start_of_the_probation(
    since, rule, result
):
    line = credit(180, since + timedelta(days=300), purpose=Purpose.NEW_TEACHER, practice="79.5")
    probation = belongs(Category.NEW_TEACHER, since, since + timedelta(days=364))
    story = {"day": date(2018, 1, 1), "entered": since}
    found = verdict(probation, line, rules=rules_with_preset(), **story)
    asked = requirement(found, "NEW_TEACHER_HOURS")

    assert (rule, result, rule == "EXT16-01") == (asked.rule, asked.result, asked.external)
    assert requirement(verdict(probation, line, **story), "NEW_TEACHER_HOURS").result == MET


POST = date(2012, 9, 1)
LAST = date(2013, 9, 1)


def qualified(*parts, post=POST, day=date(2014, 1, 1), rules=None, place=RUIAN):
    lines = [
        credit(hours, completed, purpose=Purpose.PRINCIPAL_QUALIFICATION, kind=kind)
        for hours, completed, kind in parts
    ]
    appointed = belongs(Category.NEW_PRINCIPAL, post)
    return verdict(appointed, *lines, entered=POST, day=day, rules=rules, place=place)


BLOCK = CreditKind.INTENSIVE


@pytest.mark.parametrize(
    ("parts", "result"),
    [
        pytest.param([(90, LAST, BLOCK), (210, LAST, DISTANCE)], MET, id="W-066"),
        pytest.param(
            [(90, LAST, BLOCK), (202, LAST, DISTANCE), (8, date(2013, 9, 2), DISTANCE)],
            NOT_MET,
            id="W-067",
        ),
        pytest.param([("89.5", LAST, BLOCK), (211, LAST, DISTANCE)], NOT_MET, id="little-block"),
        pytest.param([(90, LAST, BLOCK), ("209.5", LAST, DISTANCE)], NOT_MET, id="below"),
        pytest.param([(300, date(2012, 8, 31), BLOCK)], NOT_MET, id="before-the-post"),
    ],
)
def test_a_new_principal_qualifies_within_a_year_the_corresponding_day_included(parts, result):
    found = requirement(qualified(*parts), "NEW_PRINCIPAL_HOURS")

    assert ("WZ12-14", result) == (found.rule, found.result)


def test_w_067_says_how_much_lies_inside_the_year():
    parts = [(90, LAST, BLOCK), (202, LAST, DISTANCE), (8, date(2013, 9, 2), DISTANCE)]

    assert requirement(qualified(*parts), "NEW_PRINCIPAL_HOURS").had == "292 / 90"


def test_nothing_is_asked_of_a_principal_in_post_before_the_opinions_or_elsewhere():
    before = qualified(post=date(2012, 4, 16), day=date(2012, 12, 1))
    elsewhere = qualified(place=HANGZHOU)

    assert requirement(before, "NEW_PRINCIPAL_HOURS") is None
    assert requirement(elsewhere, "NEW_PRINCIPAL_HOURS") is None


@pytest.mark.parametrize(
    ("post", "preset", "counted"),
    [
        pytest.param(date(2018, 9, 1), False, 0, id="W-069"),
        pytest.param(date(2018, 9, 1), True, 150, id="W-069-preset"),
        pytest.param(date(2016, 8, 31), True, 0, id="day-before-the-preset"),
        pytest.param(POST, False, 0, id="W-069-2012"),
        pytest.param(POST, True, 0, id="W-069-2012-preset"),
    ],
)
def test_what_a_qualification_adds_to_the_cycle(post, preset, counted):
    inside = post + timedelta(days=200)
    judged = verdict(
        belongs(Category.NEW_PRINCIPAL, post),
        credit(300, inside, purpose=Purpose.PRINCIPAL_QUALIFICATION),
        entered=post,
        day=post + timedelta(days=600),
        rules=rules_with_preset() if preset else None,
    )
    found = requirement(judged, "NEW_PRINCIPAL_NOT_COUNTED")

    assert (counted, str(counted)) == (judged.counted, found.had)
    assert found.external == (counted > 0)
    assert requirement(judged, "ONCE_INTENSIVE").had == "0"


@pytest.mark.parametrize(
    ("purpose", "completed", "counted"),
    [
        pytest.param(Purpose.NEW_TEACHER, date(2023, 8, 31), 0, id="in-probation"),
        pytest.param(Purpose.NEW_TEACHER, date(2023, 9, 1), 180, id="after-it"),
        pytest.param(Purpose.GENERAL, date(2023, 8, 31), 180, id="other-training"),
    ],
)
def test_the_training_of_a_probation_stays_out_of_the_cycle(purpose, completed, counted):
    judged = verdict(PROBATION, credit(180, completed, purpose=purpose), entered=date(2022, 9, 1))

    assert judged.counted == counted
    assert (requirement(judged, "NEW_TEACHER_NOT_COUNTED") is None) == (counted > 0)


def test_elsewhere_the_training_of_a_probation_counts():
    line = credit(180, date(2023, 8, 31), purpose=Purpose.NEW_TEACHER)
    judged = verdict(PROBATION, line, entered=date(2022, 9, 1), place=HANGZHOU)

    assert judged.counted == 180


def test_parameters_that_make_no_sense_are_named():
    assert "hours_min" in CategoryHours().wrong()
    assert "purposes" in CategoryHours(hours_min=Decimal(1), purposes=("FUN",)).wrong()
    assert "within_years" in principal(years=0).wrong()
    assert "count_rate" in NotCounted(count_rate=Fraction(3, 2)).wrong()
    assert NotCounted(count_rate=Fraction(1)).wrong() is None


def principal(hours=300, block=90, years=1):
    return NewPrincipal(
        hours_min=Decimal(hours), intensive_hours_min=Decimal(block), within_years=years
    )


def test_asking_for_less_is_laxer():
    higher = CategoryHours(hours_min=Decimal(180), practice_hours_min=Decimal(60))

    assert CategoryHours(hours_min=Decimal(180)).laxer(higher)
    assert not CategoryHours(hours_min=Decimal(180), practice_hours_min=Decimal(80)).laxer(higher)
    assert principal(hours=299).laxer(principal())
    assert principal(block=89).laxer(principal())
    assert principal(years=2).laxer(principal())
    assert not principal().laxer(principal())
    assert NotCounted(count_rate=Fraction("0.5")).laxer(NotCounted())


def test_w_067_a_qualification_that_ends_a_day_late_is_no_other_training_for_that():
    post = date(2012, 9, 1)
    judged = verdict(
        belongs(Category.NEW_PRINCIPAL, post),
        credit(300, date(2013, 9, 2), purpose=Purpose.PRINCIPAL_QUALIFICATION),
        entered=post,
        day=date(2014, 6, 1),
    )

    assert requirement(judged, "NEW_PRINCIPAL_HOURS").result is Result.NOT_MET
    assert judged.counted == 0
    assert requirement(judged, "ONCE_INTENSIVE").had == "0"
