"""Complaints: what GraphQL says of a request that does not fit the schema, said in Chinese too.

The library says it in English only. The commonest kinds are known by their words; of any other
the Chinese says that the request does not fit and gives the English.
"""

from __future__ import annotations

import re

from graphql import GraphQLError

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
    (r"Value '(.+?)' does not exist in '(\w+)' enum", "枚举 {1} 没有值 {0}"),
    (r"Enum '(\w+)' cannot represent", "值不属于枚举 {0}"),
    (r"\b(Int|Float|String|Boolean|ID) cannot represent", "值不是 {0} 类型"),
    (r"Variable '(\S+)' of type '(\S+)' used in position expecting type '(\S+?)'",
     "变量 {0} 的类型是 {1}，此处须为 {2}"),
    (r"Variable '(\S+)' is not defined", "变量 {0} 没有声明"),
    (r"Unknown type '(\S+)'", "没有类型 {0}"),
    (r"Field '(\w+)' of type '(\S+)' must have a selection of subfields", "字段 {0} 须选择子字段"),
    (r"Field '(\w+)' must not have a selection", "字段 {0} 没有子字段"),
)  # fmt: skip
PLACE = re.compile(r"Variable '\$(\w+)' has invalid value(?: at ([\w.\[\]]+))?: ")
NAMED = re.compile(r"(\w+)\s*:[\s\[,]*$")
OTHERWISE = "请求不符合接口定义：{0}"


def complaint(message: str) -> str:
    """A sentence in Chinese for what GraphQL says, with the place where it knows one."""
    for pattern, zh in KINDS:
        found = re.search(pattern, message)
        if found is not None:
            path = path_of(message)
            return (f"{path}：" if path else "") + zh.format(*found.groups())
    return OTHERWISE.format(message)


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
