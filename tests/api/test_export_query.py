"""Exports of questions: each file holds what its query answers to who asks, and no more."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pytest

from ledger.command import Role
from ledger.store.access_log import Wanted
from ledger.trainer import RegisterTrainer
from schema.export_query import QUERIES
from tests.cast import COUNTY_SCHOOL, HANGZHOU, LIN, OFFERING, RUIAN, SCHOOL
from tests.exported import FORMS, bureau, code, export, lines, told
from tests.server import Party, Served, codes
from tests.told import SEALED, told_template
from tests.town import CREDIT, SAMPLE, founded_template

__all__ = ["founded_template", "told", "told_template"]

DRAFT = """
[document]
id = "ra24-total"
number = "瑞教〔2024〕10号"
title_zh = "关于周期学分的通知"
title_en = "Notice on the total"
authority_zh = "瑞安市教育局"
authority_en = "Rui'an Education Bureau"
place = "330381"
year = 2024
issued = 2024-01-01
certain_from = 2024-01-01

[[rule]]
id = "RA24-01"
clause = "§一"
kind = "cycle-total"
use = "requirement"
strength = "hard"
zh = "周期学分不少于四百。"
en = "Four hundred credits or more over a cycle."
since = 2024-01-01
parameters = { years = 5, credits_min = 400 }
"""
ENTRY = "entry { position id type at on actor place tags data }"
LINK = f"of kind depth {ENTRY}"
REASON = "code zh en rule number clause clauseZh certain parameters evidence opposing facts"
WHY = f"{{ answer zh en reasons {{ {REASON} missing {{ code zh en day }} }} }}"
TALLY = "{ of tally { teachers lost won other moved } }"


def nodes(answer: Any) -> list[Any]:
    """The nodes of a connection."""
    return [each["node"] for each in answer["edges"]]


def under(above: tuple[str, ...], key: str) -> Callable[[Any], list[Any]]:
    """A list with what stands above it in each row; one row where it is empty."""
    return lambda answer: [
        {each: answer[each] for each in above} | {key: row} for row in answer[key] or [None]
    ]


def evidence(answer: Any) -> list[Any]:
    """Events in order, then rules."""
    events = [
        {"position": at, "event": event, "rule": None}
        for at, event in zip(answer["positions"], answer["events"], strict=True)
    ]
    return events + [{"position": None, "event": None, "rule": each} for each in answer["rules"]]


@dataclass(frozen=True)
class Case:
    """An export's filters, the same question in GraphQL, and how its answer is made of rows."""

    filters: dict[str, Any]
    arguments: str
    fields: str
    rows: Callable[[Any], list[Any]]
    query: str = ""


def why(arguments: str = "") -> Case:
    given = f'teacher: "{LIN}", offering: "{OFFERING}", asOf: $asOf'
    pair = {"teacher": str(LIN), "offering": str(OFFERING)}
    return Case(pair, given + arguments, WHY, under(("answer", "zh", "en"), "reasons"))


def tried(fields: str, rows: Callable[[Any], list[Any]]) -> Case:
    return Case({"draft": DRAFT}, "draft: $draft, asOf: $asOf", fields, rows, "whatIf")


