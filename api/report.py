"""Reports of reconciliations: as JSON and as a workbook, the same bytes from the same inputs.

A report says what was compared with what, what came of it in all and by cause, each line with its
causes and events, who is in doubt, and which cells could not be read. Nothing in it says when or
for whom it was made.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
import xlsxwriter

from api.sheet import CELL_CHARACTERS_MAX, DIGITS_MAX, MADE
from ledger.reconciliation import Treatment
from ledger.spot import spots_of, spots_zh
from projections.desk import Held
from schema.lines import lines_of
from schema.tab import absent_of, tabs_of
from schema.words import WORDS, halves

WIDTHS = {"行": 6, "编号": 24, "账本": 10, "表格": 10, "差额": 10, "说明": 60, "事件": 40}
STANDING_ZH = {
    "EQUAL": "一致",
    "DIFFERS": "不同",
    "ONLY_HERE": "仅账本有",
    "ONLY_THERE": "仅表格有",
}
CAUSE_ZH = {
    "TIMING": "时间差",
    "CAP": "超上限",
    "ABSENCE_DENIAL": "缺课不予结业",
    "MISCONDUCT": "违规违纪",
    "ASSESSMENT_FAILED": "结业考核未通过",
    "DEDUCTION": "缺课扣减",
    "CORRECTION": "更正",
    "REVOCATION": "撤销",
    "TRANSFER": "调动",
    "OTHER_CYCLE": "其他周期或年度",
    "OTHER_KIND": "类别不同",
    "OTHER_DAY": "日期不同",
    "SPECIAL_TRAINING": "专项培训",
    "DUPLICATE_PERSON": "人员重复",
    "UNRECOGNISED": "未认定",
    "ROUNDING": "表格取整",
    "SUMMED": "数笔并写",
    "UNKNOWN": "原因不明",
}
TREATMENT_ZH = {
    Treatment.LEDGER_ACCEPTED: "以账本为准",
    Treatment.CORRECTION_REQUESTED: "申请更正",
    Treatment.NOTED: "知悉",
}


def report_json(held: Held, about: Mapping[str, Any], settled: Mapping[int, Treatment]) -> bytes:
    """A report as one JSON object, its keys in order."""
    told = {
        "about": dict(about),
        "terms": held.comparison.terms,
        "outline": held.compared,
        "unattributed_lines": held.comparison.unexplained,
        "unattributed_gross": held.comparison.unattributed_gross,
        "lines": lines_of(held, dict(settled)),
        "tabs": tabs_of(held),
        "doubtful": held.doubtful,
        "faults": held.faults,
        "skipped": held.skipped,
        "hidden": held.hidden,
        "tab": held.mapping.tab,
        "tab_hidden": held.concealed,
        "tabs_unread": held.unread,
        "years_absent": absent_of(held),
    }
    encoded = msgspec.json.encode(msgspec.to_builtins(told, enc_hook=str), order="sorted")
    return msgspec.json.format(encoded, indent=1) + b"\n"


def report_xlsx(held: Held, about: Mapping[str, Any], settled: Mapping[int, Treatment]) -> bytes:
    """A report as a workbook of four sheets. Each text is stored as a text."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"created": MADE})
    bold = book.add_format({"bold": True, "bg_color": "#DDEBF7"})
    tab = ("工作表",) if held.tabs else ()
    for title, header, rows in (
        ("汇总", ("项目", "值", "行数"), _outline(held, about)),
        ("逐行", (*_LINE_HEADER[:1], *tab, *_LINE_HEADER[1:]), _lines(held, settled)),
        ("存疑", ("情形", "表格行", "教师", "说明"), _doubtful(held)),
        ("有误", (*tab, "行", "列", "情形", "说明"), _faults(held)),
    ):
        sheet = book.add_worksheet(title)
        for at, name in enumerate(header):
            sheet.write_string(0, at, name, bold)
            sheet.set_column(at, at, next((w for k, w in WIDTHS.items() if k in name), 16))
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows, start=1):
            for at, value in enumerate(row):
                _cell(sheet, number, at, value)
    book.close()
    return file.getvalue()


_LINE_HEADER = (
    *("行号", "表格行", "结果", "教师编号", "培训", "年份", "账本学分", "表格学分", "差额"),
    *("未归因", "原因", "说明", "条款", "事件", "处理"),
)


