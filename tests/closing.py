"""A county over HTTP with a year behind it: two counties, three schools, credits to close."""

from __future__ import annotations

from typing import Any

from ledger.adjustment import CorrectCredit
from ledger.command import Role
from ledger.register import RegisterSchool
from ledger.school_based import RecogniseSchoolBased, RecordSchoolBased
from ledger.sign_off import SignOffPeriod
from ledger.teacher import RegisterTeacher
from ledger.transfer import TransferTeacher
from tests.cast import RUIAN
from tests.server import Party, Served, codes

YUEQING = "jurisdiction:330382"
HOME, NEXT, ABROAD = "school:home", "school:next", "school:abroad"
ANN, BEN, CAI, DAN = (f"teacher:{each}" for each in ("ann", "ben", "cai", "dan"))
HOMES = {ANN: HOME, BEN: HOME, CAI: NEXT, DAN: ABROAD}
NAME = "signoff:ruian-2023"
TOTALS = (
    "{ teachers moved trainings credits countedCredits countedHours met notMet undecided yearMet "
    "yearShort yearUndecided kinds { kind trainings credits } }"
)
LEVELS = (
    "query($of: ID!, $year: Int!, $kind: PeriodKind, $asOf: AsOf) { levels(of: $of, year: $year, "
    f"kind: $kind, asOf: $asOf) {{ position sha256 findingsOpen file level {{ of digest "
    f"totals {TOTALS} parts {{ of digest totals {TOTALS} parts {{ of totals {TOTALS} }} }} }} "
    "teachers { totalCount edges { node { teacher school place credits counted result } } } "
    "moves { edges { node { teacher place movedFrom } } } } }"
)


def ok(answer: dict[str, Any]) -> int:
    """The position of something that was recorded."""
    assert codes(answer) == [], answer
    return int(answer["position"])


def credited(served: Served, name: str, teacher: str, hours: int, day: str) -> None:
    """A school-based training of a teacher is recorded and recognised."""
    own = {"credit": f"credit:{name}", "teacher": teacher, "title": "校本研修"}
    own |= {"hours": hours, "credits": hours, "completed": day}
    ok(served.operator.mutate(RecordSchoolBased, own, f"record {name}"))
    told = {"credit": f"credit:{name}", "teacher": teacher, "approved": True}
    ok(served.operator.mutate(RecogniseSchoolBased, told, f"recognise {name}"))


def county(served: Served) -> None:
    """Teachers of two counties with credits of 2023."""
    for school, where in ((HOME, RUIAN), (NEXT, RUIAN), (ABROAD, YUEQING)):
        own = {"school": school, "place": where, "title": "学校", "stage": "PRIMARY"}
        ok(served.operator.mutate(RegisterSchool, own, school))
    for teacher, school in HOMES.items():
        who = {"teacher": teacher, "school": school, "stage": "PRIMARY", "subject": "语文"}
        ok(served.operator.mutate(RegisterTeacher, who | {"entered": "2021-03-01"}, teacher))
    credited(served, "ann-1", ANN, 60, "2023-04-01")
    credited(served, "ben-1", BEN, 20, "2023-04-01")
    credited(served, "cai-1", CAI, 30, "2023-04-01")
    credited(served, "dan-1", DAN, 40, "2023-04-01")


def later(served: Served) -> None:
    """What the ledger learns after the year was closed."""
    fixed = {"credit": "credit:ann-1", "teacher": ANN, "credits": "40", "reason": "复核"}
    ok(served.operator.mutate(CorrectCredit, fixed, "fixed"))
    credited(served, "ben-2", BEN, 5, "2023-05-01")
    credited(served, "dan-2", DAN, 5, "2023-05-01")  # of the county next door
    credited(served, "cai-2", CAI, 5, "2024-01-05")  # of the next year
    moved = {"teacher": CAI, "school": ABROAD, "since": "2023-09-01"}
    ok(served.operator.mutate(TransferTeacher, moved, "moved"))


def bureau(served: Served, place: str = RUIAN) -> Party:
    """The bureau of a place."""
    return served.party(Role.BUREAU, place)


def offered(party: Party, of: str = RUIAN, **more: Any) -> Any:
    """The levels of 2023 as a party sees them."""
    return party.ask(LEVELS, of=of, year=2023, **more)["levels"]


def signed(served: Served, name: str = NAME, **more: Any) -> dict[str, Any]:
    """The answer to the bureau that signs what it is shown."""
    shown = offered(bureau(served))
    given = {"signOff": name, "place": RUIAN, "year": 2023, "position": shown["position"]}
    given |= {"sha256": shown["sha256"]} | more
    answer: dict[str, Any] = bureau(served).mutate(SignOffPeriod, given, f"sign {name}")
    return answer
