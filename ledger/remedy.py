"""Remedy: which later events put a finding right, judged by nothing but those events.

A finding names what it misses (``finding.Lack``). Each event of those types about those subjects
makes good what it says, once; what was late stays late, so no lateness names a lack. Where an event
takes away the ground of a lack, as a completion does that of a notice of its denial, it is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec import structs

from ledger.amount import ZERO
from ledger.assessment import AssessmentRecorded
from ledger.attendance import AttendanceCorrected, AttendanceRecorded, LeaveGranted
from ledger.charge import FeesCharged, FeesReturned
from ledger.completion import (
    CompletionDenied,
    CompletionGranted,
    DenialNotified,
    TrainingTerminated,
)
from ledger.credit import CreditRevoked
from ledger.enrollment import EnrollmentWithdrawn
from ledger.evaluation import EvaluationRecorded, ResultsReturned
from ledger.event import Entry, Event
from ledger.feedback import TraineeReported
from ledger.finding import Lack
from ledger.resumption import (
    ACCEPTANCE,
    APPLICATION,
    COMMITMENT,
    RESUMPTION_EVENTS,
    AcceptanceDecided,
    ResumptionApplied,
    SafetyCommitted,
)
from ledger.safeguard import SafeguardRecorded
from ledger.schedule import DayLogged, Half, TimetablePublished
from ledger.supervision import Measure, MeasuresInspected
from ledger.trainer import TrainerRegistered

REMEDY_EVENTS: list[type[Event]] = [
    TrainerRegistered,
    *RESUMPTION_EVENTS,
    MeasuresInspected,
    TimetablePublished,
    DayLogged,
    AttendanceRecorded,
    AttendanceCorrected,
    LeaveGranted,
    AssessmentRecorded,
    EvaluationRecorded,
    ResultsReturned,
    SafeguardRecorded,
    CompletionGranted,
    CompletionDenied,
    TrainingTerminated,
    DenialNotified,
    TraineeReported,
    FeesCharged,
    FeesReturned,
    CreditRevoked,
    EnrollmentWithdrawn,
]


def left(lacking: tuple[Lack, ...], entry: Entry) -> tuple[Lack, ...] | None:
    """What is still lacking after an entry; ``None`` where the entry changes nothing of it."""
    if not _asked_for(lacking, entry.event.NAME):
        return None
    grounded = tuple(each for each in lacking if not _groundless(each, entry))
    if grounded != lacking:
        more = left(grounded, entry)
        return grounded if more is None else more
    mine = [each for each in lacking if _concerns(each, entry)]
    if not mine:
        return None
    event = entry.event
    if isinstance(event, AcceptanceDecided) and not (event.passed and event.joint):
        return _again(lacking, mine[0])
    said, turn = list(_says(event)), min(each.turn for each in lacking)
    found: list[Lack] = []
    for lack in lacking:
        if lack.yuan is not None and lack in mine:
            owed = lack.yuan + _owed(event)
            found += [structs.replace(lack, yuan=owed)] if owed > ZERO else []
        elif lack.turn == turn and lack in mine and lack.value in said:
            said.remove(lack.value)
        else:
            found.append(lack)
    return tuple(found) if tuple(found) != lacking else None


def _asked_for(lacking: tuple[Lack, ...], name: str) -> bool:
    # Nearly no event is: this is asked for each that a finding follows.
    for each in lacking:  # noqa: SIM110  # a generator takes three times as long
        if name in each.events or name in each.gone:
            return True
    return False


def _concerns(lack: Lack, entry: Entry) -> bool:
    # Most entries are of another type; their tags are not worth finding out.
    if entry.event.NAME not in lack.events or (lack.by is not None and entry.on > lack.by):
        return False
    tags = entry.tags
    return all(str(each) in tags for each in lack.about)


def _groundless(lack: Lack, entry: Entry) -> bool:
    if entry.event.NAME not in lack.gone:
        return False
    tags = entry.tags
    return all(str(each) in tags for each in lack.gone_about)


def _again(lacking: tuple[Lack, ...], one: Lack) -> tuple[Lack, ...] | None:
    """A provider that no longer passes is to be accepted anew before its next step."""
    if any(each.value == ACCEPTANCE for each in lacking):
        return None
    first = min(each.turn for each in lacking) - 1
    return (structs.replace(one, value=ACCEPTANCE, turn=first), *lacking)


def _owed(event: Event) -> Decimal:
    match event:
        case FeesCharged(yuan=yuan):
            return yuan
        case FeesReturned(yuan=yuan):
            return -yuan
        case _:
            return ZERO


def _says(event: Event) -> Iterator[str]:
    """What an event makes good; the empty word where it is enough that it happened."""
    match event:
        case DayLogged(day=day):
            yield str(day)
        case AttendanceRecorded(day=day, half=half):
            # What was found before halves were told apart names the day alone.
            yield from (str(day), f"{day} {half.value}")
        case LeaveGranted(day=day):
            yield from (f"{day} {half.value}" for half in Half)
        case AttendanceCorrected(day=day, half=half, hours=hours) if hours == ZERO:
            yield f"{day} {half.value}"
        case EvaluationRecorded(kind=kind, scores=scores):
            yield kind.value
            yield from (f"trainers {each.trainer.value}" for each in scores if each.trainer)
            yield from (f"courses {each.course}" for each in scores if each.course)
        case ResultsReturned(recipients=recipients):
            yield from (each.value for each in recipients)
        case DenialNotified(recipients=told) | TraineeReported(recipients=told):
            yield from (each.value for each in told)
        case SafeguardRecorded(kind=kind):
            yield kind.value
        case MeasuresInspected(lacking=lacking):
            yield from (each.value for each in Measure if each not in lacking)
        case CompletionGranted(teacher=who) | CompletionDenied(teacher=who):
            yield who.value
        case TrainingTerminated(teacher=who) | EnrollmentWithdrawn(teacher=who):
            yield who.value
        case _:
            yield from _steps(event)


def _steps(event: Event) -> Iterator[str]:
    match event:
        case ResumptionApplied(epidemic_authority=True):
            yield APPLICATION
        case AcceptanceDecided(passed=True, joint=True):
            yield ACCEPTANCE
        case SafetyCommitted():
            yield COMMITMENT
        case TrainerRegistered() | TimetablePublished() | AssessmentRecorded() | CreditRevoked():
            yield ""
        case _:
            pass
