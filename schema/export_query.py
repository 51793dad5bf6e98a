"""Exports of whole questions: what a query of GraphQL answers, row by row, as a file.

The query itself is asked, with the reach, the masks, the limits and the sentences that it has: a
file cannot say more than the answer. Each kind is a line of ``QUERIES``; what narrows it and its
columns are read from the schema.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from msgspec import structs

from ledger.document import DOCUMENT_CHARACTERS_MAX
from ledger.fault import Fault
from ledger.store.feed import Filter
from projections.catalogue import TEACHERS
from schema.column import Part, chinese, columns
from schema.context import Context
from schema.export import Asked, Export, Flow
from schema.inquiry import Inquiry
from schema.outputs import FIRST_MAX
from schema.trial import TEACHERS_MAX

Row = tuple[dict[str, Any], str | None]


class QueryExport(Export):
    """The rows of a query's answer.

    ``head``: arguments that stand in front of each row; ``above``: fields of the object that do,
    even where it has no row. ``live``: the present is read from the views and stands where they
    stand, as the query has it; all else is asked as of one position.
    """

    def __init__(
        self,
        query: str,
        of: str | None = None,
        *,
        head: tuple[str, ...] = (),
        above: tuple[str, ...] = (),
        without: tuple[str, ...] = (),
        live: bool = False,
        dated: bool = False,
        resumable: bool = True,
    ) -> None:
        super().__init__("")
        self.resumable = resumable
        self.inquiry = Inquiry(query, of, above, without)
        self.head, self.live, self.dated = head, live, dated
        self.long = {"draft": DOCUMENT_CHARACTERS_MAX}

    @property
    def timeless(self) -> bool:  # type: ignore[override]  # read from the schema
        """Whether its query takes no moment."""
        return self.inquiry.moment is None

    def filters(self) -> tuple[str, ...]:
        return self.inquiry.filters()

    def check(self, filters: dict[str, str]) -> None:
        self.inquiry.given(filters)

    def settle(self, filters: dict[str, str], day: date, now: datetime) -> None:
        super().settle(filters, day, now)
        if "until" in self.inquiry.field.args:
            # The log that it reads grows by every export, by this one too.
            filters.setdefault("until", now.isoformat())

    def told(self, filters: dict[str, str]) -> dict[str, str]:
        return {
            name: f"sha256:{sha256(value.encode()).hexdigest()}" if name in self.long else value
            for name, value in filters.items()
        }

    @contextmanager
    def open(self, context: Context, asked: Asked) -> Iterator[Flow]:
        ask, today = self.inquiry, asked.day == context.today
        then = asked.position is not None or asked.effective is not None or not today
        if ask.moment is None and then:
            raise Fault(
                "BAD_AS_OF",
                zh=f"{ask.query} 不取 asOf，请用 since 与 until",
                en=f"{ask.query} takes no asOf; narrow it by since and until",
                field="asOf",
            )
        known = context.house.ledger.feed.head() if asked.position is None else asked.position
        moment = {
            "position": known,
            "effective": asked.effective and asked.effective.isoformat(),
            # That of the moment as it was asked for; of a position alone it may be another.
            "on": asked.day.isoformat(),
        }
        given = ask.given(asked.filters)
        if "atLeast" in ask.field.args:
            given["atLeast"] = known
        if "first" in ask.field.args:
            given["first"] = FIRST_MAX if ask.of is None else TEACHERS_MAX
        if ask.moment is not None and (then or not self.live):
            given[ask.moment] = moment
        wide = replace(context, page_max=TEACHERS_MAX, loaders={})
        # A loop of its own, on a thread of its own; it asks for one page after another.
        with asyncio.Runner() as runner:
            answer = runner.run(ask.ask(wide, given))
            stands = known
            if ask.moment is not None and ask.moment not in given:
                stands = answer.get("position") or known
                given[ask.moment] = moment | {"position": stands}
            one = answer is not None and "pageInfo" not in answer
            about = concerned(context, asked.filters) if one else ((), ())
            pages = self._pages(runner, wide, given, answer)
            rows = (row for page in pages for row in self._told(page, asked.filters))
            yield Flow(stands, columns(self.shape()), rows, *about)

    def _pages(
        self, runner: asyncio.Runner, context: Context, given: dict[str, Any], answer: Any
    ) -> Iterator[Any]:
        """The answers page by page, the later ones as of where the first one stands."""
        while answer is not None:
            yield answer
            page = answer.get("pageInfo")
            if page is None or not page["hasNextPage"]:
                return
            answer = runner.run(self.inquiry.ask(context, given | {"after": page["endCursor"]}))

    def shape(self) -> tuple[Part, ...]:
        """What a row of the file holds."""
        if not self.inquiry.above:
            return (*self.front(), *self.inquiry.rows)
        return (*self.front(), *self.inquiry.above, self.inquiry.inner)

    def front(self) -> tuple[Part, ...]:
        """The arguments that stand in front."""
        said = {name: self.inquiry.field.args[name].description or name for name in self.head}
        return tuple(Part(n, _unread, "text", chinese(said[n])) for n in self.head)

    def listed(self, answer: Any) -> list[Any]:
        """The rows of an answer as it has them."""
        found = answer if self.inquiry.of is None else answer[self.inquiry.of]
        rows = [each["node"] for each in found["edges"]] if isinstance(found, dict) else found
        return rows or ([None] if self.inquiry.above else [])

    def _told(self, answer: Any, filters: dict[str, str]) -> Iterator[Row]:
        front: dict[str, Any] = {name: filters.get(name) for name in self.head}
        front |= {each.key: answer[each.key] for each in self.inquiry.above}
        shape = self.shape()
        for row in self.listed(answer):
            told = front | ({self.inquiry.of: row} if self.inquiry.above else row)
            yield _dated(shape, told), _place(row or {})


class EvidenceExport(QueryExport):
    """A row for each event that a verdict rests on, in order, then one for each rule."""

    def shape(self) -> tuple[Part, ...]:
        """The teacher and the fields of the evidence, each of one row."""
        one = {"positions": "position", "events": "event", "rules": "rule"}
        rows = [each for each in self.inquiry.rows if each.key in one]
        told = [structs.replace(each, key=one[each.key], many=False) for each in rows]
        return (*self.front(), *told)

    def listed(self, answer: Any) -> list[Any]:
        """The events with their positions, then the rules."""
        pairs = zip(answer["positions"], answer["events"], strict=True)
        events = [{"position": at, "event": event, "rule": None} for at, event in pairs]
        return events + [{"position": None, "event": None, "rule": e} for e in answer["rules"]]


def concerned(context: Context, filters: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The teachers whom a question is about, and where they are, for the log of accesses."""
    named = [each for name, each in filters.items() if name == "teacher"]
    if "credit" in filters:
        feed = context.house.ledger.feed
        found = next(iter(feed.page(Filter(tags=(filters["credit"],)), 1)), None)
        named += [each for each in found.tags if each.startswith("teacher:")] if found else []
    states = context.house.reader.many(TEACHERS, named)
    return tuple(named), tuple(str(each.place) for each in states.values() if each.place)


