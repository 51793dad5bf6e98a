"""A teacher's record from the command line: what counts and what not, and the verdict as a tree."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from api.books import DAY_UNSAID, Books, open_books
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
from ledger.breakdown import Share
from ledger.caution import Caution
from ledger.consequence import Consequence, RecordUse, consequence
from ledger.credit import CreditKind
from ledger.fault import Fault
from ledger.ground import Ground
from ledger.record import Record, total
from ledger.requirement import Result
from projections.catalogue import RECORDS
from projections.caution import cautions
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
HEADERS_ZH = (
    *("学分编号", "类别", "名称", "完成日", "计划学时", "缺课", "基础学分", "学分", "计入", "位置"),
)
HEADERS = (
    *("credit", "kind", "title", "completed", "hours", "missed", "base", "credits", "counts", "at"),
)


def record(
    context: typer.Context,
    teacher: Annotated[str, typer.Argument(help="The teacher: teacher:0042, or 0042.")],
    on: Annotated[
        date | None, typer.Option(help=f"Judge as of this day; {DAY_UNSAID}.", **DAY)
    ] = None,
    as_of_position: Annotated[
        int | None, typer.Option(min=1, help="As the ledger knew it at this position.")
    ] = None,
    effective: Annotated[
        date | None, typer.Option(help="Counting only what was true by this day.", **DAY)
    ] = None,
    cycle: Annotated[
        int | None, typer.Option(min=1, help="This cycle, by its number, on its last day.")
    ] = None,
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
    as_json: Json = False,
) -> None:
    """Show a teacher's credit record and verdict. 查学分档案与周期判断。

    Every requirement comes with its rule, clause, what is missing and the positions of the entries
    that it stands on; then what does not count, what is about to be lost, and what the last cycle
    that ended means for promotion, registration, appraisal, awards and costs. Exit code 1 where the
    ledger knows no such teacher or cycle.
    """
    name = str(name_of(teacher, "teacher"))
    with open_books(settings_of(context)) as books:
        if as_of_position is not None:
            books.reached(as_of_position)
        day = books.day(on, effective, as_of_position)
        found, meant, warned = _judged(books, name, day, as_of_position, effective, cycle)
    _exists(found, name, day)
    if as_json:
        print_json([_plain(found, meant, warned)])
        return
    out = console()
    _show(out, found, english=english)
    _show_uncounted(out, found, english=english)
    _show_warned(out, warned, english=english)
    _show_meant(out, meant, english=english)
    if on is None and cycle is None:
        _tell_others(found)


def _exists(found: Judged, name: str, day: date) -> None:
    """Stops where the ledger knows no such teacher, or not yet on the day."""
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
    books: Books,
    name: str,
    day: date,
    position: int | None,
    effective: date | None,
    cycle: int | None,
) -> tuple[Judged, list[Consequence | None], list[Caution]]:
    """The record with its verdict, what it means for each use, and the warnings."""
    asked: dict[str, Any] = {"known": position, "effective": effective, "cycle": cycle}
    try:
        found = judged(books.reader, books.rules, RECORDS, name, day, **asked)
    except Fault as fault:
        raise stop(fault.code, fault.zh, fault.en, NOT_RIGHT) from None
    rules = books.rules.at(found.position)
    warned = cautions(books.reader, books.rules, found, effective) if found.running else []
    return found, [consequence(found.record, rules, use, day) for use in RecordUse], warned


def _plain(found: Judged, meant: list[Consequence | None], warned: list[Caution]) -> dict[str, Any]:
    whole: dict[str, Any] = {"position": found.position, "day": found.day}
    parts = {
        "record": found.record,
        "lines": found.shares,
        "verdict": found.verdict,
        "tree": found.tree,
        "uncounted": [each for share in found.shares for each in share.uncounted],
        "cycles": found.cycles,
        "warnings": warned,
        "consequences": meant,
    }
    whole |= {name: msgspec.to_builtins(each, enc_hook=str) for name, each in parts.items()}
    whole["totals"] = {key: str(value) for key, value in _totals(found.record).items()}
    return whole


def _totals(record: Record) -> dict[str, Any]:
    by_kind = {kind.value: total(record.lines, kind) for kind in CreditKind}
    return {"ALL": total(record.lines)} | {key: value for key, value in by_kind.items() if value}


def _show(out: Console, found: Judged, *, english: bool) -> None:
    record = found.record
    place = f"{record.teacher}  {record.school}  {record.place}"
    since = f"entered {record.entered}" if english else f"{record.entered} 进入平台"
    stands = f"as of position {found.position}" if english else f"截至位置 {found.position}"
    out.print(f"{place}  {since}  {stands}")
    if record.lines:
        shown = table(*(HEADERS if english else HEADERS_ZH))
        for share in found.shares:
            shown.add_row(*_row(share, english=english))
        out.print(shown)
    totals = "  ".join(f"{key} {value}" for key, value in _totals(record).items())
    out.print(("Credits: " if english else "学分合计：") + totals)
    if found.tree is not None:
        out.print(_tree(found.tree, found.day, english=english))


def _show_uncounted(out: Console, found: Judged, *, english: bool) -> None:
    lost = [each for share in found.shares for each in share.uncounted]
    if not lost:
        return
    tree = Tree("What does not count" if english else "不计入的部分")
    for each in lost:
        said = each.en if english else each.zh
        branch = tree.add(Text(f"{each.amount}  {each.credit}  {each.why.value}  {said}"))
        if each.rule is not None:
            clause = (each.clause_en if english else each.clause_zh) or ""
            branch.add(Text(f"{each.rule}  {each.citation}  {clause}".rstrip(), style="dim"))
    out.print(tree)


def _show_warned(out: Console, warned: list[Caution], *, english: bool) -> None:
    if not warned:
        return
    tree = Tree("Warnings" if english else "预先提醒")
    for each in warned:
        branch = tree.add(Text(each.en if english else each.zh, style="yellow"))
        if each.rule is not None:
            branch.add(Text(f"{each.rule}  {each.citation}", style="dim"))
    out.print(tree)


def _show_meant(out: Console, meant: list[Consequence | None], *, english: bool) -> None:
    tree = Tree("What follows" if english else "结果运用")
    for each in meant:
        if each is not None:
            doubt = "" if each.certain else (" (undecided)" if english else "（不能确定）")
            branch = tree.add(Text(f"{each.link.value}  {each.en if english else each.zh}"))
            if each.rule is not None:
                branch.add(Text(f"{each.rule}  {each.citation}{doubt}", style="dim"))
    out.print(tree)


def _row(share: Share, *, english: bool) -> list[str]:
    revoked = (" (revoked)" if english else "（已撤销）") if share.revoked else ""
    return [
        str(share.credit),
        share.shown.value,
        share.title + revoked,
        str(share.completed),
        str(share.hours_planned),
        str(share.hours_missed),
        str(share.base_credits),
        str(share.credits),
        str(share.effective),
        _positions(tuple(share.positions)),
    ]


def _tree(root: Ground, day: date, *, english: bool) -> Tree:
    head = f"{day}: {root.en}" if english else f"{day}：{root.zh}"
    tree = Tree(Text(head, style=_color(root)))
    for each in root.children:
        _branch(tree, each, english=english)
    return tree


def _branch(tree: Tree, node: Ground, *, english: bool) -> None:
    said = node.outcome.value if node.outcome and english else ""
    if node.outcome and not english:
        said = RESULT_ZH[node.outcome]
    sentence = node.en if english else node.zh
    branch = tree.add(Text(f"{said} {node.code}  {sentence}".strip(), _color(node)))
    for line in _reasons(node, english=english):
        branch.add(Text(line, style="dim"))
    for each in node.children:
        _branch(branch, each, english=english)


def _color(node: Ground) -> str:
    return COLORS.get(node.outcome, "") if node.outcome else ""


def _reasons(each: Ground, *, english: bool) -> list[str]:
    lines = []
    if each.missing is not None:
        lines.append(each.missing.en if english else each.missing.zh)
    if each.aside is not None:
        set_aside = "set aside by" if english else "依此暂停或由当地决定："
        lines.append(f"{set_aside} {each.aside.rule}  {each.aside.citation}")
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
