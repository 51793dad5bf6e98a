"""Access: what a party may not see is nowhere, and what it may not do it cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLUnionType, get_named_type, is_leaf_type
from msgspec import Struct, structs

from ledger.command import Command, Role
from ledger.names import FindingId, JurisdictionId, Name
from ledger.school_based import RecogniseSchoolBased
from ledger.selection import SelectOffering
from ledger.store.ledger import Ledger
from ledger.teacher import RegisterTeacher
from schema.access import COMMANDS, UNREPORTED
from schema.mutation import MUTATIONS
from schema.root import build
from tests import cast
from tests.cast import (
    CHEN,
    COUNTY_SCHOOL,
    LIN,
    OFFERING,
    OTHER_SCHOOL,
    RUIAN,
    SCHOOL,
    UNIVERSITY,
    ZHOU,
)
from tests.samples import sample
from tests.server import ANSWER, Served, codes, field_of, serving
from tests.town import KEY, Hand, Move, database, story, tell
from tests.town import codes as refusals

CANARY = "canary"
YUEQING = JurisdictionId("jurisdiction:330382")
HANGZHOU = JurisdictionId("jurisdiction:330100")
ROWS = 500
PUBLIC_SIZE = (1, 4)  # rows and depth, since the public may ask for less at once
CONNECTIONS = (
    "teachers", "trainers", "resumptions", "orders", "projects", "planChanges", "enrollments",
    "screenings", "completions", "schoolBasedTrainings", "warnings", "findings", "history",
    "auditSamples", "petitions", "reconciliations",
)  # fmt: skip
OFFICIAL = (
    "trainers",
    "resumptions",
    "screenings",
    "warnings",
)  # of providers and those who oversee them
OPEN = ("schools", "providers", "offerings")
PARTIES = {
    "public": (Role.PUBLIC, ""),
    "teacher": (Role.TEACHER, LIN),
    "school": (Role.SCHOOL, SCHOOL),
    "provider": (Role.PROVIDER, COUNTY_SCHOOL),
    "bureau": (Role.BUREAU, RUIAN),
    "auditor": (Role.AUDITOR, RUIAN),
    "integrator": (Role.INTEGRATOR, RUIAN),
    "other city": (Role.BUREAU, HANGZHOU),
    "other provider": (Role.PROVIDER, UNIVERSITY),
    "other school": (Role.SCHOOL, "school:unheard-of"),
    "city": (Role.BUREAU, cast.WENZHOU),
    "province": (Role.AUDITOR, cast.PROVINCE),
    "operator": (Role.OPERATOR, "ledger:xuefen"),
}
ABROAD = ("city", "province", "operator")  # whose reach takes in both counties


def elsewhere(value: Any) -> Any:
    """The same story in the county next door, under other names and with other words."""
    if isinstance(value, JurisdictionId):
        return YUEQING if value == RUIAN else value
    if isinstance(value, Name) and value.kind in ("term",):
        return value
    if isinstance(value, Name):
        return type(value)(f"{value.kind}:{CANARY}-{value.value}")
    if isinstance(value, Struct):
        return structs.replace(
            value, **{name: elsewhere(getattr(value, name)) for name in value.__struct_fields__}
        )
    if isinstance(value, tuple):
        return tuple(elsewhere(each) for each in value)
    return value


def moved(move: Move) -> Move:
    """A step of the story, told of the county next door."""
    command = move.command
    changes = {
        each.name: elsewhere(getattr(command, each.name)) for each in fields(command) if each.init
    }
    for name in ("reason", "description", "note", "proposal", "aims", "explanation"):
        if changes.get(name):
            changes[name] = f"{CANARY} {changes[name]}"
    return replace(move, command=replace(command, **changes))


@pytest.fixture(scope="module")
def two_counties(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server over a ledger with the same term in two counties."""
    moves = story()
    with database(postgres_url, founded_template) as url:
        with Ledger(url, KEY, Hand()) as ledger:
            here = tell(ledger, moves)
            there = tell(ledger, [moved(each) for each in moves[1:]])
            assert [refusals(each) for each in here[1:]] == [refusals(each) for each in there]
        with serving(url, tmp_path_factory.mktemp("two"), wait_seconds=20) as served:
            served.clock.set(date(2024, 6, 1))
            yield served


@pytest.fixture
def town(two_counties: Served) -> Served:
    """The server, once its views have caught up."""
    assert two_counties.house.runner.wait_for(two_counties.head, 20)
    return two_counties


@cache
def _types() -> Any:
    return build()._schema


