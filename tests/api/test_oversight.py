"""Trainers, warnings and resumptions over GraphQL: the filters, and what each role is shown."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.accreditation import AccreditProvider
from ledger.command import Command, Role
from ledger.resumption import ApplyForResumption, CommitToSafety, DecideAcceptance
from ledger.trainer import RecordTrainerConsent, RegisterTrainer
from ledger.warning import IssueYellowCard, Reinspect
from tests.cast import COUNTY_SCHOOL, OFFERING, RUIAN, UNIVERSITY, WENZHOU, opened
from tests.server import Party, Served, codes
from tests.town import OPERATOR, Put

XU, GAO, SHEN = "staff:trainer-xu", "staff:trainer-gao", "staff:trainer-shen"


def done(server: Served, *steps: tuple[type[Command], dict[str, Any]]) -> int:
    """The steps taken by the operator, and the position after them."""
    for number, (command, given) in enumerate(steps):
        answer = server.operator.mutate(command, given, f"{command.__name__}-{number}")
        assert codes(answer) == []
    return server.head


def accredited(provider: str, place: str) -> tuple[type[Command], dict[str, Any]]:
    given = {"provider": provider, "place": place, "title": "机构", "reach": "LOCAL"}
    return AccreditProvider, given | {"subjects": ["CHINESE"], "since": "2012-09-01"}


def nodes(party: Party, field: str, arguments: str, shown: str) -> list[Any]:
    """The rows of a connection."""
    answer = party.ask(f"{{ found: {field}({arguments}) {{ edges {{ node {{ {shown} }} }} }} }}")
    return [each["node"] for each in answer["found"]["edges"]]


def trainers(server: Served) -> int:
    """One who agreed to be named by anybody, one by the county's school, one by nobody."""
    return done(
        server,
        accredited(COUNTY_SCHOOL, RUIAN),
        accredited(UNIVERSITY, WENZHOU),
        (RegisterTrainer, {"trainer": XU, "place": RUIAN, "expertise": "阅读教学"}),
        (RecordTrainerConsent, {"trainer": XU, "place": RUIAN}),
        (RecordTrainerConsent, {"trainer": XU, "provider": COUNTY_SCHOOL}),
        (RegisterTrainer, {"trainer": GAO, "provider": COUNTY_SCHOOL, "expertise": "写作教学"}),
        (RecordTrainerConsent, {"trainer": GAO, "provider": COUNTY_SCHOOL}),
        (RegisterTrainer, {"trainer": SHEN, "provider": UNIVERSITY, "expertise": "实验教学"}),
    )


def ids(party: Party, arguments: str) -> set[str]:
    return {each["id"] for each in nodes(party, "trainers", f"first: 50 {arguments}", "id")}


def test_trainers_are_found_by_provider_place_expertise_and_consent(served: Served) -> None:
    at, operator = trainers(served), served.operator

    assert ids(operator, f"atLeast: {at}") == {XU, GAO, SHEN}
    assert ids(operator, f'provider: "{COUNTY_SCHOOL}"') == {XU, GAO}
    assert ids(operator, f'place: "{WENZHOU}"') == {SHEN}
    assert ids(operator, 'expertise: "写作"') == {GAO}
    assert ids(operator, 'expertise: "教学"') == {XU, GAO, SHEN}
    assert ids(operator, 'expertise: "%"') == set()
    assert ids(operator, "consent: EVERY_PROVIDER") == {XU}
    assert ids(operator, "consent: SOME_PROVIDERS") == {GAO}
    assert ids(operator, "consent: NONE") == {SHEN}
    assert ids(operator, f'consent: NONE, provider: "{COUNTY_SCHOOL}"') == set()


def test_a_provider_is_shown_its_own_trainers_and_the_willing_without_their_other_hosts(
    served: Served,
) -> None:
    at = trainers(served)
    university = served.party(Role.PROVIDER, UNIVERSITY)
    reading = f'atLeast: {at}, expertise: "阅读"'
    [xu] = nodes(university, "trainers", reading, "consent consents { provider }")

    assert ids(university, "") == {XU, SHEN}
    assert ids(served.party(Role.PROVIDER, COUNTY_SCHOOL), "") == {XU, GAO}
    assert xu == {"consent": "EVERY_PROVIDER", "consents": [{"provider": None}]}
    assert ids(university, f'provider: "{COUNTY_SCHOOL}"') == set()
    assert university.ask(f'{{ trainer(id: "{GAO}") {{ id }} }}') == {"trainer": None}
    assert served.operator.ask(f'{{ node(id: "{GAO}") {{ id }} }}') == {"node": {"id": GAO}}


def test_a_bureau_is_shown_the_trainers_of_its_place_and_a_teacher_none(served: Served) -> None:
    at = trainers(served)

    assert ids(served.party(Role.BUREAU, RUIAN), f"atLeast: {at}") == {XU, GAO}
    assert ids(served.party(Role.BUREAU, WENZHOU), "") == {XU, GAO, SHEN}
    assert ids(served.party(Role.TEACHER, "teacher:lin"), "") == set()
    assert ids(served.public, "") == set()


def test_a_name_of_another_form_is_said_with_its_argument(served: Served) -> None:
    [error] = served.operator.errors('{ trainers(provider: "school:x") { position } }')

    assert (error["code"], error["field"]) == ("MALFORMED_NAME", "provider")


