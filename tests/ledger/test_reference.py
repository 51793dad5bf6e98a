"""References: whatever a command names that the ledger never heard of is refused by its field.

Every command and every name in it is walked: in a ledger where all of them are known, one after
the other is put in the place of a stranger, once asked and once reported.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import Enum

import pytest
from msgspec import Struct, structs

from ledger.command import Asker, Command, Role, UnknownReference
from ledger.names import (
    AnomalyId,
    ChangeId,
    CreditId,
    DocumentId,
    FindingId,
    JurisdictionId,
    LedgerId,
    LoadId,
    Name,
    OfferingId,
    OrderId,
    PetitionId,
    ProjectId,
    ProviderId,
    ReconciliationId,
    SampleId,
    SchoolId,
    ServiceTokenId,
    SignOffId,
    StaffId,
    TeacherId,
    TermId,
)
from ledger.plan import Lead, Plan
from schema.mutation import MUTATIONS
from tests import cast
from tests.given import background, given

DAY = date(2024, 3, 20)
OPERATOR = Asker(actor="staff:tester", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))
KNOWN: dict[type[Name], Name] = {
    JurisdictionId: cast.RUIAN,
    ProviderId: cast.UNIVERSITY,
    SchoolId: cast.SCHOOL,
    TeacherId: cast.LIN,
    StaffId: cast.TRAINER,
    TermId: cast.H1_2024,
    OrderId: cast.ORDER,
    ProjectId: cast.PROJECT,
    OfferingId: cast.OFFERING,
    ChangeId: cast.CHANGE,
    CreditId: cast.CREDIT,
    DocumentId: DocumentId("document:zj24"),
    SampleId: SampleId("sample:s1"),
    SignOffId: SignOffId("signoff:s1"),
    FindingId: FindingId("finding:f1"),
    ReconciliationId: ReconciliationId("reconciliation:r1"),
    PetitionId: PetitionId("petition:p1"),
    LoadId: LoadId("load:l1"),
    AnomalyId: AnomalyId("anomaly:a1"),
    ServiceTokenId: ServiceTokenId("token:t1"),
    Name: cast.OFFERING,
}
WORLD = background(
    cast.places(),
    cast.school(),
    cast.registered(),
    cast.university(),
    cast.term(),
    cast.ordered(),
    cast.trained(),
    cast.declared(provider=cast.UNIVERSITY),
    cast.opened(provider=cast.UNIVERSITY),
)

# The names that a command gives, and brings into the ledger with it.
NEW = {
    ("RegisterJurisdiction", "jurisdiction"),
    ("RegisterSchool", "school"),
    ("RegisterTeacher", "teacher"),
    ("AccreditProvider", "provider"),
    ("RegisterTrainer", "trainer"),
    ("OpenTerm", "term"),
    ("SubmitOrder", "order"),
    ("DeclareProject", "project"),
    ("OpenOffering", "offering"),
    ("RequestExpansion", "parallel"),
    ("RequestChange", "change"),
    ("AwardCredit", "credit"),
    ("RecordSchoolBased", "credit"),
    ("OpenBalance", "credit"),
    ("DrawSample", "sample"),
    ("RequestCorrection", "petition"),
    ("SignOffPeriod", "sign_off"),
    ("BeginLoad", "load"),
    ("IssueServiceToken", "token"),
    ("FindAnomaly", "anomaly"),
    # Of the load an anomaly only says by which it was found.
    ("FindAnomaly", "load"),
    # Of the staff only trainers have a registry; others are whom the ledger is told of.
    ("SubmitOrder", "contact"),
    ("DeclareProject", "lead.staff"),
    ("OpenOffering", "adviser"),
    ("ObserveLesson", "observer"),
    ("NameObservers", "observers"),
    # A trainer whom nobody registered is a violation of the plan, as the rule on it says.
    ("DeclareProject", "plan.trainers.staff"),
}

# Where no such choice, trainee, denial or change is known, that is what is refused: the name is
# one that the class or the plan does not have, whether the ledger knows it elsewhere or not.
OTHERWISE = {
    "SpotCheckTrainer.trainer": "NOT_IN_PLAN",
    "RedateOfferings.place": "ELSEWHERE_COMPETENT",
    "RedateOfferings.term": "ELSEWHERE_COMPETENT",
    "ConfirmTransfer.school": "NOTHING_ANNOUNCED",
    "ReviewSelection.teacher": "NOT_SELECTED",
    "ConfirmEnrollment.teacher": "NOT_SELECTED",
    "WithdrawSelection.teacher": "NOT_SELECTED",
    "AdmitToParallel.teacher": "NOT_SELECTED",
    "AdmitToParallel.parallel": "NOT_SELECTED",
    "SendTrainingNotices.teachers": "NOT_ADMITTED",
    "RecordAttendance.absences.teacher": "NO_SESSION",
    "GrantLeave.teacher": "NO_SESSION",
    "CorrectAttendance.teacher": "NOT_ENROLLED",
    "RecordMisconduct.teacher": "NOT_ENROLLED",
    "RecordAssessment.results.teacher": "NOT_ENROLLED",
    "SettleCompletion.teacher": "NOT_ENROLLED",
    "NotifyDenial.teacher": "NO_DENIAL",
    "ReportTrainee.teacher": "NOT_ENROLLED",
    "ChargeFees.teacher": "NOT_ENROLLED",
    "ReturnFees.teacher": "RETURNED_TOO_MUCH",
}

# The walk knows no change, credit, finding or document of its own, and these ask for that first.
BEHIND = {
    "EndLoad.load": "party",
    "IssueCircular.provider": "changes",
    "CorrectCredit.teacher": "credit",
    "RevokeCredit.teacher": "credit",
    "DecideCorrection.teacher": "credit",
    "DecideCorrection.petition": "credit",
    "WithdrawCorrection.teacher": "petition",
    "WithdrawCorrection.credit": "petition",
    "RecogniseSchoolBased.teacher": "credit",
    "RequestCorrection.reconciliation": "credit",
    "RequestCorrection.shown.teacher": "credit",
    "RequestCorrection.shown.credit": "credit",
    "SettleDifferences.carried.petition": "reconciliation",
    "ResolveFinding.subject": "id",
    "ReopenFinding.subject": "id",
}

# What is left out so that the command makes sense: one of several subjects, or of two parties.
ONE_OF = {
    "RegisterTrainer": ("provider", "place"),
    "RecordTrainerConsent": ("provider", "place"),
    "InspectProject": ("project", "offering", "credit"),
    "AppraiseTraining": ("school", "county"),
}


def sample(kind: typing.Any) -> typing.Any:
    """A value of a type, made of what the ledger knows."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return sample(next(each for each in arguments if each is not types.NoneType))
    if origin is tuple:
        return (sample(arguments[0]),)
    if issubclass(kind, Name):
        return KNOWN[kind]
    if issubclass(kind, Enum):
        return next(iter(kind))
    if kind in (Plan, Lead):
        return structs.replace(cast.plan(), assigned_by=cast.RUIAN) if kind is Plan else cast.LEADER
    if issubclass(kind, Struct):
        hints = typing.get_type_hints(kind)
        return kind(**{field: sample(hints[field]) for field in kind.__struct_fields__})
    plain = {bool: True, int: 2, str: "说明", Decimal: Decimal(4), date: DAY, object: "x"}
    return plain[kind]


