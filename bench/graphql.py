"""What a GraphQL request costs: ours beside stock Strawberry and PostGraphile, in one run.

    python -m bench.graphql [--teachers 2000] [--rounds 5] [--seconds 2] [--only A C] [--json]

``A``  a teacher with the record of the cycle: its verdict, requirements and twenty credits
``R``  the same of fifty teachers again and again, as a page that is looked at repeatedly
``F``  the same judged on another day each time, so that nothing that was told before is of use
``B``  a page of 100 teachers with where each has been
``N``  a page of 100 teachers with their masked names, which are opened from the vault
``C``  a page of 100 events of the ledger, each with its content
``D``  ``{ __typename }``
``M``  a teacher chooses a class, a new one each time: a decision and a commit

Stock is the same types and resolvers under Strawberry as it ships, in this same repository, so what
makes a resolver itself faster makes stock faster too and shows in no ratio: tokens that were
verified, statements, verdicts that were judged before. It has none of our edge, caches, executor
and renderings. Its answers to A, B, N and C are compared with ours, byte for byte of their data.
Plain is Strawberry as its documentation would have it over the plain tables that PostGraphile has
(``bench.graphql_plain``): no caches, no tokens, and no code of ours. Fresh is ours where nothing is
kept of what was written: a page of C is then written as if nobody had asked for its entries before,
and a record in A as after an event of its teacher; ours has written both before, as where a page is
looked at again. PostGraphile 5 serves the same rows from typed tables with keys and indexes,
verdicts worked out beforehand. It and plain read no vault, check no token, and take no decision, so
they have no F, no N and no M. We check a token and keep to a bureau's reach. Every record in A was
asked for once before, by each server; what the first time costs is F.
PostGraphile is installed on the first run, with a Node of its own, into the user's cache.

CPU is that of the server's process per request, and apart from it that of PostgreSQL; four callers
wait for their answers and ask again. The servers take turns in every round; figures are medians of
the rounds, ratios are taken within a round and given as their median with the lowest and highest.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from itertools import count
from statistics import median
from typing import Any

from joserfc.jwk import OKPKey

from api.auth import issue
from api.clock import DemoClock
from api.house import open_house
from api.issuers import issuer
from api.settings import Mode, Settings
from bench.graphql_asked import DOCUMENTS, PLAIN
from bench.graphql_given import CLASSES, OFFERING, fill, plain
from bench.graphql_peer import Body, Caller, Cost, Peer, Postgres, ours, postgraphile, started
from bench.graphql_plain import DOCUMENTS as NAIVE
from bench.graphql_serve import DAY
from bench.peers import database, server
from ledger.command import Asker, Role
from ledger.names import JurisdictionId, LedgerId
from ledger.store.folder import CLUSTER

OURS, STOCK, SIMPLE, POSTGRAPHILE = "ours", "stock", "plain", "postgraphile"
FRESH = "fresh"
PEERS = (FRESH, STOCK, SIMPLE, POSTGRAPHILE)
RUIAN = "jurisdiction:330381"
PAGE = 100
REPEATED = 50
FIRST_DAY = date(2023, 9, 1)
Cells = dict[tuple[str, str], list[Cost]]


def questions(peer: Peer, teachers: int, head: int) -> dict[str, Callable[[], Body]]:
    """For each question a source of requests, which go through the rows in the same order."""
    documents = {POSTGRAPHILE: PLAIN, SIMPLE: NAIVE}.get(peer.name, DOCUMENTS)
    variables = _plain(peer, head) if peer.name == POSTGRAPHILE else _own(peer, head)
    turn = count()

    def source(name: str) -> Callable[[], Body]:
        def body() -> Body:
            number = next(turn)
            if name in "AR":
                shown = teachers if name == "A" else REPEATED
                given = {"teacher": f"teacher:t{number % shown}"}
            elif name == "F":
                day = FIRST_DAY + timedelta(number // teachers)
                given = {"teacher": f"teacher:t{number % teachers}", "on": day.isoformat()}
            elif name == "M":
                given = _choice(peer.name, number, teachers)
            else:
                cursors = variables.get(name, [{}])
                given = cursors[number % len(cursors)]
            return {"query": documents[name], "variables": given}

        return body

    # A choice is made once, by ours and stock; it is the same for fresh.
    return {name: source(name) for name in documents if (name, peer.name) != ("M", FRESH)}


def _choice(who: str, number: int, teachers: int) -> Body:
    # Ours and stock share the ledger, and no pair of teacher and class may come twice.
    half = teachers // 2
    teacher = number % half + (half if who == STOCK else 0)
    offering = OFFERING.format(number // half % CLASSES)
    given = {"teacher": f"teacher:t{teacher}", "offering": offering}
    return {"input": given, "id": f"{who}-{number}"}


def _own(peer: Peer, head: int) -> dict[str, list[Body]]:
    pages: list[Body] = [{"after": None}]
    while True:
        found = peer.ask("B", {"query": DOCUMENTS["B"], "variables": pages[-1]})
        found = found["teachers"]["pageInfo"]
        if not found["hasNextPage"] or len(pages) == 20:
            break
        pages.append({"after": found["endCursor"]})
    # The last page may have fewer rows.
    pages = pages[:-1] or pages
    return {"B": pages, "N": pages, "C": [{"before": head - PAGE * each} for each in range(20)]}


def _plain(peer: Peer, head: int) -> dict[str, list[Body]]:
    found: dict[str, list[Body]] = {}
    for name, field in (("B", "allTeachers"), ("C", "allEvents")):
        pages: list[Body] = [{"after": None}]
        while len(pages) < 20:
            body = {"query": PLAIN[name], "variables": pages[-1]}
            info = peer.ask(name, body)[field]["pageInfo"]
            if not info["hasNextPage"]:
                break
            pages.append({"after": info["endCursor"]})
        found[name] = pages[:-1] or pages
    return found


def agree(peers: dict[str, Peer], teachers: int, head: int) -> None:
    """Raises ``SystemExit`` where ours, fresh and stock do not give the same data."""
    for name in "ARFBNC":
        told = []
        for who in {OURS, FRESH, STOCK} & {*peers}:
            body = questions(peers[who], teachers, head)[name]
            told.append([json.dumps(peers[who].ask(name, body())) for _ in range(5)])
        if any(each != told[0] for each in told):
            raise SystemExit(f"{name}: ours and stock do not give the same answers")


def told_once(peers: dict[str, Peer], teachers: int) -> None:
    """Asks each server for every record, so that A is of what was told before, as F is not."""
    for peer in peers.values():
        document = {POSTGRAPHILE: PLAIN, SIMPLE: NAIVE}.get(peer.name, DOCUMENTS)["A"]
        caller = Caller(peer, "A")
        for number in range(teachers):
            caller.ask({"query": document, "variables": {"teacher": f"teacher:t{number}"}})


def measured(
    peers: dict[str, Peer], wanted: list[str], given: argparse.Namespace, pg: Postgres, head: int
) -> Cells:
    """Every cell once a round."""
    asked = {who: questions(peer, given.teachers, head) for who, peer in peers.items()}
    cells: Cells = {}
    for number in range(given.rounds):
        print(f"round {number + 1}", file=sys.stderr)
        for name in wanted:
            for who, peer in peers.items():
                if name in asked[who]:
                    cost = peer.measure(name, asked[who][name], given.seconds, pg)
                    cells.setdefault((name, who), []).append(cost)
    return cells


def ratios(cells: Cells) -> dict[str, list[float]]:
    """How many times more CPU each peer spends than ours, round by round.

    Of the servers alone, and under ``+ postgres`` of the servers and PostgreSQL together.
    """
    found: dict[str, list[float]] = {}
    for (name, who), theirs in cells.items():
        if who == OURS:
            continue
        pairs = list(zip(theirs, cells[name, OURS], strict=True))
        found[f"{name} {who}"] = [p.server_ms / o.server_ms for p, o in pairs]
        found[f"{name} {who} + postgres"] = [
            (p.server_ms + p.postgres_ms) / (o.server_ms + o.postgres_ms) for p, o in pairs
        ]
    return found


def told(cells: Cells) -> dict[str, Any]:
    """The medians, and the ratios with their lowest and highest."""
    found: dict[str, Any] = {"machine": platform.platform(), "cells": {}, "ratios": {}}
    for (name, who), costs in cells.items():
        found["cells"][f"{name} {who}"] = {
            each: round(median(getattr(cost, each) for cost in costs), 3)
            for each in Cost.__dataclass_fields__
        }
    for pair, each in ratios(cells).items():
        found["ratios"][pair] = [round(x, 2) for x in (median(each), min(each), max(each))]
    return found


def main() -> None:
    """Measures, and prints a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--teachers", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--only", nargs="*", default=list(DOCUMENTS), choices=list(DOCUMENTS))
    parser.add_argument("--without", nargs="*", default=[], choices=PEERS)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = told(_run(given))
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for cell, costs in found["cells"].items():
        said = "  ".join(f"{name} {value:9.3f}" for name, value in costs.items())
        print(f"{cell:16} {said}")
    for pair, (middle, low, high) in found["ratios"].items():
        print(f"{pair} / ours: {middle} times the CPU ({low} to {high})")


