"""Kind: what rules of one sort can say, which of two asks for less, and what none can mean.

A kind is one class beside the noun that it governs. Its class statement tells, as data, how its
parameters bind; the numbers themselves stand in the documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple, Self, dataclass_transform

from msgspec import Struct, structs

from ledger.day import FIRST_DAY, LAST_DAY
from ledger.event import FrozenMeta

PARAMETER_MAX = 1_000_000_000
YEARS_MAX = 100


class OutOfRange(NamedTuple):
    """A parameter that no rule can mean, and what is wrong with it, in both languages."""

    name: str
    zh: str
    en: str


@dataclass_transform(frozen_default=True, kw_only_default=True)
class KindMeta(FrozenMeta):
    """Registers a kind of rule under its name."""

    def __new__(
        mcs,
        class_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        kind: str = "",
        zh: str = "",
        many: bool = False,
        scope: tuple[str, ...] | None = None,
        more: tuple[str, ...] = (),
        less: tuple[str, ...] = (),
        apart: tuple[str, ...] = (),
        positive: tuple[str, ...] = (),
        years: tuple[str, ...] = (),
        provincial: bool = False,
        words: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        cls = super().__new__(mcs, class_name, bases, namespace, **options)
        told = {*more, *less, *apart, *positive, *years, *(words or {})}
        strangers = told - {*cls.__struct_fields__}
        if strangers:
            raise TypeError(f"{class_name} has no {', '.join(sorted(strangers))}")
        cls.KIND, cls.ZH, cls.MANY, cls.SCOPE = kind, zh, many, scope
        cls.MORE, cls.LESS, cls.APART = more, less, apart
        cls.POSITIVE, cls.YEARS, cls.PROVINCIAL = positive, years, provincial
        cls.WORDS = {name: _values(known) for name, known in (words or {}).items()}
        if kind:
            if kind in KINDS:
                raise TypeError(f"two kinds of rule are called {kind}")
            KINDS[kind] = cls
        return cls


class Parameters(Struct, metaclass=KindMeta, forbid_unknown_fields=True):
    """The parameters of one kind of rule. Subclasses give ``kind="name-of-the-kind"``.

    The docstring and ``zh`` tell a jurist what the system does with a rule of the kind. ``many``:
    several rules of the kind answer side by side. ``scope``: the keys by which the kind is looked
    for, so that a rule with another key would never apply; ``None`` leaves them open.

    ``more``: the parameters of which more is laxer, a maximum or the sorts that are exempt;
    ``less``: those of which less is laxer, a minimum or the conditions that are asked. One that is
    not given binds nothing. ``apart``: those that the kind's own ``laxer`` weighs. Any other
    parameter says what the rule is about: another value sets the rule above aside.

    ``positive``: numbers that are more than nothing; ``years``: such as count years, of which there
    are not very many. ``words``: what the lists and texts may hold, an enum or a tuple.
    ``provincial``: the kind is looked for at the province only.
    """

    KIND: ClassVar[str]
    ZH: ClassVar[str]
    MANY: ClassVar[bool]
    SCOPE: ClassVar[tuple[str, ...] | None]
    MORE: ClassVar[tuple[str, ...]]
    LESS: ClassVar[tuple[str, ...]]
    APART: ClassVar[tuple[str, ...]]
    POSITIVE: ClassVar[tuple[str, ...]]
    YEARS: ClassVar[tuple[str, ...]]
    PROVINCIAL: ClassVar[bool]
    WORDS: ClassVar[dict[str, tuple[Any, ...]]]

    def wrong(self) -> OutOfRange | None:
        """The first parameter that no rule can mean; ``None`` where all is well.

        Shares lie between 0 and 1, other numbers are not negative and not absurd, lists that are
        given are not empty, days lie in the calendar that the ledger takes, and a last day does not
        lie before the first one.
        """
        return next(self._wrong(), None) or self.unfit()

    def unfit(self) -> OutOfRange | None:
        """What only this kind can tell; subclasses say it where the class statement cannot."""
        return None

    def compares(self, than: Self) -> bool:
        """Whether both ask for the same thing, so that one can ask for less of it."""
        return True

    def laxer(self, than: Self) -> bool:
        """Whether this asks for less than ``than`` does, a rule of the same kind above it."""
        return any(
            _laxer(getattr(self, name), getattr(than, name), more=name in self.MORE)
            if name in self.MORE or name in self.LESS
            else getattr(self, name) != getattr(than, name)
            for name in self.__struct_fields__
            if name not in self.APART
        )

    def _wrong(self) -> Iterator[OutOfRange]:
        for field in structs.fields(type(self)):
            name, value = field.name, getattr(self, field.name)
            if value != field.default:
                yield from _range(name, value)
            if name in self.POSITIVE and value is not None and not value > 0:
                yield OutOfRange(name, f"{value} 须大于 0", f"{value} must be more than 0")
            if name in self.YEARS and value is not None and value > YEARS_MAX:
                zh, en = f"{value} 年过长，至多 {YEARS_MAX} 年", f"is more than {YEARS_MAX} years"
                yield OutOfRange(name, zh, en)
            odd = [each for each in _list(value) if each not in self.WORDS.get(name, (each,))]
            if odd:
                known = ", ".join(map(str, self.WORDS[name]))
                shown = ", ".join(map(str, odd))
                zh, en = f"不认识 {shown}，可用：{known}", f"{shown} is none of {known}"
                yield OutOfRange(name, zh, en)
        first, last = (getattr(self, name, None) for name in ("first", "last"))
        if isinstance(first, date) and isinstance(last, date) and last < first:
            yield OutOfRange("last", f"{last} 早于 first {first}", f"{last} lies before {first}")


KINDS: dict[str, type[Parameters]] = {}


def _range(name: str, value: object) -> Iterator[OutOfRange]:
    if isinstance(value, Fraction):
        if not 0 <= value <= 1:
            yield OutOfRange(name, f"{value} 不在 0 与 1 之间", f"{value} lies outside 0 to 1")
    elif isinstance(value, int | Decimal):
        number = Decimal(value)
        if not number.is_finite() or number < 0:
            yield OutOfRange(name, f"{value} 不得为负", f"{value} must not be negative")
        elif number > PARAMETER_MAX:
            yield OutOfRange(name, f"超过 {PARAMETER_MAX}", f"is more than {PARAMETER_MAX}")
    elif isinstance(value, date):
        if not FIRST_DAY <= value <= LAST_DAY:
            bounds = f"{FIRST_DAY}..{LAST_DAY}"
            yield OutOfRange(name, f"{value} 不在 {bounds} 之内", f"{value} lies outside {bounds}")
    elif value == ():
        yield OutOfRange(name, "不得为空", "must not be empty")


def _laxer(mine: Any, theirs: Any, *, more: bool) -> bool:
    if theirs is None or mine is None:
        return theirs is not None
    if isinstance(mine, tuple):
        return bool(set(mine) - set(theirs) if more else set(theirs) - set(mine))
    return bool(mine > theirs if more else mine < theirs)


def _values(known: Any) -> tuple[Any, ...]:
    return tuple(each.value if isinstance(each, Enum) else each for each in known)


def _list(value: object) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


def revive(kind: type, value: Any) -> Any:
    """A number of a parameter as it is written. Raises ``ValueError``."""
    # What is raised here is told with the name of the parameter.
    read, what = {Fraction: (Fraction, "share such as 1/5"), Decimal: (Decimal, "number")}[kind]
    try:
        if isinstance(value, str | int) and not isinstance(value, bool):
            return read(value)
    except ZeroDivisionError:
        raise ValueError(f"{value} divides by zero") from None
    except (ValueError, ArithmeticError):
        pass
    raise ValueError(f"{value!r} is no {what}")
