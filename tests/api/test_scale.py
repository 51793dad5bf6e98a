"""A whole county or province: what commands decided of a district, told again of other people."""

from __future__ import annotations

import os
import re
import shutil
import signal
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api import scale
from api.cli import app
from api.plate import District
from api.retelling_copy import Teller, Telling
from api.retelling_run import key_of, planned, retell
from api.retelling_work import workers
from api.scale_run import Order, decide, fill
from api.settings import Settings
from api.simulate import Simulation
from api.simulate_years import years
from ledger.credit import CreditAwarded
from ledger.enrollment import EnrollmentConfirmed
from ledger.event import Entry
from ledger.finding import FindingMade
from ledger.names import JurisdictionId
from ledger.petition import CorrectionDecided
from ledger.regulation import RegulationAdopted
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.store.migrate import migrate
from ledger.store.trouble import Trouble
from ledger.store.vault import load_key
from ledger.teacher import TeacherRegistered, TeacherTransferred
from projections.catalogue import INDEXES, VIEWS
from projections.check import check
from projections.runner import Runner

KEY = bytes(range(32))
TERMS = ("2020H1", "2020H2", "2024H1")
RUIAN = JurisdictionId("jurisdiction:330381")


def quiet(_: str, done: int, total: int) -> None:
    """Tells nobody."""


def order(**given: object) -> Order:
    made = Order(
        scale="county",
        place="330381",
        teachers=75,
        district=25,
        terms=TERMS,
        seed=3,
        processes=1,
    )
    return replace(made, **given)  # type: ignore[arg-type]


def script(seed: int = 3) -> Simulation:
    return years("330381", 25, TERMS, seed)


@pytest.fixture(scope="module")
def district(open_folder: Path) -> District:
    """What 25 teachers of Rui'an lived through, decided by commands."""
    return decide(open_folder / uuid.uuid4().hex, script(), None, quiet)


@contextmanager
def told(url: str, district: District, times: int) -> Iterator[Ledger]:
    """A ledger in which a district is told so many times."""
    migrate(url)
    tellings = [
        Telling(0, key_of(district, each), district.county, district.city) for each in range(times)
    ]
    retell(url, KEY, [district], tellings, 1, lambda _: None)
    with Ledger(url, KEY) as ledger:
        yield ledger


def entries(ledger: Ledger) -> list[Entry]:
    return list(ledger.feed.entries(Filter()))


def test_what_is_told_again_passes_every_check_and_live_views_equal_rebuilt_ones(
    district: District, empty_database_url: str
) -> None:
    with told(empty_database_url, district, 3) as ledger:
        runner = Runner(ledger.pool, ledger.feed, (*VIEWS, *INDEXES))
        runner.catch_up()
        live = [str(each) for each in check(ledger.pool, ledger.feed)]
        runner.rebuild(afresh=True)
        rebuilt = [str(each) for each in check(ledger.pool, ledger.feed)]

        assert (live, rebuilt) == ([], [])
        assert ledger.feed.head() == 3 * district.events + sum(
            len(page.once) for page in district.pages
        )


def test_each_telling_is_of_other_people_and_says_the_same_of_them(
    district: District, empty_database_url: str
) -> None:
    with told(empty_database_url, district, 3) as ledger:
        told_of = entries(ledger)
        names = ledger.vault.open(
            [str(e.event.teacher) for e in told_of if isinstance(e.event, TeacherRegistered)]
        )

    keys = [key_of(district, each) for each in range(3)]
    by_key = {
        key: [
            (e.event.NAME, e.at, e.on) for e in told_of if any(key in tag for tag in e.event.tags)
        ]
        for key in keys
    }
    assert by_key[keys[0]] == by_key[keys[1]] == by_key[keys[2]] != []
    assert len(names) == 75
    assert len({each["name"] for each in names.values()}) > 25


def test_the_same_seed_gives_the_same_bytes(open_folder: Path, district: District) -> None:
    again = decide(open_folder / uuid.uuid4().hex, script(), None, quiet)
    other = decide(open_folder / uuid.uuid4().hex, script(seed=4), None, quiet)

    def made(lived: District, vault_key: bytes) -> tuple[bytes, bytes]:
        homes = [Telling(0, key_of(lived, n), lived.county, lived.city) for n in range(2)]
        [bundle] = [Teller([lived], vault_key).bundle(each) for each in planned([lived], homes)]
        return bundle.events, bundle.tags

    # Whose vault it is changes what lies sealed, and not a byte of the ledger.
    assert made(district, KEY) == made(again, bytes(32))
    assert made(district, KEY) != made(other, KEY)


def test_an_answer_that_was_told_is_given_again_to_who_asks_the_same(
    district: District, empty_database_url: str
) -> None:
    asked = [
        each
        for step in script().steps
        for each in step.submissions
        if not each.mistake and not each.people
    ]
    with told(empty_database_url, district, 2) as ledger:
        head = ledger.feed.head()
        answers = [
            ledger.ask(each.commands, each.asker, request=each.request) for each in asked[::20]
        ]

        assert all(each.replayed for each in answers)
        assert ledger.feed.head() == head
        written = [one for each in answers for outcome in each.outcomes for one in outcome.written]
        by_position = {each.position: each.id for each in entries(ledger)}
        assert written
        assert all(by_position[one.position] == one.id for one in written)


