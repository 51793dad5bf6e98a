"""A whole county or province: what commands decided of a district, told again of other people."""

from __future__ import annotations

import json
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

from api.cli import app
from api.plate import District
from api.retelling_copy import Teller, Telling
from api.retelling_run import key_of, planned, retell
from api.retelling_work import workers
from api.scale import DISTRICT, POSSIBLE, SCALES
from api.scale_order import Order
from api.scale_room import needs, processes_max, require_room, sized
from api.scale_run import decide, fill
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


def simulate(data: Path, *given: object, status: int = 0) -> tuple[str, str]:
    """The command as it is typed; what it printed and what it said."""
    done = CliRunner().invoke(app, ["--data", str(data), "simulate", *map(str, given)])

    assert done.exit_code == status, (done.exit_code, done.output, done.exception)
    return done.stdout, done.stderr


def with_free(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """Every disk has so much room."""
    small = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: small)


def test_a_disk_that_is_too_small_is_told_before_anything_is_written(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_free(monkeypatch, 10 * 2**30)
    data = open_folder / uuid.uuid4().hex

    _, said = simulate(data, "--scale", "province", status=2)

    assert "10.0 GiB free" in said
    assert "--teachers " in said
    assert "nothing was written" in said
    assert not data.exists()


def test_the_part_that_is_named_fits_and_one_more_district_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 40 * 2**30
    with_free(monkeypatch, free)
    settings = Settings(data=tmp_path / "new")
    whole = order(teachers=600_000, district=DISTRICT, terms=SCALES["province"].terms)

    with pytest.raises(Trouble, match="--teachers") as said:
        require_room(settings, whole)
    part = int(re.findall(r"--teachers (\d+)", said.value.en)[0])

    assert require_room(settings, replace(whole, teachers=part)) == free
    with pytest.raises(Trouble):
        require_room(settings, replace(whole, teachers=part + DISTRICT))


def test_where_not_even_the_smallest_part_fits_none_is_named(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smallest = needs(order(teachers=25, terms=SCALES["county"].terms)).disk
    asked = ("--scale", "county", "--plan")
    data = open_folder / uuid.uuid4().hex

    with_free(monkeypatch, smallest)
    assert "--teachers 25." in simulate(data, *asked, status=2)[1]

    with_free(monkeypatch, smallest - 1)
    _, said = simulate(data, *asked, status=2)
    assert "DISK_TOO_SMALL" in said
    assert "最小的规模也放不下" in said
    assert "not even the smallest part fits" in said
    assert "--teachers" not in said


def test_a_ledger_with_events_is_left_alone_and_no_plan_is_made_for_it(
    district: District, empty_database_url: str, tmp_path: Path
) -> None:
    with told(empty_database_url, district, 1) as ledger:
        head = ledger.feed.head()
        where = ["--database-url", empty_database_url, "--data", str(tmp_path / "keys")]
        for more in ([], ["--plan"], ["--plan", "--json"]):
            done = CliRunner().invoke(app, [*where, "simulate", "--scale", "county", *more])

            assert done.exit_code == 2
            assert "LEDGER_NOT_EMPTY" in done.stderr
            assert done.stdout == ""
        assert ledger.feed.head() == head
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_was_filled_is_refused_by_a_plan_as_by_a_run(open_folder: Path) -> None:
    data = open_folder / uuid.uuid4().hex
    given = ("--scale", "county", "--teachers", 1, "--terms", POSSIBLE[0])
    printed, said = simulate(data, *given, "--processes", 1)

    assert "1 teacher, 1 term: about " in said
    assert " MiB of disk" in said
    assert re.search(r"^ledger\.events +[\d.]+ MiB$", printed, re.M)
    assert " 0.0 GiB" not in printed + said
    for more in ((), ("--plan",)):
        assert "LEDGER_NOT_EMPTY" in simulate(data, *given, *more, status=2)[1]


def test_a_plan_only_tells(open_folder: Path) -> None:
    data = open_folder / uuid.uuid4().hex / "new"
    _, said = simulate(data, "--scale", "county", "--teachers", 500, "--plan")

    assert "500 teachers, 13 terms" in said
    assert not data.parent.exists()


def test_a_plan_as_json_says_what_the_sentence_says(open_folder: Path) -> None:
    data = open_folder / uuid.uuid4().hex
    given = ("--scale", "county", "--teachers", 500, "--terms", "2024H1,2020H2", "--plan")
    _, said = simulate(data, *given)
    printed, beside = simulate(data, *given, "--json")

    [told_of] = [json.loads(line) for line in printed.splitlines()]
    assert beside == ""
    assert (told_of["teachers"], told_of["terms"]) == (500, ["2024H1", "2020H2"])
    assert f"about {told_of['events']:,} events, {sized(told_of['disk_bytes'])} of disk" in said
    assert f"and {sized(told_of['memory_bytes'])} of memory" in said
    assert told_of["disk_bytes"] <= told_of["disk_bytes_free"]
    assert not data.exists()


@pytest.mark.parametrize("teachers", [25, 75])
def test_a_plan_foretells_the_events_of_a_small_ledger(district: District, teachers: int) -> None:
    asked = order(teachers=teachers)
    once = sum(len(page.once) for page in district.pages)
    there = once + asked.tellings * district.events

    assert 0.8 * there <= needs(asked).events <= 1.3 * there


def test_a_plan_foretells_the_events_that_a_county_was_measured_to_have() -> None:
    county = order(teachers=15_000, district=DISTRICT, terms=SCALES["county"].terms)

    assert abs(needs(county).events / 1_249_797 - 1) < 0.02


@pytest.mark.parametrize(
    "given", [("--plan",), ("--district", 25), ("--processes", 1), ("--plan", "--teachers", 5)]
)
def test_what_belongs_to_a_scale_is_refused_without_one_and_nothing_is_written(
    open_folder: Path, given: tuple[object, ...]
) -> None:
    data = open_folder / uuid.uuid4().hex
    printed, said = simulate(data, *given, status=2)

    assert printed == ""
    assert "[SCALE_MISSING]" in said
    assert str(given[0]) in said
    assert not data.exists()


@pytest.mark.parametrize("terms", ["", " ", "2024H1,", ",2024H1"])
@pytest.mark.parametrize("scale", [(), ("--scale", "county"), ("--scale", "county", "--plan")])
def test_a_term_that_is_left_blank_is_refused(
    open_folder: Path, scale: tuple[str, ...], terms: str
) -> None:
    data = open_folder / uuid.uuid4().hex

    assert "[NO_TERM]" in simulate(data, *scale, "--terms", terms, status=2)[1]
    assert not data.exists()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (["--server", "http://127.0.0.1:1"], "SCALE_INSIDE_ONLY"),
        (["--teachers", "0"], "BAD_TEACHERS"),
        (["--teachers", "-1"], "BAD_TEACHERS"),
        (["--place", "330300"], "UNKNOWN_PLACE"),
        (["--place", "nowhere"], "UNKNOWN_PLACE"),
        (["--terms", "soon"], "TERM_NOT_SIMULATED"),
        (["--terms", "2024H1,2026H2"], "TERM_NOT_SIMULATED"),
        (["--terms", "2019H1"], "TERM_NOT_SIMULATED"),
        (["--terms", "2020H3"], "TERM_NOT_SIMULATED"),
    ],
)
@pytest.mark.parametrize("plan", [[], ["--plan"]])
def test_what_cannot_be_simulated_is_said_by_a_plan_as_by_a_run(
    open_folder: Path, given: list[str], code: str, plan: list[str]
) -> None:
    data = open_folder / uuid.uuid4().hex
    _, said = simulate(data, "--scale", "county", "--district", 25, *given, *plan, status=2)

    assert code in said
    assert not data.exists()