def strangers(value: object) -> Iterator[tuple[str, object]]:
    """The value with each name in it put in a stranger's place, by the path to the name."""
    if isinstance(value, JurisdictionId):
        # Beside one of nowhere, one within the city, and the city of a county that is known.
        for code in ("339999", "330399"):
            yield "", JurisdictionId(f"jurisdiction:{code}")
    elif isinstance(value, TermId):
        yield "", TermId("term:2023H1")
    elif isinstance(value, Name):
        kind = value.partition(":")[0]
        yield "", type(value)(f"{kind}:stranger")
    elif isinstance(value, tuple):
        for at, each in enumerate(value):
            for path, other in strangers(each):
                yield path, (*value[:at], other, *value[at + 1 :])
    elif isinstance(value, Struct):
        for field in value.__struct_fields__:
            for path, other in strangers(getattr(value, field)):
                yield f".{field}{path}", structs.replace(value, **{field: other})


def walk() -> Iterator[typing.Any]:
    """Each command with one stranger in it, and the field that names the stranger."""
    for kind in MUTATIONS:
        hints = typing.get_type_hints(kind)
        fields = [each.name for each in dataclasses.fields(kind) if each.init]
        base = kind(**{name: sample(hints[name]) for name in fields})
        for name in fields:
            for path, other in strangers(getattr(base, name)):
                where = f"{name}{path}"
                if (kind.__name__, where) in NEW:
                    continue
                rest = {each: None for each in ONE_OF.get(kind.__name__, ()) if each != name}
                if name not in ONE_OF.get(kind.__name__, (name,)):
                    # The stranger is another one: the first of the subjects stays.
                    rest.pop(ONE_OF[kind.__name__][0])
                command = dataclasses.replace(fresh(base), **rest, **{name: other})
                label = f"{kind.__name__}.{where}"
                shown = str(getattr(other, "value", "")) if isinstance(other, Name) else ""
                yield pytest.param(command, where, label, id=f"{label}-{shown}".rstrip("-"))


def fresh(command: Command) -> Command:
    """The command with an own name that nobody has, where it brings one in."""
    own = {
        field: type(getattr(command, field))(f"{getattr(command, field).partition(':')[0]}:new")
        for kind, field in NEW
        if kind == type(command).__name__ and "." not in field
        if isinstance(getattr(command, field), Name)
    }
    return dataclasses.replace(command, **own)


@pytest.mark.parametrize("reported", [False, True], ids=["asked", "reported"])
@pytest.mark.parametrize(("command", "where", "label"), list(walk()))
def test_a_name_that_the_ledger_never_heard_of_is_refused(command, where, label, reported):
    answer = given(WORLD).when(command, on=DAY, reported=reported, by=OPERATOR)
    told = {(each.code, each.field) for each in answer.refusals}

    assert answer.events == ()
    if label in OTHERWISE:
        assert OTHERWISE[label] in {code for code, _ in told}
        return
    unknown = {each.field for each in answer.refusals if isinstance(each, UnknownReference)}
    expected = BEHIND.get(label, where)
    assert unknown & {expected, expected.partition(".")[0]}, told or answer.fault
