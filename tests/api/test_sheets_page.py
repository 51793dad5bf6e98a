"""The page on sheets: its columns and limits are those of the code, and its examples load."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from api.choice import choice_in
from ledger.amount import LARGEST
from ledger.cell import TEXT_CHARACTERS_MAX
from ledger.command import Role
from ledger.heading import LOOKED_ROWS_MAX, lacking, meaning, propose
from ledger.mapping import Column, Form
from ledger.offering import OpenOffering
from ledger.reading import ROWS_MAX, read
from ledger.sheet import Grid, Tab
from ledger.store import unpacking
from ledger.store.container import BYTES_MAX, UNPACKED_BYTES_MAX
from ledger.store.upload import OPEN_MAX
from schema.sheet import chosen as mapping_of
from schema.term_sheet import TERM_ROWS_MAX
from tests.api.test_load import PLAN, bureau, committed, fates
from tests.api.test_upload import given_up
from tests.cast import COUNTY_SCHOOL, OFFERING, RUIAN, SCHOOL
from tests.server import Party, Served
from tests.town import chosen, declared, registered, tell

__all__ = ["bureau"]
DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("sheets.md", "sheets.zh-CN.md")
MIB = 1024 * 1024


def sections(page: str) -> dict[Form, str]:
    text = (DOCS / page).read_text("utf-8")
    parts = re.split(r"^## .*`([A-Z_]+)`$", text, flags=re.M)[1:]
    return {Form[name]: part for name, part in zip(parts[::2], parts[1::2], strict=True)}


def example(form: Form, page: str = PAGES[0]) -> str:
    [found] = re.findall(rf"```csv {form.name}\n(.*?)```", sections(page)[form], flags=re.S)
    return str(found)


@pytest.mark.parametrize("page", PAGES)
def test_every_form_and_column_is_told_with_wordings_that_are_understood(page: str) -> None:
    told = sections(page)
    found = {
        (form, Column[name]): words.split("、")
        for form, part in told.items()
        for name, words in re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|", part, flags=re.M)
        for words in [words.strip()]
    }
    wrong = [
        (form, column, word)
        for (form, column), words in found.items()
        for word in words
        if (meaning(word, form) or (None,))[0] is not column
    ]

    assert {*told} == {*Form}
    assert {column for _, column in found} == {*Column}
    assert wrong == []


@pytest.mark.parametrize("page", PAGES)
def test_every_limit_is_that_of_the_code(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    limits = {
        f"{OPEN_MAX}", f"{BYTES_MAX // MIB} MiB", f"{UNPACKED_BYTES_MAX // MIB} MiB",
        f"{ROWS_MAX:,}", f"{TERM_ROWS_MAX:,}", f"{unpacking.COLUMNS_MAX}",
        f"{unpacking.TABS_MAX}", f"{unpacking.CHARACTERS_MAX:,}", f"{TEXT_CHARACTERS_MAX}",
        f"{LOOKED_ROWS_MAX}", f"{LARGEST:,}",
    }  # fmt: skip
    assert {*re.findall(r"^\| ([0-9][0-9,]*(?: MiB)?) \|", text, flags=re.M)} == limits


@pytest.mark.parametrize("form", [*Form])
def test_an_example_has_all_that_its_form_needs_and_no_faulty_cell(form: Form) -> None:
    rows = tuple(tuple(each.split(",")) for each in example(form).splitlines())
    grid = Grid(format="csv", tabs=(Tab(name="a", rows=rows),))
    [found] = propose(grid, form)

    assert lacking(found.mapping) == ()
    assert len(found.mapping.columns) == len(rows[0])
    assert read(grid, found.mapping).faults == ()
    assert example(form) == example(form, PAGES[1])


@pytest.mark.parametrize("page", PAGES)
def test_the_mapping_on_the_page_reads_both_its_tabs(page: str) -> None:
    [told] = re.findall(r"```json\n(.*?)```", (DOCS / page).read_text("utf-8"), flags=re.S)
    given = choice_in(f'{{"mapping": {told}}}'.encode())
    one = Tab(name="2022", rows=(("编号", "学分"), ("t1", "60")))
    other = Tab(name="2023", rows=(("学分表",), ("序号", "编号", "学分"), ("1", "t1", "30")))
    grid = Grid(format="xlsx", tabs=(one, other))

    rows = read(grid, mapping_of(grid, Form.TOTALS, [], given)).rows
    assert [(each.tab, each.row, each.year, each.credits) for each in rows] == [
        ("2022", 2, 2022, 60), ("2023", 3, 2023, 30),
    ]  # fmt: skip


def loads(party: Party, form: Form, **options: Any) -> None:
    """The example of a form goes in whole."""
    party.served.house.wait_seconds = 20.0
    upload = given_up(party, example(form).encode(), name="a.csv", form=form.name)
    made = party.ask(PLAN, i={"upload": upload} | options)["planLoad"]
    assert [each[1] for each in fates(made)] == ["NEW"] * made["count"], fates(made)
    assert committed(party, made["token"])["complete"]


def test_the_examples_of_a_bureau_and_a_school_load(served: Served, bureau: Party) -> None:
    loads(bureau, Form.TEACHERS)
    loads(served.party(Role.SCHOOL, SCHOOL), Form.SCHOOL_BASED)
    loads(bureau, Form.BALANCES, origin="市继教网", until="2024-01-31")


def test_the_example_of_a_provider_loads(served: Served) -> None:
    tell(served.house.ledger, [each for part in (registered, declared, chosen) for each in part()])
    loads(served.party(Role.PROVIDER, COUNTY_SCHOOL), Form.RESULTS, offering=OFFERING)


def test_the_example_of_a_past_term_loads(served: Served) -> None:
    tell(served.house.ledger, [each for part in (registered, declared) for each in part()])
    tell(served.house.ledger, [e for e in chosen() if isinstance(e.command, OpenOffering)])
    party = served.party(Role.INTEGRATOR, RUIAN, "staff:other-system")
    loads(party, Form.TERM, reported={"source": "旧平台/2024H1", "on": "2024-03-19"})
