"""What a ledger is held against once a fault is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from bench.faults.reader import Reader
from bench.faults.script import Batch, Submission
from bench.faults.subject import ALL
from ledger.event import Entry, leaf_hash
from ledger.store.answer import Answer
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.teacher import TeacherRegistered
from projections.check import NAMES, check
from projections.check_desk import SignedOff
from projections.runner import Runner
from tests.town import OPERATOR, rows

# The story signs off made-up statements.
CHECKED = tuple(each for each in NAMES if each != SignedOff.name)
Answers = dict[str, list[Answer]]


def requests(ledger: Ledger, batches: list[Batch], answers: Answers) -> Iterator[str]:
    """Each request stands once and whole or not at all, and gives the same answer again."""
    asked = {each.request: each for batch in batches for each in batch}
    yield from _standing(ledger, asked, answers)
    again: Answers = defaultdict(list)
    for _ in range(2):
        for request, each in asked.items():
            again[request].append(ledger.committer.submit(each.asked(ledger.vault)).result())
    for request in asked:
        accepted = [each for each in answers.get(request, []) if _wrote(each)]
        first, second = again[request]
        if accepted and not (first.replayed and _same(first, accepted[0])):
            yield f"{request} was acknowledged and now has another answer"
        if _wrote(first) and not (second.replayed and _same(first, second)):
            yield f"{request} asked twice gives two answers"
    yield from _standing(ledger, asked, again)


def _standing(ledger: Ledger, asked: dict[str, Submission], answers: Answers) -> Iterator[str]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in ledger.feed.entries(Filter(actor=OPERATOR.actor)):
        if entry.request in asked:
            found[entry.request].append(entry)
    kept = {
        request: msgspec.json.decode(bytes(answer), type=Answer)
        for request, answer in rows(
            ledger.url,
            "select request, answer from ledger.requests where actor = %s",
            OPERATOR.actor,
        )
    }
    for request in asked:
        told = [each for each in answers.get(request, []) if _wrote(each)]
        stands = [(each.position, each.id, each.event.NAME) for each in found[request]]
        if any(not _same(each, told[0]) for each in told):
            yield f"{request} was answered in two ways"
        if told and (request not in kept or not _same(kept[request], told[0])):
            yield f"{request} was acknowledged and its answer is not kept"
        if (request in kept) != bool(stands):
            yield f"{request} is half there: answer {request in kept}, events {len(stands)}"
        if request in kept and stands != _written(kept[request]):
            yield f"{request} has events {stands}, its answer says {_written(kept[request])}"


def _wrote(answer: Answer) -> bool:
    return any(each.accepted for each in answer.outcomes)


def _same(one: Answer, other: Answer) -> bool:
    return (one.position, one.outcomes) == (other.position, other.outcomes)


def _written(answer: Answer) -> list[tuple[int, str, str]]:
    return [
        (each.position, each.id, each.type)
        for outcome in answer.outcomes
        for each in outcome.written
    ]


def appends(ledger: Ledger, told: dict[str, int]) -> Iterator[str]:
    """Each append stands where it was said to, and none stands twice."""
    found: dict[str, list[int]] = defaultdict(list)
    for position, tag in rows(
        ledger.url, "select position, tags[1] from ledger.events where type = 'bench.appended'"
    ):
        found[tag].append(position)
    for tag, position in told.items():
        if found[tag] != [position]:
            yield f"{tag} was appended at {position} and stands at {found[tag]}"
    for tag, positions in found.items():
        if len(positions) > 1:
            yield f"{tag} stands at {positions}"


def secrets(ledger: Ledger) -> Iterator[str]:
    """Personal data lie sealed exactly for those whose events say so, and can be opened."""
    sealed = {
        str(each.event.teacher): each.event.sealed
        for each in ledger.feed.entries(Filter(types=(TeacherRegistered.NAME,)))
        if isinstance(each.event, TeacherRegistered) and each.event.sealed
    }
    kept = {subject for (subject,) in rows(ledger.url, "select subject from vault.keys")}
    if kept != set(sealed):
        yield f"keys of {sorted(kept ^ set(sealed))} without events, or the other way round"
    if any(len(values) != 2 for values in ledger.vault.open(sorted(sealed)).values()):
        yield "not all that was sealed can be opened"


def store(ledger: Ledger) -> Iterator[str]:
    """Positions are dense from 1, times never decrease, each leaf hash is that of its body."""
    found = rows(ledger.url, "select position, at, body, leaf_hash from ledger.events order by 1")
    if [each[0] for each in found] != list(range(1, len(found) + 1)):
        yield "positions are not dense from 1"
    times = [each[1] for each in found]
    if times != sorted(times):
        yield "the times of entries decrease"
    if any(leaf_hash(bytes(body)) != bytes(leaf) for _, _, body, leaf in found):
        yield "a leaf hash is not that of its body"


def views(ledger: Ledger, *, rebuilt: bool) -> Iterator[str]:
    """The views reach the head, stand as a fresh fold has them, and a rebuild changes nothing."""
    runner = Runner(ledger.pool, ledger.feed, ALL)
    head = ledger.feed.head()
    if (reached := runner.catch_up()) != head:
        yield f"the views reached {reached} of {head}: {runner.progress()}"
    found = check(ledger.pool, ledger.feed, CHECKED)
    yield from (f"{each.code} {each.en}" for each in found)
    if rebuilt:
        before = _tables(ledger.url)
        runner.rebuild()
        after = _tables(ledger.url)
        yield from (
            f"a rebuild of {name} differs" for name in before if before[name] != after[name]
        )


def _tables(url: str) -> dict[str, list[tuple[object, ...]]]:
    return {
        each.name: sorted(rows(url, f"select * from projection.{each.name}"), key=repr)
        for each in ALL
    }


def reading(ledger: Ledger, reader: Reader) -> Iterator[str]:
    """A reader was given every entry once, in order; what a library appended is none."""
    head = ledger.feed.head()
    entries = rows(ledger.url, "select position from ledger.events where id is not null order by 1")
    if not reader.until(head):
        yield f"a reader came to {reader.reached} and not to {head}"
    elif reader.seen != [position for (position,) in entries]:
        yield "a reader skipped or repeated something"
