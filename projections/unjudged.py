"""Unjudged: a record of the present as it is kept, which is judged when somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import msgspec
from msgspec import Struct

from ledger.consequence import RecordUse
from projections.credit import Records
from projections.kept import Page
from projections.reader import Reader, Where
from projections.verdict import Judged, Key, Rules, judged_of


@dataclass(frozen=True, kw_only=True)
class Unjudged:
    """A teacher's record of the present, of which is read no more than which record it is.

    ``last``: the position of its last event; ``None`` where there is no record. It is judged by the
    rules of ``position``, which is where the view stands.
    """

    rules: Rules
    teacher: str
    last: int | None
    position: int
    day: date
    use: RecordUse | None
    cycle: int | None
    judge: Callable[[], Judged] = field(repr=False, compare=False)

    @property
    def ready(self) -> bool:
        """Whether the rules are known here, and no look at the ledger is needed to judge."""
        return self.rules.known(self.position)

    @cached_property
    def key(self) -> Key | None:
        """All that the verdict hangs on; ``None`` where there is no record."""
        if self.last is None:
            return None
        rules = self.rules.count(self.position)
        return self.teacher, self.last, rules, self.day, self.use, self.cycle

    def judged(self) -> Judged:
        """The record with its verdict."""
        if self.key is None:
            return self.judge()
        return self.rules.kept.judged(self.key, self.judge, self.position)


def unjudged(
    page: Page[bytes],
    rules: Rules,
    records: Records,
    teacher: str,
    day: date,
    *,
    use: RecordUse | None = None,
    cycle: int | None = None,
) -> Unjudged:
    """What is judged of a row as it is kept."""
    name, body = page.rows[0] if page.rows else (teacher, None)
    last = None if body is None else _LAST.decode(body).position
    # By the rules of the same moment: a view may stand behind them.
    position = max(page.position, last or 0)

    def judge() -> Judged:
        record = records.blank(teacher) if body is None else records.decode(body)
        return judged_of(record, rules, day, position, use, cycle)

    return Unjudged(
        rules=rules,
        teacher=name,
        last=last,
        position=position,
        day=day,
        use=use,
        cycle=cycle,
        judge=judge,
    )


def judged_now(
    reader: Reader,
    rules: Rules,
    records: Records,
    teacher: str,
    day: date,
    *,
    use: RecordUse | None = None,
    cycle: int | None = None,
) -> Judged:
    """A teacher's record and verdict on a day, from the live view, as of where that stands."""
    page = reader.kept_page(records, Where().and_equal(key=teacher), first=1)
    return unjudged(page, rules, records, teacher, day, use=use, cycle=cycle).judged()


class _Last(Struct):
    """Of a record only which event was its last."""

    position: int = 0


_LAST = msgspec.json.Decoder(_Last)
