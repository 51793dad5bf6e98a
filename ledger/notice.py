"""Notice: a denied completion is reported to the bureau and to the school, to both of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.command import Refused, Selector, about, fact, premature
from ledger.completion import (
    COMPLETION_EVENTS,
    CompletionGranted,
    DenialNotified,
    Recipient,
    Standing,
)
from ledger.enrollment import ENROLLMENT_EVENTS
from ledger.evaluation import untold
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.finding import Lack, Outcome
from ledger.names import OfferingId, TeacherId
from ledger.offering import OFFERING_EVENTS, ClassStep
from ledger.regulation import InForce, Parameters


class DenialNotice(
    Parameters,
    kind="denial-notice",
    zh="不予结业、终止或撤销结业的情况只抄告部分对象的，或到结班时还没有抄告任何对象的，记一项违规。",
    scope=(),
    less=("recipients",),
):
    """A notice of a denial that leaves one of these out is a violation, and so is none at closing.

    It is found once: what a notice left out is not found again when the class closes.
    """

    recipients: tuple[Recipient, ...]


class NoDenial(Refused):
    """There is no denial to report."""


class NoticeIncomplete(Refused):
    """A recipient of the notice is missing."""


def incomplete(
    rule: InForce[DenialNotice] | None,
    standing: Standing,
    lacking: list[Recipient],
    offering: OfferingId,
) -> NoticeIncomplete:
    """What is said where somebody was not told."""
    names = "、".join(each.value for each in lacking)
    return NoticeIncomplete(
        zh=f"{standing.teacher} 不予结业的情况尚未抄告 {names}",
        en=f"the denial of {standing.teacher} was not reported to {names}",
        rule=rule,
        field="recipients",
        evidence=(standing.outcome_event,),
        lacking=tuple(
            Lack(
                events=(DenialNotified.NAME,),
                about=(standing.teacher, offering),
                value=each.value,
                gone=(CompletionGranted.NAME,),
                gone_about=(standing.teacher, offering),
            )
            for each in lacking
        ),
    )


@dataclass(kw_only=True)
class NotifyDenial(ClassStep):
    """Tell bureau and school of a denied completion, by the provider."""

    teacher: TeacherId
    recipients: tuple[Recipient, ...]

    standing: Standing = fact(default=None)

    def __post_init__(self) -> None:
        self.standing = Standing(self.teacher)

    def boundary(self) -> list[Selector]:
        return [
            about(self.teacher, self.offering, of=[*ENROLLMENT_EVENTS, *COMPLETION_EVENTS]),
            about(self.offering, of=OFFERING_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.standing.learn(entry)

    def decide(self) -> Iterator[Event]:
        opened = self.room.known(self.offering)
        standing = self.standing
        if not standing.denied or not standing.choice.school:
            raise NoDenial(
                zh=f"{self.teacher} 在 {self.offering} 没有不予结业的决定，无需抄告",
                en=f"no completion of {self.offering} was denied to {self.teacher}",
                field="teacher",
            )
        if not self.recipients:
            raise Fault("EMPTY_ROWS", zh="抄告对象不能为空", en="tell somebody", field="recipients")
        early = premature(
            self.ask.on,
            standing.outcome_on,
            f"{self.teacher} 在 {self.offering} 已被决定不予结业",
            f"{self.offering} was denied to {self.teacher}",
            standing.outcome_event,
        )
        yield from self.gate(early, self.teacher, self.offering, opened.provider)
        yield DenialNotified(
            teacher=self.teacher,
            offering=self.offering,
            school=standing.choice.school,
            provider=opened.provider,
            recipients=self.recipients,
        )
        rule = self.ask.rules.pinned(DenialNotice, opened.place, self.room.opened_on)
        told = standing.notified.union(self.recipients)
        lacking = untold(rule.value.recipients if rule else (), told)
        if lacking:
            said = incomplete(rule, standing, lacking, self.offering)
            yield self.finding(
                said, Outcome.VIOLATION, self.teacher, self.offering, opened.provider
            )
