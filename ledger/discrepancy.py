"""Discrepancy (对账差异): how the differences of a reconciliation are settled, and signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.command import Refused
from ledger.event import Event
from ledger.fault import Fault
from ledger.reconciliation import (
    LINES_MAX,
    DifferencesSettled,
    ReconciliationReopened,
    ReconciliationSigned,
    ReconciliationStep,
    Treatment,
)
from ledger.review import reasoned
from ledger.text import trimmed

NAMED_MAX = 10


class NotSigned(Refused):
    """The reconciliation is not signed."""


class NoDifference(Refused):
    """There is no difference at the line."""


class Unsettled(Refused):
    """Differences are left that nobody has settled."""


@dataclass(kw_only=True)
class SettleDifferences(ReconciliationStep):
    """Settle differences at some lines of the result, or at all that are left."""

    how: Treatment
    reason: str
    lines: tuple[int, ...] | None = None

    def decide(self) -> Iterator[Event]:
        compared = self.unsigned()
        reasoned(self.reason, needed=True)
        lines = self.desk.left if self.lines is None else sorted({*self.lines})
        wrong = [each for each in lines if each not in self.desk.open]
        if wrong or not lines:
            named = "、".join(map(str, wrong[:NAMED_MAX])) or "—"
            raise NoDifference(
                zh=f"没有待处理的差异：{named}",
                en=f"no difference to settle: {', '.join(map(str, wrong[:NAMED_MAX])) or 'none'}",
                field="lines",
            )
        for start in range(0, len(lines), LINES_MAX):
            yield DifferencesSettled(
                reconciliation=self.reconciliation,
                place=self.place,
                digest=compared.digest,
                lines=tuple(lines[start : start + LINES_MAX]),
                how=self.how,
                reason=trimmed(self.reason),
            )


@dataclass(kw_only=True)
class SignReconciliation(ReconciliationStep):
    """Sign that each difference is settled; ``digest`` is that of the result that was seen."""

    digest: str
    note: str = ""

    def decide(self) -> Iterator[Event]:
        compared = self.unsigned()
        if self.digest != compared.digest:
            raise Fault(
                "NOT_THE_SHOWN",
                zh=f"现有结果的摘要是 {compared.digest}，与您所见的不同，请重新查看",
                en=f"the result's digest is {compared.digest}, not the one you saw; look again",
                field="digest",
            )
        if left := self.desk.left:
            raise Unsettled(
                zh=f"还有 {len(left)} 处差异没有处理，首处在第 {left[0]} 行",
                en=f"{len(left)} differences are not settled, the first of them at line {left[0]}",
                field="reconciliation",
            )
        yield ReconciliationSigned(
            reconciliation=self.reconciliation,
            place=self.place,
            digest=compared.digest,
            settled=len(self.desk.settled),
            unattributed=compared.unattributed,
            note=trimmed(self.note),
        )


@dataclass(kw_only=True)
class ReopenReconciliation(ReconciliationStep):
    """Open a signed reconciliation again."""

    reason: str

    def decide(self) -> Iterator[Event]:
        self.known()
        if not self.desk.signed:
            raise NotSigned(
                zh=f"{self.reconciliation} 没有签核，无须重新打开",
                en=f"{self.reconciliation} is not signed",
                field="reconciliation",
            )
        reasoned(self.reason, needed=True)
        yield ReconciliationReopened(
            reconciliation=self.reconciliation,
            place=self.place,
            corrects=self.desk.signed,
            reason=trimmed(self.reason),
        )
