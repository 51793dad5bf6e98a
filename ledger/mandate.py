"""Mandate: training that an authority assigns, and that nobody may pass off as a free choice."""

from __future__ import annotations

from datetime import date

from ledger.command import Command, Refused
from ledger.kind import OutOfRange
from ledger.names import JurisdictionId, Name
from ledger.plan import Choice, Plan
from ledger.regulation import InForce, Parameters


class MandateDisguised(
    Parameters,
    kind="mandate-disguised",
    zh="主管部门下达的培训按自主选择培训申报或实施的，记违规。",
    scope=(),
):
    """A training that an authority assigned is declared or held as one of free choice."""

    from_choice: Choice
    to_choice: Choice

    def unfit(self) -> OutOfRange | None:
        if self.from_choice is not self.to_choice:
            return None
        return OutOfRange("to_choice", "须与 from_choice 不同", "must differ from from_choice")


class Disguised(Refused):
    """A mandated training is passed off as one that teachers choose themselves."""


def disguise_rule(
    command: Command, place: JurisdictionId, day: date
) -> InForce[MandateDisguised] | None:
    """The rule against it on a day."""
    return command.ask.rules.pinned(MandateDisguised, place, day)


def judge_disguise(
    command: Command, plan: Plan, place: JurisdictionId, project: Name, withdrawn: str | None
) -> Disguised | None:
    """A plan of free choice that an authority assigned.

    ``withdrawn``: the provider's own declaration of the same title that was mandated and taken
    back, as an event.
    """
    rule = disguise_rule(command, place, command.ask.on)
    if rule is None or plan.choice is not rule.value.to_choice:
        return None
    if plan.assigned_by is not None:
        return Disguised(
            zh=f"{project} 由 {plan.assigned_by} 下达，却按自主选择培训申报",
            en=f"{project} was assigned by {plan.assigned_by} but is declared as a free choice",
            rule=rule,
            field="choice",
        )
    if withdrawn is not None:
        return Disguised(
            zh=f"{project} 与撤回的指令性培训同名，改按自主选择培训重新申报",
            en=f"{project} was declared as mandated, taken back, and comes again as a free choice",
            rule=rule,
            field="choice",
            evidence=(withdrawn,),
        )
    return None
