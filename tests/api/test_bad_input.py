"""Bad input: each line of it gets a clear answer with a code, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from ledger.attendance import RecordAttendance
from ledger.command import Command, Role
from ledger.correction import CorrectAttendance
from ledger.credit import AwardCredit
from ledger.document import DOCUMENT_CHARACTERS_MAX
from ledger.order import SubmitOrder
from ledger.register import RegisterSchool
from ledger.school_based import RecordSchoolBased
from ledger.store.ledger import Ledger
from ledger.teacher import RegisterTeacher
from ledger.transfer import TransferTeacher
from schema.access import UNREPORTED
from schema.answers import spelt
from schema.inputs import ROWS_MAX
from schema.mutation import MUTATIONS
from schema.request import REQUEST_CHARACTERS_MAX
from schema.scalars import TEXT_CHARACTERS_MAX
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING, RUIAN, SCHOOL
from tests.samples import sample
from tests.server import (
    ANSWER,
    BODY_BYTES_MAX,
    Party,
    Served,
    bulk_document,
    codes,
    mutation,
    serving,
    spoken,
)
from tests.town import KEY, Hand, database, story, tell

NEW_SCHOOL = {"school": "school:new", "place": RUIAN, "title": "新学校", "stage": "PRIMARY"}
DAY_ONE = {"offering": OFFERING, "day": "2024-04-08", "half": "MORNING"}
LONE = "\ud800"


@pytest.fixture(scope="module")
def town(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server over a ledger in which the story was told up to the first credit."""
    steps = [move.command for move in story()]
    until = next(n for n, each in enumerate(steps) if isinstance(each, AwardCredit))
    with database(postgres_url, founded_template) as url:
        with Ledger(url, KEY, Hand()) as ledger:
            tell(ledger, story()[: until + 1])
        with serving(url, tmp_path_factory.mktemp("town"), wait_seconds=0.2) as served:
            served.clock.set(date(2024, 4, 22))
            yield served


@pytest.fixture
def operator(town: Served) -> Iterator[Party]:
    """The operator, after whose test nothing may have been written."""
    before = town.head
    yield town.operator
    assert town.head == before


def raw(party: Party, body: Any, **options: Any) -> httpx.Response:
    """The response to a body as it is; what is not text is sent as JSON with all its escapes."""
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    headers = {"content-type": "application/json", **party.headers, **options.pop("headers", {})}
    method, path = options.pop("method", "POST"), options.pop("path", "/graphql")
    return party.served.client.request(method, path, content=content, headers=headers)


def refused(party: Party, body: Any, code: str, status: int = 200, **options: Any) -> None:
    """The body is answered by errors of one code and nothing else."""
    response = raw(party, body, **options)
    errors = response.json()["errors"]

    for each in errors:
        spoken(each["extensions"])
    assert ({each["extensions"]["code"] for each in errors}, response.status_code) == (
        {code},
        status,
    )


def register(**changes: Any) -> dict[str, Any]:
    """A body that registers a school, but for what is changed."""
    return {
        "query": f"mutation($input: RegisterSchoolInput!, $request: String!) "
        f"{{ answer: registerSchool(input: $input, requestId: $request) {{ {ANSWER} }} }}",
        "variables": {"input": NEW_SCHOOL | changes, "request": "r1"},
    }


