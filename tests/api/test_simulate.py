"""The simulation: the same seed gives the same term, in process and over HTTP, and only once."""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.settings import Settings
from api.simulate import Simulation, in_process, prepare, run
from api.simulate_http import over_http
from bench.folder import fresh_folder
from bench.kill_servers import Servers
from bench.kill_verify import told
from ledger.draw import ScreeningOrder
from ledger.enrollment import EnrollmentConfirmed, EnrollmentDeclined
from ledger.event import Entry
from ledger.fault import Fault
from ledger.finding import FindingMade
from ledger.names import JurisdictionId, ProviderId, SchoolId
from ledger.screening import ApplicantsScreened
from ledger.store.feed import Filter
from ledger.store.founding import REQUEST
from ledger.store.ledger import Ledger
from ledger.store.trouble import Trouble
from ledger.store.vault import load_key
from projections.catalogue import PROVIDERS, RECORDS, SCHOOLS, SCREENINGS, VIEWS
from projections.caution import cautions
from projections.fold import Fold
from projections.measure import Period
from projections.obligation import Year
from projections.projection import Projection
from projections.reader import Reader, Where
from projections.runner import Runner
from projections.screening import agrees
from projections.snapshot import Snapshot
from projections.unjudged import judged_now
from projections.verdict import Rules, judged, judged_of
from tests.projections.test_cut import obliged
from tests.projections.test_indicator import Cut, plain
from tests.projections.test_indicator import told as told_of


@pytest.fixture
def settings(empty_database_url: str, open_folder: Path) -> Settings:
    return Settings(database_url=empty_database_url, data=open_folder / uuid.uuid4().hex)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    """A county in which one class is chosen by more than it has seats for."""
    return prepare(120, ["2024H1"], 8)


def test_a_seed_fixes_every_command_and_request_id(simulation: Simulation) -> None:
    again = prepare(120, ["2024H1"], 8)
    other = prepare(120, ["2024H1"], 9)

    assert simulation.steps == again.steps
    assert simulation.requests.isdisjoint(other.requests)


def test_the_same_simulation_again_writes_nothing(
    simulation: Simulation, settings: Settings
) -> None:
    with in_process(settings, simulation) as way:
        first = run(simulation, way)
        head = way.ledger.feed.head()
    with in_process(settings, simulation) as way:
        second = run(simulation, way)

        assert head == way.ledger.feed.head()
    assert (second.events, first.replayed) == (0, 0)
    assert first.commands - sum(map(len, mistakes(simulation))) == second.replayed
    assert first.findings == second.findings
    assert first.odd + second.odd == []


def mistakes(simulation: Simulation) -> list[tuple[object, ...]]:
    submissions = (each for step in simulation.steps for each in step.submissions)
    return [each.commands for each in submissions if each.mistake]


def test_what_is_wrong_is_refused_and_nothing_else(
    simulation: Simulation, settings: Settings
) -> None:
    with in_process(settings, simulation) as way:
        summary = run(simulation, way)

    assert summary.odd == []
    assert sum(map(len, mistakes(simulation))) <= sum(summary.refusals.values())
    assert {"ALREADY_REGISTERED", "WINDOW_CLOSED", "FORM_OVERRUN"} <= summary.refusals.keys()


def test_a_class_with_more_applicants_than_seats_is_screened_before_the_re_review(
    simulation: Simulation, settings: Settings
) -> None:
    with in_process(settings, simulation) as way:
        summary = run(simulation, way)
        entries = list(way.ledger.feed.entries(Filter()))

    [screened] = [each for each in entries if isinstance(each.event, ApplicantsScreened)]
    about = screened.event
    assert isinstance(about, ApplicantsScreened)
    admitted = [
        each.event.teacher
        for each in entries
        if isinstance(each.event, EnrollmentConfirmed)
        and (each.event.offering, each.event.round) == (about.offering, about.round)
        and each.position > screened.position
    ]
    state = SCREENINGS.fold(about.offering, entries)
    order = [each.teacher for each in state.rounds[0].placements]
    declined = [e.event.teacher for e in entries if isinstance(e.event, EnrollmentDeclined)]
    said = [e.event.code for e in entries if isinstance(e.event, FindingMade)]

    assert about.by is ScreeningOrder.FIRST_COME
    assert 0 < about.seats_left < about.applicants == len(order)
    assert admitted == order[: about.seats_left]
    assert declined == order[about.seats_left :]
    assert agrees(state)
    assert "AGAINST_THE_ORDER" not in said
    assert summary.refusals["NO_SEAT_LEFT"] == 1


