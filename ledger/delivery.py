"""Delivery: the days on which a class may be held.

Every training day lies in the delivery window of the term. A plan marked cross-term that is of the
kind which a rule lets cross terms begins in the window and may go on after it (rulebook C-05).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from ledger.command import Command
from ledger.event import Event
from ledger.finding import Outcome
from ledger.names import JurisdictionId, Name, TermId
from ledger.plan import Plan
from ledger.regulation import InForce
from ledger.segment import Segments
from ledger.term import PHASE_ZH, Calendar, Phase, Window, WindowClosed, note_window, window

NAMED_MAX = 10


def crosses(command: Command, plan: Plan, place: JurisdictionId, pinned: date) -> bool:
    """Whether the plan may go on after the window once it began in it."""
    if not plan.cross_term:
        return False
    # Chosen for the day on which the plan was pinned (C-33).
    rule = command.ask.rules.pinned(Segments, place, pinned, mode=plan.mode.value)
    return rule is not None and rule.value.cross_terms and rule.value.covers(plan)


def note_days(
    command: Command,
    days: Iterable[date],
    *subjects: Name,
    plan: Plan,
    place: JurisdictionId,
    term: TermId,
    calendar: Calendar,
    pinned: date,
    first: date | None = None,
) -> Iterator[Event]:
    """Finding: training days outside the delivery window, all of them in one.

    ``pinned`` chooses the version of the window.
    ``first``: the first day of the class, where it is not among the days that are looked at.
    """
    told = sorted(set(days))
    if not told:
        return
    found = window(command.ask.rules, place, term, Phase.DELIVER, calendar, pinned, fixed=True)
    if found is None or found.value.unknown:
        yield from note_window(
            command,
            Phase.DELIVER,
            *subjects,
            place=place,
            term=term,
            calendar=calendar,
            day=told[0],
            pinned=pinned,
        )
        return
    begins = first or told[0]
    # Once it began in the window, such a plan may go on after it.
    free = crosses(command, plan, place, pinned) and found.value.holds(begins)
    checked = [] if free else told
    outside = [day for day in checked if not found.value.holds(day)]
    if not outside:
        return
    said = _outside(outside, found)
    yield command.finding(said, Outcome.VIOLATION, *subjects)


def _outside(days: list[date], found: InForce[Window]) -> WindowClosed:
    named = "、".join(map(str, days[:NAMED_MAX])) + ("…" if len(days) > NAMED_MAX else "")
    return WindowClosed(
        zh=f"{PHASE_ZH[Phase.DELIVER]}的时间为 {found.value.span}，{len(days)} 个培训日"
        f"不在其中：{named}",
        en=f"the DELIVER window is {found.value.span}; {len(days)} training days are outside "
        f"it: {named}",
        rule=found,
        field="on",
    )
