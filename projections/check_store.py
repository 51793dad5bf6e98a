"""Checks of what stands beside the entries: the tag index, answers, ids, and seats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec

from ledger.enrollment import EnrollmentConfirmed, EnrollmentWithdrawn, NoSeatLeft
from ledger.event import Entry, decode
from ledger.fault import Fault
from ledger.finding import FindingMade
from ledger.names import OfferingId
from ledger.offering import ClassRoom, ExpansionDecided, OfferingOpened
from ledger.store.answer import Answer, Written
from projections.inspection import PAGE, Books, Problem, Readable, WholeCheck, hashed

OFFERINGS_PAGE = 200
ANSWERS_PAGE = 100  # one answer may tell of thousands of events
HASH_MIN = -(2**63)
ALWAYS = "A"
GUARDS = (
    "events_dense",
    "events_fixed",
    "events_kept",
    "tags_fixed",
    "tags_kept",
    "blocks_fixed",
    "blocks_kept",
    "requests_fixed",
    "requests_kept",
    "access_chained",
    "access_fixed",
    "access_kept",
    "access_subjects_fixed",
    "access_subjects_kept",
    "access_head_kept",
)
GUARD_STATES = """
select t.tgname, t.tgenabled::text from pg_trigger t
join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'ledger' and not t.tgisinternal
"""
GRANTS_TOO_WIDE = """
select c.relname, p.privilege
from unnest(array['events', 'tags', 'blocks', 'requests', 'access_log', 'access_subjects',
    'access_head']) as c(relname)
