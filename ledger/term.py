"""Term: the half-year, and the windows in which each step of it may be taken.

Windows are rules. They include both end days, in Asia/Shanghai (rulebook C-17); each command is
checked against its own window, so windows may overlap (C-09). A window that no document states is
unknown: the act is recorded, with an ``INDETERMINATE`` finding (C-10). So a term may be opened of
which no document states any window: the rules that hold by day and place judge what happens in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Self

from ledger.command import PROVINCE, Command, Refused, Selector, about, fact
from ledger.day import half_year
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.kind import OutOfRange
from ledger.names import JurisdictionId, Name, TermId
from ledger.register import taken, unknown
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.text import filled

# Nobody opens a half-year that begins later than this without a notice that speaks of it.
AHEAD_MAX = timedelta(days=366)


class Calendar(Enum):
    """Regular and order-based projects run on separate calendars (rulebook C-23)."""

    REGULAR = "REGULAR"
    ORDER = "ORDER"


class Phase(Enum):
    """A step of the term that has a window."""

    PROFILE_UPDATE = "PROFILE_UPDATE"
    DECLARE = "DECLARE"
    REVIEW = "REVIEW"
    PUBLISH = "PUBLISH"
    BROWSE = "BROWSE"
    SELECT_R1 = "SELECT_R1"
    SCHOOL_REVIEW_R1 = "SCHOOL_REVIEW_R1"
    EXPANSION_REQUEST = "EXPANSION_REQUEST"
    EXPANSION_DECISION = "EXPANSION_DECISION"
    PROVIDER_REVIEW_R1 = "PROVIDER_REVIEW_R1"
    SELECT_R2 = "SELECT_R2"
    SCHOOL_REVIEW_R2 = "SCHOOL_REVIEW_R2"
    PROVIDER_REVIEW_R2 = "PROVIDER_REVIEW_R2"
    TRAINING_NOTICE = "TRAINING_NOTICE"
    DELIVER = "DELIVER"
    ORDER_SUBMIT = "ORDER_SUBMIT"
    ORDER_LIST_PUBLISH = "ORDER_LIST_PUBLISH"
    ORDER_RESPOND = "ORDER_RESPOND"
    ORDER_AWARD = "ORDER_AWARD"
    ORDER_DECLARE = "ORDER_DECLARE"
    ORDER_REVIEW = "ORDER_REVIEW"
    ENROL = "ENROL"


PHASE_ZH = {
    Phase.PROFILE_UPDATE: "教师信息更新",
    Phase.DECLARE: "项目申报",
    Phase.REVIEW: "项目审核",
    Phase.PUBLISH: "项目发布",
    Phase.BROWSE: "浏览",
    Phase.SELECT_R1: "第一轮选课",
    Phase.SCHOOL_REVIEW_R1: "第一轮学校审核",
    Phase.EXPANSION_REQUEST: "扩班申请",
    Phase.EXPANSION_DECISION: "扩班受理",
    Phase.PROVIDER_REVIEW_R1: "第一轮机构复核",
    Phase.SELECT_R2: "第二轮选课",
    Phase.SCHOOL_REVIEW_R2: "第二轮学校审核",
    Phase.PROVIDER_REVIEW_R2: "第二轮机构复核",
    Phase.TRAINING_NOTICE: "发放培训通知",
    Phase.DELIVER: "培训实施",
    Phase.ORDER_SUBMIT: "订单报送",
    Phase.ORDER_LIST_PUBLISH: "订单清单公布",
    Phase.ORDER_RESPOND: "订单响应",
    Phase.ORDER_AWARD: "订单遴选",
    Phase.ORDER_DECLARE: "订单项目申报",
    Phase.ORDER_REVIEW: "订单项目审核发布",
    Phase.ENROL: "订单项目报名",
}


class Window(
    Parameters,
    kind="window",
    zh="每一步须在起止日之内，含首尾两日；只供浏览（BROWSE）的日子不能选课；文件没有写明的窗口记为无法判断。",
    scope=("term", "calendar", "step"),
    apart=("first", "last", "unknown"),
):
    """Refuses or notes a step outside its days; where they are ``unknown``, judges nothing.

    On the days of ``BROWSE`` the catalogue is only looked at: choosing is refused.
    """

    first: date | None = None
    last: date | None = None
    unknown: bool = False

    def unfit(self) -> OutOfRange | None:
        if self.unknown != (self.first is not None or self.last is not None):
            return None
        return OutOfRange(
            "first", "起止日与 unknown 须有且只有一样", "days or unknown, one of them"
        )

    def laxer(self, than: Self) -> bool:
        if than.unknown:
            return False
        early = than.first is not None and (self.first is None or self.first < than.first)
        return early or (than.last is not None and (self.last is None or self.last > than.last))

    def holds(self, day: date) -> bool:
        """Whether the day lies in the window, both ends included."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    @property
    def span(self) -> str:
        """``2024-03-19..2024-03-26``, an open end left empty."""
        if self.first == self.last:
            return str(self.first)
        return f"{self.first or ''}..{self.last or ''}"