def _unread(row: Any) -> Any:
    raise TypeError("what a query answers is not read again")


def _place(row: dict[str, Any]) -> str | None:
    """The place that a row concerns."""
    found: str | None = row.get("place") or (row.get("entry") or {}).get("place")
    return found


def _dated(parts: tuple[Part, ...], row: dict[str, Any]) -> dict[str, Any]:
    """The row with its days as days, which a workbook keeps as such."""
    return {each.key: _cell(each, row[each.key]) for each in parts}


def _cell(part: Part, value: Any) -> Any:
    if value is None or part.many:
        return value
    if part.parts:
        return _dated(part.parts, value)
    return date.fromisoformat(value) if part.kind == "date" else value


WHY_NOT: dict[str, Any] = {"of": "reasons", "above": ("answer", "zh", "en")}
PAIR = ("teacher", "offering")
QUERIES: dict[str, Export] = {
    "evidence": EvidenceExport("evidence", head=("teacher",), dated=True),
    "creditWarnings": QueryExport("creditRecord", "warnings", head=("teacher",), dated=True),
    "creditDifference": QueryExport(
        "creditDifference", "effects", head=("teacher",), above=("counted", "credits")
    ),
    "whyNotSelected": QueryExport("whyNotSelected", head=PAIR, dated=True, **WHY_NOT),
    "whyNotCompleted": QueryExport("whyNotCompleted", head=PAIR, dated=True, **WHY_NOT),
    # A day would narrow what is read of the screening; without one there is all of it.
    "whyNotAdmitted": QueryExport("whyNotAdmitted", head=PAIR, **WHY_NOT),
    "whyNotCounted": QueryExport("whyNotCounted", head=("credit", *PAIR), dated=True, **WHY_NOT),
    "whatIf": QueryExport("whatIf", "flips", live=True, dated=True),
    "whatIfPlaces": QueryExport("whatIf", "places", live=True, dated=True),
    "whatIfSchools": QueryExport("whatIf", "schools", live=True, dated=True),
    "findingCounts": QueryExport("findingCounts", "rows", live=True),
    "timeline": QueryExport("timeline"),
    "alterations": QueryExport("alterations", head=("id",)),
    "causes": QueryExport("causes", "links", above=("more",)),
    "consequences": QueryExport("consequences", "links", above=("more",)),
    "effects": QueryExport("effects"),
    "auditSamples": QueryExport("auditSamples", without=("verify.items",), live=True),
    "drawnTrainings": QueryExport("auditSample", "items", head=("id",)),
    "petitions": QueryExport("petitions", live=True),
    "reconciliations": QueryExport("reconciliations", without=("result", "since"), live=True),
    "accessLog": QueryExport("accessLog"),
    "anomalies": QueryExport("anomalies", live=True),
    # They change and are forgotten, whatever position the ledger is at.
    "webhooks": QueryExport("webhooks", resumable=False),
    "webhookDeliveries": QueryExport("webhookDeliveries", head=("webhook",), resumable=False),
    "trainers": QueryExport("trainers", live=True),
    "resumptions": QueryExport("resumptions", live=True),
    "warnings": QueryExport("warnings", live=True),
}
