"""Attribution: the smallest set of what the ledger knows that adds up to a difference exactly.

Sets are tried by size, and rounding by the sheet counts as one. Where sets of one size give other
amounts to other causes, nobody can tell which it was: it is said so, and stays unattributed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from msgspec import Struct, structs

from ledger.amount import ZERO, plain
from ledger.cause import Cause, Portion, merged, unknown_portion
from ledger.rounding import ONE, rounding

# How many sets are tried before a difference is left unexplained.
SETS_MAX = 6_000


class Attribution(Struct, kw_only=True, frozen=True):
    """The causes of a difference; ``alternatives``: the sets of causes that explain it equally."""

    portions: tuple[Portion, ...] = ()
    unattributed: Decimal = ZERO
    alternatives: tuple[tuple[Cause, ...], ...] = ()
    size: int = 0


Chosen = frozenset[int]
# Each of these is a slip of its own, not one thing that was not heard of.
# Each of these is the whole of something, not a share of it; some are all the same slip.
_EFFECTS = (
    Cause.ABSENCE_DENIAL,
    Cause.MISCONDUCT,
    Cause.ASSESSMENT_FAILED,
    Cause.REVOCATION,
    Cause.UNRECOGNISED,
    Cause.TRANSFER,
    Cause.CAP,
)
_ANNULLING = (
    Cause.TIMING,
    Cause.ABSENCE_DENIAL,
    Cause.MISCONDUCT,
    Cause.ASSESSMENT_FAILED,
    Cause.REVOCATION,
    Cause.UNRECOGNISED,
    Cause.TRANSFER,
)
_AT_ONCE = (Cause.TRANSFER, Cause.CAP)
_ALONE = (Cause.ROUNDING, Cause.OTHER_CYCLE, Cause.OTHER_KIND)


class Sets:
    """The sets of some portions by size, made as far as they are asked for.

    Portions of one cause also come as one: whoever did not hear of a cap heard of no part of it.
    ``bundles``: portions that come together or not at all.
    """

    def __init__(
        self, portions: Sequence[Portion], bundles: Iterable[Sequence[Portion]] = ()
    ) -> None:
        self.portions = sorted(
            (each for each in portions if each.amount),
            key=lambda each: (each.about, each.cause.value, each.amount, each.events),
        )
        self._bundled: dict[int, int] = {}
        self._items = [frozenset((number,)) for number in range(len(self.portions))]
        groups: dict[Cause, set[int]] = {}
        for number, each in enumerate(self.portions):
            if each.cause in _ALONE:
                continue
            groups.setdefault(each.cause, set()).add(number)
        for group in groups.values():
            if len(group) > 1 and self._agree(frozenset(group)):
                self._items.append(frozenset(group))
        for name, bundle in enumerate(bundles):
            own = range(len(self.portions), len(self.portions) + len(bundle))
            self.portions += bundle
            self._bundled.update(dict.fromkeys(own, name))
            self._items.append(frozenset(own))
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
        together: dict[int, set[str]] = {}
        for number in chosen:
            each = self.portions[number]
            if number in self._bundled:
                together.setdefault(self._bundled[number], set()).update(each.about)
                continue
            if each.whole and not (gone | touched).isdisjoint(each.about):
                return False
            if not gone.isdisjoint(each.about):
                return False
            touched.update(each.about)
            gone.update(each.about if each.whole else ())
        for about in together.values():
            if not (gone | touched).isdisjoint(about):
                return False
            gone |= about
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
    zh = f"账本中没有事件能说明这 {plain(abs(difference))} 的差异。"
    en = f"Nothing in the ledger explains this difference of {plain(abs(difference))}."
    return Attribution(
        portions=(unknown_portion(difference, zh, en, events),), unattributed=plain(difference)
    )


def partly(difference: Decimal, portions: Iterable[Portion]) -> Attribution:
    """The one whole effect that makes most of a difference which nothing explains in full.

    Only where the sheet may hold all of it and no other of the kind might be meant as well. A cap
    that the sheet would have to have applied by itself leaves it just what counts, or was not it.
    """
    effects: dict[object, list[Portion]] = {}
    for number, each in enumerate(portions):
        inside = abs(each.amount) < abs(difference) and each.amount * difference > ZERO
        if each.cause is Cause.CAP and each.amount > ZERO:
            continue
        if inside and each.events and each.cause in _EFFECTS:
            effects.setdefault(each.cause if each.cause in _AT_ONCE else number, []).append(each)
    told = [each for each in effects.values() if abs(_sum(each)) < abs(difference)]
    if all(abs(_sum(each)) * 2 < abs(difference) for each in told):
        return unexplained(difference)
    if len(told) > 1:
        causes = tuple(sorted({(each[0].cause,) for each in told}, key=str))
        return structs.replace(unexplained(difference), alternatives=causes)
    inferred = [
        structs.replace(
            each,
            zh=f"{each.zh}差异的其余部分没有说明，这一部分是推断。",
            en=f"{each.en} The rest of the difference is open; this part of it is inferred.",
            certain=False,
        )
        for each in told[0]
    ]
    rest = unexplained(difference - _sum(inferred))
    return structs.replace(rest, portions=merged([*inferred, *rest.portions]))


def annulled(sheet: Decimal, steps: Sequence[Portion]) -> Attribution | None:
    """What took all of a credit that the sheet has a part of; ``None`` where nothing did.

    ``steps``: those that led to nothing, in order. Whatever the sheet has of it is gone with it, as
    with a training that was denied.
    """
    last = steps[-1] if steps else None
    if last is None or last.cause not in _ANNULLING or not ZERO < sheet < -last.amount:
        return None
    zh = f"{last.zh}名册写作 {plain(sheet)}，也不再计。"
    en = f"{last.en} The {plain(sheet)} of the sheet are gone with it."
    return Attribution(portions=(structs.replace(last, amount=plain(-sheet), zh=zh, en=en),))


def _sum(portions: Iterable[Portion]) -> Decimal:
    return sum((each.amount for each in portions), ZERO)


def _rounded(
    difference: Decimal, sets: Sets, level: dict[Decimal, set[Chosen]], sheet: Decimal
) -> Iterator[list[Portion]]:
    """The sets that leave what the sheet has rounded."""
    for amount, chosen in level.items():
        exact = sheet + difference - amount
        if not ZERO < abs(exact - sheet) < ONE:
            continue
        said = rounding(exact, sheet)
        if said is not None:
            for each in chosen:
                others = [sets.portions[number] for number in sorted(each)]
                if all(other.cause is not Cause.ROUNDING for other in others):
                    yield [*others, said]


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
