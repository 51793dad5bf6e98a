"""Line (对账行): one line of a reconciliation's result, as a petition names it.

What a line says lies beside the ledger. Whoever asks brings it along with the digest of its result,
and the ledger takes it for the line only where that is the result that stands.
"""

from __future__ import annotations

from ledger.command import Asker, Refused, Role
from ledger.event import Part
from ledger.names import CreditId, JurisdictionId, PetitionId, ReconciliationId, TeacherId
from ledger.reconciliation import Desk
from ledger.register import unknown


class LineShown(Part):
    """Whom and which credit a line of a result is about; made by the ledger, never given."""

    digest: str
    number: int
    teacher: TeacherId | None = None
    credit: CreditId | None = None


class LineCarried(Part):
    """The line of the result ``digest`` that is the same claim as one that a petition had named.

    Made by the ledger of two results of one sheet, never given.
    """

    petition: PetitionId
    digest: str
    number: int


class NoSuchLine(Refused):
    """The reconciliation has no difference at the line."""


class LineOfAnother(Refused):
    """The line is about another teacher or another credit."""


def require_line(
    desk: Desk,
    reconciliation: ReconciliationId,
    number: int | None,
    shown: LineShown | None,
    teacher: TeacherId,
    credit: CreditId,
    *,
    asker: Asker,
) -> None:
    """Raises unless there is the reconciliation, with a difference at its line that is of those.

    Beyond its place nobody reads it: there it is as unknown, but for a line of the asker's own.
    """
    seen = desk.place is not None and (
        asker.role is Role.OPERATOR
        or (isinstance(asker.scope, JurisdictionId) and asker.scope.covers(desk.place))
    )
    untold = unknown(reconciliation, "reconciliation")
    if desk.received is None or (number is None and not seen):
        raise untold
    if number is None:
        return
    try:
        _require(desk, number, shown, teacher, credit)
    except (NoSuchLine, LineOfAnother):
        if seen:
            raise
        raise untold from None


def _require(
    desk: Desk, number: int, shown: LineShown | None, teacher: TeacherId, credit: CreditId
) -> None:
    compared = desk.compared
    stands = compared is not None and shown is not None and shown.digest == compared.digest
    if number not in desk.open or shown is None or not stands or shown.number != number:
        raise NoSuchLine(
            zh=f"该次对账的现有结果中，第 {number} 行没有差异",
            en=f"the result of that reconciliation has no difference at line {number}",
            field="line",
            evidence=desk.events[-1:],
        )
    if shown.teacher != teacher or shown.credit not in (None, credit):
        raise LineOfAnother(
            zh=f"第 {number} 行不是 {teacher} 的 {credit}",
            en=f"line {number} is not about {credit} of {teacher}",
            field="line",
            evidence=desk.events[-1:],
        )
