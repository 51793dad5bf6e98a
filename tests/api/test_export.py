"""Exports over HTTP: the rows of the query, logged before they leave, and nobody else's."""

from __future__ import annotations

import csv
import io
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from threading import Barrier, Event
from typing import Any

import httpx
import psycopg
import pytest

from api.auth import issue
from ledger.command import Asker, Role
from ledger.fault import Fault
from ledger.names import JurisdictionId
from ledger.store.access_log import Logged, Wanted
from schema.column import parts_of
from schema.export_document import EXPORTS, ONE_BY_ONE
from schema.export_query import QUERIES
from tests.cast import COUNTY_SCHOOL, HANGZHOU, LIN, RUIAN, SCHOOL
from tests.exported import FORMS, NEEDED, bureau, code, export, lines, told
from tests.server import Party, Served
from tests.told import SEALED, told_template
from tests.town import founded_template

__all__ = ["founded_template", "told", "told_template"]

STANDING = [each for each in EXPORTS if each not in QUERIES]
# Hangzhou has events of its own: the founding.
LOGGED = ("history", "leaves")
OPEN = ("schools", "providers", "offerings")
SINCE = [0]


@pytest.fixture
def town(told: Served) -> Served:
    """The same; what it logs is counted from here."""
    SINCE[0] = told.house.ledger.access_log.count(Wanted())
    return told


def log(town: Served) -> list[Logged]:
    """What was logged in this test, the latest first."""
    found = town.house.ledger.access_log.page(Wanted(), 100)
    return [each for each in found if each.number > SINCE[0]]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", STANDING)
def test_each_list_and_document_is_a_file_that_is_told_and_logged(
    town: Served, what: str, form: str
) -> None:
    answer = export(bureau(town), what, form)

    assert answer.status_code == 200, answer.text
    digest = sha256(answer.content).hexdigest()
    told = answer.headers
    assert told["x-xuefen-sha256"] == digest
    assert b64decode(told["content-digest"].split(":")[1]).hex() == digest
    assert told["x-xuefen-position"] == str(town.head)
    assert int(told["x-xuefen-rows"]) > 0
    assert told["content-disposition"] == f'attachment; filename="xuefen-{what}-{town.head}.{form}"'
    [row] = log(town)
    assert (row.what, row.format, row.sha256) == (what, form, digest)
    assert (row.rows, row.bytes) == (int(told["x-xuefen-rows"]), len(answer.content))
    assert (row.actor, row.role, row.scope) == ("staff:bureau", "BUREAU", RUIAN)


@pytest.mark.parametrize("what", [each for each in STANDING if each not in NEEDED])
def test_lines_have_the_keys_of_the_query_and_tables_the_same_fields(
    town: Served, what: str
) -> None:
    [first, *_] = found = lines(export(bureau(town), what))
    table = export(bureau(town), what, "csv").content.decode("utf-8-sig")
    [head, *rows] = csv.reader(io.StringIO(table, newline=""), strict=True)

    apart = (*ONE_BY_ONE, *getattr(EXPORTS[what], "without", ()))
    assert {part.key for part in parts_of(EXPORTS[what].kind, without=apart)} <= set(first)
    assert len(rows) == len(found) and {len(row) for row in rows} == {len(head)}
    assert len(set(head)) == len(head)
    assert all(any("一" <= c <= "鿿" for c in title) for title in head)


def test_the_rows_are_those_of_the_query(town: Served) -> None:
    document = "{ enrollments(first: 500) { edges { node { teacher offering status round "
    document += "selected baseCredits match { tier } positions } } } }"
    asked = bureau(town).ask(document)["enrollments"]["edges"]
    found = lines(export(bureau(town), "enrollments"))

    assert [{key: row[key] for key in asked[0]["node"] if key != "match"} for row in found] == [
        {k: v for k, v in edge["node"].items() if k != "match"} for edge in asked
    ]