def selection(kind: Any, depth: int = 8) -> str:
    """All fields of a type, as deep as they go."""
    if isinstance(kind, GraphQLUnionType) or depth == 0:
        return "{ __typename }"
    chosen = []
    for name, each in kind.fields.items():
        inner = get_named_type(each.type)
        if is_leaf_type(inner):
            chosen.append(name)
        elif isinstance(inner, GraphQLObjectType | GraphQLUnionType):
            chosen.append(f"{name} {selection(inner, depth - 1)}")
    return "{ " + " ".join(chosen) + " }"


def everything(name: str, first: int | None = None, depth: int = 8) -> str:
    """A query for all fields of a question; of lists with lists in them a shorter page."""
    kind = get_named_type(_types().query_type.fields[name].type)
    rows = "" if first is None else f"(first: {min(first, ROWS_OF.get(name, first))})"
    return f"{{ {name}{rows} {selection(kind, depth)} }}"


# Of which all fields at once come to more than a request may cost.
ROWS_OF = {"auditSamples": 100, "reconciliations": 20, "signOffs": 20}


def every_id(town: Served) -> list[str]:
    """The names and event ids of the county next door, as the operator sees them."""
    found: list[str] = []
    after = ""
    while True:
        page = town.operator.ask(
            f"{{ history(first: 500{after}) {{ edges {{ cursor node {{ id data }} }} "
            "pageInfo { hasNextPage } } }"
        )["history"]
        found += [
            each["node"]["id"] for each in page["edges"] if CANARY in json.dumps(each["node"])
        ]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = f', after: "{page["edges"][-1]["cursor"]}"'


@pytest.mark.parametrize("party", [each for each in PARTIES if each not in ABROAD])
@pytest.mark.parametrize("name", CONNECTIONS)
def test_no_row_of_elsewhere_is_in_a_list(town: Served, party: str, name: str) -> None:
    asker = town.party(*PARTIES[party])
    answer = asker.ask(everything(name, *(PUBLIC_SIZE if party == "public" else (ROWS,))))

    # An order is an invitation to every provider of the province.
    assert (CANARY in json.dumps(answer)) is (name == "orders" and "provider" in party)


@pytest.mark.parametrize("party", ["bureau", "school", "teacher", "provider", "auditor"])
@pytest.mark.parametrize("name", CONNECTIONS)
def test_each_party_sees_its_own(town: Served, party: str, name: str) -> None:
    unseen = {
        "teacher": {
            *OFFICIAL, "orders", "projects", "findings", "auditSamples", "reconciliations",
        },
        "school": {*OFFICIAL, "orders", "projects", "auditSamples", "petitions", "reconciliations"},
        "provider": {
            "teachers", "schoolBasedTrainings", "auditSamples", "petitions", "reconciliations",
        },
    }  # fmt: skip
    answer = town.party(*PARTIES[party]).ask(everything(name, ROWS))[name]

    assert bool(answer["edges"]) is (name not in unseen.get(party, set()))
    if answer["totalCount"] is not None:
        assert answer["totalCount"] == len(answer["edges"])


@pytest.mark.parametrize("party", PARTIES)
def test_an_answer_is_of_the_same_position_for_everybody(town: Served, party: str) -> None:
    asker = town.party(*PARTIES[party])
    views = [name for name in (*CONNECTIONS, *OPEN, "findingCounts") if name != "history"]

    def positions(arguments: str) -> set[int]:
        asked = " ".join(f"{name}{arguments} {{ position }}" for name in views)
        return {each["position"] for each in asker.ask(f"{{ {asked} }}").values()}

    assert positions("") == {town.head}
    assert positions("(asOf: {position: 40})") == {40}
    assert asker.ask("{ history(first: 1) { position } }")["history"]["position"] == town.head


@pytest.mark.parametrize("party", ABROAD)
@pytest.mark.parametrize("name", CONNECTIONS)
def test_a_wider_reach_takes_in_both_counties(town: Served, party: str, name: str) -> None:
    answer = json.dumps(town.party(*PARTIES[party]).ask(everything(name, ROWS)))

    if name != "history":
        assert CANARY in answer


@pytest.mark.parametrize("party", [each for each in PARTIES if each not in ABROAD])
def test_what_is_elsewhere_cannot_be_asked_for_by_name(town: Served, party: str) -> None:
    asker = town.party(*PARTIES[party])
    closed = [
        "teacher:canary-lin",
        "project:canary-p1",
        "change:canary-c1",
        "credit:canary-lin-school",
        "staff:canary-trainer-gao",
        "sample:canary-s1",
        "petition:canary-p1",
        "reconciliation:canary-2024-05",
        "signoff:canary-ruian-2023-1",
    ]
    if asker.token is None or PARTIES[party][0] is not Role.PROVIDER:
        closed.append("order:canary-r1")
    for name in closed:
        assert asker.ask("query($n: ID!) { node(id: $n) { id } }", n=name) == {"node": None}
    record = "query($n: ID!) { creditRecord(teacher: $n) { credits } }"
    assert asker.ask(record, n="teacher:canary-lin") == {"creditRecord": None}
    for field, name in [("teacher", closed[0]), ("project", closed[1])]:
        assert asker.ask(f"query($n: ID!) {{ {field}(id: $n) {{ id }} }}", n=name) == {field: None}


