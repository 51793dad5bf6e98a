"""Minimum: hours that are asked for side by side, and how a teacher's hours stand to them.

In all, of practice, in block form and on given themes. Behind an opening balance of a kind that
fits, hours of the purpose may stand: where they would suffice, that is undecided.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from ledger.amount import ZERO, plain
from ledger.category import Belonging
from ledger.credit import CreditKind
from ledger.record import Line, stands_on
from ledger.register import Category
from ledger.regulation import InForce
from ledger.requirement import Missing, MissingUnit, Part, Requirement, Result, lacking, weighed
from ledger.reserve import BLOCK, OF_A_PURPOSE, reserve, room_for

CATEGORY_ZH = {
    Category.BACKBONE_TEACHER: "骨干教师",
    Category.HOMEROOM_TEACHER: "班主任",
    Category.PRINCIPAL: "校长",
    Category.NEW_TEACHER: "新任教师",
    Category.NEW_PRINCIPAL: "新任校长",
}


class Due(NamedTuple):
    """By when something is asked for, and the day on which that is judged."""

    by: date
    day: date

    def missing(self, amount: Decimal) -> Missing | None:
        """What is said of so many hours that are missing."""
        by = None if self.by == date.max else self.by
        return lacking(plain(amount), MissingUnit.HOURS, by, self.day)


class Hours(NamedTuple):
    """The trainings that fit, and the balances behind which more of them may stand."""

    fit: list[Line]
    behind: list[Line]

    def had(self) -> tuple[Decimal, ...]:
        """The hours in all, of practice, in block form and on the themes."""
        hours = sum((each.hours for each in self.fit), ZERO)
        practice = sum((min(each.practice_hours, each.hours) for each in self.fit), ZERO)
        block = sum((each.hours for each in self.fit if each.kind is CreditKind.INTENSIVE), ZERO)
        return hours, practice, block, hours

    def perhaps(self) -> tuple[list[Line], ...]:
        """The balances that may hold more of each; of one that fits nobody says what of it is
        practice.
        """
        practice = [*reserve(self.fit, OF_A_PURPOSE), *self.behind]
        return self.behind, practice, reserve(self.behind, BLOCK), self.behind


def fitting(lines: Iterable[Line], purposes: tuple[str, ...], beside: Iterable[Line] = ()) -> Hours:
    """The lines of these purposes, or all of them where none are named; ``beside``: more balances.

    A balance has no purpose, so where one is asked for it is behind and not among them.
    """
    standing = [each for each in lines if not each.revoked]
    fit = [each for each in standing if not purposes or each.purpose.value in purposes]
    credits = {each.credit for each in fit}
    others = {each.credit: each for each in (*standing, *beside) if each.credit not in credits}
    return Hours(fit, reserve(others.values(), OF_A_PURPOSE))


def side_by_side(
    category: Category,
    rule: InForce[Any],
    minima: tuple[Decimal | None, ...],
    hours: Hours,
    short: Result,
    spans: list[Belonging],
    due: Due,
) -> Requirement:
    """How hours stand to all that is asked for; ``short``: what is said where they do not do."""
    asked = zip(_PARTS, hours.had(), hours.perhaps(), minima, strict=True)
    parts = [
        _part(words, had, least, short, behind, due)
        for words, had, behind, least in asked
        if least is not None
    ]
    results = {each.result for each in parts}
    undecided = Result.INDETERMINATE in results
    result = short if short in results else Result.INDETERMINATE if undecided else Result.MET
    cited = stands_on([*hours.fit, *(hours.behind if undecided else ())])
    cited["events"] += tuple(each for span in spans for each in span.events)
    positions = {each for span in spans for each in span.positions}
    cited["positions"] = tuple(sorted({*cited["positions"], *positions}))
    since = spans[0].since
    return weighed(
        f"{category.value}_HOURS",
        rule,
        result,
        needed=" / ".join(each.needed for each in parts),
        had=" / ".join(each.had for each in parts),
        zh=f"{CATEGORY_ZH[category]}（自 {since} 起）："
        + "，".join(each.zh for each in parts)
        + "。",
        en=f"{category.value} since {since}: " + ", ".join(each.en for each in parts) + ".",
        parts=tuple(parts),
        # Hours of one part count in the others too, so the longest way is the whole.
        missing=max(
            (each.missing for each in parts if each.missing),
            key=lambda each: each.amount,
            default=None,
        ),
        **cited,
    )


def _part(
    words: tuple[str, str, str],
    had: Decimal,
    least: Decimal,
    short: Result,
    behind: list[Line],
    due: Due,
) -> Part:
    code, zh, en = words
    perhaps = had < least and room_for(behind, least - had)
    lack = Result.INDETERMINATE if perhaps else short
    note_zh, note_en = ("（期初余额中是否有，不得而知）", " (a balance may hold them)")
    return Part(
        code=code,
        result=Result.MET if had >= least else lack,
        needed=str(least),
        had=str(plain(had)),
        zh=f"{zh} {plain(had)}/{least} 学时" + (note_zh if perhaps else ""),
        en=f"{plain(had)} of {least} hours {en}" + (note_en if perhaps else ""),
        missing=due.missing(least - had),
    )


_PARTS = (
    ("IN_ALL", "合计", "in all"),
    ("PRACTICE", "实践", "of practice"),
    ("INTENSIVE", "集中", "in block form"),
    ("THEMATIC", "专题", "on its themes"),
)
