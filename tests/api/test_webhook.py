"""Webhooks: what is sent, in which order, how it is signed, and what becomes of failures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook, WebhookVerificationError

from ledger.command import Role
from ledger.fault import Fault
from ledger.register import RegisterSchool
from ledger.store.access_log import Wanted
from ledger.store.delivery import PATIENCE
from ledger.store.webhook import OWN_MAX, SECRETS_MAX
from schema.asyncapi import printed
from tests.cast import HANGZHOU, RUIAN, WENZHOU
from tests.exported import export, lines
from tests.receiver import Receiver, receiving
from tests.server import DAY, Party, Served, serving, spoken

ZHEJIANG = "jurisdiction:330000"
HOOK = (
    "id address types tags place role scope madeBy state position failures failingSince nextAttempt"
)
CREATE = (
    'mutation($i: WebhookInput!, $r: String! = "w1", $after: Position) { made: createWebhook('
    f"input: $i, requestId: $r, after: $after) {{ secret webhook {{ {HOOK} }} }} }}"
)
ONE = f"query($id: ID!) {{ webhook(id: $id) {{ {HOOK} }} }}"
LOG = (
    "query($id: ID!) { webhookDeliveries(webhook: $id) { edges { node { number kind position at "
    "attempt status failure milliseconds } } } }"
)
SENT = "{ kind position attempt status failure }"


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


@pytest.fixture
def integrator(open_served: Served) -> Party:
    """Another system of the county."""
    return open_served.party(Role.INTEGRATOR, RUIAN)


def create(party: Party, address: str, request: str = "w1", **given: Any) -> Any:
    after = given.pop("after", None)
    return party.ask(CREATE, i={"address": address, **given}, r=request, after=after)["made"]


def step(
    party: Party, name: str, hook: str, more: str = "", fields: str = "{ state position }"
) -> Any:
    document = f"mutation($id: ID!) {{ done: {name}(id: $id{more}) {fields} }}"
    return party.ask(document, id=hook)["done"]


def add_schools(served: Served, name: str, count: int, place: str = RUIAN) -> None:
    for number in range(count):
        given = {"school": f"school:{name}-{number}", "place": place, "title": "学校"}
        served.operator.mutate(RegisterSchool, given | {"stage": "PRIMARY"}, f"{name}-{number}")


def deliveries(party: Party, hook: str) -> list[dict[str, Any]]:
    return [e["node"] for e in party.ask(LOG, id=hook)["webhookDeliveries"]["edges"]]


def settled(party: Party, hook: str, wanted: Any) -> Any:
    """The webhook once it is as wanted; asked again and again, for a while."""
    for _ in range(2000):
        found = party.ask(ONE, id=hook)["webhook"]
        if wanted(found):
            return found
    raise AssertionError(found)


def sql(served: Served, statement: str) -> None:
    """Lets time pass where only the database's clock counts."""
    with psycopg.connect(served.house.ledger.url) as connection:
        connection.execute(statement)


def refused(party: Party, document: str, **variables: Any) -> str:
    [error] = party.errors(document, **variables)
    spoken(error)
    return str(error["code"])


