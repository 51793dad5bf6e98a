"""Heading: where the header of a sheet stands, and what its wordings mean.

People put a title and remarks above the header, merge its cells over two rows, and call one thing
by many names. What is found is a proposal: people see it with samples, and change or confirm it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ledger.cell import said
from ledger.fault import Fault
from ledger.mapping import Column, Form, Mapping, MappingSaved, header_digest
from ledger.names import VALUE
from ledger.sheet import Cell, Grid, Tab
from ledger.text import simplified
from ledger.wording import PATTERNS, TERM_PATTERNS

LOOKED_ROWS_MAX = 40
HEADER_CHARACTERS_MAX = 60
SAMPLES_MAX = 20
BLANK_OR_MARK = re.compile(r"[\s:：*＊★☆、，,.。·_/\\|\-\[\]【】“”\"'’]+")
REMARK = re.compile(r"[（(][^（）()]*[）)]")
PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:学分|学时|分)?")
HAN = re.compile(r"[\u4e00-\u9fff]")
NAMED = re.compile(r"[^\W\d_]{2,}(?:[·•.][^\W\d_]+)*")
ID_SHAPED = re.compile(r"[1-9][0-9]{16}[0-9Xx]")
PERSON = frozenset({Column.ID_NUMBER, Column.NUMBER, Column.NAME})
KINDS = frozenset(
    {
        Column.CREDITS_INTENSIVE,
        Column.CREDITS_BLENDED,
        Column.CREDITS_DISTANCE,
        Column.CREDITS_SCHOOL_BASED,
    }
)
AMOUNTS = KINDS | {Column.CREDITS, Column.HOURS}
# What a form cannot do without: one of each group.
NEEDED: dict[Form, tuple[frozenset[Column], ...]] = {
    Form.CREDITS: (PERSON, AMOUNTS),
    Form.TOTALS: (PERSON, AMOUNTS),
    Form.TEACHERS: (PERSON, frozenset({Column.NAME}), frozenset({Column.SCHOOL})),
    Form.RESULTS: (PERSON, frozenset({Column.PASSED, Column.HOURS_MISSED, Column.HOURS})),
    Form.SCHOOL_BASED: (PERSON, frozenset({Column.TITLE}), AMOUNTS),
    Form.BALANCES: (PERSON, AMOUNTS),
    Form.TERM: (frozenset({Column.PROJECT, Column.OFFERING, Column.TITLE}),),
}


class Candidate(Struct, frozen=True, kw_only=True):
    """A tab that may be meant, with its mapping; ``at``: the how many of the workbook, from 0.

    ``known``: by a mapping saved before.
    """

    mapping: Mapping
    score: int
    rows: int
    at: int = 0
    concealed: bool = False
    known: bool = False


def propose(grid: Grid, form: Form, saved: Iterable[MappingSaved] = ()) -> tuple[Candidate, ...]:
    """The tabs with a header, the likeliest first. Raises ``Fault`` (``HEADER_MISSING``).

    Where the header is one of a saved mapping, what its columns mean is taken from there.
    """
    known = {
        each.header_digest: {one.at: one.column for one in each.columns}
        for each in saved
        if each.form is form
    }
    found = [
        replace(made, at=at)
        for at, tab in enumerate(grid.tabs)
        if (made := _candidate(tab, form, known)) is not None
    ]
    if not found:
        raise Fault(
            "HEADER_MISSING",
            zh=f"前 {LOOKED_ROWS_MAX} 行里没有表头：须有一行写明各列名称，如姓名、学分",
            en=f"no header stands in the first {LOOKED_ROWS_MAX} rows; one row must name the "
            "columns, such as 姓名, 学分",
        )
    order = sorted(found, key=lambda each: (each.concealed, -each.score, -each.rows))
    return tuple(order)


def unread(grid: Grid, mapping: Mapping) -> tuple[str, ...]:
    """The other tabs in which a header stands too; nothing of them is read."""
    read = {each.tab for each in mapping.parts}
    others = (tab for tab in grid.tabs if tab.name not in read)
    return tuple(tab.name for tab in others if _candidate(tab, mapping.form, {}) is not None)


def meaning(header: str, form: Form | None = None) -> tuple[Column, int] | None:
    """What a header means, and how far down its wording stands; the lower, the vaguer."""
    whole = simplified(BLANK_OR_MARK.sub("", said(header)))
    patterns = (*TERM_PATTERNS, *PATTERNS) if form is Form.TERM else PATTERNS
    for words in dict.fromkeys((REMARK.sub("", whole), re.sub(r"[（()）]", "", whole))):
        for rank, (column, pattern) in enumerate(patterns):
            if words and pattern.fullmatch(words.lower() if words.isascii() else words):
                return column, rank
    return None


def header_of(tab: Tab, row: int, rows: int) -> tuple[str, ...]:
    """The texts of a header, merged cells said in each; those of two rows joined by a space."""
    filled = [_spread(tab, each) for each in range(row, row + rows)]
    width = max((len(each) for each in filled), default=0)
    texts = []
    for column in range(width):
        parts = [
            said(each[column])[:HEADER_CHARACTERS_MAX] for each in filled if column < len(each)
        ]
        texts.append(" ".join(dict.fromkeys(part for part in parts if part)))
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


def lacking(mapping: Mapping) -> tuple[frozenset[Column], ...]:
    """The groups of which a mapping has no column, though its form needs one."""
    given = frozenset(mapping.columns.values())
    return tuple(group for group in NEEDED[mapping.form] if not group & given)


def recordlike(cells: Sequence[Cell], columns: dict[int, Column]) -> bool:
    """Whether a row says of somebody how much, or whose id number it is, as a record does."""
    told = {each: cells[at - 1] for at, each in columns.items() if at <= len(cells)}
    numbers = (said(told.get(each)) for each in (Column.ID_NUMBER, Column.NUMBER))
    named = said(told.get(Column.NAME)).replace(" ", "")
    person = NAMED.fullmatch(named) and meaning(named) is None
    if not person and not any(VALUE.fullmatch(each) for each in numbers):
        return False
    if ID_SHAPED.fullmatch(said(told.get(Column.ID_NUMBER)).replace(" ", "")):
        return True
    return any(PLAIN.fullmatch(said(each)) for one, each in told.items() if one in AMOUNTS)


def _candidate(tab: Tab, form: Form, known: dict[str, dict[int, Column]]) -> Candidate | None:
    found = sorted(_headers(tab, form, known), key=lambda each: each[0], reverse=True)
    if not found:
        return None
    (score, _, _), best = found[0]
    # A header further down may be the same once more, pressed into one row: what stands between
    # would be lost. The first that fits stays, as soon as records of its own come before another.
    while earlier := [each for each in found if _comes_first(tab, each[1], best)]:
        (score, _, _), best = earlier[0]
    mapping = replace(best, columns=dict(sorted(best.columns.items())))
    return Candidate(
        mapping=mapping,
        score=score - len(lacking(mapping)) * 2,
        rows=sum(1 for each in tab.rows[mapping.first_row - 1 :] if each),
        concealed=tab.concealed,
        known=mapping.header_digest in known,
    )


def _comes_first(tab: Tab, one: Mapping, other: Mapping) -> bool:
    """Whether a header that fits has records of its own above another one."""
    between = tab.rows[one.first_row - 1 : other.header_row - 1]
    return (
        one.header_row < other.header_row
        and not lacking(one)
        and any(recordlike(each, one.columns) for each in between)
    )


def _headers(
    tab: Tab, form: Form, known: dict[str, dict[int, Column]]
) -> Iterator[tuple[tuple[int, bool, int], Mapping]]:
    """What may be the header of a tab, each with how much speaks for it."""
    for row in range(1, min(len(tab.rows), LOOKED_ROWS_MAX) + 1):
        if any(span.top < row <= span.bottom for span in tab.merged):
            continue  # the lower part of a block is no beginning
        merged_down = any(span.top == row and span.bottom == row + 1 for span in tab.merged)
        for rows in (1, 2)[: len(tab.rows) - row + 1]:
            header = header_of(tab, row, rows)
            saved = known.get(header_digest(header))
            columns = dict(saved) if saved else _meanings(header, form)
            score = len(columns) * 2 + (len(header) if saved else 0)
            if len(columns) < 2:
                continue
            mapping = Mapping(
                form=form,
                tab=tab.name,
                header_row=row,
                header_rows=rows,
                header=header,
                columns=columns,
            )
            _by_content(tab, mapping)
            # Of two that say as much, a header is as high as its cells are merged.
            yield (score, (rows == 2) == merged_down, -rows), mapping


def _meanings(header: Sequence[str], form: Form) -> dict[int, Column]:
    """The meanings of the columns; of two with one meaning the more specific wording has it."""
    claims: dict[Column, tuple[int, int]] = {}
    for at, words in enumerate(header, start=1):
        found = _joined(words, form)
        if found is None:
            continue
        column, rank = found
        if form is Form.TOTALS and column is Column.CREDITS and "总" in words:
            rank = 0
        if column not in claims or rank < claims[column][0]:
            claims[column] = (rank, at)
    columns = {at: column for column, (_, at) in claims.items()}
    if Column.STARTED in claims and Column.COMPLETED not in claims:
        # One day is that of the end, unless it is called that of the beginning.
        at = claims[Column.STARTED][1]
        if not re.search("开|起|报到|调|到岗|到校|start", header[at - 1]):
            columns[at] = Column.COMPLETED
    if {Column.SETTLED_ON, Column.OFFERING} <= {*claims} and not PERSON & {*claims}:
        # Where nobody stands, it is the class that ends.
        at = claims[Column.SETTLED_ON][1]
        if Column.COMPLETED in claims:
            del columns[at]
        else:
            columns[at] = Column.COMPLETED
    return columns


def _joined(words: str, form: Form) -> tuple[Column, int] | None:
    """The meaning of a header; of two rows the lower one, read with the upper one first."""
    whole = meaning(words, form)
    if whole is not None or " " not in words:
        return whole
    upper, _, lower = words.partition(" ")
    joined = (lower + upper, lower, upper + lower)
    return next((found for each in joined if (found := meaning(each, form))), None)


def _by_content(tab: Tab, found: Mapping) -> None:
    """What a column is by its cells: id numbers, whatever it is called; titles of trainings."""
    sample = tab.rows[found.first_row - 1 : found.first_row - 1 + SAMPLES_MAX]
    told = {
        at: [row[at - 1] for row in sample if len(row) >= at and row[at - 1] is not None]
        for at in range(1, len(found.header) + 1)
    }
    if Column.ID_NUMBER not in found.columns.values():
        loose = (at for at in told if found.columns.get(at, Column.NUMBER) is Column.NUMBER)
        at = next((at for at in loose if _mostly(ID_SHAPED.fullmatch, told[at])), 0)
        found.columns.update({at: Column.ID_NUMBER} if at else {})
    if found.form is not Form.CREDITS or Column.TITLE in found.columns.values():
        return
    for at, column in found.columns.items():
        words = simplified(found.header[at - 1]).split()[-1:]
        if column is Column.OFFERING and words in (["培训班"], ["研修班"]):
            # The name of a class is the title, where nothing else is, unless it is a code.
            found.columns[at] = Column.TITLE if _mostly(HAN.search, told[at]) else column


def _mostly(fits: Callable[[str], object], cells: Sequence[Cell]) -> bool:
    """Whether over half of the cells are texts of a shape."""
    return sum(1 for each in cells if isinstance(each, str) and fits(said(each))) * 2 > len(cells)


def _spread(tab: Tab, row: int) -> list[Cell]:
    """A row in which each cell of a merged block says what the block says."""
    cells = list(tab.rows[row - 1])
    for span in tab.merged:
        if span.top <= row <= span.bottom:
            said_there = tab.cell(span.top, span.left)
            cells.extend([None] * (span.right - len(cells)))
            for column in range(span.left, span.right + 1):
                cells[column - 1] = said_there
    return cells
