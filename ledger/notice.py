"""Notice: a denied completion is reported to the bureau and to the school, to both of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from ledger.command import Refused
from ledger.completion import DenialNotified, Recipient, SettleCompletion
from ledger.event import Event
from ledger.fault import Fault
from ledger.finding import Outcome
from ledger.regulation import Parameters


class DenialNotice(
    Parameters, kind="denial-notice", zh="不予结业须抄告所列各方，缺一方记一项违规。", scope=()
):
    """Notes a violation where a denial is not told to each of these."""

    recipients: tuple[Recipient, ...]

    def laxer(self, than: Self) -> bool:
        return not set(than.recipients) <= set(self.recipients)


class NoDenial(Refused):
    """There is no denial to report."""


class NoticeIncomplete(Refused):
    """A recipient of the notice is missing."""


@dataclass(kw_only=True)
class NotifyDenial(SettleCompletion):
    """Tell bureau and school of a denied completion, by the provider."""

    recipients: tuple[Recipient, ...]

    def decide(self) -> Iterator[Event]:
        opened = self.room.known(self.offering)
        standing = self.standing
        if standing.outcome not in ("NOT_COMPLETED", "TERMINATED") or not standing.choice.school:
            raise NoDenial(
                zh=f"{self.teacher} 在 {self.offering} 没有不予结业的决定，无需抄告",
                en=f"no completion of {self.offering} was denied to {self.teacher}",
                field="teacher",
            )
        if not self.recipients:
            raise Fault("EMPTY_ROWS", zh="抄告对象不能为空", en="tell somebody", field="recipients")
        yield DenialNotified(
            teacher=self.teacher,
            offering=self.offering,
            school=standing.choice.school,
            provider=opened.provider,
            recipients=self.recipients,
        )
        rule = self.ask.rules.find(DenialNotice, opened.place, self.ask.on)
        told = standing.notified | set(self.recipients)
        lacking = [each for each in (rule.value.recipients if rule else ()) if each not in told]
        if lacking:
            names = "、".join(each.value for each in lacking)
            said = NoticeIncomplete(
                zh=f"{self.teacher} 不予结业的情况尚未抄告 {names}",
                en=f"the denial of {self.teacher} was not reported to {names}",
                rule=rule,
                field="recipients",
                evidence=(standing.outcome_event,),
            )
            yield self.finding(said, Outcome.VIOLATION, self.teacher, self.offering)