class TermOpened(Event, name="term.opened"):
    """The province opened a half-year of training."""

    term: TermId
    title: str


class WindowClosed(Refused):
    """The day lies outside the window of this step."""


class WindowUnknown(Refused):
    """No document that the ledger holds states the window of this step."""


class TermWithoutCalendar(Refused):
    """No document gives the term a window, and it is no half-year of their time."""


def window(
    rules: Rulebook,
    place: JurisdictionId,
    term: TermId,
    phase: Phase,
    calendar: Calendar,
    day: date,
    *,
    fixed: bool = False,
) -> InForce[Window] | None:
    """The window of a step, or ``None`` where no adopted document speaks of it.

    A rule bound to a term is chosen by the term; the day tells the versions of an amended one.
    ``fixed``: what was adopted after the day does not count (rulebook C-33).
    """
    found: InForce[Window] | None = rules.derived(_window, place, term, phase, calendar, day, fixed)
    return found


def _window(
    rules: Rulebook,
    place: JurisdictionId,
    term: TermId,
    phase: Phase,
    calendar: Calendar,
    day: date,
    fixed: bool,
) -> InForce[Window] | None:
    scope = {"term": term.value, "step": phase.value, "calendar": calendar.value}
    return next(rules.answers(Window, place, day, scope, fixed), None)


def choosing(rules: Rulebook, place: JurisdictionId, day: date) -> TermId | None:
    """The term for whose selection data are kept up on a day.

    It is so from the first day of the term's calendar, or of the window, until its last round ends.
    """
    for term in sorted(rules.terms):
        found = {
            phase: each.value
            for phase in Phase
            if (each := _regular(rules, place, TermId(f"term:{term}"), phase, day)) is not None
        }
        data = found.get(Phase.PROFILE_UPDATE)
        firsts = [each.first for each in found.values() if each.first is not None]
        rounds = [found[each].last for each in (Phase.SELECT_R1, Phase.SELECT_R2) if each in found]
        ends = [each for each in rounds if each is not None]
        if data is None or data.unknown or not firsts or not ends:
            continue
        if (data.first or min(firsts)) <= day <= max(ends):
            return TermId(f"term:{term}")
    return None


def _regular(
    rules: Rulebook, place: JurisdictionId, term: TermId, phase: Phase, day: date
) -> InForce[Window] | None:
    return window(rules, place, term, phase, Calendar.REGULAR, day)


