"""What puts nothing on record, under a request id: done once, answered alike, and never stuck."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from ledger.command import Asker, Role
from ledger.fault import Fault
from ledger.names import LedgerId
from ledger.store.request import Requests
from ledger.store.result import Results
from tests.api.test_load import bureau, sheet, teacher
from tests.api.test_reconciliation import RECONCILE, SHEET, desk
from tests.api.test_request_id import ELSEWHERE, HOOKS, OPEN, SEEN, given, made, open_served, put
from tests.api.test_upload import given_up
from tests.cast import RUIAN
from tests.receiver import Receiver, receiving
from tests.server import Party, Served
from tests.sheets import GOOD, excel, xlsx

__all__ = ["bureau", "desk", "open_served"]
LOG = "{ accessLog { totalCount } }"
TRY = (
    "mutation($i: TryReconciliationInput!, $r: String) "
    "{ tried: tryReconciliation(input: $i, requestId: $r) { token outline { digest } } }"
)
ANEW = (
    "mutation($n: ID!, $r: String) "
    "{ tried: tryReconciliationAnew(reconciliation: $n, requestId: $r) { token } }"
)
LOAD = (
    "mutation($i: LoadInput!, $r: String) { done: planLoad(input: $i, requestId: $r) { token new } "
    "}"
)
REVEAL = (
    "mutation($p: Text!, $r: String) "
    '{ done: reveal(teacher: "teacher:r1", purpose: $p, requestId: $r) { idNumber } }'
)
OWNER = Asker(actor="staff:one", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver."""
    with receiving() as found:
        yield found


def logged(party: Party) -> int:
    """How many accesses stand in the log."""
    count: int = party.ask(LOG)["accessLog"]["totalCount"]
    return count


def code(party: Party, document: str, **given: Any) -> str:
    """The code of what is refused."""
    [error] = party.errors(document, **given)
    return str(error["code"])


def under_id(name: str, fields: str = "") -> str:
    """The mutation of a step of a webhook, under a request id."""
    asked = (fields or HOOKS[name]).replace("(id: $id", "(id: $id, requestId: $r", 1)
    return f"mutation($id: ID!, $r: String) {{ done: {name}{asked} }}"


@pytest.mark.parametrize("name", [each for each in HOOKS if each != "resendWebhook"])
def test_a_step_of_a_webhook_is_taken_and_logged_once(
    open_served: Served, receiver: Receiver, name: str
) -> None:
    party = open_served.operator
    hook, document = made(party, receiver), under_id(name)
    first = party.ask(document, id=hook, r="w1")
    seen, count = party.ask(SEEN, id=hook), logged(party)
    again = party.ask(document, id=hook, r="w1")

    assert first == again
    assert party.ask(SEEN, id=hook) == seen
    assert logged(party) == count
    assert code(party, document, id="another", r="w1") == "REQUEST_REUSED"
    assert code(party, document, id=hook, r="") == "BAD_REQUEST_ID"


def test_what_came_between_is_not_undone_by_a_step_that_is_asked_again(
    open_served: Served, receiver: Receiver
) -> None:
    party = open_served.operator
    hook = made(party, receiver)
    party.ask(under_id("pauseWebhook"), id=hook, r="p1")
    party.ask(under_id("resumeWebhook"), id=hook, r="p2")

    assert party.ask(under_id("pauseWebhook"), id=hook, r="p1")["done"]["state"] == "ACTIVE"
    other = '(id: $id, input: { address: "http://127.0.0.1:9/third" }) { state }'
    party.ask(under_id("changeWebhook"), id=hook, r="c1")
    assert code(party, under_id("changeWebhook", other), id=hook, r="c1") == "REQUEST_REUSED"
    assert code(party, under_id("resumeWebhook"), id=hook, r="c1") == "REQUEST_REUSED"
    assert party.ask(SEEN, id=hook)["webhook"]["address"] == ELSEWHERE


def test_an_entry_is_sent_again_once_for_a_request(open_served: Served, receiver: Receiver) -> None:
    party = open_served.operator
    hook = made(party, receiver)
    document = under_id("resendWebhook", "(id: $id, position: 5) { number status at }")
    said = [party.ask(document, id=hook, r=each)["done"] for each in ("s1", "s1", "s2")]

    assert said[0] == said[1] != said[2]
    assert len(receiver.wait(2)) == 2


