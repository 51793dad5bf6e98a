"""The stages of the matrix: one ledger in three states, each served by a server of its own.

Made once for all files of the matrix that a process runs, and before anything is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from typing import Any

import pytest

from api.edge.policy import Policy
from api.service_token import fresh
from ledger.command import Role
from ledger.load import LoadBegun, Loaded
from ledger.mapping import Form
from ledger.names import JurisdictionId, LoadId, ServiceTokenId
from ledger.service_token import IssueServiceToken
from ledger.store.ledger import Ledger
from tests.api.test_load import planned, sheet, teacher
from tests.api.test_upload import given_up, opened
from tests.cast import RUIAN
from tests.matrix import CANARY, NAMES, NEAR, YUEQING, Stages, Things, strange
from tests.server import Party, Served, codes, serving
from tests.town import KEY, OPERATOR, Hand, Put, database, story, tell

TODAY = date(2024, 6, 1)
# What is left to spend differs from one answer to the next.
UNBOUND = Policy(
    requests_per_minute=0,
    public_requests_per_minute=0,
    cost_per_minute=0,
    public_cost_per_minute=0,
)
CREDITS = "姓名,身份证号,平台编号,学校,培训名称,结业时间,学分\n金丝雀,,,,培训,2023-06-01,10\n"
TRY = "mutation($i: TryReconciliationInput!) { done: tryReconciliation(input: $i) { token } }"
RECONCILE = (
    "mutation($i: ReconcileInput!, $r: String!) "
    "{ done: reconcile(input: $i, requestId: $r) { __typename } }"
)
HOOK = (
    "mutation($i: WebhookInput!, $r: String!) { done: createWebhook(input: $i, requestId: $r) "
    "{ webhook { id } } }"
)
PING = "mutation($id: ID!) { done: pingWebhook(id: $id) { number } }"
EVENT = (
    "query($filter: EntryFilter) { history(first: 1, filter: $filter) { edges { node { id } } } }"
)
CLOSED = "http://127.0.0.1:9/canary"
"""An address at which nobody listens (RFC 863)."""


@pytest.fixture(scope="package")
def stages(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stages]:
    """The three stages."""
    with ExitStack() as stack:
        urls, template, found = [], founded_template, []
        for mark, place in (("", RUIAN), (CANARY, YUEQING), (NEAR, RUIAN)):
            url = stack.enter_context(database(postgres_url, template))
            found.append(_told(url, tmp_path_factory, mark, place))
            urls.append(url)
            named = re.search(r"/(\w+)\?", url)
            assert named is not None
            template = named[1]
        servers = [stack.enter_context(_serving(each, tmp_path_factory)) for each in urls]
        for each in servers:
            each.clock.set(TODAY)
            assert each.house.runner.wait_for(each.head, 30)
        things = found[1]
        assert things is not None
        yield Stages((servers[0], servers[1], servers[2]), things)


def _serving(url: str, factory: pytest.TempPathFactory) -> Any:
    folder = factory.mktemp("matrix")
    return serving(url, folder, wait_seconds=20, policy=UNBOUND, private_webhooks=True)


def _told(
    url: str, factory: pytest.TempPathFactory, mark: str, place: JurisdictionId
) -> Things | None:
    """Tells the term of a place, and lets its people make what is no event."""
    if not mark:
        with Ledger(url, KEY, Hand()) as ledger:
            tell(ledger, story())
        return None
    with _serving(url, factory) as served:
        served.clock.set(TODAY)
        tell(served.house.ledger, [strange(each, mark, place) for each in story()[1:]])
        assert served.house.runner.wait_for(served.head, 30)
        return things(served, mark, place)


def things(served: Served, mark: str, place: JurisdictionId) -> Things:
    """What people of a place make that is no event, and a load that they leave unfinished."""
    actor = f"staff:{mark}-officer"
    bureau = served.party(Role.BUREAU, str(place), actor=actor)
    csv = CREDITS.encode()
    upload = given_up(bureau, csv, f"{mark}.csv")
    trial = bureau.ask(TRY, i={"upload": upload, "place": str(place)})["done"]["token"]
    real = {"reconciliation": f"reconciliation:{mark}-real", "token": trial}
    assert bureau.ask(RECONCILE, i=real, r=f"{mark}-real")["done"]["__typename"] == "Recorded"
    roll = sheet(teacher(7, school=f"school:{mark}-anyang-primary", number=f"{mark}-7"))
    plan = planned(bureau, roll)["token"]
    _begun(served, LoadId(plan), place)
    body = {"what": "teachers", "format": "jsonl", "purpose": f"{mark} 核对"}
    taken = served.client.post("/exports", json=body, headers=bureau.headers)
    return Things(
        event=_event(served, mark),
        upload=upload,
        plan=plan,
        trial=trial,
        webhook=_webhook(bureau, mark),
        token=_token(bureau, mark, place),
        receipt=int(taken.headers["x-xuefen-access"]),
        secret=opened(bureau, csv, f"{mark}-2.csv")["address"],
    )


def _begun(served: Served, load: LoadId, place: JurisdictionId) -> None:
    """The beginning of a load of which nobody saw the end."""
    what = Loaded(
        form=Form.TEACHERS, sha256="ab" * 32, bytes=4_000, mapping="cd" * 32, position=1,
        day=TODAY, digest="ef" * 32, rows=1,
    )  # fmt: skip
    event = LoadBegun(load=load, party=place, place=place, what=what)
    [done] = served.house.ledger.ask([Put(events=(event,))], OPERATOR).outcomes
    assert done.accepted


def _webhook(bureau: Party, mark: str) -> str:
    """A webhook whose log has one entry."""
    found = bureau.ask(HOOK, i={"address": CLOSED}, r=f"{mark}-hook")["done"]["webhook"]["id"]
    bureau.ask(PING, id=found)
    return str(found)


def _token(bureau: Party, mark: str, place: JurisdictionId) -> str:
    """A service token's name."""
    name = f"token:{mark}"
    given = {"token": name, "place": str(place), "title": f"{mark} 系统", "until": "2024-12-31"}
    given["digest"] = fresh(ServiceTokenId(name))[1]
    assert codes(bureau.mutate(IssueServiceToken, given, f"{mark}-token")) == []
    return name


def _event(served: Served, mark: str) -> str:
    """The id of an event about a stranger."""
    teacher = NAMES["teacher"].replace(CANARY, mark)
    rows = served.operator.ask(EVENT, filter={"tags": [teacher]})["history"]["edges"]
    return str(rows[0]["node"]["id"])
