"""Events as types: the interface ``Event``, and one object type for each type of the catalogue.

Nothing is written here of any one event. A class statement in ``ledger`` gives the name of the
type, its fields and, in its docstring, what it says; the Chinese stands in ``words/event*.toml``.
An event that was written in an older version is shown as it reads today, after its upcasts.
"""

from __future__ import annotations

import inspect
from datetime import date
from functools import cache
from typing import Any, get_type_hints

import strawberry
from graphql import GraphQLAbstractType

from ledger.assessment import Result
from ledger.event import CATALOGUE, Event
from ledger.register import Level
from schema.outputs import PARENT, output, placed
from schema.scalars import Position, annotation, enum_type

# Their own names are those of other types already.
output(Result, name="AssessmentResult")
enum_type(Level, name="JurisdictionLevel")
# Elsewhere such a field is a number of people; here it is a place in the ledger.
PLACES = {("SampleDrawn", "population"): Position}


def _name(root: PARENT) -> str:
    return str(root.NAME)


def _version(root: PARENT) -> int:
    return int(root.VERSION)


def _effective_on(root: PARENT) -> date | None:
    day: date | None = root.effective_on
    return day


@strawberry.interface(
    name="Event",
    description="What happened, by its type: ask for its fields by `... on AttendanceRecorded`. "
    "Who, when and why stand in the entry. 事件内容，按事件类型各有字段；何人、何时、何故见条目。",
)
class EventType:
    """What happened; each type of event has fields of its own."""

    type: str = strawberry.field(
        resolver=_name, description="The stored name, as `attendance.recorded`. 事件类型名。"
    )
    version: int = strawberry.field(
        resolver=_version,
        description="The present version of the type; older bodies are brought up to it. "
        "事件类型的现行版本，旧版本读取时升级到此。",
    )
    effective_on: date | None = strawberry.field(
        resolver=_effective_on,
        description="The day on which it takes effect, where the event tells one; else that of "
        "its entry. 事件自带的生效日，未带则以条目的发生日为准。",
    )

    @classmethod
    def resolve_type(cls, obj: Any, info: Any, kind: GraphQLAbstractType) -> str:
        """The name of an event's type, without asking each type in turn."""
        return name_of(type(obj))


def name_of(event: type[Event]) -> str:
    """What the GraphQL type of an event is called: as its class."""
    return event.__name__


@cache
def event_types() -> tuple[Any, ...]:
    """The object types of all events; made last, so that their parts are those shown elsewhere."""
    return tuple(_typed(each) for each in CATALOGUE.values())


def _typed(event: type[Event]) -> Any:
    hints = get_type_hints(event)
    annotations = {
        name: PLACES.get((event.__name__, name))
        or placed(name, hints[name])
        or annotation(hints[name], output)
        for name in event.__struct_fields__
    }
    cls = type(
        name_of(event),
        (EventType,),
        {
            "__annotations__": annotations,
            "__doc__": event.__doc__,
            "is_type_of": classmethod(lambda cls, obj, info: type(obj) is event),
        },
    )
    said = inspect.cleandoc(event.__doc__ or "").split("\n\n")[0]
    return strawberry.type(cls, name=name_of(event), description=said.replace("``", "`"))
