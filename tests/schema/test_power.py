"""The table of powers: it is whole, it is what is enforced, and the guide shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.command import Asker, Role
from ledger.event import Channel
from ledger.intake import Reconcile
from schema.access import COMMANDS, Denied, may_ask
from schema.power import POWERS, Action, Over, over, roles
from schema.reach import PLACED
from tests.cast import COUNTY_SCHOOL

GUIDE = Path(__file__).parents[2] / "docs" / "access.md"


def test_every_role_has_its_row() -> None:
    assert list(POWERS) == list(Role)
    assert all(over(role, Action.READ) is not None for role in Role)


def test_who_decides_has_commands_and_nobody_else() -> None:
    assert {*COMMANDS} == {*roles(Action.DECIDE)} - {Role.OPERATOR}


def test_a_role_has_one_scope_for_all_that_it_does() -> None:
    for role, held in POWERS.items():
        assert len(set(held.values())) == 1, role


def test_who_reads_a_place_is_narrowed_by_places() -> None:
    assert PLACED == (Role.BUREAU, Role.AUDITOR, Role.INTEGRATOR)
    assert roles(Action.READ, Over.ALL) == (Role.OPERATOR,)


def test_a_machine_reveals_nobody_and_the_public_only_reads() -> None:
    assert over(Role.INTEGRATOR, Action.REVEAL) is None
    assert set(POWERS[Role.PUBLIC]) == {Action.READ}


def test_the_guide_shows_the_table() -> None:
    rows = {
        cells[1].strip(" `"): [each.strip() for each in cells[2:-1]]
        for line in GUIDE.read_text().splitlines()
        if (cells := line.split("|"))[0] == "" and cells[1:2] and cells[1].strip().startswith("`")
    }
    told = {
        role.value: [(found.value.lower() if found else "–") for found in _row(role)]
        for role in Role
    }

    assert rows == told


def _row(role: Role) -> list[Over | None]:
    return [over(role, action) for action in Action]


def test_a_command_that_a_role_may_not_submit_is_called_by_its_chinese_name() -> None:
    asker = Asker(actor="staff:a", role=Role.PROVIDER, scope=COUNTY_SCHOOL, channel=Channel.API)
    with pytest.raises(Denied) as caught:
        may_ask(asker, Reconcile, reported=False)
    assert caught.value.zh == "培训机构不能提交“对账入账”"