@pytest.mark.parametrize("command", MUTATIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("reported", [None, {"source": "other/1", "on": "2024-03-19"}])
def test_each_mutation_answers_and_refuses_what_the_ledger_never_heard_of(
    operator: Party, command: type[Command], reported: Any
) -> None:
    given = _unheard(command)
    if reported and command in UNREPORTED:  # nobody but the ledger issues its tokens
        answer = operator.post(mutation(command), input=given, request="r1", reported=reported)
        assert [e["extensions"]["code"] for e in answer.json()["errors"]] == ["FORBIDDEN_ROLE"]
        return
    answer = operator.mutate(command, given, reported=reported)

    assert codes(answer) == [_OTHERWISE.get(command.__name__, "UNKNOWN_REFERENCE")]


_OTHERWISE = {
    "RegisterJurisdiction": "ALREADY_REGISTERED",
    "OpenTerm": "TERM_WITHOUT_CALENDAR",
}


def _unheard(command: type[Command]) -> dict[str, Any]:
    given = sample(command)
    return given | {"jurisdiction": RUIAN} if "jurisdiction" in given else given


@pytest.mark.parametrize(
    "command", [each for each, bulk in MUTATIONS.items() if bulk], ids=lambda each: each.__name__
)
def test_each_bulk_mutation_answers_row_by_row(operator: Party, command: type[Command]) -> None:
    answer = operator.mutate_many(command, [_unheard(command)] * 2, whole=True)

    assert (answer["recorded"], answer["refused"]) == (0, 2)
    assert all(codes(row) for row in answer["rows"])


@pytest.mark.parametrize(
    "name",
    ["", "new", "teacher:new", "school:", "school: new", "school:新", "school:" + "a" * 65,
     "school:a\x00b", f"school:{LONE}", "school:a:b", "unknown:x", "x" * 100_000],
)  # fmt: skip
def test_a_malformed_name_is_a_fault_that_names_the_field(operator: Party, name: str) -> None:
    body = raw(operator, register(school=name)).json()

    [refusal] = body["data"]["answer"]["refusals"]
    assert (refusal["code"], refusal["field"]) == ("MALFORMED_NAME", "school")
    spoken(refusal)


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ('obligations(year: 2024, place: "x") { code }', "place"),
        ('obligations(year: 2024, school: "x") { code }', "school"),
        ('whyNotSelected(teacher: "x", offering: "offering:a") { answer }', "teacher"),
        ('whyNotSelected(teacher: "teacher:a", offering: "x") { answer }', "offering"),
        ('whyNotCounted(credit: "x") { answer }', "credit"),
        ('accessLog(actor: "x") { position }', "actor"),
        ('accessLog(subject: "x") { position }', "subject"),
        ('teachers(school: "x") { position }', "school"),
        ('timeline(of: "teacher:a", alongWith: ["x"]) { position }', "alongWith"),
        ('indicators(of: "x", year: 2023) { code }', "of"),
        ('indicators(of: "school:a", term: "x") { code }', "term"),
        ('history(filter: {actor: "x"}) { position }', "filter"),
    ],
)
def test_a_malformed_name_in_a_question_names_its_argument(
    operator: Party, question: str, field: str
) -> None:
    [said] = operator.errors(f"{{ {question} }}")

    assert (said["code"], said["field"]) == ("MALFORMED_NAME", field)


