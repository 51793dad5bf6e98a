"""The script: what a subject asks of the ledger, the same for the same seed.

Submissions as they come in a rush: single ones, bulks that stand each for itself, bulks that are
whole or not at all, personal data to be sealed, what the rules refuse, and the same thing twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from random import Random

from ledger.command import Command
from ledger.names import TeacherId
from ledger.store.vault import Vault
from ledger.store.work import Asked, Seal
from ledger.teacher import RegisterTeacher
from ledger.transfer import TransferTeacher
from tests.cast import OTHER_SCHOOL, SCHOOL
from tests.town import OPERATOR, teacher

DAY = date(2024, 6, 3)
PEOPLE = 30
HEAVY = 400
BATCHES, SUBMISSIONS, BULK = (2, 4), (1, 6), (2, 12)


@dataclass(frozen=True)
class Submission:
    """Commands under one request id; ``personal`` are those whose values are to be sealed."""

    request: str
    commands: tuple[Command, ...] = field(compare=False)
    whole: bool = False
    personal: frozenset[int] = frozenset()

    def asked(self, vault: Vault) -> Asked:
        """As it is submitted; sealed afresh each time, as a client that asks again has it done."""
        commands, seals = list(self.commands), dict[int, Seal]()
        for number in sorted(self.personal):
            command = commands[number]
            assert isinstance(command, RegisterTeacher)
            values = {"name": f"李{command.teacher.value[-2:]}", "phone": "13800000000"}
            seals[number], digests = vault.seal(str(command.teacher), values)
            commands[number] = replace(command, sealed=digests)
        return Asked(
            commands=commands, asker=OPERATOR, request=self.request, whole=self.whole, seals=seals
        )


Batch = list[Submission]


def script(seed: int, *, heavy: bool = False) -> list[Batch]:
    """The batches that a seed gives. ``heavy``: one bulk is too much for pages that exist."""
    rng = Random(f"script {seed}")
    batches: list[Batch] = []
    for number in range(rng.randint(*BATCHES)):
        count = rng.randint(*SUBMISSIONS)
        batches.append([_submission(rng, f"r{number}-{each}") for each in range(count)])
    earlier = [each for batch in batches for each in batch]
    batches[-1].append(rng.choice(earlier))
    if heavy:
        many = tuple(teacher(f"h{number:03}") for number in range(HEAVY))
        batches[rng.randrange(len(batches))].append(Submission("heavy", many))
    return batches


def _submission(rng: Random, request: str) -> Submission:
    count = rng.randint(*BULK) if rng.random() < 0.5 else 1
    commands = tuple(_command(rng) for _ in range(count))
    personal = frozenset(
        number
        for number, each in enumerate(commands)
        if isinstance(each, RegisterTeacher) and rng.random() < 0.5
    )
    return Submission(request, commands, whole=rng.random() < 0.4, personal=personal)


def _command(rng: Random) -> Command:
    who = rng.randrange(PEOPLE)
    if rng.random() < 0.7:
        return teacher(f"f{who:02}")
    school = rng.choice((SCHOOL, OTHER_SCHOOL))
    return TransferTeacher(teacher=TeacherId(f"teacher:tf{who:02}"), school=school, since=DAY)
