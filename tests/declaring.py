"""One project declared by one provider: what the tests of the rules on a plan ask for."""

from __future__ import annotations

from datetime import date

from ledger.accreditation import ProviderAccredited
from ledger.declaration import DeclareProject
from ledger.names import JurisdictionId, ProjectId, StaffId, TermId
from ledger.plan import Lead, Plan
from ledger.regulation import Rulebook
from tests import cast
from tests.cast import H1_2024, H2_2019, H2_2020, PROJECT, RUIAN
from tests.given import Answer, given

DAYS = {H2_2019: date(2019, 6, 20), H2_2020: date(2020, 7, 20), H1_2024: date(2024, 3, 8)}
HOST = cast.accredited(blended=True)


def declaring(
    plan: Plan | None = None,
    *,
    lead: Lead = cast.LEADER,
    host: ProviderAccredited = HOST,
    place: JurisdictionId = RUIAN,
    term: TermId = H1_2024,
    day: date | None = None,
    reported: bool = False,
    rules: Rulebook | None = None,
    before: tuple[Plan, ...] = (),
) -> Answer:
    """What follows when the host declares the plan, on a day within the window unless told.

    ``before``: the plans that it has declared already, for the same place and term.
    """
    command = DeclareProject(
        project=PROJECT,
        provider=host.provider,
        place=place,
        term=term,
        plan=plan or cast.plan(),
        lead=lead,
    )
    known = [
        cast.declared(
            ProjectId(f"project:before-{number}"),
            provider=host.provider,
            place=place,
            term=term,
            plan=each,
            lead=cast.lead(StaffId(f"staff:lead-{number}")),
        )
        for number, each in enumerate(before)
    ]
    return given(cast.term(term), cast.trained(), host, known, rules=rules).when(
        command, on=day or DAYS[term], reported=reported
    )
