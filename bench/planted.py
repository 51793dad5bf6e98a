"""A county's teachers with their past, and a sheet about them with slips of many kinds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from bench.as_of import OPERATOR, RUIAN, Put
from ledger.cause import Cause
from ledger.claim import Claim
from ledger.completion import CompletionDenied, Reason
from ledger.credit import CreditAwarded, CreditCorrected, CreditKind, CreditRevoked
from ledger.event import Event
from ledger.names import (
    CreditId,
    JurisdictionId,
    OfferingId,
    ProjectId,
    ProviderId,
    SchoolId,
    TeacherId,
    TermId,
)
from ledger.offering import OfferingOpened
from ledger.plan import Choice, Mode, Plan
from ledger.register import SchoolRegistered, Stage
from ledger.row import Standing
from ledger.school_based import SchoolBasedRecognised, SchoolBasedRecorded
from ledger.store.ledger import Ledger
from ledger.teacher import TeacherRegistered, TeacherTransferred
from ledger.term import Calendar

CREDITS_EACH = 10
SCHOOL, AWAY = SchoolId("school:anyang"), SchoolId("school:hangzhou")
HANGZHOU = JurisdictionId("jurisdiction:330100")
PROVIDER = ProviderId("provider:bench")
DAY, SHEET_DAY, LATE = date(2024, 3, 31), date(2024, 1, 31), date(2024, 2, 20)
BATCH = 40
# Of these nothing is left in a total but that it is too high.
TRACELESS = {Cause.DUPLICATE_PERSON, Cause.OTHER_CYCLE, Cause.UNRECOGNISED}
Expected = tuple[Standing, tuple[tuple[Cause, Decimal], ...]]


@dataclass
class Plot:
    """One teacher's past, the rows of the sheet about it, and what is to be found."""

    teacher: TeacherId
    events: list[Event] = field(default_factory=list)
    late: list[Event] = field(default_factory=list)
    ahead: list[Event] = field(default_factory=list)
    rows: list[tuple[str, Decimal, date, Expected]] = field(default_factory=list)
    here: dict[str, Expected] = field(default_factory=dict)
    lacked: dict[str, CreditAwarded] = field(default_factory=dict)
    number: int = 0

    def training(self, amount: int, *, missed: str = "0", **more: Any) -> CreditAwarded:
        """The next training of the teacher, credited."""
        self.number += 1
        name = f"{self.teacher.value}-{self.number}"
        base, off = Decimal(amount), Decimal(missed)
        return CreditAwarded(
            **{
                "credit": CreditId(f"credit:{name}"),
                "teacher": self.teacher,
                "offering": OfferingId(f"offering:{name}"),
                "school": SCHOOL,
                "place": RUIAN,
                "provider": PROVIDER,
                "authority": RUIAN,
                "kind": CreditKind.INTENSIVE,
                "choice": Choice.SELF_SELECTED,
                "title": f"课程（第{self.number}期）",
                "base_credits": base,
                "hours_planned": base,
                "hours_missed": off,
                "credits": base - off,
                "completed": date(2020 + self.number % 4, 1 + self.number % 12, 5),
                "rules": ("ZJ14-08",),
            }
            | more
        )

    def say(
        self, event: Any, amount: Decimal, *causes: tuple[Cause, Decimal], only: bool = False
    ) -> None:
        """A row of the sheet about a training; the title is written as people write."""
        standing = Standing.ONLY_THERE if only else Standing.DIFFERS if causes else Standing.EQUAL
        title = event.title.replace("（", " (").replace("）", ")")
        self.rows.append((title, amount, event.completed, (standing, causes)))

    def lack(self, event: CreditAwarded, cause: Cause) -> None:
        """A credit that the sheet does not have."""
        self.lacked[event.credit] = event
        self.here[event.credit] = (Standing.ONLY_HERE, ((cause, event.credits),))


def equal(plot: Plot) -> None:
    """Nothing wrong."""
    event = plot.training(8)
    plot.events.append(event)
    plot.say(event, event.credits)


def deduction(plot: Plot) -> None:
    """The sheet did not hear of missed hours."""
    event = plot.training(24, missed="2.5")
    plot.events.append(event)
    plot.say(event, Decimal(24), (Cause.DEDUCTION, Decimal("-2.5")))


def correction(plot: Plot) -> None:
    """The sheet did not hear of a correction."""
    event = plot.training(16)
    plot.events += [event, _corrected(plot, event, Decimal(12))]
    plot.say(event, Decimal(16), (Cause.CORRECTION, Decimal(-4)))


def revocation(plot: Plot) -> None:
    """The sheet did not hear of a revocation."""
    event = plot.training(16)
    plot.events += [event, _revoked(plot, event, "误发")]
    plot.say(event, Decimal(16), (Cause.REVOCATION, Decimal(-16)))


def misconduct(plot: Plot) -> None:
    """The sheet did not hear of a breach that was found out."""
    event = plot.training(16)
    plot.events += [event, _revoked(plot, event, "MISCONDUCT 2023-05-01: 代签到")]
    plot.say(event, Decimal(16), (Cause.MISCONDUCT, Decimal(-16)))