def test_the_last_term_that_can_be_simulated_is_named(open_folder: Path) -> None:
    data = open_folder / uuid.uuid4().hex
    _, said = simulate(data, "--scale", "county", "--terms", "2026H2", "--plan", status=2)

    assert "from 2019H2 to 2026H1, and 2026H2 is none of them" in said


def test_every_term_that_can_be_simulated_has_its_days_in_counties_of_all_rules() -> None:
    for place in ("330381", "330302", "330106"):
        days = years(place, 1, POSSIBLE, 1).terms

        assert [each.term.value for each in days] == list(POSSIBLE)


@pytest.mark.parametrize("plan", [(), ("--plan",)])
def test_a_data_folder_that_cannot_be_used_is_said_by_a_plan_as_by_a_run(
    open_folder: Path, plan: tuple[str, ...]
) -> None:
    above = open_folder / uuid.uuid4().hex
    above.mkdir(mode=0o711)
    (above / "file").write_text("")
    (above / "foreign").mkdir()
    (above / "foreign" / "letter.txt").write_text("")
    (above / "closed").mkdir(mode=0o700)
    (above / "broken").mkdir(mode=0o711)
    (above / "broken" / "vault.key").write_text("no key")
    asked = ("--scale", "county", "--teachers", 1, "--terms", "2024H1", *plan)

    for name, code in (
        ("file", "DATA_FOLDER_FOREIGN"),
        ("file/below", "DATA_FOLDER_"),
        ("foreign", "DATA_FOLDER_FOREIGN"),
        ("broken", "VAULT_KEY_BAD"),
    ):
        assert code in simulate(above / name, *asked, status=2)[1], name
    if os.geteuid() == 0:  # the server's own user cannot pass through what is only root's
        assert "DATA_FOLDER_CLOSED" in simulate(above / "closed" / "new", *asked, status=2)[1]
    assert sorted(each.name for each in (above / "broken").iterdir()) == ["vault.key"]
    assert not (above / "closed" / "new").exists()


@pytest.mark.parametrize("plan", [(), ("--plan",)])
def test_a_data_folder_that_may_not_be_written_is_said_by_a_plan_as_by_a_run(
    open_folder: Path, plan: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = open_folder / uuid.uuid4().hex
    # To root no folder is closed by its mode, so what the system would answer is given here.
    monkeypatch.setattr("ledger.store.folder.os.access", lambda *_: False)

    _, said = simulate(data, "--scale", "county", "--teachers", 1, *plan, status=2)

    assert "DATA_FOLDER_CLOSED" in said
    assert not data.exists()


def test_more_processes_than_there_is_memory_for_are_refused_with_how_many_there_may_be(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("--scale", "county", "--plan", "--processes")
    data = open_folder / uuid.uuid4().hex
    most = processes_max(Settings(data=data))

    _, said = simulate(data, *asked, str(most + 1), status=2)

    assert "MEMORY_TOO_SMALL" in said
    assert f"Take --processes {most}." in said
    assert simulate(data, *asked, str(most))[1]
    monkeypatch.setattr("api.scale_room.memory_bytes", lambda: 2**29)
    assert simulate(data, *asked, "1")[1]
    assert not data.exists()
