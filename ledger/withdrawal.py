"""Withdrawal: a provider takes a declaration back, a teacher a choice.

A declaration is taken back before it is reviewed; within the window it then counts for no quota
(rulebook C-21). A choice is taken back freely before admission, after it on a major change while
the class runs, and that carries no penalty: no absence, no denial, no notice (C-41). So it cannot
undo an outcome: nobody withdraws who completed the training, was denied that, or had it ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.change import CHANGE_EVENTS, Change, MajorChange
from ledger.command import Command, Refused, Selector, about, fact
from ledger.declaration import ProjectWithdrawn, known_project
from ledger.enrollment import (
    ENROLLMENT_EVENTS,
    OUTCOMES,
    EnrollmentWithdrawn,
    SelectionStep,
    Status,
)
from ledger.event import Entry, Event
from ledger.names import ChangeId, JurisdictionId, Name, ProjectId
from ledger.offering import OFFERING_EVENTS, OfferingOpened
from ledger.review import PROJECT_EVENTS, AlreadyReviewed, Dossier
from ledger.term import Calendar, Phase, judge_window


@dataclass(kw_only=True)
class WithdrawProject(Command):
    """Take a declared project back before it is reviewed, by its provider."""

    project: ProjectId

    seen: Dossier = fact(default_factory=Dossier)

    def boundary(self) -> list[Selector]:
        return [about(self.project, of=PROJECT_EVENTS)]

    def learn(self, entry: Entry) -> None:
        self.seen.learn(entry)

    def authority(self) -> Name:
        return known_project(self.seen.declared, self.project).provider

    def territory(self) -> JurisdictionId:
        return known_project(self.seen.declared, self.project).place

    def decide(self) -> Iterator[Event]:
        declared = self.seen.known(self.project)
        if self.seen.approved is not None:
            raise AlreadyReviewed(
                zh=f"{self.project} 已经审核，不能撤回",
                en=f"{self.project} has been reviewed and cannot be withdrawn",
                field="project",
            )
        phase = Phase.ORDER_DECLARE if declared.calendar is Calendar.ORDER else Phase.DECLARE
        late = judge_window(
            self, phase, place=declared.place, term=declared.term, calendar=declared.calendar
        )
        yield ProjectWithdrawn(
            project=self.project,
            provider=declared.provider,
            lead=declared.lead.staff,
            term=declared.term,
            in_window=late is None,
        )


class WithdrawalClosed(Refused):
    """A confirmed enrollment is withdrawn only after a major change, while the class runs."""


class OutcomeReached(Refused):
    """The training has its outcome for the teacher."""


@dataclass(kw_only=True)
class WithdrawSelection(SelectionStep):
    """Withdraw a choice, by the teacher: freely before admission, after it on a major change."""

    reason: str = ""

    changes: dict[ChangeId, Change] = fact(default_factory=dict)
    outcome: str | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [
            about(self.teacher, self.offering, of=ENROLLMENT_EVENTS),
            about(self.offering, of=[*OFFERING_EVENTS, *CHANGE_EVENTS]),
            Selector(types=OUTCOMES, tags=(str(self.teacher), str(self.offering))),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        if entry.event.NAME in OUTCOMES:
            self.outcome = entry.id
        change: ChangeId | None = getattr(entry.event, "change", None)
        if change is not None:
            self.changes.setdefault(change, Change()).learn(entry)

    def authority(self) -> Name:
        return self.teacher

    def decide(self) -> Iterator[Event]:
        school = self.chosen()
        opened = self.room.known(self.offering)
        if not self.choice.stands:
            raise self.steps()
        if self.outcome is not None:
            raise OutcomeReached(
                zh=f"{self.teacher} 在 {self.offering} 的培训已有结果，不能再退选",
                en=f"{self.offering} has its outcome for {self.teacher}, who cannot withdraw now",
                field="teacher",
                evidence=(self.outcome,),
            )
        admitted = self.choice.status is Status.PROVIDER_CONFIRMED
        changed = any(
            each.opens_withdrawal(self.ask.rules, self.ask.on) for each in self.changes.values()
        )
        if admitted and self.ask.on > opened.closes:
            zh = f"该班已于 {opened.closes} 结束"
            en = f"the class ended on {opened.closes}"
            yield from self.gate(self._closed(opened, zh, en), self.teacher, self.offering)
        elif admitted and not changed:
            zh, en = "培训方案没有较大调整", "no major change of it gives the right to withdraw"
            yield from self.gate(self._closed(opened, zh, en), self.teacher, self.offering)
        yield EnrollmentWithdrawn(
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            term=opened.term,
            admitted=admitted,
            after_change=admitted and changed,
            reason=self.reason,
        )

    def _closed(self, opened: OfferingOpened, zh: str, en: str) -> WithdrawalClosed:
        return WithdrawalClosed(
            zh=f"{self.teacher} 已被 {self.offering} 确认；{zh}，不能退选",
            en=f"{self.teacher} is admitted to {self.offering} and {en}",
            rule=self.ask.rules.find(MajorChange, opened.place, self.ask.on),
            field="offering",
            evidence=(self.choice.evidence,),
        )
