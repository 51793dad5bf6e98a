"""Selection: a teacher chooses an offering, in round one or in round two.

Who may use round two depends on what became of round one (rulebook C-08). The windows are those of
the teacher's place, and an order-based offering is chosen in the same rounds (C-23). How well the
training suits the teacher is recorded with the choice and refuses nothing (C-28).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from ledger.category import CATEGORY_EVENTS, Belonging, belongings_after
from ledger.command import Command, Refused, Selector, about, fact
from ledger.enrollment import (
    ENROLLMENT_EVENTS,
    Match,
    OfferingSelected,
    Via,
)
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.names import JurisdictionId, Name, OfferingId, TeacherId, TermId
from ledger.offering import OFFERING_EVENTS, ClassRoom, OfferingOpened
from ledger.parallel import Family
from ledger.plan import Choice as Selecting
from ledger.plan import Plan
from ledger.register import Category
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.round import RoundTwoAdmission, TermChoices, barred
from ledger.teacher import TEACHER_EVENTS, Whereabouts
from ledger.term import Calendar, Phase, Window, in_window, window


class SelectionChannels(
    Parameters,
    kind="selection-channels",
    zh="选课时注明渠道而规则未列该渠道的，记一项提示，不影响选课。",
    scope=("term",),
    more=("channels",),
    words={"channels": Via},
):
    """A choice by a channel that the rule does not name is noted as an advisory; it stands."""

    channels: tuple[str, ...]


class OnlyBrowsing(Refused):
    """The catalogue may be looked at, but not chosen from yet."""


class BetweenRounds(Refused):
    """Order-based classes are chosen in the two rounds only, not on the days between."""


class AssignedOnly(Refused):
    """A bureau assigns teachers to this training; nobody chooses it."""


class ChannelNotNamed(Refused):
    """The term's rule does not name this channel."""


class AlreadySelected(Refused):
    """The teacher's choice of this offering stands."""


def matched(plan: Plan, now: Whereabouts) -> Match:
    """Which targets of a plan suit a teacher; unknown where one of the two does not say (C-28)."""
    tier = now.tier in plan.target_tiers if plan.target_tiers and now.tier else None
    known = plan.target_categories and now.categories
    return Match(
        tier=tier,
        category=any(each in plan.target_categories for each in now.categories) if known else None,
        subject=None if now.subject is None else now.subject == plan.subject,
        stage=None if now.stage is None else now.stage is plan.stage,
    )


@dataclass(frozen=True)
class Rounds:
    """The windows of a term's two rounds, and how a day lies to them, in a place.

    ``number``: round two from the first day of its window on; before that, round one. ``between``:
    the day lies after round one and before round two, so in neither window.
    """

    browse: InForce[Window] | None
    first: InForce[Window] | None
    second: InForce[Window] | None
    number: int
    between: bool


def rounds_on(rules: Rulebook, place: JurisdictionId, term: TermId, day: date) -> Rounds:
    """The rounds of a term as the rules have them."""
    browse, first, second = [
        window(rules, place, term, phase, Calendar.REGULAR, day)
        for phase in (Phase.BROWSE, Phase.SELECT_R1, Phase.SELECT_R2)
    ]
    closed = first is not None and day > (first.value.last or date.max)
    first_day = second.value.first if second else None
    return Rounds(
        browse=browse,
        first=first,
        second=second,
        number=2 if first_day is not None and day >= first_day else 1,
        between=closed and second is not None and day < (first_day or date.min),
    )


