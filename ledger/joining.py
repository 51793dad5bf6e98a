"""Joining (并表): several tabs of a workbook that are one list, as one tab a year or one a school.

Tabs whose columns mean the same are proposed together, unless one of them by its name sums the
others up or is a copy. Tabs that are hidden are left to people to name. Where each tab is
called after a year of its own, a row of which no column says when is of the year of its tab.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from ledger.fault import Fault
from ledger.heading import Candidate
from ledger.mapping import Form, Mapping, Reading

ALL = "*"
JOINED = frozenset({Form.CREDITS, Form.TOTALS})
# What sums other tabs up, repeats one of them, or is to be filled in.
APART = re.compile(
    r"汇总|总表|总计|合计|备份|副本|模板|模版|样表|样例|示例|说明"
    r"|summary|total|backup|copy|template|sample|\(\d+\)$",
    re.I,
)
YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
SCHOOL_YEAR = re.compile("学年|学期|[-—–~至到/]")


def together(
    candidates: Sequence[Candidate], one: Candidate | None = None
) -> tuple[Candidate, ...]:
    """A tab with those that are one list with it, in the order of the workbook.

    ``one``: the likeliest, unless another is said.
    """
    first = one or candidates[0]
    others = [each for each in candidates if each is not first and _alike(first, each)]
    return tuple(sorted((first, *others), key=lambda each: each.at))


def named(candidates: Sequence[Candidate], tabs: Iterable[str]) -> tuple[Candidate, ...]:
    """The tabs of those names; ``*``: all with a header. Raises ``Fault`` (``TAB_MISSING``)."""
    asked = list(dict.fromkeys(tabs))
    if ALL in asked:
        return tuple(sorted(candidates, key=lambda each: each.at))
    known = {each.mapping.tab: each for each in candidates}
    for each in asked:
        if each not in known:
            some, some_en = "、".join(known), ", ".join(known)
            raise Fault(
                "TAB_MISSING",
                zh=f"没有带表头的工作表“{each}”，有：{some}",
                en=f"no tab {each} has a header; there are: {some_en}",
                field="tab",
            )
    return tuple(known[each] for each in asked)


def joined(found: Sequence[Candidate], among: Sequence[Candidate] = ()) -> Mapping:
    """How tabs are read as one list.

    ``among``: all of the workbook. Where it has a tab a year, one alone is of its year as well.
    """
    whole = found if len(found) > 1 else together(among or found, found[0])
    mappings = [each.mapping for each in found]
    years = [_year(each.mapping) for each in whole]
    if len(whole) > 1 and None not in years and len({*years}) == len(years):
        mappings = [replace(each, year=_year(each)) for each in mappings]
    return join(mappings)


def years_of(mapping: Mapping) -> tuple[int, ...] | UnsetType:
    """The years of which tabs are a list, where each of them is of one."""
    years = {each.year for each in mapping.parts}
    return UNSET if None in years else tuple(sorted(each for each in years if each))


def are_of_years(reading: Reading) -> bool:
    """Whether the rows of each tab that tell a day or a year are of its year, for the most part.

    Tabs may also be called after a year in which those who stand in them began to work.
    """
    for part in reading.mapping.parts:
        own = [each for each in reading.rows if each.tab == part.tab]
        told = [each.completed.year if each.completed else each.year for each in own]
        years = [each for each in told if each is not None]
        if 2 * years.count(part.year or 0) < len(years):
            return False
    return True


def join(mappings: Sequence[Mapping]) -> Mapping:
    """Several ways to read as one. Raises ``Fault``: ``TABS_NOT_JOINED``, ``TAB_TWICE``."""
    first, *rest = mappings
    if rest and first.form not in JOINED:
        raise Fault(
            "TABS_NOT_JOINED",
            zh="只有对账的表格（CREDITS、TOTALS）可以几张工作表一起读，其余的一次读一张",
            en="only sheets that are compared, CREDITS and TOTALS, are read from several tabs at "
            "once; of others one at a time",
            field="moreTabs",
        )
    names = [each.tab for each in mappings]
    twice = next((each for each in names if names.count(each) > 1), None)
    if twice is not None:
        raise Fault(
            "TAB_TWICE",
            zh=f"工作表“{twice}”写了两次，每张只读一次",
            en=f"the tab {twice} is named twice; each is read once",
            field="moreTabs",
        )
    return replace(first, more=tuple(rest))


def _alike(one: Candidate, other: Candidate) -> bool:
    """Whether two tabs are one list, by what their columns mean."""
    mine, its = one.mapping, other.mapping
    if mine.form not in JOINED or one.concealed or other.concealed:
        return False
    if not one.rows or not other.rows or mine.tab == its.tab:
        return False
    if APART.search(mine.tab) or APART.search(its.tab):
        return False
    return frozenset(mine.columns.values()) == frozenset(its.columns.values())


def _year(mapping: Mapping) -> int | None:
    """The year after which a tab is called; rows of which a column says when are not asked."""
    years = YEAR.findall(mapping.tab)
    if len(years) != 1 or SCHOOL_YEAR.search(mapping.tab):
        return None
    return int(years[0])
