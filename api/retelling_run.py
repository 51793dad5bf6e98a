"""A ledger filled with tellings: planned in order, made by several processes, written by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from heapq import merge

from api.plate import District, Page
from api.retelling_copy import Piece, Telling
from api.retelling_work import Worker, workers
from ledger.store.bundle import SETTING, write_bundle
from ledger.store.connection import open_connection

BUNDLE_EVENTS = 25_000


def key_of(district: District, number: int) -> str:
    """The key of a telling; the first keeps the district's own."""
    return sha256(f"{district.key}/{number}".encode()).hexdigest()[:8] if number else district.key


def planned(districts: Sequence[District], tellings: Sequence[Telling]) -> Iterator[list[Piece]]:
    """What each bundle holds, in order of time, from position 1 on."""
    of = [[each for each in tellings if each.district == n] for n in range(len(districts))]
    after, weight, pieces = 0, 0, list[Piece]()
    for _, district, number, page in merge(*map(_pages, range(len(districts)), districts)):
        once = district == 0
        each = len(page.plates)
        waiting = of[district]
        while waiting:
            room = max((BUNDLE_EVENTS - weight) // max(each, 1), 1)
            told, waiting = waiting[:room], waiting[room:]
            pieces.append(Piece(number, told, after, once))
            came = each * len(told) + (len(page.once) if once else 0)
            after, weight, once = after + came, weight + came, False
            if weight >= BUNDLE_EVENTS:
                yield pieces
                weight, pieces = 0, []
    if pieces:
        yield pieces


def _pages(number: int, district: District) -> Iterator[tuple[float, int, int, Page]]:
    return ((page.at.timestamp(), number, count, page) for count, page in enumerate(district.pages))


def retell(
    url: str,
    vault_key: bytes,
    districts: Sequence[District],
    tellings: Sequence[Telling],
    processes: int,
    told: Callable[[int], None],
) -> int:
    """Writes all tellings into an empty ledger; gives its head."""
    last = 0
    plan = planned(districts, tellings)
    with (
        workers(districts, vault_key, processes) as tellers,
        open_connection(url, autocommit=True) as connection,
    ):
        connection.execute(SETTING)
        waiting: deque[Worker] = deque()
        for teller, pieces in zip(tellers, plan, strict=False):
            teller.ask(pieces)
            waiting.append(teller)
        while waiting:
            teller = waiting.popleft()
            bundle = teller.take()
            # It makes its next one while this one is written.
            if (more := next(plan, None)) is not None:
                teller.ask(more)
                waiting.append(teller)
            write_bundle(connection, bundle)
            last = bundle.last
            told(last)
    return last
