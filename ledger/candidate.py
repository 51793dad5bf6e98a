"""Candidate: a plan put forward, with its host and its lead, and the rules that judge it.

Every rule on a plan is chosen for the place that reviews it, by the term where the rule is bound
to one, and otherwise by the day of the declaration (rulebook C-33).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ledger.accreditation import ProviderAccredited
from ledger.command import PROVINCE, Command
from ledger.names import JurisdictionId, TermId
from ledger.plan import Audience, Lead, Mode, Plan
from ledger.regulation import InForce, ParametersT


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A plan under scrutiny: by whom, for which place and term, and asked by which command.

    ``earlier``: the plans that the host has put forward for the same place and term.
    """

    command: Command
    plan: Plan
    host: ProviderAccredited
    lead: Lead
    place: JurisdictionId
    term: TermId
    earlier: tuple[Plan, ...] = ()

    @property
    def audience(self) -> Audience:
        """Whom it is for; what the province reviews itself is for the province."""
        return Audience.PROVINCE if self.place == PROVINCE else self.plan.audience

    @property
    def level(self) -> str:
        """The level of the project: of the province if it is for the province."""
        return PROVINCE.level if self.audience is Audience.PROVINCE else self.place.level

    @property
    def held_as(self) -> Mode:
        """The mode that the credits of the plan speak of: partly online is blended."""
        plan = self.plan
        intensive = plan.mode is Mode.INTENSIVE
        partly = intensive or plan.online_credits < plan.base_credits
        return Mode.BLENDED if partly and plan.online_credits > 0 else plan.mode

    def find(
        self, kind: type[ParametersT], day: date | None = None, mode: Mode | None = None
    ) -> InForce[ParametersT] | None:
        """The rule of a kind that answers for the plan, or ``None``."""
        found = self.find_all(kind, day, mode)
        return found[0] if found else None

    def find_all(
        self, kind: type[ParametersT], day: date | None = None, mode: Mode | None = None
    ) -> list[InForce[ParametersT]]:
        """All rules of a kind that answer for the plan, the strongest first.

        ``mode``: as which it is judged, if not as what it is called.
        """
        return self.command.ask.rules.find_all(
            kind,
            self.place,
            day or self.command.ask.on,
            term=self.term.value,
            mode=(mode or self.plan.mode).value,
            choice=self.plan.choice.value,
            audience=self.audience.value,
            level=self.level,
        )
