"""Trials: a draft over all teachers of a jurisdiction, counted by place and by school."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ledger.fault import Fault
from ledger.names import Name
from ledger.record import Record
from ledger.regulation import Rulebook
from ledger.trial import Flip, Tally, flip
from projections.catalogue import RECORDS
from projections.reader import PAGE_MAX, Reader, Where
from projections.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The tally of one place or one school."""

    of: Name
    tally: Tally


@dataclass(kw_only=True)
class Trial:
    """What a draft would change on a day, by what is known at a position."""

    document: str
    sha256: str
    day: date
    position: int
    total: Tally = field(default_factory=Tally)
    places: list[Counted] = field(default_factory=list)
    schools: list[Counted] = field(default_factory=list)
    flips: list[Flip] = field(default_factory=list)


def over(
    trial: Trial,
    rows: Reader | Snapshot,
    where: Iterable[Where],
    rules: Rulebook,
    tried: Rulebook,
    most: int | None = None,
) -> Trial:
    """Judges every teacher twice and fills the trial. Raises ``Fault`` (``TOO_WIDE``)."""
    places: dict[Name, Tally] = {}
    schools: dict[Name, Tally] = {}
    for record in _records(rows, where):
        turned = flip(record, rules, tried, trial.day)
        trial.total.add(turned)
        then = record.at(trial.day)
        for held, of in ((places, then.place), (schools, then.school)):
            if of is not None:
                held.setdefault(of, Tally()).add(turned)
        if turned is not None:
            trial.flips.append(turned)
        if most is not None and trial.total.teachers > most:
            raise Fault(
                "TOO_WIDE",
                zh=f"一次最多试算 {most} 位教师，请按县（市、区）或学校分别试算，"
                "或用命令行 xuefen regulations try",
                en=f"at most {most} teachers at once; try it by county or school, or from the "
                "command line: xuefen regulations try",
                field="place",
            )
    trial.places = [Counted(of=of, tally=places[of]) for of in sorted(places)]
    trial.schools = [Counted(of=of, tally=schools[of]) for of in sorted(schools)]
    return trial


def _records(rows: Reader | Snapshot, where: Iterable[Where]) -> Iterator[Record]:
    for each in where:
        after: str | None = None
        while True:
            page: Any = rows.page(RECORDS, each, first=PAGE_MAX, after=after)
            yield from (record for _, record in page.rows if record.entered is not None)
            if not page.more:
                break
            after = page.rows[-1][0]