FLIP = "teacher school place before after countedBefore countedAfter turns { code before after }"
EFFECT = "cause counted credits on zh en position event type gone turns { code before after }"
CORRECTED = "credit.corrected"
CASES = {
    "evidence": Case(
        {"teacher": str(LIN)}, f'teacher: "{LIN}", asOf: $asOf', "{ positions events rules }",
        evidence,
    ),
    "creditWarnings": Case(
        {"teacher": str(LIN)}, f'teacher: "{LIN}", asOf: $asOf',
        "{ warnings { danger amount unit by zh en rule citation certain events } }",
        lambda answer: answer["warnings"], "creditRecord",
    ),
    "creditDifference": Case(
        {"teacher": str(LIN), "beforePosition": 300},
        f'teacher: "{LIN}", before: {{position: 300}}, after: $asOf',
        f"{{ counted credits effects {{ {EFFECT} }} }}", under(("counted", "credits"), "effects"),
    ),
    "whyNotSelected": why(),
    "whyNotCompleted": why(),
    "whyNotAdmitted": why(),
    "whyNotCounted": why(),
    "whatIf": Case(
        {"draft": DRAFT, "turn": "LOST,MOVED"},
        "draft: $draft, turn: [LOST, MOVED], asOf: $asOf",
        f"{{ flips {{ edges {{ node {{ {FLIP} }} }} }} }}",
        lambda answer: nodes(answer["flips"]), "whatIf",
    ),
    "whatIfPlaces": tried(f"{{ places {TALLY} }}", lambda answer: answer["places"]),
    "whatIfSchools": tried(f"{{ schools {TALLY} }}", lambda answer: answer["schools"]),
    "findingCounts": Case(
        {"outcome": "VIOLATION,ADVISORY"}, "outcome: [VIOLATION, ADVISORY], asOf: $asOf",
        "{ rows { count rule outcome state } }", lambda answer: answer["rows"],
    ),
    "timeline": Case(
        {"of": str(LIN), "alongWith": str(OFFERING), "latestFirst": "true"},
        f'of: "{LIN}", alongWith: ["{OFFERING}"], latestFirst: true, asOf: $asOf',
        f"{{ edges {{ node {{ zh en {ENTRY} }} }} }}", nodes,
    ),
    "alterations": Case(
        {"id": CORRECTED}, "id: $id, asOf: $asOf",
        "{ edges { node { view key made changes { path before after } } } }", nodes,
    ),
    "causes": Case(
        {"id": CORRECTED, "depth": 3}, "id: $id, depth: 3, asOf: $asOf",
        f"{{ more links {{ {LINK} }} }}", under(("more",), "links"),
    ),
    "consequences": Case(
        {"id": CORRECTED}, "id: $id, asOf: $asOf", f"{{ more links {{ {LINK} }} }}",
        under(("more",), "links"),
    ),
    "effects": Case(
        {"id": "credit.awarded"}, "id: $id, asOf: $asOf", f"{{ edges {{ node {{ {LINK} }} }} }}",
        nodes,
    ),
    "auditSamples": Case(
        {"owner": RUIAN}, f'owner: "{RUIAN}", asOf: $asOf',
        "{ edges { node { id place first last share size seed sha256 items { name kind state } "
        "inspections { event day } } } }", nodes,
    ),
    "drawnTrainings": Case(
        {"id": str(SAMPLE)}, f'id: "{SAMPLE}", asOf: $asOf',
        "{ items { name kind title classes credits state inspections { event } } }",
        lambda answer: answer["items"], "auditSample",
    ),
    "petitions": Case(
        {"teacher": str(LIN), "status": "DECLINED"},
        f'teacher: "{LIN}", status: DECLINED, asOf: $asOf',
        "{ edges { node { id credit teacher school place authority party creditsBefore credits "
        "reason status event decided { event reason credits } } } }", nodes,
    ),
    "reconciliations": Case(
        {"place": RUIAN}, f'place: "{RUIAN}", asOf: $asOf',
        "{ edges { node { id place form sha256 rows faults status "
        "steps { type position lines how } } } }", nodes,
    ),
    "trainers": Case(
        {"expertise": "阅读"}, 'expertise: "阅读", asOf: $asOf',
        "{ edges { node { id place provider expertise registered consent "
        "consents { provider since event } } } }", nodes,
    ),
    "resumptions": Case(
        {"offering": str(OFFERING)}, f'offering: "{OFFERING}", asOf: $asOf',
        "{ edges { node { provider place status steps { kind on event } filed } } }", nodes,
    ),
    "warnings": Case(
        {"status": "IMPROVED"}, "status: IMPROVED, asOf: $asOf",
        "{ edges { node { target provider place status deadline overdue steps { rung on } } } }",
        nodes,
    ),
}  # fmt: skip
MOMENTS: list[dict[str, Any] | None] = [
    None,
    {"position": 352},
    {"effective": "2024-04-21"},
    {"position": 358, "effective": "2024-06-30"},
]


def filters(town: Served, what: str) -> dict[str, Any]:
    """The filters of a case; an event is named by its type there."""
    given = dict(CASES[what].filters)
    if "." in str(given.get("id", "")):
        given["id"] = event(town, given["id"])
    return given


