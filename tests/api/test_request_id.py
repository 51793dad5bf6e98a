"""Request ids: whoever lost an answer asks again, and everything is done once.

Every mutation of the schema has a ``requestId``, or stands below with the reason why asking twice
comes to the same as asking once; and each of those is asked twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, is_required_argument

from ledger.command import Role
from schema.root import build
from tests.api.test_load import PLAN, bureau, committed, sheet, teacher
from tests.api.test_reconciliation import RECONCILE, SHEET, TRY, desk
from tests.api.test_upload import given_up, put
from tests.api.test_webhook import CREATE
from tests.cast import RUIAN
from tests.receiver import Receiver, receiving
from tests.server import Party, Served, serving
from tests.sheets import GOOD, excel, xlsx
from tests.town import OPERATOR

__all__ = ["bureau", "desk"]
NATURAL = {"commitLoad": "its token is the request id of what it takes in"}
GIVEN = {
    "openUpload",
    "removeUpload",
    "rotateWebhookSecret",
    "pingWebhook",
    "changeWebhook",
    "pauseWebhook",
    "resumeWebhook",
    "removeWebhook",
    "recoverWebhook",
    "resendWebhook",
    "reveal",
    "planLoad",
    "tryReconciliation",
    "tryReconciliationAnew",
}
"""What puts no command on record takes a request id where one is given; see ``test_once``."""
ELSEWHERE = "http://127.0.0.1:9/elsewhere"
OPEN = (
    "mutation($i: OpenUploadInput!, $r: String) "
    "{ openUpload(input: $i, requestId: $r) { id address ends } }"
)
SECRET = (
    "mutation($id: ID!, $r: String) "
    "{ done: rotateWebhookSecret(id: $id, requestId: $r) { secret } }"
)
PING = "mutation($id: ID!, $r: String) { done: pingWebhook(id: $id, requestId: $r) { status } }"

HOOKS = {
    "changeWebhook": f'(id: $id, input: {{ address: "{ELSEWHERE}" }}) {{ state }}',
    "pauseWebhook": "(id: $id) { state }",
    "resumeWebhook": "(id: $id) { state }",
    "recoverWebhook": "(id: $id, after: 3) { state }",
    "resendWebhook": "(id: $id, position: 5) { status }",
    "removeWebhook": "(id: $id)",
}
"""What is done to a webhook, twice."""
SEEN = "query($id: ID!) { webhook(id: $id) { address types state } }"


def mutations() -> GraphQLObjectType:
    """The mutations of the schema."""
    kind = build()._schema.mutation_type
    assert kind is not None
    return kind


@pytest.mark.parametrize("name", mutations().fields)
def test_every_mutation_has_a_request_id_or_a_reason(name: str) -> None:
    has = "requestId" in mutations().fields[name].args

    assert has is not (name in NATURAL), (
        f"give {name} a requestId under which it happens once, or name it in NATURAL, with why "
        "asking twice comes to the same, and a test that asks twice"
    )


def test_a_command_is_not_taken_without_its_request_id() -> None:
    fields = mutations().fields
    free = {
        name
        for name, field in fields.items()
        if "requestId" in field.args and not is_required_argument(field.args["requestId"])
    }

    assert free == GIVEN


def test_every_reason_is_of_a_mutation_and_is_tried() -> None:
    assert set(NATURAL) == {"commitLoad"} <= set(mutations().fields)


@pytest.fixture
def open_served(founded_url: str, tmp_path: Path) -> Iterator[Served]:
    """A server that may send to this machine."""
    with serving(founded_url, tmp_path, private_webhooks=True) as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver."""
    with receiving() as found:
        yield found


def given(data: bytes, **other: Any) -> dict[str, Any]:
    return {"fileName": "名单.xlsx", "bytes": len(data), "form": "CREDITS"} | other


def test_an_upload_is_opened_once_and_its_ticket_is_told_again(served: Served) -> None:
    asker, data = served.party(Role.BUREAU, str(RUIAN)), xlsx(excel)
    first, again = (asker.ask(OPEN, i=given(data), r="u1")["openUpload"] for _ in range(2))
    other = asker.ask(OPEN, i=given(data), r="u2")["openUpload"]
    neighbour = served.party(Role.BUREAU, str(RUIAN), actor="staff:another")
    theirs = neighbour.ask(OPEN, i=given(data), r="u1")["openUpload"]

    assert first == again
    assert len({each["address"] for each in (first, other, theirs)}) == 3
    assert put(neighbour, first["address"], data).status_code == 404
    assert put(asker, first["address"], data).status_code == 201
    assert put(asker, first["address"], data).status_code == 404
    assert asker.ask(OPEN, i=given(data), r="u1")["openUpload"]["id"] == first["id"]
    [error] = asker.errors(OPEN, i=given(data, form="TEACHERS"), r="u1")
    assert error["code"] == "REQUEST_REUSED"
    [error] = asker.errors(OPEN, i=given(data), r="")
    assert error["code"] == "BAD_REQUEST_ID"