def test_a_record_goes_out_with_its_lines_and_verdict(town: Served) -> None:
    document = 'query($t: ID!) { creditRecord(teacher: $t, on: "2024-08-31") { credits lines '
    document += "{ credit credits } verdict { result zh requirements { code result } } } }"
    asked = bureau(town).ask(document, t=LIN)["creditRecord"]
    filters = {"teacher": LIN, "on": "2024-08-31"}
    [found] = lines(export(bureau(town), "creditRecords", filters=filters))
    apart = lines(export(bureau(town), "creditLines", filters=filters))
    judged = lines(export(bureau(town), "requirements", filters=filters))

    assert found["credits"] == asked["credits"]
    assert [each["credit"] for each in found["lines"]] == [e["credit"] for e in asked["lines"]]
    assert found["verdict"]["zh"] == asked["verdict"]["zh"]
    assert [each["credit"] for each in apart] == [each["credit"] for each in asked["lines"]]
    assert {each["teacher"] for each in (*apart, *judged)} == {LIN}
    assert [each["code"] for each in judged] == [
        each["code"] for each in asked["verdict"]["requirements"]
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", STANDING)
def test_now_and_as_of_now_are_the_same_bytes(town: Served, what: str, form: str) -> None:
    now = export(bureau(town), what, form)
    moment = {"position": town.head, "on": town.house.ledger.today().isoformat()}
    then = export(bureau(town), what, form, asOf=moment)

    assert now.status_code == then.status_code == 200
    assert now.content == then.content == export(bureau(town), what, form).content


def test_a_past_moment_is_exported(town: Served) -> None:
    assert lines(export(bureau(town), "enrollments", asOf={"effective": "2024-01-01"})) == []
    early = export(bureau(town), "history", asOf={"position": 7})
    assert (early.headers["x-xuefen-position"], len(lines(early)) <= 7) == ("7", True)
    assert code(export(bureau(town), "teachers", asOf={"position": town.head + 1})) == "BEYOND_HEAD"


@pytest.mark.parametrize("what", STANDING)
def test_an_empty_file_of_a_moment_stands_at_that_moment(town: Served, what: str) -> None:
    past = {"asOf": {"position": town.head - 1}}
    for role, scope in ((Role.TEACHER, "teacher:nobody"), (Role.PROVIDER, "provider:nobody")):
        answer = export(town.party(role, scope), what, **past)
        assert answer.status_code == 200, answer.text
        assert answer.headers["x-xuefen-position"] == str(town.head - 1)


def test_a_person_is_masked_without_a_purpose_or_a_role_that_may(town: Served) -> None:
    def name(party: Party, **more: Any) -> Any:
        answer = export(party, "teachers", **more)
        return next(each["person"]["name"] for each in lines(answer) if each["id"] == SEALED)

    integrator = town.party(Role.INTEGRATOR, RUIAN)
    assert name(bureau(town)) == "林**"
    assert name(integrator, purpose="核对名册") == "林**"
    assert name(bureau(town), purpose="核对名册") == "林老师"
    assert [(each.clear, each.purpose) for each in log(town)] == [
        (True, "核对名册"), (False, "核对名册"), (False, ""),
    ]  # fmt: skip
    assert code(export(bureau(town), "teachers", purpose="x")) == "BAD_PURPOSE"


def test_a_teacher_learns_of_the_exports_that_they_stood_in(town: Served) -> None:
    export(bureau(town), "enrollments", filters={"teacher": str(LIN)})
    export(bureau(town), "orders")
    asked = "{ accessLog(first: 1) { edges { node { kind what actor rows filters } } } }"

    found = town.party(Role.TEACHER, LIN).ask(asked)["accessLog"]["edges"]
    assert [each["node"] for each in found][:1] == [
        {
            "kind": "EXPORT",
            "what": "enrollments",
            "actor": "staff:bureau",
            "rows": None,
            "filters": None,
        }
    ]


@pytest.mark.parametrize("what", STANDING)
def test_another_county_is_given_nothing_whatever_it_filters_by(town: Served, what: str) -> None:
    if what in OPEN:
        return
    stranger = bureau(town, HANGZHOU)
    filters: dict[str, Any] = dict(NEEDED.get(what, {}))
    if "place" in EXPORTS[what].filters():
        filters["place"] = RUIAN
    answer = export(stranger, what, filters=filters)
    assert lines(answer) == [] or what in LOGGED
    assert "teacher:" not in answer.text and f'"place":"{RUIAN}"' not in answer.text


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.SCHOOL, "school:elsewhere"),
        (Role.TEACHER, "teacher:nobody"),
        (Role.PROVIDER, "provider:nobody"),
        (Role.AUDITOR, HANGZHOU),
        (Role.INTEGRATOR, HANGZHOU),
    ],
)
def test_strangers_are_given_nothing(town: Served, role: Role, scope: str) -> None:
    for what in STANDING:
        if what not in OPEN and (what, role) != ("orders", Role.PROVIDER):
            answer = export(town.party(role, scope), what)
            assert lines(answer) == [] or (what in LOGGED and scope == HANGZHOU)
            assert "teacher:" not in answer.text and f'"place":"{RUIAN}"' not in answer.text


