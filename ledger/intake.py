"""Intake (入账): what a trial had shown goes on record, once for each trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.command import Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.names import ReconciliationId
from ledger.reconciliation import Compared, ReconciliationStep, SheetCompared, SheetReceived
from ledger.register import taken
from ledger.text import trimmed


class SameFile(Refused):
    """The bureau reconciled the very same file before."""


class OtherSheet(Refused):
    """What is compared anew is not the file of the reconciliation, or is read in another way."""


class TokenSpent(Refused):
    """What the trial had shown is on record already."""


@dataclass(kw_only=True)
class _TrialStep(ReconciliationStep):
    """What is put on record, exactly as a trial had shown it; ``trial``: its token's SHA-256."""

    compared: Compared
    lines: tuple[int, ...]
    trial: str

    spent: tuple[ReconciliationId, str] | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [*super().boundary(), about(self.place, of=[SheetCompared])]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        if isinstance(entry.event, SheetCompared) and entry.event.trial == self.trial:
            self.spent = (entry.event.reconciliation, entry.id)

    def unspent(self) -> None:
        """Raises ``TokenSpent`` where the trial is on record."""
        if self.spent is not None:
            raise TokenSpent(
                zh=f"这次试对已作为 {self.spent[0]} 入账，请重新试对",
                en=f"this trial is on record as {self.spent[0]}; try again",
                field="token",
                evidence=(self.spent[1],),
            )


@dataclass(kw_only=True)
class Reconcile(_TrialStep):
    """Put a sheet and its comparison on record, exactly as a trial had shown them.

    ``again``: why the same file is taken in once more.
    """

    again: str = ""

    before: dict[str, str] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        return [*super().boundary(), about(self.place, of=[SheetReceived])]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        if isinstance(entry.event, SheetReceived) and entry.event.place == self.place:
            self.before.setdefault(entry.event.sha256, entry.id)

    def decide(self) -> Iterator[Event]:
        self.unspent()
        if self.desk.received is not None:
            raise taken(self.reconciliation, "reconciliation")
        earlier = self.before.get(self.compared.sha256)
        if earlier and not trimmed(self.again):
            raise SameFile(
                zh="同一文件（SHA-256 相同）已经对过账；确要再对一次，请在 again 中说明原因",
                en="the very same file was reconciled before; say in again why once more",
                field="again",
                evidence=(earlier,),
            )
        yield SheetReceived(
            reconciliation=self.reconciliation,
            place=self.place,
            form=self.compared.form,
            sha256=self.compared.sha256,
            bytes=self.compared.bytes,
            mapping=self.compared.mapping,
            rows=self.compared.rows,
            faults=self.compared.faults,
            again=trimmed(self.again) or None if earlier else None,
        )
        yield from self.result(self.compared, self.lines, self.trial)


@dataclass(kw_only=True)
class CompareAnew(_TrialStep):
    """Compare the same sheet with the ledger once more, as a trial had shown it.

    What was settled before does not count for the new result.
    """

    def decide(self) -> Iterator[Event]:
        self.unspent()
        before = self.unsigned()
        same = ("sha256", "mapping", "form")
        if any(getattr(before, each) != getattr(self.compared, each) for each in same):
            raise OtherSheet(
                zh="重新比对须用同一文件、同一读法；另一文件请另开一次对账",
                en="this compares another file, or reads it in another way; begin a new one",
                field="token",
            )
        yield from self.result(self.compared, self.lines, self.trial)
