"""Cap: how many projects a county or city takes in a term, where it set a number of its own."""

from __future__ import annotations

from ledger.command import Command, Refused
from ledger.names import JurisdictionId, ProjectId, TermId
from ledger.regulation import Parameters


class LocalProjectCap(
    Parameters,
    kind="local-project-cap",
    zh="本地一学期申报的项目（含订单项目，窗口内撤回的除外）达到上限后，再申报的拒绝；"
    "没有制定上限的地方不限。",
    scope=("term",),
    more=("projects_max",),
):
    """Refuses one project more than the place takes in a term; a locality adopts its own cap.

    Order-based projects count; those taken back within the window do not (rulebook C-21).
    """

    projects_max: int


class CapReached(Refused):
    """The place takes no more projects in the term."""


def judge_cap(
    command: Command, declared: dict[ProjectId, str], place: JurisdictionId, term: TermId
) -> Refused | None:
    """The gate on one more project of the place, by a cap of the place's own."""
    caps = command.ask.rules.find_all(LocalProjectCap, place, command.ask.on, term=term.value)
    cap = next((each for each in caps if each.rule.place == place), None)
    if cap is None or len(declared) < cap.value.projects_max:
        return None
    return CapReached(
        zh=f"{place.value} 在 {term.value} 已申报 {len(declared)} 项，当地上限 "
        f"{cap.value.projects_max} 项",
        en=f"{place.value} has {len(declared)} projects in {term.value} of at most "
        f"{cap.value.projects_max}",
        rule=cap,
        field="project",
    )
