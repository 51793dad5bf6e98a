"""Spot check: the bureau asks trainers whom a plan names whether anybody consulted them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.command import Command, Refused, Selector, about, fact
from ledger.declaration import ProjectDeclared
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.names import JurisdictionId, Name, ProjectId, ProviderId, StaffId, TermId
from ledger.review import PROJECT_EVENTS, Dossier
from ledger.trainer import TRAINER_EVENTS, TrainerConsent, Trainers, named_in, not_named


class TrainerSpotChecked(Event, name="spot-check.trainer-checked"):
    """The bureau asked a trainer whom a plan names; the trainer was ``consulted``, or never."""

    project: ProjectId
    provider: ProviderId
    place: JurisdictionId
    term: TermId
    trainer: StaffId
    consulted: bool
    note: str


class NotConsulted(Refused):
    """The trainer says that nobody asked before the plan was declared."""


@dataclass(kw_only=True)
class SpotCheckTrainer(Command):
    """Enter what a trainer of a declared plan said at a spot check, by the reviewing bureau."""

    project: ProjectId
    trainer: StaffId
    consulted: bool
    note: str = ""

    seen: Dossier = fact(default_factory=Dossier)
    declared_on: date = fact(default=date.min)
    known: Trainers = fact(default_factory=Trainers)

    def boundary(self) -> list[Selector]:
        return [
            about(self.project, of=PROJECT_EVENTS),
            about(self.trainer, of=TRAINER_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        self.seen.learn(entry)
        self.known.learn(entry)
        if isinstance(entry.event, ProjectDeclared):
            self.declared_on = entry.on

    def authority(self) -> Name:
        return self.seen.known(self.project).place

    def decide(self) -> Iterator[Event]:
        declared = self.seen.known(self.project)
        if not named_in(declared.plan, self.trainer):
            raise not_named(self.trainer, self.project)
        yield TrainerSpotChecked(
            project=self.project,
            provider=declared.provider,
            place=declared.place,
            term=declared.term,
            trainer=self.trainer,
            consulted=self.consulted,
            note=self.note,
        )
        rule = self.ask.rules.find(
            TrainerConsent, declared.place, self.declared_on, term=declared.term.value
        )
        if rule is None or self.consulted:
            return
        consent = self.known.consented(self.trainer, declared.provider, self.declared_on)
        # The denial decides; what was entered before is shown beside it, for who closes the case.
        kept_zh = "；登记的事先同意与此不符" if consent else ""
        kept_en = "; the consent that was entered before says otherwise" if consent else ""
        said = NotConsulted(
            zh=f"{self.trainer} 表示申报 {self.project} 之前没有人征求其意见{kept_zh}",
            en=f"{self.trainer} says that nobody asked before {self.project} was declared{kept_en}",
            rule=rule,
            field="trainer",
            evidence=(consent,) if consent else (),
        )
        yield self.finding(said, Outcome.VIOLATION, self.project, declared.provider, self.trainer)
