"""Placements: why an applicant was not admitted, by the recorded order and by nothing else."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from ledger.draw import ScreeningOrder
from ledger.enrollment import EnrollmentDeclined, EnrollmentWithdrawn
from ledger.explanation import Upshot
from ledger.names import TeacherId, TermId
from ledger.offering import OfferingCancelled
from ledger.placement import placement_selectors, why_not_admitted
from ledger.register import Stage, Tier
from ledger.screening import ApplicantPlaced, ScreenApplicants, ScreeningAnnounced
from ledger.teacher import TeacherProfileUpdated
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, H1_2024, LIN, OFFERING, PROJECT, RUIAN, SCHOOL, ZHOU
from tests.given import all_rules, background, entries, given, on

OPENED_ON, CHOSEN_ON = date(2024, 3, 18), date(2024, 3, 20)
PASSED_ON, SCREENED_ON = date(2024, 3, 26), date(2024, 3, 30)
PEOPLE = (LIN, CHEN, ZHOU)
EVERYBODY = tuple(TeacherId(f"teacher:t{number}") for number in range(12))


def announced(by, tiers=()):
    return ScreeningAnnounced(offering=OFFERING, provider=COUNTY_SCHOOL, by=by, tiers=tiers)


def profiled(teacher):
    """The tier as the ledger had it before the screening was announced."""
    return TeacherProfileUpdated(
        teacher=teacher,
        school=SCHOOL,
        place=RUIAN,
        stage=Stage.PRIMARY,
        subject="CHINESE",
        tier=Tier.BACKBONE,
    )


def past(*more, seats=1, people=PEOPLE, backbone=()):
    """A class that was chosen and passed, and perhaps announced."""
    chosen = [
        replace(cast.selected(each), tier=Tier.BACKBONE if each in backbone else None)
        for each in people
    ]
    return [
        background(on(OPENED_ON, *(profiled(each) for each in backbone))),
        on(OPENED_ON, cast.opened(seats=seats), *more),
        on(CHOSEN_ON, *chosen),
        on(PASSED_ON, *(cast.passed(each) for each in people)),
    ]


def screened(*before):
    """What the screening recorded."""
    answer = given(*before).when(ScreenApplicants(offering=OFFERING), on=SCREENED_ON)
    return on(SCREENED_ON, *answer.facts)


def ranks(made):
    """The applicants in the recorded order."""
    placed = [each for each in made.events if isinstance(each, ApplicantPlaced)]
    return [each.teacher for each in sorted(placed, key=lambda each: each.rank)]


def declined(teacher):
    return EnrollmentDeclined(
        teacher=teacher,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        term=H1_2024,
        round=1,
        reason="名额已满",
    )


def why(teacher, *things, named=True):
    told = entries(things, SCREENED_ON)
    return why_not_admitted(teacher, OFFERING, told, all_rules(), named=named)


def codes(explanation):
    return [each.code for each in explanation.reasons]


def missing(explanation):
    return [each.code for reason in explanation.reasons for each in reason.missing]


def test_who_came_too_late_is_told_rank_seats_and_the_last_one_admitted():
    before = past(announced(ScreeningOrder.FIRST_COME))
    told = why(ZHOU, before, screened(before), cast.confirmed(LIN), declined(ZHOU))
    order, refused = told.reasons

    assert (told.answer, codes(told)) == (
        Upshot.NOT_ADMITTED,
        ["BEYOND_SEATS", "PROVIDER_DECLINED"],
    )
    assert order.facts | {"seed": ""} == {
        "by": "FIRST_COME",
        "seed": "",
        "round": "1",
        "rank": "3",
        "applicants": "3",
        "seats": "1",
        "agrees": "true",
        "lastRank": "1",
        "lastAdmitted": LIN,
        "decidedBy": "ARRIVED",
        "ownKey": "3",
        "lastKey": "1",
    }
    # Announcement, order, the own placement, and that of the last one admitted.
    assert (len(order.evidence), len(order.opposing)) == (4, 1)
    assert refused.facts == {"reason": "名额已满"}


def test_a_draw_is_told_by_its_numbers_and_can_be_run_again():
    before = past()
    made = screened(before)
    first, *_, last = ranks(made)
    told = why(last, before, made, cast.confirmed(first))
    facts = told.reasons[0].facts

    assert (facts["by"], facts["decidedBy"], facts["agrees"]) == ("DRAW", "DRAW", "true")
    assert facts["ownKey"] > facts["lastKey"]
    assert "没有公布" in told.zh


def test_a_placement_that_the_inputs_do_not_give_is_seen():
    before = past()
    made = screened(before)
    placed = [each for each in made.events if isinstance(each, ApplicantPlaced)]
    swapped = {1: 2, 2: 1, 3: 3}
    forged = [replace(each, rank=swapped[each.rank]) for each in placed]
    head = [each for each in made.events if not isinstance(each, ApplicantPlaced)]
    told = why(LIN, before, on(SCREENED_ON, *head, *forged))

    assert told.reasons[0].facts["agrees"] == "false"


def test_a_priority_decides_before_the_draw():
    rule = announced(ScreeningOrder.PRIORITY_THEN_DRAW, (Tier.BACKBONE,))
    before = past(rule, backbone=(CHEN,))
    made = screened(before)
    told = why(LIN, before, made, cast.confirmed(CHEN))
    facts = told.reasons[0].facts

    assert ranks(made)[0] == CHEN
    assert (facts["decidedBy"], facts["ownKey"], facts["lastKey"]) == ("PRIORITY", "false", "true")
    assert facts["tiers"] == "BACKBONE"


def test_among_the_prior_the_draw_decides():
    rule = announced(ScreeningOrder.PRIORITY_THEN_DRAW, (Tier.BACKBONE,))
    before = past(rule, backbone=(CHEN, LIN))
    made = screened(before)
    first, second, _ = ranks(made)

    assert why(second, before, made, cast.confirmed(first)).reasons[0].facts["decidedBy"] == "DRAW"


def test_who_may_not_name_others_is_told_a_rank_and_no_key_of_theirs():
    before = past()
    made = screened(before)
    first, *_, last = ranks(made)
    told = why(last, before, made, cast.confirmed(first), named=False)
    facts = told.reasons[0].facts
    drawn = next(each for each in made.events if getattr(each, "teacher", None) == first)

    assert facts["lastRank"] == "1"
    assert {"lastAdmitted", "lastKey"} & {*facts} == set()
    for secret in (str(first), drawn.draw):
        assert secret not in f"{told}"
    assert len(told.reasons[0].evidence) == 2


def test_who_was_admitted_is_told_so_with_the_place():
    before = past(seats=2)
    made = screened(before)
    told = why(ranks(made)[0], before, made, cast.confirmed(ranks(made)[0]))

    assert (told.answer, codes(told)) == (Upshot.ADMITTED, ["WITHIN_SEATS"])


def test_who_is_within_the_seats_waits_for_the_provider():
    before = past(seats=2)
    made = screened(before)
    told = why(ranks(made)[1], before, made)

    assert (told.answer, missing(told)) == (Upshot.OPEN, ["PROVIDER_REVIEW"])


def test_who_was_declined_within_the_seats_is_not_admitted_all_the_same():
    before = past(seats=3)
    made = screened(before)
    told = why(LIN, before, made, declined(LIN))

    assert (told.answer, codes(told)) == (
        Upshot.NOT_ADMITTED,
        ["WITHIN_SEATS", "PROVIDER_DECLINED"],
    )


def test_the_last_one_admitted_is_of_the_same_round_and_still_in():
    before = past(announced(ScreeningOrder.FIRST_COME), seats=2)
    left = EnrollmentWithdrawn(
        teacher=CHEN,
        offering=OFFERING,
        school=SCHOOL,
        term=H1_2024,
        admitted=True,
        after_change=True,
        reason="",
    )
    things = [before, screened(before), cast.confirmed(LIN), cast.confirmed(CHEN), left]

    assert why(ZHOU, things).reasons[0].facts["lastAdmitted"] == LIN


@pytest.mark.parametrize(
    ("things", "code", "answer"),
    [
        ([], "NOT_CHOSEN", Upshot.NOT_ADMITTED),
        ([cast.selected()], "SCHOOL_REVIEW", Upshot.OPEN),
        ([cast.selected(), cast.passed(passed=False)], "SCHOOL_PASS", Upshot.NOT_ADMITTED),
        ([cast.selected(), cast.passed()], "NOT_SCREENED", Upshot.OPEN),
    ],
)
def test_who_has_no_place_lacks_the_step_before(things, code, answer):
    told = why(LIN, cast.opened(), things)

    assert (told.answer, missing(told)) == (answer, [code])


def withdrew(teacher, admitted=True):
    return EnrollmentWithdrawn(
        teacher=teacher,
        offering=OFFERING,
        school=SCHOOL,
        term=H1_2024,
        admitted=admitted,
        after_change=False,
        reason="",
    )


def test_who_was_admitted_and_withdrew_is_told_both_with_their_events():
    before = past(announced(ScreeningOrder.FIRST_COME))
    left = on(date(2024, 4, 2), withdrew(LIN))
    told = why(LIN, before, screened(before), cast.confirmed(LIN), left)
    _, gone = told.reasons

    assert (told.answer, codes(told)) == (Upshot.WITHDREW, ["WITHIN_SEATS", "WITHDREW"])
    assert gone.zh == "2024-03-30 录取，次序为 1，2024-04-02 退选"
    assert gone.en == "the teacher was admitted on 2024-03-30 in place 1 and withdrew on 2024-04-02"
    assert (len(gone.evidence), len(gone.opposing)) == (2, 1)
    assert "not admitted" not in told.en and "no place" not in told.en


def test_who_was_placed_and_withdrew_before_the_decision_was_not_admitted_and_had_a_place():
    before = past(announced(ScreeningOrder.FIRST_COME))
    told = why(CHEN, before, screened(before), withdrew(CHEN, admitted=False))

    assert (told.answer, codes(told)) == (Upshot.NOT_ADMITTED, ["BEYOND_SEATS", "WITHDREW"])


def test_who_withdrew_and_chose_again_waits_anew():
    again = [cast.confirmed(LIN), withdrew(LIN), cast.selected()]

    assert missing(why(LIN, cast.opened(), cast.selected(), again)) == ["SCHOOL_REVIEW"]


def test_zj24_24_orders_the_steps_and_no_document_the_screening():
    before = past(announced(ScreeningOrder.DRAW))
    made = screened(before)
    [beyond, *_] = why(ranks(made)[-1], before, made).reasons
    [unplaced] = why(LIN, cast.opened(), cast.selected()).reasons

    assert (beyond.rule, unplaced.rule) == ("ZJ24-24", "ZJ24-24")
    assert "no document says how to screen" in beyond.en and "没有文件规定" in beyond.zh
    assert "by a draw, the rank is 3" in beyond.en


def test_a_term_without_a_rule_about_the_steps_says_so():
    other = TermId("term:2023H1")
    [told] = why(
        LIN, replace(cast.opened(), term=other), replace(cast.selected(), term=other)
    ).reasons

    assert told.rule is None
    assert told.en.endswith("no document orders the steps of a choice in that term")


def test_who_was_not_passed_is_told_why_and_by_which_event():
    refused = replace(cast.passed(passed=False), reason="与任教学科不符")
    [told] = why(LIN, cast.opened(), cast.selected(), refused).reasons

    assert told.facts == {"reason": "与任教学科不符"}
    assert len(told.opposing) == 1


def test_who_was_declined_without_a_screening_is_told_by_the_decline():
    told = why(LIN, cast.opened(), cast.selected(), cast.passed(), declined(LIN))

    assert (told.answer, codes(told)) == (Upshot.NOT_ADMITTED, ["PROVIDER_DECLINED"])


def test_a_class_that_nobody_opened_is_unknown():
    assert codes(why(LIN)) == ["UNKNOWN_REFERENCE"]


@pytest.mark.parametrize("by", ScreeningOrder)
def test_every_rank_beyond_the_seats_is_not_admitted_and_no_other(by):
    before = past(announced(by), seats=5, people=EVERYBODY)
    made = screened(before)
    admitted = [cast.confirmed(each) for each in ranks(made)[:5]]
    for rank, teacher in enumerate(ranks(made), start=1):
        told = why(teacher, before, made, admitted)
        assert (told.answer is Upshot.ADMITTED) == (rank <= 5)
        assert told.reasons[0].facts["rank"] == str(rank)
        assert told.reasons[0].facts["agrees"] == "true"


def test_all_that_is_needed_is_selected():
    before = past(announced(ScreeningOrder.DRAW))
    [selector] = placement_selectors(OFFERING)
    for each in entries([before, screened(before), declined(LIN)], SCREENED_ON):
        assert selector.selects(each.event.NAME, each.tags)


def test_a_class_that_was_cancelled_is_the_reason():
    gone = OfferingCancelled(
        offering=OFFERING, project=PROJECT, provider=COUNTY_SCHOOL, place=RUIAN, reason="整改"
    )
    before = past()

    assert codes(why(LIN, before, gone))[0] == "OFFERING_GONE"
    assert codes(why(LIN, before, screened(before), gone))[0] == "OFFERING_GONE"
