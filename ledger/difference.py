"""Difference: what changed in a teacher's record from one moment to another, and what did it.

The way from the one to the other is walked cause by cause: first the day moves, then every event
that only one of the moments knows comes or goes, in the order of the ledger. What each of them
changes on this way adds up to the whole, to the half credit; what changed nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum

from msgspec import Struct, structs

from ledger.amount import ZERO, plain
from ledger.event import Entry
from ledger.names import CreditId, TeacherId
from ledger.record import Line, Record
from ledger.regulation import Rulebook
from ledger.requirement import Requirement, Result
from ledger.verdict import Verdict, judge


class Cause(Enum):
    """What made a difference."""

    DAY = "DAY"
    EVENT = "EVENT"
    RULE = "RULE"


class LineChange(Struct, kw_only=True, frozen=True):
    """What one credit was worth before and after; nothing where it was not there."""

    credit: CreditId
    title: str
    before: Decimal | None
    after: Decimal | None


class Turn(Struct, kw_only=True, frozen=True):
    """How one requirement stood before and after; nothing where nothing asked for it."""

    code: str
    rule: str | None
    year: int | None
    before: Result | None
    after: Result | None
    had_before: str | None
    had_after: str | None


class Effect(Struct, kw_only=True, frozen=True):
    """What one cause changed. ``gone``: the later moment does not know the event any more.

    ``counted`` is what counts for the cycle, ``credits`` the sum of the cycle before the cap.
    """

    cause: Cause
    counted: Decimal
    credits: Decimal
    lines: tuple[LineChange, ...]
    turns: tuple[Turn, ...]
    on: date
    zh: str
    en: str
    position: int | None = None
    event: str | None = None
    type: str | None = None
    gone: bool = False


class Difference(Struct, kw_only=True, frozen=True):
    """Both verdicts with their days, what lies between, and the effects that add up to it."""

    day_before: date
    day_after: date
    before: Verdict | None
    after: Verdict | None
    counted: Decimal
    credits: Decimal
    effects: tuple[Effect, ...]


@dataclass(frozen=True, kw_only=True)
class Known:
    """What was known at a position of a teacher and the rules, and the day that is judged."""

    position: int
    entries: tuple[Entry, ...]
    regulations: tuple[Entry, ...]
    day: date


@dataclass
class _Stand:
    """The record and verdict at one step of the way."""

    verdict: Verdict | None
    lines: dict[str, Line] = field(default_factory=dict)

    @property
    def counted(self) -> Decimal:
        return self.verdict.counted if self.verdict else ZERO

    @property
    def credits(self) -> Decimal:
        return plain(sum((each.credits for each in self.lines.values()), ZERO))


def difference(teacher: TeacherId, before: Known, after: Known) -> Difference:
    """What changed from one moment of a teacher to another, with its causes."""
    if len(before.regulations) > len(after.regulations):
        return _turned(difference(teacher, after, before), after.day)
    way = list(_way(teacher, before, after))
    first, last = way[0][0], way[-1][0]
    effects = [effect for _, effect in way if effect is not None]
    return Difference(
        day_before=before.day,
        day_after=after.day,
        before=first.verdict,
        after=last.verdict,
        counted=plain(last.counted - first.counted),
        credits=plain(last.credits - first.credits),
        effects=tuple(effects),
    )


def _way(teacher: TeacherId, before: Known, after: Known) -> Iterator[tuple[_Stand, Effect | None]]:
    rules = Rulebook(each.event for each in before.regulations)
    held = {each.position: each for each in before.entries}
    stand = _stand(teacher, held.values(), rules, before.day)
    yield stand, None
    if before.day != after.day:
        moved = _stand(teacher, held.values(), rules, after.day)
        yield moved, _effect(Cause.DAY, stand, moved, on=after.day)
        stand = moved
    later = {each.position: each for each in after.entries}
    adopted = {each.position for each in after.regulations[len(before.regulations) :]}
    steps = [
        *after.regulations[len(before.regulations) :],
        *(held[position] for position in held.keys() - later.keys()),
        *(later[position] for position in later.keys() - held.keys()),
    ]
    for entry in sorted(steps, key=lambda each: each.position):
        gone = entry.position in held
        if entry.position in adopted:
            rules.learn(entry.event)
        elif gone:
            del held[entry.position]
        else:
            held[entry.position] = entry
        moved = _stand(teacher, held.values(), rules, after.day)
        cause = Cause.RULE if entry.position in adopted else Cause.EVENT
        yield moved, _effect(cause, stand, moved, entry=entry, on=entry.on, gone=gone)
        stand = moved


def _stand(teacher: TeacherId, entries: Iterable[Entry], rules: Rulebook, day: date) -> _Stand:
    record = Record(teacher=teacher)
    for entry in sorted(entries, key=lambda each: each.position):
        record.learn(entry)
    verdict = judge(record, rules, day)
    if verdict is None:
        return _Stand(None)
    return _Stand(
        verdict,
        {
            each.credit: each
            for each in record.lines
            if verdict.cycle_start <= each.completed < verdict.cycle_end and each.completed <= day
        },
    )


def _effect(
    cause: Cause,
    before: _Stand,
    after: _Stand,
    *,
    on: date,
    entry: Entry | None = None,
    gone: bool = False,
) -> Effect | None:
    counted = plain(after.counted - before.counted)
    lines, turned = tuple(_lines(before, after)), turns(before.verdict, after.verdict)
    if not (counted or lines or turned):
        return None
    zh, en = _said(cause, counted, on, gone)
    return Effect(
        cause=cause,
        counted=counted,
        credits=plain(after.credits - before.credits),
        lines=lines,
        turns=turned,
        zh=zh,
        en=en,
        on=on,
        gone=gone,
        position=entry.position if entry else None,
        event=entry.id if entry else None,
        type=entry.event.NAME if entry else None,
    )


def _lines(before: _Stand, after: _Stand) -> Iterator[LineChange]:
    for credit in sorted({*before.lines, *after.lines}):
        old, new = before.lines.get(credit), after.lines.get(credit)
        was, now = plain(old.credits) if old else None, plain(new.credits) if new else None
        if was != now:
            one = new or old
            assert one is not None
            yield LineChange(credit=CreditId(credit), title=one.title, before=was, after=now)


def turns(before: Verdict | None, after: Verdict | None) -> tuple[Turn, ...]:
    """The requirements that stand otherwise in one verdict than in the other."""
    olds, news = _asked(before), _asked(after)
    pairs = ((key, olds.get(key), news.get(key)) for key in {**olds, **news})
    return tuple(
        Turn(
            code=code,
            rule=rule,
            year=year,
            before=old.result if old else None,
            after=new.result if new else None,
            had_before=old.had if old else None,
            had_after=new.had if new else None,
        )
        for (code, rule, year), old, new in pairs
        if (old and (old.result, old.had)) != (new and (new.result, new.had))
    )


def _asked(verdict: Verdict | None) -> dict[tuple[str, str | None, int | None], Requirement]:
    told = verdict.requirements if verdict else ()
    return {(each.code, each.rule, each.year): each for each in told}


def in_words(counted: Decimal) -> tuple[str, str]:
    """How much more counts; where nothing does, that something else changed."""
    if not counted:
        return "有效学分不变，明细或要求有变化", "as much counts, credits or norms differ"
    return f"有效学分 {counted:+f}", f"{counted:+f} count"


def _said(cause: Cause, counted: Decimal, on: date, gone: bool) -> tuple[str, str]:
    zh, en = in_words(counted)
    if cause is Cause.EVENT and gone:
        return f"{on} 的事件尚不计入：{zh}", f"the event of {on} is not in yet: {en}"
    what = {
        Cause.DAY: (f"评价日移到 {on}", f"judged on {on}"),
        Cause.RULE: (f"{on} 的规则变化", f"a change of the rules of {on}"),
        Cause.EVENT: (f"{on} 的事件", f"an event of {on}"),
    }[cause]
    return f"{what[0]}：{zh}", f"{what[1]}: {en}"


def _turned(forth: Difference, day: date) -> Difference:
    """The same difference looked at from the other end."""
    return Difference(
        day_before=forth.day_after,
        day_after=forth.day_before,
        before=forth.after,
        after=forth.before,
        counted=-forth.counted,
        credits=-forth.credits,
        effects=tuple(_back(each, day) for each in reversed(forth.effects)),
    )


def _back(effect: Effect, day: date) -> Effect:
    moved = effect.cause is Cause.DAY
    on, gone = (day if moved else effect.on), not (moved or effect.gone)
    zh, en = _said(effect.cause, -effect.counted, on, gone)
    return structs.replace(
        effect,
        on=on,
        counted=-effect.counted,
        credits=-effect.credits,
        gone=gone,
        zh=zh,
        en=en,
        lines=tuple(
            structs.replace(each, before=each.after, after=each.before) for each in effect.lines
        ),
        turns=tuple(
            structs.replace(
                each,
                before=each.after,
                after=each.before,
                had_before=each.had_after,
                had_after=each.had_before,
            )
            for each in effect.turns
        ),
    )
