"""Long texts, and other things that the database refuses: one view stops at most, and says so."""

from __future__ import annotations

import typing
from enum import Enum
from random import Random

import psycopg
import pytest
from msgspec.structs import replace
from psycopg import errors
from psycopg_pool import PoolTimeout
from structlog.testing import capture_logs

from ledger.names import Name
from ledger.store.connection import unavailable
from ledger.store.ledger import Ledger
from ledger.trainer import RegisterTrainer
from projections import projection, statement
from projections.catalogue import OFFERINGS, TEACHERS, TRAINERS, VIEWS
from projections.projection import BEGINNING, LONG
from projections.reader import Reader, Where
from projections.runner import Runner
from projections.statement import conditions_of, where_of
from tests import cast
from tests.cast import RUIAN
from tests.town import GAO, OPERATOR, Put, codes, school, teacher

CHARACTERS_MAX = 2_000
# What is no longer than a name, or than a hash, and is checked where it comes in.
SHORT = {("findings", "code"), ("findings", "rule"), ("reconciliations", "sha256")}


def text(seed: int, length: int = CHARACTERS_MAX) -> str:
    """Chinese that PostgreSQL cannot make shorter."""
    chance = Random(seed)
    return "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(length))


@pytest.fixture
def town(ledger: Ledger) -> Ledger:
    """A ledger with the school."""
    ledger.ask([school()], OPERATOR)
    return ledger


def trainer(expertise: str) -> RegisterTrainer:
    return RegisterTrainer(trainer=GAO, expertise=expertise, place=RUIAN)


def test_texts_as_long_as_they_may_be_are_shown_searched_and_built_anew(town: Ledger) -> None:
    known = text(1)
    plan = replace(cast.PLAN, subject=text(2))
    runner = Runner(town.pool, town.feed, (OFFERINGS, TEACHERS, TRAINERS))
    assert codes(town.ask([trainer(known)], OPERATOR)) == [[]]
    town.ask([Put(events=(cast.opened(plan),))], OPERATOR)

    head = town.feed.head()
    assert runner.catch_up() == head
    assert runner.standing() == (head, None)
    assert runner.rebuild() == head
    reader = Reader(town.pool, town.feed)
    for expected, whole in ((1, plan.subject), (0, text(3)), (0, plan.subject[:BEGINNING])):
        found = reader.page(OFFERINGS, Where().and_equal(subject=whole), first=9)
        assert len(found.rows) == expected
    [row] = reader.page(TRAINERS, Where(holding=(("expertise", known[900:910]),)), first=9).rows
    assert row[1].expertise == known


def test_a_subject_is_found_by_the_index_of_its_beginning(town: Ledger) -> None:
    Runner(town.pool, town.feed, (OFFERINGS,))
    asked = where_of(conditions_of(Where().and_equal(subject="x")))
    with town.pool.connection() as connection:
        connection.execute("set local enable_seqscan = off")
        shown = connection.execute(
            psycopg.sql.SQL("explain select from projection.offerings {} order by key").format(
                asked
            ),
            {"p0": "x"},
        ).fetchall()

    assert any("offerings_left_key_idx" in line for (line,) in shown), shown


def test_no_index_holds_a_whole_text_that_may_be_long() -> None:
    whole = {
        (view.name, name)
        for view in VIEWS
        for name, kind in view.facets.items()
        if kind == "text" and name not in LONG and _free(view.state, name)
    }

    assert whole == SHORT


def _free(state: type, name: str) -> bool:
    hint = typing.get_type_hints(state).get(name)
    kinds = typing.get_args(hint) or (hint,)
    return any(
        isinstance(each, type) and issubclass(each, str) and not issubclass(each, Name | Enum)
        for each in kinds
    )


def test_what_the_database_refuses_for_good_stops_one_view_and_is_said(
    town: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (projection, statement):
        monkeypatch.setattr(place, "LONG", frozenset())
    runner = Runner(town.pool, town.feed, (TEACHERS, TRAINERS))
    at = town.ask([trainer(text(1))], OPERATOR).position
    town.ask([teacher(1)], OPERATOR)

    with capture_logs() as lines:
        runner.catch_up()

    progress = {name: (position, stop) for name, position, stop in runner.progress()}
    stands, stop = progress["trainers"]
    assert stop is not None
    assert (stands, stop.position, stop.error) == (at - 1, at, "ProgramLimitExceeded")
    assert progress["teachers"] == (at + 1, None)
    assert [each["view"] for each in lines] == ["trainers"]


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (psycopg.OperationalError("server closed the connection unexpectedly"), True),
        (PoolTimeout("nobody is there"), True),
        (errors.ConnectionFailure(), True),
        (errors.AdminShutdown(), True),
        (errors.CrashShutdown(), True),
        (errors.CannotConnectNow(), True),
        (errors.DiskFull(), True),
        (errors.OutOfMemory(), True),
        (errors.TooManyConnections(), True),
        (errors.LockNotAvailable(), True),
        (errors.DeadlockDetected(), True),
        (errors.SerializationFailure(), True),
        (errors.ReadOnlySqlTransaction(), True),
        (errors.IdleInTransactionSessionTimeout(), True),
        (errors.IoError(), True),
        (errors.ProgramLimitExceeded(), False),
        (errors.StatementTooComplex(), False),
        (errors.PipelineAborted(), False),
        (errors.QueryCanceled(), False),
        (errors.UniqueViolation(), False),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), False),
        (ValueError("no such stage"), False),
    ],
)
def test_only_what_says_nothing_of_the_question_counts_as_an_outage(
    error: Exception, away: bool
) -> None:
    assert unavailable(error) is away
