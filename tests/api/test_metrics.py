"""Metrics, request ids and lines of the log, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from ledger.command import Role
from ledger.register import RegisterSchool
from tests.cast import RUIAN
from tests.server import Party, Served, serving
from tests.town import database

TRIES_MAX = 2_000
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def served(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server that logs its requests."""
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path_factory.mktemp("metrics"), log_requests=True) as found,
    ):
        yield found


def values(served: Served) -> dict[tuple[str, ...], float]:
    """What every sample says, by its name and the values of its labels."""
    text = served.client.get("/metrics").text
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def all_of(
    route: str, after: dict[tuple[str, ...], float], before: dict[tuple[str, ...], float]
) -> float:
    """How many more requests to a route were counted."""
    counted = [each for each in after if each[0] == "xuefen_requests_total" and route in each]
    return sum(after[each] - before.get(each, 0) for each in counted)


def register(party: Party, name: str) -> None:
    """A school more."""
    given = {"school": f"school:{name}", "place": RUIAN, "title": "学校", "stage": "PRIMARY"}
    assert party.mutate(RegisterSchool, given, name)["__typename"] == "Recorded"


def test_requests_errors_and_batches_are_counted(served: Served) -> None:
    before = values(served)
    register(served.operator, "m1")
    served.operator.errors("{ nothing }")
    served.operator.errors('{ history(after: "x") { position } }')
    after = values(served)

    def more(*name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    # The batch and each request are counted a little after they were answered.
    for _ in range(TRIES_MAX):
        if more("xuefen_committer_batch_count") and all_of("/graphql", after, before) == 3:
            break
        after = values(served)

    assert more("xuefen_errors_total", "GRAPHQL_INVALID") == 1
    assert more("xuefen_errors_total", "BAD_CURSOR") == 1
    assert more("xuefen_committer_batch_count") == 1
    assert more("xuefen_request_seconds_count", "/graphql") == 3
    assert all_of("/graphql", after, before) == 3
    assert after["xuefen_head",] == served.head
    assert ("xuefen_view_behind", "schools") in after
    assert after["xuefen_webhooks_waiting",] == 0


def test_no_name_of_anything_stands_in_the_metrics(served: Served) -> None:
    served.client.get("/exports/teacher:canary?x=canary")
    served.client.get("/canary")
    served.client.request("CANARY", "/graphql")

    assert "canary" not in served.client.get("/metrics").text.casefold()


def test_only_this_machine_and_operators_read_them(served: Served) -> None:
    relayed = {"x-forwarded-for": "192.0.2.1"}
    bureau = served.party(Role.BUREAU, RUIAN).headers

    assert served.client.get("/metrics", headers=relayed).status_code == 403
    assert served.client.get("/metrics", headers=relayed | bureau).status_code == 403
    operator = served.client.get("/metrics", headers=relayed | served.operator.headers)
    assert operator.status_code == 200


def test_a_stranger_hears_only_whether_it_is_ready(served: Served) -> None:
    def ready(**headers: str) -> set[str]:
        relayed = headers | {"x-forwarded-for": "192.0.2.1"}
        answer = served.client.get("/readyz", headers=relayed)
        assert answer.status_code in (200, 503)
        return set(answer.json())

    assert ready() == ready(**served.party(Role.BUREAU, RUIAN).headers) == {"status", "database"}
    assert {"head", "views", "behind"} <= ready(**served.operator.headers)


def test_a_request_has_an_id_that_the_caller_may_give(served: Served) -> None:
    own = served.client.get("/healthz").headers["x-request-id"]
    given = served.client.get("/healthz", headers={"x-request-id": "r-1"})
    trace = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    traced = served.client.get("/healthz", headers=trace)

    assert len(own) == 32 and own != served.client.get("/healthz").headers["x-request-id"]
    assert given.headers["x-request-id"] == "r-1"
    assert TRACE in traced.headers["x-request-id"]


def test_a_request_has_a_line_without_what_it_asked(served: Served) -> None:
    with capture_logs() as lines:
        served.operator.ask('{ node(id: "teacher:canary") { id } }')
        # It is written a little after the answer.
        while not (found := [each for each in lines if each.get("route") == "/graphql"]):
            served.client.get("/healthz")

    [line] = found
    assert (line["route"], line["status"], line["method"]) == ("/graphql", 200, "POST")
    assert "canary" not in str(line)


def test_readiness_says_where_each_view_stands(served: Served) -> None:
    register(served.operator, "m2")
    head = served.head
    served.operator.ask("query($at: Position) { schools(atLeast: $at) { position } }", at=head)
    body = served.client.get("/readyz").json()

    assert body["database"] == "ok" and body["head"] == head
    assert body["views"]["schools"] == {"position": head, "behind": 0, "age_seconds": 0.0}
