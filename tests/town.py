"""A small town on a real ledger: its clock, its askers, and a story told in commands."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import psycopg
import pytest
from hypothesis import strategies as st

from ledger.accreditation import AccreditProvider, Reach
from ledger.adjustment import CorrectCredit, RevokeCredit
from ledger.admission import ConfirmEnrollment
from ledger.anomaly import AnomalyCode, FindAnomaly, SettleAnomaly, Settlement
from ledger.assessment import RecordAssessment, Result
from ledger.attendance import Absence, RecordAttendance
from ledger.balance import Certainty, OpenBalance
from ledger.change import (
    ChangeClass,
    ChangeKind,
    DecideChange,
    NotifyTrainees,
    RequestChange,
)
from ledger.command import Asker, Command, Role, Selector
from ledger.completion import Recipient
from ledger.correction import CorrectAttendance
from ledger.credit import AwardCredit, CreditKind
from ledger.declaration import DeclareProject
from ledger.discrepancy import SettleDifferences, SignReconciliation
from ledger.draw import ScreeningOrder
from ledger.effect import CarryOutChange
from ledger.enrollment import ReviewSelection
from ledger.event import Channel, Event
from ledger.expansion import DecideExpansion, RequestExpansion
from ledger.form import Form
from ledger.intake import Reconcile
from ledger.invitation import SendTrainingNotices
from ledger.judgement import SettleCompletion
from ledger.line import LineShown
from ledger.log import LogDay
from ledger.mapping import Form as SheetForm
from ledger.misconduct import RecordMisconduct
from ledger.names import (
    AnomalyId,
    ChangeId,
    CreditId,
    LedgerId,
    LoadId,
    Name,
    PetitionId,
    ReconciliationId,
    SampleId,
    SignOffId,
    StaffId,
    TeacherId,
)
from ledger.notice import NotifyDenial
from ledger.offering import OpenOffering
from ledger.order import SubmitOrder
from ledger.oversight import InspectProject
from ledger.petition import DecideCorrection, RequestCorrection
from ledger.profile import UpdateTeacherProfile
from ledger.reconciliation import CauseTotal, Compared, Treatment
from ledger.register import RegisterSchool, Stage
from ledger.response import AwardOrder, RespondToOrder
from ledger.resumption import ApplyForResumption, CommitToSafety, DecideAcceptance
from ledger.retraction import WithdrawCorrection
from ledger.review import PublishProject, ReviewProject
from ledger.sample import DrawSample
from ledger.schedule import Half, PublishTimetable
from ledger.school_based import RecogniseSchoolBased, RecordSchoolBased
from ledger.screening import AnnounceScreening, ScreenApplicants
from ledger.selection import SelectOffering
from ledger.sign_off import Drifted, ReopenSignOff, SignOffPeriod, Statement, WithdrawSignOff
from ledger.store.answer import Answer
from ledger.store.ledger import Ledger
from ledger.store.work import Asked
from ledger.summary import Totals
from ledger.teacher import RegisterTeacher
from ledger.term import OpenTerm
from ledger.trainer import RecordTrainerConsent, RegisterTrainer
from ledger.transfer import TransferTeacher
from ledger.warning import IssueYellowCard, Reinspect
from ledger.withdrawal import WithdrawSelection
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING, ORDER, PROJECT, RUIAN, SCHOOL, ZHOU

KEY = bytes(range(32))
OPERATOR = Asker(
    actor="staff:operator",
    role=Role.OPERATOR,
    scope=LedgerId("ledger:xuefen"),
    channel=Channel.CONSOLE,
)
OTHER = replace(OPERATOR, actor="staff:other", channel=Channel.API)
SOURCE = "other-system/1"
CREDIT = CreditId("credit:lin-1")
HOME_CREDIT = CreditId("credit:lin-school")
BALANCE = CreditId("credit:chen-balance")
CHANGE = ChangeId("change:c1")
GAO = StaffId("staff:trainer-gao")
SAMPLE = SampleId("sample:s1")
RECONCILIATION = ReconciliationId("reconciliation:2024-05")
PETITION = PetitionId("petition:p1")
PETITION_AGAIN = PetitionId("petition:p2")


@dataclass
class Hand:
    """A clock that is moved by hand, and by a second whenever somebody looks at it."""

    now: datetime = datetime(2024, 3, 19, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@dataclass(kw_only=True)
class Put(Command):
    """Events as they are, for tests that need a past and not the way to it."""

    events: tuple[Event, ...]

    def boundary(self) -> list[Selector]:
        return []

    def authority(self) -> Name | None:
        return None

    def decide(self) -> Iterator[Event]:
        yield from self.events


@dataclass(kw_only=True)
class Stumble(Command):
    """A mistake in a decision."""

    how: str = "stumbled"

    def boundary(self) -> list[Selector]:
        return []

    def authority(self) -> Name | None:
        return None

    def decide(self) -> Iterator[Event]:
        raise ZeroDivisionError(self.how)


def database_at(url: str, name: str) -> str:
    """The same server, another database."""
    return url.replace("/postgres?", f"/{name}?")


@contextmanager
def database(postgres_url: str, template: str) -> Iterator[str]:
    """A copy of a template for as long as it is needed."""
    name = f"town_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")
        try:
            yield database_at(postgres_url, name)
        finally:
            connection.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def founded_template(postgres_url: str, migrated_template: str) -> str:
    """A database with a founded ledger, to be copied."""
    name = f"founded_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {migrated_template}")
    Ledger.found(database_at(postgres_url, name), KEY, Hand()).close()
    return name


@pytest.fixture
def founded_url(postgres_url: str, founded_template: str) -> Iterator[str]:
    """A database of its own with a founded ledger."""
    with database(postgres_url, founded_template) as url:
        yield url


@pytest.fixture
def clock() -> Hand:
    """The clock of the ledgers of a test."""
    return Hand()


@pytest.fixture
def ledger(database_url: str, clock: Hand) -> Iterator[Ledger]:
    """An open ledger without any event."""
    with Ledger(database_url, KEY, clock) as opened:
        yield opened


@pytest.fixture
def founded(founded_url: str, clock: Hand) -> Iterator[Ledger]:
    """An open ledger with the places and the five documents."""
    with Ledger(founded_url, KEY, clock) as opened:
        yield opened


def together(ledger: Ledger, asked: Iterable[Asked]) -> list[Future[Answer]]:
    """Submits work so that one batch takes it all (as long as it is no more than 128)."""
    committer = ledger.committer
    with committer._busy:
        return [committer.submit(each) for each in asked]


def asked(*commands: Command, request: str, by: Asker = OPERATOR, **options: Any) -> Asked:
    """Commands under a request id."""
    return Asked(commands=list(commands), asker=by, request=request, **options)


def codes(answer: Answer) -> list[list[str]]:
    """The refusals of each command, by code."""
    return [[each.code for each in outcome.refusals] for outcome in answer.outcomes]


def teacher(number: int | str) -> RegisterTeacher:
    """Somebody enters the platform."""
    return RegisterTeacher(
        teacher=TeacherId(f"teacher:t{number}"),
        school=SCHOOL,
        stage=Stage.PRIMARY,
        subject="CHINESE",
        entered=date(2020, 9, 1),
    )


def school() -> Put:
    """The town's school takes part."""
    return Put(events=(cast.jurisdiction(), cast.school()))


