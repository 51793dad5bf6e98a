"""Worked cases of the rulebook over HTTP: each by its W-number, with the clause that decides it.

One server serves them all. Its clock goes forwards only, so the cases run in the order of their
days, and each has names of its own; what came before a case is reported from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import Any

import pytest
from msgspec import Struct

from ledger.accreditation import Reach
from ledger.command import Command
from ledger.event import Event
from ledger.names import ProjectId, ProviderId, TermId
from ledger.plan import Fee, FeeKind, Mode
from ledger.register import Title
from schema.inputs import asked_fields
from schema.mutation import MUTATIONS
from tests import cast
from tests.cast import H1_2024, H2_2019, H2_2020, OFFERING, ORDER, PROJECT, RUIAN
from tests.samples import camel
from tests.server import Served, field_of, serving
from tests.town import database

FOUNDED = date(2019, 6, 1)
COUNTY_SCHOOL, UNIVERSITY, DISTANCE = cast.COUNTY_SCHOOL, cast.UNIVERSITY, cast.DISTANCE
EARLIER = {H2_2019: date(2019, 6, 20), H2_2020: date(2020, 7, 20), H1_2024: date(2024, 3, 8)}
CLAUSES = """
ZJ14=浙教办师〔2014〕14号 ZJ20=浙教办函〔2020〕141号 ZJ24=浙教办函〔2024〕37号
WZ12=温教师〔2012〕33号 ZJ24-72=§一(五) ZJ24-73=§一(五) ZJ24-10=§三(一)1 ZJ24-11=§三(一)1
ZJ24-38=§三(一)2 ZJ24-13=§三(二) ZJ24-18=§三(二) ZJ24-23=§三(二) ZJ24-06=§二 WZ12-23=§五.20
WZ12-25=§五.20 ZJ24-53=§四(一) ZJ24-54=§四(一) ZJ24-55=§四(一) ZJ24-80=§四(三) ZJ24-82=§四(三)
ZJ24-30=附件2_行1；§三(一)2 ZJ24-32=附件2_行3；§三(一)2 ZJ24-34=附件2_行5 ZJ20-16=§四(二)
ZJ14-29=§六 ZJ24-36=附件2_行7 ZJ24-40=附件3 ZJ24-63=§四(二)
"""
CITED = dict(re.findall(r"(\S+)=(\S+)", CLAUSES))
OWN = re.compile(r"(school|teacher|provider|project|offering|order|credit|staff):.+")
REQUESTS = count()
ANSWER = "__typename ... on Recorded { position events { position } } "
ANSWER += "... on Refused { refusals { rule number clause } }"
ASK = "mutation($input: %sInput!, $request: String!, $reported: Report) { answer: "
ASK += f"%s(input: $input, requestId: $request, reported: $reported) {{ {ANSWER} }} }}"
FOUND = "query($at: Position!) { findings(atLeast: $at) "
FOUND += "{ edges { node { position rule outcome citation } } } }"
OBLIGATIONS = "query($year: Int!, $place: ID, $school: ID, $at: Position!) { obligations("
OBLIGATIONS += "year: $year, place: $place, school: $school, atLeast: $at) "
OBLIGATIONS += "{ rule result citation } }"


@dataclass(frozen=True)
class Case:
    """A command on its day after a past, and the rules that refuse it or are found broken."""

    name: str
    day: date
    command: Command
    past: tuple[tuple[date, Command], ...] = ()
    refused: str = ""
    found: str = ""


@pytest.fixture(scope="module")
def town(
    postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server founded before all cases, with the terms and the trainer of the plans."""
    with pytest.MonkeyPatch.context() as patch, database(postgres_url, migrated_template) as url:
        patch.setattr("tests.server.DAY", FOUNDED)
        with serving(url, tmp_path_factory.mktemp("cases")) as server:
            for term in EARLIER:
                told(server, "", do("OpenTerm", term=term, title=term.value))
            trainer = do("RegisterTrainer", trainer=cast.TRAINER, place=RUIAN, expertise="阅读")
            told(server, "", trainer)
            yield server


def asked_of(kind: type[Command]) -> list[str]:
    return [each.name for each in asked_fields(kind, ("sealed",))]


