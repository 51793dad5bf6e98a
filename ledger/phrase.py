"""Phrase: a wording that stands for one of a few values: a kind, a stage, a half-day, a result."""

from __future__ import annotations

import re
from typing import Any

from ledger import cell
from ledger.credit import CreditKind
from ledger.fault import Fault
from ledger.register import Stage, Title
from ledger.schedule import Half
from ledger.sheet import Cell
from ledger.text import simplified

# Each wording fits one value; what fits two, or none, is asked back.
KINDS = (
    (CreditKind.SCHOOL_BASED, re.compile("校本|SCHOOL_BASED")),
    (CreditKind.BLENDED, re.compile("混合|BLENDED")),
    (CreditKind.DISTANCE, re.compile("远程|网络|线上|在线|网上|DISTANCE")),
    (
        CreditKind.INTENSIVE,
        re.compile(
            "集中|脱产|面授|线下|^90学时(?!.*(?:校本|混合|远程|网络|线上|在线|网上))|INTENSIVE"
        ),
    ),
)
# Both ways together are what is called blended.
BOTH_WAYS = re.compile(
    "线上.{0,3}线下|线下.{0,3}线上|混合式?[（(][^（()）]*[)）]|[（(][^（()）]*混合式?[)）]"
)
# A training of a school may be held in any way, unless the wording tells of two trainings.
OF_A_SCHOOL = re.compile(r"^[^+＋/、,，;；和与及含或]*校本(?!.*结合)[^+＋/、,，;；和与及含或]*$")
STAGES = (
    (Stage.KINDERGARTEN, re.compile("幼儿|学前|幼教|KINDERGARTEN")),
    (Stage.SPECIAL, re.compile("特殊|特教|SPECIAL")),
    (Stage.VOCATIONAL, re.compile("职(?!工|员|称|务|初)|技校|VOCATIONAL")),
    (Stage.JUNIOR_SECONDARY, re.compile("初中|JUNIOR_SECONDARY")),
    (Stage.SENIOR_SECONDARY, re.compile("(?<!职业)高中|SENIOR_SECONDARY")),
    (Stage.PRIMARY, re.compile("(?<!中)小学|PRIMARY")),
)
# Grades of posts: the first four of a professor, and those of the highest teachers, are senior.
TITLES = (
    (Title.SENIOR, re.compile("正高|教授级|^(?:[一二三四]级)?教授|^SENIOR")),
    (Title.ASSOCIATE_SENIOR, re.compile("副高|副教授|(?<!正)(?<!教授级)高级|ASSOCIATE_SENIOR")),
    (
        Title.INTERMEDIATE,
        re.compile("中级|一级(?!教授)|(?<!助理)(?<!高级)讲师|INTERMEDIATE"),
    ),
    (Title.JUNIOR, re.compile("初级|^(?!.*正高).*[二三]级(?!教授)|助理|助教|JUNIOR")),
    (Title.NONE, re.compile("未定级|未评|NONE")),
)
# The highest title of primary schools before 2015 was an intermediate one; later it is not. That of
# all schools, 中小学高级, is of later.
OTHERWISE = re.compile("非|拟评|(?:(?<!中)小学|小教|幼儿园|幼教)高级|小高")
HALVES = (
    (Half.MORNING, re.compile("上午|MORNING")),
    (Half.AFTERNOON, re.compile("下午|AFTERNOON")),
    (Half.EVENING, re.compile("晚|EVENING")),
)
YES = frozenset(
    {"合格", "通过", "及格", "结业", "是", "已结业", "已通过", "良好", "优秀", "√", "TRUE", "Y"}
)
NO = frozenset(
    {"不合格", "未通过", "不通过", "不及格", "未结业", "不予结业", "否", "×", "FALSE", "N"}
)
SURE = frozenset({"确定", "已核实", "准确", "是", "TRUE", "CERTAIN"})
UNSURE = frozenset({"不确定", "待核实", "待定", "存疑", "估算", "否", "FALSE", "UNCERTAIN"})


def kind(given: Cell) -> CreditKind | None:
    """The kind of training that a wording stands for."""
    words = simplified(cell.said(given)).upper()
    if OF_A_SCHOOL.search(words) and not OTHERWISE.search(words):
        return CreditKind.SCHOOL_BASED
    found: CreditKind | None = _one_of(
        BOTH_WAYS.sub("混合", words),
        KINDS,
        "BAD_KIND",
        "集中、混合、远程、校本",
        "intensive, blended, …",
    )
    return found


def stage(given: Cell) -> Stage | None:
    """The stage of schooling that a wording stands for."""
    words = "幼儿园、小学、初中、高中等"
    found: Stage | None = _one_of(given, STAGES, "BAD_STAGE", words, "a stage of schooling")
    return found


def title(given: Cell) -> Title | None:
    """The professional title that a wording stands for."""
    words = "正高级、高级、中级或初级"
    found: Title | None = _one_of(given, TITLES, "BAD_TITLE", words, "a professional title")
    return found


def half(given: Cell) -> Half | None:
    """The half-day that a wording stands for."""
    found: Half | None = _one_of(given, HALVES, "BAD_HALF", "上午、下午或晚上", "morning, …")
    return found


def passed(given: Cell) -> bool | None:
    """Whether a wording says that somebody passed."""
    if isinstance(given, bool):
        return given
    words = simplified(cell.said(given)).replace(" ", "").upper()
    if not words or words in cell.NOTHING:
        return None
    if words in YES or words in NO:
        return words in YES
    raise Fault(
        "BAD_RESULT",
        zh=f"“{words[: cell.SHOWN_CHARACTERS_MAX]}”：应为合格或不合格",
        en=f"'{words[: cell.SHOWN_CHARACTERS_MAX]}': 合格 or 不合格 is expected",
    )


def certain(given: Cell) -> bool | None:
    """Whether an amount is said to be certain."""
    found = simplified(cell.said(given)).replace(" ", "").upper()
    if not found or found in cell.NOTHING:
        return None
    if found not in SURE | UNSURE:
        raise Fault(
            "BAD_CERTAINTY",
            zh=f"“{found[: cell.SHOWN_CHARACTERS_MAX]}”：应为确定或不确定",
            en=f"'{found[: cell.SHOWN_CHARACTERS_MAX]}': 确定 or 不确定 is expected",
        )
    return found in SURE


def _one_of(given: Cell, wordings: Any, code: str, zh: str, en: str) -> Any:
    words = simplified(cell.said(given)).upper()
    if not words or words in cell.NOTHING:
        return None
    cell.no_error(words)
    found = [] if OTHERWISE.search(words) else [one for one, fits in wordings if fits.search(words)]
    if len(found) == 1:
        return found[0]
    shown = words[: cell.SHOWN_CHARACTERS_MAX]
    several = ("写了不止一种，", "it says more than one; ") if found else ("", "")
    raise Fault(
        code,
        zh=f"“{shown}”：{several[0]}应为{zh}",
        en=f"'{shown}': {several[1]}one of {en} is expected",
    )
