"""Complaints: what GraphQL says of a request that does not fit the schema, said in Chinese too.

The library says it in English only. The commonest kinds are known by their words; of any other
the Chinese says that the request does not fit, with the names that occur, and where.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeGuard

from graphql import GraphQLError, Node, SourceLocation, VariableDefinitionNode, print_ast

KINDS = (
    (r"Cannot query field '(.+?)' on type '(.+?)'", "类型 {1} 没有字段 {0}"),
    (r"Expected value of type '(\w+)' not to include unknown field '(.+?)'",
     "类型 {0} 没有字段 {1}"),
    (r"Expected value of type '(\w+)' to include required field '(\w+)'",
     "缺少字段 {1}（类型 {0}）"),
    (r"Expected value of type '(\w+)' to be an object", "{0} 须为对象"),
    (r"Unknown argument '(.+?)' on field '(.+?)'", "字段 {1} 没有参数 {0}"),
    (r"Argument '(\S+)\((\w+):\)' of type '(\S+)' is required", "字段 {0} 缺少参数 {1}（{2}）"),
    (r"value of non-null type '(\S+)' (?:to be provided|not to be None)",
     "缺少值（{0}），不能为空"),
    (r"value does not exist in '(\w+)' enum", "枚举 {0} 没有这个值"),
    (r"Enum '(\w+)' cannot represent", "值不属于枚举 {0}"),
    (r"\b(Int|Float|String|Boolean|ID) cannot represent", "值不是 {0} 类型"),
    (r"Variable '(\S+)' of type '(\S+)' used in position expecting type '(\S+?)'",
     "变量 {0} 的类型是 {1}，此处须为 {2}"),
    (r"Variable '(\S+)' is not defined", "变量 {0} 没有声明"),
    (r"Unknown type '(\S+)'", "没有类型 {0}"),
    (r"Field '(\w+)' of type '(\S+)' must have a selection of subfields", "字段 {0} 须选择子字段"),
    (r"Field '(\w+)' must not have a selection", "字段 {0} 没有子字段"),
    (r"Cannot spread fragment '(\S+)' within itself", "片段 {0} 不能包含自身"),
    (r"Unknown fragment '(\S+)'", "没有片段 {0}"),
    (r"Fragment '(\S+)' is never used", "片段 {0} 没有用到"),
    (r"Fragment '(\S+)' cannot be spread here", "片段 {0} 的类型不适用于此处"),
    (r"Fragment '(\S+)' cannot condition", "片段 {0} 的类型须为对象、接口或联合"),
    (r"Fragment cannot be spread here", "片段的类型不适用于此处"),
    (r"Variable '(\S+)' is never used", "变量 {0} 没有用到"),
    (r"Unknown directive '(\S+?)'", "没有指令 {0}"),
    (r"Directive '(\S+)' may not be used", "指令 {0} 不能用于此处"),
    (r"Unknown operation named '(.*)'", "没有名为 {0} 的操作"),
    (r"Must provide operation name", "请求中有多个操作，须指明执行哪一个"),
    (r"Fields '(\S+)' conflict", "字段 {0} 有冲突，请用不同的别名"),
    (r"There can be only one \w+(?: \w+)? named '(\S+)'", "名称 {0} 重复"),
    (r"This anonymous operation must be the only", "没有名称的操作只能单独出现"),
    (r"Must provide document|does not contain any|Must provide .*operation", "请求中没有操作"),
    (r"Subscription '?\S* ?must select only one", "一个订阅只能选一个字段"),
    (r"Variable values are nested too deeply", "变量嵌套过深"),
    (r"(\d+) aliases found. Allowed: (\d+)", "别名有 {0} 个，最多 {1} 个"),
    (r"exceeds maximum operation depth of (\d+)", "查询嵌套超过 {0} 层"),
    (r"Document contains more than (\d+) tokens", "请求超过 {0} 个词元"),
)  # fmt: skip
# What GraphQL quotes is a value, perhaps a person's, and messages stand in logs: none is repeated.
VALUED = (
    (re.compile(r"^(Syntax Error: .*\b(?:BlockString|String|Int|Float)) ['\"].*", re.S), r"\1."),
    (re.compile(r"^Value '.*' does not exist in '(\w+)' enum.*", re.S),
     r"The value does not exist in '\1' enum."),
    (re.compile(r"^(\w+|Enum '\w+') cannot represent .*", re.S),
     r"\1 cannot represent the value."),
    (re.compile(r"^(Expected value of (?:non-null )?type '[\w!\[\]]+'"
                r"(?: to be an object| to include required field '\w+'"
                r"| not to include unknown field '[_A-Za-z]\w{0,99}')?)"
                r"(?:\..*|, found.*|, but .*|; .*)", re.S), r"\1."),
)  # fmt: skip
PLAIN = re.compile(
    r"Expected a? ?value of (?:non-null )?type '[\w!\[\]]+'( to be provided| not to be None)?\.?"
    r"|.*[Ee]xactly one key must be specified.*"
)
PLACE = re.compile(r"Variable '\$(\w+)' has invalid value(?: at ([\w.\[\]]+))?: ")
NAMED = re.compile(r"(\w+)\s*:[\s\[,]*$")
QUOTED = re.compile(r"'([$@]?[\w.:\[\]!]+)'")
NAMES_MAX = 3


def complaint(message: str, locations: Iterable[SourceLocation] | None = None) -> str:
    """A sentence in Chinese for what GraphQL says, with the place where it knows one."""
    for pattern, zh in KINDS:
        found = re.search(pattern, message)
        if found is not None:
            path = path_of(message)
            return (f"{path}：" if path else "") + zh.format(*found.groups())
    at = "".join(f"第 {each.line} 行第 {each.column} 列" for each in list(locations or ())[:1])
    if message.startswith("Syntax Error"):
        return f"GraphQL 语法错误，{at}" if at else "GraphQL 语法错误"
    names = "、".join(dict.fromkeys(QUOTED.findall(message)[:NAMES_MAX]))
    return "请求不符合接口定义" + "".join(f"，{each}" for each in (names, at) if each)


def unquoted(error: GraphQLError) -> str:
    """What GraphQL says, with the variable, the place and the type, and without the value."""
    message = error.message
    place = PLACE.match(message)
    begun = place.end() if place else 0
    rest = message[begun:]
    for pattern, said in VALUED:
        if pattern.match(rest):
            return message[:begun] + pattern.sub(said, rest)
    if place is None or PLAIN.fullmatch(rest):
        return message
    # Nobody knows what else may be quoted there.
    kind = next((print_ast(each.type) for each in error.nodes or () if _declares(each)), "?")
    return f"{message[:begun]}Expected value of type '{kind}'."


def _declares(node: Node) -> TypeGuard[VariableDefinitionNode]:
    return isinstance(node, VariableDefinitionNode)


def path_of(message: str) -> str | None:
    """Where in the variables a bad value stands, as in ``inputs[2].entered``."""
    found = PLACE.match(message)
    return found and found[1] + (found[2] or "")


def named_before(error: GraphQLError) -> str | None:
    """The name in front of a bad value that stands in the request itself, as ``hours`` does here.

    ``recordSchoolBased(input: {hours: "x"})``
    """
    if error.path or not error.nodes or error.nodes[0].loc is None:
        return None
    place = error.nodes[0].loc
    found = NAMED.search(place.source.body[: place.start])
    return found and found[1]