def test_what_was_refused_leaves_its_id_free(open_served: Served, receiver: Receiver) -> None:
    party = open_served.operator
    hook = made(party, receiver)
    missing = under_id("resendWebhook", "(id: $id, position: 1) { number }").replace("1)", "99999)")

    assert code(party, missing, id=hook, r="f1") == "UNKNOWN_ENTRY"
    assert party.ask(under_id("pauseWebhook"), id=hook, r="f1")["done"]["state"] == "PAUSED"


def test_the_ids_of_one_party_are_not_those_of_another(
    open_served: Served, receiver: Receiver
) -> None:
    one, other = (open_served.party(Role.BUREAU, str(RUIAN), actor=f"staff:{n}") for n in "ab")
    hook = made(one, receiver)
    one.ask(under_id("pauseWebhook"), id=hook, r="same")

    assert other.ask(under_id("resumeWebhook"), id=hook, r="same")["done"]["state"] == "ACTIVE"


def test_a_person_is_shown_again_and_that_is_one_reading(desk: Served) -> None:
    bureau = desk.party(Role.BUREAU, str(RUIAN))
    before = logged(bureau)
    said = [bureau.ask(REVEAL, p="核对", r="v1")["done"]["idNumber"] for _ in range(2)]

    assert said == [GOOD, GOOD]
    assert logged(bureau) == before + 1
    assert code(bureau, REVEAL, p="别的用途", r="v1") == "REQUEST_REUSED"
    assert bureau.ask(REVEAL, p="核对", r="v2")["done"]["idNumber"] == GOOD
    assert logged(bureau) == before + 2
    assert code(desk.public, REVEAL, p="核对", r="v1") == "UNAUTHENTICATED"


def test_a_trial_has_one_token_for_a_request(desk: Served) -> None:
    bureau = desk.party(Role.BUREAU, str(RUIAN))
    upload = given_up(bureau, SHEET, "对账.csv")
    asked = {"upload": upload, "place": str(RUIAN)}
    first, again, other = (bureau.ask(TRY, i=asked, r=each)["tried"] for each in ("t1", "t1", "t2"))

    assert first == again
    assert other["token"] != first["token"]
    assert code(bureau, TRY, i=asked | {"first": "2020-01-01"}, r="t1") == "REQUEST_REUSED"
    real = {"reconciliation": "reconciliation:r1", "token": first["token"]}
    assert bureau.ask(RECONCILE, i=real, r="r1")["answer"]["__typename"] == "Recorded"
    desk.house.wait_seconds = 20.0
    later = [
        bureau.ask(ANEW, n="reconciliation:r1", r=each)["tried"]["token"]
        for each in ("a", "a", "b")
    ]
    assert later[0] == later[1] != later[2]


def test_a_dry_run_has_one_token_for_a_request(served: Served, bureau: Party) -> None:
    upload = given_up(bureau, sheet(teacher(1)), form="TEACHERS")
    served.house.wait_seconds = 20.0
    first, again, other = (
        bureau.ask(LOAD, i={"upload": upload}, r=each)["done"] for each in ("l1", "l1", "l2")
    )

    assert first == again
    assert other["token"] != first["token"]
    assert code(bureau, LOAD, i={"upload": upload, "full": True}, r="l1") == "REQUEST_REUSED"


def test_an_upload_is_removed_once(served: Served) -> None:
    asker = served.party(Role.BUREAU, str(RUIAN))
    remove = "mutation($id: ID!, $r: String) { done: removeUpload(id: $id, requestId: $r) }"
    upload = given_up(asker, xlsx(excel))

    assert [asker.ask(remove, id=upload, r="x1")["done"] for _ in range(2)] == [True, True]
    assert asker.ask(remove, id=upload, r="x2")["done"] is False


