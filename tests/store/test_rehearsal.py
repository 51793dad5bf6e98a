"""Rehearsals: what the committer would decide as of any position, and nothing written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec import structs

from ledger.command import Asker, Command, Role
from ledger.event import Entry
from ledger.fault import Fault
from ledger.names import DocumentId
from ledger.policy import RepealRules
from ledger.regulation import REGULATION_EVENTS, Rulebook
from ledger.sample import SampleDrawn
from ledger.selection import SelectOffering
from ledger.store.answer import Answer
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.store.rehearsal import Rehearsal
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING, RUIAN, SCHOOL, ZHOU
from tests.town import (
    OPERATOR,
    Hand,
    Move,
    Put,
    codes,
    founded,
    registered,
    rows,
    school,
    story,
    teacher,
    tell,
)

__all__ = ["founded"]
ZJ24 = DocumentId("document:zj24")
ID_NUMBER = "11010519491231002X"
TABLES = (
    "ledger.events",
    "ledger.tags",
    "ledger.requests",
    "vault.keys",
    "vault.secrets",
    "vault.lookups",
)


def rules_at(ledger: Ledger, position: int) -> Rulebook:
    """The rules that were known at a position."""
    names = tuple(each.NAME for each in REGULATION_EVENTS)
    entries = ledger.feed.entries(Filter(types=names, before=position + 1))
    return Rulebook(each.event for each in entries)


def tried(ledger: Ledger, *commands: Command, by: Asker = OPERATOR, **options: Any) -> Any:
    """The rehearsals of commands, at the head unless told."""
    position = options.pop("position", ledger.feed.head())
    return ledger.rehearse(commands, by, rules_at(ledger, position), position=position, **options)


def told(entry: Entry) -> tuple[object, ...]:
    """What an entry says but for its own id and time, and for what is drawn by chance."""
    event = entry.event
    if isinstance(event, SampleDrawn):
        event = structs.replace(event, seed="", sha256="")
    return (
        entry.position,
        entry.event.NAME,
        event,
        entry.on,
        entry.actor,
        entry.channel,
        entry.place,
        entry.source,
        entry.cause is not None,
    )


def agrees(ledger: Ledger, rehearsal: Rehearsal, answer: Answer) -> None:
    """Fails unless the rehearsal says what was really decided."""
    [outcome] = answer.outcomes

    assert rehearsal.refusals == outcome.refusals
    assert [each.position for each in rehearsal.entries] == [w.position for w in outcome.written]
    for entry in rehearsal.entries:
        [really] = ledger.feed.page(Filter(after=entry.position - 1, before=entry.position + 1), 1)
        assert told(entry) == told(really)


def counts(ledger: Ledger) -> list[int]:
    """How much the database holds."""
    return [rows(ledger.url, f"select count(*) from {each}")[0][0] for each in TABLES]


def doubled() -> list[Move]:
    """The story with every step taken twice, asked and then reported."""
    return [again for move in story() for again in (move, replace(move, reported=True), move)]


def test_what_is_rehearsed_as_of_each_position_is_what_was_decided_there(founded: Ledger) -> None:
    heads, answers, moves = [], [], doubled()
    for move in moves:
        heads.append(founded.feed.head())
        answers.append(move.ask(founded).result())
    before = counts(founded)

    assert {each for answer in answers for each in codes(answer)[0]}  # some were refused
    for move, head, answer in zip(moves, heads, answers, strict=True):
        source = "other-system/1" if move.reported else None
        [rehearsal] = tried(
            founded, move.command, by=move.by, position=head, on=move.day, source=source
        )
        agrees(founded, rehearsal, answer)
    assert counts(founded) == before


def test_a_row_is_decided_without_the_rows_beside_it(founded: Ledger) -> None:
    tell(founded, registered())
    twice = [teacher(7), teacher(7)]

    assert [each.refusals for each in tried(founded, *twice)] == [(), ()]
    assert codes(founded.ask(twice, OPERATOR)) == [[], ["ALREADY_REGISTERED"]]
    assert [each.refusals[0].code for each in tried(founded, *twice)] == ["ALREADY_REGISTERED"] * 2


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.TEACHER, CHEN),
        (Role.SCHOOL, SCHOOL),
        (Role.PROVIDER, COUNTY_SCHOOL),
        (Role.BUREAU, RUIAN),
    ],
)
def test_the_scope_of_a_rehearsal_is_that_of_the_deed(
    founded: Ledger, role: Role, scope: Any
) -> None:
    tell(founded, story())
    asker = Asker(actor="staff:somebody", role=role, scope=scope)
    choose = SelectOffering(teacher=LIN, offering=OFFERING)
    [rehearsal] = tried(founded, choose, by=asker, on=date(2024, 3, 20))
    answer = founded.ask([choose], asker, on=date(2024, 3, 20))

    assert [each.code for each in rehearsal.refusals] == ["OUTSIDE_SCOPE"]
    agrees(founded, rehearsal, answer)


def test_an_id_number_of_another_teacher_is_refused_and_nothing_is_sealed(
    founded: Ledger,
) -> None:
    founded.ask([school()], OPERATOR)

    def sealed(number: int) -> Any:
        seal, digests = founded.vault.seal(f"teacher:t{number}", {"id_number": ID_NUMBER})
        return [replace(teacher(number), sealed=digests)], {0: seal}

    before = counts(founded)
    first, seals = sealed(1)
    [free] = tried(founded, *first, seals=seals)
    assert (free.refusals, counts(founded)) == ((), before)

    founded.ask(first, OPERATOR, seals=seals)
    second, seals = sealed(2)
    before = counts(founded)
    [taken] = tried(founded, *second, seals=seals)
    answer = founded.ask(second, OPERATOR, seals=seals)

    assert [each.code for each in taken.refusals] == ["IDENTITY_TAKEN"]
    agrees(founded, taken, answer)
    assert counts(founded) == before


def test_what_is_too_large_or_in_the_future_is_turned_away_as_ever(
    founded: Ledger, clock: Hand
) -> None:
    long = Put(events=(cast.passed(reason="长" * 30_000),))
    [rehearsal] = tried(founded, long)
    assert [each.code for each in rehearsal.refusals] == ["EVENT_TOO_LARGE"]

    tomorrow = clock.now.date() + timedelta(days=2)
    early = Put(events=(cast.passed(ZHOU),))
    [rehearsal] = tried(founded, early, on=tomorrow, source="other/1")
    agrees(founded, rehearsal, founded.ask([early], OPERATOR, on=tomorrow, source="other/1"))
    assert rehearsal.refusals


def test_text_that_cannot_be_kept_is_a_fault_as_ever(founded: Ledger) -> None:
    bad = Put(events=(cast.passed(reason="\ud800"),))
    with pytest.raises(Fault) as raised:
        tried(founded, bad)

    assert raised.value.code == "UNSOUND_TEXT"


def test_no_rehearsal_of_a_rule_is_learned_by_the_rulebook(founded: Ledger) -> None:
    head = founded.feed.head()
    book = rules_at(founded, head)
    before = len(book.learned)
    repeal = RepealRules(
        document=ZJ24, rules=("ZJ24-13",), last=date(2025, 1, 1), citation="浙教〔2025〕1号"
    )
    [rehearsal] = founded.rehearse([repeal], OPERATOR, book, position=head)

    assert [each.event.NAME for each in rehearsal.entries] == ["regulation.rules-ended"]
    assert len(book.learned) == before
