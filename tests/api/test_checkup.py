"""A look at the database: it is soon over although the database hangs, and says what fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from api.checkup import PATIENCE_SECONDS
from api.door import AWAY
from api.edge.turnstile import PROBE_SECONDS
from api.service_token import fresh
from ledger.names import SchoolId, ServiceTokenId
from ledger.register import RegisterSchool, Stage
from ledger.store import outage
from ledger.store.embedded import Embedded
from ledger.store.ledger import Ledger
from ledger.store.postmaster import postmaster_of
from ledger.store.seldom import Seldom
from projections.catalogue import VIEWS
from projections.rebuild import Rebuild
from projections.refold import LOCK
from tests.cast import RUIAN
from tests.server import DAY, Served, mutation, serving
from tests.town import KEY, OPERATOR

SOON_SECONDS = PATIENCE_SECONDS + 1.5
PROBES = 20
TRIES_MAX = 500
STRANGER = f"Bearer {fresh(ServiceTokenId('token:nobody'))[0]}"
PLACE = "/var/lib/secret/pg_wal"
REFUSING = f"""
create function ledger.no_room() returns trigger language plpgsql as $$
begin
    raise sqlstate '53100' using message = 'could not extend "{PLACE}": No space left on device';
end $$;
create trigger refuse before insert on ledger.events for each statement
execute function ledger.no_room();
"""
TAKING = "drop trigger refuse on ledger.events; drop function ledger.no_room()"


def ready(served: Served) -> tuple[int, dict[str, Any], float]:
    """What readiness says, and how long it took."""
    begun = time.monotonic()
    answer = served.client.get("/readyz")
    return answer.status_code, answer.json(), time.monotonic() - begun


def waited(served: Served, page: str) -> tuple[int, float]:
    """What a machine with a token hears of a page, and how long it took."""
    begun = time.monotonic()
    answer = served.client.get(page, headers={"authorization": STRANGER})
    return answer.status_code, time.monotonic() - begun


def again(served: Served) -> dict[str, Any]:
    """What readiness says once the database answers."""
    for _ in range(TRIES_MAX):
        status, body, _ = ready(served)
        if body["database"] == "ok":
            assert status == 200
            break
    return body


def gauges(served: Served) -> dict[str, dict[str, float]]:
    """Each gauge with its values by the last of its labels."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(served.client.get("/metrics").text):
        for each in family.samples:
            of = found.setdefault(each.name, {})
            of[next(iter(each.labels.values()), "")] = each.value
    return found


