"""A teacher's record from the command line: credits, totals, and the verdict with its reasons."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from api.books import Books, open_books
from api.command_history import SHANGHAI
from api.terminal import (
    DAY,
    NOT_RIGHT,
    Json,
    console,
    name_of,
    print_json,
    settings_of,
    stop,
    table,
    tell,
)
from ledger.consequence import Consequence, RecordUse, consequence
from ledger.credit import CreditKind
from ledger.record import Line, Record, total
from ledger.requirement import Requirement, Result
from ledger.verdict import Verdict
from projections.catalogue import RECORDS
from projections.verdict import Judged, judged

COLORS = {Result.MET: "green", Result.NOT_MET: "red", Result.INDETERMINATE: "yellow"}
RESULT_ZH = {
    Result.MET: "合格",
    Result.NOT_MET: "不合格",
    Result.COMPLIANT: "合规",
    Result.VIOLATION: "违规",
    Result.DEVIATION: "偏差",
    Result.ADVISORY: "提示",
    Result.SUSPENDED: "暂停",
    Result.NOT_APPLICABLE: "不适用",
    Result.NOT_ASSESSED: "不评估",
    Result.LOCAL_DISCRETION: "由当地决定",
    Result.INDETERMINATE: "无法判断",
}
HEADERS_ZH = ("学分编号", "类别", "名称", "完成日", "计划学时", "缺课", "基础学分", "学分", "位置")
HEADERS = ("credit", "kind", "title", "completed", "hours", "missed", "base", "credits", "at")


def record(
    context: typer.Context,
    teacher: Annotated[str, typer.Argument(help="The teacher: teacher:0042, or 0042.")],
    on: Annotated[
        date | None, typer.Option(help="Judge as of this day; today, if not said.", **DAY)
    ] = None,
    as_of_position: Annotated[
        int | None, typer.Option(min=1, help="As the ledger knew it at this position.")
    ] = None,
    effective: Annotated[
        date | None, typer.Option(help="Counting only what was true by this day.", **DAY)
    ] = None,
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
    as_json: Json = False,
) -> None:
    """Show a teacher's credit record and verdict. 查学分档案与周期判断。

    Every requirement comes with its rule, clause and the positions of the entries that it stands
    on, and what the last cycle that ended means for promotion, registration, appraisal, awards and
    costs follows. Exit code 1 where the ledger knows no such teacher.
    """
    name = str(name_of(teacher, "teacher"))
    day = on or effective or datetime.now(UTC).astimezone(SHANGHAI).date()
    with open_books(settings_of(context)) as books:
        found, meant = _judged(books, name, day, as_of_position, effective)
    if found.record.entered is None:
        raise stop(
            "UNKNOWN_TEACHER",
            f"账本中没有 {name}（截至位置 {found.position}）。",
            f"The ledger knows no {name} (as of position {found.position}).",
            NOT_RIGHT,
        )
    if day < found.record.entered:
        raise stop(
            "BEFORE_ENTRY",
            f"{name} 于 {found.record.entered} 才进入平台，{day} 尚无周期。",
            f"{name} entered the platform on {found.record.entered}; there is no cycle on {day}.",
            NOT_RIGHT,
        )
    if as_json:
        print_json([_plain(found, day, meant)])
        return
    _show(console(), found, meant, english=english)
    if on is None:
        _tell_others(found)


def _tell_others(found: Judged) -> None:
    """What is credited in cycles that the verdict is not about, and how to see that."""
    verdict = found.verdict
    if verdict is None:
        return
    others = [
        line.completed
        for line in found.record.lines
        if not verdict.cycle_start <= line.completed < verdict.cycle_end
    ]
    if others:
        tell(
            f"以上按 {verdict.day} 所在周期判断；另有 {len(others)} 笔学分属于其他周期，"
            f"用 --on {max(others)} 查看。",
            f"The verdict is on the cycle that holds {verdict.day}; credits in other cycles: "
            f"{len(others)}. See them with --on {max(others)}.",
        )


def _judged(
    books: Books, name: str, day: date, position: int | None, effective: date | None
) -> tuple[Judged, list[Consequence | None]]:
    """The record with its verdict, and what it means for each use."""
    known = None if position is None else min(position, books.feed.head())
    found = judged(books.reader, books.rules, RECORDS, name, day, known=known, effective=effective)
    rules = books.rules.at(found.position)
    return found, [consequence(found.record, rules, use, day) for use in RecordUse]


def _plain(found: Judged, day: date, meant: list[Consequence | None]) -> dict[str, Any]:
    whole: dict[str, Any] = {"position": found.position, "day": day}
    whole["record"] = msgspec.to_builtins(found.record, enc_hook=str)
    whole["totals"] = {key: str(value) for key, value in _totals(found.record).items()}
    whole["verdict"] = msgspec.to_builtins(found.verdict, enc_hook=str)
    whole["consequences"] = msgspec.to_builtins(meant, enc_hook=str)
    return whole


def _totals(record: Record) -> dict[str, Any]:
    by_kind = {kind.value: total(record.lines, kind) for kind in CreditKind}
    return {"ALL": total(record.lines)} | {key: value for key, value in by_kind.items() if value}


def _show(out: Console, found: Judged, meant: list[Consequence | None], *, english: bool) -> None:
    record = found.record
    place = f"{record.teacher}  {record.school}  {record.place}"
    since = f"entered {record.entered}" if english else f"{record.entered} 进入平台"
    stands = f"as of position {found.position}" if english else f"截至位置 {found.position}"
    out.print(f"{place}  {since}  {stands}")
    if record.lines:
        shown = table(*(HEADERS if english else HEADERS_ZH))
        for line in record.lines:
            shown.add_row(*_row(line, english=english))
        out.print(shown)
    totals = "  ".join(f"{key} {value}" for key, value in _totals(record).items())
    out.print(("Credits: " if english else "学分合计：") + totals)
    if found.verdict is not None:
        out.print(_tree(found.verdict, english=english))
    _show_meant(out, meant, english=english)


def _show_meant(out: Console, meant: list[Consequence | None], *, english: bool) -> None:
    tree = Tree("What follows" if english else "结果运用")
    for each in meant:
        if each is not None:
            doubt = "" if each.certain else (" (undecided)" if english else "（不能确定）")
            branch = tree.add(Text(f"{each.link.value}  {each.en if english else each.zh}"))
            if each.rule is not None:
                branch.add(Text(f"{each.rule}  {each.citation}{doubt}", style="dim"))
    out.print(tree)


def _row(line: Line, *, english: bool) -> list[str]:
    revoked = (" (revoked)" if english else "（已撤销）") if line.revoked else ""
    return [
        str(line.credit),
        line.kind.value,
        line.title + revoked,
        str(line.completed),
        str(line.hours_planned),
        str(line.hours_missed),
        str(line.base_credits),
        str(line.credits),
        _positions(tuple(line.positions)),
    ]


def _tree(verdict: Verdict, *, english: bool) -> Tree:
    head = f"{verdict.day}: {verdict.en}" if english else f"{verdict.day}：{verdict.zh}"
    tree = Tree(Text(head, style=COLORS.get(verdict.result, "")))
    for each in verdict.requirements:
        said = each.result.value if english else RESULT_ZH[each.result]
        sentence = each.en if english else each.zh
        branch = tree.add(Text(f"{said} {each.code}  {sentence}", COLORS.get(each.result, "")))
        for line in _reasons(each, english=english):
            branch.add(Text(line, style="dim"))
    return tree


def _reasons(each: Requirement, *, english: bool) -> list[str]:
    lines = []
    if each.rule is not None:
        doubt = "" if each.certain else (" (perhaps in force)" if english else "（是否生效不明）")
        if each.external:
            doubt += " (from outside the documents)" if english else "（文件之外）"
        clause = (each.clause_en if english else each.clause_zh) or ""
        lines.append(f"{each.rule}  {each.citation}{doubt}  {clause}".rstrip())
    if each.positions:
        stands = "stands on positions" if english else "依据的位置"
        lines.append(f"{stands} {_positions(each.positions)}")
    return lines


def _positions(positions: tuple[int, ...]) -> str:
    return ", ".join(map(str, positions))
