"""Sanction: the end of the ladder, a cancelled project or a revoked accreditation.

What comes before it stands in warning.py. A sanction out of order stands, with a violation beside
it where the ladder is in force; elsewhere it is a recorded decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.accreditation import AccreditationRevoked
from ledger.command import Selector, about, fact
from ledger.event import Entry, Event
from ledger.names import ProjectId
from ledger.removal import CLASS_EVENTS, Classes, called_off
from ledger.review import ProjectCancelled, reasoned
from ledger.warning import Rung, SanctionStep


@dataclass(kw_only=True)
class RevokeAccreditation(SanctionStep):
    """Take the accreditation of a provider away, by the authority that gave it."""

    reason: str

    def decide(self) -> Iterator[Event]:
        place = self.checked()
        reasoned(self.reason, needed=True)
        rule = self.ladder()
        yield AccreditationRevoked(
            provider=self.provider,
            place=place,
            reason=self.reason,
            rules=(rule.id,) if rule else (),
        )
        yield from self.out_of_order(Rung.CANCELLATION)


@dataclass(kw_only=True)
class CancelProject(SanctionStep):
    """Cancel a project and the classes of it that have not ended, by its bureau."""

    project: ProjectId
    reason: str

    classes: Classes = fact(default_factory=Classes)

    def boundary(self) -> list[Selector]:
        return [
            *super().boundary(),
            about(self.project, of=CLASS_EVENTS),
        ]

    def beyond(self) -> list[Selector]:
        return self.classes.dated()

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.classes.learn(entry)

    def decide(self) -> Iterator[Event]:
        declared = self.known(self.project)
        reasoned(self.reason, needed=True)
        rule = self.ladder()
        cited = (rule.id,) if rule else ()
        yield ProjectCancelled(
            project=self.project,
            provider=self.provider,
            place=declared.place,
            term=declared.term,
            reason=self.reason,
            rules=cited,
        )
        running = [e for e in self.classes.of(self.project) if e.closes >= self.ask.on]
        yield from called_off(running, self.reason, cited)
        yield from self.out_of_order(Rung.CANCELLATION)
