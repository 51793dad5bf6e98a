"""Difference: what changed in a teacher's record from one moment to another, and what did it.

What each cause on the way from the one to the other changes (``way``) adds up to the whole, to the
half credit; what changed nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial

from msgspec import Struct, structs

from ledger.amount import ZERO, plain
from ledger.event import Entry
from ledger.names import CreditId, TeacherId
from ledger.record import Line, Record
from ledger.regulation import Rulebook
from ledger.requirement import Requirement, Result
from ledger.verdict import Verdict, judge
from ledger.way import Known, Step, StepKind, said, walk

__all__ = ["Difference", "Effect", "Known", "LineChange", "Turn", "difference", "turns"]


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

    cause: StepKind
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
    effects: list[Effect] = []
    first = last = None
    for stand, step in walk(before, after, partial(_stand, teacher)):
        if first is None or last is None or step is None:
            first = stand
        elif (effect := _effect(last, stand, step)) is not None:
            effects.append(effect)
        last = stand
    assert first is not None and last is not None
    return Difference(
        day_before=before.day,
        day_after=after.day,
        before=first.verdict,
        after=last.verdict,
        counted=plain(last.counted - first.counted),
        credits=plain(last.credits - first.credits),
        effects=tuple(effects),
    )


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


def _effect(before: _Stand, after: _Stand, step: Step) -> Effect | None:
    counted = plain(after.counted - before.counted)
    lines, turned = tuple(_lines(before, after)), turns(before.verdict, after.verdict)
    if not (counted or lines or turned):
        return None
    zh, en = said(step, *in_words(counted))
    return Effect(
        counted=counted,
        credits=plain(after.credits - before.credits),
        lines=lines,
        turns=turned,
        zh=zh,
        en=en,
        **step.named,
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
    moved = effect.cause is StepKind.DAY
    on, gone = (day if moved else effect.on), not (moved or effect.gone)
    back = Step(cause=effect.cause, on=on, gone=gone)
    zh, en = said(back, f"有效学分 {-effect.counted:+f}", f"{-effect.counted:+f} count")
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
