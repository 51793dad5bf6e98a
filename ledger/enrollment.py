"""Enrollment: one teacher's choice of one offering, through school review and provider review.

Two rounds, and in each of them three steps in order: the teacher selects, the school reviews, the
provider re-reviews (``admission.py``). A decision follows the act that it decides, in the order of
events and of days, even on one day (C-09). Who is assigned to a class comes in without the rounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum

from ledger.command import Command, Refused, Selector, about, fact
from ledger.event import Entry, Event, Part, unchanged
from ledger.kind import OutOfRange
from ledger.names import JurisdictionId, Name, OfferingId, ProviderId, SchoolId, TeacherId, TermId
from ledger.offering import OFFERING_EVENTS, ClassRoom, OfferingOpened
from ledger.register import Category, Tier
from ledger.regulation import Parameters
from ledger.review import reasoned
from ledger.term import Phase, in_window


class Status(Enum):
    """Where an enrollment stands."""

    SUBMITTED = "SUBMITTED"
    SCHOOL_PASSED = "SCHOOL_PASSED"
    SCHOOL_NOT_PASSED = "SCHOOL_NOT_PASSED"
    PROVIDER_CONFIRMED = "PROVIDER_CONFIRMED"
    PROVIDER_DECLINED = "PROVIDER_DECLINED"
    WITHDRAWN = "WITHDRAWN"


class Via(Enum):
    """By which channel a teacher chose."""

    WEB = "WEB"
    WECHAT = "WECHAT"
    ZHELIBAN = "ZHELIBAN"


class Match(Part):
    """Whether a training's targets suit the teacher; ``None`` where one of the two is unknown."""

    tier: bool | None = None
    category: bool | None = None
    subject: bool | None = None
    stage: bool | None = None

    @property
    def suits(self) -> bool | None:
        """Whether it suits in tier and category; ``None`` where that cannot be told (C-28)."""
        both = (self.tier, self.category)
        return False if False in both else None if None in both else True


class OfferingSelected(Event, name="enrollment.offering-selected", version=2):
    """A teacher chose an offering; what the teacher was then is kept with how well it fits.

    ``base_credits`` are those of the plan; whether they suffice for a rule, the rule says.
    """

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    place: JurisdictionId
    term: TermId
    round: int
    rules: tuple[str, ...] = ()
    via: Via | None = None
    base_credits: Decimal | None = None
    match: Match | None = None
    tier: Tier | None = None
    categories: tuple[Category, ...] = ()


OfferingSelected.upcast(from_version=1)(unchanged)


class SelectionReviewed(Event, name="enrollment.selection-reviewed"):
    """The school passed a teacher's choice, or did not."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    term: TermId
    round: int
    passed: bool
    reason: str


class EnrollmentConfirmed(Event, name="enrollment.confirmed", version=2):
    """The provider admitted a teacher, or a bureau assigned one: then ``round`` is 0."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    term: TermId
    round: int
    place: JurisdictionId | None = None
    assigned_by: JurisdictionId | None = None


EnrollmentConfirmed.upcast(from_version=1)(unchanged)


class EnrollmentDeclined(Event, name="enrollment.declined"):
    """The provider did not admit a teacher."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    term: TermId
    round: int
    reason: str


class EnrollmentWithdrawn(Event, name="enrollment.withdrawn"):
    """A teacher withdrew a choice; ``after_change`` where a major change gave the right to."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    term: TermId
    admitted: bool
    after_change: bool
    reason: str


ENROLLMENT_EVENTS: list[type[Event]] = [
    OfferingSelected,
    SelectionReviewed,
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
]


# What ends an enrollment; completion is a later noun, so by the names of its events.
OUTCOMES = (
    "completion.granted",
    "completion.denied",
    "completion.training-terminated",
    "completion.revoked",
)
STEPS = ("SELECT", "SCHOOL_REVIEW", "PROVIDER_REVIEW")


class SelectionSteps(
    Parameters,
    kind="selection-steps",
    zh="每轮依次为选课、学校审核、机构复核；跳过或颠倒步骤的不予受理，他系统已发生的记为违规。",
    scope=("term",),
    less=("steps",),
):
    """A step that is skipped or taken out of order is refused; reported, it is a violation."""

    steps: tuple[str, ...]

    def unfit(self) -> OutOfRange | None:
        if self.steps == STEPS:
            return None
        known = ", ".join(STEPS)
        return OutOfRange("steps", f"只能是 {known}", f"can only be {known}")


class NotSelected(Refused):
    """The teacher has no such choice waiting for this step."""


class StepOutOfOrder(Refused):
    """A step was skipped."""


class NoSeatLeft(Refused):
    """All seats are confirmed."""


@dataclass
class Roll:
    """Who is confirmed in a class now."""

    confirmed: set[TeacherId] = field(default_factory=set)

    def learn(self, entry: Entry) -> None:
        """Takes in confirmations and withdrawals; others change nothing."""
        match entry.event:
            case EnrollmentConfirmed(teacher=teacher):
                self.confirmed.add(teacher)
            case EnrollmentWithdrawn(teacher=teacher):
                self.confirmed.discard(teacher)
            case _:
                pass

    def full(self, room: ClassRoom, offering: OfferingId) -> Refused | None:
        """What is wrong where no seat is left."""
        if len(self.confirmed) < room.seats:
            return None
        return NoSeatLeft(
            zh=f"{offering} 容量 {room.seats}，已确认 {len(self.confirmed)} 人",
            en=f"{offering} has {room.seats} seats, all of them confirmed",
            field="offering",
        )


