"""Discrepancy (对账差异): how the differences of a reconciliation are settled, and signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.command import Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.line import LineCarried
from ledger.names import PetitionId
from ledger.petition import CorrectionDecided, CorrectionRequested, CorrectionWithdrawn
from ledger.reconciliation import (
    LINES_MAX,
    DifferencesSettled,
    ReconciliationReopened,
    ReconciliationSigned,
    ReconciliationStep,
    SheetCompared,
    Treatment,
)
from ledger.review import reasoned
from ledger.text import trimmed

NAMED_MAX = 10


class NotSigned(Refused):
    """The reconciliation is not signed."""


class NoDifference(Refused):
    """There is no difference at the line."""


class AlreadySettled(Refused):
    """A difference is settled, and nobody said that it is to be settled anew."""


class NotRequested(Refused):
    """A difference is said to be with a petition, and there is none about its line."""


class Unsettled(Refused):
    """Differences are left that nobody has settled."""


@dataclass(kw_only=True)
class SettleDifferences(ReconciliationStep):
    """Settle differences at some lines of the result, or at all that are left.

    ``anew``: those that are settled already are settled otherwise. A correction is requested by a
    petition that names the line, or named the same claim in an earlier result and is not decided.
    """

    how: Treatment
    reason: str
    lines: tuple[int, ...] | None = None
    anew: bool = False
    carried: tuple[LineCarried, ...] = ()

    petitions: set[int] = fact(default_factory=set)
    asked: set[PetitionId] = fact(default_factory=set)
    decided: set[PetitionId] = fact(default_factory=set)

    def boundary(self) -> list[Selector]:
        return [
            *super().boundary(),
            about(self.reconciliation, of=[CorrectionRequested, CorrectionWithdrawn]),
            *(about(each.petition, of=[CorrectionDecided]) for each in self.carried),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        match entry.event:
            case SheetCompared():
                # Another result has other lines.
                self.petitions = set()
            case CorrectionRequested(line=int(line), reconciliation=name) as event:
                if name == self.reconciliation:
                    self.petitions.add(line)
                    self.asked.add(event.petition)
            case CorrectionWithdrawn(petition=petition, line=line):
                self.petitions.discard(line or 0)
                self.decided.add(petition)
            case CorrectionDecided(petition=petition):
                self.decided.add(petition)
            case _:
                pass

    def decide(self) -> Iterator[Event]:
        compared = self.unsigned()
        reasoned(self.reason, needed=True)
        lines = self.desk.left if self.lines is None else sorted({*self.lines})
        wrong = [each for each in lines if each not in self.desk.open]
        if wrong or not lines:
            raise NoDifference(
                zh=f"没有待处理的差异：{_listed(wrong) or '—'}",
                en=f"no difference to settle: {_listed(wrong) or 'none'}",
                field="lines",
            )
        self._check(lines)
        for start in range(0, len(lines), LINES_MAX):
            yield DifferencesSettled(
                reconciliation=self.reconciliation,
                place=self.place,
                digest=compared.digest,
                lines=tuple(lines[start : start + LINES_MAX]),
                how=self.how,
                reason=trimmed(self.reason),
            )

    def _check(self, lines: list[int]) -> None:
        settled = [each for each in lines if each in self.desk.settled]
        if settled and not self.anew:
            raise AlreadySettled(
                zh=f"已经处理过：第 {_listed(settled)} 行；确要改作处理，请写明 anew",
                en=f"settled already: line {_listed(settled)}; to settle anew, say anew",
                field="lines",
            )
        asked = self.petitions | self._carried()
        lacking = [each for each in lines if each not in asked]
        if self.how is Treatment.CORRECTION_REQUESTED and lacking:
            raise NotRequested(
                zh=f"没有更正申请指明这些行：{_listed(lacking)}；请先申请更正（requestCorrection）",
                en=f"no petition names line {_listed(lacking)}; request the correction first",
                field="lines",
            )

    def _carried(self) -> set[int]:
        """The lines of this result whose claim a petition is still about."""
        assert self.desk.compared is not None
        pending = self.asked - self.decided
        return {
            each.number
            for each in self.carried
            if each.digest == self.desk.compared.digest and each.petition in pending
        }


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


def _listed(lines: list[int]) -> str:
    """The first lines, and how many there are beside them."""
    rest = len(lines) - NAMED_MAX
    return ", ".join(map(str, lines[:NAMED_MAX])) + (f" (+{rest})" if rest > 0 else "")