@pytest.mark.parametrize(
    ("query", "given", "code"),
    [
        ("query($v: ID) { schools(place: $v) { totalCount } }", "school:x", "MALFORMED_NAME"),
        ("query($v: ID!) { teacher(id: $v) { id } }", f"teacher:{LONE}", "MALFORMED_NAME"),
        ("query($v: ID!) { creditRecord(teacher: $v) { position } }", "lin", "MALFORMED_NAME"),
        ("query($v: ID!) { terms(place: $v) { id } }", "a\x00", "MALFORMED_NAME"),
        ("query($v: ID) { rules(place: $v) { id } }", LONE, "MALFORMED_NAME"),
        ("query($v: [ID!]) { history(filter: {tags: $v}) { position } }", ["\x00"],
         "MALFORMED_NAME"),
        ("query($v: ID) { history(filter: {actor: $v}) { position } }", "x", "MALFORMED_NAME"),
        ("query($v: [String!]) { history(filter: {types: $v}) { position } }", ["no.such"],
         "UNKNOWN_TYPE"),
        ("query($v: [ID!]) { history(filter: {tags: $v}) { position } }", ["school:a"] * 17,
         "BAD_FILTER"),
        ("query($v: Text) { findings(code: $v) { totalCount } }", "a\x00", "BAD_TEXT"),
        ("query($v: Text) { offerings(subject: $v) { totalCount } }", LONE, "BAD_TEXT"),
        ("query($v: Date) { rules(on: $v) { id } }", "2024-02-30", "BAD_DAY"),
        ("query($v: DateTime) { history(filter: {knownTo: $v}) { position } }",
         "2024-03-01T09:00:00", "BAD_INSTANT"),
        ("query($v: Position) { teachers(atLeast: $v) { position } }", -1, "BAD_POSITION"),
        ("query($v: Position) { teachers(atLeast: $v) { position } }", 2**53, "BAD_POSITION"),
        ("query($v: Position) { teachers(atLeast: $v) { position } }", 1.5, "BAD_POSITION"),
        ("query($v: Position!) { creditRecord(teacher: \"teacher:x\", asOf: {position: $v, "
         "instant: \"2024-03-01T00:00:00Z\"}) { position } }", 1, None),
    ],
)  # fmt: skip
def test_a_query_says_which_of_its_arguments_makes_no_sense(
    operator: Party, query: str, given: Any, code: str | None
) -> None:
    body = {"query": query, "variables": {"v": given}}
    if code is not None:
        refused(operator, body, code)
        return

    assert raw(operator, body).json()["data"] == {"creditRecord": None}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("query($v: ID!) { creditRecord(teacher: $v) { position } }", "teacher"),
        ("query($v: ID!) { offering(id: $v) { id } }", "id"),
        ("query($v: ID!) { findings(subject: $v) { totalCount } }", "subject"),
        ("query($v: ID!) { findings(place: $v) { totalCount } }", "place"),
    ],
)
def test_a_malformed_name_in_a_query_is_laid_to_its_argument(
    operator: Party, query: str, field: str
) -> None:
    assert [each["field"] for each in operator.errors(query, v="school:")] == [field]


def test_a_position_that_the_ledger_has_not_reached_is_an_error(operator: Party) -> None:
    query = (
        "query($t: ID!, $p: Position!) "
        "{ creditRecord(teacher: $t, asOf: {position: $p}) { position } }"
    )
    head = operator.served.head
    [error] = operator.errors(query, t=LIN, p=head + 7)

    assert (error["code"], error["field"]) == ("BEYOND_HEAD", "asOf.position")
    for said in (error["zh"], error["en"]):
        assert str(head) in said
        assert str(head + 7) in said
    assert operator.ask(query, t=LIN, p=head)["creditRecord"]["position"] == head


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"entered": "2024-02-30"}, "BAD_DAY", "entered"),
        ({"subject": " at 'inputs[0].x'; \x00"}, "BAD_TEXT", "subject"),
        ({"subject": "语\u200b文"}, "BAD_TEXT", "subject"),
        ({"person": {"name": "\x07"}}, "BAD_TEXT", "person.name"),
        ({"stage": "KINDERGARDEN"}, "GRAPHQL_INVALID", "stage"),
        ({"nothing": 1}, "GRAPHQL_INVALID", ""),
    ],
)
def test_a_bad_value_in_a_bulk_names_its_row_and_its_field(
    operator: Party, change: dict[str, Any], code: str, place: str
) -> None:
    good = sample(RegisterTeacher)
    good.pop("sealed", None)
    document = bulk_document(RegisterTeacher)
    [error] = operator.errors(document, inputs=[good, good, good | change], request="r")

    path = f"inputs[2].{place}".rstrip(".")
    assert (error["code"], error["path"]) == (code, path)
    assert path in error["zh"]
    assert path.removeprefix("inputs") in error["en"]


