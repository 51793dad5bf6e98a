"""Balance sheet: a list of opening balances, and what each row of it leads to.

An amount of each kind is a balance of its own. A year ends on its last day or on the day of the
old platform's figures, whichever is earlier; without a year it is the cycle that runs on that day.
A person is listed once for each kind and period: the rows of a load are tried in portions, each
without the others, so that two balances that the ledger takes only one of are found here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from ledger.adjustment import CorrectCredit
from ledger.amount import ZERO
from ledger.balance import Certainty, OpenBalance
from ledger.credit import CreditKind
from ledger.cycle import YEARS_DEFAULT, CycleTotal, cycle_on
from ledger.intention import Desk, Intention, Objection
from ledger.load import Fate
from ledger.mapping import Column, SheetRow
from ledger.names import CreditId, JurisdictionId, TeacherId
from ledger.regulation import Rulebook
from ledger.roll import OnRoll, Roll, whose
from ledger.tally import BY_KIND

Key = tuple[TeacherId, CreditKind, date]


@dataclass(frozen=True)
class Held:
    """A balance that stands."""

    credit: CreditId
    credits: Decimal


@dataclass(frozen=True, slots=True)
class _Told:
    """What a row says a balance is of; ``since``: ``None`` is the first day of the cycle."""

    row: int
    since: date | None
    completed: date


@dataclass(frozen=True, kw_only=True)
class Footing:
    """What the ledger has before a sheet is loaded, and by what rules it counts.

    ``held``: the balances that stand. ``opened``: the cycles that were opened for a teacher.
    ``places``: of the teachers whose place is not that of the desk.
    """

    held: Mapping[Key, Held] = field(default_factory=dict)
    opened: Mapping[TeacherId, tuple[date, ...]] = field(default_factory=dict)
    places: Mapping[TeacherId, JurisdictionId] = field(default_factory=dict)
    rules: Rulebook = field(default_factory=Rulebook)

    def start(self, known: OnRoll, place: JurisdictionId, day: date) -> date:
        """The first day of a teacher's cycle, which a balance covers that names none."""
        rule = self.rules.find(CycleTotal, self.places.get(known.teacher, place), day)
        years = rule.value.years if rule else YEARS_DEFAULT
        return cycle_on(known.entered or day, day, years, self.opened.get(known.teacher, ())).start


@dataclass(kw_only=True)
class BalanceSheet:
    """Plans a list of balances as of a day, on the footing of what stands.

    One that stands with another amount is corrected where the row says why, in its remark.

    ``source``: the old platform, as the event says it.
    """

    desk: Desk
    roll: Roll
    footing: Footing
    day: date
    source: str
    _seen: dict[tuple[TeacherId, CreditKind], list[_Told]] = field(default_factory=dict)

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
        twice = [self._twice(known, kind, _Told(row.row, since, completed)) for kind in amounts]
        if listed := [each for each in twice if each is not None]:
            made.refuse(self._listed(min(each.row for each in listed)))
            return made
        for kind, credits in sorted(amounts.items(), key=lambda each: each[0].value):
            held = self.footing.held.get((known.teacher, kind, completed))
            if held is not None and held.credits != credits:
                if not row.note:
                    made.refuse(self._otherwise(held, credits, reason=False))
                    return made
                self._correct(made, held, credits, row.note)
            if held is None and credits > ZERO:
                self._open(made, row, kind, credits, (since, completed))
        return made

    def _open(
        self,
        made: Intention,
        row: SheetRow,
        kind: CreditKind,
        credits: Decimal,
        span: tuple[date | None, date],
    ) -> None:
        assert made.teacher is not None
        since, completed = span
        made.fate = made.fate if made.fate is Fate.CHANGE else Fate.NEW
        made.commands.append(
            OpenBalance(
                credit=CreditId(f"credit:{self.desk.new_value(row.row, kind.value)}"),
                teacher=made.teacher,
                kind=kind,
                credits=credits,
                completed=completed,
                certainty=_certainty(row),
                source=self.source,
                since=since,
            )
        )

    def _twice(self, known: OnRoll, kind: CreditKind, told: _Told) -> _Told | None:
        """The earlier row of which a day is told once more, for the same teacher and kind."""
        earlier = self._seen.setdefault((known.teacher, kind), [])
        found = next((each for each in earlier if self._meet(known, each, told)), None)
        earlier.append(told)
        return found

    def _meet(self, known: OnRoll, one: _Told, other: _Told) -> bool:
        first, second = sorted((one, other), key=lambda each: each.completed)
        # What ends earlier lies apart from what begins after it; its own beginning does not matter.
        since = second.since
        if since is None and first.completed < second.completed:
            since = self.footing.start(known, self.desk.place, second.completed)
        return since is None or first.completed >= since

    def _listed(self, row: int) -> Objection:
        return Objection(
            code="LISTED_TWICE",
            zh=f"表中第 {row} 行已列出同一人同一类别的余额，且期间重叠",
            en=f"row {row} of the sheet gives a balance of this person and kind for some of "
            "these days",
            column=self.desk.at(Column.COMPLETED) or self.desk.at(Column.YEAR),
        )

    def _span(self, row: SheetRow, known: OnRoll) -> tuple[date | None, date]:
        if row.completed is not None or row.year is None:
            return row.started, row.completed or self.day
        first = date(row.year, 1, 1)
        entered = known.entered or first
        completed = min(date(row.year + 1, 1, 1) - timedelta(days=1), self.day)
        return max(first, entered), completed

    def _amounts(self, row: SheetRow) -> dict[CreditKind, Decimal] | Objection:
        """The amount of each kind; 0 too, which is another amount than what stands."""
        amount = row.credits if row.credits is not None else row.hours
        kinds = [of for each in self._columns if (of := BY_KIND.get(each)) is not None]
        if row.by_kind:
            total = sum(row.by_kind.values(), ZERO)
            if row.credits is not None and row.credits != total:
                return self._unlike(row.credits, total)
            return dict(row.by_kind)
        if kinds and amount is None:
            return {}
        if amount is None:
            return self.desk.lacks(Column.CREDITS)
        if row.kind is not None:
            return {row.kind: amount}
        if kinds and amount == ZERO:
            return dict.fromkeys(kinds, ZERO)
        return self._kindless(amount) if kinds else self.desk.lacks(Column.KIND)

    @property
    def _columns(self) -> list[Column]:
        return list(self.desk.mapping.columns.values())

    def _unlike(self, credits: Decimal, total: Decimal) -> Objection:
        return Objection(
            code="TOTAL_DIFFERS",
            zh=f"学分为 {credits}，各类别合计 {total}，二者不符",
            en=f"CREDITS is {credits} and the kinds add up to {total}",
            column=self.desk.at(Column.CREDITS),
        )

    def _kindless(self, amount: Decimal) -> Objection:
        return Objection(
            code="CELL_EMPTY",
            zh=f"只写了总数 {amount}，各类别均未填写，不知属于哪一类",
            en=f"{amount} is given and no kind of it; say how much is of which kind",
            column=self.desk.at(Column.CREDITS) or self.desk.at(Column.HOURS),
        )

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