def test_the_same_asked_at_once_is_done_once(desk: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    bureau = desk.party(Role.BUREAU, str(RUIAN))
    upload = given_up(bureau, SHEET, "对账.csv")
    entered, waiting, kept = threading.Event(), threading.Event(), Results.put
    begin, puts = Requests.begin, []

    def slow(self: Results, *given: Any) -> str:
        entered.set()
        waiting.wait()
        puts.append(1)
        return kept(self, *given)

    def begun(self: Requests, *given: Any) -> Any:
        standing = begin(self, *given)
        if standing.holder is None:
            waiting.set()
        return standing

    monkeypatch.setattr(Results, "put", slow)
    monkeypatch.setattr(Requests, "begin", begun)

    def ask() -> str:
        body = {"query": TRY, "variables": {"i": {"upload": upload, "place": RUIAN}, "r": "same"}}
        answer = httpx.post(f"{desk.url}/graphql", json=body, headers=bureau.headers, timeout=60)
        token: str = answer.json()["data"]["tried"]["token"]
        return token

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask)
        entered.wait()
        second = pool.submit(ask)
        assert first.result() == second.result()
    assert puts == [1]


def test_who_died_in_the_middle_holds_an_id_for_a_while_and_not_for_ever(served: Served) -> None:
    requests = served.house.ledger.requests
    first = requests.begin(OWNER, "d1", "what")
    waits = requests.begin(OWNER, "d1", "what")
    assert first.holder is not None
    assert (waits.holder, waits.answer) == (None, None)
    with served.house.ledger.pool.connection() as connection:
        connection.execute("update vault.requests set held = clock_timestamp()")
    taken = requests.begin(OWNER, "d1", "what")
    assert taken.holder not in (None, first.holder)
    requests.give_up(first)  # which was not dead, but late
    requests.done(first, "late")
    assert requests.begin(OWNER, "d1", "what").answer is None
    requests.done(taken, "name")
    assert requests.begin(OWNER, "d1", "what").answer == "name"
    with pytest.raises(Fault):
        requests.begin(OWNER, "d1", "something else")


def test_an_id_is_free_after_a_day_and_nothing_that_was_asked_can_be_read(served: Served) -> None:
    requests = served.house.ledger.requests
    requests.done(requests.begin(OWNER, "d1", "what"), "name")
    with served.house.ledger.pool.connection() as connection:
        [row] = connection.execute("select * from vault.requests").fetchall()
        assert "what" not in json.dumps(row, default=str)
        connection.execute("update vault.requests set made_at = made_at - interval '25 hours'")

    assert requests.begin(OWNER, "d1", "something else").holder is not None


def broken_off(served: Served, asker: Party, address: str, data: bytes) -> None:
    """Half of a file, and then the client is gone."""
    at = urlsplit(served.url)
    head = f"PUT {address} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(data)}\r\n"
    head += f"authorization: {asker.headers['authorization']}\r\n\r\n"
    with socket.create_connection((at.hostname or "", at.port or 0), timeout=30) as client:
        client.sendall(head.encode() + data[: len(data) // 2])
        while not held(served):
            asker.ask("{ head }")


def held(served: Served) -> bool:
    """Whether somebody is sending a file."""
    with served.house.ledger.pool.connection() as connection:
        row = connection.execute("select count(held) from vault.uploads").fetchone()
    return row is not None and row[0] > 0


def test_a_file_that_broke_off_is_sent_again_with_the_same_ticket(served: Served) -> None:
    asker, data = served.party(Role.BUREAU, str(RUIAN)), xlsx(excel)
    address = asker.ask(OPEN, i=given(data), r="u1")["openUpload"]["address"]
    broken_off(served, asker, address, data)
    while held(served):  # until the server has heard that it is gone
        asker.ask("{ head }")

    assert asker.ask(OPEN, i=given(data), r="u1")["openUpload"]["address"] == address
    assert put(asker, address, data).status_code == 201
    assert put(asker, address, data).status_code == 404


def test_a_ticket_is_good_again_a_while_after_a_server_died_with_it(served: Served) -> None:
    asker, data = served.party(Role.BUREAU, str(RUIAN)), xlsx(excel)
    address = asker.ask(OPEN, i=given(data), r="u1")["openUpload"]["address"]
    uploads = served.house.ledger.uploads
    who = Asker(actor="staff:tester", role=Role.BUREAU, scope=RUIAN)
    assert uploads.claim(who, address.rpartition("/")[2]) is not None
    assert put(asker, address, data).status_code == 404  # somebody is sending it
    with served.house.ledger.pool.connection() as connection:
        connection.execute("update vault.uploads set held = clock_timestamp()")

    assert put(asker, address, data).status_code == 201