def denial(plot: Plot) -> None:
    """The sheet has a training of which over a fifth was missed."""
    event = plot.training(90)
    plot.events.append(
        CompletionDenied(
            teacher=plot.teacher,
            offering=event.offering,
            school=SCHOOL,
            provider=PROVIDER,
            reason=Reason.ABSENCE,
            hours_planned=Decimal(90),
            hours_missed=Decimal("18.5"),
            rules=("ZJ14-09",),
            citation="浙教办师〔2014〕14号 §三",
        )
    )
    plot.events.append(_opened(event))
    plot.say(event, Decimal(90), (Cause.ABSENCE_DENIAL, Decimal(-90)), only=True)


def unknown_class(plot: Plot) -> None:
    """The sheet has a training that nobody credited."""
    event = plot.training(16)
    plot.say(event, Decimal(16), (Cause.UNRECOGNISED, Decimal(-16)), only=True)


def not_recognised(plot: Plot) -> None:
    """The sheet has a training of the school that the bureau refused."""
    event = plot.training(6)
    told, no = _home(plot, event, approved=False)
    plot.events += [told, no]
    plot.say(told, Decimal(6), (Cause.UNRECOGNISED, Decimal(-6)), only=True)


def rounded(plot: Plot) -> None:
    """The sheet has whole credits only."""
    event = replace(plot.training(18), base_credits=Decimal("17.5"), credits=Decimal("17.5"))
    event = replace(event, hours_planned=Decimal("17.5"))
    plot.events.append(event)
    plot.say(event, Decimal(18), (Cause.ROUNDING, Decimal("-0.5")))


def cap(plot: Plot) -> None:
    """The sheet did not take off what lies beyond the cap."""
    event = plot.training(180)
    told, yes = _home(plot, event, approved=True)
    plot.events += [told, yes]
    plot.say(told, Decimal(180), (Cause.CAP, Decimal(-30)))


def late(plot: Plot) -> None:
    """The ledger has a credit of after the sheet's day."""
    event = plot.training(9)
    plot.late.append(event)
    plot.lack(event, Cause.TIMING)


def ahead(plot: Plot) -> None:
    """The sheet has a credit of after the position."""
    event = plot.training(9)
    plot.ahead.append(event)
    plot.say(event, Decimal(9), (Cause.TIMING, Decimal(-9)), only=True)


def double(plot: Plot) -> None:
    """The sheet has a credit twice."""
    event = plot.training(16)
    plot.events.append(event)
    plot.say(event, Decimal(16))
    plot.say(event, Decimal(16), (Cause.DUPLICATE_PERSON, Decimal(-16)), only=True)


def other_period(plot: Plot) -> None:
    """The sheet has a credit of before the days that it is about."""
    event = plot.training(16, completed=date(2019, 10, 1))
    plot.events.append(event)
    plot.say(event, Decimal(16), (Cause.OTHER_CYCLE, Decimal(-16)), only=True)


def several(plot: Plot) -> None:
    """A deduction, a correction and rounding, on one credit."""
    event = plot.training(40, missed="3.5")
    plot.events += [event, _corrected(plot, event, Decimal("26.5"))]
    causes = (
        (Cause.DEDUCTION, Decimal("-3.5")),
        (Cause.CORRECTION, Decimal(-10)),
    )
    plot.say(event, Decimal(40), *causes)


def moved_in(plot: Plot) -> None:
    """The teacher brought a credit along that the sheet does not have."""
    event = plot.training(11, place=HANGZHOU, authority=HANGZHOU, school=AWAY)
    plot.events.append(event)
    plot.lack(event, Cause.TRANSFER)


SLIPS: tuple[Callable[[Plot], None], ...] = (
    deduction,
    correction,
    revocation,
    misconduct,
    denial,
    unknown_class,
    not_recognised,
    rounded,
    cap,
    late,
    ahead,
    double,
    other_period,
    several,
    moved_in,
)


def plots(rows: int) -> Iterator[Plot]:
    """Teachers until the sheet has so many rows; each has a slip, and each 50th has left."""
    count = number = 0
    while count < rows:
        plot = Plot(TeacherId(f"teacher:{330381000000 + number * 7919}"))
        left = number % 50 == 1
        slip = equal if left else SLIPS[number % len(SLIPS)]
        came = slip is moved_in
        plot.events += _arrival(plot.teacher, came=came)
        slip(plot)
        while len(plot.rows) < CREDITS_EACH:
            equal(plot)
        if left:
            plot.events.append(_move(plot.teacher, SCHOOL, RUIAN, AWAY, HANGZHOU, LATE))
            plot.rows = [
                (title, amount, day, (Standing.DIFFERS, ((Cause.TRANSFER, -amount),)))
                for title, amount, day, _ in plot.rows
            ]
        del plot.rows[rows - count :]
        count, number = count + len(plot.rows), number + 1
        yield plot