def made(party: Party, receiver: Receiver) -> str:
    """A webhook that sends to a receiver."""
    created = party.ask(CREATE, i={"address": receiver.url}, after=None)["made"]
    return str(created["webhook"]["id"])


def test_a_secret_is_made_once_and_not_shown_again(open_served: Served, receiver: Receiver) -> None:
    party = open_served.party(Role.INTEGRATOR, str(RUIAN))
    hook = made(party, receiver)
    first, again, other = (
        party.ask(SECRET, id=hook, r=request)["done"]["secret"] for request in ("s1", "s1", "s2")
    )
    [held] = open_served.house.ledger.webhooks.mine(OPERATOR, webhook=hook)

    assert again is None
    assert first != other
    assert held.signing()[:2] == (other, first)
    assert len(held.signing()) == 3


def test_a_ping_of_one_request_is_one_event(open_served: Served, receiver: Receiver) -> None:
    party = open_served.party(Role.INTEGRATOR, str(RUIAN))
    hook = made(party, receiver)
    for request in ("p1", "p1", "p2", None, None):
        assert party.ask(PING, id=hook, r=request)["done"]["status"] == 204
    ids = [each.headers["webhook-id"] for each in receiver.parcels]

    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


@pytest.mark.parametrize("name", [each for each in HOOKS if each != "resendWebhook"])
def test_a_step_of_a_webhook_comes_to_the_same_twice(
    open_served: Served, receiver: Receiver, name: str
) -> None:
    party = open_served.party(Role.INTEGRATOR, str(RUIAN))
    hook = made(party, receiver)
    document = f"mutation($id: ID!) {{ done: {name}{HOOKS[name]} }}"
    party.ask(document, id=hook)
    once = party.ask(SEEN, id=hook)
    again = party.post(document, id=hook).json()
    twice = party.ask(SEEN, id=hook)

    assert once == twice
    gone = [each["extensions"]["code"] for each in again.get("errors", ())]
    assert gone == (["UNKNOWN_WEBHOOK"] if name == "removeWebhook" else [])


def test_an_entry_that_is_sent_again_is_the_same_event(
    open_served: Served, receiver: Receiver
) -> None:
    party = open_served.operator
    hook = made(party, receiver)
    for _ in range(2):
        party.ask(f"mutation($id: ID!) {{ done: resendWebhook{HOOKS['resendWebhook']} }}", id=hook)
    first, again = receiver.wait(2)

    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body


def test_an_upload_that_is_removed_again_is_gone(served: Served) -> None:
    asker, data = served.party(Role.BUREAU, str(RUIAN)), xlsx(excel)
    upload = given_up(asker, data)
    remove = "mutation($id: ID!) { removeUpload(id: $id) }"
    said = [asker.ask(remove, id=upload)["removeUpload"] for _ in range(2)]

    assert said == [True, False]
    assert asker.ask("{ uploads { id } }") == {"uploads": []}


def test_a_dry_run_puts_nothing_on_record_and_is_taken_in_once(
    served: Served, bureau: Party
) -> None:
    head = served.head
    upload = given_up(bureau, sheet(teacher(1)), form="TEACHERS")
    served.house.wait_seconds = 20.0
    first, again = (bureau.ask(PLAN, i={"upload": upload})["planLoad"] for _ in range(2))

    assert served.head == head
    assert first["new"] == again["new"] == 1
    done = [committed(bureau, first["token"])["position"] for _ in range(2)]
    assert done[0] == done[1] == served.head


def test_a_trial_puts_nothing_on_record(desk: Served) -> None:
    bureau = desk.party(Role.BUREAU, str(RUIAN))
    given = {"upload": given_up(bureau, SHEET, "对账.csv"), "place": str(RUIAN)}
    head = desk.head
    first, again = (bureau.ask(TRY, i=given)["tried"] for _ in range(2))

    assert first["outline"] == again["outline"]
    assert desk.head == head
    real = {"reconciliation": "reconciliation:r1", "token": first["token"]}
    assert bureau.ask(RECONCILE, i=real, r="r1")["answer"]["__typename"] == "Recorded"
    head = desk.head
    anew = 'mutation { done: tryReconciliationAnew(reconciliation: "reconciliation:r1") '
    anew += "{ outline { digest } } }"
    desk.house.wait_seconds = 20.0
    assert desk.house.runner.wait_for(head, 20)
    assert bureau.ask(anew) == bureau.ask(anew) != {"done": None}
    assert desk.head == head


def test_every_showing_of_a_person_is_logged(desk: Served) -> None:
    bureau = desk.party(Role.BUREAU, str(RUIAN))
    reveal = 'mutation { done: reveal(teacher: "teacher:r1", purpose: "核对") { idNumber } }'
    count = "{ accessLog { totalCount } }"
    before = bureau.ask(count)["accessLog"]["totalCount"]
    said = [bureau.ask(reveal)["done"]["idNumber"] for _ in range(2)]

    assert said == [GOOD, GOOD]
    assert bureau.ask(count)["accessLog"]["totalCount"] == before + 2