def rows(url: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the database itself holds."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query, values).fetchall()


def terminate(url: str, name: str = "%") -> int:
    """Ends the ledger's connections from outside; how many there were."""
    found = rows(
        url,
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid() "
        "and application_name = 'xuefen' and query like %s",
        name,
    )
    return len(found)


@dataclass(frozen=True)
class Move:
    """One step of the story, on its day."""

    day: date
    command: Command = field(compare=False)
    reported: bool = False
    by: Asker = OPERATOR

    def ask(self, ledger: Ledger, **options: Any) -> Future[Answer]:
        """Takes the step."""
        source = SOURCE if self.reported else None
        return ledger.submit([self.command], self.by, on=self.day, source=source, **options)


def tell(ledger: Ledger, moves: Sequence[Move]) -> list[Answer]:
    """Takes the steps in order."""
    return [each.result() for each in [move.ask(ledger) for move in moves]]


def _missing(day: int, half: Half, *absences: tuple[TeacherId, int]) -> Move:
    return Move(
        date(2024, 4, day),
        RecordAttendance(
            offering=OFFERING,
            day=date(2024, 4, day),
            half=half,
            absences=tuple(Absence(teacher=who, hours=Decimal(h)) for who, h in absences),
        ),
    )


PEOPLE = (LIN, CHEN, ZHOU)


def _moves(*steps: tuple[date, Command]) -> list[Move]:
    return [Move(day, command) for day, command in steps]


def registered() -> list[Move]:
    """Schools, teachers and providers take part."""
    early = date(2024, 3, 6)
    return _moves(
        (early, OpenTerm(term=cast.H1_2024, title="2024 上半年")),
        *[
            (early, RegisterSchool(school=each, place=RUIAN, title="学校", stage=Stage.PRIMARY))
            for each in (SCHOOL, cast.OTHER_SCHOOL)
        ],
        *[(early, replace(teacher(1), teacher=each)) for each in PEOPLE],
        *[
            (
                early,
                AccreditProvider(
                    provider=each,
                    place=place,
                    title="教师培训机构",
                    reach=reach,
                    subjects=("CHINESE",),
                    since=date(2012, 9, 1),
                ),
            )
            for each, place, reach in (
                (COUNTY_SCHOOL, RUIAN, Reach.LOCAL),
                (cast.UNIVERSITY, cast.PROVINCE, Reach.PROVINCE_WIDE),
            )
        ],
    )


def declared() -> list[Move]:
    """An order and a project, through to award and publication."""
    return _moves(
        (
            date(2024, 3, 8),
            SubmitOrder(
                order=ORDER,
                place=RUIAN,
                term=cast.H1_2024,
                title="实验教学",
                theme="实验",
                trainees="乡村教师",
                stage=Stage.PRIMARY,
                subject="CHINESE",
                seats=50,
                days=5,
                form=Form.FACE_TO_FACE,
                aims="能开课",
                requirements="操作为主",
                field_of_study="学科教学",
                trainee_level="骨干教师",
                contact=cast.CLERK,
            ),
        ),
        (
            date(2024, 3, 8),
            DeclareProject(
                project=PROJECT,
                provider=COUNTY_SCHOOL,
                place=RUIAN,
                term=cast.H1_2024,
                plan=cast.plan(assessment=True),
                lead=cast.lead(),
            ),
        ),
        (date(2024, 3, 12), RespondToOrder(order=ORDER, provider=cast.UNIVERSITY, proposal="方案")),
        (date(2024, 3, 13), ReviewProject(project=PROJECT, approved=True)),
        (date(2024, 3, 14), AwardOrder(order=ORDER, provider=cast.UNIVERSITY, reason="最契合")),
        (date(2024, 3, 18), PublishProject(project=PROJECT)),
    )


def chosen() -> list[Move]:
    """A class is opened, chosen, screened and filled."""
    return _moves(
        (
            date(2024, 3, 18),
            OpenOffering(
                offering=OFFERING,
                project=PROJECT,
                seats=2,
                opens=cast.OPENS,
                closes=date(2024, 4, 10),
                adviser=None,
            ),
        ),
        (
            date(2024, 3, 18),
            AnnounceScreening(offering=OFFERING, by=ScreeningOrder.FIRST_COME),
        ),
        *[(date(2024, 3, 20), SelectOffering(teacher=each, offering=OFFERING)) for each in PEOPLE],
        (date(2024, 3, 21), WithdrawSelection(teacher=ZHOU, offering=OFFERING, reason="有事")),
        (date(2024, 3, 22), SelectOffering(teacher=ZHOU, offering=OFFERING)),
        *[
            (date(2024, 3, 26), ReviewSelection(teacher=each, offering=OFFERING, passed=True))
            for each in PEOPLE
        ],
        (date(2024, 3, 28), RequestExpansion(offering=OFFERING, seats=3)),
        (date(2024, 3, 29), DecideExpansion(offering=OFFERING, approved=True)),
        (date(2024, 3, 30), ScreenApplicants(offering=OFFERING)),
        *[
            (date(2024, 3, 30), ConfirmEnrollment(teacher=each, offering=OFFERING, admitted=True))
            for each in PEOPLE
        ],
        (date(2024, 3, 31), SendTrainingNotices(offering=OFFERING)),
    )


def held() -> list[Move]:
    """The class is taught, and its plan is changed on the way."""
    return _moves(
        (
            date(2024, 4, 1),
            PublishTimetable(offering=OFFERING, sessions=cast.sessions(24)),
        ),
        (
            date(2024, 4, 2),
            RequestChange(
                change=CHANGE,
                offering=OFFERING,
                kinds=(ChangeKind.ROOM_CHANGED, ChangeKind.TRAINER_REPLACED),
                description="换教室",
            ),
        ),
        (
            date(2024, 4, 3),
            DecideChange(
                change=CHANGE, approved=True, change_class=ChangeClass.MAJOR, reason="同意"
            ),
        ),
        (date(2024, 4, 4), NotifyTrainees(change=CHANGE, explanation="已说明", understood=True)),
        (date(2024, 4, 5), CarryOutChange(change=CHANGE)),
        *[
            (date(2024, 4, day), LogDay(offering=OFFERING, day=date(2024, 4, day), note="正常"))
            for day in (8, 9)
        ],
    )


def attended() -> list[Move]:
    """Who missed what."""
    return [
        _missing(8, Half.MORNING, (LIN, 4), (CHEN, 4)),
        _missing(8, Half.AFTERNOON, (CHEN, 4)),
        _missing(9, Half.MORNING, (CHEN, 4)),
        _missing(9, Half.AFTERNOON, (CHEN, 4)),
        _missing(10, Half.MORNING),
        _missing(10, Half.AFTERNOON),
    ]


def settled() -> list[Move]:
    """Assessment, a breach, and what came of each trainee."""
    late = date(2024, 4, 19)
    return _moves(
        (
            date(2024, 4, 10),
            RecordAssessment(
                offering=OFFERING,
                results=tuple(Result(teacher=each, passed=each != CHEN) for each in PEOPLE),
            ),
        ),
        (
            date(2024, 4, 10),
            RecordMisconduct(
                teacher=ZHOU,
                offering=OFFERING,
                day=date(2024, 4, 10),
                serious=True,
                description="冒名顶替",
            ),
        ),
        *[(late, SettleCompletion(teacher=each, offering=OFFERING)) for each in PEOPLE],
        (late, NotifyDenial(teacher=CHEN, offering=OFFERING, recipients=(Recipient.SCHOOL,))),
        (late, AwardCredit(credit=CREDIT, teacher=LIN, offering=OFFERING)),
    )


def corrected() -> list[Move]:
    """What was put right afterwards, and training by the school."""
    late = date(2024, 4, 19)
    return _moves(
        (
            late,
            CorrectAttendance(
                teacher=LIN,
                offering=OFFERING,
                day=date(2024, 4, 8),
                half=Half.MORNING,
                hours=Decimal(2),
                reason="误记",
            ),
        ),
        (late, SettleCompletion(teacher=LIN, offering=OFFERING)),
        (late, CorrectCredit(credit=CREDIT, teacher=LIN, reason="误记", credits=Decimal(22))),
        (
            late,
            RecordSchoolBased(
                credit=HOME_CREDIT,
                teacher=LIN,
                title="校本研修",
                hours=Decimal(10),
                credits=Decimal(10),
                completed=date(2024, 4, 1),
            ),
        ),
        (late, RecogniseSchoolBased(credit=HOME_CREDIT, teacher=LIN, approved=True)),
        (late, TransferTeacher(teacher=LIN, school=cast.OTHER_SCHOOL, since=late)),
        (late, UpdateTeacherProfile(teacher=LIN, stage=Stage.PRIMARY, subject="SCIENCE")),
        (late, RevokeCredit(credit=CREDIT, teacher=LIN, reason="复核")),
    )


def supervised() -> list[Move]:
    """Trainers, a warning of a project that improves, and a provider back from the epidemic."""
    day, later = date(2024, 4, 22), date(2024, 5, 22)
    host, of = COUNTY_SCHOOL, {"provider": COUNTY_SCHOOL, "project": PROJECT}
    return _moves(
        (day, RegisterTrainer(trainer=GAO, provider=host, expertise="阅读教学")),
        (day, RecordTrainerConsent(trainer=GAO, provider=host)),
        (day, IssueYellowCard(**of, reason="课程缩水", deadline=later)),
        (later, Reinspect(**of, improved=True, report="已补齐课程")),
        (later, ApplyForResumption(provider=host)),
        (later, DecideAcceptance(provider=host, passed=True)),
        (later, CommitToSafety(provider=host)),
    )


def looked_into() -> list[Move]:
    """A sample of the county's trainings is drawn, and one of them looked into."""
    day = date(2024, 4, 20)
    year = {"first": date(2024, 1, 1), "last": date(2024, 12, 31)}
    return _moves(
        (day, DrawSample(sample=SAMPLE, place=RUIAN, share="1", **year)),
        (
            day,
            InspectProject(
                place=RUIAN, day=day, account="照方案办", project=PROJECT, sample=SAMPLE
            ),
        ),
    )


def closed() -> list[Move]:
    """The county closes the year before, takes it back, and closes it twice."""
    day, of = date(2024, 5, 22), {"place": RUIAN, "year": 2023}
    stated = Statement(
        position=1, totals=Totals(teachers=2, met=2), sha256="ab" * 32, root="cd" * 32,
        findings_open=0,
    )  # fmt: skip
    first, second, third = (SignOffId(f"signoff:ruian-2023-{number}") for number in (1, 2, 3))
    shown = {**of, "position": 1, "sha256": stated.sha256, "statement": stated}
    return _moves(
        (day, SignOffPeriod(sign_off=first, **shown)),
        (day, WithdrawSignOff(place=RUIAN, sign_off=first, reason="漏报")),
        (day, SignOffPeriod(sign_off=second, **shown)),
        (
            day,
            ReopenSignOff(place=RUIAN, sign_off=second, reason="补报", position=2, since=_since()),
        ),
        (day, SignOffPeriod(sign_off=third, **shown, reason="补报")),
    )


def _since() -> Drifted:
    totals = Totals(teachers=2, met=2)
    return Drifted(position=2, totals=totals, moved=Totals(), teachers=0, sha256="ab" * 32)


def reconciled() -> list[Move]:
    """A sheet of the county is held against the ledger, and a correction asked for."""
    day, digest = date(2024, 5, 25), "ef" * 32
    compared = Compared(
        sha256="ab" * 32,
        bytes=4_000,
        mapping="cd" * 32,
        form=SheetForm.CREDITS,
        position=1,
        day=day,
        digest=digest,
        rows=2,
        faults=0,
        equal=1,
        differing=1,
        only_ledger=0,
        only_sheet=0,
        credits_sheet=Decimal(34),
        credits_ledger=Decimal(10),
        difference=Decimal(-24),
        attributed=Decimal(-24),
        unattributed=Decimal(0),
        causes=(CauseTotal(cause="REVOCATION", lines=1, amount=Decimal(-24)),),
    )
    own = {"reconciliation": RECONCILIATION, "place": RUIAN}
    about = {"petition": PETITION, "credit": HOME_CREDIT, "teacher": LIN}
    shown = LineShown(digest=digest, number=2, teacher=LIN, credit=HOME_CREDIT)
    line = {"reconciliation": RECONCILIATION, "line": 2, "shown": shown}
    moves = _moves(
        (day, Reconcile(**own, compared=compared, lines=(2,), trial="0a" * 32)),
        (day, SettleDifferences(**own, how=Treatment.NOTED, reason="已核")),
        (day, SignReconciliation(**own, digest=digest)),
        (day, RequestCorrection(**about, credits=Decimal(8), reason="多记", **line)),
    )
    decided = DecideCorrection(**about, granted=False, reason="证据不足")
    again = {**about, "petition": PETITION_AGAIN}
    asked_again = RequestCorrection(**again, credits=Decimal(8), reason="多记")
    taken_back = WithdrawCorrection(**again, reason="已核对无误")
    late = _moves((day, asked_again), (day, taken_back))
    return [*moves, Move(day, decided, by=OTHER), *late]


def contradicted() -> list[Move]:
    """A list contradicts the ledger twice, and the bureau settles one of the two."""
    day = date(2024, 5, 23)
    first, second = AnomalyId("anomaly:a1"), AnomalyId("anomaly:a2")
    found = FindAnomaly(
        anomaly=first,
        load=LoadId("load:l1"),
        place=RUIAN,
        row=2,
        code=AnomalyCode.NAME_DIFFERS,
        teacher=LIN,
    )
    missing = replace(found, anomaly=second, row=0, code=AnomalyCode.MISSING_FROM_LIST)
    return _moves(
        (day, found),
        (day, missing),
        (day, SettleAnomaly(anomaly=first, how=Settlement.LEDGER_RIGHT, reason="已核")),
    )


def taken_over() -> list[Move]:
    """What a teacher has on the old platform, of which nobody can be sure, is taken over."""
    opened = OpenBalance(
        credit=BALANCE,
        teacher=CHEN,
        kind=CreditKind.DISTANCE,
        credits=Decimal(30),
        since=date(2023, 9, 1),
        completed=date(2023, 12, 31),
        certainty=Certainty.UNCERTAIN,
        source="市继教网",
    )
    return _moves((date(2024, 5, 24), opened))


def story() -> list[Move]:
    """A term from the register to the record, by which every view gets rows."""
    chapters = (registered, declared, chosen, held, attended, settled, corrected)
    chapters += (looked_into, supervised, closed, contradicted, reconciled, taken_over)
    return [move for chapter in chapters for move in chapter()]


def histories() -> st.SearchStrategy[list[Move]]:
    """The story with steps left out, done twice, reported from elsewhere, or out of order.

    Drawn as one number, so that nothing that goes on meanwhile can make a history draw otherwise
    when it is told again.
    """
    return st.integers(0, 2**32 - 1).map(lambda seed: retold(Random(seed)))


def retold(chance: Random) -> list[Move]:
    """One such history."""
    told: list[Move] = []
    for move in story():
        for _ in range(chance.choice([1, 1, 1, 1, 1, 0, 2])):
            told.append(replace(move, reported=chance.randrange(6) == 0))
    for _ in range(chance.randrange(5)):
        moved = told.pop(chance.randrange(len(told)))
        told.insert(chance.randrange(len(told) + 1), moved)
    return told