def test_three_terms_run_in_the_order_of_the_calendar(settings: Settings) -> None:
    three = prepare(25, ["2024H1", "2019H2", "2020H2"], 1)

    with in_process(settings, three) as way:
        summary = run(three, way)

    assert [each.term.value for each in three.terms] == ["2019H2", "2020H2", "2024H1"]
    assert summary.odd == []
    assert "ZJ20-24" in summary.findings  # the windows of 2020H2 that nobody knows


def test_over_http_it_writes_the_same_events_as_in_process(
    simulation: Simulation, settings: Settings
) -> None:
    with in_process(settings, simulation) as way:
        run(simulation, way)
        inside = told(way.ledger.feed, simulation)
    with fresh_folder("kill") as folder:
        servers = Servers(folder, 1, lambda: date(2024, 3, 4))
        try:
            servers.start(0)
            servers.await_ready()
            with over_http(servers.urls, servers.data / "issuer.jwk") as far:
                summary = run(simulation, far)
                findings = summary.findings
                again = run(simulation, far)
            url = f"{servers.data}"
        finally:
            servers.stop()
        with in_process(Settings(data=Path(url)), simulation) as way:
            outside = told(way.ledger.feed, simulation)

    assert inside == outside
    assert summary.odd + again.odd == []
    assert again.events == 0
    assert findings == again.findings


def test_every_acknowledgement_names_events_of_the_ledger(
    simulation: Simulation, settings: Settings, tmp_path: Path
) -> None:
    with in_process(settings, simulation, tmp_path / "acks") as way:
        summary = run(simulation, way)
        entries = {each.position: each for each in way.ledger.feed.entries(Filter())}

    acks = [json.loads(line) for line in (tmp_path / "acks").read_text().splitlines()]
    named = [
        (position, id)
        for ack in acks
        for position, id in zip(range(ack["first"], ack["last"] + 1), ack["ids"], strict=True)
    ]
    assert summary.events == len(named)
    assert all(entries[position].id == id for position, id in named)
    assert len(entries) == len(named) + sum(e.request == REQUEST for e in entries.values())


def test_a_term_without_windows_is_said_with_those_that_have_them() -> None:
    with pytest.raises(Fault, match="2019H2, 2020H2, 2024H1") as said:
        prepare(40, ["2031H1"], 1)

    assert said.value.code == "TERM_WITHOUT_WINDOWS"


def test_a_server_that_never_answered_is_said_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    begun = time.monotonic()
    for server in (f"http://127.0.0.1:{port}", f"127.0.0.1:{port}", "http://[x"):
        with pytest.raises(Trouble) as said, over_http([server], tmp_path / "issuer.jwk"):
            pass

        assert said.value.code == "SERVER_UNREACHABLE"
    assert time.monotonic() - begun < 10
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("teachers", "place", "code"),
    [
        (0, "330381", "BAD_TEACHERS"),
        (10, "330300", "NO_COUNTY"),
        (10, "999999", "UNKNOWN_PLACE"),
        (10, "wen zhou", "MALFORMED_NAME"),
    ],
)
def test_a_county_and_some_teachers_are_needed(teachers: int, place: str, code: str) -> None:
    with pytest.raises(Fault) as said:
        prepare(teachers, ["2024H1"], 1, f"jurisdiction:{place}")

    assert code == said.value.code


def test_the_past_of_a_ledger_is_not_written_into(
    simulation: Simulation, settings: Settings
) -> None:
    settings.data.mkdir(mode=0o711)
    url, key = settings.database_url, load_key(settings.vault_key_file)
    assert url is not None
    with Ledger.found(url, key, lambda: datetime(2026, 1, 2, tzinfo=UTC)) as ledger:
        head = ledger.feed.head()

    with in_process(settings, simulation) as way:
        with pytest.raises(Trouble, match=r"2026-01-02.*2024-03-05") as said:
            run(simulation, way)

        assert head == way.ledger.feed.head()
    assert said.value.code == "WRITES_INTO_THE_PAST"