def event(town: Served, kind: str) -> str:
    """The id of the first event of a type."""
    query = (
        "query($t: [String!]) { history(first: 1, filter: {types: $t}) { edges { node { id } } } }"
    )
    return str(town.operator.ask(query, t=[kind])["history"]["edges"][0]["node"]["id"])


def answered(town: Served, party: Party, what: str, as_of: Any) -> list[Any]:
    """The rows of the same question in GraphQL."""
    case = CASES[what]
    given: dict[str, Any] = {"asOf": as_of} | filters(town, what)
    kinds = {"asOf": "AsOf", "id": "ID!", "draft": "String!"}
    used = {name: kind for name, kind in kinds.items() if f"${name}" in case.arguments}
    declared = ", ".join(f"${name}: {kind}" for name, kind in used.items())
    query = f"query({declared}) {{ a: {case.query or what}({case.arguments}) {case.fields} }}"
    answer = party.ask(query, **{name: given[name] for name in used})["a"]
    return [] if answer is None else case.rows(answer)


def part(row: Any, wanted: Any) -> Any:
    """A row as far as something else goes."""
    if isinstance(wanted, dict) and isinstance(row, dict):
        return {key: part(row[key], value) for key, value in wanted.items()}
    if isinstance(wanted, list) and isinstance(row, list) and len(row) == len(wanted):
        return [part(one, other) for one, other in zip(row, wanted, strict=True)]
    return row


@pytest.mark.parametrize("what", CASES)
@pytest.mark.parametrize("as_of", MOMENTS)
def test_the_rows_are_the_answer_to_the_same_question(told: Served, what: str, as_of: Any) -> None:
    more = {} if as_of is None else {"asOf": as_of}
    answer = export(bureau(told), what, filters=filters(told, what), **more)
    found, wanted = lines(answer), answered(told, bureau(told), what, as_of)

    assert part(found, wanted) == wanted
    assert len(found) == int(answer.headers["x-xuefen-rows"])
    assert found or as_of is not None


@pytest.mark.parametrize("what", CASES)
def test_each_form_has_the_same_rows_and_a_table_a_title_for_each_field(
    told: Served, what: str
) -> None:
    given = filters(told, what)
    found = lines(export(bureau(told), what, filters=given))
    table = export(bureau(told), what, "csv", filters=given).content
    [head, *rows] = csv.reader(io.StringIO(table.decode("utf-8-sig"), newline=""), strict=True)
    book = export(bureau(told), what, "xlsx", filters=given)

    assert table.startswith(b"\xef\xbb\xbf")
    assert len(rows) == len(found) == int(book.headers["x-xuefen-rows"])
    assert len(set(head)) == len(head) and {len(row) for row in rows} <= {len(head)}
    assert all(any("一" <= c <= "鿿" for c in title) for title in head), head


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", [*CASES, "accessLog"])
def test_a_file_says_rows_position_and_hash_and_stands_in_the_log(
    told: Served, what: str, form: str
) -> None:
    given = filters(told, what) if what in CASES else {"what": "teachers"}
    answer = export(bureau(told), what, form, filters=given)

    assert answer.status_code == 200, answer.text
    digest = sha256(answer.content).hexdigest()
    assert answer.headers["x-xuefen-sha256"] == digest
    assert answer.headers["x-xuefen-position"] == str(told.head)
    [row] = told.house.ledger.access_log.page(Wanted(what=what), 1)
    assert (row.format, row.sha256, row.bytes) == (form, digest, len(answer.content))
    assert (row.actor, row.rows) == ("staff:bureau", int(answer.headers["x-xuefen-rows"]))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", CASES)
