"""Skip: which rows of a sheet are no records: repeated headers, totals, remarks and empty rows.

Whether a row is about a person is told by what stands in the columns for persons: a number has the
form of one, a name has no digits. A label of totals is neither, in whichever column it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ledger import cell
from ledger.heading import meaning
from ledger.mapping import Column, Mapping
from ledger.names import VALUE
from ledger.sheet import Cell, Row, Tab
from ledger.text import simplified

TOTALS = re.compile(
    r"(本页|本表|全校|全县|全市|学校|单位|县|总人数|年度|人数|.{0,12})?"
    r"(合计|小计|总计|共计|累计|总和|汇总|total|subtotal|sum)[\s:：]*.{0,6}"
    r"|(本页|本表|本校|全校|全县|全市|每)?(人均|平均|均值)(值|数|分|学分|学时)?[:：]?",
    re.I,
)
# Nothing but the label: it adds up what one person has, too.
LABEL = re.compile(
    r"(本页|本表|本人|个人|年度|周期|学分|学时)?"
    r"(合计|小计|总计|共计|累计|总和|汇总|total|subtotal|sum)[:：]?"
    r"|(人均|平均|均值)(值|数|分|学分|学时)?[:：]?",
    re.I,
)
# In a tab that is about nobody: a title that has such a word in it is a title.
OVERALL = re.compile(
    r"(本页|本表|全校|全县|全市|学校|单位|县|总人数|年度|人数|学分|学时)?"
    r"(合计|小计|总计|共计|累计|总和|汇总|total|subtotal|sum)[:：]?"
    r"|(本页|本表|本校|全校|全县|全市|每)?(人均|平均|均值)(值|数|分|学分|学时)?[:：]?",
    re.I,
)
COUNTED = re.compile(r"(以上|合计|总计|总)?共?[0-9]+(人次|人|名|位|条|行|项)(教师|学员)?[。.]?")
SIGNED = re.compile(
    r"(制表|填表|填报|审核|审批|复核|校对|经办|经手|负责|主管|分管|盖章|签字|签名|打印|联系|报送"
    r"|单位.{0,4}盖章).{0,8}[:：]"
)
REMARK = re.compile(
    r"(备?注|说明|填表|制表|审核|负责人|经办|单位.{0,4}盖章|盖章|签字|签名|日期"
    r"|联系|填报|打印|第.{1,4}页)"
)
HAN = re.compile(r"[\u4e00-\u9fff]")
PERSON = (Column.ID_NUMBER, Column.NUMBER, Column.NAME)
KEYS = (Column.PROJECT, Column.OFFERING)
AMOUNTS = frozenset(
    {
        Column.CREDITS,
        Column.BASE,
        Column.HOURS,
        Column.HOURS_MISSED,
        Column.CREDITS_INTENSIVE,
        Column.CREDITS_BLENDED,
        Column.CREDITS_DISTANCE,
        Column.CREDITS_SCHOOL_BASED,
    }
)


class Skips:
    """Tells of the rows of one tab which are no records."""

    def __init__(self, tab: Tab, mapping: Mapping) -> None:
        self._tab, self._mapping = tab, mapping
        meant = {column: at for at, column in mapping.columns.items()}
        self._person = [meant[each] for each in PERSON if each in meant]
        self._id, self._number, self._name = (meant.get(each) for each in PERSON)
        # What says of which project or class a row is, where no column says of whom.
        self._keys = [] if self._person else [meant[each] for each in KEYS if each in meant]
        self._title = meant.get(Column.TITLE)
        self._amounts = [at for column, at in meant.items() if column in AMOUNTS]
        self._above = self._headers()
        above = tab.rows[: max(mapping.header_row - 1, 0)]
        self._titles = frozenset(shape for row in above if (shape := _shape(row)))
        self._begins = frozenset(each[0] for each in self._above)
        self._words = {at: self._called(at) for at in mapping.columns}

    @property
    def of_persons(self) -> bool:
        """Whether a column says whose the row is."""
        return bool(self._person)

    def why(self, wide: list[Cell], bare: Row) -> str | None:
        """Why a row is no record; ``None`` for a record.

        ``bare``: its own cells, without what those above say that are merged with them.
        """
        if not any(each is not None and cell.said(each) for each in wide):
            return "EMPTY"
        shape = _shape(bare)
        if shape and shape[0] in self._begins and shape in self._above:
            return "REPEATED_HEADER"
        if self._repeats(bare):
            return "REPEATED_HEADER"
        if self._sure(wide) or self._keyed(bare):
            return None
        if shape and shape in self._titles:
            return "NOTE"
        named = self._named(wide)
        texts = [(at, _compact(each)) for at, each in enumerate(wide, 1) if isinstance(each, str)]
        if self._adds_up(texts, named=named, keyed=self._keyed(wide)):
            return "TOTALS"
        said_there = [each for _, each in texts if each]
        if not named and self._person and any(SIGNED.match(each) for each in said_there):
            return "NOTE"
        if not self._person or any(wide[at - 1] not in (None, "") for at in self._amounts):
            return None
        lone = len([each for each in wide if each not in (None, "")]) == 1
        nobody = all(wide[at - 1] in (None, "") for at in self._person)
        remark = said_there and (lone or nobody or REMARK.match(said_there[0]))
        return "NOTE" if remark else None

    def _repeats(self, bare: Row) -> bool:
        """Whether most columns say what they are called, and none says anything else."""
        told = [at for at in self._words if at <= len(bare) and bare[at - 1] not in (None, "")]
        many = len(told) >= 2 and len(told) * 2 >= len(self._words)
        same = many and any(_compact(bare[at - 1]) in self._words[at] for at in told)
        return same and all(self._calls(at, bare[at - 1]) for at in told)

    def _calls(self, at: int, given: Cell) -> bool:
        """Whether a cell says what its column is called, or has another name for it."""
        words = _compact(given) if isinstance(given, str) else ""
        if not words or words in self._words[at]:
            return bool(words)
        found = meaning(words, self._mapping.form)
        return found is not None and found[0] is self._mapping.columns[at]

    def _sure(self, wide: list[Cell]) -> bool:
        """Whether a number says whose the row is, right or wrong."""
        given = _compact(wide[self._id - 1]) if self._id is not None else ""
        if given and not HAN.search(given):
            return True
        given = _compact(wide[self._number - 1]) if self._number is not None else ""
        return bool(VALUE.fullmatch(given)) and not LABEL.fullmatch(given)

    def _keyed(self, cells: Sequence[Cell]) -> bool:
        """Whether a row says of which project or class it is, and is of nobody."""
        given = [_compact(cells[at - 1]) for at in self._keys if at <= len(cells)]
        return any(each and not OVERALL.fullmatch(each) for each in given)

    def _named(self, wide: list[Cell]) -> bool:
        """Whether a name says whose the row is."""
        given = wide[self._name - 1] if self._name is not None else None
        said = _compact(given)
        return (
            isinstance(given, str)
            and bool(said)
            and not any(each.isdigit() or each in ":：" for each in said)
            and not TOTALS.fullmatch(said)
        )

    def _adds_up(self, texts: list[tuple[int, str]], *, named: bool, keyed: bool) -> bool:
        """Whether a row is a total; that of one person has the bare label, and his name.

        ``keyed``: a cell merged with it says of which class it is, so that its title is a title.
        """
        if named:
            return any(LABEL.fullmatch(each) for at, each in texts if at not in self._person)
        if not self._person:
            told = (each for at, each in texts if not (keyed and at == self._title))
            return any(OVERALL.fullmatch(each) for each in told)
        return any(TOTALS.fullmatch(each) or COUNTED.fullmatch(each) for _, each in texts)

    def _called(self, at: int) -> frozenset[str]:
        """What a column is called: in each row of the header, and in all of them."""
        top = self._mapping.header_row
        rows = [self._spread(row) for row in range(top, top + self._mapping.header_rows)]
        said = [row[at - 1] for row in (*rows, self._mapping.header) if at <= len(row)]
        return frozenset(filter(None, map(_compact, said)))

    def _headers(self) -> frozenset[tuple[str, ...]]:
        """The rows of the header, as they would stand once more."""
        top = self._mapping.header_row
        rows = self._tab.rows[top - 1 : top - 1 + self._mapping.header_rows]
        # As they stand, each in one row, and all of it pressed into one.
        said = [*rows, *(self._spread(row) for row in range(top, top + len(rows)))]
        said.append(self._mapping.header)
        return frozenset(shape for row in said if (shape := _shape(row)))

    def _spread(self, row: int) -> Row:
        """A row of the header in which each cell says what the block says that it belongs to."""
        cells = list(self._tab.rows[row - 1])
        for span in self._tab.merged:
            if span.top <= row <= span.bottom:
                cells += [None] * (span.right - len(cells))
                said = self._tab.cell(span.top, span.left)
                cells[span.left - 1 : span.right] = [said] * (span.right - span.left + 1)
        return tuple(cells)


def _compact(given: Cell) -> str:
    return simplified(cell.said(given).replace(" ", ""))


def _shape(cells: Iterable[Cell]) -> tuple[str, ...]:
    return tuple(filter(None, map(_compact, cells)))
