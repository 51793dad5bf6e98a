"""Leaves: how scalars and enumerations leave, in the common case without a call.

An expression reads the value from a name and is as fast as it is for values of the plain class;
for all others it calls a function that asks the reference's own coercion.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, GraphQLLeafType, Undefined
from strawberry.execution.is_awaitable import optimized_is_awaitable

INT_MAX = 2**31 - 1

# By the scalar's name, the classes whose values leave as they are.
PLAIN: dict[str, type] = {"String": str, "ID": str, "Text": str, "Position": int, "Boolean": bool}
# And those whose values leave by one method.
WRITTEN: dict[str, tuple[type, Callable[[Any], str]]] = {
    "Decimal": (Decimal, str),
    "Date": (date, date.isoformat),
    "DateTime": (datetime, datetime.isoformat),
}


class Unusual(Exception):
    """Something that only the reference executor may complete."""


def expression(kind: GraphQLLeafType, bind: Callable[[object], str], name: str, value: str) -> str:
    """An expression that reads ``value`` once into ``name`` and completes it.

    ``bind`` gives a name to an object that the expression needs. It is ``None`` for ``None``.
    """
    slow = bind(slowly(kind))
    read = f"({name} := {value})"
    if isinstance(kind, GraphQLEnumType):
        return _enumeration(kind, bind, name, read, slow)
    if kind.name in PLAIN and plainly(kind, PLAIN[kind.name]):
        held = bind(PLAIN[kind.name])
        if PLAIN[kind.name] is str:
            slow = bind(_string(slowly(kind)))
        return f"({name} if {read}.__class__ is {held} or {name} is None else {slow}({name}))"
    if kind.name == "Int":
        held = bind(int)
        return (
            f"({name} if {read}.__class__ is {held} and -{INT_MAX} <= {name} <= {INT_MAX} "
            f"else {slow}({name}))"
        )
    if kind.name in WRITTEN and kind.coerce_output_value is WRITTEN[kind.name][1]:
        held, write = map(bind, WRITTEN[kind.name])
        return f"({write}({name}) if {read}.__class__ is {held} else {slow}({name}))"
    return f"{slow}({value})"


def plainly(kind: GraphQLLeafType, held: type) -> bool:
    """Whether the scalar's own coercion gives values of the plain class back as they are."""
    samples: dict[type, tuple[object, ...]] = {
        str: ("", "学"),
        int: (0, 2**53 - 1),
        bool: (True, False),
    }
    return all(kind.coerce_output_value(each) is each for each in samples[held])


def _enumeration(
    kind: GraphQLEnumType, bind: Callable[[object], str], name: str, read: str, slow: str
) -> str:
    wrapped = getattr(kind, "wrapped_cls", None)
    if not isinstance(wrapped, type) or not issubclass(wrapped, Enum):
        return f"{slow}({read})"
    held, names = bind(wrapped), {each._name_: kind.coerce_output_value(each) for each in wrapped}
    return f"({bind(names)}[{name}._name_] if {read}.__class__ is {held} else {slow}({name}))"


def _string(slow: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def complete(value: Any) -> Any:
        # A name is a string of a class of its own, which encoders would have to ask about.
        if isinstance(value, str) and value.__class__.__str__ is str.__str__:
            return str(value)
        return None if value is None else slow(value)

    return complete


def slowly(kind: GraphQLLeafType) -> Callable[[Any], Any]:
    """A function that completes any value as the reference does, or raises ``Unusual``."""
    coerce = kind.coerce_output_value

    def complete(value: Any) -> Any:
        if value is None:
            return None
        if value is Undefined or isinstance(value, Exception):
            raise Unusual
        if optimized_is_awaitable(value):
            drop(value)
            raise Unusual
        try:
            coerced = coerce(value)
        except GraphQLError:
            raise Unusual from None
        if coerced is None or coerced is Undefined:
            raise Unusual
        return coerced

    return complete


def drop(value: Any) -> None:
    """Closes a coroutine that nobody will await; the reference will make another."""
    close = getattr(value, "close", None)
    if optimized_is_awaitable(value) and callable(close):
        close()
