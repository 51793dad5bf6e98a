"""The way from one moment to another: a step for the day, for each event and for each rule."""

from __future__ import annotations

from datetime import date

from ledger.way import Known, Step, StepKind, said, walk
from tests.given import in_words
from tests.ledger.test_difference import JUDGED, LIFE, RULES, known


def seen(before: Known, after: Known) -> list[tuple[tuple[int, ...], date, Step | None]]:
    """What a look is shown at each step."""
    shown = walk(before, after, lambda held, rules, day: (tuple(e.position for e in held), day))
    return [(positions, day, step) for (positions, day), step in shown]


def test_the_way_begins_where_nothing_has_happened_yet():
    [(positions, day, step)] = seen(known(LIFE[:2]), known(LIFE[:2]))

    assert positions == tuple(each.position for each in LIFE[:2])
    assert (day, step) == (JUDGED, None)


def test_the_day_moves_before_any_event_comes():
    later = date(2024, 6, 30)
    found = seen(known(LIFE[:2]), known(LIFE[:3], later))

    assert [step.cause if step else None for _, _, step in found] == [
        None,
        StepKind.DAY,
        StepKind.EVENT,
    ]
    assert [day for _, day, _ in found] == [JUDGED, later, later]


def test_events_come_and_go_one_by_one_in_the_order_of_the_ledger():
    found = seen(known(LIFE[1:3]), known(LIFE[:1] + LIFE[2:4]))
    steps = [step for _, _, step in found if step is not None]

    assert [each.entry for each in steps] == [LIFE[0], LIFE[1], LIFE[3]]
    assert [each.gone for each in steps] == [False, True, False]


def test_a_rule_that_was_adopted_meanwhile_is_a_step():
    steps = [s for _, _, s in seen(known(LIFE, rules=RULES[:-2]), known(LIFE)) if s is not None]

    assert [(each.cause, each.entry) for each in steps] == [(StepKind.RULE, e) for e in RULES[-2:]]


def test_each_cause_is_said_in_both_languages():
    day = date(2024, 1, 1)
    for step in (
        *(Step(cause=each, on=day) for each in StepKind),
        Step(cause=StepKind.EVENT, on=day, gone=True),
    ):
        zh, en = said(step, "学分 +1", "+1")
        in_words(zh, en)
        assert "2024-01-01" in zh
        assert en.endswith(": +1")
