"""Balance sheet: a list of opening balances, and what each row of it leads to.

An amount of each kind is a balance of its own. A year ends on its last day or on the day of the
old platform's figures, whichever is earlier; without a year it is the cycle that runs on that day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ledger.adjustment import CorrectCredit
from ledger.amount import ZERO
from ledger.balance import Certainty, OpenBalance
from ledger.credit import CreditKind
from ledger.intention import Desk, Intention, Objection
from ledger.load import Fate
from ledger.mapping import Column, SheetRow
from ledger.names import CreditId, TeacherId
from ledger.roll import OnRoll, Roll, whose

BY_KIND = frozenset(each for each in Column if each.value.startswith("CREDITS_"))
Key = tuple[TeacherId, CreditKind, date]


@dataclass(frozen=True)
class Held:
    """A balance that stands."""

    credit: CreditId
    credits: Decimal


@dataclass(kw_only=True)
class BalanceSheet:
    """Plans a list of balances as of a day; ``held``: those that stand.

    One that stands with another amount is corrected where the row says why, in its remark.

    ``source``: the old platform, as the event says it.
    """

    desk: Desk
    roll: Roll
    held: Mapping[Key, Held]
    day: date
    source: str

    def plan(self) -> Iterator[Intention]:
        """What each row leads to."""
        for row in self.desk.rows():
            yield row if isinstance(row, Intention) else self._row(row)

    def _row(self, row: SheetRow) -> Intention:
        made = Intention(row=row.row, fate=Fate.UNCHANGED)
        known, amounts = whose(row, self.roll, self.desk), self._amounts(row)
        wrong = [each for each in (known, amounts) if isinstance(each, Objection)]
        if wrong or isinstance(known, Objection) or isinstance(amounts, Objection):
            made.refuse(*wrong)
            return made
        made.teacher = known.teacher
        since, completed = self._span(row, known)
        if (last := max(completed, since or completed)) > self.day:
            made.refuse(self._later(last))
            return made
        for kind, credits in sorted(amounts.items(), key=lambda each: each[0].value):
            held = self.held.get((known.teacher, kind, completed))
            if held is not None and held.credits != credits:
                if not row.note:
                    made.refuse(self._otherwise(held, credits, reason=False))
                    return made
                self._correct(made, held, credits, row.note)
            if held is None:
                made.fate = made.fate if made.fate is Fate.CHANGE else Fate.NEW
                made.commands.append(
                    OpenBalance(
                        credit=CreditId(f"credit:{self.desk.new_value(row.row, kind.value)}"),
                        teacher=known.teacher,
                        kind=kind,
                        credits=credits,
                        completed=completed,
                        certainty=_certainty(row),
                        source=self.source,
                        since=since,
                    )
                )
        return made

    def _span(self, row: SheetRow, known: OnRoll) -> tuple[date | None, date]:
        if row.completed is not None or row.year is None:
            return row.started, row.completed or self.day
        first = date(row.year, 1, 1)
        entered = known.entered or first
        completed = min(date(row.year + 1, 1, 1) - timedelta(days=1), self.day)
        return max(first, entered), completed

    def _amounts(self, row: SheetRow) -> dict[CreditKind, Decimal] | Objection:
        found = {kind: amount for kind, amount in row.by_kind.items() if amount > ZERO}
        if found:
            return found
        if BY_KIND & {*self.desk.mapping.columns.values()}:
            return {}
        amount = row.credits if row.credits is not None else row.hours
        if amount is None:
            return self.desk.lacks(Column.CREDITS)
        if row.kind is None:
            return self.desk.lacks(Column.KIND)
        return {row.kind: amount} if amount > ZERO else {}

    def _later(self, completed: date) -> Objection:
        return Objection(
            code="AFTER_BALANCE_DAY",
            zh=f"{completed} 晚于余额截至日 {self.day}",
            en=f"{completed} is later than {self.day}, the day through which the balances are",
            column=self.desk.at(Column.COMPLETED) or self.desk.at(Column.YEAR),
        )

    def _correct(self, made: Intention, held: Held, credits: Decimal, reason: str) -> None:
        assert made.teacher is not None
        made.fate = Fate.CHANGE
        made.said = (*made.said, self._otherwise(held, credits))
        made.commands.append(
            CorrectCredit(credit=held.credit, teacher=made.teacher, credits=credits, reason=reason)
        )

    def _otherwise(self, held: Held, credits: Decimal, *, reason: bool = True) -> Objection:
        column = Column.CREDITS
        if reason:
            return self.desk.both("BALANCE_CHANGES", column, held.credits, credits)
        zh, en = "；要更正请在备注中说明理由", "; say in the remark why, and it is corrected"
        return self.desk.both("OPENED_OTHERWISE", column, held.credits, credits, zh, en)


def _certainty(row: SheetRow) -> Certainty:
    return Certainty.UNCERTAIN if row.certain is False else Certainty.CERTAIN