def test_the_command_prints_its_summary(settings: Settings) -> None:
    where = ["--database-url", str(settings.database_url), "--data", str(settings.data)]

    done = CliRunner().invoke(app, [*where, "simulate", "--teachers", "10", "--json"])

    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert summary["events"] > 50
    assert summary["unexpected"] == []


def test_the_command_says_an_unknown_term_in_a_sentence(settings: Settings) -> None:
    where = ["--database-url", str(settings.database_url), "--data", str(settings.data)]

    done = CliRunner().invoke(app, [*where, "simulate", "--terms", "1999H1"])

    assert done.exit_code == 2
    assert "no document gives the windows of 1999H1" in done.stderr


def test_live_rebuilt_and_as_of_now_say_the_same_of_a_simulated_county(
    simulation: Simulation, settings: Settings
) -> None:
    with in_process(settings, simulation) as way:
        run(simulation, way)
        ledger = way.ledger
        Runner(ledger.pool, ledger.feed, VIEWS).catch_up()
        reader, head = Reader(ledger.pool, ledger.feed), ledger.feed.head()
        entries = list(ledger.feed.entries(Filter()))
        for view in VIEWS:
            rebuilt = Fold(view)
            for entry in entries:
                rebuilt.learn(entry)
            live = {key: state for page in pages(reader, view) for key, state in page}
            assert live == rebuilt.states, view.name
            then = Snapshot(ledger.feed, head)
            for where in asked(view, live):
                assert (
                    then.page(view, where, first=1_000).rows
                    == reader.page(view, where, first=1_000).rows
                ), (view.name, where)
        judged_alike(ledger, reader, entries)


def judged_alike(ledger: Ledger, reader: Reader, entries: list[Entry]) -> None:
    """Whether every verdict, and all numbers and duties of places, schools and providers, are."""
    rules, head, today = Rules(reader), len(entries), date(2024, 12, 31)
    cut, then = Cut(entries), Snapshot(ledger.feed, head)
    for teacher, record in cut.states(RECORDS).items():
        live = judged_now(reader, rules, RECORDS, teacher, today)
        now = judged(reader, rules, RECORDS, teacher, today, known=head)
        folded = judged_of(record, rules, today, head)
        assert live == now == folded, teacher
        assert cautions(reader, rules, live) == cautions(reader, rules, now), teacher
    places = [JurisdictionId(f"jurisdiction:{each}") for each in ("330381", "330300", "330000")]
    schools = [SchoolId(each) for each in cut.states(SCHOOLS)]
    book, year = rules.now(), Year(2024, today)
    for name in (*places, *schools, *map(ProviderId, cut.states(PROVIDERS))):
        for period in (Period(year), Period(year, "H1")):
            first, *others = (plain(told_of(each, book, name, period)) for each in (cut, then))
            assert [plain(told_of(reader, book, name, period)), *others] == [first, first], name
        if not isinstance(name, ProviderId):
            of = obliged(cut, book, name, year)
            assert obliged(then, book, name, year) == obliged(reader, book, name, year) == of


def pages(reader: Reader, view: Projection[Any]) -> Iterator[tuple[tuple[str, Any], ...]]:
    """All rows of a view, page by page."""
    after: str | None = None
    while True:
        page = reader.page(view, Where(), first=1_000, after=after)
        yield page.rows
        if not page.more:
            return
        after = page.rows[-1][0]


def asked(view: Projection[Any], live: dict[str, Any]) -> Iterator[Where]:
    """For each facet that is a name, one condition for each of its first values."""
    for facet, kind in view.facets.items():
        if kind != "text":
            continue
        values = {view.facet_values(state)[facet] for state in live.values()}
        names = sorted(each for each in values if isinstance(each, str) and ":" in each)
        yield from (Where(equal=((facet, each),)) for each in names[:12])
