"""A petition that was asked for before a sheet was compared anew still counts for its claim."""

from __future__ import annotations

from typing import Any

from ledger.command import Role
from ledger.discrepancy import SettleDifferences
from ledger.petition import DecideCorrection, RequestCorrection
from ledger.retraction import WithdrawCorrection
from tests import cast
from tests.api.test_reconciliation import (
    ANEW,
    bureau,
    credited,
    desk,
    nodes,
    put_on_record,
    seen,
    who,
)
from tests.cast import RUIAN
from tests.server import Party, Served, codes
from tests.town import OPERATOR, Put

__all__ = ["bureau", "desk"]
OWN = {"reconciliation": "reconciliation:a", "place": str(RUIAN)}
AGAIN = (
    'mutation { again: tryReconciliationAnew(reconciliation: "reconciliation:a") { token '
    "lines(first: 100) { edges { node { number teacher credit standing } } } } }"
)


def requested(bureau: Party, line: int, one: int = 4) -> None:
    """The bureau asks that the credit of one, as the fourth, be put right, at a line."""
    wish = {
        "petition": f"petition:r{one}",
        "credit": f"credit:r{one}",
        "teacher": str(who(one)),
        "credits": "10",
        "reason": "有误",
        "reconciliation": "reconciliation:a",
        "line": line,
    }
    assert bureau.mutate(RequestCorrection, wish, "p")["__typename"] == "Recorded"


def came(desk: Served, one: int) -> None:
    """Somebody of whom the sheet says nothing has a credit."""
    more = (cast.registered(who(one)), credited(one, "16"))
    assert desk.house.ledger.ask([Put(events=more)], OPERATOR).outcomes[0].accepted
    desk.house.runner.catch_up()


def anew(bureau: Party, desk: Served) -> dict[str, int]:
    """Another teacher comes before, and the sheet is compared anew: the line of each credit."""
    came(desk, 0)
    again = bureau.ask(AGAIN)["again"]
    given = {"reconciliation": "reconciliation:a", "token": again["token"]}
    answer: Any = bureau.ask(ANEW, i=given, r="anew")["answer"]
    assert answer["__typename"] == "Recorded", answer
    return {e["credit"]: e["number"] for e in nodes(again["lines"]) if e["credit"]}


def settled(bureau: Party, line: int, request: str) -> Any:
    how = {"how": "CORRECTION_REQUESTED", "reason": "已申请更正", "lines": [line]}
    return bureau.mutate(SettleDifferences, OWN | how, request)


def test_a_petition_counts_for_its_claim_wherever_the_line_stands_now(
    bureau: Party, desk: Served
) -> None:
    came(desk, 7)
    answer = put_on_record(bureau)
    assert seen(bureau, answer)["left"] == [2, 3, 4, 5, 6]
    requested(bureau, 6, 7)
    lines = anew(bureau, desk)

    assert (lines["credit:r0"], lines["credit:r7"]) == (6, 7)
    assert codes(settled(bureau, 6, "s1")) == ["NOT_REQUESTED"]
    assert settled(bureau, 7, "s2")["__typename"] == "Recorded"


def test_a_petition_that_was_decided_meanwhile_does_not_count(bureau: Party, desk: Served) -> None:
    put_on_record(bureau)
    requested(bureau, 5)
    decision = {
        "petition": "petition:r4",
        "credit": "credit:r4",
        "teacher": str(who(4)),
        "granted": False,
        "reason": "无误",
    }
    colleague = desk.party(Role.BUREAU, str(RUIAN), "staff:colleague")
    assert colleague.mutate(DecideCorrection, decision, "d")["__typename"] == "Recorded"
    line = anew(bureau, desk)["credit:r4"]

    assert codes(settled(bureau, line, "s")) == ["NOT_REQUESTED"]


def test_a_petition_that_was_taken_back_blocks_nothing_and_carries_no_line(
    bureau: Party, desk: Served
) -> None:
    answer = put_on_record(bureau)
    line = seen(bureau, answer)["left"][-1]
    requested(bureau, line)
    wish = {"petition": "petition:r4", "credit": "credit:r4", "teacher": str(who(4))}
    back = bureau.mutate(WithdrawCorrection, wish | {"reason": "已核对无误"}, "w")
    assert back["__typename"] == "Recorded", back
    told = bureau.ask(
        'query($p: Position) { petition(id: "petition:r4", atLeast: $p) { status '
        "decided { reason } } }",
        p=back["position"],
    )["petition"]

    assert told == {"status": "WITHDRAWN", "decided": {"reason": "已核对无误"}}
    assert codes(settled(bureau, line, "s")) == ["NOT_REQUESTED"]
    too_much = wish | {"petition": "petition:r5", "credits": "600", "reason": "有误"}
    assert codes(bureau.mutate(RequestCorrection, too_much, "t")) == ["MORE_THAN_WORTH"]
    again = bureau.mutate(RequestCorrection, too_much | {"credits": "11"}, "u")
    assert again["__typename"] == "Recorded", again