@pytest.mark.parametrize("party", [each for each in PARTIES if each not in ABROAD])
def test_a_filter_or_a_cursor_does_not_reach_further(town: Served, party: str) -> None:
    asker = town.party(*PARTIES[party])
    for query in (
        '{ a: teachers(place: "jurisdiction:330382") { totalCount edges { cursor } } }',
        '{ a: enrollments(teacher: "teacher:canary-lin") { totalCount edges { cursor } } }',
        '{ a: enrollments(offering: "offering:canary-o1") { totalCount edges { cursor } } }',
        '{ a: completions(offering: "offering:canary-o1") { totalCount edges { cursor } } }',
        '{ a: planChanges(offering: "offering:canary-o1") { totalCount edges { cursor } } }',
        '{ a: history(filter: {tags: ["teacher:canary-lin"]}) { totalCount edges { cursor } } }',
        '{ a: history(filter: {tags: ["jurisdiction:330382"]}) { totalCount edges { cursor } } }',
    ):
        found = asker.ask(query)["a"]
        assert (found["edges"], found["totalCount"] or 0) == ([], 0), query


@pytest.mark.parametrize("party", [each for each in PARTIES if each not in ABROAD])
def test_an_event_of_elsewhere_is_no_entry(town: Served, party: str) -> None:
    asker, ids = town.party(*PARTIES[party]), every_id(town)
    assert len(ids) > 40
    for start in range(0, len(ids), 25):
        some = enumerate(ids[start : start + 25])
        answer = asker.ask(
            "{" + " ".join(f'e{n}: entry(id: "{each}") {{ id }}' for n, each in some) + "}"
        )
        assert set(answer.values()) == {None}


@pytest.mark.parametrize(
    ("party", "strangers"),
    [
        ((Role.TEACHER, LIN), (CHEN, ZHOU)),
        ((Role.TEACHER, CHEN), (LIN, ZHOU)),
        ((Role.PROVIDER, UNIVERSITY), (LIN, CHEN, ZHOU)),
        ((Role.SCHOOL, "school:unheard-of"), (LIN, CHEN, ZHOU)),
    ],
)
def test_neighbours_in_the_same_county_are_strangers_too(
    town: Served, party: tuple[Role, str], strangers: tuple[str, ...]
) -> None:
    asker = town.party(*party)
    seen = json.dumps([asker.ask(everything(name, ROWS)) for name in CONNECTIONS])

    assert [each for each in strangers if each in seen] == []


def test_a_school_does_not_see_who_left_before_them_but_their_own_trainees(town: Served) -> None:
    other = town.party(Role.SCHOOL, OTHER_SCHOOL)
    seen = json.dumps([other.ask(everything(name, ROWS)) for name in CONNECTIONS])

    assert LIN in seen  # who came over in April
    assert CHEN not in seen


def test_the_public_sees_regulations_terms_places_and_the_boards_and_nothing_else(
    town: Served,
) -> None:
    public = town.public
    for name in ("regulations", "terms", "jurisdictions", "rules"):
        assert public.ask(everything(name, depth=3))[name]
    for name in OPEN:
        assert public.ask(everything(name, 20))[name]["edges"]
    for name in CONNECTIONS:
        assert public.ask(everything(name, *PUBLIC_SIZE))[name]["edges"] == [], name


