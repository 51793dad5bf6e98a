"""Closing from the command line: what may be signed, what moved since, and two sides compared."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.cast import RUIAN, WENZHOU
from tests.closing import ANN, BEN, CAI, HOME, NAME, bureau, county, later, offered, ok, signed
from tests.server import Served, serving
from tests.town import database


@pytest.fixture(scope="module")
def town(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Two counties: the year is signed, and then more comes."""
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path_factory.mktemp("town")) as server,
    ):
        county(server)
        ok(signed(server))
        later(server)
        server.house.runner.catch_up()
        yield server


def xuefen(town: Served, *arguments: object, status: int = 0) -> tuple[str, str]:
    """What a command prints and says."""
    runner = CliRunner(env={name: None for name in os.environ if name.startswith("XUEFEN_")})
    url = town.house.ledger.pool.conninfo
    done = runner.invoke(app, ["--database-url", url, *map(str, arguments)])

    assert done.exit_code == status, (done.output, done.exception)
    return done.stdout, done.stderr


def test_a_preview_is_what_the_bureau_signs(town: Served) -> None:
    shown = offered(bureau(town))
    preview = ("sign-off", "preview", "330381", "--year", 2023)
    told = json.loads(xuefen(town, *preview, "--json")[0])
    text, _ = xuefen(town, *preview)

    assert (told["sha256"], told["position"]) == (shown["sha256"], shown["position"])
    assert told["root"] == shown["level"]["digest"]
    assert told["sha256"] in text and "65" in text
    then = json.loads(xuefen(town, *preview, "--as-of-position", 1, "--json")[0])
    assert then["totals"]["teachers"] == 0
    xuefen(town, "sign-off", "preview", HOME, "--year", 2023, status=2)


def test_sign_offs_are_listed_and_checked(town: Served) -> None:
    listed = xuefen(town, "sign-off", "list", "--place", "330381", "--json")[0]
    [row] = [json.loads(line) for line in listed.splitlines()]

    assert (row["sign_off"], row["standing"], row["year"]) == (NAME, "IN_FORCE", 2023)
    assert NAME in xuefen(town, "sign-off", "list")[0]
    assert xuefen(town, "sign-off", "list", "--year", 2022, "--json")[0] == ""
    assert row["sha256"] in xuefen(town, "sign-off", "check", NAME)[1]
    assert json.loads(xuefen(town, "sign-off", "check", NAME, "--json")[0])["agrees"] is True
    assert "[UNKNOWN_SIGN_OFF]" in xuefen(town, "sign-off", "check", "nobody", status=2)[1]


def test_drift_is_told_with_its_causes_and_an_exit_code(town: Served) -> None:
    text, _ = xuefen(town, "sign-off", "drift", NAME, status=1)
    told = json.loads(xuefen(town, "sign-off", "drift", NAME, "--json", status=1)[0])

    assert [each["teacher"] for each in told["teachers"]] == [ANN, BEN, CAI]
    assert told["moved"]["credits"] == "-45"
    for word in (ANN, "credit.corrected", "register.teacher-transferred", "-45"):
        assert word in text
    position = _signed_position(town)
    still = xuefen(town, "sign-off", "drift", NAME, "--as-of-position", position)
    assert "Nothing moved since." in still[1]


def test_levels_are_shown_by_county_and_school(town: Served) -> None:
    text, _ = xuefen(town, "levels", "330300", "--year", 2023, "--english")

    assert [line.split()[0] for line in text.splitlines()[1:4]] == [WENZHOU, RUIAN, HOME]
    assert "teachers" in text
    assert "[UNKNOWN_PLACE]" in xuefen(town, "levels", "339999", "--year", 2023, status=2)[1]
    beyond = ("levels", "330300", "--year", 2023, "--as-of-position", 10**9)
    assert "[BEYOND_HEAD]" in xuefen(town, *beyond, status=2)[1]


@pytest.mark.parametrize(
    ("options", "own", "cycle"),
    [
        ((), ("本年培训", "本年学分"), ("周期累计计入学分", "周期累计计入学时", "周期合格")),
        (("--cycles",), ("周期培训", "周期学分"), ("周期累计计入学分",)),
        (("--english",), ("credits of the year",), ("cycle: credits counted", "cycle: met")),
        (("--english", "--cycles"), ("credits of the cycles",), ("cycle: credits counted",)),
    ],
)
def test_what_is_of_the_year_and_what_is_of_the_cycle_is_named_apart(
    town: Served, options: tuple[str, ...], own: tuple[str, ...], cycle: tuple[str, ...]
) -> None:
    asked = ("levels", RUIAN, "--year", 2023, *options)
    told = [xuefen(town, *asked)[0]]
    if options in ((), ("--english",)):
        told.append(xuefen(town, "sign-off", "drift", NAME, *options, status=1)[0])

    for text in told:
        head = [part.strip() for part in text.splitlines()[0].split("  ") if part.strip()]
        assert {*own, *cycle} <= {*head}
        assert not {"学分", "计入学分", "credits", "counted"} & {*head}


def test_two_sides_are_compared_with_an_exit_code(town: Served, tmp_path: Path) -> None:
    asked = ("levels", RUIAN, "--year", 2023)
    position, file = _signed_position(town), tmp_path / "ruian.json"
    file.write_text(xuefen(town, *asked, "--json")[0])
    assert "Both sides agree" in xuefen(town, *asked, "--with", file)[1]

    file.write_text(xuefen(town, *asked, "--as-of-position", position, "--json")[0])
    sides: list[tuple[Any, ...]] = [
        ("--with", file), ("--with-position", position), ("--with-sign-off", NAME)
    ]  # fmt: skip
    for side in sides:
        told = json.loads(xuefen(town, *asked, *side, "--json", status=1)[0])
        assert [each["of"] for each in told["way"]] == [RUIAN, HOME, ANN]
        assert [each["teacher"] for each in told["teachers"]] == [ANN, BEN, CAI]
    text, _ = xuefen(town, *asked, "--with", file, status=1)
    assert f"{RUIAN} → {HOME} → {ANN}" in text
    assert "credit.corrected" in text
    text, _ = xuefen(town, *asked, "--with-position", position, status=1)
    assert f"位置 {position}" in text
    assert "SCHOOL_BASED" in text

    file.write_text("{}")
    assert "[BAD_LEVELS]" in xuefen(town, *asked, "--with", file, status=2)[1]
    assert "[CANNOT_READ]" in xuefen(town, *asked, "--with", tmp_path / "none", status=2)[1]


def _signed_position(town: Served) -> int:
    query = "query($id: ID!) { signOff(id: $id) { signedPosition } }"
    return int(town.operator.ask(query, id=NAME)["signOff"]["signedPosition"])