def test_the_same_question_at_the_same_position_gives_the_same_bytes(
    told: Served, what: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = filters(told, what)
    now = export(bureau(told), what, form, filters=given)
    moment = {"position": told.head, "on": told.house.ledger.today().isoformat()}
    then = export(bureau(told), what, form, filters=given, asOf=moment)
    monkeypatch.setattr("schema.export_query.FIRST_MAX", 1)
    one_by_one = export(bureau(told), what, form, filters=given)

    assert now.status_code == 200
    assert now.content == then.content == one_by_one.content


@pytest.mark.parametrize("what", [*CASES, "accessLog"])
@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.BUREAU, HANGZHOU),
        (Role.AUDITOR, HANGZHOU),
        (Role.INTEGRATOR, HANGZHOU),
        (Role.SCHOOL, "school:elsewhere"),
        (Role.TEACHER, SEALED),
        (Role.PROVIDER, "provider:nobody"),
    ],
)
def test_a_neighbour_is_given_nothing(told: Served, what: str, role: Role, scope: str) -> None:
    stranger = told.party(role, str(scope), actor="staff:stranger")
    given = filters(told, what) if what in CASES else {"subject": str(LIN)}
    answer = export(stranger, what, filters=given)

    if what.startswith("whatIf") and role in (Role.SCHOOL, Role.TEACHER, Role.PROVIDER):
        assert (answer.status_code, code(answer)) == (403, "FORBIDDEN_ROLE")
        return
    assert lines(answer) == []
    assert "teacher:lin" not in answer.text


def test_each_party_takes_what_it_is_answered(told: Served) -> None:
    for role, scope in ((Role.TEACHER, LIN), (Role.SCHOOL, SCHOOL), (Role.PROVIDER, COUNTY_SCHOOL)):
        party = told.party(role, str(scope))
        for what in (each for each in CASES if not each.startswith("whatIf")):
            wanted = answered(told, party, what, None)
            assert part(lines(export(party, what, filters=filters(told, what))), wanted) == wanted


