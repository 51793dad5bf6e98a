"""The register of findings: live, rebuilt and as of any moment are the same, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from ledger.closing import CloseOffering
from ledger.completion import Recipient
from ledger.event import Entry
from ledger.log import LogDay
from ledger.notice import NotifyDenial
from ledger.redress import FindingState, ReopenFinding, Resolution, ResolveFinding
from ledger.safeguard import RecordSafeguard, SafeguardKind
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from projections import rebuild
from projections import runner as running
from projections.catalogue import FINDINGS
from projections.check import check
from projections.fold import Fold
from projections.reader import Reader, Where
from projections.runner import Runner
from projections.snapshot import Snapshot
from tests.cast import CHEN, OFFERING, RUIAN, SCHOOL
from tests.town import KEY, Hand, Move, database, rows, story, tell

END, LATER = date(2024, 4, 20), date(2024, 4, 22)


@pytest.fixture(scope="module")
def redressed(postgres_url: str, founded_template: str) -> Iterator[Ledger]:
    """A class was closed, and what it lacked was made good in part, decided and reopened."""
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        tell(opened, [*story(), Move(END, CloseOffering(offering=OFFERING))])
        safe = SafeguardKind.SAFETY_EDUCATION
        tell(
            opened,
            [
                Move(LATER, LogDay(offering=OFFERING, day=date(2024, 4, 10), note="补记")),
                Move(LATER, RecordSafeguard(offering=OFFERING, kind=safe, day=END, note="补录")),
                Move(
                    LATER,
                    NotifyDenial(teacher=CHEN, offering=OFFERING, recipients=(Recipient.BUREAU,)),
                ),
            ],
        )
        folded = whole(list(opened.feed.entries(Filter())))
        still = [each for each in folded.values() if each.state is FindingState.OPEN]
        moves = [
            Move(
                LATER,
                ResolveFinding(id=each.id, subject=each.subjects[0], how=how, reason="属实"),
            )
            for each, how in zip(still, 3 * tuple(Resolution), strict=False)
        ]
        again = ReopenFinding(id=still[0].id, subject=still[0].subjects[0], reason="不实")
        answers = tell(opened, [*moves, Move(LATER, again)])
        assert all(outcome.accepted for each in answers for outcome in each.outcomes)
        yield opened


def whole(entries: list[Entry]) -> dict[str, Any]:
    """The register over a ledger of these entries."""
    fold = Fold(FINDINGS)
    for each in entries:
        fold.learn(each)
    return fold.states


def anew(ledger: Ledger) -> None:
    """Whatever views there were are forgotten."""
    with psycopg.connect(ledger.url, autocommit=True) as connection:
        connection.execute("drop table if exists projection.findings, projection.progress")


@pytest.mark.parametrize("page", [1, 3, 50, 10_000])
def test_live_rebuilt_and_folded_rows_are_the_same_whatever_the_page(
    redressed: Ledger, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    entries = list(redressed.feed.entries(Filter()))
    folded = {key: FINDINGS.encode(state) for key, state in whole(entries).items()}
    alone = {key: FINDINGS.encode(FINDINGS.fold(key, entries)) for key in folded}
    monkeypatch.setattr(running, "PAGE", page)
    monkeypatch.setattr(rebuild, "PAGE", page)
    anew(redressed)
    runner = Runner(redressed.pool, redressed.feed, [FINDINGS])
    runner.catch_up()
    stored = dict(rows(redressed.url, "select key, state from projection.findings"))
    runner.rebuild()

    assert stored == folded == alone
    assert dict(rows(redressed.url, "select key, state from projection.findings")) == stored


def test_every_state_is_there_and_some_of_it_follows_from_events(redressed: Ledger) -> None:
    held = whole(list(redressed.feed.entries(Filter()))).values()

    assert {each.state for each in held} == set(FindingState)
    steps = [step for each in held for step in each.steps]
    assert {step.derived for step in steps} == {True, False}


def test_the_register_of_any_position_is_that_of_a_ledger_that_ends_there(
    redressed: Ledger,
) -> None:
    entries = list(redressed.feed.entries(Filter()))
    first = next(each.position for each in entries if each.on == END) - 1
    for position in range(first, len(entries) + 1):
        cut = whole(entries[:position])
        then = Snapshot(redressed.feed, position)
        assert dict(then.page(FINDINGS, Where().and_tagged(str(OFFERING)), first=500).rows) == {
            key: each for key, each in cut.items() if OFFERING in each.tags
        }
        assert then.count(FINDINGS, Where().and_among(standing=["OPEN"], place=[RUIAN])) == len(
            [each for each in cut.values() if each.state is FindingState.OPEN]
        )
        for key, state in cut.items():
            assert Reader(redressed.pool, redressed.feed).as_of(FINDINGS, key, known=position) == (
                state,
                position,
            )


def test_a_day_leaves_out_what_was_put_right_later(redressed: Ledger) -> None:
    head = redressed.feed.head()
    where = Where().and_tagged(str(OFFERING)).and_among(standing=["RECTIFIED"])

    assert Snapshot(redressed.feed, head, END).count(FINDINGS, where) == 0
    assert Snapshot(redressed.feed, head, LATER).count(FINDINGS, where) > 0


def test_tallies_of_now_and_of_the_past_are_those_of_the_rows(redressed: Ledger) -> None:
    runner = Runner(redressed.pool, redressed.feed, [FINDINGS])
    runner.catch_up()
    facets = ("rule", "outcome", "standing")
    where = Where().and_between("on", END, END)
    now = Reader(redressed.pool, redressed.feed).tally(FINDINGS, where, facets)

    assert now == Snapshot(redressed.feed, redressed.feed.head()).tally(FINDINGS, where, facets)
    held = whole(list(redressed.feed.entries(Filter()))).values()
    assert sum(now.values()) == sum(each.on == END for each in held)


def test_the_check_of_the_views_is_silent_and_notices_a_forged_state(redressed: Ledger) -> None:
    Runner(redressed.pool, redressed.feed, [FINDINGS]).catch_up()
    checked = "update projection.findings set standing = %s where standing = %s returning key"

    def found() -> list[str]:
        return [each.code for each in check(redressed.pool, redressed.feed, ["views"])]

    assert found() == []
    assert rows(redressed.url, checked, "OPEN", "MISTAKEN")
    assert "VIEW_ROW_DIFFERS" in found()


def test_a_school_is_found_by_its_teachers_then(redressed: Ledger) -> None:
    where = Where(gathered=(("tags", "teachers", ("school", str(SCHOOL))),))
    then = Snapshot(redressed.feed, redressed.feed.head())
    of_chen = then.page(FINDINGS, Where().and_tagged(str(CHEN)), first=100).rows

    assert of_chen
    assert {key for key, _ in of_chen} <= {
        key for key, _ in then.page(FINDINGS, where, first=100).rows
    }
