"""A trial made again: the same inputs come to the same bytes, however far the ledger has grown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import structs

from ledger.command import Role
from ledger.credit import CreditCorrected
from ledger.names import OfferingId
from tests.api.test_command_reconcile import sheet, xuefen
from tests.api.test_reconciliation import DAY, HEADER, bureau, credited, desk, nodes, tried, who
from tests.cast import RUIAN, SCHOOL
from tests.compared import transferred
from tests.server import Party, Served
from tests.town import OPERATOR, Put

__all__ = ["bureau", "desk", "sheet"]
LATER = HEADER + ",,r2,,培训2,2023-06-01,24\n,,r4,,培训8,2023-06-01,16\n"


def grow(desk: Served) -> int:
    """Afterwards one is credited what the sheet has, one is put right, and one moves away."""
    later = structs.replace(
        credited(8, "16"), teacher=who(4), offering=OfferingId("offering:later")
    )
    right = CreditCorrected(
        credit=credited(2, "22").credit,
        teacher=who(2),
        school=SCHOOL,
        place=RUIAN,
        credits_before=credited(2, "22").credits,
        credits=credited(2, "21").credits,
        corrects="0193-0001",
        reason="录入有误",
    )
    left = structs.replace(transferred(DAY), teacher=who(1))
    answer = desk.house.ledger.ask([Put(events=(later, right, left))], OPERATOR)
    assert answer.outcomes[0].accepted
    desk.house.runner.catch_up()
    return desk.house.ledger.feed.head()


def causes_of(trial: Any) -> dict[int, list[str]]:
    return {e["row"]: [p["cause"] for p in e["portions"]] for e in nodes(trial["lines"])}


def test_a_ledger_that_grows_changes_nothing_of_what_was_at_a_position(
    bureau: Party, desk: Served
) -> None:
    position = desk.house.ledger.feed.head()
    as_of = {"position": position}
    before = tried(bureau, LATER.encode(), asOf=as_of)
    present = tried(bureau, LATER.encode(), asOf={"position": position, "on": "2026-01-01"})
    grow(desk)
    after = tried(bureau, LATER.encode(), asOf=as_of, seen=position)

    assert after | {"token": ""} == before | {"token": ""}
    assert present["outline"]["digest"] != before["outline"]["digest"]
    assert causes_of(before)[3] == ["UNRECOGNISED"]


def test_what_came_later_explains_what_is_open_and_is_looked_at_no_further(
    bureau: Party, desk: Served
) -> None:
    position = desk.house.ledger.feed.head()
    as_of = {"position": position}
    later = grow(desk)
    found = tried(bureau, LATER.encode(), asOf=as_of)
    plain = tried(bureau, asOf=as_of)
    moved = structs.replace(transferred(DAY), teacher=who(3))
    assert desk.house.ledger.ask([Put(events=(moved,))], OPERATOR).outcomes[0].accepted
    again = tried(bureau, LATER.encode(), asOf=as_of)
    pinned = tried(bureau, LATER.encode(), asOf=as_of, seen=later)

    assert (causes_of(found)[2], causes_of(found)[3]) == (["DEDUCTION"], ["TIMING"])
    assert again | {"token": ""} == found | {"token": ""}
    assert causes_of(pinned) == causes_of(found)
    assert tried(bureau, asOf=as_of)["outline"]["digest"] == plain["outline"]["digest"]


def test_a_report_of_a_position_is_the_same_bytes_on_a_longer_ledger(
    desk: Served, sheet: Path, tmp_path: Path
) -> None:
    position = desk.house.ledger.feed.head()
    given = (sheet, "--bureau", "330381", "--as-of", position)
    for form in ("json", "xlsx"):
        xuefen(desk, tmp_path, *given, "--report", tmp_path / f"a.{form}", status=4)
    head = grow(desk)
    for form in ("json", "xlsx"):
        xuefen(desk, tmp_path, *given, "--report", tmp_path / f"b.{form}", status=4)
        one, other = (tmp_path / f"{name}.{form}" for name in "ab")
        assert one.read_bytes() == other.read_bytes()
    _, said = xuefen(desk, tmp_path, *given, "--seen", head + 1, status=2)
    assert "BEYOND_HEAD" in said


LOG = "{ accessLog(first: 10) { edges { node { kind what actor subjects rows sha256 format } } } }"


def test_a_trial_and_a_file_are_logged_by_their_own_words(
    bureau: Party, desk: Served, sheet: Path, tmp_path: Path
) -> None:
    digest = tried(bureau)["outline"]["digest"]
    report = tmp_path / "report.json"
    xuefen(desk, tmp_path, sheet, "--bureau", "330381", "--report", report, status=4)
    auditor = desk.party(Role.AUDITOR, str(RUIAN))
    file, console, tried_over_http = (
        (e["kind"], e["what"], e["subjects"]) for e in nodes(auditor.ask(LOG)["accessLog"])
    )

    assert file == ("EXPORT", "reconciliationReport", 0)
    assert console == tried_over_http == ("TRIAL", "reconciliation", 4)
    [_, _, first] = nodes(auditor.ask(LOG)["accessLog"])
    assert first["sha256"] == digest
