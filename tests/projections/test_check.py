"""Every check is silent on a good ledger, and trips on the fault that it is there for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from eventsourcing.dcb.api import DCBEvent

from ledger.admission import ConfirmEnrollment
from ledger.names import TeacherId
from ledger.selection import SelectOffering
from ledger.store.ledger import Ledger
from ledger.store.work import Plain
from projections import check_search, check_store, check_view, inspection
from projections.catalogue import VIEWS
from projections.check import CHECKS, check
from projections.check_desk import SignedOff
from projections.inspection import Problem
from projections.runner import Runner
from tests.api import test_check_desk
from tests.cast import OFFERING
from tests.told import PROVEN, SEALED, told_template, told_url
from tests.town import KEY, OPERATOR, Hand, founded_template, rows, teacher

__all__ = ["founded_template", "told_template", "told_url"]

STRANGE_ID = "00000000-0000-7000-8000-000000000000"
OPEN_EVENTS = "alter table ledger.events disable trigger events_fixed"
OPEN_TAGS = "alter table ledger.tags disable trigger tags_fixed"
OPEN_REQUESTS = "alter table ledger.requests disable trigger requests_fixed"
ANY_HASH = "alter table ledger.events drop constraint events_check"
LAST = "(select max(position) from ledger.events)"
NEWEST = f"position = {LAST}"
FIRST_TOLD = "block = (select min(block) from projection.trails)"
SOME_WORD = f"{FIRST_TOLD} and hash = (select max(hash) from projection.trails where {FIRST_TOLD})"
FIRST_AWARD = "position = (select min(position) from ledger.events where type = 'credit.awarded')"


def column(assignment: str, where: str = "position = 20") -> tuple[str, ...]:
    """An event's row is changed, its body left alone."""
    return (OPEN_EVENTS, f"update ledger.events set {assignment} where {where}")


def body(expression: str, where: str) -> tuple[str, ...]:
    """An event's body is changed, with the hash that goes with it."""
    return (
        OPEN_EVENTS,
        f"update ledger.events set body = convert_to({expression}, 'UTF8'), "
        f"leaf_hash = sha256('\\x00'::bytea || convert_to({expression}, 'UTF8')) where {where}",
    )


def text(pattern: str, instead: str) -> tuple[str, ...]:
    """The first event whose body has such a text says something else."""
    holds = f"convert_from(body, 'UTF8') ~ '{pattern}'"
    return body(
        f"regexp_replace(convert_from(body, 'UTF8'), '{pattern}', '{instead}')",
        f"position = (select min(position) from ledger.events where {holds})",
    )


ACCESS = (
    "alter table ledger.access_log disable trigger access_fixed",
    "alter table ledger.access_subjects disable trigger access_subjects_fixed",
    "insert into ledger.access_log (at, kind, actor, what, places, body) "
    "select '2024-03-19', 'OWN', 'teacher:a', 'person', '{}', convert_to('"
    '{"actor":"teacher:a","at":"2024-03-19T00:00:00Z","channel":"API","kind":"OWN",'
    '"role":"TEACHER","scope":"teacher:a","what":"person"}\', \'UTF8\') '
    "from generate_series(1, 3)",
)

ERASED_NOW = body(
    f"""replace(regexp_replace(convert_from(body, 'UTF8'),
            '"data":.*"id":', '"data":{{"place":"jurisdiction:330381","reason":"x",'
            '"school":"school:s","teacher":"{SEALED}"}},"id":'),
            '"register.teacher-registered"', '"erasure.person-erased"')""",
    NEWEST,
)

