"""Redating: other days for many classes at once, by the bureau that is competent for them.

In the first half of 2020 the notice allows it for offline classes of cities and counties whose
provider passed the joint acceptance and asked for it, up to a last day; no provider moves such a
class by a change of its plan. In other terms only the delivery window speaks of the new days, and
is noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.amount import bounded
from ledger.command import Command, Refused, Selector, about, fact
from ledger.dates import NewDates, OfferingsRedated
from ledger.delivery import note_days
from ledger.event import Entry, Event, Part
from ledger.fault import Fault
from ledger.names import JurisdictionId, Name, OfferingId, ProviderId, TermId
from ledger.offering import OFFERING_EVENTS, ClassRoom, ClassStep, OfferingOpened
from ledger.register import Level
from ledger.regulation import InForce, Parameters
from ledger.reopening import offline
from ledger.resumption import RESUMPTION_EVENTS, Resumption
from ledger.review import reasoned

MOVES_MAX = 200
CONDITIONS = ("ACCEPTANCE", "PROVIDER_APPLICATION", "BUREAU_ADJUSTMENT")
# What shows that a class was held to its end; later nouns, so by the names of their events.
ENDINGS = ("completion.granted", "completion.denied", "closing.offering-closed")


class RedatingRequested(Event, name="redating.requested"):
    """A provider asked the bureau for other days of a class."""

    offering: OfferingId
    provider: ProviderId
    place: JurisdictionId
    opens: date
    closes: date
    reason: str


class Redating(
    Parameters,
    kind="redating",
    zh="规定层级的线下班由主管部门统一改期，机构须已验收合格并提出申请，"
    "结束日不得晚于规定的最后一天，否则不予改期。",
    scope=("term",),
    more=("last_day", "levels"),
    less=("conditions",),
    words={"levels": Level, "conditions": CONDITIONS, "applies_to": ("OFFLINE",)},
):
    """Offline classes of these levels are moved by the bureau, up to the last day.

    Their provider passed the acceptance and asked for it, where the conditions say so.
    """

    applies_to: tuple[str, ...]
    levels: tuple[str, ...]
    conditions: tuple[str, ...]
    last_day: date


class NotToBeRedated(Refused):
    """The class is of a level whose classes do not move."""


class RedatedUnaccepted(Refused):
    """The provider of the class did not pass the joint acceptance."""


class RedatedUnasked(Refused):
    """The provider of the class did not ask for other days."""


class MovedByProvider(Refused):
    """The provider would move the class itself, which is for the bureau."""


class RedatedTooLate(Refused):
    """The class would end after the last day."""


class ElsewhereCompetent(Refused):
    """The class belongs to another place or term."""


class ClassOver(Refused):
    """The class has ended."""


class Move(Part):
    """The first and last day that a class is to have."""

    offering: OfferingId
    opens: date
    closes: date


@dataclass(kw_only=True)
class RequestRedating(ClassStep):
    """Ask the bureau for other days of a class, by its provider."""

    opens: date
    closes: date
    reason: str

    def boundary(self) -> list[Selector]:
        return [about(self.offering, of=OFFERING_EVENTS)]

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        _in_order(self.opens, self.closes)
        reasoned(self.reason, needed=True)
        yield RedatingRequested(
            offering=self.offering,
            provider=opened.provider,
            place=opened.place,
            opens=self.opens,
            closes=self.closes,
            reason=self.reason,
        )


@dataclass(kw_only=True)
class RedateOfferings(Command):
    """Move the dates of classes of a place and term, many at once, by its bureau."""

    place: JurisdictionId
    term: TermId
    moves: tuple[Move, ...]
    reason: str

    rooms: dict[OfferingId, ClassRoom] = fact(default_factory=dict)
    asked: set[OfferingId] = fact(default_factory=set)
    ended: dict[OfferingId, str] = fact(default_factory=dict)
    resumed: dict[ProviderId, Resumption] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        named = dict.fromkeys(each.offering for each in self.moves)
        moved = [about(each, of=[*OFFERING_EVENTS, RedatingRequested]) for each in named]
        return [*moved, *(Selector(types=ENDINGS, tags=(str(each),)) for each in named)]

    def beyond(self) -> list[Selector]:
        rooms = self.rooms.values()
        hosts = dict.fromkeys(each.opened.provider for each in rooms if each.opened is not None)
        return [about(each, of=RESUMPTION_EVENTS) for each in hosts]

    def learn(self, entry: Entry) -> None:
        event = entry.event
        if isinstance(event, RedatingRequested):
            self.asked.add(event.offering)
        elif event.NAME in ENDINGS:
            self.ended[getattr(event, "offering", OfferingId("offering:none"))] = entry.id
        elif isinstance(event, OfferingsRedated):
            for each in event.moves:
                self.rooms.setdefault(each.offering, ClassRoom()).learn(entry)
        elif type(event) in OFFERING_EVENTS:
            offering: OfferingId = getattr(event, "offering", OfferingId("offering:none"))
            self.rooms.setdefault(offering, ClassRoom()).learn(entry)
        else:
            provider: ProviderId = getattr(event, "provider", ProviderId("provider:none"))
            self.resumed.setdefault(provider, Resumption()).learn(entry)

    def authority(self) -> Name:
        return self.place

    def decide(self) -> Iterator[Event]:
        bounded(len(self.moves), MOVES_MAX, "moves")
        reasoned(self.reason, needed=True)
        moves: dict[OfferingId, NewDates] = {}
        rules: dict[str, None] = {}
        for move in self.moves:
            opened = self._opened(move)
            rule = redating_rule(self, opened)
            for refusal in self._wrong(move, opened, rule):
                yield from self.gate(refusal, move.offering, opened.provider)
            if rule is not None:
                rules[rule.id] = None
            else:
                yield from self._noted(move, opened)
            moves[move.offering] = NewDates(
                offering=move.offering,
                project=opened.project,
                provider=opened.provider,
                opens=move.opens,
                closes=move.closes,
            )
        yield OfferingsRedated(
            place=self.place,
            term=self.term,
            moves=tuple(moves.values()),
            reason=self.reason,
            rules=tuple(rules),
        )

    def _over(self, opened: OfferingOpened) -> ClassOver:
        return ClassOver(
            zh=f"{opened.offering} 已于 {opened.closes} 结束，不能再改期",
            en=f"{opened.offering} ended on {opened.closes}",
            field="moves",
            evidence=tuple(filter(None, [self.ended.get(opened.offering)])),
        )

    def _opened(self, move: Move) -> OfferingOpened:
        room = self.rooms.get(move.offering, ClassRoom())
        opened = room.known(move.offering, "moves")
        room.held(move.offering, self.ask.rules)
        _in_order(move.opens, move.closes)
        if opened.place != self.place or opened.term != self.term:
            raise ElsewhereCompetent(
                zh=f"{move.offering} 属于 {opened.place} 的 {opened.term.value}，不归本次改期",
                en=f"{move.offering} belongs to {opened.place} in {opened.term.value}",
                field="moves",
            )
        return opened

    def _noted(self, move: Move, opened: OfferingOpened) -> Iterator[Event]:
        return note_days(
            self,
            (move.opens, move.closes),
            move.offering,
            opened.provider,
            plan=opened.plan,
            place=opened.place,
            term=opened.term,
            calendar=opened.calendar,
            pinned=self.rooms[move.offering].opened_on,
        )

    def _wrong(
        self, move: Move, opened: OfferingOpened, rule: InForce[Redating] | None
    ) -> Iterator[Refused]:
        # What the notice moves is what could not be held, so its old days may well be past.
        past = opened.closes < self.ask.on if rule is None else move.offering in self.ended
        if past and not self.ask.reported:
            yield self._over(opened)
        if rule is None:
            return
        if opened.place.level not in rule.value.levels:
            yield NotToBeRedated(
                zh=f"{move.offering} 是 {opened.place} 的项目，只有市县两级的线下项目可以改期",
                en=f"{move.offering} is a class of {opened.place}; only those of "
                f"{', '.join(rule.value.levels)} may move",
                rule=rule,
                field="moves",
            )
        resumed = self.resumed.get(opened.provider, Resumption())
        if "ACCEPTANCE" in rule.value.conditions and not resumed.accepted:
            yield RedatedUnaccepted(
                zh=f"{move.offering} 的承办机构 {opened.provider} 未经验收合格，不能改期",
                en=f"{opened.provider} did not pass the acceptance; {move.offering} cannot move",
                rule=rule,
                field="moves",
                evidence=resumed.evidence,
            )
        if "PROVIDER_APPLICATION" in rule.value.conditions and move.offering not in self.asked:
            yield RedatedUnasked(
                zh=f"{opened.provider} 没有申请 {move.offering} 改期（requestRedating）",
                en=f"{opened.provider} did not ask for other days of {move.offering}",
                rule=rule,
                field="moves",
            )
        late = (move.closes - rule.value.last_day).days
        if late > 0:
            yield RedatedTooLate(
                zh=f"{move.offering} 改至 {move.closes} 结束，比规定的最后一天 "
                f"{rule.value.last_day} 晚 {late} 天",
                en=f"{move.offering} would end on {move.closes}, {late} day(s) after "
                f"{rule.value.last_day}",
                rule=rule,
                field="moves",
            )


def redating_rule(command: Command, opened: OfferingOpened) -> InForce[Redating] | None:
    """The rule by which the bureau moves the class, or ``None`` where there is none."""
    rule = command.ask.rules.find(Redating, opened.place, command.ask.on, term=opened.term.value)
    return rule if rule is not None and offline(opened.plan) else None


def moved_by_provider(command: Command, opened: OfferingOpened) -> MovedByProvider | None:
    """What is wrong where a provider changes the days of a class that the bureau moves."""
    rule = redating_rule(command, opened)
    if rule is None or "BUREAU_ADJUSTMENT" not in rule.value.conditions:
        return None
    return MovedByProvider(
        zh=f"{opened.offering} 的日期由主管部门统一调整，机构须申请改期（requestRedating），"
        "不能自行变更",
        en=f"the bureau moves {opened.offering}; its provider asks for that and changes no days",
        rule=rule,
        field="kinds",
    )


def _in_order(opens: date, closes: date) -> None:
    if closes < opens:
        raise Fault(
            "DAYS_REVERSED",
            zh=f"结束日 {closes} 早于开班日 {opens}",
            en=f"the last day {closes} lies before the first {opens}",
            field="closes",
        )
