"""Kills in the middle of a term: nothing lost, nothing doubled, nothing made up."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from graphql import GraphQLError
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from api.door import AWAY
from api.simulate import Simulation, prepare
from bench.folder import fresh_folder
from bench.kill import alone, trial
from bench.kill_verify import Report, Told
from schema.errors import CodedErrors


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return prepare(60, ["2024H1"], 7)


@pytest.fixture(scope="module")
def undisturbed(simulation: Simulation) -> Told:
    return alone(simulation)


def tried(simulation: Simulation, undisturbed: Told, kinds: list[str], servers: int) -> Report:
    report = Report()
    with fresh_folder("kill") as folder:
        trial(
            Path(folder),
            simulation,
            Random(5),
            report,
            kills=kinds,
            servers=servers,
            spread=len(kinds) + 2,
            undisturbed=undisturbed,
        )
    return report


def test_a_killed_server_and_a_killed_postgres_lose_nothing(
    simulation: Simulation, undisturbed: Told
) -> None:
    kinds = ["server", "everything", "server", "postgres", "server"]

    report = tried(simulation, undisturbed, kinds, 1)

    assert report.breaches == []
    assert {kind: report.kills[kind] for kind in kinds} == {
        "server": 3,
        "everything": 1,
        "postgres": 1,
    }
    assert simulation.commands == report.commands


def test_two_servers_on_one_database_leave_no_gap_and_double_nothing(
    simulation: Simulation, undisturbed: Told
) -> None:
    report = tried(simulation, undisturbed, [], 2)

    assert report.breaches == []
    assert simulation.commands == report.commands


def test_one_of_two_servers_dies_and_the_other_goes_on(
    simulation: Simulation, undisturbed: Told
) -> None:
    report = tried(simulation, undisturbed, ["server", "server"], 2)

    assert report.breaches == []
    assert report.kills["server"] == 2


@pytest.mark.parametrize("error", [OperationalError("server closed"), PoolTimeout("no connection")])
def test_a_read_that_the_database_left_unanswered_may_be_tried_again(error: Exception) -> None:
    said = CodedErrors().anonymise_error(GraphQLError("oops", original_error=error))

    assert said.extensions is not None
    assert said.extensions["code"] == "DATABASE_LOST"
    assert said.extensions["code"] in AWAY
