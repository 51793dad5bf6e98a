"""Adoption: a checked document comes into force by the authority of its place.

It puts the document and every one of its rules into the ledger in one append.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.command import Command, Refused, Selector, about, fact
from ledger.conflict import judge_rule
from ledger.day import happened
from ledger.document import Document, fault_in
from ledger.draft import Flaw
from ledger.event import Channel, Entry, Event
from ledger.names import Name
from ledger.register import JurisdictionRegistered, unknown
from ledger.regulation import RegulationAdopted, RuleAdopted, Rulebook


class AlreadyAdopted(Refused):
    """The document is in force already."""


@dataclass(kw_only=True)
class AdoptRegulation(Command):
    """Adopt a document with all its rules, by the authority of its place."""

    document: Document

    known: bool = fact(default=False)
    placed: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        return [
            about(self.document.id, of=[RegulationAdopted]),
            about(self.document.place, of=[JurisdictionRegistered]),
        ]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case RegulationAdopted():
                self.known = True
            case JurisdictionRegistered(jurisdiction=place) if place == self.document.place:
                self.placed = True
            case _:
                pass

    def authority(self) -> Name:
        return self.document.place

    def decide(self) -> Iterator[Event]:
        adopted = self.document
        if self.known:
            raise AlreadyAdopted(
                zh=f"{adopted.number} 已经采纳",
                en=f"{adopted.number} is adopted already",
                field="document",
            )
        if not self.placed:
            raise unknown(adopted.place, "document.place")
        founding = self.ask.asker.channel is Channel.SYSTEM
        if not founding:
            _check_issue(adopted, self.ask.on)
        for rule in adopted.rules:
            if rule.id in self.ask.rules.rules:
                raise AlreadyAdopted(
                    zh=f"条款编号 {rule.id} 已在 {self.ask.rules.rules[rule.id].number} 中使用",
                    en=f"the rule id {rule.id} is used in {self.ask.rules.rules[rule.id].number}",
                    field=rule.id,
                )
        events = list(adopted_events(adopted, None if founding else self.ask.on))
        rules = Rulebook([*self.ask.rules.learned, *events])
        for rule in adopted.rules:
            yield from judge_rule(self, rule, rules)
        yield from events


def _check_issue(adopted: Document, today: date) -> None:
    # Of an old document only the year may be known (rulebook C-11). Of a new one that would put
    # the whole past of its year in doubt, and hide what is in force there.
    if adopted.issued is None:
        zh, en = "须写明印发日 issued", "the day of issue is needed"
        raise fault_in(str(adopted.id), None, Flaw(zh=zh, en=en, field="document.issued"))
    happened(adopted.issued, today, "document.issued")


def adopted_events(adopted: Document, day: date | None) -> Iterator[Event]:
    """What it is to adopt a document on a day: itself, and every one of its rules."""
    yield RegulationAdopted(
        document=adopted.id,
        number=adopted.number,
        place=adopted.place,
        title_zh=adopted.title_zh,
        title_en=adopted.title_en,
        authority_zh=adopted.authority_zh,
        authority_en=adopted.authority_en,
        year=adopted.year,
        rules=len(adopted.rules),
        sha256=adopted.sha256,
        certain_from=adopted.certain_from,
        issued=adopted.issued,
        external=adopted.external,
        adopted_on=day,
    )
    for rule in adopted.rules:
        yield RuleAdopted(document=adopted.id, place=adopted.place, rule=rule)
