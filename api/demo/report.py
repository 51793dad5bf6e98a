"""The demo's report: what was refused and why, what was found and drawn, and four records."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from api.demo import draws
from api.demo.cast import RUIAN, teacher
from api.demo.stage import OPERATOR, Stage

PLAIN_COLUMNS = 160
SEED_SHOWN = 16
TELLING = {
    1: "360 学分，校本超过 150 上限",
    2: "90 学时缺 18 学时",
    3: "90 学时缺 18.5 学时",
    4: "认定之后更正",
}
RECORD = """
query($teacher: ID!, $position: Position) {
  creditRecord(teacher: $teacher, on: "2024-08-31", atLeast: $position) {
    teacher cycleStart cycleEnd credits position
    totals { kind credits }
    lines { title kind baseCredits hoursMissed credits revoked completed positions }
    verdict {
      result zh en counted cut
      requirements { code result rule citation needed had zh en positions }
    }
  }
}
"""
FINDINGS = """
query($after: String, $position: Position) {
  findings(first: 500, after: $after, atLeast: $position) {
    pageInfo { hasNextPage endCursor }
    edges { node { rule citation outcome code zh en on position } }
  }
}
"""


def gather(stage: Stage, seconds: int) -> dict[str, Any]:
    """Everything the report says, asked of the server."""
    operator = stage.door(OPERATOR)
    head = operator.query("{ head }")["head"]
    findings: list[dict[str, Any]] = []
    after = None
    while True:
        page = operator.query(FINDINGS, after=after, position=head)["findings"]
        findings += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    bureau = stage.door(RUIAN)
    records = [
        {"why": why} | bureau.query(RECORD, teacher=teacher(number), position=head)["creditRecord"]
        for number, why in TELLING.items()
    ]
    refused = [
        {"day": str(each.day), "what": each.what, "refusals": list(each.refusals)}
        for each in stage.turned
    ]
    return {
        "position": head,
        "recorded": stage.recorded,
        "seconds": seconds,
        "refused": refused,
        "findings": findings,
        "screenings": draws.shown(stage, head),
        "records": records,
    }


def show(found: dict[str, Any], *, as_json: bool) -> None:
    """Prints the report."""
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    console = Console(width=None if sys.stdout.isatty() else PLAIN_COLUMNS)
    console.rule("[bold]学分 Xuefen：瑞安市 2024 年上半年")
    console.print(
        f"记入 {found['position']} 个事件，用时 {found['seconds']} 秒 / "
        f"{found['position']} events in {found['seconds']} s"
    )
    console.print(_refused(found["refused"]))
    console.print(_findings(found["findings"]))
    console.print(_screenings(found["screenings"]))
    for record in found["records"]:
        console.print(_record(record))
    console.print(f"\n[bold]账本所在 / the ledger lies in[/] {found['folder']}", highlight=False)
    console.print("[bold]地址 / addresses")
    for name, address in found["addresses"].items():
        console.print(f"  {name:8} {address}")
    console.print("[bold]样例令牌（一天内有效） / sample tokens, valid for a day")
    for role, token in found["tokens"].items():
        console.print(f"  {role}", style="bold")
        console.print(token, soft_wrap=True, highlight=False)


def _refused(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="被拒绝的，及其条款 / refused, and by which clause", expand=True)
    for column in ("日期", "提交", "代码", "条款", "理由"):
        table.add_column(column, overflow="fold")
    for row in rows:
        first = row["refusals"][0]
        clause = f"{first['rule']} {first['number']} {first['clause']}" if first["rule"] else "—"
        table.add_row(row["day"], row["what"], first["code"], clause, first["zh"])
    return table


def _findings(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="审计发现 / findings", expand=True)
    for column in ("规则", "结论", "次数", "条款", "例"):
        table.add_column(column, overflow="fold")
    counted = Counter((row["rule"], row["outcome"], row["code"]) for row in rows)
    example = {(row["rule"], row["outcome"], row["code"]): row for row in reversed(rows)}
    for key, count in sorted(counted.items(), key=lambda each: str(each[0])):
        row = example[key]
        table.add_row(key[0] or "—", key[1], str(count), row["citation"] or "—", row["zh"])
    return table


def _screenings(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="筛选，按所记输入重算 / screenings, made again", expand=True)
    for column in ("班期", "办法", "人数／名额", "种子", "前三位", "重算"):
        table.add_column(column, overflow="fold")
    for row in rows:
        for held in row["rounds"]:
            table.add_row(
                row["title"],
                held["by"],
                f"{held['applicants']}／{held['seatsLeft']}",
                held["seed"][:SEED_SHOWN],
                "、".join(each["teacher"] for each in held["placements"][:3]),
                "一致 / same" if row["madeAgain"] and row["agrees"] else "不一致 / not the same",
            )
    return table


def _record(record: dict[str, Any]) -> Tree:
    verdict = record["verdict"]
    tree = Tree(f"[bold]{record['teacher']}[/] {record['why']}：{verdict['zh']}")
    lines = tree.add("学分 / credits")
    for line in record["lines"]:
        revoked = "（已撤销）" if line["revoked"] else ""
        lines.add(
            f"{line['title']} {line['kind']} 基础 {line['baseCredits']}，"
            f"缺 {line['hoursMissed']}，得 {line['credits']}{revoked}，事件 {line['positions']}"
        )
    needs = tree.add(f"判断 / verdict: {verdict['result']}，计入 {verdict['counted']}")
    for each in verdict["requirements"]:
        needs.add(
            f"{each['code']} {each['result']}：{each['zh']}[{each['rule']} {each['citation']}] "
            f"证据 {each['positions']}"
        )
    return tree