PLANTED: list[tuple[str, str, tuple[str, ...]]] = [
    ("accesses", "ACCESS_MISSING", (*ACCESS, "delete from ledger.access_log where number = 1")),
    ("accesses", "ACCESS_MISSING", (*ACCESS, "delete from ledger.access_log where number = 2")),
    ("accesses", "ACCESS_MISSING", (*ACCESS, "delete from ledger.access_log where number = 3")),
    ("accesses", "ACCESS_ALTERED", (*ACCESS, "update ledger.access_log set actor = 'teacher:b'")),
    ("accesses", "ACCESS_ALTERED", (*ACCESS, "update ledger.access_log set body = body || ' '")),
    (
        "accesses",
        "ACCESS_SUBJECTS_DIFFER",
        (
            *ACCESS,
            "insert into ledger.access_subjects values ('teacher:a', 2)",
        ),
    ),
    (
        "accesses",
        "ACCESS_HEAD_DIFFERS",
        (
            *ACCESS,
            "update ledger.access_head set hash = sha256('x')",
        ),
    ),
    ("guards", "GUARD_OFF", (OPEN_EVENTS,)),
    ("guards", "GUARD_OFF", ("alter table ledger.tags enable trigger tags_kept",)),
    ("guards", "GUARD_OFF", ("drop trigger events_dense on ledger.events",)),
    ("guards", "GRANT_TOO_WIDE", ("grant update on ledger.events to xuefen_app",)),
    ("positions", "POSITION_GAP", (OPEN_EVENTS, "delete from ledger.events where position = 20")),
    ("positions", "POSITION_GAP", (OPEN_EVENTS, "delete from ledger.events where position = 1")),
    ("hashes", "LEAF_HASH_WRONG", (ANY_HASH, *column("leaf_hash = sha256('x')"))),
    ("hashes", "LEAF_HASH_WRONG", (ANY_HASH, *column("body = body || ' '"))),
    ("bodies", "BODY_UNREADABLE", body("'{}'", "position = 20")),
    ("bodies", "BODY_UNREADABLE", body("'no json'", "position = 20")),
    ("bodies", "BODY_UNREADABLE", text('"type":"[a-z.-]*"', '"type":"strange.happened"')),
    ("bodies", "BODY_NOT_CANONICAL", text('^\\{"actor"', '{ "actor"')),
    ("bodies", "BODY_NOT_CANONICAL", text('"CONSOLE"', '"\\\\u0043ONSOLE"')),
    ("bodies", "COLUMN_DIFFERS", column("type = 'credit.awarded'")),
    (
        "bodies",
        "COLUMN_DIFFERS",
        column("at = at + interval '1 microsecond'", NEWEST),
    ),
    ("bodies", "COLUMN_DIFFERS", column("on_day = on_day + 1")),
    ("bodies", "COLUMN_DIFFERS", column("on_day = null")),
    ("bodies", "COLUMN_DIFFERS", column(f"id = '{STRANGE_ID}'")),
    ("bodies", "COLUMN_DIFFERS", column("id = null")),
    ("bodies", "COLUMN_DIFFERS", column("channel = 'IMPORT'")),
    ("bodies", "COLUMN_DIFFERS", column("tags = tags[2:]")),
    ("times", "TIME_WENT_BACK", column("at = at - interval '1 day'", NEWEST)),
    ("causes", "CAUSE_UNKNOWN", text('"cause":"[^"]*"', f'"cause":"{STRANGE_ID}"')),
    ("causes", "CAUSE_UNKNOWN", text('"cause":"[^"]*"', '"cause":"whatever"')),
    (
        "causes",
        "CAUSE_UNKNOWN",
        text('"cause":"[^"]*"(.*)"id":"([^"]*)"', '"cause":"\\2"\\1"id":"\\2"'),
    ),
    ("corrections", "CORRECTED_UNKNOWN", text('"corrects":"[^"]*"', f'"corrects":"{STRANGE_ID}"')),
    ("rules", "RULE_UNKNOWN", text('"rules":\\["[^"]*"', '"rules":["ZJ99-01"')),
    ("rules", "RULE_UNKNOWN", text('"rule":"[A-Z][^"]*"', '"rule":"ZJ99-01"')),
    ("tags", "TAG_MISSING", (OPEN_TAGS, "delete from ledger.tags where position = 20")),
    ("vault", "VAULT_ROW_MISSING", (f"delete from vault.secrets where subject = '{SEALED}'",)),
    ("vault", "VAULT_ROW_MISSING", (f"delete from vault.keys where subject = '{SEALED}'",)),
    ("vault", "VAULT_ROW_MISSING", (f"update vault.secrets set subject = '{SEALED}x'",)),
    ("erasure", "ERASURE_UNFINISHED", ERASED_NOW),
    (
        "erasure",
        "ERASURE_UNSEARCHED",
        (
            *ERASED_NOW,
            "insert into vault.uploads (upload, actor, role, scope, form, declared, ticket_ends, "
            "opened_at, name, wrapped) values (gen_random_uuid(), 'a', 'BUREAU', 'b', 'CREDITS', "
            "1, '2000-01-01', '2000-01-01', 'n', 'w')",
        ),
    ),
    (
        "ids",
        "EVENT_ID_TWICE",
        (
            "drop index ledger.events_by_id",
            *column("id = (select id from ledger.events where position = 21)"),
        ),
    ),
    ("index", "TAG_SUPERFLUOUS", ("insert into ledger.tags values (1, 20)",)),
    ("index", "TAG_SUPERFLUOUS", (f"insert into ledger.tags values (1, {LAST} + 1)",)),
    ("blocks", "BLOCK_DIFFERS", ("insert into ledger.blocks values (1, 0, '')",)),
    ("blocks", "BLOCK_MISSING", ("insert into ledger.blocks values (1, 1, '')",)),
    ("answers", "ANSWER_UNREADABLE", (OPEN_REQUESTS, "update ledger.requests set answer = 'x'")),
    (
        "answers",
        "ANSWER_UNFOUNDED",
        (OPEN_EVENTS, f"delete from ledger.events where position = {LAST}"),
    ),
    (
        "seats",
        "SEATS_EXCEEDED",
        text('"approved":true(.*"type":"offering.exp)', '"approved":false\\1'),
    ),
    (
        "progress",
        "VIEW_STOPPED",
        ("update projection.progress set failed = 'x' where view = 'records'",),
    ),
    ("views", "VIEW_ROW_MISSING", ("delete from projection.records where key = 'teacher:lin'",)),
    (
        "views",
        "VIEW_ROW_SUPERFLUOUS",
        (
            "insert into projection.schools select 'school:z', state, position "
            "from projection.schools limit 1",
        ),
    ),
    (
        "views",
        "VIEW_ROW_DIFFERS",
        ("update projection.records set state = '{}' where key = 'teacher:lin'",),
    ),
    ("views", "VIEW_ROW_DIFFERS", ("update projection.findings set position = 1",)),
    ("views", "VIEW_ROW_DIFFERS", ("update projection.teachers set school = 'school:z'",)),
    (
        "views",
        "VIEW_AHEAD",
        (OPEN_EVENTS, f"delete from ledger.events where position = {LAST}"),
    ),
    (
        "views",
        "VIEW_UNFOLDABLE",
        body(
            "'{}'",
            "position = (select min(position) from ledger.events where type = 'credit.awarded')",
        ),
    ),
    (
        "search",
        "SEARCH_ROW_MISSING",
        (f"delete from projection.trails where {SOME_WORD}",),
    ),
    ("search", "SEARCH_ROW_MISSING", (f"delete from projection.trails where {FIRST_TOLD}",)),
    (
        "search",
        "SEARCH_ROW_SUPERFLUOUS",
        (
            f"insert into projection.trails select 1, block, places from projection.trails "
            f"where {SOME_WORD}",
        ),
    ),
    (
        "search",
        "SEARCH_ROW_SUPERFLUOUS",
        (
            f"insert into projection.trails "
            f"values (1, {LAST} / 64, 1::bigint << (63 - {LAST} % 64)::int)",
        ),
    ),
    ("search", "SEARCH_ROW_SUPERFLUOUS", ("insert into projection.trails values (1, -1, 1)",)),
    (
        "search",
        "SEARCH_ROW_SUPERFLUOUS",
        (
            "alter table projection.trails drop constraint trails_pkey",
            f"insert into projection.trails select * from projection.trails where {SOME_WORD}",
        ),
    ),
    (
        "search",
        "SEARCH_ROW_DIFFERS",
        (f"update projection.trails set hash = hash + 1 where {SOME_WORD}",),
    ),
    (
        "search",
        "SEARCH_ROW_DIFFERS",
        text('"title":"[^"]+"', '"title":"另一个名称"'),
    ),
    (
        "search",
        "SEARCH_AHEAD",
        (OPEN_EVENTS, f"delete from ledger.events where position = {LAST}"),
    ),
]