def test_what_happens_is_sent_in_order_signed_and_in_an_envelope_that_others_read(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    start = open_served.head
    made = create(integrator, receiver.url, types=["register.school-registered"])
    add_schools(open_served, "a", 5)
    parcels = receiver.wait(5)

    for position, parcel in enumerate(parcels, start + 1):
        told = Webhook(made["secret"]).verify(parcel.body, parcel.headers)
        event = JSONFormat().read(CloudEvent, parcel.body)
        assert parcel.headers["content-type"].startswith("application/cloudevents+json")
        assert parcel.headers["webhook-id"] == f"{made['webhook']['id']}-{position}"
        assert event.get_type() == "register.school-registered"
        assert event.get_extension("sequence") == f"{position:016d}"
        assert told["data"]["position"] == position
    assert parcels[0].event["data"]["data"]["school"] == "school:a-0"
    assert len({parcel.event["source"] for parcel in parcels}) == 1

    found = settled(integrator, made["webhook"]["id"], lambda w: w["position"] == start + 5)
    assert found["state"] == "ACTIVE"
    log = deliveries(integrator, found["id"])
    assert [each["position"] for each in log] == [start + n for n in (5, 4, 3, 2, 1)]
    assert {(each["kind"], each["status"], each["failure"]) for each in log} == {
        ("EVENT", 204, None)
    }


def test_a_parcel_holds_the_bytes_of_the_ledger_and_their_hash(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    create(integrator, receiver.url)
    add_schools(open_served, "a", 1)
    data = receiver.wait(1)[0].event["data"]
    [(_, body)] = open_served.house.ledger.feed.raw_page(data["position"] - 1, 1)

    assert data["body"].encode() == body
    assert data["leafHash"] == sha256(b"\x00" + body).hexdigest()
    assert msgspec.json.decode(body)["data"] == data["data"]


def test_another_secret_does_not_verify(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    create(integrator, receiver.url)
    other = create(integrator, receiver.url, "w2")["secret"]
    add_schools(open_served, "a", 1)
    one, two = receiver.wait(2)

    verified = 0
    for parcel in (one, two):
        try:
            Webhook(other).verify(parcel.body, parcel.headers)
            verified += 1
        except WebhookVerificationError:
            pass
    assert verified == 1


@pytest.mark.parametrize(
    ("scope", "wish", "seen"),
    [
        (RUIAN, {}, ["here"]),
        (WENZHOU, {}, ["here", "there"]),
        (WENZHOU, {"place": RUIAN}, ["here"]),
        (RUIAN, {"place": WENZHOU}, ["here"]),
        (ZHEJIANG, {"place": WENZHOU}, ["here", "there"]),
        (ZHEJIANG, {"place": HANGZHOU}, ["far"]),
        (ZHEJIANG, {"tags": ["school:far-0"]}, ["far"]),
        (ZHEJIANG, {"types": ["register.school-registered"]}, ["here", "there", "far"]),
        (HANGZHOU, {"place": RUIAN}, []),
    ],
)
def test_a_webhook_is_sent_what_its_scope_and_its_wish_let_through(
    open_served: Served, receiver: Receiver, scope: str, wish: dict[str, Any], seen: list[str]
) -> None:
    party = open_served.party(Role.INTEGRATOR, scope)
    made = create(party, receiver.url, **wish)
    for name, place in (("here", RUIAN), ("there", WENZHOU), ("far", HANGZHOU)):
        add_schools(open_served, name, 1, place)
    settled(party, made["webhook"]["id"], lambda w: w["position"] == open_served.head)

    schools = [each.event["data"]["data"]["school"] for each in receiver.parcels]
    assert schools == [f"school:{each}-0" for each in seen]


def test_what_is_not_taken_is_sent_again_before_anything_later(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    receiver.statuses = [500, 302]
    made = create(integrator, receiver.url)["webhook"]
    start = open_served.head
    add_schools(open_served, "a", 3)
    receiver.wait(1)
    failing = settled(integrator, made["id"], lambda w: w["failures"] == 1)
    assert failing["position"] == start and failing["nextAttempt"] > failing["failingSince"]
    sql(open_served, "update vault.webhooks set due = clock_timestamp()")
    settled(integrator, made["id"], lambda w: w["failures"] == 2)
    sql(open_served, "update vault.webhooks set due = clock_timestamp()")
    receiver.wait(5)

    assert receiver.positions == [start + n for n in (1, 1, 1, 2, 3)]
    assert len({each.headers["webhook-id"] for each in receiver.parcels[:3]}) == 1
    found = settled(integrator, made["id"], lambda w: w["position"] == start + 3)
    assert (found["failures"], found["failingSince"], found["nextAttempt"]) == (0, None, None)
    first = [e for e in deliveries(integrator, made["id"]) if e["position"] == start + 1]
    assert [(each["attempt"], each["status"]) for each in first] == [(3, 204), (2, 302), (1, 500)]


def test_a_receiver_that_asks_for_a_pause_gets_it(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    receiver.statuses, receiver.headers = [503], {"retry-after": "7200"}
    made = create(integrator, receiver.url)["webhook"]
    add_schools(open_served, "a", 1)
    settled(integrator, made["id"], lambda w: w["failures"] == 1)

    with psycopg.connect(open_served.house.ledger.url) as connection:
        row = connection.execute(
            "select due > failing_since + interval '119 minutes' from vault.webhooks"
        ).fetchone()
    assert row == (True,)


def test_a_webhook_that_fails_for_days_is_disabled_with_notice_and_can_be_resumed(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    with receiving() as other:
        second = create(integrator, other.url, "w2", types=["order.submitted"])["webhook"]
        receiver.statuses = [500, 500]
        made = create(integrator, receiver.url)["webhook"]
        add_schools(open_served, "a", 1)
        settled(integrator, made["id"], lambda w: w["failures"] == 1)
        sql(
            open_served,
            "update vault.webhooks set due = clock_timestamp(), failing_since = clock_timestamp() "
            f"- interval '{PATIENCE.days} days 1 second' where failures > 0",
        )
        found = settled(integrator, made["id"], lambda w: w["state"] == "DISABLED")
        notice = other.wait(1)[0].event
    assert notice["type"] == "xuefen.webhook-disabled"
    assert notice["data"]["webhook"] == made["id"]
    [recorded] = open_served.house.ledger.access_log.page(Wanted(what="webhook.disable"), 5)
    assert recorded.filters == {"webhook": made["id"], "failure": "STATUS"}
    assert recorded.places == (RUIAN,)
    assert found["position"] < open_served.head

    assert step(integrator, "resumeWebhook", made["id"])["state"] == "ACTIVE"
    settled(integrator, made["id"], lambda w: w["position"] == open_served.head)
    assert len(receiver.parcels) == 3
    assert second["id"] != made["id"]


def test_what_passes_without_a_delivery_forgets_an_earlier_failure(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    """Otherwise the next failure, days later, would be one after days without a success."""
    hook = create(integrator, receiver.url)["webhook"]["id"]
    receiver.statuses = [500]
    add_schools(open_served, "a", 1)
    settled(integrator, hook, lambda w: w["failures"] == 1)
    other = f'{{address: "{receiver.url}", types: ["order.submitted"]}}'
    step(integrator, "changeWebhook", hook, f", input: {other}")
    sql(open_served, "update vault.webhooks set due = clock_timestamp()")
    add_schools(open_served, "b", 1)  # and nothing of all this is wanted any more
    found = settled(integrator, hook, lambda w: w["position"] == open_served.head)

    assert (found["failures"], found["failingSince"]) == (0, None)
    assert len(receiver.parcels) == 1


def test_an_address_is_looked_up_only_once_there_is_something_to_send(
    open_served: Served, integrator: Party, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = create(integrator, receiver.url)["webhook"]["id"]

    async def away(*_: Any, **__: Any) -> Any:
        raise Fault("BAD_ADDRESS", zh="主机名无法解析", en="its host cannot be looked up")

    monkeypatch.setattr("api.courier.look_up", away)
    add_schools(open_served, "far", 1, HANGZHOU)
    found = settled(integrator, hook, lambda w: w["failures"] or w["position"] == open_served.head)
    assert (found["failures"], found["failingSince"], deliveries(integrator, hook)) == (0, None, [])

    add_schools(open_served, "near", 1)
    settled(integrator, hook, lambda w: w["failures"] == 1)
    [failed] = deliveries(integrator, hook)
    assert (failed["failure"], failed["position"]) == ("ADDRESS", open_served.head)


def test_a_receiver_that_is_gone_is_disabled_at_once(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    receiver.statuses = [410]
    made = create(integrator, receiver.url)["webhook"]
    add_schools(open_served, "a", 2)

    settled(integrator, made["id"], lambda w: w["state"] == "DISABLED")
    assert len(receiver.parcels) == 1


def test_one_that_fails_holds_nobody_up(open_served: Served, receiver: Receiver) -> None:
    party = open_served.party(Role.INTEGRATOR, RUIAN)
    with receiving() as broken:
        broken.statuses = [500] * 50
        for number in range(4):
            create(party, broken.url, f"b{number}")
        create(party, receiver.url)
        add_schools(open_served, "a", 10)
        receiver.wait(10)
        assert len(set(receiver.positions)) == 10


def test_a_paused_webhook_is_sent_nothing_and_later_everything(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    made = create(integrator, receiver.url)["webhook"]
    assert step(integrator, "pauseWebhook", made["id"])["state"] == "PAUSED"
    with receiving() as other:
        create(integrator, other.url, "w2")
        add_schools(open_served, "a", 3)
        other.wait(3)
    assert receiver.parcels == []

    step(integrator, "resumeWebhook", made["id"])
    receiver.wait(3)


def test_a_new_secret_signs_beside_the_old_one(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    made = create(integrator, receiver.url)
    hook = made["webhook"]["id"]
    fresh = step(integrator, "rotateWebhookSecret", hook, fields="{ secret }")["secret"]
    add_schools(open_served, "a", 1)
    parcel = receiver.wait(1)[0]

    for secret in (made["secret"], fresh):
        Webhook(secret).verify(parcel.body, parcel.headers)
    for _ in range(SECRETS_MAX - 2):
        step(integrator, "rotateWebhookSecret", hook, fields="{ secret }")
    rotate = "mutation($id: ID!) { rotateWebhookSecret(id: $id) { secret } }"
    assert refused(integrator, rotate, id=hook) == "TOO_MANY_SECRETS"


def test_all_from_a_position_on_is_sent_again(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    start = open_served.head
    made = create(integrator, receiver.url)["webhook"]
    add_schools(open_served, "a", 3)
    receiver.wait(3)
    settled(integrator, made["id"], lambda w: w["position"] == start + 3)
    step(integrator, "recoverWebhook", made["id"], f", after: {start + 1}")
    receiver.wait(5)

    assert receiver.positions == [start + n for n in (1, 2, 3, 2, 3)]
    document = (
        'mutation($id: ID!) { recoverWebhook(id: $id, since: "2024-01-01T00:00:00Z") { id } }'
    )
    integrator.ask(document, id=made["id"])
    seen = integrator.ask("{ history { edges { node { position } } } }")["history"]["edges"]
    assert len(seen) > 3
    receiver.wait(5 + len(seen))


def test_what_is_sent_again_from_an_instant_on_begins_with_what_came_at_that_instant(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    open_served.clock.set(DAY + timedelta(days=1))  # each entry at an instant of its own
    start = open_served.head
    hook = create(integrator, receiver.url)["webhook"]["id"]
    add_schools(open_served, "some", 3)
    receiver.wait(3)
    settled(integrator, hook, lambda w: w["position"] == start + 3)
    since = open_served.house.ledger.feed.learned_at(start + 2)
    assert since is not None
    document = "mutation($id: ID!, $s: DateTime!) { recoverWebhook(id: $id, since: $s) { id } }"
    integrator.ask(document, id=hook, s=since.isoformat())
    receiver.wait(5)
    assert receiver.positions == [start + n for n in (1, 2, 3, 2, 3)]


def test_a_trial_and_one_entry_again_say_what_came_of_them(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    add_schools(open_served, "a", 1)
    add_schools(open_served, "far", 1, HANGZHOU)
    made = create(integrator, receiver.url)
    hook = made["webhook"]["id"]
    receiver.statuses = [204, 500]

    ping = step(integrator, "pingWebhook", hook, fields=SENT)
    assert (ping["kind"], ping["status"], ping["failure"]) == ("PING", 204, None)
    again = step(integrator, "resendWebhook", hook, f", position: {open_served.head - 1}", SENT)
    assert (again["kind"], again["status"], again["failure"]) == ("RESENT", 500, "STATUS")
    assert receiver.parcels[0].event["type"] == "xuefen.ping"
    Webhook(made["secret"]).verify(receiver.parcels[0].body, receiver.parcels[0].headers)
    assert receiver.positions == [open_served.head - 1]
    document = (
        f"mutation($id: ID!, $p: Position!) {{ resendWebhook(id: $id, position: $p) {SENT} }}"
    )
    assert refused(integrator, document, id=hook, p=open_served.head) == "UNKNOWN_ENTRY"
    assert [each["kind"] for each in deliveries(integrator, hook)] == ["RESENT", "PING"]


def test_a_secret_is_shown_once_and_lies_sealed(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    made = create(integrator, receiver.url + "?token=geheim")
    again = create(integrator, receiver.url + "?token=geheim")

    assert again["webhook"]["id"] == made["webhook"]["id"] and again["secret"] is None
    assert refused(integrator, CREATE, i={"address": receiver.url}) == "REQUEST_REUSED"
    with psycopg.connect(open_served.house.ledger.url) as connection:
        for table in ("vault.webhooks", "ledger.events", "ledger.access_log"):
            rows = str(connection.execute(f"select * from {table}").fetchall())
            assert made["secret"] not in rows and "geheim" not in rows, table


def test_every_step_is_on_record_before_it_is_taken(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    made = create(integrator, receiver.url, place=RUIAN)["webhook"]
    for name in ("pauseWebhook", "resumeWebhook"):
        step(integrator, name, made["id"])
    step(integrator, "rotateWebhookSecret", made["id"], fields="{ secret }")
    change = (
        "mutation($id: ID!, $i: WebhookInput!) { changeWebhook(id: $id, input: $i) "
        f"{{ {HOOK} }} }}"
    )
    changed = integrator.ask(change, id=made["id"], i={"address": receiver.url, "tags": [RUIAN]})
    assert changed["changeWebhook"]["tags"] == [RUIAN] and changed["changeWebhook"]["place"] is None
    assert step(integrator, "removeWebhook", made["id"], fields="") is True
    assert integrator.ask(ONE, id=made["id"])["webhook"] is None

    auditor = open_served.party(Role.AUDITOR, RUIAN)
    log = auditor.ask(
        "{ accessLog(kind: WEBHOOK, latestFirst: false) { edges { node { what } } } }"
    )
    assert [each["node"]["what"].split(".")[1] for each in log["accessLog"]["edges"]] == [
        "create", "pause", "resume", "rotate", "change", "remove",
    ]  # fmt: skip


def test_nobody_sees_or_minds_the_webhook_of_another_scope(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    made = create(integrator, receiver.url)["webhook"]
    others = [
        open_served.party(Role.INTEGRATOR, HANGZHOU),
        open_served.party(Role.INTEGRATOR, WENZHOU),
        open_served.party(Role.BUREAU, WENZHOU),
    ]
    for other in others:
        assert other.ask(ONE, id=made["id"])["webhook"] is None
        assert other.ask("{ webhooks { edges { node { id } } } }")["webhooks"]["edges"] == []
        assert deliveries(other, made["id"]) == []
        for name in ("pause", "resume", "remove", "ping"):
            fields = "" if name == "remove" else "{ __typename }"
            document = f"mutation($id: ID!) {{ {name}Webhook(id: $id) {fields} }}"
            assert refused(other, document, id=made["id"]) == "UNKNOWN_WEBHOOK"
    colleague = open_served.party(Role.INTEGRATOR, RUIAN, "staff:another")
    assert colleague.ask(ONE, id=made["id"])["webhook"]["id"] == made["id"]
    seen = open_served.operator.ask("{ webhooks { edges { node { id } } } }")["webhooks"]["edges"]
    assert [each["node"]["id"] for each in seen] == [made["id"]]
    assert receiver.parcels == []


@pytest.mark.parametrize(
    ("role", "scope", "code"),
    [
        (Role.TEACHER, "teacher:me", "FORBIDDEN_ROLE"),
        (Role.SCHOOL, "school:x", "FORBIDDEN_ROLE"),
        (Role.PROVIDER, "provider:x", "FORBIDDEN_ROLE"),
        (Role.AUDITOR, RUIAN, "FORBIDDEN_ROLE"),
        (Role.PUBLIC, "", "UNAUTHENTICATED"),
    ],
)
def test_other_roles_have_no_webhooks(quiet: Served, role: Role, scope: str, code: str) -> None:
    party = quiet.party(role, scope)

    assert refused(party, CREATE, i={"address": "https://example.org/"}) == code
    assert party.ask("{ webhooks { edges { node { id } } } }")["webhooks"]["edges"] == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"types": ["no.such-type"]}, "UNKNOWN_TYPE"),
        ({"tags": ["nonsense"]}, "MALFORMED_NAME"),
        ({"tags": [f"school:{n}" for n in range(17)]}, "BAD_FILTER"),
        ({"place": "school:x"}, "MALFORMED_NAME"),
        ({"address": "ftp://127.0.0.1/"}, "BAD_ADDRESS"),
        ({"address": "https://user:pw@127.0.0.1/"}, "BAD_ADDRESS"),
        ({"address": "https://" + "a" * 3000}, "BAD_ADDRESS"),
        ({"address": "nonsense"}, "BAD_ADDRESS"),
        ({"address": "http://host.invalid/"}, "BAD_ADDRESS"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    open_served: Served, integrator: Party, given: dict[str, Any], code: str
) -> None:
    assert refused(integrator, CREATE, i={"address": "http://127.0.0.1:9/"} | given) == code


def test_a_scope_has_so_many_webhooks_and_no_more(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    for number in range(OWN_MAX):
        create(integrator, receiver.url, f"w{number}")
    given = {"address": receiver.url}
    assert refused(integrator, CREATE, i=given, r="one-more") == "TOO_MANY_WEBHOOKS"
    assert create(integrator, receiver.url, "w0")["secret"] is None
    create(open_served.party(Role.BUREAU, RUIAN), receiver.url, "mine")


def test_two_servers_share_the_work_and_send_everything_once(
    founded_url: str, tmp_path: Path, receiver: Receiver
) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for each in folders:
        each.mkdir()
    with (
        serving(founded_url, folders[0], private_webhooks=True) as one,
        serving(founded_url, folders[1], private_webhooks=True),
    ):
        party = one.party(Role.INTEGRATOR, RUIAN)
        for number in range(3):
            create(party, receiver.url, f"w{number}")
        start = one.head
        add_schools(one, "a", 20)
        receiver.wait(60)
        for each in party.ask(f"{{ webhooks {{ edges {{ node {{ {HOOK} }} }} }} }}")["webhooks"][
            "edges"
        ]:
            settled(party, each["node"]["id"], lambda w: w["position"] == start + 20)
    by_hook: dict[str, list[int]] = {}
    for parcel in receiver.parcels:
        hook, _, position = parcel.headers["webhook-id"].rpartition("-")
        by_hook.setdefault(hook, []).append(int(position))
    assert list(by_hook.values()) == [list(range(start + 1, start + 21))] * 3


def test_webhooks_and_their_deliveries_are_taken_as_files(
    open_served: Served, integrator: Party, receiver: Receiver
) -> None:
    made = create(integrator, receiver.url)
    hook = made["webhook"]["id"]
    step(integrator, "pingWebhook", hook, fields=SENT)

    told = lines(export(integrator, "webhooks"))
    [asked] = integrator.ask(f"{{ webhooks {{ edges {{ node {{ {HOOK} }} }} }} }}")["webhooks"][
        "edges"
    ]
    assert [{name: row[name] for name in asked["node"]} for row in told] == [asked["node"]]
    assert made["secret"] not in str(told)
    given = {"filters": {"webhook": hook}}
    rows = lines(export(integrator, "webhookDeliveries", **given))
    logged = deliveries(integrator, hook)
    assert [{name: row[name] for name in each} for row, each in zip(rows, logged, strict=True)] == (
        logged
    )
    stranger = open_served.party(Role.INTEGRATOR, HANGZHOU)
    assert lines(export(stranger, "webhooks")) == []
    assert lines(export(stranger, "webhookDeliveries", **given)) == []


def test_what_is_sent_is_described_under_an_address(quiet: Served) -> None:
    answer = quiet.client.get("/asyncapi.json")

    assert answer.json() == json.loads(printed())
    assert answer.headers["content-type"] == "application/json"
