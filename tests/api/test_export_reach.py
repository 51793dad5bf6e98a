"""Exports reach as far as their queries: narrowed alike, a party is given as many rows by both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ledger.command import Role
from schema.export_document import EXPORTS
from schema.export_query import QUERIES
from tests.cast import (
    CHEN,
    COUNTY_SCHOOL,
    H1_2024,
    HANGZHOU,
    LIN,
    OFFERING,
    OTHER_SCHOOL,
    PROJECT,
    RUIAN,
    SCHOOL,
    UNIVERSITY,
    ZHOU,
)
from tests.exported import export, lines, told
from tests.server import Party, Served
from tests.told import told_template
from tests.town import founded_template

__all__ = ["founded_template", "told", "told_template"]

PARTIES = {
    "teacher": (Role.TEACHER, LIN),
    "school": (Role.SCHOOL, SCHOOL),
    "provider": (Role.PROVIDER, COUNTY_SCHOOL),
    "other provider": (Role.PROVIDER, UNIVERSITY),
    "bureau": (Role.BUREAU, RUIAN),
    "other bureau": (Role.BUREAU, HANGZHOU),
    "auditor": (Role.AUDITOR, RUIAN),
    "integrator": (Role.INTEGRATOR, RUIAN),
    "operator": (Role.OPERATOR, "ledger:xuefen"),
}
TEACHERS, PLACES, SCHOOLS = (LIN, CHEN, ZHOU), (RUIAN, HANGZHOU), (SCHOOL, OTHER_SCHOOL)
PROVIDERS = (COUNTY_SCHOOL, UNIVERSITY)
NAMES: dict[str, tuple[str, ...]] = {
    "teacher": TEACHERS,
    "place": PLACES,
    "school": SCHOOLS,
    "provider": PROVIDERS,
    "offering": (OFFERING,),
    "project": (PROJECT,),
    "term": (H1_2024,),
    "of": (*PLACES, *SCHOOLS, *PROVIDERS),
    "subject": (*TEACHERS, *PROVIDERS),
    "tags": (*TEACHERS, SCHOOL, COUNTY_SCHOOL, OFFERING, RUIAN, f"{LIN},{CHEN}"),
    "actor": ("staff:tester", LIN),
    "signOff": ("signoff:ruian-2023-3",),
}
Rows = Callable[[Any], list[Any]]


def nodes(answer: Any) -> list[Any]:
    """The rows of a page."""
    return [each["node"] for each in answer["edges"]]


def below(level: Any) -> list[Any]:
    """A level and the two below it."""
    return [level, *(one for each in level.get("parts") or () for one in below(each))]


@dataclass(frozen=True)
class Case:
    """A query, the filters that it has in common with its export, and where its rows are.

    ``also``: what both are given besides; ``within``: the one input that holds the filters.
    """

    document: str
    filters: tuple[str, ...]
    rows: Rows = nodes
    also: dict[str, Any] = field(default_factory=dict)
    within: tuple[str, ...] = ()


def listed(query: str, *filters: str) -> Case:
    """A list, by filters that are names."""
    heads = ", ".join(f"${each}: ID" for each in filters)
    passed = ", ".join(f"{each}: ${each}" for each in filters)
    page = "(first: 500, " + passed + ") { edges { node { __typename } } }"
    return Case(f"query({heads}) {{ found: {query}{page} }}", filters)


def asked(document: str, *filters: str, rows: Rows = nodes, **also: Any) -> Case:
    """Another query about names."""
    return Case(document, filters, rows, also)


RECORD = "query($teacher: ID!) { found: creditRecord(teacher: $teacher) "
YEARS = "query($of: ID!, $year: Int!) { found: "
LEVEL = "{ parts { parts { __typename } } }"
CASES = {
    "schools": listed("schools", "place"),
    "providers": listed("providers", "place"),
    "teachers": listed("teachers", "school", "place"),
    "orders": listed("orders", "place", "term"),
    "projects": listed("projects", "provider", "place", "term"),
    "planChanges": listed("planChanges", "offering", "provider", "place", "term"),
    "offerings": listed("offerings", "provider", "place", "term", "project"),
    "enrollments": listed("enrollments", "teacher", "offering", "school", "term"),
    "screenings": listed("screenings", "provider", "place"),
    "completions": listed("completions", "teacher", "offering"),
    "schoolBasedTrainings": listed("schoolBasedTrainings", "teacher", "school"),
    "findings": listed("findings", "place", "subject"),
    "signOffs": listed("signOffs", "place"),
    "history": Case(
        "query($filter: EntryFilter) { found: history(first: 500, filter: $filter) "
        "{ edges { node { position } } } }",
        ("tags", "actor"),
        within=("tags", "types"),
    ),
    "leaves": Case(
        "query($filter: ChangeFilter) { found: leaves(first: 500, filter: $filter) "
        "{ edges { node { position } } } }",
        ("tags", "place"),
        within=("tags", "types"),
    ),
    "creditRecords": asked(f"{RECORD} {{ teacher }} }}", "teacher", rows=lambda found: [found]),
    "creditLines": asked(
        f"{RECORD} {{ lines {{ credit }} }} }}", "teacher", rows=lambda found: found["lines"]
    ),
    "requirements": asked(
        f"{RECORD} {{ verdict {{ requirements {{ code }} }} }} }}",
        "teacher",
        rows=lambda found: (found["verdict"] or {"requirements": []})["requirements"],
    ),
    "obligations": asked(
        "query($place: ID, $school: ID, $year: Int!) { found: obligations(place: $place, "
        "school: $school, year: $year) { code } }",
        "place",
        "school",
        rows=list,
        year=2024,
    ),
    "indicators": asked(
        f"{YEARS} indicators(of: $of, year: $year) {{ code }} }}", "of", rows=list, year=2024
    ),
    "indicatorParts": asked(
        f"{YEARS} indicators(of: $of, year: $year) {{ parts(first: 500) {{ edges {{ node "
        "{ key } } } } }",
        "of",
        rows=lambda found: [one for each in found for one in nodes(each["parts"])],
        year=2024,
    ),
    "signOffDrift": asked(
        "query($signOff: ID!) { found: signOff(id: $signOff) { drift { teachers(first: 500) "
        "{ edges { node { teacher } } } } } }",
        "signOff",
        rows=lambda found: nodes(found["drift"]["teachers"]),
    ),
    "periodSummaries": asked(
        f"{YEARS} levels(of: $of, year: $year) {{ teachers(first: 500) {{ edges {{ node "
        "{ teacher } } } } }",
        "of",
        rows=lambda found: nodes(found["teachers"]),
        year=2024,
    ),
    "levels": asked(
        f"{YEARS} levels(of: $of, year: $year) {{ level {LEVEL} }} }}",
        "of",
        rows=lambda found: below(found["level"]),
        year=2024,
    ),
}
TYPES = ("attendance.recorded", "credit.awarded", "enrollment.offering-selected")


def narrowings(case: Case) -> Iterator[dict[str, str]]:
    """Each filter with each name, alone; of entries also with a type."""
    for name in case.filters:
        for value in map(str, NAMES[name]):
            yield {name: value}
            if name == "tags":
                yield from ({name: value, "types": each} for each in TYPES)


def answered(asker: Party, case: Case, given: dict[str, str]) -> int:
    """How many rows the query has; none where it refuses or knows nothing."""
    variables: dict[str, Any] = given | case.also
    if case.within:
        several = {name: value.split(",") for name, value in given.items() if name in case.within}
        variables = {"filter": given | several}
    body = asker.post(case.document, **variables).json()
    found = (body.get("data") or {}).get("found")
    return 0 if found is None else len(case.rows(found))


def taken(asker: Party, what: str, case: Case, given: dict[str, str]) -> int:
    """How many rows the file has; none where it is refused."""
    answer = export(asker, what, filters=given | case.also)
    return len(lines(answer)) if answer.status_code == 200 else 0


def test_no_kind_of_export_is_left_out() -> None:
    assert set(CASES) | set(QUERIES) == set(EXPORTS)  # the latter ask the query itself


@pytest.mark.parametrize("what", CASES)
def test_an_export_has_as_many_rows_as_its_query_whoever_narrows_it_to_whom(
    told: Served, what: str
) -> None:
    case, seen, differing = CASES[what], 0, []
    for name, (role, scope) in PARTIES.items():
        asker = told.party(role, str(scope))
        for given in narrowings(case):
            wanted, found = answered(asker, case, given), taken(asker, what, case, given)
            seen += wanted
            if wanted != found:
                differing.append(f"{name} {given}: {wanted} by the query, {found} in the file")

    assert differing == []
    assert seen > 0, "nobody was answered anything, so nothing was compared"


def test_a_teacher_does_not_learn_by_a_file_who_else_was_absent(told: Served) -> None:
    given = {"tags": str(CHEN), "types": "attendance.recorded"}

    assert lines(export(told.party(Role.BUREAU, RUIAN), "history", filters=given)) != []
    assert lines(export(told.party(Role.TEACHER, LIN), "history", filters=given)) == []