@dataclass
class Choice:
    """One teacher's choice of one offering, as the events say it."""

    status: Status | None = None
    round: int = 0
    school: SchoolId | None = None
    place: JurisdictionId | None = None
    evidence: str = ""
    day: date = date.min

    def learn(self, entry: Entry) -> None:
        """Takes in the events of this pair; others change nothing."""
        match entry.event:
            case OfferingSelected() as event:
                self.status, self.round = Status.SUBMITTED, event.round
                self.school, self.place = event.school, event.place
            case SelectionReviewed(passed=passed):
                self.status = Status.SCHOOL_PASSED if passed else Status.SCHOOL_NOT_PASSED
            case EnrollmentConfirmed() as event:
                self.status, self.round, self.school = (
                    Status.PROVIDER_CONFIRMED,
                    event.round,
                    event.school,
                )
                self.place = event.place or self.place
            case EnrollmentDeclined():
                self.status = Status.PROVIDER_DECLINED
            case EnrollmentWithdrawn():
                self.status = Status.WITHDRAWN
            case _:
                return
        self.evidence, self.day = entry.id, entry.on

    @property
    def stands(self) -> bool:
        """Whether the choice is alive: neither refused, declined nor withdrawn."""
        return self.status in (
            Status.SUBMITTED,
            Status.SCHOOL_PASSED,
            Status.PROVIDER_CONFIRMED,
        )


def judge_days(
    command: Command, opened: OfferingOpened, acts: Iterable[tuple[date, str]]
) -> Refused | None:
    """The gate on a step for many that is dated before one of the ``acts`` it decides (C-09)."""
    day, evidence = max(acts)
    if command.ask.on >= day:
        return None
    return StepOutOfOrder(
        zh=f"{opened.offering} 待复核的选课到 {day} 才办完前一步，{command.ask.on} 不能进行此步骤；"
        "顺序为选课、学校审核、机构复核",
        en=f"the step before this one was taken in {opened.offering} on {day}, after "
        f"{command.ask.on}; the order is selection, school review, provider review",
        rule=command.ask.rules.find(
            SelectionSteps, opened.place, command.ask.on, term=opened.term.value
        ),
        field="offering",
        evidence=(evidence,),
    )


@dataclass(kw_only=True)
class SelectionStep(Command):
    """What the later steps share: the pair of teacher and offering, and the choice so far."""

    teacher: TeacherId
    offering: OfferingId

    choice: Choice = fact(default_factory=Choice)
    room: ClassRoom = fact(default_factory=ClassRoom)

    def boundary(self) -> list[Selector]:
        return [
            about(self.teacher, self.offering, of=ENROLLMENT_EVENTS),
            about(self.offering, of=OFFERING_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        if getattr(entry.event, "teacher", None) == self.teacher:
            self.choice.learn(entry)
        self.room.learn(entry)

    def territory(self) -> JurisdictionId:
        return self.choice.place or self.room.known(self.offering).place

    def chosen(self) -> SchoolId:
        """The school of the choice. Raises ``UnknownReference``, ``NotSelected`` without one."""
        self.room.known(self.offering)
        if self.choice.school is None or self.choice.status is Status.WITHDRAWN:
            raise NotSelected(
                zh=f"{self.teacher} 没有选 {self.offering}，请核对",
                en=f"{self.teacher} has not chosen {self.offering}",
                field="teacher",
            )
        return self.choice.school

    def follows(self) -> Refused | None:
        """What is wrong where the day lies before that of the act which is decided (C-09)."""
        return self.steps() if self.ask.on < self.choice.day else None

    def steps(self) -> Refused:
        """The refusal of a step taken out of order, with the rule on the three steps."""
        opened = self.room.known(self.offering)
        return StepOutOfOrder(
            zh=f"{self.teacher} 选 {self.offering} 现处于 {self._status()}（{self.choice.day}），"
            "此步骤不能进行；顺序为选课、学校审核、机构复核",
            en=f"the choice of {self.offering} by {self.teacher} is {self._status()} since "
            f"{self.choice.day}; the order is selection, school review, provider review",
            rule=self.ask.rules.find(
                SelectionSteps, self.territory(), self.ask.on, term=opened.term.value
            ),
            field="teacher",
            evidence=(self.choice.evidence,),
        )

    def _status(self) -> str:
        return self.choice.status.value if self.choice.status else "NONE"


@dataclass(kw_only=True)
class ReviewSelection(SelectionStep):
    """Pass a teacher's choice or not, by the school."""

    passed: bool
    reason: str = ""

    def authority(self) -> Name:
        return self.chosen()

    def decide(self) -> Iterator[Event]:
        school = self.chosen()
        opened = self.room.known(self.offering)
        self.room.held(self.offering, self.ask.rules)
        reasoned(self.reason, not self.passed)
        if self.choice.status is not Status.SUBMITTED:
            raise self.steps()
        yield from self.gate(self.follows(), self.teacher, self.offering)
        second = self.choice.round == 2
        yield from in_window(
            self,
            Phase.SCHOOL_REVIEW_R2 if second else Phase.SCHOOL_REVIEW_R1,
            self.teacher,
            self.offering,
            place=self.territory(),
            term=opened.term,
        )
        yield SelectionReviewed(
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            term=opened.term,
            round=self.choice.round,
            passed=self.passed,
            reason=self.reason,
        )