def plain(value: Any, case: str) -> Any:
    """A command or part of one as an input, its names those of the case."""
    match value:
        case Command() | Struct():
            own = value.__struct_fields__ if isinstance(value, Struct) else asked_of(type(value))
            return {camel(name): plain(getattr(value, name), case) for name in own}
        case tuple() | list():
            return [plain(each, case) for each in value]
        case Enum():
            return value.name
        case Decimal() | date():
            return str(value)
        case str() if OWN.fullmatch(value) and value != cast.TRAINER:
            return f"{value}-{case.lower()}" if case else str(value)
    return value


def ask(served: Served, case: str, command: Command, reported: date | None = None) -> Any:
    """The answer of the server."""
    kind = type(command)
    return served.operator.ask(
        ASK % (kind.__name__, field_of(kind)),
        input=plain(command, case),
        request=f"case-{next(REQUESTS)}",
        reported=reported and {"source": "other/1", "on": str(reported)},
    )["answer"]


def told(served: Served, case: str, command: Command, reported: date | None = None) -> int:
    """The position of a command that must be recorded."""
    answer = ask(served, case, command, reported)
    assert answer["__typename"] == "Recorded", (type(command).__name__, answer)
    return int(answer["position"])


def clause(rule: str) -> tuple[str, str]:
    """The document and clause of a rule."""
    return CITED[rule.partition("-")[0]], CITED[rule].replace("_", " ")


def do(name: str, event: Event | None = None, **more: Any) -> Command:
    """A command by its name, with what it shares with an event of the cast."""
    kind = next(each for each in MUTATIONS if each.__name__ == name)
    shared = set(asked_of(kind)) & set(event.__struct_fields__ if event else ())
    return kind(**{each: getattr(event, each) for each in shared} | more)


def accredits(provider: ProviderId = COUNTY_SCHOOL, **more: Any) -> tuple[date, Command]:
    place = RUIAN if provider == COUNTY_SCHOOL else cast.PROVINCE
    reach = Reach.LOCAL if place == RUIAN else Reach.PROVINCE_WIDE
    event = cast.accredited(provider, place=place, reach=reach, **more)
    return max(FOUNDED, event.since), do("AccreditProvider", event)


def declares(term: TermId = H1_2024, *, plan: Any = cast.PLAN, **more: Any) -> Command:
    return do("DeclareProject", cast.declared(term=term, plan=plan), **more)


HOST, BLENDED, UNI = accredits(), accredits(blended=True), accredits(UNIVERSITY)
ORDERS = do("SubmitOrder", cast.ordered())
ORDERED = (EARLIER[H1_2024], ORDERS)
RESPONDS = do("RespondToOrder", order=ORDER, provider=UNIVERSITY, proposal="方案")
AWARDS = do("AwardOrder", order=ORDER, provider=UNIVERSITY, reason="最契合")
BY_ORDER = declares(provider=UNIVERSITY, order=ORDER)
AWARDED = (UNI, ORDERED, (date(2024, 3, 11), RESPONDS), (date(2024, 3, 12), AWARDS))
REVIEWS = do("ReviewProject", project=PROJECT, approved=True)
SELECTS = do("SelectOffering", teacher=cast.LIN, offering=OFFERING)
WITHDRAWS = do("WithdrawSelection", teacher=cast.LIN, offering=OFFERING, reason="有事")
DENIES = do("ReviewSelection", teacher=cast.LIN, offering=OFFERING, passed=False, reason="冲突")
SCHOOLED = do("RegisterSchool", cast.school())
SERVES = do("RegisterTeacher", cast.registered())


def room(
    term: TermId = H1_2024, before: Any = (HOST,), declared: Any = None, **days: date
) -> tuple[tuple[date, Command], ...]:
    """A teacher of a school and a class to choose."""
    own = do("OpenOffering", cast.opened(**days))
    steps = (SCHOOLED, SERVES, declared or declares(term), REVIEWS)
    steps += (do("PublishProject", project=PROJECT), own)
    last = max([EARLIER[term], *(day for day, _ in before)])
    return (*before, *((last, each) for each in steps))


def march(*days: int) -> list[date]:
    return [date(2024, 3, day) for day in days]


def edges(
    name: str, asked: Command, past: Any, rule: str, *days: date, early: str = "", late: str = ""
) -> list[Case]:
    """A window of four days: the one before it, its first, its last, and the one after."""
    ends = (early or rule, "", "", late or rule)
    rows = zip(days, ("early", "first", "last", "late"), ends, strict=True)
    return [Case(f"{name}-{each}", day, asked, past, out) for day, each, out in rows]


