"""Powers: the one table of role × action × scope, from which every check is made.

``access`` adds which commands a role decides by, ``reach`` by which facet of a view the scope is
found; both ask here whether the role does such a thing at all, and over what.
"""

from __future__ import annotations

from enum import Enum

from ledger.command import Role


class Action(Enum):
    """What may be done. Reading takes in history and subscriptions."""

    READ = "READ"
    EXPORT = "EXPORT"
    DECIDE = "DECIDE"
    REPORT = "REPORT"
    REVEAL = "REVEAL"
    READ_LOG = "READ_LOG"
    UPLOAD = "UPLOAD"
    TRY_DRAFT = "TRY_DRAFT"
    LIST_TOKENS = "LIST_TOKENS"


class Over(Enum):
    """Over what: what everybody sees, one's own, a place with all in it, or all."""

    PUBLIC = "PUBLIC"
    OWN = "OWN"
    PLACE = "PLACE"
    ALL = "ALL"


def _over(scope: Over, *actions: Action) -> dict[Action, Over]:
    return dict.fromkeys(actions, scope)


READ, EXPORT, DECIDE, REPORT = Action.READ, Action.EXPORT, Action.DECIDE, Action.REPORT
REVEAL, READ_LOG, UPLOAD = Action.REVEAL, Action.READ_LOG, Action.UPLOAD
TRY_DRAFT, LIST_TOKENS = Action.TRY_DRAFT, Action.LIST_TOKENS

# What is not here may not be done. A bureau's and an auditor's place is a county, a city with its
# counties, or the province. A machine has no purpose to name, and a provider no list of persons.
POWERS: dict[Role, dict[Action, Over]] = {
    Role.PUBLIC: _over(Over.PUBLIC, READ),
    Role.TEACHER: _over(Over.OWN, READ, EXPORT, DECIDE, READ_LOG),
    Role.SCHOOL: _over(Over.OWN, READ, EXPORT, DECIDE, REVEAL, UPLOAD),
    Role.PROVIDER: _over(Over.OWN, READ, EXPORT, DECIDE, UPLOAD),
    Role.BUREAU: _over(
        Over.PLACE, READ, EXPORT, DECIDE, REVEAL, READ_LOG, UPLOAD, TRY_DRAFT, LIST_TOKENS
    ),
    Role.AUDITOR: _over(Over.PLACE, READ, EXPORT, DECIDE, REVEAL, READ_LOG, TRY_DRAFT, LIST_TOKENS),
    Role.INTEGRATOR: _over(Over.PLACE, READ, EXPORT, REPORT, UPLOAD, TRY_DRAFT),
    Role.OPERATOR: _over(Over.ALL, *Action),
}


def over(role: Role, action: Action) -> Over | None:
    """Over what a role may do something; ``None``: not at all."""
    return POWERS[role].get(action)


def may(role: Role, action: Action) -> bool:
    """Whether a role may do something at all."""
    return action in POWERS[role]


def roles(action: Action, scope: Over | None = None) -> tuple[Role, ...]:
    """The roles that may do something, over that scope where one is named."""
    return tuple(
        role for role, held in POWERS.items() if action in held and scope in (None, held[action])
    )
