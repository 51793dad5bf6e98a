"""Evidence: enough for the verdict, and nothing that the verdict could do without."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.credit import CreditKind
from ledger.event import Entry, Event
from ledger.evidence import Evidence, evidence, says_the_same
from ledger.names import JurisdictionId
from ledger.record import Record
from ledger.register import Category
from ledger.regulation import RuleAdopted, RuleAmended, Rulebook, RulesEnded, RulesSuspended
from ledger.verdict import Verdict, judge
from tests import cast
from tests.cast import HANGZHOU, LIN, RUIAN, WENZHOU
from tests.given import Thing, all_rules, entries, on
from tests.judged import belongs, corrected, credit, revoked

ENTERED = date(2019, 9, 1)
JUDGED = date(2024, 3, 31)


def judged(own: list[Entry], rules: Rulebook, day: date) -> Verdict | None:
    record = Record(teacher=LIN)
    for entry in own:
        record.learn(entry)
    return judge(record, rules, day)


def told(*things: Thing, place: JurisdictionId = RUIAN) -> list[Entry]:
    start = on(ENTERED, cast.registered(place=place, entered=ENTERED))
    return entries([start, *things], ENTERED)


def found(own: list[Entry], day: date = JUDGED) -> Evidence:
    answer = evidence(LIN, own, all_rules(), day)
    assert answer is not None
    return answer


def only(book: Rulebook, rules: tuple[str, ...]) -> Rulebook:
    """A rulebook that holds these rules and what became of them, and no other."""
    return Rulebook(filter(None, (_about(event, rules) for event in book.learned)))


def _about(event: Event, rules: tuple[str, ...]) -> Event | None:
    match event:
        case RuleAdopted(rule=rule):
            return event if rule.id in rules else None
        case RuleAmended(rule=rule):
            return event if rule in rules else None
        case RulesSuspended(rules=ids) | RulesEnded(rules=ids):
            return event if {*ids} <= {*rules} else None
    return event


def test_a_credit_that_was_taken_back_is_no_evidence_and_neither_is_its_end() -> None:
    own = told(credit(90, name="long"), credit(24, name="gone"), revoked("gone"))

    assert found(own).events == (own[0].id, own[1].id)


def test_a_credit_of_another_cycle_is_no_evidence() -> None:
    own = told(credit(90, date(2015, 1, 1), name="before"), credit(24, name="now"))

    assert found(own).events == (own[0].id, own[2].id)


def test_a_correction_is_evidence_with_what_it_corrects() -> None:
    own = told(credit(24, name="one"), corrected("one", 20))

    assert found(own).events == tuple(each.id for each in own)


def test_a_correction_to_the_same_amount_is_none() -> None:
    own = told(credit(24, name="one"), corrected("one", 24))

    assert found(own).events == (own[0].id, own[1].id)


def test_the_rules_that_answered_are_named() -> None:
    rules = found(told(credit(90, name="long"))).rules

    assert {"RA19-01", "ZJ24-70"} <= {*rules}
    assert len(rules) < len(all_rules().rules) // 4


def test_one_who_never_entered_has_no_evidence() -> None:
    assert evidence(LIN, [], all_rules(), JUDGED) is None


KINDS = st.sampled_from([*CreditKind])
DAYS = st.dates(date(2019, 1, 1), date(2025, 6, 1))
names = st.sampled_from("abcd")
things = st.one_of(
    st.builds(
        lambda name, amount, day, kind: on(
            day, credit(str(Decimal(amount) / 2), day, kind=kind, name=name)
        ),
        names,
        st.integers(1, 240),
        DAYS,
        KINDS,
    ),
    st.builds(
        lambda amount, day: on(day, cast.recognised(amount, completed=day)),
        st.integers(1, 160),
        DAYS,
    ),
    st.builds(lambda name, amount: corrected(name, amount), names, st.integers(0, 90)),
    st.builds(revoked, names),
    st.builds(lambda day: on(day, belongs(Category.NEW_TEACHER, day)), DAYS),
)
lives = st.builds(
    lambda place, own: told(*own, place=place),
    st.sampled_from([RUIAN, WENZHOU, HANGZHOU]),
    st.lists(things, max_size=7),
)


@settings(max_examples=80, deadline=timedelta(seconds=5))
@given(lives, DAYS)
def test_the_verdict_follows_from_its_evidence_alone(own: list[Entry], day: date) -> None:
    whole = judged(own, all_rules(), day)
    basis = evidence(LIN, own, all_rules(), day)
    assert (whole is None) == (basis is None)
    if basis is None:
        return
    kept = [each for each in own if each.id in basis.events]

    assert says_the_same(judged(kept, only(all_rules(), basis.rules), day), whole)


@settings(max_examples=80, deadline=timedelta(seconds=5))
@given(lives, DAYS)
def test_without_any_one_piece_of_evidence_the_verdict_is_another(
    own: list[Entry], day: date
) -> None:
    whole = judged(own, all_rules(), day)
    basis = evidence(LIN, own, all_rules(), day)
    if basis is None:
        return
    kept = [each for each in own if each.id in basis.events]
    for one in kept:
        rest = [each for each in kept if each is not one]
        assert not says_the_same(judged(rest, all_rules(), day), whole)