@pytest.mark.parametrize(
    ("query", "given", "zh"),
    [
        ("{ nothing }", {}, "类型 Query 没有字段 nothing"),
        ("{ head(x: 1) }", {}, "字段 Query.head 没有参数 x"),
        ("{ teacher { id } }", {}, "字段 Query.teacher 缺少参数 id（ID!）"),
        ("{ findings(outcome: NO) { totalCount } }", {}, "枚举 Outcome 没有这个值"),
        ("query($v: [Outcome!]) { findings(outcome: $v) { totalCount } }", {"v": ["NO"]},
         "v[0]：枚举 Outcome 没有这个值"),
        ("query($v: ID!) { teacher(id: $v) { id } }", {}, "v：缺少值（ID!）"),
        ("query($v: Int) { schools(first: $v) { position } }", {"v": "x"}, "v：值不是 Int 类型"),
        ('{ schools(first: "x") { position } }', {}, "值不是 Int 类型"),
        ("query($v: AsOf) { creditRecord(teacher: \"teacher:x\", asOf: $v) { position } }",
         {"v": {"then": 1}}, "v：类型 AsOf 没有字段 then"),
        ("query($v: AsOf) { creditRecord(teacher: \"teacher:x\", asOf: $v) { position } }",
         {"v": 5}, "v：AsOf 须为对象"),
        ("{ schools }", {}, "字段 schools 须选择子字段"),
        ("query { ...a } fragment a on Query { ...a }", {}, "片段 a 不能包含自身"),
        ("{ head", {}, "GraphQL 语法错误，第 1 行第 7 列"),
        ("{ head head: schools { position } }", {}, "字段 head 有冲突"),
        ("query($v: School) { head @skip(if: $v) }", {}, "请求不符合接口定义，$v、School，第 1"),
    ],
)  # fmt: skip
def test_the_commonest_misfits_are_said_in_chinese(
    operator: Party, query: str, given: dict[str, Any], zh: str
) -> None:
    assert operator.errors(query, **given)[0]["zh"].startswith(zh)


def test_what_is_missing_in_an_input_is_said_in_chinese(operator: Party) -> None:
    body = register()
    del body["variables"]["input"]["title"]
    [error] = raw(operator, body).json()["errors"]

    assert error["extensions"]["zh"] == "input：缺少字段 title（类型 RegisterSchoolInput）"


def test_fields_are_spelt_as_in_the_interface(operator: Party) -> None:
    body = register()
    body["variables"]["request"] = ""
    [refusal] = raw(operator, body).json()["data"]["answer"]["refusals"]

    assert refusal["field"] == "requestId"
    assert [spelt(each) for each in ("online_credits", "plan.final_assessment", None)] == [
        "onlineCredits",
        "plan.finalAssessment",
        None,
    ]


def test_a_get_without_a_query_says_to_post(operator: Party) -> None:
    refused(operator, "", "BAD_REQUEST", 400, method="GET")
    response = operator.served.client.get("/graphql")

    assert "POST" in response.json()["errors"][0]["message"]


def test_findings_are_found_by_place_and_by_what_they_concern(operator: Party) -> None:
    query = (
        "query($p: ID, $s: ID) { findings(place: $p, subject: $s) "
        "{ totalCount edges { node { key place subjects } } } }"
    )
    every = operator.ask(query)["findings"]
    nodes = [each["node"] for each in every["edges"]]
    assert every["totalCount"] == len(nodes) > 0
    subject = nodes[0]["subjects"][0]
    here = operator.ask(query, p=nodes[0]["place"])["findings"]["totalCount"]
    about = operator.ask(query, s=subject, p=nodes[0]["place"])["findings"]["edges"]

    assert here == len([each for each in nodes if each["place"] == nodes[0]["place"]])
    assert {each["node"]["key"] for each in about} >= {nodes[0]["key"]}
    assert operator.ask(query, s="teacher:nobody")["findings"]["totalCount"] == 0
    stranger = operator.served.party(Role.BUREAU, "jurisdiction:330100")
    assert stranger.ask(query, s=subject)["findings"]["totalCount"] == 0


