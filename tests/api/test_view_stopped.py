"""A view that raises: it stops alone, says so wherever somebody looks, and goes on once mended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from ledger.event import Entry
from ledger.register import RegisterSchool, SchoolRegistered
from projections.register import School, Schools
from tests.api.test_cli import code, inside, lines
from tests.cast import RUIAN
from tests.server import Served, serving

TYPE = "register.school-registered"
SCHOOLS = "query($at: Position!) { schools(atLeast: $at) { position edges { node { id } } } }"
PROVIDERS = "query($at: Position!) { providers(atLeast: $at) { position } }"


@contextmanager
def poisoned(name: str) -> Iterator[None]:
    """The view of schools raises over one of them."""
    original = Schools.apply

    def apply(self: Schools, state: School, entry: Entry) -> School:
        event = entry.event
        if isinstance(event, SchoolRegistered) and str(event.school) == name:
            raise KeyError("school:secret")
        return original(self, state, entry)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Schools, "apply", apply)
        yield


def register(served: Served, name: str) -> int:
    """A school more; the position."""
    given = {"school": f"school:{name}", "place": RUIAN, "title": "学校", "stage": "PRIMARY"}
    answer = served.operator.mutate(RegisterSchool, given, name)
    position: int = answer["position"]
    return position


def ids(page: dict[str, Any]) -> list[str]:
    """The schools of a page."""
    return [each["node"]["id"] for each in page["schools"]["edges"]]


def test_a_view_that_raises_is_told_everywhere_and_goes_on_after_mending(
    founded_url: str, tmp_path: Path
) -> None:
    with (
        poisoned("school:bad"),
        serving(founded_url, tmp_path, wait_seconds=600) as served,
        capture_logs() as logged,
    ):
        before = register(served, "before")
        at = register(served, "bad")
        behind = register(served, "behind")

        # Whoever waits for the view is told at once, not after ten minutes; the others go on.
        [error] = served.operator.errors(SCHOOLS, at=behind)
        assert (error["code"], error["field"]) == ("VIEW_STOPPED", "atLeast")
        assert f"{at} ({TYPE})" in error["en"] and str(at) in error["zh"]
        assert "secret" not in str(error)
        assert ids(served.operator.ask(SCHOOLS, at=before)) == ["school:before"]
        assert served.operator.ask(PROVIDERS, at=behind)["providers"]["position"] == behind

        said_by_health(served, at)
        said_by_metrics(served, at)
        [line] = [each for each in logged if each["event"] == "view stopped"]
        assert (line["view"], line["position"], line["type"]) == ("schools", at, TYPE)
        said_by_commands(founded_url, tmp_path, at)

    with serving(founded_url, tmp_path, wait_seconds=30) as served:
        found = served.operator.ask(SCHOOLS, at=behind)
        assert ids(found) == ["school:bad", "school:before", "school:behind"]
        assert served.client.get("/readyz").status_code == 200
        assert served.client.get("/readyz").json()["stopped"] == {}
    assert inside("--database-url", founded_url, "--data", tmp_path, "check") == ("", "")


def said_by_health(served: Served, at: int) -> None:
    """The page of an orchestrator: 503, with the event, and to strangers nothing else."""
    answer = served.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "stopped"
    assert answer.json()["stopped"] == {
        "schools": {"position": at, "type": TYPE, "error": "KeyError", "why": "'school:secret'"}
    }
    relayed = served.client.get("/readyz", headers={"x-forwarded-for": "203.0.113.7"})
    assert relayed.status_code == 503
    assert relayed.json() == {"status": "stopped", "database": "ok"}


def said_by_metrics(served: Served, at: int) -> None:
    """Which view, and the event with its type."""
    found = {
        sample.name: (sample.labels, sample.value)
        for family in text_string_to_metric_families(served.client.get("/metrics").text)
        for sample in family.samples
        if sample.labels.get("view") == "schools"
    }
    assert found["xuefen_view_stopped"] == ({"view": "schools"}, 1)
    labels = {"view": "schools", "type": TYPE, "error": "KeyError"}
    assert found["xuefen_view_stopped_position"] == (labels, at)


def said_by_commands(url: str, folder: Path, at: int) -> None:
    """``xuefen check`` and ``xuefen rebuild`` name the event, and the others are rebuilt."""
    where = ("--database-url", url, "--data", folder)
    printed, _ = inside(*where, "check", "progress", "views", "--json", status=1)
    problems = [(each["code"], each["subject"], each["position"]) for each in lines(printed)]
    assert ("VIEW_STOPPED", "schools", at) in problems
    assert ("VIEW_UNFOLDABLE", "schools", at) not in problems  # it stands before the event
    _, said = inside(*where, "rebuild", status=1)
    assert code(said) == "VIEW_STOPPED"
    assert f"{at} ({TYPE})" in said and "'school:secret'" in said
    printed, _ = inside(*where, "check", "progress", "--json", status=1)
    assert [each["subject"] for each in lines(printed)] == ["schools"]
