"""Lives: a few teachers over some years, told as entries, for the laws of sums and of drift."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.credit import CreditCorrected, CreditKind, CreditRevoked
from ledger.cycle import CreditCycleOpened
from ledger.event import Entry, Event
from ledger.names import CreditId, JurisdictionId, SchoolId, TeacherId
from ledger.record import Record
from ledger.teacher import TeacherTransferred
from tests import cast
from tests.given import adoption, entries, on

YUEQING = JurisdictionId("jurisdiction:330382")
SCHOOLS = {
    SchoolId("school:a"): cast.RUIAN,
    SchoolId("school:b"): cast.RUIAN,
    SchoolId("school:c"): YUEQING,
    SchoolId("school:d"): cast.WENZHOU,
    SchoolId("school:e"): cast.HANGZHOU,
}
TEACHERS = [TeacherId(f"teacher:t{number}") for number in range(6)]
FIRST = date(2018, 9, 1)
RULES = tuple(entries(adoption(), FIRST))

_days = st.dates(FIRST, date(2024, 12, 31))
_amounts = st.integers(1, 200).map(lambda halves: Decimal(halves) / 2)


def started(teacher: TeacherId, school: SchoolId, entered: date = FIRST) -> Event:
    """The teacher enters the platform at a school."""
    return cast.registered(teacher, school=school, place=SCHOOLS[school], entered=entered)


def transferred(teacher: TeacherId, school: SchoolId, since: date) -> Event:
    """The teacher moves to a school."""
    return TeacherTransferred(
        teacher=teacher,
        school_left=SchoolId("school:a"),
        school=school,
        place=SCHOOLS[school],
        since=since,
    )


@st.composite
def happenings(draw: st.DrawFn) -> list[tuple[date, Event]]:
    """What happens to the teachers, in the order in which the ledger learns it."""
    told: list[tuple[date, Event]] = []
    for teacher in TEACHERS:
        entered = draw(st.dates(FIRST, date(2023, 3, 1)))
        told.append((FIRST, started(teacher, draw(st.sampled_from(list(SCHOOLS))), entered)))
    for number in range(draw(st.integers(0, 16))):
        teacher, day = draw(st.sampled_from(TEACHERS)), draw(_days)
        told.append((day, _happening(draw, teacher, day, number, told)))
    return told


def _happening(
    draw: st.DrawFn, teacher: TeacherId, day: date, number: int, told: list[tuple[date, Event]]
) -> Event:
    kind = draw(st.sampled_from(["award", "award", "award", "correct", "revoke", "move", "cycle"]))
    credits = [e for _, e in told if getattr(e, "teacher", None) == teacher and hasattr(e, "kind")]
    if kind == "move":
        return transferred(teacher, draw(st.sampled_from(list(SCHOOLS))), day)
    if kind == "cycle":
        return CreditCycleOpened(
            teacher=teacher, school=cast.SCHOOL, place=cast.RUIAN, start=day, reason="新周期"
        )
    if kind == "award" or not credits:
        sort = draw(st.sampled_from(list(CreditKind)))
        name = CreditId(f"credit:n{number}")
        amount = draw(_amounts)
        made = cast.awarded("1", credit=name, teacher=teacher, kind=sort, completed=day)
        return replace(made, credits=amount, base_credits=amount, hours_planned=amount)
    named = draw(st.sampled_from(credits)).credit
    own = {
        "credit": named,
        "teacher": teacher,
        "school": cast.SCHOOL,
        "place": cast.RUIAN,
        "credits_before": Decimal(0),
        "corrects": "e",
        "reason": "复核",
    }
    if kind == "revoke":
        return CreditRevoked(**own)
    return CreditCorrected(**own, credits=draw(_amounts))


def of(teacher: TeacherId, told: list[Entry]) -> tuple[Entry, ...]:
    """The teacher's own entries."""
    return tuple(each for each in told if getattr(each.event, "teacher", None) == teacher)


def entered(told: list[tuple[date, Event]]) -> list[Entry]:
    """The entries of what happened, after those of the rules."""
    found = entries([on(day, event) for day, event in told], FIRST + timedelta(days=1))
    return [replace(each, position=each.position + len(RULES)) for each in found]


def record(teacher: TeacherId, told: list[Entry]) -> Record:
    """The teacher's record."""
    made = Record(teacher=teacher)
    for each in of(teacher, told):
        made.learn(each)
    return made