@dataclass(kw_only=True)
class SelectOffering(Command):
    """Choose an offering, by the teacher; ``via`` says by which channel."""

    teacher: TeacherId
    offering: OfferingId
    via: Via | None = None

    now: Whereabouts = fact(default_factory=Whereabouts)
    room: ClassRoom = fact(default_factory=ClassRoom)
    mine: TermChoices = fact(default_factory=TermChoices)
    family: Family = fact(default_factory=Family)
    spans: list[Belonging] = fact(default_factory=list)

    def boundary(self) -> list[Selector]:
        return [
            about(self.teacher, of=[*TEACHER_EVENTS, *CATEGORY_EVENTS]),
            about(self.offering, of=OFFERING_EVENTS),
        ]

    def beyond(self) -> list[Selector]:
        opened = self.room.opened
        if opened is None:
            return []
        mine = about(self.teacher, opened.term, of=ENROLLMENT_EVENTS)
        return [mine, *Family.selectors(opened)]

    def learn(self, entry: Entry) -> None:
        if type(entry.event) in ENROLLMENT_EVENTS:
            self.mine.learn(entry)
            return
        if self.family.learn(entry, self.offering):
            return
        self.now.learn(entry)
        self.room.learn(entry)
        self.spans = belongings_after(self.spans, entry)

    def authority(self) -> Name:
        return self.teacher

    def territory(self) -> JurisdictionId:
        return self.now.on(self.ask.on).place

    def decide(self) -> Iterator[Event]:
        self.now = self.now.on(self.ask.on)
        school = self.now.known(self.teacher)
        opened = self.room.known(self.offering)
        self.room.held(self.offering, self.ask.rules)
        rounds = self._rounds(opened.term)
        self.mine.first_closes = rounds.first.value.last if rounds.first else None
        current = self.mine.choices.get(self.offering)
        if current is not None and current.stands:
            raise AlreadySelected(
                zh=f"{self.teacher} 已选 {self.offering}，无需重复提交",
                en=f"{self.teacher} has already chosen {self.offering}",
                field="offering",
                evidence=(current.evidence,),
            )
        yield from self.gate(self._assigned(opened), self.teacher, self.offering)
        placed = self.family.placed(opened, self.teacher, self.mine.choices)
        yield from self.gate(placed, self.teacher, self.offering)
        applied: list[InForce[Any] | None] = []
        yield from self._in_round(opened, rounds, applied)
        holding = {each.category for each in self.spans if each.holds(self.ask.on)}
        self.now.categories = tuple(each for each in Category if each in holding) if holding else ()
        yield OfferingSelected(
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            provider=opened.provider,
            place=self.now.place,
            term=opened.term,
            round=rounds.number,
            rules=tuple(each.id for each in applied if each),
            via=self.via,
            base_credits=opened.plan.base_credits,
            match=matched(opened.plan, self.now),
            tier=self.now.tier,
            categories=self.now.categories,
        )
        yield from self._channel(opened)

    def _in_round(
        self, opened: OfferingOpened, rounds: Rounds, applied: list[InForce[Any] | None]
    ) -> Iterator[Event]:
        """Gates of the round; ``applied`` takes the rules by which the choice is accepted."""
        subjects = (self.teacher, self.offering)
        again = rounds.number == 2
        phase = Phase.SELECT_R2 if again else Phase.SELECT_R1
        place, term = self.now.place, opened.term
        yield from in_window(self, phase, *subjects, place=place, term=term)
        if rounds.between:
            yield from in_window(self, Phase.SELECT_R2, *subjects, place=place, term=term)
        yield from self.gate(self._browsing(rounds.browse), *subjects)
        applied.append(rounds.second if again else rounds.first)
        if opened.calendar is Calendar.ORDER:
            day = self.ask.on
            span = window(self.ask.rules, place, term, Phase.ENROL, Calendar.ORDER, day)
            applied.append(span)
            yield from self.gate(self._ordered(span, rounds), *subjects)
        if again:
            admission = self.ask.rules.find(RoundTwoAdmission, place, self.ask.on, term=term.value)
            applied.append(admission)
            if admission is not None:
                yield from self.gate(barred(self.mine, admission, self.teacher), *subjects)

    def _assigned(self, opened: OfferingOpened) -> Refused | None:
        if opened.plan.choice is not Selecting.MANDATED:
            return None
        return AssignedOnly(
            zh=f"{self.offering} 是指令性培训，由主管部门指派，不能自主选课",
            en=f"{self.offering} is assigned training; a bureau names its trainees",
            field="offering",
        )

    def _browsing(self, browse: InForce[Window] | None) -> Refused | None:
        if browse is None or browse.value.unknown or not browse.value.holds(self.ask.on):
            return None
        return OnlyBrowsing(
            zh=f"{browse.value.span} 只供浏览，{self.ask.on} 还不能选课",
            en=f"the catalogue is for browsing on {browse.value.span}; {self.ask.on} is too early",
            rule=browse,
            field="on",
        )

    def _ordered(self, span: InForce[Window] | None, rounds: Rounds) -> Refused | None:
        if span is None or (span.value.holds(self.ask.on) and not rounds.between):
            return None
        return BetweenRounds(
            zh=f"订单项目的报名在 {span.value.span} 内随两轮选课进行，{self.ask.on} 不在任何一轮",
            en=f"order-based classes are chosen in the two rounds of {span.value.span}; "
            f"{self.ask.on} lies in neither",
            rule=span,
            field="on",
        )

    def _channel(self, opened: OfferingOpened) -> Iterator[Event]:
        if self.via is None:
            return
        rule = self.ask.rules.find(
            SelectionChannels, self.now.place, self.ask.on, term=opened.term.value
        )
        if rule is None or self.via.value in rule.value.channels:
            return
        said = ChannelNotNamed(
            zh=f"本学期的选课渠道为 {'、'.join(rule.value.channels)}，不含 {self.via.value}",
            en=f"the channels of the term are {', '.join(rule.value.channels)}, not "
            f"{self.via.value}",
            rule=rule,
            field="via",
        )
        yield self.finding(said, Outcome.ADVISORY, self.teacher, self.offering)

    def _rounds(self, term: TermId) -> Rounds:
        return self.ask.rules.derived(rounds_on, self.now.place, term, self.ask.on)
