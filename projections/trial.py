"""Trials: a draft over all teachers of a jurisdiction, counted by place and by school."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ledger.fault import Fault
from ledger.names import Name
from ledger.record import Record
from ledger.regulation import Rulebook
from ledger.store.feed import Feed, Filter
from ledger.teacher import TeacherRegistered, TeacherTransferred
from ledger.trial import Flip, Tally, flip
from projections.catalogue import RECORDS
from projections.reader import PAGE_MAX, Reader, Where
from projections.snapshot import Snapshot

CAME = (TeacherRegistered.NAME, TeacherTransferred.NAME)


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


@dataclass(frozen=True, kw_only=True)
class Whose:
    """Whose records are judged, by where they worked on the day; ``None`` does not restrict.

    ``among``: places or schools, each of which restricts further: a reader's reach, and what is
    asked for.
    """

    among: tuple[tuple[str, ...] | None, ...] = ()

    def holds(self, then: Record) -> bool:
        """Whether a record is meant, with the school and place of the day."""
        own = {str(then.school), str(then.place)}
        return all(each is None or own & {*each} for each in self.among)

    def ever(self, feed: Feed, position: int) -> list[str] | None:
        """Who was ever registered in, or moved to, such a place or school; ``None``: everybody."""
        narrow = min((each for each in self.among if each is not None), key=len, default=None)
        if not narrow:
            return None if narrow is None else []
        wanted = Filter(any_tags=narrow, types=CAME, before=position + 1, scattered=True)
        return sorted({str(getattr(e.event, "teacher", "")) for e in feed.entries(wanted)})


def over(
    trial: Trial,
    rows: Reader | Snapshot,
    whose: Whose,
    rules: Rulebook,
    tried: Rulebook,
    most: int | None = None,
) -> Trial:
    """Judges every teacher twice and fills the trial. Raises ``Fault`` (``TOO_WIDE``)."""
    places: dict[Name, Tally] = {}
    schools: dict[Name, Tally] = {}
    for record in _records(rows, whose.ever(rows.feed, trial.position)):
        then = record.at(trial.day)
        if not whose.holds(then):
            continue
        turned = flip(record, rules, tried, trial.day)
        trial.total.add(turned)
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


def _records(rows: Reader | Snapshot, ever: list[str] | None) -> Iterator[Record]:
    """The records of some teachers or of all, in the order of their names."""
    if ever is not None:
        for first in range(0, len(ever), PAGE_MAX):
            some = rows.many(RECORDS, ever[first : first + PAGE_MAX])
            yield from (some[key] for key in sorted(some) if some[key].entered is not None)
        return
    after: str | None = None
    while True:
        page: Any = rows.page(RECORDS, Where(), first=PAGE_MAX, after=after)
        yield from (record for _, record in page.rows if record.entered is not None)
        if not page.more:
            break
        after = page.rows[-1][0]