def blended(total: str, online: str) -> Command:
    return declares(plan=cast.plan(total, mode=Mode.BLENDED, online=online, assessment=True))


OPEN_DAY, MAY = date(2024, 3, 8), date(2024, 5, 1)
ROUND_TWO = [*march(30, 31), date(2024, 4, 1), date(2024, 4, 2)]
JULY = [date(2020, 7, day) for day in (16, 17, 30, 31)]
THREE = cast.plan(90, segments=3, assessment=True)
LED = declares(provider=DISTANCE, project=ProjectId("project:other"), offerings=2)
TWO_HOSTS = (HOST, accredits(DISTANCE), (OPEN_DAY, LED))
LATE_2020 = room(H2_2020, opens=date(2020, 10, 8), closes=date(2020, 12, 1))
DENIED = (*LATE_2020, (date(2020, 8, 28), SELECTS), (date(2020, 9, 7), DENIES))
CHOSEN = (*room(), (date(2024, 3, 20), SELECTS))
REFUSED, TAKEN_BACK = (date(2024, 3, 26), DENIES), (date(2024, 3, 25), WITHDRAWS)
IN_MAY = room(opens=MAY, closes=date(2024, 5, 10))
PUBLISHES = do("PublishTimetable", offering=OFFERING, sessions=cast.sessions(24, MAY))
BY_HOST = replace(RESPONDS, provider=COUNTY_SCHOOL)
YOUNG = (accredits(UNIVERSITY, since=date(2023, 3, 20)), *AWARDED[1:3])
ORDER_CLASS = room(before=AWARDED, declared=BY_ORDER)
LECTURER = declares(lead=cast.lead(title=Title.INTERMEDIATE))
FEE = Fee(item="培训", yuan=Decimal(1900), kind=FeeKind.TRAINING)
UNEVEN = declares(plan=cast.plan(fees=(FEE,), fee_total=Decimal(2000)))
BETWEEN, UNKNOWN = "ZJ24-13 ZJ24-18", "ZJ24-80 INDETERMINATE"
CASES = [
    Case("W-033", EARLIER[H2_2019], declares(H2_2019, plan=THREE), (HOST,), "ZJ14-29"),
    *edges("W-106", declares(H2_2020), (HOST,), "ZJ20-16", *JULY),
    Case("W-124", date(2020, 9, 13), SELECTS, DENIED),
    *edges("W-166", declares(), (HOST,), "ZJ24-10", *march(6, 7, 11, 12)),
    Case("W-037", OPEN_DAY, declares(plan=THREE), (HOST,)),
    Case("W-042", OPEN_DAY, blended("90", "27.5"), (BLENDED,), "ZJ24-72"),
    Case("W-042-more", OPEN_DAY, blended("90", "28"), (BLENDED,), "ZJ24-72"),
    Case("W-043", OPEN_DAY, blended("40", "12"), (BLENDED,)),
    Case("W-043-more", OPEN_DAY, blended("40", "12.5"), (BLENDED,), "ZJ24-72"),
    Case("W-045", OPEN_DAY, blended("40", "4"), (HOST,), "ZJ24-73"),
    Case("W-169", OPEN_DAY, declares(offerings=4), (HOST,)),
    Case("W-169-more", OPEN_DAY, declares(offerings=5), (HOST,), "ZJ24-54"),
    Case("W-171", OPEN_DAY, declares(), TWO_HOSTS, "ZJ24-55"),
    Case("W-172", OPEN_DAY, LECTURER, (HOST,), found="ZJ24-53 DEVIATION"),
    Case("W-189", OPEN_DAY, replace(ORDERS, aims="学" * 200)),
    Case("W-189-more", OPEN_DAY, replace(ORDERS, aims="学" * 201), (), "ZJ24-40"),
    Case("W-213", OPEN_DAY, UNEVEN, (HOST,), found=f"{UNKNOWN} ZJ24-82 VIOLATION"),
    Case("W-180", date(2024, 3, 9), ORDERS),
    Case("W-180-late", date(2024, 3, 10), ORDERS, (), "ZJ24-30"),
    *edges("W-168", REVIEWS, (HOST, (OPEN_DAY, declares())), "ZJ24-11", *march(11, 12, 17, 18)),
    Case("W-183", date(2024, 3, 12), RESPONDS, (UNI, ORDERED)),
    Case("W-183-county", date(2024, 3, 12), BY_HOST, (HOST, ORDERED), "ZJ24-38"),
    Case("W-184", date(2024, 3, 14), RESPONDS, (UNI, ORDERED)),
    Case("W-184-late", date(2024, 3, 15), RESPONDS, (UNI, ORDERED), "ZJ24-32"),
    Case("W-195", date(2024, 3, 15), AWARDS, YOUNG, "ZJ24-06"),
    Case("W-186", date(2024, 3, 16), BY_ORDER, AWARDED),
    Case("W-187", date(2024, 3, 16), BY_ORDER, AWARDED[:2], "ZJ24-34"),
    *edges("W-120", SELECTS, room(), "ZJ24-13", *march(18, 19, 26, 27), late=BETWEEN),
    *edges("W-121", SELECTS, (*CHOSEN, REFUSED), "ZJ24-18", *ROUND_TWO, early=BETWEEN),
    Case("W-190", date(2024, 3, 28), SELECTS, ORDER_CLASS, f"{BETWEEN} ZJ24-36"),
    Case("W-123", ROUND_TWO[1], SELECTS, (*CHOSEN, REFUSED)),
    Case("W-130", ROUND_TWO[1], SELECTS, (*CHOSEN, TAKEN_BACK), "ZJ24-23"),
    Case("W-201", date(2024, 4, 26), PUBLISHES, IN_MAY),
    Case("W-201-late", date(2024, 4, 27), PUBLISHES, IN_MAY, found="ZJ24-63 VIOLATION"),
]