def _bearer(key: OKPKey, name: str) -> dict[str, str]:
    bureau = Asker(actor="staff:bench", role=Role.BUREAU, scope=JurisdictionId(RUIAN))
    operator = Asker(actor="staff:bench", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))
    token = issue(key, operator if name == "M" else bureau, valid=timedelta(days=1))
    return {"authorization": f"Bearer {token}"}


def _run(given: argparse.Namespace) -> Cells:
    with ExitStack() as stack:
        url, scratch = stack.enter_context(server())
        own = database(url, "whole")
        settings = Settings(database_url=own, data=scratch, mode=Mode.DEVELOPMENT, _env_file=None)
        with open_house(settings, DemoClock(DAY)) as house:
            fill(house.ledger, given.teachers)
            head = house.ledger.feed.head()
            house.runner.wait_for(head, 600)
            plain(house.ledger, own, given.teachers, DAY)
        key = issuer(settings)
        headers = {name: _bearer(key, name) for name in DOCUMENTS}
        commands = {STOCK: ours(STOCK, scratch, own), OURS: ours(OURS, scratch, own)}
        commands |= {each: ours(each, scratch, own) for each in (FRESH, SIMPLE)}
        commands[POSTGRAPHILE] = postgraphile(own)
        peers: dict[str, Peer] = {}
        for who, command in commands.items():
            if who in given.without:
                continue
            peers[who] = stack.enter_context(started(who, command, headers))
        if STOCK in peers:
            agree(peers, given.teachers, head)
        if "A" in given.only:
            told_once(peers, given.teachers)
        return measured(peers, given.only, given, Postgres(scratch.parent / "data" / CLUSTER), head)


if __name__ == "__main__":
    main()