def execute(url: str, statements: str) -> None:
    """Statements of the database's owner."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements.encode())


def said(served: Served, name: str) -> dict[str, Any]:
    """What the server says to a school that is registered."""
    given = {"school": f"school:{name}", "place": RUIAN, "title": "学校", "stage": "PRIMARY"}
    document = mutation(RegisterSchool)
    body: dict[str, Any] = served.operator.post(document, input=given, request=name).json()
    return body


def wrote(ledger: Ledger) -> None:
    """Another process writes."""
    command = RegisterSchool(
        school=SchoolId("school:another"), place=RUIAN, title="学校", stage=Stage.PRIMARY
    )
    [outcome] = ledger.ask([command], OPERATOR).outcomes
    assert outcome.written


def probed(served: Served) -> list[tuple[int, dict[str, Any], float]]:
    """What many hear who ask at once, and then one after another."""
    with ThreadPoolExecutor(PROBES) as crowd:
        at_once = list(crowd.map(lambda _: ready(served), range(PROBES)))
    return at_once + [ready(served) for _ in range(PROBES)]


def test_a_table_that_somebody_holds_is_told_soon_and_to_any_number(
    founded_url: str, tmp_path: Path
) -> None:
    with serving(founded_url, tmp_path) as served:
        assert ready(served)[0] == 200
        with psycopg.connect(founded_url) as holder:
            holder.execute("lock table ledger.events in access exclusive mode")
            with ThreadPoolExecutor(PROBES) as crowd:
                answers = list(crowd.map(lambda _: ready(served), range(PROBES)))
            metrics = gauges(served)

        for status, body, seconds in answers:
            assert (status, body["status"], body["database"]) == (503, "down", "silent")
            assert body["code"] == "DATABASE_SILENT" and body["writes"] == {"status": "ok"}
            assert seconds < SOON_SECONDS
        assert metrics["xuefen_database_up"] == {"": 0}
        assert "xuefen_head" not in metrics
        assert "xuefen_requests_total" in metrics and "xuefen_resident_bytes" in metrics
        assert again(served)["status"] == "ok"
        assert gauges(served)["xuefen_database_up"] == {"": 1}


@contextmanager
def frozen(embedded: Embedded) -> Iterator[None]:
    """Its PostgreSQL is there, and does nothing."""
    server = postmaster_of(embedded.cluster)
    assert server is not None
    postmaster = psutil.Process(server.pid)
    postmaster.suspend()  # first: it begins no more
    held = [postmaster, *postmaster.children()]
    try:
        for each in held[1:]:
            each.suspend()
        yield
    finally:
        for each in reversed(held):
            each.resume()


def test_a_frozen_database_is_told_soon_and_holds_one_thread(
    open_folder: Path, tmp_path: Path
) -> None:
    embedded = Embedded(open_folder / "frozen")
    try:
        url = embedded.start()
        Ledger.found(url, KEY).close()
        with serving(url, tmp_path) as served:
            assert ready(served)[0] == 200
            gauges(served)
            before = threading.active_count()
            with frozen(embedded):
                answers = probed(served)
                begun = time.monotonic()
                metrics = gauges(served)
                took = time.monotonic() - begun
                by_token = [waited(served, page) for page in ("/readyz", "/metrics")]
                # Those of the client, and whoever else waits for a database, but not one a probe.
                assert threading.active_count() - before < PROBES // 2
            assert {(status, body["database"]) for status, body, _ in answers} == {(503, "silent")}
            assert max(seconds for _, _, seconds in answers) < SOON_SECONDS
            assert metrics["xuefen_database_up"] == {"": 0} and took < SOON_SECONDS
            assert [status for status, _ in by_token] == [503, 200]
            assert max(seconds for _, seconds in by_token) < SOON_SECONDS + PROBE_SECONDS
            assert again(served)["status"] == "ok"
    finally:
        embedded.stop()


def test_writes_that_fail_are_told_until_one_comes_through(
    founded_url: str, tmp_path: Path
) -> None:
    with serving(founded_url, tmp_path) as served, capture_logs() as lines:
        execute(founded_url, REFUSING)
        refused = [said(served, "full-1"), said(served, "full-2")]
        status, body, _ = ready(served)
        failing = gauges(served)["xuefen_writes_failing"]
        execute(founded_url, TAKING)
        taken = said(served, "full-3")
        later = ready(served)

    for each in refused:
        [error] = each["errors"]
        assert error["extensions"]["code"] == "DISK_FULL"
        assert PLACE not in str(each)
    assert (status, body["status"], body["database"]) == (200, "degraded", "ok")
    assert (body["writes"]["status"], body["writes"]["code"]) == ("failing", "DISK_FULL")
    assert body["writes"]["since"] <= body["writes"]["last"] and PLACE in body["writes"]["en"]
    assert failing == {"": 1}
    assert taken["data"]["answer"]["__typename"] == "Recorded"
    assert (later[0], later[1]["status"]) == (200, "ok")
    assert later[1]["writes"] == {"status": "ok"}
    told = [(e["event"], e["code"]) for e in lines if e["event"] in ("writes fail", "writes go on")]
    assert told == [("writes fail", "DISK_FULL"), ("writes go on", "DISK_FULL")]
    assert PLACE in str([each for each in lines if each["event"] == "writes fail"])


def test_a_stranger_hears_that_it_is_degraded_and_no_more(served: Served) -> None:
    execute(served.house.ledger.url, REFUSING)
    said(served, "full-1")
    answer = served.client.get("/readyz", headers={"x-forwarded-for": "192.0.2.1"})

    assert answer.json() == {"status": "degraded", "database": "ok"}


def test_writes_do_not_fail_any_more_where_another_process_wrote(served: Served) -> None:
    url = served.house.ledger.url
    execute(url, REFUSING)
    said(served, "full-1")
    assert ready(served)[1]["status"] == "degraded"
    execute(url, TAKING)
    assert ready(served)[1]["status"] == "degraded"  # nothing came through yet
    with Ledger(url, KEY, served.clock) as other:
        wrote(other)

    ready(served)
    assert ready(served)[1]["status"] == "ok"
    assert gauges(served)["xuefen_writes_failing"] == {"": 0}


def test_a_command_that_is_refused_says_nothing_of_the_writes(served: Served) -> None:
    said(served, "once")
    assert said(served, "once-more")["data"]["answer"]["__typename"] == "Recorded"
    given = {"school": "school:once", "place": RUIAN, "title": "学校", "stage": "PRIMARY"}
    answer = served.operator.mutate(RegisterSchool, given, "twice")

    assert answer["__typename"] == "Refused"
    assert ready(served)[1]["writes"] == {"status": "ok"}


def test_a_clock_behind_the_ledger_is_told_and_logged_once(
    founded_url: str, tmp_path: Path
) -> None:
    ahead = datetime(2031, 3, 19, tzinfo=UTC)
    with Ledger(founded_url, KEY, lambda: ahead) as ledger:
        wrote(ledger)
    with capture_logs() as lines, serving(founded_url, tmp_path) as served:
        for number in range(3):
            assert said(served, f"late-{number}")["data"]["answer"]["__typename"] == "Recorded"
        body, found = ready(served)[1], gauges(served)["xuefen_clock_behind_seconds"][""]

    behind = (ahead - datetime(DAY.year, DAY.month, DAY.day, 1, tzinfo=UTC)).total_seconds()
    assert found == pytest.approx(behind, abs=120)
    assert body["clock_behind_seconds"] == pytest.approx(behind, abs=120)
    assert len([each for each in lines if each["event"] == "clock behind"]) == 1


def test_each_process_tells_its_memory(served: Served) -> None:
    found = {
        (each.labels["worker"], each.labels["role"]): each.value
        for family in text_string_to_metric_families(served.client.get("/metrics").text)
        for each in family.samples
        if each.name == "xuefen_resident_bytes"
    }
    own = psutil.Process()

    size = found[str(own.pid), "server"]
    assert size == pytest.approx(own.memory_info().rss, rel=0.5)
    assert not {int(pid) for pid, _ in found} & {
        each.pid for each in own.children(recursive=True) if each.name() == "postgres"
    }


def test_what_a_rebuild_left_that_died_is_told_as_stopped(served: Served) -> None:
    ledger = served.house.ledger
    Rebuild(ledger.pool, ledger.feed, VIEWS[:1]).begin()
    name = VIEWS[0].name

    left = ready(served)[1]["rebuilding"][name]
    found = gauges(served)
    with psycopg.connect(ledger.url, autocommit=True) as holder:
        holder.execute("select pg_advisory_lock(%s)", (LOCK,))
        running = ready(served)[1]["rebuilding"][name]

    assert (left["status"], left["position"], left["of"]) == ("stopped", 0, served.head)
    assert left["seconds_left"] is None
    assert datetime.fromisoformat(left["begun"]) <= datetime.now(UTC)
    assert running["status"] == "running"
    assert found["xuefen_rebuild_running"] == {name: 0}
    assert found["xuefen_rebuild_position"] == {name: 0}
    assert found["xuefen_rebuild_of"] == {name: served.head}


def test_a_database_that_is_away_is_told_without_its_places_and_logged_once(
    open_folder: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    embedded = Embedded(open_folder / "away")
    url = embedded.start()
    try:
        Ledger.found(url, KEY).close()
        monkeypatch.setattr(outage, "SELDOM", Seldom())
        outage.heed_driver()
        with serving(url, tmp_path) as served, capture_logs() as lines:
            assert ready(served)[0] == 200
            embedded.stop()
            answers = [said(served, f"away-{number}") for number in range(3)]
            status, body, seconds = ready(served)
            stranger = served.client.get("/readyz", headers={"x-forwarded-for": "192.0.2.1"})
            metrics = gauges(served)
    finally:
        embedded.stop()

    for each in answers:
        [error] = each["errors"]
        assert error["extensions"]["code"] in AWAY
        assert "PGSQL" not in str(each) and str(embedded.data) not in str(each)
    assert (status, body["database"]) == (503, "unreachable") and seconds < SOON_SECONDS
    assert body["writes"]["status"] == "failing"
    assert stranger.json() == {"status": "down", "database": "unreachable"}
    assert metrics["xuefen_database_up"] == {"": 0}
    assert metrics["xuefen_writes_failing"] == {"": 1}
    events = [each["event"] for each in lines]
    assert events.count("database away") == 1 and events.count("connections fail") <= 1
    assert not any("\n" in str(each.get("why")) for each in lines)
    assert "psycopg" not in capfd.readouterr().err