def test_each_party_takes_what_is_its_own(town: Served) -> None:
    teacher = lines(export(town.party(Role.TEACHER, LIN), "enrollments"))
    school = lines(export(town.party(Role.SCHOOL, SCHOOL), "teachers"))
    provider = lines(export(town.party(Role.PROVIDER, COUNTY_SCHOOL), "projects"))

    assert {each["teacher"] for each in teacher} == {LIN}
    assert {each["school"] for each in school} == {SCHOOL}
    assert {each["provider"] for each in provider} == {COUNTY_SCHOOL}


def test_without_a_token_or_with_a_forged_or_expired_one_nothing_is_opened(town: Served) -> None:
    asker = Asker(actor="staff:a", role=Role.BUREAU, scope=JurisdictionId(RUIAN))
    expired = Party(town, issue(town.key, asker, valid=timedelta(minutes=-5)))
    good = bureau(town).token or ""
    forged = Party(town, good[:-6] + ("aaaaaa" if not good.endswith("aaaaaa") else "bbbbbb"))

    for party in (town.public, expired, forged):
        answer = export(party, "teachers")
        assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")
    assert town.client.get("/exports/1").status_code == 404
    assert log(town) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"what": "../../etc/passwd"}, "BAD_EXPORT"),
        ({"format": "exe"}, "BAD_EXPORT"),
        ({"format": "../csv"}, "BAD_EXPORT"),
        ({"file": "/tmp/x"}, "BAD_EXPORT"),
        ({"filters": {"place": "jurisdiction:' or 1=1 --"}}, "MALFORMED_NAME"),
        ({"filters": {"tags": "x"}}, "BAD_FILTER"),
        ({"filters": {'place") or (1=1': "x"}}, "BAD_FILTER"),
        ({"filters": {"place": "x" * 500}}, "BAD_FILTER"),
        ({"filters": {"place": "a\r\nb"}}, "BAD_FILTER"),
        ({"filters": {"place": ["a"]}}, "BAD_EXPORT"),
        ({"asOf": {"position": 1, "instant": "2024-01-01T00:00:00+08:00"}}, "BAD_AS_OF"),
        ({"asOf": {"position": -1}}, "BAD_EXPORT"),
        ({"asOf": {"position": 10**30}}, "BAD_EXPORT"),
        ({"asOf": {"instant": "2024-01-01"}}, "BAD_INSTANT"),
        ({"what": "enrollments", "filters": {"status": "MADE_UP"}}, "BAD_FILTER"),
        ({"what": "obligations", "filters": {}}, "BAD_FILTER"),
        ({"what": "obligations", "filters": {"place": RUIAN, "year": 2999}}, "BAD_FILTER"),
        ({"what": "history", "filters": {"types": "no.such"}}, "UNKNOWN_TYPE"),
        ({"what": "levels", "filters": {"of": RUIAN}}, "BAD_FILTER"),
        ({"what": "levels", "filters": {"of": RUIAN, "year": 0}}, "BAD_COUNT"),
        ({"what": "levels", "filters": {"of": RUIAN, "year": 2024, "kind": "X"}}, "BAD_FILTER"),
        ({"what": "levels", "filters": {"of": str(LIN), "year": 2024}}, "BAD_SUBJECT"),
        ({"what": "signOffDrift", "filters": {}}, "BAD_FILTER"),
        ({"what": "signOffDrift", "filters": {"signOff": str(LIN)}}, "MALFORMED_NAME"),
    ],
)
def test_nonsense_is_refused_and_not_logged(town: Served, given: Any, expected: str) -> None:
    body = {"what": "teachers"} | given
    answer = town.client.post("/exports", json=body, headers=town.operator.headers)

    assert (answer.status_code, code(answer)) == (400, expected)
    assert log(town) == []


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"{", b"\xff", b"[" * 10_000, b'{"what": 1}'),
        b'{"what": "teachers", "filters": {"place": "a", "place": "b"}}',
    ],
)
def test_what_is_no_question_is_refused(town: Served, body: bytes) -> None:
    answer = town.client.post("/exports", content=body, headers=town.operator.headers)

    assert (answer.status_code, code(answer)) == (400, "BAD_EXPORT")