def test_bundles_follow_each_other_without_a_gap_and_time_never_goes_back(
    district: District,
) -> None:
    tellings = [Telling(0, key_of(district, n), district.county, district.city) for n in range(40)]

    after, at = 0, district.pages[0].at
    for pieces in planned([district], tellings):
        for piece in pieces:
            page = district.pages[piece.page]
            assert piece.after == after
            assert page.at >= at
            after += len(page.plates) * len(piece.tellings) + len(page.once) * piece.once
            at = page.at
    once = sum(len(page.once) for page in district.pages)
    assert after == 40 * district.events + once


def test_a_process_that_tells_and_dies_is_said_in_a_sentence(district: District) -> None:
    home = [Telling(0, district.key, district.county, district.city)]
    [pieces] = planned([district], home)
    with workers([district], KEY, 1) as (worker,):
        worker.ask(pieces)
        assert worker.take().last == pieces[-1].after + len(
            district.pages[pieces[-1].page].plates
        ) + len(district.pages[pieces[-1].page].once)
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.wait()

        with pytest.raises(Trouble) as said:
            worker.ask(pieces)
            worker.take()

    assert said.value.code == "PROCESS_GONE"


def test_a_province_lives_in_many_counties_under_the_rules_that_hold_there(
    empty_database_url: str, open_folder: Path
) -> None:
    settings = Settings(database_url=empty_database_url, data=open_folder / uuid.uuid4().hex)
    figures = fill(settings, order(scale="province", teachers=300, terms=("2024H1",)), quiet)

    with Ledger(empty_database_url, load_key(settings.vault_key_file)) as ledger:
        assert [str(each) for each in check(ledger.pool, ledger.feed)] == []
        told_of = entries(ledger)
    homes = Counter(e.event.place for e in told_of if isinstance(e.event, TeacherRegistered))
    of_ruian = {
        each.place
        for each in told_of
        if isinstance(each.event, FindingMade) and (each.event.rule or "").startswith("RA19")
    }
    assert figures.events == len(told_of)
    assert sum(homes.values()) == 300
    assert len(homes) == 12
    assert of_ruian <= {RUIAN}


def test_teachers_have_few_trainings_and_many_and_lead_the_lives_that_teachers_lead(
    open_folder: Path, empty_database_url: str
) -> None:
    terms = ("2020H1", "2020H2", "2021H1", "2021H2", "2022H1")
    asked = years("330381", 100, terms, 5)
    lived = decide(open_folder / uuid.uuid4().hex, asked, None, quiet)
    with told(empty_database_url, lived, 1) as ledger:
        events = [each.event for each in entries(ledger)]

    trainings = Counter(e.teacher for e in events if isinstance(e, EnrollmentConfirmed))
    kinds = Counter(type(each) for each in events)
    documents = [e for e in events if isinstance(e, RegulationAdopted) and e.external]
    assert len(trainings) < 100
    assert max(trainings.values()) >= 5
    assert min(kinds[each] for each in (CreditAwarded, TeacherTransferred, CorrectionDecided)) > 0
    assert [each.document.value for each in documents] == [
        "sim2020h1",
        "sim2021h1",
        "sim2021h2",
        "sim2022h1",
    ]


def test_a_disk_that_is_too_small_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    small = usage._replace(free=10 * 2**30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: small)

    done = CliRunner().invoke(
        app, ["--data", str(tmp_path / "new"), "simulate", "--scale", "province"]
    )

    assert done.exit_code == 2
    assert "10.0 GiB free" in done.stderr
    assert "--teachers " in done.stderr
    assert "nothing was written" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_part_that_is_named_fits_and_one_more_district_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = shutil.disk_usage(tmp_path)._replace(free=40 * 2**30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: small)
    settings = Settings(data=tmp_path / "new")

    with pytest.raises(Trouble, match="--teachers") as said:
        scale.require_room(settings, scale.needs(600_000, 10, 2), 600_000)
    part = int(re.findall(r"--teachers (\d+)", said.value.en)[0])

    assert scale.require_room(settings, scale.needs(part, 10, 2), part) == small.free
    with pytest.raises(Trouble):
        more = part + scale.DISTRICT
        scale.require_room(settings, scale.needs(more, 10, 2), more)


def test_a_ledger_with_events_is_left_alone(
    district: District, empty_database_url: str, tmp_path: Path
) -> None:
    with told(empty_database_url, district, 1) as ledger:
        head = ledger.feed.head()
        where = ["--database-url", empty_database_url, "--data", str(tmp_path)]
        done = CliRunner().invoke(app, [*where, "simulate", "--scale", "county"])

        assert done.exit_code == 2
        assert "LEDGER_NOT_EMPTY" in done.stderr
        assert ledger.feed.head() == head


def test_a_plan_only_tells(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app,
        [
            "--data",
            str(tmp_path / "new"),
            "simulate",
            "--scale",
            "county",
            "--teachers",
            "500",
            "--plan",
        ],
    )

    assert done.exit_code == 0
    assert "500 teachers, 13 terms" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (["--server", "http://127.0.0.1:1"], "SCALE_INSIDE_ONLY"),
        (["--teachers", "0"], "BAD_TEACHERS"),
        (["--place", "330300"], "UNKNOWN_PLACE"),
        (["--terms", "soon"], "TERM_WITHOUT_WINDOWS"),
    ],
)
def test_what_cannot_be_simulated_is_said(open_folder: Path, given: list[str], code: str) -> None:
    folder = open_folder / uuid.uuid4().hex
    done = CliRunner().invoke(
        app, ["--data", str(folder), "simulate", "--scale", "county", "--district", "25", *given]
    )

    assert done.exit_code == 2
    assert code in done.stderr
