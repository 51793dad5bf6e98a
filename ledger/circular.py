"""Circular: the province makes known how a provider altered its published projects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.change import ChangeRequested
from ledger.command import PROVINCE, Command, Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.names import ChangeId, JurisdictionId, Name, ProviderId, TermId
from ledger.register import unknown
from ledger.regulation import Parameters
from ledger.term import TermOpened, known_term
from ledger.text import filled

CHANGES_MAX = 200


class CircularIssued(Event, name="circular.issued"):
    """The province circulated changes of one provider's projects of a term."""

    provider: ProviderId
    term: TermId
    place: JurisdictionId
    changes: tuple[ChangeId, ...]
    text: str
    rules: tuple[str, ...] = ()


class ChangeCircular(
    Parameters,
    kind="change-circular",
    zh="省里可按机构、学期就方案变动发出通报，并注明依据。",
    scope=(),
    provincial=True,
):
    """The province issues circulars about a provider's changes, and each cites the rule."""

    per: str
    outcome: str


class ForeignChange(Refused):
    """A change that a circular names is of another provider or term."""


class AlreadyCirculated(Refused):
    """A change was named in an earlier circular."""


@dataclass(kw_only=True)
class IssueCircular(Command):
    """Circulate changes of one provider's projects, by the province."""

    provider: ProviderId
    term: TermId
    changes: tuple[ChangeId, ...]
    text: str

    opened: bool = fact(default=False)
    asked: dict[ChangeId, tuple[ChangeRequested, str]] = fact(default_factory=dict)
    told: dict[ChangeId, str] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        named = [
            about(each, of=[ChangeRequested, CircularIssued])
            for each in dict.fromkeys(self.changes[:CHANGES_MAX])
        ]
        return [about(self.term, of=[TermOpened], rare=True), *named]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case TermOpened():
                self.opened = True
            case ChangeRequested() as event:
                self.asked[event.change] = (event, entry.id)
            case CircularIssued() as event:
                self.told |= dict.fromkeys(event.changes, entry.id)
            case _:
                pass

    def authority(self) -> Name:
        return PROVINCE

    def decide(self) -> Iterator[Event]:
        known_term(self.opened, self.term)
        self._counted()
        for each in self.changes:
            self._checked(each)
        rule = self.ask.rules.find(ChangeCircular, PROVINCE, self.ask.on)
        yield CircularIssued(
            provider=self.provider,
            term=self.term,
            place=PROVINCE,
            changes=self.changes,
            text=filled(self.text, "text"),
            rules=(rule.id,) if rule is not None and rule.certain else (),
        )

    def _counted(self) -> None:
        count = len(self.changes)
        if not 1 <= count <= CHANGES_MAX or len(set(self.changes)) != count:
            raise Fault(
                "BAD_CHANGES",
                zh=f"通报须列出 1 至 {CHANGES_MAX} 项变动，每项一次；现列 {count} 项",
                en=f"a circular names 1 to {CHANGES_MAX} changes, each once, not {count}",
                field="changes",
            )

    def _checked(self, change: ChangeId) -> None:
        if change not in self.asked:
            raise unknown(change, "changes")
        asked, evidence = self.asked[change]
        if asked.provider != self.provider or asked.term not in (None, self.term):
            raise ForeignChange(
                zh=f"{change} 不是 {self.provider} 在 {self.term.value} 的变动",
                en=f"{change} is no change of {self.provider} in {self.term.value}",
                field="changes",
                evidence=(evidence,),
            )
        if change in self.told:
            raise AlreadyCirculated(
                zh=f"{change} 已经通报过",
                en=f"{change} was named in an earlier circular",
                field="changes",
                evidence=(self.told[change],),
            )