def test_a_node_or_entry_that_cannot_be_is_none(operator: Party) -> None:
    query = "query($v: ID!) { node(id: $v) { id } entry(id: $v) { id } }"
    for name in ("", "teacher:nobody", "teacher:\x00", LONE, "nothing", "x" * 10_000):
        body = raw(operator, {"query": query, "variables": {"v": name}}).json()

        assert (body["data"], "errors" in body) == ({"node": None, "entry": None}, False), name


@pytest.mark.parametrize(
    "day", ["2024-02-30", "2024-13-01", "0001-01-01", "9999-12-31", "", "heute", 20240319, None]
)
def test_a_day_outside_the_calendar_is_an_error(operator: Party, day: Any) -> None:
    given = sample(RecordAttendance) | {"day": day}
    document = (
        "mutation($input: RecordAttendanceInput!) "
        '{ recordAttendance(input: $input, requestId: "r") { __typename } }'
    )
    refused(
        operator,
        {"query": document, "variables": {"input": given}},
        "GRAPHQL_INVALID" if day is None else "BAD_DAY",
    )


@pytest.mark.parametrize(
    "hours",
    ["1_000", "１２", "١٢", " 12", "12 ", "12\n", "1e2", "1E+2", "+12", "1,000", ".5", "5.",
     "NaN", "-Infinity", "1e999999", "1e-999999", "0e999999999", 1.5, True, "", "x", "9" * 50,
     10**30],
)  # fmt: skip
def test_what_is_no_exact_number_is_an_error(operator: Party, hours: Any) -> None:
    given = sample(RecordSchoolBased) | {"hours": hours}
    document = (
        "mutation($input: RecordSchoolBasedInput!) "
        '{ recordSchoolBased(input: $input, requestId: "r") { __typename } }'
    )
    refused(operator, {"query": document, "variables": {"input": given}}, "BAD_DECIMAL")


def test_what_is_no_exact_number_is_named_by_its_field(operator: Party) -> None:
    given = sample(RecordSchoolBased) | {"hours": "1_000"}
    asked = (
        "mutation($input: RecordSchoolBasedInput!) "
        '{ recordSchoolBased(input: $input, requestId: "r") { __typename } }'
    )
    fields = ", ".join(f"{name}: {json.dumps(each)}" for name, each in given.items())
    written = (
        f'mutation {{ recordSchoolBased(input: {{{fields}}}, requestId: "r") {{ __typename }} }}'
    )

    answers = [
        raw(operator, body).json()["errors"][0]["extensions"]
        for body in ({"query": asked, "variables": {"input": given}}, {"query": written})
    ]
    assert [each["code"] for each in answers] == ["BAD_DECIMAL"] * 2
    assert [each["path"] for each in answers] == ["input.hours", "hours"]
    assert all(each["path"] in each["zh"] and each["path"] in each["en"] for each in answers)


def test_a_number_beyond_32_bits_is_an_error(operator: Party) -> None:
    document = (
        "mutation($seats: Int!) { requestExpansion(input: "
        '{offering: "offering:o1", seats: $seats}, requestId: "r") { __typename } }'
    )
    refused(operator, {"query": document, "variables": {"seats": 2**31}}, "GRAPHQL_INVALID")


@pytest.mark.parametrize("hours", ["-1", "0.25", "17.75", "10001", "0.1"])
def test_negative_and_over_precise_hours_are_faults(operator: Party, hours: str) -> None:
    given = DAY_ONE | {"teacher": LIN, "hours": hours, "reason": "误记"}

    assert codes(operator.mutate(CorrectAttendance, given)) == ["BAD_AMOUNT"]