def test_a_cell_is_no_formula(told: Served) -> None:
    trainer = {"trainer": "staff:trainer-x", "place": RUIAN, "expertise": '=HYPERLINK("http://x")'}
    assert codes(told.operator.mutate(RegisterTrainer, trainer, "x")) == []
    table = export(told.operator, "trainers", "csv").content.decode("utf-8-sig")
    cells = [each for row in csv.reader(io.StringIO(table, newline="")) for each in row]
    book = zipfile.ZipFile(io.BytesIO(export(told.operator, "trainers", "xlsx").content))

    assert '\'=HYPERLINK("http://x")' in cells
    assert not [each for each in cells if each.startswith(("=", "+", "-", "@"))]
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_a_past_page_of_a_list_is_of_the_same_position(
    told: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        own = {"trainer": f"staff:page-{number}", "place": RUIAN, "expertise": "分页"}
        assert codes(told.operator.mutate(RegisterTrainer, own, f"page {number}")) == []
    whole = export(told.operator, "trainers", filters={"expertise": "分页"})
    monkeypatch.setattr("schema.export_query.FIRST_MAX", 2)
    paged = export(told.operator, "trainers", filters={"expertise": "分页"})

    assert len(lines(whole)) == 3
    assert (paged.content, paged.headers["x-xuefen-position"]) == (
        whole.content, whole.headers["x-xuefen-position"],
    )  # fmt: skip


def test_the_log_of_accesses_is_exported_up_to_an_instant_that_the_receipt_names(
    told: Served,
) -> None:
    auditor = told.party(Role.AUDITOR, RUIAN, actor="staff:auditor")
    first = export(auditor, "accessLog")
    seen = auditor.ask("{ accessLog(first: 500) { edges { node { number actor what hash } } } }")
    [own, *wanted] = nodes(seen["accessLog"])
    receipt = told.client.get(
        f"/exports/{first.headers['x-xuefen-access']}", headers=auditor.headers
    )
    again = export(auditor, "accessLog", filters=receipt.json()["filters"])

    assert (own["what"], own["actor"]) == ("accessLog", "staff:auditor")
    assert part(lines(first), wanted) == wanted
    assert again.content == first.content
    assert code(export(auditor, "accessLog", asOf={"position": 7})) == "BAD_AS_OF"


def test_a_teacher_asked_about_learns_of_it_and_so_does_their_bureau(told: Served) -> None:
    log = "{ accessLog(first: 3) { edges { node { what actor filters } } } }"
    export(told.operator, "whyNotCounted", filters={"credit": str(CREDIT)})
    for party in (told.party(Role.TEACHER, LIN), bureau(told)):
        assert nodes(party.ask(log)["accessLog"])[0]["what"] == "whyNotCounted"
    export(told.operator, "evidence", filters={"teacher": str(LIN)})
    assert nodes(bureau(told).ask(log)["accessLog"])[0]["what"] == "evidence"


def test_a_draft_stands_in_the_log_by_its_hash(told: Served) -> None:
    export(bureau(told), "whatIfPlaces", filters={"draft": DRAFT})
    [row] = told.house.ledger.access_log.page(Wanted(what="whatIfPlaces"), 1)
    digest = bureau(told).ask("query($d: String!) { whatIf(draft: $d) { sha256 } }", d=DRAFT)

    assert row.filters["draft"] == f"sha256:{digest['whatIf']['sha256']}"


@pytest.mark.parametrize(
    ("what", "given", "expected"),
    [
        ("evidence", {}, "BAD_FILTER"),
        ("evidence", {"teacher": "school:a"}, "MALFORMED_NAME"),
        ("evidence", {"teacher": str(LIN), "on": "1066-01-01"}, "BAD_DAY"),
        ("creditDifference", {"teacher": str(LIN), "beforePosition": "x"}, "BAD_FILTER"),
        ("creditDifference", {"teacher": str(LIN), "beforePosition": 10**9}, "BEYOND_HEAD"),
        ("creditDifference", {"teacher": str(LIN), "beforeEffective": "9999-01-01"}, "BAD_DAY"),
        ("whyNotCounted", {"teacher": str(LIN)}, "BAD_SUBJECT"),
        ("causes", {"id": "x", "depth": 99}, "BAD_CHAIN"),
        ("causes", {"id": "x", "depth": "²"}, "BAD_FILTER"),
        ("timeline", {"of": str(LIN), "latestFirst": "maybe"}, "BAD_FILTER"),
        ("timeline", {"of": str(LIN), "first": 10**6}, "BAD_FILTER"),
        ("timeline", {"of": str(LIN), "alongWith": ",".join(["teacher:a"] * 9)}, "BAD_FILTER"),
        ("warnings", {"status": "MADE_UP"}, "BAD_FILTER"),
        ("findingCounts", {"knownFrom": "2024-01-01"}, "BAD_INSTANT"),
        ("whatIf", {"draft": "[document]"}, "BAD_DOCUMENT"),
        ("whatIf", {"draft": "x" * 300_000}, "BAD_FILTER"),
        ("whatIf", {"draft": DRAFT.replace("400", "100")}, "RULE_TOO_LAX"),
    ],
)
def test_nonsense_is_refused_and_not_logged(
    told: Served, what: str, given: dict[str, Any], expected: str
) -> None:
    before = told.house.ledger.access_log.count(Wanted())
    answer = export(told.operator, what, filters=given)

    assert (answer.status_code, code(answer)) == (400, expected), answer.text
    assert told.house.ledger.access_log.count(Wanted()) == before


@pytest.mark.parametrize(
    "moment",
    [
        {"effective": each}
        for each in ("1066-10-14", "1899-12-31", "2200-01-01", "9999-12-31", "2024-02-30", "", "x")
    ]
    + [
        {"instant": each}
        for each in (
            "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1899-12-31T00:00:00Z",
            "2200-01-01T00:00:00+08:00", "2024-03-19T09:00:00", "2024-03-19", "", "soon",
        )
    ],
)  # fmt: skip
def test_a_moment_beyond_the_calendar_is_refused_with_the_sentence_of_a_query(
    told: Served, moment: dict[str, Any]
) -> None:
    query = "query($asOf: AsOf) { teachers(asOf: $asOf) { position } }"
    [refused] = told.operator.errors(query, asOf=moment)
    for what in ("teachers", "timeline"):
        given = {"of": RUIAN} if what == "timeline" else {}
        answer = export(told.operator, what, filters=given, asOf=moment)
        said = answer.json()["errors"][0]["extensions"]
        assert answer.status_code == 400
        assert {key: said[key] for key in ("code", "zh", "en")} == {
            key: refused[key] for key in ("code", "zh", "en")
        }


def test_every_question_has_its_case() -> None:
    # Of what the town's story has none, the tests of those who make it say that it is there.
    elsewhere = {"accessLog", "anomalies", "webhooks", "webhookDeliveries"}
    assert {*QUERIES} == {*CASES, *elsewhere}
