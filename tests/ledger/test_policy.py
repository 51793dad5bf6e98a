"""Policy: rules end and are suspended from a day on; before it the rulebook answers as it did."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec import structs

from ledger.command import OutsideScope, UnknownReference
from ledger.finding import Outcome
from ledger.names import DocumentId, TermId
from ledger.policy import (
    AlreadySuspended,
    EndSuspension,
    NotSuspended,
    PastChanged,
    RepealRules,
    RuleOver,
    SuspendRules,
    UnknownRule,
)
from ledger.regulation import RegulationAdopted, RuleAdopted, Rulebook
from ledger.rule import RuleAmended, RulesEnded, RulesSuspended, SuspensionEnded
from ledger.schedule import TimetableNotice
from ledger.structure import RatioSuspended
from ledger.term import Calendar, Phase, Window, window
from tests.cast import PROVINCE, RUIAN
from tests.given import adoption, all_rules, asker_for, given

ZJ20, ZJ24 = DocumentId("document:zj20"), DocumentId("document:zj24")
ZJ14 = DocumentId("document:zj14")
DAY = date(2024, 4, 1)
ONE = timedelta(days=1)
CITATION = "浙教办函〔2024〕99号"
HEADS = {each.document: each for each in adoption() if isinstance(each, RegulationAdopted)}
RELAXATIONS = (
    *(f"ZJ20-{number:02}" for number in range(1, 2)),
    "ZJ20-01a",
    *(f"ZJ20-{number:02}" for number in range(2, 11)),
    "ZJ20-26",
)


def after(*events):
    """The rulebook of the five documents, and what became of it."""
    return Rulebook([*adoption(), *events])


def answer(rules, kind=TimetableNotice, day=DAY, place=RUIAN, **scope):
    found = rules.find(kind, place, day, **scope)
    return None if found is None else (found.id, found.certain)


def suspended(*rules, since=DAY, certain_through=None, until=None, document=ZJ24):
    return RulesSuspended(
        document=document,
        place=PROVINCE,
        rules=rules,
        since=since,
        certain_through=certain_through,
        until=until,
        citation=CITATION,
    )


def ended(*rules, last, document=ZJ20):
    return RulesEnded(document=document, place=PROVINCE, rules=rules, last=last, citation=CITATION)


def repeal(*rules, last=DAY, document=ZJ24):
    return RepealRules(document=document, rules=rules, last=last, citation=CITATION)


def suspend(*rules, document=ZJ24, since=DAY, **days):
    return SuspendRules(document=document, rules=rules, since=since, citation=CITATION, **days)


def end(*rules, day, document=ZJ20):
    return EndSuspension(document=document, rules=rules, day=day, citation=CITATION)


def test_a_repealed_rule_answers_through_its_last_day():
    answered = given(HEADS[ZJ24]).when(repeal("ZJ24-63"), on=DAY)

    answered.then(ended("ZJ24-63", last=DAY, document=ZJ24))
    rules = after(*answered.events)
    assert answer(rules, day=DAY) == ("ZJ24-63", True)
    # The notice of 2014 asks for the same five days and is not repealed.
    assert answer(rules, day=DAY + ONE) == ("ZJ14-24", True)
    assert answer(rules, day=date(2024, 3, 5)) == ("ZJ14-24", True)


def test_the_other_rules_of_the_document_stay():
    rules = after(ended("ZJ24-63", last=DAY, document=ZJ24))

    assert rules.find(Window, RUIAN, DAY, term="2024H1", calendar="REGULAR", step="DECLARE")


@pytest.mark.parametrize("last", [date(2019, 12, 30), date(2024, 3, 6)])
def test_an_end_outside_the_days_of_a_rule_is_refused(last):
    given(HEADS[ZJ20]).when(repeal("ZJ20-02", last=last, document=ZJ20), on=DAY).refused(
        RuleOver, "ZJ20-02", "last"
    )


@pytest.mark.parametrize("last", [date(2019, 12, 31), date(2020, 1, 1), date(2024, 3, 5)])
def test_an_end_on_the_bounds_of_a_rule_is_taken(last):
    repealed = repeal("ZJ20-02", last=last, document=ZJ20)

    given(HEADS[ZJ20]).when(repealed, on=last + ONE).accepted()


@pytest.mark.parametrize(
    ("command", "rule", "field"),
    [
        (repeal("ZJ24-63", last=DAY - 2 * ONE), "ZJ24-63", "last"),
        (repeal("ZJ20-02", last=date(2020, 12, 30), document=ZJ20), "ZJ20-02", "last"),
        (repeal("ZJ14-10", last=date(2014, 12, 31), document=ZJ14), "ZJ14-10", "last"),
        (suspend("ZJ24-63", since=DAY - ONE), "ZJ24-63", "since"),
        (suspend("ZJ24-63", since=DAY - ONE, until=DAY - ONE), "ZJ24-63", "since"),
        (end("ZJ20-02", day=date(2020, 12, 31)), "ZJ20-02", "day"),
    ],
    ids=["repeal", "within-certain-days", "back-to-2014", "suspend", "one-day", "relaxation"],
)
@pytest.mark.parametrize("reported", [False, True])
def test_c_33_certain_days_that_are_past_stay_as_they_were(command, rule, field, reported):
    given(HEADS[command.document]).when(command, on=DAY, reported=reported).refused(
        PastChanged, rule, field
    )


@pytest.mark.parametrize(
    "command",
    [
        repeal("ZJ24-63", last=DAY - ONE),
        repeal("ZJ20-02", last=date(2020, 12, 31), document=ZJ20),
        suspend("ZJ24-63", since=DAY),
        suspend("ZJ20-02", since=date(2021, 1, 1), document=ZJ20),
        suspend("ZJ14-10", since=date(2014, 1, 1), until=date(2014, 12, 31), document=ZJ14),
        end("ZJ20-02", day=date(2021, 1, 1)),
    ],
    ids=["yesterday", "doubt", "today", "doubt-suspended", "year-in-doubt", "relaxation"],
)
def test_what_is_to_come_and_days_in_doubt_may_change(command):
    given(HEADS[command.document]).when(command, on=DAY).accepted()


@pytest.mark.parametrize(("day", "fits"), [(DAY - ONE, False), (DAY, True), (DAY + ONE, True)])
def test_c_33_days_on_which_a_rule_was_suspended_for_certain_stay_so(day, fits):
    pause = suspended("ZJ24-63", since=date(2024, 3, 10))
    answered = given(HEADS[ZJ24], pause, rules=after(pause)).when(
        end("ZJ24-63", day=day, document=ZJ24), on=DAY
    )

    if fits:
        answered.accepted()
    else:
        answered.refused(PastChanged, "ZJ24-63", "day")


@pytest.mark.parametrize(("day", "fits"), [(date(2024, 3, 14), False), (date(2024, 3, 15), True)])
def test_days_on_which_nobody_could_tell_whether_a_rule_was_suspended_are_settled(day, fits):
    pause = suspended("ZJ24-63", since=date(2024, 3, 10), certain_through=date(2024, 3, 14))
    answered = given(HEADS[ZJ24], pause, rules=after(pause)).when(
        end("ZJ24-63", day=day, document=ZJ24), on=DAY
    )

    if fits:
        answered.accepted()
    else:
        answered.refused(PastChanged, "ZJ24-63", "day")


def test_a_repeal_changes_nothing_on_days_on_which_the_rule_was_suspended():
    pause = suspended("ZJ24-63", since=date(2024, 3, 10))

    given(HEADS[ZJ24], pause, rules=after(pause)).when(
        repeal("ZJ24-63", last=date(2024, 3, 9)), on=DAY
    ).accepted()


def test_a_rule_is_repealed_once():
    rules = after(ended("ZJ24-63", last=DAY, document=ZJ24))

    given(HEADS[ZJ24], rules=rules).when(repeal("ZJ24-63", last=DAY + ONE), on=DAY).refused(
        RuleOver, "ZJ24-63", "last"
    )


def test_a_rule_of_another_document_is_not_repealed_here():
    given(HEADS[ZJ24]).when(repeal("ZJ14-24"), on=DAY).refused(UnknownRule, field="rules")
    given(HEADS[ZJ24]).when(repeal("ZJ24-999"), on=DAY).refused(UnknownRule, field="rules")


def test_a_document_that_nobody_adopted_has_nothing_to_repeal():
    given().when(repeal("ZJ24-63"), on=DAY).refused(UnknownReference, field="document")


@pytest.mark.parametrize("rules", [(), ("ZJ24-63", "ZJ24-63")], ids=["none", "twice"])
def test_the_rules_are_named_each_once(rules):
    given(HEADS[ZJ24]).when(repeal(*rules), on=DAY).faulted("BAD_RULES", "rules")


@pytest.mark.parametrize(
    "command", [repeal("ZJ24-63"), suspend("ZJ24-63"), end("ZJ20-02", day=date(2022, 3, 1))]
)
def test_a_county_does_not_change_what_the_province_adopted(command):
    given(HEADS[command.document]).when(command, on=DAY, by=asker_for(RUIAN)).refused(OutsideScope)


def test_a_suspended_rule_answers_nothing_until_the_suspension_ends():
    answered = given(HEADS[ZJ24]).when(
        suspend("ZJ24-63", until=DAY + 9 * ONE, certain_through=DAY + 4 * ONE), on=DAY
    )

    rules = after(*answered.accepted().events)
    assert answer(rules, day=DAY - ONE) == ("ZJ24-63", True)
    assert answer(rules, day=DAY) == ("ZJ14-24", True)
    assert answer(rules, day=DAY + 4 * ONE) == ("ZJ14-24", True)
    assert answer(rules, day=DAY + 5 * ONE) == ("ZJ24-63", False)
    assert answer(rules, day=DAY + 9 * ONE) == ("ZJ24-63", False)
    assert answer(rules, day=DAY + 10 * ONE) == ("ZJ24-63", True)


def test_a_suspension_that_is_ended_is_certain_up_to_the_day_before():
    open_end = suspended("ZJ24-63", certain_through=DAY + ONE)
    answered = given(HEADS[ZJ24], open_end, rules=after(open_end)).when(
        end("ZJ24-63", day=DAY + 5 * ONE, document=ZJ24), on=DAY
    )

    answered.then(
        SuspensionEnded(
            document=ZJ24,
            place=PROVINCE,
            rules=("ZJ24-63",),
            day=DAY + 5 * ONE,
            citation=CITATION,
        )
    )
    rules = after(open_end, *answered.events)
    assert answer(rules, day=DAY + 4 * ONE) == ("ZJ14-24", True)
    assert answer(rules, day=DAY + 5 * ONE) == ("ZJ24-63", True)


def test_a_suspension_that_ends_before_it_began_never_was():
    rules = after(
        suspended("ZJ24-63"),
        SuspensionEnded(
            document=ZJ24, place=PROVINCE, rules=("ZJ24-63",), day=DAY, citation=CITATION
        ),
    )

    assert answer(rules, day=DAY) == ("ZJ24-63", True)


def test_a_rule_is_not_suspended_twice_at_once():
    rules = after(suspended("ZJ24-63", until=DAY + ONE))
    head = HEADS[ZJ24]

    given(head, rules=rules).when(suspend("ZJ24-63", since=DAY + ONE), on=DAY).refused(
        AlreadySuspended, "ZJ24-63", "rules"
    )
    given(head, rules=rules).when(suspend("ZJ24-63", since=DAY + 2 * ONE), on=DAY).accepted()


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"until": DAY - ONE}, "until"),
        ({"certain_through": DAY - ONE}, "certain_through"),
        ({"certain_through": DAY + ONE, "until": DAY}, "until"),
    ],
)
def test_the_days_of_a_suspension_follow_each_other(days, field):
    given(HEADS[ZJ24]).when(suspend("ZJ24-63", **days), on=DAY).faulted("BAD_DAYS", field)


def test_the_window_of_a_term_is_suspended_by_day():
    step = all_rules().find(Window, RUIAN, DAY, term="2024H1", calendar="REGULAR", step="SELECT_R2")
    rules = after(suspended(step.id, since=DAY, until=DAY + ONE))
    place, term = RUIAN, TermId("term:2024H1")

    def at(day):
        return window(rules, place, term, Phase.SELECT_R2, Calendar.REGULAR, day)

    assert at(DAY) is None
    assert at(DAY + ONE) is None
    assert at(DAY + 2 * ONE).id == step.id
    assert at(DAY - ONE).id == step.id


def stricter(since):
    return RuleAmended(
        document=ZJ24,
        place=PROVINCE,
        rule="ZJ24-63",
        since=since,
        parameters={"days_min": 7},
        citation=CITATION,
        zh="七天。",
        en="Seven days.",
    )


def test_an_amended_rule_is_repealed_with_a_day_before_its_amendment():
    rules = after(stricter(DAY + 9 * ONE))
    answered = given(HEADS[ZJ24], rules=rules).when(repeal("ZJ24-63", last=DAY), on=DAY)

    rules = after(stricter(DAY + 9 * ONE), *answered.accepted().events)
    assert answer(rules, day=DAY) == ("ZJ24-63", True)
    assert answer(rules, day=DAY + 10 * ONE) == ("ZJ14-24", True)
    given(HEADS[ZJ24], rules=rules).when(repeal("ZJ24-63", last=DAY), on=DAY).refused(
        RuleOver, "ZJ24-63", "last"
    )
    given(HEADS[ZJ24], rules=rules).when(repeal("ZJ24-63", last=DAY - ONE), on=DAY).accepted()


def test_a_refusal_cites_the_version_of_its_day():
    rules = after(stricter(DAY + 9 * ONE), suspended("ZJ24-63", until=DAY + 20 * ONE))
    answered = given(HEADS[ZJ24], rules=rules).when(suspend("ZJ24-63"), on=DAY)

    assert [each.rule.amended for each in answered.refusals] == [None]


def test_the_end_of_one_suspension_leaves_a_later_one():
    pauses = (
        suspended("ZJ24-63", until=DAY + 3 * ONE),
        suspended("ZJ24-63", since=DAY + 9 * ONE, until=DAY + 12 * ONE),
    )
    answered = given(HEADS[ZJ24], pauses, rules=after(*pauses)).when(
        end("ZJ24-63", day=DAY + 2 * ONE, document=ZJ24), on=DAY
    )

    rules = after(*pauses, *answered.accepted().events)
    assert answer(rules, day=DAY + 2 * ONE) == ("ZJ24-63", True)
    assert answer(rules, day=DAY + 9 * ONE) == ("ZJ14-24", True)
    assert answer(rules, day=DAY + 13 * ONE) == ("ZJ24-63", True)


# The end of the epidemic relaxations (rulebook C-12).


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2020, 7, 17), ("ZJ20-02", True)),
        (date(2020, 12, 31), ("ZJ20-02", True)),
        (date(2021, 1, 1), ("ZJ20-02", True)),
        (date(2022, 2, 28), ("ZJ20-02", True)),
        (date(2022, 3, 1), None),
        (date(2024, 3, 5), None),
    ],
)
def test_w_096_the_day_on_which_epidemic_control_ended_settles_what_was_open(day, expected):
    answered = given(HEADS[ZJ20]).when(end(day=date(2022, 3, 1)), on=DAY)

    answered.then(ended(*RELAXATIONS, last=date(2022, 2, 28)))
    assert answer(after(*answered.events), RatioSuspended, day) == expected


def test_without_that_day_it_stays_open():
    assert answer(all_rules(), RatioSuspended, date(2020, 12, 31)) == ("ZJ20-02", True)
    assert answer(all_rules(), RatioSuspended, date(2021, 1, 1)) == ("ZJ20-02", False)
    assert answer(all_rules(), RatioSuspended, date(2024, 3, 5)) == ("ZJ20-02", False)
    assert answer(all_rules(), RatioSuspended, date(2024, 3, 6)) is None


def test_an_end_within_the_certain_days_cuts_them():
    rules = after(ended("ZJ20-02", last=date(2020, 9, 30)))

    assert answer(rules, RatioSuspended, date(2020, 9, 30)) == ("ZJ20-02", True)
    assert answer(rules, RatioSuspended, date(2020, 10, 1)) is None
    # The start stays as doubtful as it was (rulebook C-11).
    assert answer(rules, RatioSuspended, date(2020, 7, 16)) == ("ZJ20-02", False)


def test_one_relaxation_ends_without_the_others():
    answered = given(HEADS[ZJ20]).when(end("ZJ20-02", day=date(2021, 6, 1)), on=DAY)

    answered.then(ended("ZJ20-02", last=date(2021, 5, 31)))
    rules = after(*answered.events)
    assert rules.rules["ZJ20-01"] == all_rules().rules["ZJ20-01"]


def test_what_neither_is_suspended_nor_open_does_not_end():
    head = HEADS[ZJ24]
    given(head).when(end("ZJ24-63", day=DAY, document=ZJ24), on=DAY).refused(
        NotSuspended, "ZJ24-63", "rules"
    )
    given(head).when(end(day=DAY, document=ZJ24), on=DAY).refused(NotSuspended, field="document")


def test_a_relaxation_that_is_not_reached_does_not_keep_the_others_from_ending():
    gone = ended("ZJ20-01", last=date(2020, 9, 30))
    again = structs.replace(
        all_rules().rules["ZJ20-02"], id="ZJ20-99", since=date(2023, 1, 1), uncertain_from=None
    )
    late = RuleAdopted(
        document=ZJ20,
        place=PROVINCE,
        rule=structs.replace(again, certain_through=date(2023, 2, 1)),
    )

    given(HEADS[ZJ20], gone, rules=after(gone, late)).when(end(day=date(2022, 3, 1)), on=DAY).then(
        ended(*RELAXATIONS[1:], last=date(2022, 2, 28))
    )


def test_the_relaxations_end_once():
    settled = ended(*RELAXATIONS, last=date(2022, 2, 28))

    given(HEADS[ZJ20], settled, rules=after(settled)).when(
        end(day=date(2022, 5, 1)), on=DAY
    ).refused(NotSuspended, field="document")


def test_taking_an_event_back_leaves_the_rulebook_as_it_was():
    settled = ended("ZJ20-02", last=date(2022, 2, 28))
    rules = after(settled).without([settled])

    assert answer(rules, RatioSuspended, date(2022, 3, 1)) == ("ZJ20-02", False)


def test_what_another_system_reports_is_kept_with_a_violation():
    rules = after(suspended("ZJ24-63", until=DAY + ONE))
    head = HEADS[ZJ24]

    given(head, rules=rules).when(suspend("ZJ24-63"), on=DAY, reported=True).found(
        "ZJ24-63", Outcome.VIOLATION, AlreadySuspended
    )
    given(HEADS[ZJ20]).when(
        repeal("ZJ20-02", last=date(2024, 3, 6), document=ZJ20), on=DAY, reported=True
    ).found("ZJ20-02", Outcome.VIOLATION, RuleOver)
