"""Windows of simulated terms that no document states: a notice of their own, marked external.

The documents of the ledger state the windows of three terms. For any other half-year the simulated
province adopts a notice, as the real one does each time; it is marked as coming from outside the
documents, so that every answer that rests on it says so. Its days are set after those of 2020 and
2024, and so that a term ends before the next begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from api.simulate_calendar import BEFORE_DAYS, later
from ledger.command import PROVINCE
from ledger.day import half_year
from ledger.document import Document, parse
from ledger.names import JurisdictionId, TermId
from ledger.regulation import Rulebook
from ledger.term import PHASE_ZH, Calendar, Phase, window

# Month and day of the first and the last day of each step, and whether it is a gate.
Days = tuple[tuple[int, int], tuple[int, int], bool]
SPRING: dict[Phase, Days] = {
    Phase.PROFILE_UPDATE: ((3, 1), (3, 12), False),
    Phase.DECLARE: ((3, 1), (3, 5), True),
    Phase.REVIEW: ((3, 6), (3, 11), True),
    Phase.PUBLISH: ((3, 12), (3, 12), False),
    Phase.SELECT_R1: ((3, 13), (3, 20), True),
    Phase.SCHOOL_REVIEW_R1: ((3, 20), (3, 21), True),
    Phase.EXPANSION_REQUEST: ((3, 22), (3, 22), True),
    Phase.EXPANSION_DECISION: ((3, 23), (3, 23), True),
    Phase.PROVIDER_REVIEW_R1: ((3, 24), (3, 24), True),
    Phase.SELECT_R2: ((3, 25), (3, 26), True),
    Phase.SCHOOL_REVIEW_R2: ((3, 26), (3, 27), True),
    Phase.PROVIDER_REVIEW_R2: ((3, 28), (3, 28), True),
    Phase.DELIVER: ((4, 1), (6, 30), False),
}
AUTUMN: dict[Phase, Days] = {
    Phase.PROFILE_UPDATE: ((9, 3), (9, 14), False),
    Phase.DECLARE: ((9, 3), (9, 7), True),
    Phase.REVIEW: ((9, 8), (9, 13), True),
    Phase.PUBLISH: ((9, 14), (9, 14), False),
    Phase.SELECT_R1: ((9, 15), (9, 22), True),
    Phase.SCHOOL_REVIEW_R1: ((9, 22), (9, 23), True),
    Phase.EXPANSION_REQUEST: ((9, 24), (9, 24), True),
    Phase.EXPANSION_DECISION: ((9, 25), (9, 25), True),
    Phase.PROVIDER_REVIEW_R1: ((9, 26), (9, 26), True),
    Phase.SELECT_R2: ((9, 27), (9, 28), True),
    Phase.SCHOOL_REVIEW_R2: ((9, 28), (9, 29), True),
    Phase.PROVIDER_REVIEW_R2: ((9, 30), (9, 30), True),
    Phase.DELIVER: ((10, 8), (12, 31), False),
}
HEAD = """\
[document]
id = "sim{key}"
number = "模拟〔{year}〕{number}号（文件之外的假定）"
title_zh = "{term}学期的假定时间安排，仅供模拟"
title_en = "Assumed calendar of {term}, for simulation only"
authority_zh = "模拟"
authority_en = "Simulation"
place = "{place}"
year = {year}
issued = {issued}
certain_from = {issued}
external = true

[[rule]]
id = "SIM{key}-01"
clause = "模拟一"
kind = "round-two-admission"
use = "gate"
strength = "hard"
scope = {{ term = "{term}" }}
parameters = {{ bars = ["NO_SELECTION"] }}
zh = "首轮一门课也没有选的教师，次轮不得补选（模拟假定）。"
en = "Assumed for simulation: whoever chose nothing in the first round is out of the second."

[[rule]]
id = "SIM{key}-02"
clause = "模拟二"
kind = "selection-steps"
use = "gate"
strength = "hard"
scope = {{ term = "{term}" }}
parameters = {{ steps = ["SELECT", "SCHOOL_REVIEW", "PROVIDER_REVIEW"] }}
zh = "每轮依次为教师选课、学校审核和机构复核（模拟假定）。"
en = "Assumed for simulation: the teacher chooses, the school examines, the provider checks."
"""
RULE = """
[[rule]]
id = "SIM{key}-{number:02d}"
clause = "模拟三"
kind = "window"
use = "{use}"
strength = "hard"
scope = {{ term = "{term}", calendar = "REGULAR", step = "{step}" }}
parameters = {{ first = {first}, last = {last} }}
zh = "{title}自{first}至{last}（模拟假定）。"
en = "Assumed for simulation: {step} from {first} to {last}."
"""
WINDOWS_FROM = 10


def drafts(rules: Rulebook, place: JurisdictionId, terms: Sequence[TermId]) -> list[Document]:
    """A notice for each of the half-years that have no days for declaring, in their order."""
    missing = [
        each
        for each in sorted(set(terms), key=lambda each: each.value)
        if window(rules, place, each, Phase.DECLARE, Calendar.REGULAR, date.max) is None
    ]
    halves = [(each, days) for each in missing if (days := half_year(each)) is not None]
    return [_draft(each, days) for each, days in halves]


def _draft(term: TermId, days: tuple[date, date]) -> Document:
    year, number = days[0].year, 1 if days[0].month == 1 else 2
    spans = SPRING if number == 1 else AUTUMN
    about = {"key": term.value.lower(), "term": term.value, "year": year}
    issued = later(date(year, *spans[Phase.DECLARE][0]), -BEFORE_DAYS)
    text = HEAD.format(**about, number=number, place=PROVINCE.value, issued=issued)
    for count, (phase, (first, last, gate)) in enumerate(spans.items()):
        text += RULE.format(
            **about,
            number=WINDOWS_FROM + count,
            use="gate" if gate else "finding",
            step=phase.value,
            first=date(year, *first),
            last=date(year, *last),
            title=PHASE_ZH[phase],
        )
    return parse(text, f"sim{about['key']}.toml")
