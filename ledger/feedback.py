"""Feedback: a trainee who does not do the work is reported to the school and to the bureau.

Both are to hear of it. A report to one of them stands and is a violation; the other report, when
it comes, completes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.command import Refused, Selector, about, fact
from ledger.completion import Recipient, Standing
from ledger.enrollment import ENROLLMENT_EVENTS
from ledger.evaluation import untold
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.finding import Lack, Outcome
from ledger.names import OfferingId, ProviderId, SchoolId, TeacherId
from ledger.offering import OFFERING_EVENTS, ClassStep
from ledger.regulation import Parameters
from ledger.text import filled


class TraineeReported(Event, name="feedback.trainee-reported"):
    """The provider told the school, the bureau or both that a trainee does not do the work."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    recipients: tuple[Recipient, ...]
    description: str


class TraineeFeedback(
    Parameters,
    kind="trainee-feedback",
    zh="学员未认真参训的情况只反馈给部分对象的，记一项违规；补齐后不再记。",
    scope=(),
    less=("recipients",),
):
    """A report of a trainee that leaves one of these out is a violation, until the other comes."""

    recipients: tuple[Recipient, ...]


class ReportIncomplete(Refused):
    """Somebody who is to hear of a trainee was not told."""


@dataclass(kw_only=True)
class ReportTrainee(ClassStep):
    """Tell school and bureau of a trainee who does not do the work, by the provider."""

    teacher: TeacherId
    recipients: tuple[Recipient, ...]
    description: str

    standing: Standing = fact(default=None)
    told: dict[Recipient, str] = fact(default_factory=dict)

    def __post_init__(self) -> None:
        self.standing = Standing(self.teacher)

    def boundary(self) -> list[Selector]:
        return [
            about(self.teacher, self.offering, of=[*ENROLLMENT_EVENTS, TraineeReported]),
            about(self.offering, of=OFFERING_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.standing.learn(entry)
        match entry.event:
            case TraineeReported(recipients=recipients):
                self.told.update(dict.fromkeys(recipients, entry.id))
            case _:
                pass

    def decide(self) -> Iterator[Event]:
        opened = self.room.known(self.offering)
        school = self.standing.enrolled(self.offering)
        if not self.recipients:
            raise Fault("EMPTY_ROWS", zh="反馈对象不能为空", en="tell somebody", field="recipients")
        yield TraineeReported(
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            provider=opened.provider,
            recipients=tuple(dict.fromkeys(self.recipients)),
            description=filled(self.description, "description"),
        )
        rule = self.ask.rules.pinned(TraineeFeedback, opened.place, self.room.opened_on)
        told = {*self.told, *self.recipients}
        lacking = untold(rule.value.recipients if rule else (), told)
        if not lacking:
            return
        names = "、".join(each.value for each in lacking)
        said = ReportIncomplete(
            zh=f"{self.teacher} 在 {self.offering} 未认真参训的情况尚未反馈给 {names}",
            en=f"that {self.teacher} does not do the work of {self.offering} was not reported "
            f"to {names}",
            rule=rule,
            field="recipients",
            evidence=tuple(self.told.values()),
            lacking=tuple(
                Lack(
                    events=(TraineeReported.NAME,),
                    about=(self.teacher, self.offering),
                    value=each.value,
                )
                for each in lacking
            ),
        )
        yield self.finding(said, Outcome.VIOLATION, self.teacher, self.offering, opened.provider)
