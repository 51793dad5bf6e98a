"""Reconcile print: what a sheet came to against the ledger, as a table or as JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from api.report import CAUSE_ZH
from api.terminal import console, print_json, table, tell
from ledger.sheet import Skipped
from projections.desk import Held
from schema.tab import absent_of, tabs_of


def misadded(found: Held) -> list[Skipped]:
    """The rows of totals that are not what their rows come to."""
    return [each for each in found.skipped if each.off is not None]


def print_result(found: Held, as_json: bool) -> None:
    """How many lines are equal or differ, and what each cause makes of the difference."""
    compared = found.compared
    if as_json:
        told: dict[str, Any] = msgspec.to_builtins(compared, enc_hook=str)
        told |= {"doubtful": len(found.doubtful), "differing_lines": found.differing}
        told |= {"tabs": msgspec.to_builtins(tabs_of(found)), "tabs_unread": found.unread}
        told |= {"years_absent": msgspec.to_builtins(absent_of(found), enc_hook=str)}
        told |= {
            "unattributed_lines": found.comparison.unexplained,
            "unattributed_gross": str(found.comparison.unattributed_gross),
        }
        print_json([told])
        return
    rows = [
        ("一致 equal", compared.equal, ""),
        ("不同 differ", compared.differing, ""),
        ("仅账本有 only in the ledger", compared.only_ledger, ""),
        ("仅表格有 only in the sheet", compared.only_sheet, ""),
        *((f"{CAUSE_ZH[e.cause]} {e.cause}", e.lines, e.amount) for e in compared.causes),
        ("未归因 unattributed", len(found.comparison.unexplained), compared.unattributed),
        ("未归因绝对值之和 its gross sum", "", found.comparison.unattributed_gross),
        ("差额 ledger less sheet", "", compared.difference),
    ]
    rows += [(f"其中 of {e.tab}", e.lines, e.difference) for e in tabs_of(found) if found.tabs]
    rows += [(f"无此年工作表 no tab of {e.year}", e.lines, e.amount) for e in absent_of(found)]
    shown = table("结果 result", "行 lines", "学分 credits")
    for row in rows:
        shown.add_row(*map(str, row))
    console().print(shown)
    _remarks(found)
    tell(
        f"截至位置 {compared.position}，摘要 {compared.digest}；有误单元格 {compared.faults} 处。",
        f"As of position {compared.position}, digest {compared.digest}; "
        f"{compared.faults} cells could not be read.",
    )


def _remarks(found: Held) -> None:
    """What was left out, does not add up, or was not read."""
    if years := [str(each.year) for each in absent_of(found)]:
        tell(
            f"没有 {'、'.join(years)} 年的工作表；账本在这些年度、没有哪一行所指的学分未参与比对。",
            f"No tab is of {', '.join(years)}: what the ledger has of those years and no row means "
            "was left out.",
        )
    for each in misadded(found):
        tell(each.zh + "。", each.en + ".")
    if found.unread or found.concealed or found.tabs:
        tabs = tabs_of(found)
        names = [each.tab + " (hidden)" * each.hidden for each in tabs]
        tell(
            f"读的是工作表 {'、'.join(each.tab for each in tabs)}，"
            f"未读：{'、'.join(found.unread) or '—'}。",
            f"Read {', '.join(names)}, and not: {', '.join(found.unread) or 'none'}; "
            "--tab chooses.",
        )