@pytest.mark.parametrize("command", MUTATIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("role", Role, ids=lambda each: each.value)
def test_each_role_may_submit_what_the_table_says(
    town: Served, role: Role, command: type[Command]
) -> None:
    scopes = {
        Role.TEACHER: LIN, Role.SCHOOL: SCHOOL, Role.PROVIDER: COUNTY_SCHOOL, Role.PUBLIC: "",
        Role.OPERATOR: "ledger:xuefen",
    }  # fmt: skip
    asker, before = town.party(role, scopes.get(role, RUIAN)), town.head
    given = sample(command, lambda kind, _: _canary(town, command, kind))
    body = asker.post(
        f"mutation($input: {command.__name__}Input!) {{ answer: {field_of(command)}"
        f'(input: $input, requestId: "{role.value}") {{ {ANSWER} }} }}',
        input=given,
    ).json()

    if role is Role.OPERATOR or command in COMMANDS.get(role, ()):
        answer = body["data"]["answer"]
        if role is not Role.OPERATOR:
            # It concerns the county next door, and so is not theirs to decide.
            assert codes(answer) == ["OUTSIDE_SCOPE"]
            assert town.head == before
    else:
        [error] = body["errors"]
        wanted = "UNAUTHENTICATED" if role is Role.PUBLIC else "FORBIDDEN_ROLE"
        assert error["extensions"]["code"] == wanted
        assert town.head == before


def _canary(town: Served, command: type[Command], kind: type[Name]) -> str:
    if kind is FindingId:
        return _canary_finding(town)
    credit = "lin-school" if command is RecogniseSchoolBased else "lin-1"
    return {
        "jurisdiction": YUEQING, "provider": "provider:canary-ruian-training-school",
        "school": "school:canary-anyang-primary", "teacher": "teacher:canary-lin",
        "term": "term:2024H1", "order": "order:canary-r1", "project": "project:canary-p1",
        "offering": "offering:canary-o1", "change": "change:canary-c1",
        "credit": f"credit:canary-{credit}",
        "signoff": "signoff:canary-ruian-2023-1",
        "petition": "petition:canary-p1",
        "reconciliation": "reconciliation:canary-2024-05",
        "anomaly": "anomaly:canary-a2", "load": "load:canary-l1",
        "sample": "sample:canary-s1", "document": "document:zj24",  # the province's
        "token": "token:canary-hr",
        "": "offering:canary-o1",
    }.get(kind.kind, "staff:nobody")  # fmt: skip


def _canary_finding(town: Served) -> str:
    query = '{ findings(subject: "offering:canary-o1", first: 1) { edges { node { id } } } }'
    return str(town.operator.ask(query)["findings"]["edges"][0]["node"]["id"])


@pytest.mark.parametrize("command", UNREPORTED, ids=lambda each: each.__name__)
@pytest.mark.parametrize("role", [Role.INTEGRATOR, Role.OPERATOR], ids=lambda each: each.value)
def test_nobody_reports_whom_the_ledger_lets_in(
    town: Served, role: Role, command: type[Command]
) -> None:
    scope = "ledger:xuefen" if role is Role.OPERATOR else RUIAN
    given = sample(command, lambda kind, _: str(RUIAN) if kind is JurisdictionId else "token:x")
    [said] = town.party(role, str(scope)).errors(
        f"mutation($input: {command.__name__}Input!) {{ answer: {field_of(command)}(input: $input, "
        f'requestId: "u", reported: {{source: "x", on: "2024-04-20"}}) {{ {ANSWER} }} }}',
        input=given,
    )

    assert said["code"] == "FORBIDDEN_ROLE"


@pytest.mark.parametrize(
    "command",
    [each for each in MUTATIONS if each not in UNREPORTED],
    ids=lambda each: each.__name__,
)
def test_an_integrator_reports_only_what_concerns_its_own_place(
    town: Served, command: type[Command]
) -> None:
    asker, before = town.party(Role.INTEGRATOR, RUIAN), town.head
    given = sample(command, lambda kind, _: _canary(town, command, kind))
    answer = asker.mutate(command, given, "report", reported={"source": "x", "on": "2024-04-20"})

    assert codes(answer) == ["OUTSIDE_SCOPE"]
    assert town.head == before


def test_a_reported_breach_is_kept_with_a_finding_of_its_rule(town: Served) -> None:
    teacher = {"teacher": "teacher:new", "school": SCHOOL, "stage": "PRIMARY"}
    teacher |= {"subject": "CHINESE", "entered": "2020-09-01"}
    town.operator.mutate(RegisterTeacher, teacher, "new")
    asker, given = (
        town.party(Role.INTEGRATOR, RUIAN),
        {"teacher": "teacher:new", "offering": OFFERING},
    )
    told = asker.mutate(
        SelectOffering, given, "late", reported={"source": "other/late", "on": "2024-05-30"}
    )

    assert told["__typename"] == "Recorded", told
    assert told["events"][0]["type"] == "enrollment.offering-selected"
    found = asker.ask(
        "query($p: Position!) { findings(first: 1, atLeast: $p) "
        "{ edges { node { outcome rule zh en position } } } }",
        p=told["position"],
    )["findings"]["edges"][0]["node"]
    assert (found["outcome"], bool(found["rule"])) == ("VIOLATION", True)


def test_the_same_command_asked_and_not_reported_is_refused(town: Served) -> None:
    teacher = town.party(Role.TEACHER, CHEN)
    before = town.head

    assert codes(teacher.mutate(SelectOffering, {"teacher": CHEN, "offering": OFFERING}, "again"))
    assert town.head == before
