"""Which entries of the history are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from ledger.event import Channel
from schema.compiled.asking import PLAINLY
from schema.scalars import Position, Text, enum_type

ChannelType: Any = enum_type(Channel)


@strawberry.input(description="Which entries; what is left out does not restrict. 历史筛选。")
class EntryFilter:
    """Which entries are wanted."""

    tags: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Names that all must stand in the entry. 须全部出现的标识。"
    )
    types: list[str] | None = strawberry.field(default=None, description="Event types. 事件类型。")
    actor: strawberry.ID | None = strawberry.field(default=None, description="By whom. 操作者。")
    channel: ChannelType | None = strawberry.field(default=None, description="By which way. 渠道。")
    known_from: datetime | None = strawberry.field(
        default=None, description="Learned from. 记入起。"
    )
    known_to: datetime | None = strawberry.field(
        default=None, description="Learned until. 记入止。"
    )
    on_from: date | None = strawberry.field(default=None, description="True from. 发生日起。")
    on_to: date | None = strawberry.field(default=None, description="True until. 发生日止。")
    after: Position | None = strawberry.field(
        default=None, description="Entries after this position. 此位置之后。"
    )
    before: Position | None = strawberry.field(
        default=None, description="Entries before this position. 此位置之前。"
    )
    id: strawberry.ID | None = strawberry.field(default=None, description="An event id. 事件标识。")
    text: Text | None = strawberry.field(
        default=None,
        description="A part of a text in it, of two characters or more, whatever their width and "
        "case. 事件文字中的一段，至少两个字符，不分全半角与大小写。",
    )
    request: Text | None = strawberry.field(
        default=None, description="The id of the request. 请求编号。"
    )
    source: Text | None = strawberry.field(
        default=None, description="The other system's reference. 来源与编号。"
    )


def _filled(kind: type, given: Mapping[str, Any], _: Any) -> Any:
    """The filter of what was given, all of it leaves or lists of them.

    The library would ask each field of the type anew what it is, which takes as long as reading
    twenty rows.
    """
    values = {_NAMES[name]: each for name, each in given.items()}
    # A list that stands in a document is shared by all who send it.
    return kind(**{n: [*each] if isinstance(each, list) else each for n, each in values.items()})


_DEFINITION: Any = EntryFilter.__strawberry_definition__  # type: ignore[attr-defined]
_NAMES = {to_camel_case(each.python_name): each.python_name for each in _DEFINITION.fields}
_DEFINITION.from_input = _filled
setattr(_filled, PLAINLY, True)
