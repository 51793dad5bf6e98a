"""Teller: stories told to a server in commands by those who may, and what it answers about them.

What happens today is asked for by the role that decides it; what lies back is reported by the
system of record of the province. Every name of a story ends in its own, so that many stories fit
on one server. Whatever is asked is kept, to be asked again as of the moment of the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import asdict

from ledger.command import Command, Role
from ledger.names import KINDS, JurisdictionId, TermId
from ledger.plan import Mode, Plan
from ledger.register import Stage
from schema.access import COMMANDS, roles_of
from schema.inputs import asked_fields
from schema.mutation import MUTATIONS
from tests import cast
from tests.api.transcript import CITED
from tests.cast import PROVINCE, RUIAN
from tests.samples import camel
from tests.server import Party, Served, bulk_document, field_of, serving
from tests.town import database

BY_NAME: dict[str, type[Command]] = {each.__name__: each for each in MUTATIONS}
AT_ONCE = 50
REQUESTS = count(1)
ENOUGH = """__typename ... on Recorded { position events { position id type } }
... on Refused { refusals { code zh en rule number clause } }"""
ASK = f"""mutation($input: %sInput!, $request: String!, $reported: Report) {{
  answer: %s(input: $input, requestId: $request, reported: $reported) {{ {ENOUGH} }} }}"""
FOUND = """query($subject: ID, $place: ID, $asOf: AsOf, $at: Position) {
  findings(subject: $subject, place: $place, first: 500, asOf: $asOf, atLeast: $at) {
    edges { node { position code rule citation outcome state zh en evidence } } } }"""


@dataclass(frozen=True)
class Kept:
    """What was asked, where the ledger stood then and on which day, and what it said."""

    document: str
    variables: dict[str, Any]
    position: int
    day: date
    answer: Any


@dataclass
class Teller:
    """Tells stories to one server."""

    served: Served
    terms: set[str] = field(default_factory=set)
    kept: list[Kept] = field(default_factory=list)

    def story(self, name: str, place: JurisdictionId = RUIAN, provider: str = "") -> Story:
        """A story of its own in a county, with a school and somebody who trains its teachers."""
        told = Story(self, name.lower(), place, provider or f"provider:{name.lower()}")
        told.say("RegisterSchool", school=told.school, title="学校", stage=Stage.PRIMARY)
        if not provider:
            told.accredits()
        return told

    def opens(self, term: str) -> str:
        """A term, opened by the province where it is not yet."""
        if term not in self.terms:
            self.terms.add(term)
            given = {"term": term, "title": TermId(term).value}
            answer = self.party(Role.BUREAU, PROVINCE).mutate(BY_NAME["OpenTerm"], given, term)
            assert answer["__typename"] == "Recorded", answer
        return term

    def party(self, role: Role, scope: str) -> Party:
        """Somebody with a token."""
        return self.served.party(role, str(scope))

    def ask(self, document: str, **variables: Any) -> Any:
        """An answer about what is told so far, which is kept."""
        head = self.served.head
        given = {key: plain(each) for key, each in variables.items() if each is not None}
        answer = self.served.operator.ask(document, **given, at=head)
        if "asOf" not in given:
            today = self.served.house.ledger.today()
            self.kept.append(Kept(document, given, head, today, answer))
        return answer

    def tells_again(self) -> None:
        """Asks all again: as of where the ledger stood, and of views that were built anew."""
        assert self.kept
        for each in self.kept:
            then = {"asOf": {"position": each.position, "effective": str(each.day)}}
            again = self.served.operator.ask(each.document, **(each.variables | then))
            assert again == each.answer, each.variables
        last = {str(each.variables): each for each in self.kept}.values()
        live = [self.served.operator.ask(each.document, **each.variables) for each in last]
        self.served.house.runner.rebuild()
        for each, answer in zip(last, live, strict=True):
            rebuilt = self.served.operator.ask(each.document, **each.variables)
            assert rebuilt == answer, each.variables


@dataclass
class Story:
    """One case: its place, its school, its provider, and what is said of them."""

    teller: Teller
    name: str
    place: JurisdictionId
    provider: str
    said: int = 0
    classes: int = 0

    @property
    def school(self) -> str:
        """The school of the story."""
        return f"school:{self.name}"

    def answer(self, command: str, *, on: date | None = None, **given: Any) -> Any:
        """The answer to a command, asked by who may or, on a day that lies back, reported."""
        kind = BY_NAME[command]
        given = {"place": self.place, "provider": self.provider, "school": self.school} | given
        known = {key: each for key, each in given.items() if key in _fields(kind)}
        party, reported = self.who(kind, given, on), _report(on)
        return party.ask(
            ASK % (command, field_of(kind)),
            input={camel(key): plain(each) for key, each in known.items()},
            request=f"{self.name}-{next(REQUESTS)}",
            reported=reported,
        )["answer"]

    def say(self, command: str, *, on: date | None = None, **given: Any) -> Any:
        """The answer to a command that must be recorded."""
        answer = self.answer(command, on=on, **given)
        assert answer["__typename"] == "Recorded", (command, answer)
        return answer

    def refused(self, command: str, *, on: date | None = None, **given: Any) -> set[str]:
        """The rules by which a command is refused, each with its own clause."""
        answer = self.answer(command, on=on, **given)
        assert answer["__typename"] == "Refused", (command, answer)
        for each in answer["refusals"]:
            assert each["zh"] and each["en"]
            if each["rule"]:
                assert f"{each['number']} {each['clause']}" == CITED[each["rule"]]
        return {each["rule"] or each["code"] for each in answer["refusals"]}

    def says(self, command: str, rows: list[dict[str, Any]], on: date | None = None) -> None:
        """Many commands of a kind, all of which must be recorded."""
        kind = BY_NAME[command]
        shared = {"place": self.place, "provider": self.provider, "school": self.school}
        for first in range(0, len(rows), AT_ONCE):
            some = [shared | each for each in rows[first : first + AT_ONCE]]
            answer = self.who(kind, some[0], on).ask(
                bulk_document(kind),
                inputs=[
                    {camel(key): plain(each[key]) for key in each if key in _fields(kind)}
                    for each in some
                ],
                request=f"{self.name}-{next(REQUESTS)}",
                reported=_report(on),
            )["answer"]
            assert answer["recorded"] == len(some), (command, answer["rows"][0])

    def who(self, kind: type[Command], given: dict[str, Any], on: date | None) -> Party:
        """Who may submit a command: the system of record, or the role that decides it."""
        if on is not None:
            return self.teller.party(Role.INTEGRATOR, PROVINCE)
        role = roles_of(kind)[0]
        if role is Role.SCHOOL and kind in COMMANDS[Role.BUREAU]:
            role = Role.BUREAU
        own = {Role.TEACHER: "teacher", Role.SCHOOL: "school", Role.PROVIDER: "provider"}
        if "by" in given:
            return self.teller.party(Role.BUREAU, given["by"])
        return self.teller.party(role, given[own.get(role, "place")])

    def accredits(self, **more: Any) -> None:
        """The provider of the story may train."""
        given = {"title": "培训机构", "reach": "LOCAL", "subjects": ["CHINESE"]}
        given |= {"since": date(2012, 4, 17), "distance": True, "blended": True}
        self.say("AccreditProvider", **(given | more))

    def teacher(self, entered: date, number: int | None = None) -> str:
        """Somebody of the school who entered the platform on a day."""
        name = f"teacher:{self.name}" + ("" if number is None else f"-{number}")
        own = {"teacher": name, "stage": Stage.PRIMARY, "subject": "CHINESE", "entered": entered}
        self.say("RegisterTeacher", **own)
        return name

    def teachers(self, many: int, entered: date) -> list[str]:
        """So many of the school."""
        names = [f"teacher:{self.name}-{number:03}" for number in range(many)]
        own = {"stage": Stage.PRIMARY, "subject": "CHINESE", "entered": entered}
        self.says("RegisterTeacher", [own | {"teacher": each} for each in names])
        return names

    def home(self, teacher: str, hours: str | int, on: date) -> str:
        """A training by the school, credited by the bureau on the day of its end."""
        self.said += 1
        credit = f"credit:{self.name}-home{self.said}"
        amounts = {"hours": Decimal(hours), "credits": Decimal(hours), "completed": on}
        own = {"credit": credit, "teacher": teacher, "title": f"校本研修 {self.said}"}
        self.say("RecordSchoolBased", on=on, **own, **amounts)
        self.say("RecogniseSchoolBased", on=on, **own, approved=True)
        return credit

    def opened(
        self,
        plan: Plan,
        closes: date,
        *,
        opens: date | None = None,
        seats: int = 50,
        before: date | None = None,
    ) -> str:
        """A class that was declared, reviewed, published and opened before it began."""
        self.classes += 1
        opens = opens or closes - timedelta(days=40)
        before = before or opens - timedelta(days=20)
        project = f"project:{self.name}-{self.classes}"
        term = self.teller.opens(f"term:{opens.year}{'H1' if opens.month < 7 else 'H2'}")
        own = {"project": project, "offering": f"offering:{self.name}-{self.classes}"}
        lead = cast.lead(KINDS["staff"](f"staff:{self.name}-{self.classes}"))
        self.say("DeclareProject", on=before, **own, term=term, plan=plan, lead=lead)
        self.say("ReviewProject", on=before, **own, approved=True)
        self.say("PublishProject", on=before, **own)
        days = {"opens": opens, "closes": closes, "seats": seats}
        self.say("OpenOffering", on=before, **own, **days, adviser=cast.ADVISER)
        return own["offering"]

    def admits(self, teachers: list[str], offering: str, on: date) -> None:
        """The three steps of each choice, all on one day."""
        rows = [{"teacher": each, "offering": offering} for each in teachers]
        self.says("SelectOffering", rows, on)
        self.says("ReviewSelection", [each | {"passed": True} for each in rows], on)
        self.says("ConfirmEnrollment", [each | {"admitted": True} for each in rows], on)

    def misses(self, teacher: str, offering: str, hours: str, planned: int, opens: date) -> None:
        """A timetable of eight hours a day, and the half-days on which somebody was not there."""
        table = cast.sessions(planned, opens)
        notice = opens - timedelta(days=10)
        self.say("PublishTimetable", on=notice, offering=offering, sessions=table)
        left = Decimal(hours)
        for each in table:
            if left > 0:
                missed = {"teacher": teacher, "hours": min(left, each.hours)}
                own = {"offering": offering, "half": each.half, "absences": [missed]}
                self.say("RecordAttendance", on=each.day, day=each.day, **own)
            left -= each.hours

    def settles(
        self, teachers: list[str], offering: str, closes: date, recognised: date | None = None
    ) -> None:
        """Each completed the class, and each is credited by the bureau."""
        rows = [{"teacher": each, "offering": offering} for each in teachers]
        credits = [
            each | {"credit": f"credit:{offering.partition(':')[2]}-{number}"}
            for number, each in enumerate(rows)
        ]
        self.says("SettleCompletion", rows, closes)
        self.says("AwardCredit", credits, recognised or closes)

    def trains(
        self,
        teacher: str,
        amount: str | int,
        closes: date,
        mode: Mode = Mode.INTENSIVE,
        *,
        opens: date | None = None,
        recognised: date | None = None,
        **plan: Any,
    ) -> str:
        """A teacher chose, attended and completed a class of so many hours, and was credited."""
        offering = self.opened(cast.plan(amount, mode=mode, **plan), closes, opens=opens)
        first = opens or closes - timedelta(days=40)
        self.admits([teacher], offering, first - timedelta(days=10))
        self.settles([teacher], offering, closes, recognised)
        return offering

    def reads(self, teacher: str, amount: str | int, closes: date, **more: Any) -> str:
        """The same at a distance, which is no block training."""
        return self.trains(teacher, amount, closes, Mode.DISTANCE, **more)

    def belongs(self, teacher: str, category: Enum, since: date, until: date | None = None) -> None:
        """A teacher is of a category."""
        own = {"teacher": teacher, "category": category, "since": since, "until": until}
        self.say("AssignCategory", on=since, **own)

    def findings(self, subject: str, answer: Any = None, **given: Any) -> list[tuple[str, str]]:
        """The rules and outcomes of what was found about something; by one answer, if given."""
        page = self.teller.ask(FOUND, subject=subject, **given)["findings"]
        nodes = [edge["node"] for edge in page["edges"]]
        if answer is not None:
            mine = {each["position"] for each in answer["events"]}
            nodes = [each for each in nodes if each["position"] in mine]
        for each in nodes:
            assert each["zh"] and each["en"]
            if each["rule"]:
                assert each["citation"] == CITED[each["rule"]]
        return sorted((each["rule"] or each["code"], each["outcome"]) for each in nodes)

    def codes(self, subject: str, rule: str) -> list[str]:
        """The codes of what was found about something by a rule."""
        page = self.teller.ask(FOUND, subject=subject)["findings"]
        nodes = [edge["node"] for edge in page["edges"]]
        return [each["code"] for each in nodes if each["rule"] == rule]


def plain(value: Any) -> Any:
    """A value as an input."""
    match value:
        case Struct():
            return {camel(key): plain(each) for key, each in asdict(value).items()}
        case dict():
            return {camel(key): plain(each) for key, each in value.items()}
        case tuple() | list():
            return [plain(each) for each in value]
        case Enum():
            return value.name
        case Decimal() | date():
            return str(value)
        case str():
            return str(value)
    return value


def _fields(kind: type[Command]) -> frozenset[str]:
    return frozenset(each.name for each in asked_fields(kind, ("sealed",)))


def _report(on: date | None) -> dict[str, str] | None:
    return None if on is None else {"source": "history/1", "on": str(on)}


@contextmanager
def telling(postgres_url: str, template: str, folder: Path, day: date) -> Iterator[Teller]:
    """A teller to a server of its own, on a day."""
    with pytest.MonkeyPatch.context() as patch, database(postgres_url, template) as url:
        patch.setattr("tests.server.DAY", day)
        with serving(url, folder) as server:
            yield Teller(server)