def test_more_hours_missed_than_planned_are_refused_even_when_reported(operator: Party) -> None:
    given = DAY_ONE | {"teacher": LIN, "hours": "4.5", "reason": "误记"}
    source = {"source": "other/1", "on": "2024-04-20"}

    for reported in (None, source):
        answer = operator.mutate(CorrectAttendance, given, reported=reported)
        assert codes(answer) == ["MORE_THAN_PLANNED"]


def test_a_second_award_for_the_same_completion_is_refused(operator: Party) -> None:
    given = {"credit": "credit:another", "teacher": LIN, "offering": OFFERING}

    assert codes(operator.mutate(AwardCredit, given)) == ["ALREADY_AWARDED"]


def test_an_event_over_65535_bytes_is_a_fault(operator: Party) -> None:
    long = "长" * TEXT_CHARACTERS_MAX
    given = sample(SubmitOrder) | {"place": RUIAN, "term": "term:2024H1"}
    given |= dict.fromkeys(("title", "theme", "aims", "requirements"), long)
    source = {"source": "other/1", "on": "2024-03-08"}

    assert codes(operator.mutate(SubmitOrder, given, reported=source)) == ["EVENT_TOO_LARGE"]


def test_an_attendance_of_very_many_absentees_is_refused_whole(operator: Party) -> None:
    absences = [{"teacher": f"teacher:{n:064}", "hours": "1"} for n in range(ROWS_MAX + 1)]

    answer = operator.mutate(RecordAttendance, DAY_ONE | {"absences": absences})
    assert codes(answer) == ["TOO_MANY_ROWS"]


@pytest.mark.parametrize(
    ("role", "scope", "code"),
    [
        (Role.TEACHER, LIN, "FORBIDDEN_ROLE"),
        (Role.SCHOOL, SCHOOL, "FORBIDDEN_ROLE"),
        (Role.PROVIDER, COUNTY_SCHOOL, "FORBIDDEN_ROLE"),
        (Role.AUDITOR, RUIAN, "FORBIDDEN_ROLE"),
        (Role.INTEGRATOR, RUIAN, "FORBIDDEN_ROLE"),
        (Role.PUBLIC, "", "UNAUTHENTICATED"),
    ],
)
def test_a_command_of_the_wrong_role_is_an_error(
    operator: Party, role: Role, scope: str, code: str
) -> None:
    refused(operator.served.party(role, scope), register(), code)


@pytest.mark.parametrize("place", ["jurisdiction:330300", "jurisdiction:330382"])
def test_a_command_of_the_wrong_jurisdiction_is_refused(operator: Party, place: str) -> None:
    bureau = operator.served.party(Role.BUREAU, place)

    assert codes(bureau.mutate(RegisterSchool, NEW_SCHOOL)) == ["OUTSIDE_SCOPE"]


def test_a_bureau_may_not_report_what_another_system_recorded(operator: Party) -> None:
    body = register()
    body["query"] = body["query"].replace(
        "requestId: $request", 'requestId: $request, reported: {source: "x", on: "2024-03-01"}'
    )
    refused(operator.served.party(Role.BUREAU, RUIAN), body, "FORBIDDEN_ROLE")


def test_a_report_without_a_source_is_a_fault(operator: Party) -> None:
    source = {"source": " \n", "on": "2024-03-01"}

    assert codes(operator.mutate(RegisterSchool, NEW_SCHOOL, reported=source)) == ["BAD_SOURCE"]


@pytest.mark.parametrize(
    "request_id", ["", "a" * (REQUEST_CHARACTERS_MAX + 1), "a\nb", "\x00", LONE, "\u2028"]
)
def test_a_request_id_has_1_to_200_printable_characters(operator: Party, request_id: str) -> None:
    body = register()
    body["variables"]["request"] = request_id

    assert codes(raw(operator, body).json()["data"]["answer"]) == ["BAD_REQUEST_ID"]


