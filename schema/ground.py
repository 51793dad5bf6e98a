"""The tree of requirements under a verdict."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from ledger.ground import Ground
from schema.outputs import PARENT, output
from schema.scalars import listed


def _children(root: Any) -> Any:
    return root.children


_children.__annotations__ = {
    "root": PARENT,
    # The type holds itself, so it is named here before it is made.
    "return": listed(Annotated["VerdictNode", strawberry.lazy("schema.ground")]),
}
VerdictNode = output(
    Ground,
    name="VerdictNode",
    skip=("children",),
    fields={
        "children": strawberry.field(
            resolver=_children, description="Of what it is made. 下级要求。"
        )
    },
)
