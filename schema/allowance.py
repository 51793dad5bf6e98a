"""Allowance: how large a request may be, for those who say who they are and for the public.

What the public may send is so small that none of it takes over 50 ms of CPU (``bench/attack.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from graphql import GraphQLError

from ledger.command import Role


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """The most of each that one request may have; a field's name is what an error calls it.

    ``characters`` and ``tokens`` of the document; ``fields`` and ``spreads`` with its fragments
    spread out; ``depth`` of fields within fields; ``repeats`` of one name in a selection;
    ``directives`` and ``definitions`` as written; ``cost`` and ``nodes`` as in ``schema.cost``.
    """

    characters: int
    tokens: int
    fields: int
    depth: int
    aliases: int
    repeats: int
    spreads: int
    directives: int
    definitions: int
    cost: int
    nodes: int


NAMES = tuple(each.name for each in fields(Allowance))
SIGNED = Allowance(
    characters=200_000,
    tokens=4_000,
    fields=10_000,
    depth=12,
    aliases=30,
    repeats=100,
    spreads=1_000,
    directives=200,
    definitions=200,
    cost=500_000,
    nodes=200_000,
)
PUBLIC = Allowance(
    characters=16_000,
    tokens=1_000,
    fields=500,
    depth=12,
    aliases=30,
    repeats=12,
    spreads=100,
    directives=30,
    definitions=30,
    cost=4_500,
    nodes=1_000,
)
ZH = {
    "characters": "文档长度（字符）",
    "fields": "展开后的字段数",
    "depth": "嵌套层数",
    "aliases": "别名数",
    "repeats": "同一选择集内同名字段数",
    "spreads": "片段展开数",
    "directives": "指令数",
    "definitions": "操作与片段数",
    "cost": "预计成本",
    "nodes": "预计节点数",
}
EN = {
    "characters": "characters",
    "fields": "fields with its fragments spread out",
    "depth": "levels",
    "aliases": "aliases",
    "repeats": "fields of one name in a selection",
    "spreads": "spreads of fragments",
    "directives": "directives",
    "definitions": "operations and fragments",
    "cost": "points of cost",
    "nodes": "nodes",
}


def allowance_of(context: Any) -> Allowance:
    """That of who asks."""
    asker = getattr(context, "asker", None)
    return PUBLIC if asker is not None and asker.role is Role.PUBLIC else SIGNED


def excess(allowance: Allowance, **found: int) -> GraphQLError | None:
    """The error (``QUERY_TOO_LARGE``) for the first number over its limit, or ``None``."""
    over = [name for name, number in found.items() if number > getattr(allowance, name)]
    if not over:
        return None
    name = min(over, key=NAMES.index)
    most = getattr(allowance, name)
    zh = f"{ZH[name]}超过上限 {most}，请拆分或缩小请求"
    en = f"the request has more than {most} {EN[name]}; ask for less at once"
    extensions = {"code": "QUERY_TOO_LARGE", "zh": zh, "en": en, "limit": name}
    if name in ("cost", "nodes"):
        extensions["found"] = str(found[name])
    return GraphQLError(f"{zh} / {en}", extensions=extensions)
