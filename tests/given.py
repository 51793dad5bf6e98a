"""Tell a test of the ledger as a story: given these events, when this is asked, then that follows.

::

    given(TEACHER, opened(90)).when(SelectOffering(...), on=day).then(OfferingSelected(...))

Three checks are built in. A given event that the command's boundary would not have selected fails
the test, unless it was passed through ``background``; every event that a command yields stays the
same through its bytes, is sound, and carries all names in it among its tags; and every refusal or
finding that cites a rule says for which place, and on which day or in which term, it was chosen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from ledger import document, names
from ledger.adoption import AdoptRegulation
from ledger.command import Ask, Asker, Command, Refusals, Refused, Role, Selector, settle
from ledger.event import Entry, Event, decode, encode, sound
from ledger.fault import Fault
from ledger.finding import FindingMade, Outcome
from ledger.names import LedgerId, Name
from ledger.regulation import RegulationAdopted, RuleAdopted, Rulebook
from ledger.store.founding import FOUNDER
from ledger.word import CHINESE, VALUE

CHANCE = "5eed" * 16
LEDGER = LedgerId("ledger:xuefen")
REGULATIONS = Path(document.__file__).parent / "regulations"
ROLES = {
    "teacher": Role.TEACHER,
    "school": Role.SCHOOL,
    "provider": Role.PROVIDER,
    "jurisdiction": Role.BUREAU,
}


@cache
def adoption() -> tuple[Event, ...]:
    """The events by which the five documents came into the ledger."""
    events: list[Event] = []
    for file in sorted(REGULATIONS.glob("*.toml")):
        read = document.parse(file.read_text(encoding="utf-8"), file.name)
        command = AdoptRegulation(document=read)
        command.placed = True
        command.ask = Ask(on=date(2024, 3, 6), asker=FOUNDER, rules=Rulebook())
        events.extend(command.decide())
    return tuple(events)


@cache
def all_rules() -> Rulebook:
    """The rulebook of all five documents; nobody may change it."""
    return Rulebook(adoption())


def rules_without(*ids: str) -> Rulebook:
    """The rulebook of all five documents but for these rules."""
    return Rulebook(
        event
        for event in adoption()
        if isinstance(event, RegulationAdopted)
        or (isinstance(event, RuleAdopted) and event.rule.id not in ids)
    )


@cache
def rules_with_preset(name: str = "ext16") -> Rulebook:
    """The rulebook of all five documents and a preset from outside them."""
    file = REGULATIONS / "presets" / f"{name}.toml"
    command = AdoptRegulation(document=document.parse(file.read_text("utf-8"), file.name))
    command.placed = True
    command.ask = Ask(on=date(2024, 3, 6), asker=_operator(), rules=all_rules())
    return Rulebook([*adoption(), *command.decide()])


@dataclass(frozen=True)
class Dated:
    """Events with the day in the world on which they are true."""

    day: date | None
    events: tuple[Event, ...]
    background: bool = False


Thing = Event | Entry | Dated | tuple[date, Event]


def on(day: date, *events: Event) -> Dated:
    """These events, each true on that day."""
    return Dated(day, events)


def background(*things: Thing | Iterable[Thing]) -> list[Dated]:
    """Events that a boundary may leave out, such as a shared history."""
    return [replace(each, background=True) for each in _dated(things)]


def given(*things: Thing | Iterable[Thing], rules: Rulebook | None = None) -> Given:
    """The past. Plain events happened on the day of the command unless ``on`` says otherwise."""
    return Given(_dated(things), rules or all_rules())


def entries(things: Iterable[Thing | Iterable[Thing]], day: date) -> list[Entry]:
    """The things in their envelopes, at positions from 1 on."""
    return [entry for entry, _ in _entries(_dated(things), day)]


@dataclass(frozen=True)
class Given:
    """What happened before."""

    past: list[Dated | Entry]
    rules: Rulebook

    def when(
        self,
        command: Command,
        *,
        on: date,
        by: Asker | None = None,
        reported: bool = False,
    ) -> Answer:
        """Asks (or reports) a command on a day, by the party that decides it unless told."""
        asked = replace(command)
        selectors = asked.boundary()
        _anchored(asked, selectors)
        history = _entries(self.past, on)
        unread = _learned(asked, selectors, history)
        further = asked.beyond()
        _anchored(asked, further)
        for entry, excused in _learned(asked, further, unread):
            if not excused:
                name, tags = entry.event.NAME, entry.tags
                raise AssertionError(
                    f"the boundary would not have selected {name} {tags} of {type(asked).__name__}"
                )
        source = "other-system/1" if reported else None
        asker = by or _party(asked)
        asked.ask = Ask(on=on, asker=asker, rules=self.rules, source=source, chance=CHANCE)
        try:
            events = settle(asked)
        except Refusals as refusals:
            for each in refusals.refusals:
                in_words(each.zh, each.en)
                placed(each)
            return Answer(refusals=tuple(refusals.refusals))
        except Fault as fault:
            return Answer(fault=fault)
        for event in events:
            lasting(event, on)
            if isinstance(event, FindingMade):
                in_words(event.zh, event.en)
                placed(event)
        return Answer(events=tuple(events))


@dataclass(frozen=True)
class Answer:
    """What followed: events, or refusals, or a fault."""

    events: tuple[Event, ...] = ()
    refusals: tuple[Refused, ...] = ()
    fault: Fault | None = None
    named: tuple[FindingMade, ...] = ()

    @property
    def findings(self) -> tuple[FindingMade, ...]:
        """The findings among the events."""
        return tuple(each for each in self.events if isinstance(each, FindingMade))

    @property
    def facts(self) -> tuple[Event, ...]:
        """The events that are no findings."""
        return tuple(each for each in self.events if not isinstance(each, FindingMade))

    def then(self, *events: Event) -> Answer:
        """Exactly these facts followed, and no finding that ``found`` did not name before."""
        self._answered()
        unnamed = [each for each in self.findings if each not in self.named]

        assert events == self.facts
        assert unnamed == [], f"findings that nobody named: {_said(unnamed)}"
        return self

    def accepted(self) -> Answer:
        """Something followed, without any finding."""
        self._answered()

        assert self.facts != ()
        assert self.findings == (), f"findings that nobody named: {_said(self.findings)}"
        return self

    def found(
        self, rule: str | None, outcome: Outcome, said: type[Refused] | None = None
    ) -> Answer:
        """One finding cites this rule with this outcome; the fact is kept beside it."""
        self._answered()
        hits = tuple(
            each
            for each in self.findings
            if (each.rule, each.outcome) == (rule, outcome)
            and (said is None or each.code == code_of(said))
        )

        assert hits != (), f"no finding {rule} {outcome.value} among: {_said(self.findings)}"
        assert self.facts != (), "a finding stands beside a fact, and there is none"
        for each in hits:
            assert (each.citation is None) == (each.rule is None)
            assert each.zh.strip()
            assert each.en.strip()
        return replace(self, named=self.named + hits)

    def kept(self, *events: Event) -> Answer:
        """These events are among what followed."""
        self._answered()
        for event in events:
            assert event in self.events
        return self

    def refused(
        self, obstacle: type[Refused], rule: str | None = None, field: str | None = None
    ) -> Answer:
        """The command was refused for this obstacle, citing the rule where one is named."""
        assert self.events == (), f"nothing was refused; there followed: {_names(self.events)}"
        assert self.fault is None, f"a fault, not a refusal: {self.fault}"
        hits = [each for each in self.refusals if type(each) is obstacle]
        assert hits, f"no {obstacle.__name__} among: {_refusals(self.refusals)}"
        cited = [each.rule.id if each.rule else None for each in hits]
        assert rule in cited, f"{obstacle.__name__} cites {cited}, not {rule}"
        for each in hits:
            assert each.code == each.code.upper()
            assert each.zh.strip()
            assert each.en.strip()
        if field is not None:
            assert field in [each.field for each in hits]
        return self

    def faulted(self, code: str, field: str | None = None) -> Answer:
        """The command made no sense at all."""
        assert self.fault is not None, f"no fault; there followed: {_names(self.events)}"
        assert code == self.fault.code
        assert field in (None, self.fault.field)
        return self

    def _answered(self) -> None:
        assert self.refusals == (), f"refused: {_refusals(self.refusals)}"
        assert self.fault is None, f"faulted: {self.fault}"


def in_words(*sentences: str) -> None:
    """Fails for a sentence with a value as the interface spells it, such as ``OFFLINE_TO_ONLINE``.

    What people wrote, such as the subject SCIENCE, stays as it is.
    """
    for sentence in sentences:
        for value in VALUE.findall(sentence):
            assert value not in CHINESE, f"say {value} in words: {sentence}"
            assert "_" not in value, f"put {value} into ledger/word.py: {sentence}"


def placed(said: Refused | FindingMade) -> None:
    """Fails unless what cites a rule says the place, and the day or the term, that chose it."""
    if said.rule is not None:
        assert said.chosen_for is not None, f"{said.code} says no place that chose {said.rule}"
        chosen = (said.chosen_on, said.chosen_term)
        assert chosen != (None, None), f"{said.code} says no day or term that chose {said.rule}"


def lasting(event: Event, day: date = date(2024, 3, 19)) -> None:
    """Fails unless the event is sound, survives its bytes, and carries its names as tags."""
    entry = _entry(1, event, day)
    body = encode(entry)
    again = decode(1, body)
    carried = set(_names_in_json(json.loads(body)["data"]))

    assert sound(event) is event
    assert event == again.event
    assert type(event) is type(again.event)
    assert body == encode(again)
    assert carried <= set(event.tags), f"names without a tag: {carried - set(event.tags)}"


def _names_in_json(value: object) -> Iterable[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _names_in_json(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names_in_json(each)
    elif isinstance(value, str):
        kind, colon, rest = value.partition(":")
        if colon and kind in names.KINDS and names.VALUE.fullmatch(rest):
            yield value


def _dated(things: Iterable[Thing | Iterable[Thing]]) -> list[Dated | Entry]:
    found: list[Dated | Entry] = []
    for thing in things:
        match thing:
            case Entry() | Dated():
                found.append(thing)
            case Event():
                found.append(Dated(None, (thing,)))
            case (date() as day, Event() as event):
                found.append(Dated(day, (event,)))
            case _:
                found.extend(_dated(thing))
    return found


def _entries(past: list[Dated | Entry], day: date) -> list[tuple[Entry, bool]]:
    found: list[tuple[Entry, bool]] = []
    for thing in past:
        if isinstance(thing, Entry):
            found.append((thing, False))
            continue
        for event in thing.events:
            found.append((_entry(len(found) + 1, event, thing.day or day), thing.background))
    return found


def _entry(position: int, event: Event, day: date) -> Entry:
    return Entry(
        position=position,
        id=f"0193-{position:04}",
        at=datetime(2024, 3, 1, tzinfo=UTC) + timedelta(seconds=position),
        on=day,
        actor="staff:tester",
        channel="API",
        event=event,
    )


def _learned(
    command: Command, selectors: list[Selector], history: list[tuple[Entry, bool]]
) -> list[tuple[Entry, bool]]:
    """Lets the command learn what the selectors pick, and gives the rest."""
    rest = []
    for entry, excused in history:
        if any(each.selects(entry.event.NAME, entry.tags) for each in selectors):
            command.learn(entry)
        else:
            rest.append((entry, excused))
    return rest


def _anchored(command: Command, selectors: list[Selector]) -> None:
    for each in selectors:
        assert each.tags, f"a selector of {type(command).__name__} names nothing to start from"
        assert each.types, f"a selector of {type(command).__name__} names no event type"


def _party(command: Command) -> Asker:
    try:
        party = command.authority()
    except Refused:
        # The command will say so itself when it is settled.
        return _operator()
    return asker_for(party)


def asker_for(party: Name | None) -> Asker:
    """Somebody who may speak for that party."""
    if party is None:
        return _operator()
    return Asker(actor="staff:tester", role=ROLES[party.partition(":")[0]], scope=party)


def _operator() -> Asker:
    return Asker(actor="staff:operator", role=Role.OPERATOR, scope=LEDGER)


def code_of(obstacle: type[Refused]) -> str:
    """The code that a refusal of this class has."""
    return obstacle(zh="", en="").code


def _said(findings: Iterable[FindingMade]) -> str:
    return "; ".join(f"{f.rule} {f.outcome.value} {f.code}: {f.en}" for f in findings) or "none"


def _refusals(refusals: Iterable[Refused]) -> str:
    shown = (f"{r.code} {r.rule.id if r.rule else None}: {r.en}" for r in refusals)
    return "; ".join(shown) or "none"


def _names(events: Iterable[Event]) -> str:
    return ", ".join(each.NAME for each in events) or "nothing"