def fill(ledger: Ledger, told: list[Plot]) -> int:
    """Puts the past into the ledger; answers the position before what lies ahead."""
    school = SchoolRegistered(school=SCHOOL, place=RUIAN, title="安阳小学", stage=Stage.PRIMARY)
    ledger.ask([Put(events=(school,))], OPERATOR)
    for name, day in (("events", SHEET_DAY), ("late", LATE), ("ahead", LATE)):
        position = ledger.feed.head()
        puts = [Put(events=tuple(getattr(each, name))) for each in told if getattr(each, name)]
        for first in range(0, len(puts), BATCH):
            answer = ledger.ask(puts[first : first + BATCH], OPERATOR, on=day)
            assert all(each.accepted for each in answer.outcomes)
    return position


def sheet(told: list[Plot]) -> tuple[list[dict[str, Any]], dict[int, Expected]]:
    """The rows as a sheet has them, and what is to be found of each."""
    rows, expected = [], {}
    for plot in told:
        for title, amount, day, found in plot.rows:
            number = len(rows) + 2
            rows.append(
                {
                    "row": number,
                    "number": plot.teacher.value,
                    "title": title,
                    "completed": day,
                    "amount": amount,
                }
            )
            expected[number] = found
    return rows, expected


def totals(told: list[Plot]) -> tuple[list[Claim], dict[int, Expected]]:
    """The same as a sheet of what each has in each year, without the slips that leave no trace."""
    claims: list[Claim] = []
    expected: dict[int, Expected] = {}
    for plot in told:
        if {cause for *_, found in plot.rows for cause, _ in found[1]} & TRACELESS:
            continue
        for year in range(2020, 2024):
            own = [each for each in plot.rows if each[2].year == year]
            causes: Counter[Cause] = Counter()
            for *_, (_, found) in own:
                for cause, amount in found:
                    causes[cause] += amount  # type: ignore[assignment]
            for key, (_, found) in plot.here.items():
                for cause, amount in found:
                    if plot.lacked[key].completed.year == year:
                        causes[cause] += amount  # type: ignore[assignment]
            amount = sum((each[1] for each in own), Decimal(0))
            number = len(claims) + 2
            standing = Standing.DIFFERS if causes else Standing.EQUAL
            expected[number] = (standing, tuple(causes.items()))  # type: ignore[arg-type]
            claims.append(Claim(row=number, teacher=plot.teacher, amount=amount, year=year))
    return claims, expected


def _arrival(teacher: TeacherId, *, came: bool) -> Iterator[Event]:
    yield TeacherRegistered(
        teacher=teacher,
        school=AWAY if came else SCHOOL,
        place=HANGZHOU if came else RUIAN,
        stage=Stage.PRIMARY,
        subject="CHINESE",
        entered=date(2019, 9, 1),
    )
    if came:
        yield _move(teacher, AWAY, HANGZHOU, SCHOOL, RUIAN, date(2021, 9, 1))


def _move(
    teacher: TeacherId,
    left: SchoolId,
    place_left: JurisdictionId,
    school: SchoolId,
    place: JurisdictionId,
    since: date,
) -> Event:
    return TeacherTransferred(
        teacher=teacher,
        school_left=left,
        place_left=place_left,
        school=school,
        place=place,
        since=since,
    )


def _corrected(plot: Plot, event: CreditAwarded, amount: Decimal) -> Event:
    return CreditCorrected(
        credit=event.credit,
        teacher=plot.teacher,
        school=SCHOOL,
        place=RUIAN,
        credits_before=event.credits,
        credits=amount,
        corrects=event.credit,
        reason="录入有误",
    )


def _revoked(plot: Plot, event: CreditAwarded, reason: str) -> Event:
    return CreditRevoked(
        credit=event.credit,
        teacher=plot.teacher,
        school=SCHOOL,
        place=RUIAN,
        credits_before=event.credits,
        corrects=event.credit,
        reason=reason,
    )


def _home(plot: Plot, event: CreditAwarded, *, approved: bool) -> tuple[Any, Any]:
    told: dict[str, Any] = {
        "credit": event.credit,
        "teacher": plot.teacher,
        "school": SCHOOL,
        "place": RUIAN,
        "title": f"校本研修（{plot.number}）",
        "hours": event.credits,
        "credits": event.credits,
        "completed": event.completed,
    }
    reason = "" if approved else "材料不全"
    return SchoolBasedRecorded(**told), SchoolBasedRecognised(
        **told, approved=approved, reason=reason
    )


def _opened(event: CreditAwarded) -> Event:
    plan = Plan(
        title=event.title,
        subject="CHINESE",
        stage=Stage.PRIMARY,
        mode=Mode.INTENSIVE,
        hours=event.hours_planned,
        base_credits=event.base_credits,
    )
    return OfferingOpened(
        offering=event.offering,
        project=ProjectId(f"project:{event.offering.value}"),
        provider=PROVIDER,
        place=RUIAN,
        term=TermId("term:2023H1"),
        calendar=Calendar.REGULAR,
        plan=plan,
        seats=50,
        opens=date(2020, 1, 1),
        closes=event.completed,
    )


def bare(title: str) -> str:
    """A title without what people write in different ways."""
    return "".join(each for each in title if each.isalnum())