@contextmanager
def opened(url: str) -> Iterator[Ledger]:
    """The ledger at a URL."""
    with Ledger(url, KEY, Hand()) as ledger:
        yield ledger


def found(url: str, *names: str) -> list[Problem]:
    """What the checks find; where none is named, all that the story can pass."""
    with opened(url) as ledger:
        return list(check(ledger.pool, ledger.feed, names or PROVEN))


def plant(url: str, statements: tuple[str, ...]) -> None:
    """Does harm as the owner of the database, who may switch off its guards."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0


def test_a_good_ledger_is_silent(told_url: str) -> None:
    assert found(told_url) == []


def test_sign_offs_that_are_made_up_are_found(told_url: str) -> None:
    assert [(each.code, each.subject) for each in found(told_url, SignedOff.name)] == [
        ("SIGN_OFF_DIFFERS", f"signoff:ruian-2023-{number}") for number in (1, 2, 3)
    ]


def test_a_ledger_without_events_or_views_is_silent(database_url: str) -> None:
    assert found(database_url) == []


@pytest.mark.parametrize(("name", "code", "statements"), PLANTED)
def test_a_planted_fault_trips_its_check(
    told_url: str, name: str, code: str, statements: tuple[str, ...]
) -> None:
    plant(told_url, statements)

    problems = found(told_url, name)

    assert code in {each.code for each in problems}
    assert {each.check for each in problems} == {name}
    assert all(each.zh and each.en for each in problems)
    assert {each.code for each in problems} <= {each.code for each in found(told_url)}


def test_every_code_has_its_planted_fault() -> None:
    codes = {code for each in CHECKS for code in each.codes}

    assert codes == {code for _, code, _ in [*PLANTED, *test_check_desk.PLANTED]}
    assert len({each.name for each in CHECKS}) == len(CHECKS)


def test_one_damaged_row_is_one_problem_with_its_position(told_url: str) -> None:
    plant(told_url, column("channel = 'IMPORT'"))

    assert [(each.code, each.position, each.subject) for each in found(told_url)] == [
        ("COLUMN_DIFFERS", 20, "channel"),
        ("GUARD_OFF", None, "events_fixed"),
    ]


def test_pages_change_nothing(told_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(told_url, ("insert into ledger.tags values (1, 20), (-1, 21)", *column("channel = 'X'")))
    whole = found(told_url)

    for module in (inspection, check_store):
        monkeypatch.setattr(module, "PAGE", 3)
    monkeypatch.setattr(check_store, "ANSWERS_PAGE", 2)
    monkeypatch.setattr(check_store, "OFFERINGS_PAGE", 1)
    monkeypatch.setattr(check_view, "ROWS_PAGE", 2)
    monkeypatch.setattr(check_search, "PAGE", 2)

    assert found(told_url) == whole
    assert [each.code for each in whole].count("GUARD_OFF") == 1
    assert len(whole) == 4


@pytest.mark.parametrize("statements", [p for name, _, p in PLANTED if name == "views"])
def test_a_view_that_does_not_fit_into_memory_is_checked_in_slices(
    told_url: str, monkeypatch: pytest.MonkeyPatch, statements: tuple[str, ...]
) -> None:
    assert found(told_url, "views") == []
    held: list[int] = []
    compare = check_view.Views._compare

    def compared(check: Any, connection: Any, fold: Any, table: Any) -> Iterator[Problem]:
        held.append(len(fold.fold.states))
        yield from compare(check, connection, fold, table)

    monkeypatch.setattr(check_view.Views, "_compare", compared)
    assert found(told_url, "views") == []
    keys, most = sum(held), max(held)
    held.clear()
    monkeypatch.setattr(check_view, "HELD_BYTES_MAX", 400)
    assert found(told_url, "views") == []
    assert (sum(held), max(held) < most) == (keys, True)

    plant(told_url, statements)
    sliced = found(told_url, "views")
    monkeypatch.undo()

    assert sliced
    assert {each.subject for each in sliced} == {each.subject for each in found(told_url, "views")}
    assert len({str(each) for each in sliced}) == len(sliced)


def test_the_data_of_an_erased_person_is_not_missed(told_url: str) -> None:
    with opened(told_url) as ledger:
        assert ledger.vault.erase(SEALED)
    plant(told_url, (f"delete from vault.secrets where subject = '{SEALED}'",))

    assert found(told_url) == []


def test_trainees_beyond_the_seats_are_in_order_where_a_finding_says_so(told_url: str) -> None:
    late = TeacherId("teacher:t8")
    with Ledger(told_url, KEY, Hand(datetime(2024, 7, 1, tzinfo=UTC))) as ledger:
        for command in (
            teacher(8),
            SelectOffering(teacher=late, offering=OFFERING),
            ConfirmEnrollment(teacher=late, offering=OFFERING, admitted=True),
        ):
            day = date(2024, 4, 2)
            answer = ledger.ask([command], OPERATOR, on=day, source="other/1")
            assert answer.outcomes[0].accepted

    assert rows(
        told_url, "select 1 from ledger.events where position(%s in body) > 0", b"NO_SEAT_LEFT"
    )
    assert found(told_url) == []

    plant(told_url, text('"cause":"([^"]*)"(.*)NO_SEAT_LEFT', '"cause":"\\1"\\2NOTHING_LEFT'))
    assert [each.code for each in found(told_url, "seats")] == ["SEATS_EXCEEDED"]


def test_the_events_of_another_application_are_its_own(told_url: str) -> None:
    with opened(told_url) as ledger:
        event = DCBEvent(type="Other", data=b"\x00 what it likes", tags=["x"])
        ledger.committer.submit(Plain(events=[event], condition=None)).result()

    assert found(told_url) == []


def test_a_view_that_lags_is_compared_where_it_stands(told_url: str) -> None:
    with opened(told_url) as ledger:
        ledger.ask([replace(teacher(7), subject="MUSIC")], OPERATOR)

    assert found(told_url, "views") == []


def test_it_runs_beside_writers_and_rebuilds(told_url: str) -> None:
    with opened(told_url) as ledger:
        runner = Runner(ledger.pool, ledger.feed, VIEWS)
        runner.start()
        done = threading.Event()
        failures: list[BaseException] = []

        def again(action: Callable[[int], object]) -> threading.Thread:
            def loop() -> None:
                number = 100
                try:
                    while not done.is_set():
                        action(number := number + 1)
                except BaseException as error:
                    failures.append(error)

            thread = threading.Thread(target=loop)
            thread.start()
            return thread

        threads = [
            again(lambda number: ledger.ask([teacher(number)], OPERATOR)),
            again(lambda _: runner.rebuild()),
        ]
        try:
            assert [list(check(ledger.pool, ledger.feed, PROVEN)) for _ in range(5)] == [[]] * 5
        finally:
            done.set()
            for thread in threads:
                thread.join()
            runner.close()
    assert failures == []