cross join unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) as p(privilege)
where has_table_privilege('xuefen_app', 'ledger.' || c.relname, p.privilege)
"""
NO_SEAT_LEFT = NoSeatLeft(zh="", en="").code
SEAT_EVENTS = (
    OfferingOpened,
    ExpansionDecided,
    EnrollmentConfirmed,
    EnrollmentWithdrawn,
    FindingMade,
)


class Ids(WholeCheck):
    """No event id stands twice."""

    name = "ids"
    codes = ("EVENT_ID_TWICE",)
    zh = "事件编号不重复"
    en = "no event id stands twice"

    def run(self, books: Books) -> Iterator[Problem]:
        statement = (
            "select id, count(*), max(position) from ledger.events where position <= %s "
            "and id is not null group by id having count(*) > 1 order by 3 limit %s"
        )
        for known, count, position in books.read(statement, (books.upto, PAGE)):
            yield self.problem(
                "EVENT_ID_TWICE",
                f"事件编号 {known} 出现 {count} 次，最后一次在位置 {position}",
                f"the event id {known} stands {count} times, at last at position {position}",
                position,
                str(known),
            )


class Guards(WholeCheck):
    """The database itself refuses to change or remove what is recorded."""

    name = "guards"
    codes = ("GUARD_OFF", "GRANT_TOO_WIDE")
    zh = "数据库的只增保护全部有效"
    en = "the database's own guards are on"

    def run(self, books: Books) -> Iterator[Problem]:
        yield from self.off(books)
        for table, privilege in books.read(GRANTS_TOO_WIDE, ()):
            yield self.problem(
                "GRANT_TOO_WIDE",
                f"角色 xuefen_app 对 {table} 有 {privilege} 权限，应予收回",
                f"the role xuefen_app may {privilege} {table}; revoke it",
                None,
                f"{table} {privilege}",
            )

    def off(self, books: Readable) -> Iterator[Problem]:
        """The triggers that are not there, or not on."""
        standing = dict(books.read(GUARD_STATES, ()))
        for guard in GUARDS:
            if standing.get(guard) != ALWAYS:
                yield self.problem(
                    "GUARD_OFF",
                    f"触发器 {guard} 没有启用，账本可能被改动；请以所有者身份执行 "
                    f"alter table … enable always trigger {guard}",
                    f"the trigger {guard} is not on, so the ledger could be changed; as its owner "
                    f"run alter table … enable always trigger {guard}",
                    None,
                    guard,
                )


class TagsNeeded(WholeCheck):
    """No row of the tag index points where no such tag is."""

    name = "index"
    codes = ("TAG_SUPERFLUOUS",)
    zh = "标签索引没有多余的行"
    en = "the tag index holds nothing else"

    def run(self, books: Books) -> Iterator[Problem]:
        key = (HASH_MIN, -1)
        done = 0
        while True:
            page = books.read(
                "select t.hash, t.position, e.tags from (select hash, position from ledger.tags "
                "where (hash, position) > (%s, %s) order by hash, position limit %s) t "
                "left join ledger.events e on e.position = t.position "
                "order by t.hash, t.position",
                (*key, PAGE),
            )
            for hash_, position, tags in page:
                if hash_ not in {hashed(tag) for tag in tags or ()}:
                    yield self.problem(
                        "TAG_SUPERFLUOUS",
                        f"标签索引中位置 {position} 的 {hash_} 没有对应的标签",
                        f"the tag index has {hash_} at position {position}, which has no such tag",
                        position,
                    )
            if len(page) < PAGE:
                return
            key = (page[-1][0], page[-1][1])
            done += len(page)
            books.told("tag index", done, done + PAGE)


class Answers(WholeCheck):
    """The events that an answer tells of exist as it tells them."""

    name = "answers"
    codes = ("ANSWER_UNREADABLE", "ANSWER_UNFOUNDED")
    zh = "请求的答复所指事件均存在"
    en = "the events that answers tell of exist"

    def run(self, books: Books) -> Iterator[Problem]:
        key: tuple[str, str] | None = None
        done = 0
        while True:
            after = "where (actor, request) > (%s, %s)" if key else ""
            page = books.read(
                f"select actor, request, answer from ledger.requests {after} "
                "order by actor, request limit %s",
                (*(key or ()), ANSWERS_PAGE),
            )
            yield from self._page(books, page)
            if len(page) < ANSWERS_PAGE:
                return
            key = (page[-1][0], page[-1][1])
            done += len(page)
            books.told("answers", done, done + ANSWERS_PAGE)

    def _page(self, books: Books, page: list[tuple[Any, ...]]) -> Iterator[Problem]:
        told: list[tuple[str, str, Written]] = []
        for actor, request, body in page:
            try:
                answer = msgspec.json.decode(body, type=Answer)
            except msgspec.MsgspecError as error:
                yield self.problem(
                    "ANSWER_UNREADABLE",
                    f"{actor} 的请求 {request} 的答复无法读出：{error}",
                    f"the answer to request {request} of {actor} cannot be read: {error}",
                    subject=request,
                )
                continue
            written = (each for outcome in answer.outcomes for each in outcome.written)
            told.extend((actor, request, each) for each in written)
        rows = books.read(
            "select position, id, type from ledger.events where position = any(%s)",
            ([each.position for _, _, each in told],),
        )
        there = {position: (str(known), kind) for position, known, kind in rows}
        for actor, request, each in told:
            if there.get(each.position) != (each.id, each.type):
                yield self.problem(
                    "ANSWER_UNFOUNDED",
                    f"{actor} 的请求 {request} 所得事件 {each.id} 不在位置 {each.position}",
                    f"request {request} of {actor} was told of {each.id}, which is not at "
                    f"position {each.position}",
                    each.position,
                    request,
                )


class Seats(WholeCheck):
    """Nobody was confirmed beyond the seats, unless a finding says so."""

    name = "seats"
    codes = ("SEATS_EXCEEDED",)
    zh = "确认人数不超过容量，已有审计发现者除外"
    en = "nobody is confirmed beyond the seats, unless a finding says so"

    def run(self, books: Books) -> Iterator[Problem]:
        after = 0
        while True:
            opened = books.read(
                "select position, body from ledger.events where type = %s and position > %s "
                "and position <= %s order by position limit %s",
                (OfferingOpened.NAME, after, books.upto, OFFERINGS_PAGE),
            )
            offerings = {str(event.offering) for event in _opened(opened)}
            yield from self._page(books, sorted(offerings))
            if len(opened) < OFFERINGS_PAGE:
                return
            after = opened[-1][0]
            books.told("seats", after, books.upto)

    def _page(self, books: Books, offerings: list[str]) -> Iterator[Problem]:
        rows = books.read(
            "select w.tag, e.position, e.body from unnest(%s::bigint[], %s::text[]) as w(hash, tag)"
            " join ledger.tags t on t.hash = w.hash join ledger.events e on e.position = t.position"
            " and e.type = any(%s) and w.tag = any(e.tags) where e.position <= %s"
            " order by w.tag, e.position",
            (
                [hashed(each) for each in offerings],
                offerings,
                [each.NAME for each in SEAT_EVENTS],
                books.upto,
            ),
        )
        by_offering: dict[str, list[Entry]] = defaultdict(list)
        for tag, position, body in rows:
            entry = _decoded(position, body)
            if entry is not None:
                by_offering[tag].append(entry)
        for offering, entries in by_offering.items():
            yield from self._offering(OfferingId(offering), entries)

    def _offering(self, offering: OfferingId, entries: list[Entry]) -> Iterator[Problem]:
        said = {
            each.cause
            for each in entries
            if isinstance(each.event, FindingMade) and each.event.code == NO_SEAT_LEFT
        }
        room, confirmed = ClassRoom(), set()
        for entry in entries:
            room.learn(entry)
            match entry.event:
                case EnrollmentWithdrawn(teacher=teacher):
                    confirmed.discard(teacher)
                case EnrollmentConfirmed(teacher=teacher):
                    confirmed.add(teacher)
                    if len(confirmed) > room.seats and entry.id not in said:
                        yield self.problem(
                            "SEATS_EXCEEDED",
                            f"{offering} 容量 {room.seats}，位置 {entry.position} 起确认了 "
                            f"{len(confirmed)} 人，且没有审计发现",
                            f"{offering} has {room.seats} seats, but position {entry.position} "
                            f"confirms trainee {len(confirmed)} and no finding says so",
                            entry.position,
                            str(offering),
                        )
                case _:
                    pass


def _opened(rows: list[tuple[Any, ...]]) -> Iterator[OfferingOpened]:
    for position, body in rows:
        entry = _decoded(position, body)
        if entry is not None and isinstance(entry.event, OfferingOpened):
            yield entry.event


def _decoded(position: int, body: bytes) -> Entry | None:
    """The entry; one that cannot be read is for the check ``bodies`` to tell."""
    try:
        return decode(position, body)
    except (msgspec.MsgspecError, Fault, ValueError):
        return None