def test_the_same_request_again_gives_the_same_answer_and_another_content_is_refused(
    served: Served,
) -> None:
    first = served.operator.mutate(RegisterSchool, NEW_SCHOOL, "once")
    again = served.operator.mutate(RegisterSchool, NEW_SCHOOL, "once")
    head = served.head
    other = served.operator.mutate(RegisterSchool, NEW_SCHOOL | {"title": "另一所"}, "once")

    assert again == first | {"replayed": True}
    assert codes(other) == ["REQUEST_REUSED"]
    assert served.head == head == first["position"]


def test_a_bulk_of_more_than_5000_rows_is_refused_whole(operator: Party) -> None:
    rows = [NEW_SCHOOL] * (ROWS_MAX + 1)

    errors = operator.errors(bulk_document(RegisterSchool), inputs=rows, request="r1")
    assert [(each["code"], each["field"]) for each in errors] == [("TOO_MANY_ROWS", "inputs")]


def test_what_is_wrong_with_a_bulk_as_a_whole_is_said_once(operator: Party) -> None:
    document = bulk_document(RegisterSchool)
    errors = operator.errors(document, inputs=[NEW_SCHOOL] * 3, request="")

    assert [(each["code"], each["field"]) for each in errors] == [("BAD_REQUEST_ID", "requestId")]


def test_a_bulk_of_nothing_answers_nothing(operator: Party) -> None:
    assert operator.mutate_many(RegisterSchool, [])["rows"] == []


def test_in_a_bulk_a_malformed_row_leaves_the_others_alone(served: Served) -> None:
    rows = [NEW_SCHOOL | {"school": name} for name in ("school:a", "nonsense", "school:b")]
    answer = served.operator.mutate_many(RegisterSchool, rows)

    assert [codes(row) for row in answer["rows"]] == [[], ["MALFORMED_NAME"], []]
    assert answer["position"] == served.head


@pytest.mark.parametrize(
    ("wrong", "said"), [("nonsense", "MALFORMED_NAME"), (SCHOOL, "ALREADY_REGISTERED")]
)
def test_a_whole_bulk_writes_nothing_when_one_row_is_wrong(
    operator: Party, wrong: str, said: str
) -> None:
    rows = [NEW_SCHOOL | {"school": name} for name in ("school:a", wrong, "school:b")]
    answer = operator.mutate_many(RegisterSchool, rows, whole=True)

    assert [codes(row)[0] for row in answer["rows"]] == ["WITHHELD", said, "WITHHELD"]


def test_null_in_a_list_is_an_error(operator: Party) -> None:
    body = {"query": bulk_document(RegisterSchool), "variables": {"inputs": [None], "request": "r"}}
    refused(operator, body, "GRAPHQL_INVALID")


@pytest.mark.parametrize("title", ["a\x00b", "\x07", LONE, "a\r\nb", "\x7f"])
def test_control_characters_and_halves_of_characters_are_an_error(
    operator: Party, title: str
) -> None:
    refused(operator, register(title=title), "BAD_TEXT")


def test_a_text_that_is_too_long_is_an_error(operator: Party) -> None:
    refused(operator, register(title="长" * (TEXT_CHARACTERS_MAX + 1)), "TEXT_TOO_LONG")


def test_text_is_kept_in_its_normal_form(served: Served) -> None:
    served.operator.mutate(RegisterSchool, NEW_SCHOOL | {"title": "e\u0301cole"})
    found = served.operator.ask(
        "{ history(latestFirst: true, first: 1) { edges { node { data } } } }"
    )

    assert found["history"]["edges"][0]["node"]["data"]["title"] == "\u00e9cole"


@pytest.mark.parametrize("toml", ["x", "x = " + "[" * 50_000, "[document]\nplace = 1", "a\x00"])
def test_a_regulation_that_is_none_is_a_fault(operator: Party, toml: str) -> None:
    document = (
        f'mutation($t: String!) {{ a: adoptRegulation(toml: $t, requestId: "t") {{ {ANSWER} }} }}'
    )

    assert codes(operator.ask(document, t=toml)["a"]) == ["BAD_DOCUMENT"]
    assert len(toml) < DOCUMENT_CHARACTERS_MAX