def judge_window(
    command: Command,
    phase: Phase,
    *,
    place: JurisdictionId,
    term: TermId,
    calendar: Calendar = Calendar.REGULAR,
    day: date | None = None,
    pinned: date | None = None,
) -> tuple[Refused, Outcome] | None:
    """What is wrong with the day of a step: closed (a violation), unknown, or nothing.

    ``pinned``: the day that chooses the version of the window, if it is another than the judged.
    """
    day = day or command.ask.on
    found = window(
        command.ask.rules, place, term, phase, calendar, pinned or day, fixed=pinned is not None
    )
    if found is None or found.value.unknown:
        return (
            WindowUnknown(
                zh=f"{term.value} 的{PHASE_ZH[phase]}时间在现有文件中没有规定，{day} "
                "是否合规无法判断",
                en=f"no document gives the {phase.value} window of {term.value}; {day} is "
                "undecided",
                rule=found,
                field="on",
            ),
            Outcome.INDETERMINATE,
        )
    if found.value.holds(day):
        return None
    return (
        WindowClosed(
            zh=f"{PHASE_ZH[phase]}的时间为 {found.value.span}，{day} 不在其中",
            en=f"the {phase.value} window is {found.value.span}; {day} is outside it",
            rule=found,
            field="on",
        ),
        Outcome.VIOLATION,
    )


def in_window(
    command: Command,
    phase: Phase,
    *subjects: Name,
    place: JurisdictionId,
    term: TermId,
    calendar: Calendar = Calendar.REGULAR,
) -> Iterator[Event]:
    """Gate: the command's day lies in the window; an unknown window is noted, not refused."""
    judged = judge_window(command, phase, place=place, term=term, calendar=calendar)
    if judged is None:
        return
    said, outcome = judged
    if outcome is Outcome.INDETERMINATE:
        yield command.finding(said, outcome, *subjects)
    else:
        yield from command.gate(said, *subjects)


def note_window(
    command: Command,
    phase: Phase,
    *subjects: Name,
    place: JurisdictionId,
    term: TermId,
    calendar: Calendar = Calendar.REGULAR,
    day: date | None = None,
    pinned: date | None = None,
) -> Iterator[Event]:
    """Finding: the day lies outside the window, but the act stands."""
    judged = judge_window(
        command, phase, place=place, term=term, calendar=calendar, day=day, pinned=pinned
    )
    if judged is not None:
        yield command.finding(*judged, *subjects)


@dataclass(kw_only=True)
class OpenTerm(Command):
    """Open a half-year of training, by the province."""

    term: TermId
    title: str

    known: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        return [about(self.term, of=[TermOpened], rare=True)]

    def learn(self, entry: Entry) -> None:
        self.known = True

    def authority(self) -> Name:
        return PROVINCE

    def decide(self) -> Iterator[Event]:
        if self.known:
            raise taken(self.term, "term")
        if self.term.value not in self.ask.rules.terms:
            self._within_reach()
        yield TermOpened(term=self.term, title=filled(self.title, "title"))

    def _within_reach(self) -> None:
        """Raises ``TermWithoutCalendar`` for what is no half-year, too early or far ahead."""
        days = half_year(self.term)
        known = [each.year for each in self.ask.rules.documents.values() if not each.external]
        said = None
        if days is None:
            said = ("不是 2024H1 这样的半年", "is no half-year such as 2024H1")
        elif not known or days[0].year < min(known):
            said = ("早于所有文件", "lies before all documents")
        elif days[0] > self.ask.on + AHEAD_MAX:
            said = (f"在 {self.ask.on} 尚远", f"is far ahead on {self.ask.on}")
        if said is not None:
            raise TermWithoutCalendar(
                zh=f"现有文件中没有 {self.term.value} 的任何时间安排，且该学期{said[0]}；"
                "如有通知，请先采纳",
                en=f"no adopted document has a calendar for {self.term.value}, which {said[1]}; "
                "adopt its notice, if there is one",
                field="term",
            )


def known_term(opened: bool, term: TermId) -> None:
    """Raises ``UnknownReference`` for a term that was not opened."""
    if not opened:
        raise unknown(term, "term")
