"""The way straight into an open ledger whose clock we hold."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date, datetime

from api.clock import DemoClock
from api.simulate_way import NO_RULE, Acknowledgements, Reply, Submission
from ledger.command import Command
from ledger.finding import FindingMade
from ledger.store.answer import Answer
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.store.work import Seal
from ledger.teacher import RegisterTeacher
from schema.person import PersonInput, checked
from schema.scalars import Text

WIDTH = 256


@dataclass
class InProcess:
    """Straight into an open ledger whose clock we hold."""

    ledger: Ledger
    clock: DemoClock
    acks: Acknowledgements
    width: int = WIDTH

    def turn(self, day: date) -> None:
        """Moves the clock."""
        self.clock.set(day)

    def ask(self, submission: Submission) -> Future[list[Reply]]:
        """Submits to the committer; many may wait at once."""
        commands, seals = self._sealed(submission)
        answered = self.ledger.submit(
            commands, submission.asker, request=submission.request, seals=seals
        )
        told: Future[list[Reply]] = Future()

        def tell(future: Future[Answer]) -> None:
            try:
                replies = _replies(future.result())
                self.acks.write(submission, replies)
                told.set_result(replies)
            except BaseException as error:  # whoever waits is told
                told.set_exception(error)

        answered.add_done_callback(tell)
        return told

    def _sealed(self, submission: Submission) -> tuple[list[Command], dict[int, Seal]]:
        seals: dict[int, Seal] = {}
        commands = list(submission.commands)
        for number, person in enumerate(submission.people):
            command = commands[number]
            assert isinstance(command, RegisterTeacher)
            values = checked(PersonInput(name=Text(person["name"])))
            seals[number], digests = self.ledger.vault.seal(str(command.teacher), values)
            commands[number] = replace(command, sealed=digests)
        return commands, seals

    def last(self) -> datetime | None:
        """From the feed's last entry."""
        page = self.ledger.feed.page(Filter(), 1, latest_first=True)
        return page[0].at if page else None

    def met(self, name: str) -> bool:
        """From the tag index."""
        return bool(self.ledger.feed.page(Filter(tags=(name,)), 1))

    def findings(self, prefix: str) -> Counter[str]:
        """From the feed."""
        found = self.ledger.feed.entries(Filter(types=(FindingMade.NAME,)))
        return Counter(
            each.event.rule or NO_RULE
            for each in found
            if isinstance(each.event, FindingMade) and (each.request or "").startswith(prefix)
        )


def _replies(answer: Answer) -> list[Reply]:
    return [
        Reply(
            events=tuple((each.position, each.id, each.type) for each in outcome.written),
            codes=tuple(each.code for each in outcome.refusals),
            replayed=answer.replayed,
        )
        for outcome in answer.outcomes
    ]