@pytest.mark.parametrize(
    "body",
    ["", "null", "5", '"{head}"', "[]", '[{"query": "{ head }"}]', "{}", '{"query": null}',
     '{"query": 5}', '{"query": "{ head }", "variables": []}',
     '{"query": "{ head }", "extensions": 5}',
     "[" * 100_000, '{"query": ' + "[" * 100_000, '{"query": "{ head }", "variables": {"a": '
     + "9" * 5_000 + "}}", b"\xff\xfe\x00", b'{"query": "\xff"}', '{"query": ""}'],
    ids=lambda each: str(each[:24]),
)  # fmt: skip
def test_a_body_that_is_no_request_is_a_bad_request(operator: Party, body: str | bytes) -> None:
    refused(operator, body, "BAD_REQUEST", 400)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_another_content_type_is_not_taken(operator: Party, kind: str) -> None:
    code, headers = "UNSUPPORTED_MEDIA_TYPE", {"content-type": kind}
    refused(operator, '{"query": "{ head }"}', code, 415, headers=headers)


def test_a_mutation_by_get_is_not_allowed(operator: Party) -> None:
    path = (
        "/graphql?query=" + "mutation{registerSchool(input:{school:%22school:g%22,place:"
        "%22jurisdiction:330381%22,title:%22x%22,stage:PRIMARY},requestId:%22g%22){__typename}}"
    )
    refused(operator, "", "METHOD_NOT_ALLOWED", 405, method="GET", path=path)


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_too_large(operator: Party, declared: bool) -> None:
    body = b" " * (BODY_BYTES_MAX + 1)

    response = operator.served.client.post(
        "/graphql",
        content=body if declared else iter([body[:-1], b" "]),
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 413
    spoken(response.json()["errors"][0]["extensions"])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_SYNTAX"),
        ("{ nothing }", "GRAPHQL_INVALID"),
        ("{" + "a{" * 3_000 + "b" + "}" * 3_001, "GRAPHQL_SYNTAX"),
        ("{ schools(place: " + "[" * 1_900 + "]" * 1_900 + ") { totalCount } }", "GRAPHQL_SYNTAX"),
        ("{" + " ".join(f"a{n}: head" for n in range(40)) + "}", "QUERY_TOO_LARGE"),
        ("query { ...a } fragment a on Query { ...a }", "GRAPHQL_INVALID"),
        ("{ head " * 5_000 + "}" * 5_000, "GRAPHQL_SYNTAX"),
        ("{ schools(first: 1) { edges { node " + "{ id } } } }" + "#" * 100_000, None),
    ],
)
def test_a_document_too_deep_or_too_long_is_an_error(
    operator: Party, query: str, code: str | None
) -> None:
    if code is None:
        assert "errors" not in raw(operator, {"query": query}).json()
    else:
        refused(operator, {"query": query}, code)


def test_a_person_is_checked_before_anything_is_written(operator: Party) -> None:
    given = sample(RegisterTeacher) | {"school": SCHOOL}
    for person, code in [
        ({"name": "  "}, "BAD_PERSON"),
        ({"name": "林", "idNumber": "330381199001010001"}, "BAD_ID_NUMBER"),
    ]:
        assert codes(operator.mutate(RegisterTeacher, given | {"person": person})) == [code]


def test_who_decides_on_a_stranger_stays_unsaid(operator: Party) -> None:
    bureau = operator.served.party(Role.BUREAU, "jurisdiction:330100")
    given = {"teacher": CHEN, "school": SCHOOL, "since": "2024-04-01"}
    answer = bureau.mutate(TransferTeacher, given)

    assert codes(answer) == ["OUTSIDE_SCOPE"]
    assert RUIAN not in json.dumps(answer)