def warned(server: Served) -> int:
    """The county's school mends its ways; the university does not, and it is June."""
    card = {"reason": "管理混乱", "deadline": "2024-05-06"}
    found = {"improved": True, "report": "已改进"}
    done(
        server,
        accredited(COUNTY_SCHOOL, RUIAN),
        accredited(UNIVERSITY, WENZHOU),
        (IssueYellowCard, card | {"provider": COUNTY_SCHOOL}),
        (IssueYellowCard, card | {"provider": UNIVERSITY}),
    )
    server.clock.set(date(2024, 6, 3))
    return done(server, (Reinspect, found | {"provider": COUNTY_SCHOOL}))


def cases(party: Party, arguments: str) -> dict[str, tuple[str, bool]]:
    found = nodes(party, "warnings", f"first: 50 {arguments}", "target status overdue")
    return {each["target"]: (each["status"], each["overdue"]) for each in found}


def test_warnings_are_found_by_provider_place_status_and_deadline(served: Served) -> None:
    at, operator = warned(served), served.operator
    school = {COUNTY_SCHOOL: ("IMPROVED", False)}
    university = {UNIVERSITY: ("RECTIFICATION", True)}

    assert cases(operator, f"atLeast: {at}") == school | university
    assert cases(operator, f'provider: "{COUNTY_SCHOOL}"') == school
    assert cases(operator, f'place: "{WENZHOU}"') == university
    assert cases(operator, "status: IMPROVED") == school
    assert cases(operator, 'dueBy: "2024-05-06"') == university
    assert cases(operator, 'dueBy: "2024-05-05"') == {}


def test_a_warning_shows_its_steps_to_its_provider_and_its_bureau(served: Served) -> None:
    at = warned(served)
    shown = "steps { rung on reason deadline improved event position }"
    ask = f'{{ warning(target: "{COUNTY_SCHOOL}", atLeast: {at}) {{ deadline {shown} }} }}'
    for party in ((Role.PROVIDER, COUNTY_SCHOOL), (Role.BUREAU, RUIAN), (Role.AUDITOR, WENZHOU)):
        warning = served.party(*party).ask(ask)["warning"]
        assert [each["rung"] for each in warning["steps"]] == ["YELLOW_CARD", "REINSPECTION"]
        assert warning["steps"][0]["deadline"] == "2024-05-06"
    for role, scope in ((Role.PROVIDER, UNIVERSITY), (Role.SCHOOL, "school:x")):
        assert served.party(role, scope).ask(ask) == {"warning": None}
        assert COUNTY_SCHOOL not in cases(served.party(role, scope), "")
    assert served.public.ask(ask) == {"warning": None}


def resumed(server: Served) -> int:
    """The county's school is back and holds a class; the university only applied."""
    school, university = {"provider": COUNTY_SCHOOL}, {"provider": UNIVERSITY}
    done(
        server,
        accredited(COUNTY_SCHOOL, RUIAN),
        accredited(UNIVERSITY, WENZHOU),
        (ApplyForResumption, school),
        (DecideAcceptance, school | {"passed": True}),
        (CommitToSafety, school),
        (ApplyForResumption, university),
    )
    server.house.ledger.ask([Put(events=(opened(),))], OPERATOR)
    return server.head


def standing(party: Party, arguments: str) -> dict[str, str]:
    found = nodes(party, "resumptions", f"first: 50 {arguments}", "provider status")
    return {each["provider"]: each["status"] for each in found}


def test_resumptions_are_found_by_provider_class_place_and_status(served: Served) -> None:
    at, operator = resumed(served), served.operator
    school, university = {COUNTY_SCHOOL: "COMMITTED"}, {UNIVERSITY: "APPLIED"}

    assert standing(operator, f"atLeast: {at}") == school | university
    assert standing(operator, f'provider: "{UNIVERSITY}"') == university
    assert standing(operator, f'offering: "{OFFERING}", atLeast: {at}') == school
    assert standing(operator, 'offering: "offering:none"') == {}
    assert standing(operator, f'place: "{WENZHOU}"') == university
    assert standing(operator, "status: COMMITTED") == school
    [error] = operator.errors('{ resumptions(offering: "x") { position } }')
    assert (error["code"], error["field"]) == ("MALFORMED_NAME", "offering")


def test_a_resumption_is_shown_to_its_provider_and_its_bureau(served: Served) -> None:
    at = resumed(served)
    shown = "steps { kind counts epidemicAuthority passed joint reason on event position }"
    ask = f'{{ resumption(provider: "{COUNTY_SCHOOL}", atLeast: {at}) {{ {shown} }} }}'
    for party in ((Role.PROVIDER, COUNTY_SCHOOL), (Role.BUREAU, RUIAN), (Role.AUDITOR, WENZHOU)):
        steps = served.party(*party).ask(ask)["resumption"]["steps"]
        assert [each["kind"] for each in steps] == ["APPLICATION", "ACCEPTANCE", "COMMITMENT"]
        assert all(each["counts"] for each in steps)
    for role, scope in ((Role.PROVIDER, UNIVERSITY), (Role.TEACHER, "teacher:lin")):
        assert served.party(role, scope).ask(ask) == {"resumption": None}
        assert COUNTY_SCHOOL not in standing(served.party(role, scope), f'offering: "{OFFERING}"')
    assert served.public.ask(ask) == {"resumption": None}
