"""The doors beside GraphQL: what strangers have is as if it were not there, to the letter.

Each request names something of strangers, and is sent before they had it and after; and each is
sent by its owner at last, so that what nobody else gets is shown to be there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ledger.command import Role
from tests.matrix import CANARY, STAGE, YUEQING, Stages, Things
from tests.server import Party, Served

REPORT = f"/reconciliations/reconciliation:{CANARY}-real/report"
CSV = "姓名\n".encode()
CHOICE = {"mapping": {"tab": "CSV", "headerRow": 1, "columns": []}}
Ask = Callable[[Party, Things], httpx.Response]


def get(path: str, **sent: Any) -> Ask:
    """A GET; a path may name one of the strangers' things."""
    return lambda asker, things: asker.served.client.get(
        path.format(things=things), headers=asker.headers, **sent
    )


def send(method: str, path: str, **sent: Any) -> Ask:
    """A request with a body."""
    return lambda asker, things: asker.served.client.request(
        method, path.format(things=things), headers=asker.headers, **sent
    )


ASKED: dict[str, Ask] = {
    "the bytes of a file": send("PUT", "{things.secret}", content=CSV),
    "a marked sheet": get("/uploads/{things.upload}/marked"),
    "a marked sheet, read otherwise": send("POST", "/uploads/{things.upload}/marked", json=CHOICE),
    "a dry run's sheet": get("/loads/{things.plan}/marked"),
    "a report as a workbook": get(f"{REPORT}.xlsx"),
    "a report as JSON": get(f"{REPORT}.json"),
    "a report as of a position": get(f"{REPORT}.json?position=40"),
    "a report in no form": get(f"{REPORT}.pdf"),
    "an export's receipt": get("/exports/{things.receipt}"),
    "the metrics": get("/metrics"),
    "readiness": get("/readyz"),
    "the events' document": get("/asyncapi.json"),
}
TELLS_ALL = {
    "the metrics": "numbers of the server, to this machine, without a name",
    "readiness": "where the ledger and its views stand is no secret",
}


@pytest.mark.parametrize("what", [each for each in ASKED if each not in TELLS_ALL])
@pytest.mark.parametrize("name", STAGE)
def test_what_strangers_have_is_not_there(stages: Stages, name: str, what: str) -> None:
    before, after = (ASKED[what](each, stages.things) for each in stages.pair(name))

    assert after.status_code == before.status_code
    assert stages.leaks(name, before.json(), after.json()) == []
    assert CANARY not in after.text or what == "the events' document"


@pytest.mark.parametrize("what", TELLS_ALL)
def test_what_tells_all_names_nobody(stages: Stages, what: str) -> None:
    said = ASKED[what](stages.served[2].public, stages.things).text

    assert all(each not in said for each in stages.things.names.values() if CANARY in each)
    assert CANARY not in said


OWNED = ("a marked sheet", "a dry run's sheet", "an export's receipt", "a report as JSON")


def officer(served: Served) -> Party:
    """Whose these things are."""
    return served.party(Role.BUREAU, str(YUEQING), actor=f"staff:{CANARY}-officer")


@pytest.mark.parametrize("what", OWNED)
def test_its_owner_has_it(stages: Stages, what: str) -> None:
    assert ASKED[what](officer(stages.served[1]), stages.things).status_code == 200


def test_a_ticket_that_strangers_tried_is_still_its_owners(stages: Stages) -> None:
    """Whose it is not used nothing up."""
    answer = ASKED["the bytes of a file"](officer(stages.served[1]), stages.things)

    assert answer.json()["errors"][0]["extensions"]["code"] == "SIZE_DIFFERS"