@pytest.mark.parametrize("case", sorted(CASES, key=lambda each: each.day), ids=lambda c: c.name)
def test_a_worked_case_comes_out_as_the_rulebook_says(town: Served, case: Case) -> None:
    town.clock.set(case.day)
    assert town.house.ledger.today() == case.day
    for day, command in case.past:
        told(town, case.name, command, min(day, case.day))
    answer = ask(town, case.name, case.command)
    cited = {tuple(each.values()) for each in answer.get("refusals", ())}
    words = case.found.split()

    assert answer["__typename"] == ("Refused" if case.refused else "Recorded")
    assert cited == {(each, *clause(each)) for each in case.refused.split()}
    if not case.refused:
        assert sorted(findings(town, answer)) == [
            (rule, outcome, " ".join(clause(rule)))
            for rule, outcome in zip(words[::2], words[1::2], strict=True)
        ]


def findings(served: Served, answer: Any) -> list[tuple[str, str, str]]:
    """The findings that an answer led to, each with its citation."""
    page = served.operator.ask(FOUND, at=answer["position"])["findings"]
    mine = {each["position"] for each in answer["events"]}
    nodes = [each["node"] for each in page["edges"] if each["node"]["position"] in mine]
    return [(each["rule"], each["outcome"], each["citation"]) for each in nodes]


def test_w_222_seven_tenths_of_the_fund_go_to_the_schools(town: Served) -> None:
    town.clock.set(MAY)
    for year, passed, result in ((2022, 2_100_000, "MET"), (2023, 2_099_999, "NOT_MET")):
        funds = {"payroll": 100_000_000, "fund": 3_000_000, "to_schools": passed}
        exact = {name: Decimal(each) for name, each in funds.items()}
        at = told(town, "", do("StateLocalFunds", place=RUIAN, year=year, **exact))

        assert asked(town, "WZ12-23", year=year, place=RUIAN, at=at) == [result]


def test_w_235_the_funds_of_a_school_are_published_every_year(town: Served) -> None:
    town.clock.set(MAY)
    at = told(town, "W-235", SCHOOLED)
    given = {"year": 2023, "school": plain(cast.SCHOOL, "W-235"), "at": at}

    assert asked(town, "WZ12-25", **given) == ["VIOLATION"]


def asked(served: Served, rule: str, **given: Any) -> list[str]:
    """The results under a rule for a year, each cited by document and clause."""
    rows = served.operator.ask(OBLIGATIONS, **given)["obligations"]
    mine = [each for each in rows if each["rule"] == rule]
    assert {each["citation"] for each in mine} == {" ".join(clause(rule))}
    return [each["result"] for each in mine]