def test_too_many_rows_are_refused_before_anything_leaves(
    town: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.spool.ROWS_MAX", 3)
    answer = export(town.operator, "history")

    assert (answer.status_code, code(answer)) == (400, "TOO_MANY_ROWS")
    assert "3" in answer.json()["errors"][0]["extensions"]["en"]
    assert log(town) == []


def test_what_cannot_be_logged_does_not_leave(town: Served) -> None:
    with psycopg.connect(town.house.ledger.url, autocommit=True) as connection:
        connection.execute("revoke insert on ledger.access_log from xuefen_app")
        answer = export(town.operator, "teachers", purpose="核对名册")
        connection.execute("grant insert on ledger.access_log to xuefen_app")

    assert (answer.status_code, code(answer)) == (500, "INTERNAL")
    assert "林老师" not in answer.text


def test_whoever_took_a_file_is_told_of_it_again_and_nobody_else(town: Served) -> None:
    number = export(bureau(town), "teachers").headers["x-xuefen-access"]

    def again(party: Party, which: str = number) -> httpx.Response:
        return town.client.get(f"/exports/{which}", headers=party.headers)

    told = again(bureau(town)).json()
    assert (told["what"], told["number"], told["position"]) == ("teachers", int(number), town.head)
    for other in (bureau(town, HANGZHOU), town.operator, town.party(Role.SCHOOL, SCHOOL)):
        assert again(other).status_code == 404
    for which in (str(int(number) + 1), "0", "x", "9" * 40, "..%2f1"):
        assert again(bureau(town), which).status_code == 404


def test_no_more_than_a_few_are_made_at_once(town: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, go_on = Barrier(3), Event()

    def slow(*_: Any) -> Any:
        inside.wait(20)
        go_on.wait(20)
        raise Fault("SLOW", zh="慢", en="slow")

    monkeypatch.setattr("api.export._taken", slow)
    with ThreadPoolExecutor(2) as pool:
        others = [pool.submit(export, town.operator, "orders") for _ in range(2)]
        inside.wait(20)
        answer = export(town.operator, "orders")
        go_on.set()
        assert [code(each.result()) for each in others] == ["SLOW", "SLOW"]
    assert (answer.status_code, code(answer)) == (503, "EXPORTS_BUSY")
    assert answer.headers["retry-after"]
    monkeypatch.undo()
    assert export(town.operator, "orders").status_code == 200
