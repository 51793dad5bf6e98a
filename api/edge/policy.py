"""Policy: what an operator decides about the edge."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from api.edge.documents import Documents

PUBLIC_BODY_BYTES_MAX = 64 * 1024


class Who(StrEnum):
    """For whom something holds."""

    NOBODY = "nobody"
    SIGNED = "signed"
    ANYONE = "anyone"

    def holds(self, public: bool) -> bool:
        """Whether it holds for the public, or for who has a token."""
        return self is Who.ANYONE or (self is Who.SIGNED and not public)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What an operator decides; a limit of 0 is none.

    ``introspection``: who may ask what the schema holds. ``own_documents``: who may send documents
    that are not kept here under an id. ``public_…``: for who has no token. ``execution_seconds``:
    how long an answer of GraphQL may take; ``door_seconds``: until that of any other door begins,
    with the file that is sent to it.
    """

    introspection: Who = Who.SIGNED
    own_documents: Who = Who.ANYONE
    documents: Documents = field(default_factory=Documents)
    requests_per_minute: int = 60_000
    public_requests_per_minute: int = 600
    cost_per_minute: int = 20_000_000
    public_cost_per_minute: int = 100_000
    public_body_bytes_max: int = PUBLIC_BODY_BYTES_MAX
    execution_seconds: float = 30.0
    door_seconds: float = 300.0
