"""What is said as of a position and a day, against a ledger that holds nothing else.

``test_snapshot`` does this for the rows of the views by position, ``test_indicator`` for the
indicators; here are the second axis for every view, and record, verdict, warnings, consequence and
obligations by both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from ledger.caution import Danger
from ledger.consequence import RecordUse
from ledger.event import Entry
from ledger.names import DocumentId, JurisdictionId, SchoolId
from ledger.policy import EndSuspension
from ledger.register import JurisdictionRegistered
from ledger.regulation import Rulebook
from ledger.store.feed import Feed, Filter
from ledger.store.ledger import Ledger
from projections.catalogue import (
    ENROLLMENTS,
    OFFERINGS,
    RECORDS,
    SCHOOLS,
    VIEWS,
    YEARBOOKS,
)
from projections.caution import cautions
from projections.obligation import Year, place_obligations
from projections.projection import Projection
from projections.reader import Reader
from projections.runner import Runner
from projections.school_year import school_obligations
from projections.snapshot import Snapshot
from projections.unjudged import judged_now
from projections.verdict import Judged, Rules, judged, judged_of
from tests.cast import CHEN, LIN, RUIAN, SCHOOL, WENZHOU, ZHOU
from tests.projections.test_indicator import Cut
from tests.projections.test_snapshot import fitting, wanted
from tests.town import KEY, OPERATOR, Hand, database, story, tell

Told = tuple[Ledger, Reader, list[Entry]]
IN_CLASS, LAST = date(2024, 4, 9), date(2024, 8, 31)
SCHOOL_VIEWS = (YEARBOOKS, RECORDS, ENROLLMENTS, OFFERINGS)
OVER = EndSuspension(document=DocumentId("document:zj20"), citation="试验", day=date(2022, 3, 1))


@pytest.fixture(scope="module")
def told(postgres_url: str, founded_template: str) -> Iterator[Told]:
    """The story told, a change of the rules after it, the views up with it, and its entries."""
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        tell(opened, story())
        assert opened.ask([OVER], OPERATOR).outcomes[0].accepted
        Runner(opened.pool, opened.feed, VIEWS).catch_up()
        reader = Reader(opened.pool, opened.feed)
        yield opened, reader, list(opened.feed.entries(Filter()))


@dataclass
class Ended:
    """The feed of a ledger that ends at a position, and holds what was true up to a day."""

    feed: Feed
    position: int
    day: date | None = None

    def head(self) -> int:
        return self.position

    def entries(self, wanted: Filter) -> Iterator[Entry]:
        before = min(self.position + 1, wanted.before or self.position + 1)
        for each in self.feed.entries(replace(wanted, before=before)):
            if self.day is None or each.effective_on <= self.day:
                yield each


def days(entries: list[Entry]) -> list[date]:
    """Every day on which something became true, and one before all of them."""
    found = sorted({each.effective_on for each in entries})
    return [found[0] - date.resolution, *found]


def held(entries: list[Entry], position: int, day: date | None) -> list[Entry]:
    """The entries known at a position and true by a day."""
    return [each for each in entries[:position] if day is None or each.effective_on <= day]


def corners(entries: list[Entry], own: list[int]) -> list[tuple[int, date]]:
    """Positions with days, so that each position and each day comes at least once."""
    known, true = sorted({own[0] - 1, *own, len(entries)}), days(entries)
    count = max(len(known), len(true))
    pairs = {(known[n % len(known)], true[n % len(true)]) for n in range(count)}
    return sorted(pairs | {(len(entries), each) for each in true})


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_rows_of_both_axes_are_those_of_a_ledger_cut_by_both(
    told: Told, view: Projection[Any]
) -> None:
    opened, _, entries = told
    own = [each.position for each in entries if each.event.NAME in view.types]
    rows = 0
    for position, day in corners(entries, own):
        states = Cut(held(entries, position, day)).states(view)
        then = Snapshot(opened.feed, position, day)
        for where in [*wanted(view, states)][:12]:
            page = then.page(view, where, first=1_000)
            assert dict(page.rows) == fitting(view, states, where), (position, day, where)
            rows += len(page.rows)
    assert rows


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_of_what_was_not_yet_true_there_is_no_row(told: Told, view: Projection[Any]) -> None:
    opened, _, entries = told
    whole = Cut(entries).states(view)
    before = Snapshot(opened.feed, len(entries), days(entries)[0])
    for where in [*wanted(view, whole)][:12]:
        assert before.page(view, where, first=10).rows == ()


def said(found: Judged, warned: list[Any]) -> dict[str, Any]:
    """All that is said of a teacher, but the position at which it stands."""
    names = ("verdict", "day", "shares", "cycles", "tree", "running", "consequence")
    record = {name: getattr(found.record, name) for name in ("lines", "place", "school")}
    return record | {name: getattr(found, name) for name in names} | {"warnings": warned}


@pytest.mark.parametrize(
    ("teacher", "day"), [(LIN, LAST), (LIN, IN_CLASS), (CHEN, IN_CLASS), (ZHOU, LAST)]
)
def test_record_and_verdict_at_every_position_are_those_of_a_ledger_that_ends_there(
    told: Told, teacher: str, day: date
) -> None:
    opened, reader, entries = told
    rules, asked = Rules(reader), {"use": RecordUse.TITLE_PROMOTION}
    first = next(each.position for each in entries if teacher in each.tags)
    answers, dangers = set(), set()
    for position in range(first - 1, len(entries) + 1):
        then = judged(reader, rules, RECORDS, teacher, day, known=position, **asked)
        ended: Any = Ended(opened.feed, position)
        short = Reader(opened.pool, ended)
        now = judged(short, Rules(short), RECORDS, teacher, day, **asked)
        row = Cut(entries[:position]).one(RECORDS, teacher) or RECORDS.blank(teacher)
        folded = judged_of(row, Rules(short), day, position, **asked)
        warned = [
            cautions(each, book, found)
            for each, book, found in ((reader, rules, then), (short, Rules(short), now))
        ]
        assert said(then, warned[0]) == said(now, warned[1]), position
        assert said(then, []) == said(folded, []), position
        answers.add(repr(said(then, warned[0])))
        dangers |= {each.danger for each in warned[0]}
    assert len(answers) > 1
    assert len(answers) > 3 or teacher != LIN
    assert Danger.CYCLE_PACE in dangers


@pytest.mark.parametrize("teacher", [LIN, CHEN, ZHOU])
def test_record_and_verdict_of_both_axes_are_those_of_a_ledger_cut_by_both(
    told: Told, teacher: str
) -> None:
    opened, reader, entries = told
    rules = Rules(reader)
    own = [each.position for each in entries if teacher in each.tags]
    for position, day in corners(entries, own):
        then = judged(reader, rules, RECORDS, teacher, LAST, known=position, effective=day)
        state = Cut(held(entries, position, day)).one(RECORDS, teacher)
        folded = judged_of(state or RECORDS.blank(teacher), rules, LAST, position)
        ended: Any = Ended(opened.feed, position, day)
        warned = cautions(reader, rules, then, day)
        assert said(then, warned) == said(
            folded, cautions(Reader(opened.pool, ended), rules, folded)
        ), (position, day)


@pytest.mark.parametrize("teacher", [LIN, CHEN, ZHOU])
def test_live_and_as_of_now_judge_alike(told: Told, teacher: str) -> None:
    _, reader, entries = told
    rules, asked = Rules(reader), {"use": RecordUse.AWARDS}
    live = judged_now(reader, rules, RECORDS, teacher, LAST, **asked)
    now = judged(reader, rules, RECORDS, teacher, LAST, known=len(entries), **asked)

    assert said(live, cautions(reader, rules, live)) == said(now, cautions(reader, rules, now))


def obliged(rows: Any, book: Rulebook, of: str, year: Year) -> list[Any]:
    """What is asked of a place, or of a school of Rui'an."""
    if of.startswith("school:"):
        return school_obligations(rows, book, SCHOOL_VIEWS, SchoolId(of), RUIAN, year)
    return place_obligations(rows, book, (YEARBOOKS, SCHOOLS), JurisdictionId(of), year)


@pytest.mark.parametrize("of", [RUIAN, WENZHOU, SCHOOL])
def test_obligations_of_any_moment_are_those_of_a_ledger_cut_there(told: Told, of: str) -> None:
    opened, reader, entries = told
    rules, today = Rules(reader), date(2025, 3, 1)
    first = next(each.position for each in entries if str(SCHOOL) in each.tags)
    seen = set()
    for position in range(first, len(entries) + 1):
        day = days(entries)[position % len(days(entries))]
        for effective in (None, day):
            year = Year(2024, effective or today)
            then = obliged(Snapshot(opened.feed, position, effective), rules.at(position), of, year)
            true = [
                each
                for each in entries[:position]
                if effective is None
                or each.effective_on <= effective
                or isinstance(each.event, JurisdictionRegistered)
            ]
            assert then == obliged(Cut(true), rules.at(position), of, year), (position, effective)
            seen.add(repr(then))
    assert len(seen) > 3
    live = obliged(reader, rules.now(), of, Year(2024, today))
    assert live == obliged(Cut(entries), rules.now(), of, Year(2024, today))
