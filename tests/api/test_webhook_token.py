"""A webhook that a service token made ends with it, and the bureau of the place can end it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.command import Asker, Role
from ledger.store.webhook import WantedChanges
from tests.api.test_revocation import until_known
from tests.api.test_service_token import bureau, issued, revoke
from tests.api.test_webhook import (
    ONE,
    add_schools,
    create,
    deliveries,
    open_served,
    receiver,
    refused,
    settled,
    step,
)
from tests.cast import RUIAN, WENZHOU
from tests.receiver import Receiver
from tests.server import Party, Served

__all__ = ["open_served", "receiver"]

LIST = "{ webhooks { edges { node { id address role madeBy state } } } }"
LOG = "{ accessLog(kind: WEBHOOK) { edges { node { what filters } } } }"
REMOVE = "mutation($id: ID!) { removeWebhook(id: $id) }"
YUEQING = "jurisdiction:330382"


def listed(party: Party) -> list[dict[str, Any]]:
    return [each["node"] for each in party.ask(LIST)["webhooks"]["edges"]]


def ended(served: Served, hook: str) -> Any:
    """The webhook once nothing is sent to it any more."""
    return settled(served.operator, hook, lambda found: found["state"] == "DISABLED")


def hook_of(machine: Party, receiver: Receiver, **given: Any) -> str:
    found: str = create(machine, receiver.url, **given)["webhook"]["id"]
    return found


def test_nothing_is_sent_for_a_token_that_was_revoked_and_it_is_said_why(
    open_served: Served, receiver: Receiver
) -> None:
    hook = hook_of(issued(open_served), receiver)
    add_schools(open_served, "before", 1)
    receiver.wait(1)
    revoke(open_served)
    last = open_served.head
    add_schools(open_served, "after", 3)
    ended(open_served, hook)

    assert max(receiver.positions) < last
    told = bureau(open_served)
    latest = deliveries(told, hook)[0]
    assert (latest["failure"], latest["position"]) == ("TOKEN", None)
    rows = [each["node"] for each in told.ask(LOG)["accessLog"]["edges"]]
    assert rows[0]["what"] == "webhook.disable"
    assert rows[0]["filters"] == {"webhook": hook, "failure": "TOKEN"}


def test_nothing_is_sent_for_a_token_whose_last_day_is_over(
    open_served: Served, receiver: Receiver
) -> None:
    open_served.clock.set(date(2024, 3, 20))
    hook = hook_of(issued(open_served, until="2024-03-20"), receiver)
    add_schools(open_served, "on-the-last-day", 1)
    receiver.wait(1)
    open_served.clock.set(date(2024, 3, 21))
    add_schools(open_served, "after", 1)
    ended(open_served, hook)

    assert len(receiver.parcels) == 1
    assert deliveries(bureau(open_served), hook)[0]["failure"] == "TOKEN"


def test_what_is_on_its_way_stops_at_the_revocation(
    open_served: Served, receiver: Receiver
) -> None:
    machine = issued(open_served)
    start = open_served.head
    add_schools(open_served, "waiting", 5)

    def at_the_first() -> None:
        if not receiver.parcels:
            revoke(open_served)
            until_known(open_served, open_served.operator)

    receiver.before = at_the_first
    ended(open_served, hook_of(machine, receiver, after=start))

    assert receiver.positions == [start + 1]


def test_the_webhooks_of_others_go_on(open_served: Served, receiver: Receiver) -> None:
    gone = hook_of(issued(open_served), receiver)
    kept = hook_of(issued(open_served, "lms"), receiver)
    staff = hook_of(open_served.party(Role.INTEGRATOR, RUIAN), receiver)
    revoke(open_served)
    ended(open_served, gone)
    add_schools(open_served, "after", 1)

    for hook in (kept, staff):
        found = settled(open_served.operator, hook, lambda e: e["position"] == open_served.head)
        assert found["state"] == "ACTIVE"


def test_the_bureau_of_the_place_sees_it_and_ends_it(
    open_served: Served, receiver: Receiver
) -> None:
    machine, own = issued(open_served), bureau(open_served)
    made, host = hook_of(machine, receiver), receiver.url.removesuffix("/hook")
    [row] = listed(own)
    assert row == {
        "id": made,
        "address": host,
        "role": "INTEGRATOR",
        "madeBy": "token:hr",
        "state": "ACTIVE",
    }
    assert own.ask(ONE, id=made)["webhook"]["address"] == host
    assert listed(machine)[0]["address"] == receiver.url
    revoke(open_served)
    ended(open_served, made)

    assert own.ask(REMOVE, id=made)["removeWebhook"] is True
    assert listed(own) == listed(open_served.operator) == []


def test_a_bureau_does_nothing_else_to_it(open_served: Served, receiver: Receiver) -> None:
    made, own = hook_of(issued(open_served), receiver), bureau(open_served)
    change = 'changeWebhook(id: $id, input: {address: "https://example.org/"}) { id }'
    for asked in (
        change,
        "pauseWebhook(id: $id) { id }",
        "resumeWebhook(id: $id) { id }",
        "rotateWebhookSecret(id: $id) { secret }",
        "recoverWebhook(id: $id, after: 0) { id }",
        "pingWebhook(id: $id) { number }",
        "resendWebhook(id: $id, position: 1) { number }",
    ):
        assert refused(own, f"mutation($id: ID!) {{ {asked} }}", id=made) == "FORBIDDEN_ROLE"


@pytest.mark.parametrize(
    ("role", "scope"),
    [(Role.BUREAU, YUEQING), (Role.BUREAU, str(WENZHOU)), (Role.INTEGRATOR, YUEQING)],
)
def test_nobody_else_sees_it_or_ends_it(
    open_served: Served, receiver: Receiver, role: Role, scope: str
) -> None:
    made = hook_of(issued(open_served), receiver)
    other = open_served.party(role, scope)

    assert listed(other) == []
    assert deliveries(other, made) == []
    assert refused(other, REMOVE, id=made) == "UNKNOWN_WEBHOOK"


def test_a_machine_does_not_see_what_its_bureau_set_up(
    open_served: Served, receiver: Receiver
) -> None:
    create(bureau(open_served), receiver.url)

    assert listed(issued(open_served)) == []


def test_it_passes_to_the_token_that_takes_the_place_of_the_old_one(
    open_served: Served, receiver: Receiver
) -> None:
    hook = hook_of(issued(open_served), receiver, types=["register.school-registered"])
    revoke(open_served)
    ended(open_served, hook)
    add_schools(open_served, "meanwhile", 2)
    heir = issued(open_served, "hr-2")
    other = hook_of(heir, receiver, types=["credit.awarded"])  # under the same request id
    step(heir, "resumeWebhook", hook)
    receiver.wait(2)

    assert {each["id"]: each["madeBy"] for each in listed(heir)} == {
        hook: "token:hr-2",
        other: "token:hr-2",
    }
    revoke(open_served, "hr-2")
    for each in (hook, other):
        ended(open_served, each)


def test_a_bureau_is_told_of_the_host_as_the_address_has_it(open_served: Served) -> None:
    machine = Asker(actor="token:hr", role=Role.INTEGRATOR, scope=RUIAN)
    address, head = "https://[2606:4700::1111]:8443", open_served.head
    hooks = open_served.house.ledger.webhooks
    hooks.make(machine, f"{address}/secret", WantedChanges(), request="r", position=head)
    own = bureau(open_served)
    [row] = listed(own)
    assert row["address"] == address
    assert own.ask(REMOVE, id=row["id"])["removeWebhook"] is True

    [edge] = own.ask(LOG)["accessLog"]["edges"]
    assert edge["node"]["filters"]["host"] == "2606:4700::1111"