def _outline(held: Held, about: Mapping[str, Any]) -> Iterable[tuple[Any, ...]]:
    compared, terms = held.compared, held.comparison.terms
    yield from ((name, str(value)) for name, value in sorted(about.items()))
    yield "属地", str(terms.place)
    yield "文件 SHA-256", compared.sha256
    yield (
        "工作表",
        "、".join(each.tab + ("（隐藏）" if each.hidden else "") for each in tabs_of(held)),
    )
    yield "未读的工作表", "、".join(held.unread)
    yield "读表方式摘要", compared.mapping
    yield "账本位置", str(compared.position)
    yield "比对日", compared.day.isoformat()
    yield "表格日期", compared.sheet_day.isoformat() if compared.sheet_day else ""
    yield "口径", said("SheetMeasure", terms.measure.value)
    yield "结果摘要 SHA-256", compared.digest
    yield "表格行数", compared.rows
    yield "有误单元格", compared.faults
    for name, count in (
        ("一致", compared.equal),
        ("不同", compared.differing),
        ("仅账本有", compared.only_ledger),
        ("仅表格有", compared.only_sheet),
    ):
        yield name, "", count
    yield "账本学分合计", compared.credits_ledger
    yield "表格学分合计", compared.credits_sheet
    yield "差额（账本减表格）", compared.difference
    for each in compared.causes:
        yield f"其中：{CAUSE_ZH.get(each.cause, each.cause)}", each.amount, each.lines
    yield "已归因", compared.attributed
    yield "未归因", compared.unattributed, len(held.comparison.unexplained)
    yield "未归因绝对值之和", held.comparison.unattributed_gross
    for tab in tabs_of(held) if held.tabs else ():
        yield f"工作表“{tab.tab}”：账本学分", tab.ledger, tab.lines
        yield f"工作表“{tab.tab}”：表格学分", tab.sheet, tab.rows
        yield f"工作表“{tab.tab}”：未归因", tab.unattributed
    for year in absent_of(held):
        yield f"没有 {year.year} 年的工作表：账本学分（未参与比对）", year.amount, year.lines


def _lines(held: Held, settled: Mapping[int, Treatment]) -> Iterable[tuple[Any, ...]]:
    for line in lines_of(held, dict(settled)):
        causes = [f"{CAUSE_ZH[e.cause.value]} {e.amount}" for e in line.portions]
        yield (
            line.number,
            *_tab(held, line.tab or ""),
            line.row,
            STANDING_ZH[line.standing.value],
            str(line.teacher or ""),
            line.title,
            line.year,
            line.ledger,
            line.sheet,
            line.difference,
            line.unattributed,
            "；".join(causes),
            "".join(each.zh for each in line.portions),
            "；".join(dict.fromkeys(e.citation for e in line.portions if e.citation)),
            " ".join(dict.fromkeys(e for each in line.portions for e in each.events)),
            TREATMENT_ZH[line.treatment] if line.treatment else "",
        )


def _doubtful(held: Held) -> Iterable[tuple[Any, ...]]:
    for each in held.doubtful:
        teachers = " ".join(map(str, each.teachers))
        rows = (
            spots_zh(spots_of(each.tabs, each.rows)) if each.tabs else " ".join(map(str, each.rows))
        )
        yield said("SheetDoubt", each.doubt.value), rows, teachers, each.zh


def _faults(held: Held) -> Iterable[tuple[Any, ...]]:
    for fault in held.faults:
        yield *_tab(held, fault.tab), fault.row, fault.column, "未读出", fault.zh
    for row in held.skipped:
        yield *_tab(held, row.tab), row.row, "", "略过", row.zh


def _tab(held: Held, tab: str) -> tuple[str, ...]:
    """The tab, in reports of several."""
    return (tab,) if held.tabs else ()


def said(kind: str, value: str) -> str:
    """A value of the interface in Chinese."""
    return halves(WORDS["values"][f"{kind}.{value}"])[0].rstrip("。")


def _cell(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, int):
        sheet.write_number(row, column, value)
    elif isinstance(value, Decimal) and len(value.as_tuple().digits) <= DIGITS_MAX:
        sheet.write_number(row, column, float(value))
    else:
        sheet.write_string(row, column, str(value)[:CELL_CHARACTERS_MAX])
