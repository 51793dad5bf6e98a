"""Attribution: the smallest set of what the ledger knows that adds up to a difference exactly.

Sets are tried by size, and rounding by the sheet counts as one. Where sets of one size give other
amounts to other causes, nobody can tell which it was: it is said so, and stays unattributed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from msgspec import Struct, structs

from ledger.amount import HALF, ZERO, plain
from ledger.cause import Cause, Portion, merged, portion, unknown_portion

# How many sets are tried before a difference is left unexplained.
SETS_MAX = 6_000
_ONE = Decimal(1)
_WAYS = (
    (ROUND_HALF_UP, "四舍五入到", "rounded to the nearest"),
    (ROUND_FLOOR, "向下取到", "rounded down to a"),
    (ROUND_CEILING, "向上取到", "rounded up to a"),
)
_UNITS = ((HALF, "半学分", "half credit"), (_ONE, "整学分", "whole credit"))


class Attribution(Struct, kw_only=True, frozen=True):
    """The causes of a difference; ``alternatives``: the sets of causes that explain it equally."""

    portions: tuple[Portion, ...] = ()
    unattributed: Decimal = ZERO
    alternatives: tuple[tuple[Cause, ...], ...] = ()
    size: int = 0


Chosen = frozenset[int]
# Each of these is a slip of its own, not one thing that was not heard of.
_ALONE = (Cause.ROUNDING, Cause.OTHER_CYCLE, Cause.OTHER_KIND)


class Sets:
    """The sets of some portions by size, made as far as they are asked for.

    Portions of one cause also come as one: whoever did not hear of a cap heard of no part of it.
    """

    def __init__(self, portions: Sequence[Portion]) -> None:
        self.portions = sorted(
            (each for each in portions if each.amount),
            key=lambda each: (each.about, each.cause.value, each.amount, each.events),
        )
        self._items = [frozenset((number,)) for number in range(len(self.portions))]
        groups: dict[Cause, set[int]] = {}
        for number, each in enumerate(self.portions):
            if each.cause in _ALONE:
                continue
            groups.setdefault(each.cause, set()).add(number)
        for group in groups.values():
            if len(group) > 1 and self._agree(frozenset(group)):
                self._items.append(frozenset(group))
        self._levels: list[list[tuple[int, Decimal, Chosen]]] = [[(-1, ZERO, frozenset())]]
        self._by_sum: list[dict[Decimal, set[Chosen]]] = [{ZERO: {frozenset()}}]
        self._left = SETS_MAX

    def level(self, size: int) -> dict[Decimal, set[Chosen]] | None:
        """The sets of a size by their sum; ``None`` where there are none, or too many."""
        while len(self._levels) <= size:
            if not self._levels[-1]:
                return None
            found = list(self._larger(self._levels[-1]))
            if self._left < 0:
                found = []
            by_sum: dict[Decimal, set[Chosen]] = {}
            for _, amount, chosen in found:
                by_sum.setdefault(amount, set()).add(chosen)
            self._levels.append(found)
            self._by_sum.append(by_sum)
        return self._by_sum[size] or None

    def _larger(
        self, level: list[tuple[int, Decimal, Chosen]]
    ) -> Iterator[tuple[int, Decimal, Chosen]]:
        for last, amount, chosen in level:
            for number in range(last + 1, len(self._items)):
                item = self._items[number]
                if item & chosen or not self._agree(item | chosen):
                    continue
                self._left -= 1
                if self._left < 0:
                    return
                more = sum((self.portions[each].amount for each in item), ZERO)
                yield number, amount + more, item | chosen

    def _agree(self, chosen: Chosen) -> bool:
        """Whether none of them is about something that another of them takes away altogether."""
        gone: set[str] = set()
        touched: set[str] = set()
        for number in chosen:
            each = self.portions[number]
            if each.whole and not (gone | touched).isdisjoint(each.about):
                return False
            if not gone.isdisjoint(each.about):
                return False
            touched.update(each.about)
            gone.update(each.about if each.whole else ())
        return True


def attribute(difference: Decimal, sets: Sets, sheet: Decimal | None = None) -> Attribution:
    """What explains a difference; ``sheet``: the amount in the sheet, where it may be rounded."""
    if not difference:
        return Attribution()
    size = 0
    before = sets.level(0)
    while before is not None:
        size += 1
        level = sets.level(size)
        found = [
            [sets.portions[number] for number in sorted(chosen)]
            for chosen in (level or {}).get(difference, ())
        ]
        if sheet is not None:
            found += _rounded(difference, sets, before, sheet)
        if found:
            return _settled(difference, found, size)
        before = level
    return unexplained(difference)


def unexplained(difference: Decimal, events: Sequence[str] = ()) -> Attribution:
    """That nothing explains a difference."""
    zh = f"台账中没有事件能说明这 {plain(abs(difference))} 的差异。"
    en = f"Nothing in the ledger explains this difference of {plain(abs(difference))}."
    return Attribution(
        portions=(unknown_portion(difference, zh, en, events),), unattributed=plain(difference)
    )


def _rounded(
    difference: Decimal, sets: Sets, level: dict[Decimal, set[Chosen]], sheet: Decimal
) -> Iterator[list[Portion]]:
    """The sets that leave what the sheet has rounded."""
    for amount, chosen in level.items():
        exact = sheet + difference - amount
        if not ZERO < abs(exact - sheet) < _ONE:
            continue
        said = rounding(exact, sheet)
        if said is not None:
            for each in chosen:
                others = [sets.portions[number] for number in sorted(each)]
                if all(other.cause is not Cause.ROUNDING for other in others):
                    yield [*others, said]


def rounding(exact: Decimal, sheet: Decimal) -> Portion | None:
    """That a sheet rounded an amount, and how; ``None`` where no rounding makes the one of it."""
    for unit, unit_zh, unit_en in _UNITS:
        if not exact % unit:
            continue
        for way, way_zh, way_en in _WAYS:
            if (exact / unit).to_integral_value(rounding=way) * unit == sheet:
                return portion(
                    Cause.ROUNDING,
                    exact - sheet,
                    f"名册把 {plain(exact)} {way_zh}{unit_zh}，写成 {plain(sheet)}。",
                    f"The sheet {way_en} {unit_en}: {plain(sheet)} for {plain(exact)}.",
                )
    return None


def rounded_each(amounts: Sequence[Decimal]) -> Iterator[Portion]:
    """That a sheet rounded every credit before it added them up."""
    exact = sum(amounts, ZERO)
    seen: set[Decimal] = set()
    for unit, unit_zh, unit_en in _UNITS:
        for way, way_zh, way_en in _WAYS:
            parts = ((each / unit).to_integral_value(rounding=way) * unit for each in amounts)
            made = sum(parts, ZERO)
            if made == exact or made in seen or abs(exact - made) < _ONE:
                continue
            seen.add(made)
            yield portion(
                Cause.ROUNDING,
                exact - made,
                f"名册先把每一笔{way_zh}{unit_zh}再相加，得 {plain(made)}，应为 {plain(exact)}。",
                f"In the sheet every credit is {way_en} {unit_en} before they are added up: "
                f"{plain(made)} for {plain(exact)}.",
            )


def _settled(difference: Decimal, found: list[list[Portion]], size: int) -> Attribution:
    signatures = sorted({_signature(each) for each in found})
    if len(signatures) > 1:
        causes = sorted({tuple(Cause(name) for name, _ in each) for each in signatures}, key=str)
        told = [" + ".join(each.value for each in one) for one in causes]
        zh = f"有 {len(signatures)} 种解释同样成立，无法断定：{'；'.join(told)}。"
        en = f"{len(signatures)} explanations hold equally: {'; '.join(told)}."
        events = sorted({e for each in found for one in each for e in one.events})
        return Attribution(
            portions=(unknown_portion(difference, zh, en, events),),
            unattributed=plain(difference),
            alternatives=tuple(causes),
        )
    found = sorted(found, key=lambda each: [(one.about, one.events) for one in each])
    return Attribution(portions=merged(_either(found)), size=size)


def _signature(chosen: list[Portion]) -> tuple[tuple[str, Decimal], ...]:
    sums: dict[str, Decimal] = {}
    for each in chosen:
        sums[each.cause.value] = sums.get(each.cause.value, ZERO) + each.amount
    return tuple(sorted(sums.items()))


def _either(found: list[list[Portion]]) -> list[Portion]:
    """The first of several sets of the same causes, with the events of the others beside it."""
    first = found[0]
    if len(found) == 1:
        return first
    others: dict[Cause, list[Portion]] = {}
    for one in found[1:]:
        for each in one:
            others.setdefault(each.cause, []).append(each)
    return [_or(each, others.get(each.cause, [])) for each in first]


def _or(one: Portion, others: list[Portion]) -> Portion:
    further = [each for each in others if each.events != one.events]
    if not further:
        return one
    events = (*one.events, *(e for each in further for e in each.events))
    about = (*one.about, *(a for each in further for a in each.about))
    return structs.replace(
        one,
        zh=one.zh + "金额相同的事件不止一个，都列在这里。",
        en=one.en + " Other events of the same amount would explain it too; all are listed.",
        events=tuple(dict.fromkeys(events)),
        about=tuple(dict.fromkeys(about)),
    )
