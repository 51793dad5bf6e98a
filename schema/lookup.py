"""Look-ups: commands by which a stranger would learn that a teacher is registered elsewhere.

A name and an id number are used once in the ledger, so that whoever registers one that is taken has
to hear of it, though it be elsewhere. Each time that stands in the access log before it is said,
with whom it was about, and nobody hears it often. A rehearsal says nothing of what lies beyond the
asker's reach: there a name or a number elsewhere is as good as free.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

from msgspec import structs

from ledger.command import Command
from ledger.event import Entry
from ledger.fault import Fault
from ledger.names import TeacherId
from ledger.store.access_log import AccessKind
from ledger.store.answer import refused
from ledger.store.lookup import subjects_of
from ledger.store.rehearsal import Rehearsal
from ledger.store.work import Seal
from ledger.teacher import RegisterTeacher
from ledger.transfer import TransferTeacher
from projections.catalogue import TEACHERS
from projections.reader import PAGE_MAX
from schema.access_log import access_by
from schema.context import Context
from schema.power import Action, Over, over
from schema.reach import reach

LOOKUPS_MAX = 200
"""So many teachers elsewhere one actor may hear of within the time below."""
LOOKUPS_WITHIN = timedelta(days=1)


async def up_to_date(context: Context, command: type[Command]) -> None:
    """Waits for the view that says who is the asker's own. Raises ``Fault`` (``NOT_YET``)."""
    if command in (RegisterTeacher, TransferTeacher):
        await context.at_least(await context.run(context.house.ledger.feed.head), TEACHERS)


def own_of(context: Context, names: Iterable[str], places: tuple[str, ...]) -> frozenset[str]:
    """Those of some teachers who are within the asker's reach."""
    allowed, asked = reach(context.asker, TEACHERS.name, places), sorted({*names})
    found: set[str] = set()
    for first in range(0, len(asked) if allowed is not None else 0, PAGE_MAX):
        assert allowed is not None
        some = tuple(asked[first : first + PAGE_MAX])
        page = context.house.reader.page(TEACHERS, allowed.and_among(key=some), first=len(some))
        found |= {key for key, _ in page.rows}
    return frozenset(found)


def note(
    context: Context,
    commands: Sequence[Command],
    seals: Mapping[int, Seal],
    places: tuple[str, ...],
) -> None:
    """Writes down of whom elsewhere the commands will tell, before they are asked.

    Raises ``Fault`` (``LOOKUPS_SPENT``) where the actor would hear of too many.
    """
    registered = [each for each in commands if isinstance(each, RegisterTeacher)]
    if not registered:
        return
    house, names = context.house, [str(each.teacher) for each in registered]
    known = {
        key
        for first in range(0, len(names), PAGE_MAX)
        for key in house.reader.many(TEACHERS, names[first : first + PAGE_MAX])
    }
    told = known | {
        owner for number, owner in _owners(context, seals).items() if owner != seals[number].subject
    }
    hit = sorted(told - own_of(context, told, places)) if told else []
    if not hit:
        return
    now, log = house.ledger.now(), house.ledger.access_log
    before = log.touched(context.asker.actor, AccessKind.LOOKUP, now - LOOKUPS_WITHIN)
    if before + len(hit) > LOOKUPS_MAX:
        raise Fault(
            "LOOKUPS_SPENT",
            zh=f"一日内登记中遇到外地教师超过 {LOOKUPS_MAX} 人次，请核对名单，明日再试",
            en=f"more than {LOOKUPS_MAX} of those registered within a day are teachers of other "
            "places; check the list, and try again tomorrow",
        )
    rows = house.reader.many(TEACHERS, hit)
    access = access_by(
        context,
        "registerTeacher",
        {str(each.place) for each in rows.values() if each.place},
        kind=AccessKind.LOOKUP,
        rows=len(hit),
        position=house.ledger.feed.head(),
    )
    log.write(access, hit)


def _owners(context: Context, seals: Mapping[int, Seal]) -> dict[int, str]:
    """Of each seal with an id number that is known, whose it is."""
    prints = {at: each.fingerprint for at, each in seals.items() if each.fingerprint is not None}
    if not prints:
        return {}
    found = subjects_of(context.house.ledger.pool, {*prints.values()})
    return {at: found[each] for at, each in prints.items() if each in found}


@dataclass
class Blind:
    """Commands to be rehearsed as if there were nobody beyond the asker's reach.

    ``given``: what each teacher who was asked about is called meanwhile.
    """

    commands: list[Command]
    seals: dict[int, Seal]
    given: dict[int, TeacherId]
    untold: frozenset[int]

    def told(self, tried: list[Rehearsal]) -> list[Rehearsal]:
        """What was tried, under the names that were asked."""
        return [self._told(number, each) for number, each in enumerate(tried)]

    def _told(self, number: int, tried: Rehearsal) -> Rehearsal:
        if number in self.untold:
            return Rehearsal(refusals=refused(_untold()).refusals)
        teacher = self.given.get(number)
        if teacher is None:
            return tried
        return structs.replace(
            tried, entries=tuple(_called(each, teacher) for each in tried.entries)
        )


def blind(
    context: Context, commands: list[Command], seals: dict[int, Seal], places: tuple[str, ...]
) -> Blind:
    """The commands as they are rehearsed: those about strangers without the strangers."""
    about = {
        number: each.teacher
        for number, each in enumerate(commands)
        if isinstance(each, RegisterTeacher | TransferTeacher)
    }
    asked, kept = list(commands), dict(seals)
    if not about or over(context.asker.role, Action.READ) is Over.ALL:
        return Blind(asked, kept, {}, frozenset())
    owners = _owners(context, seals)
    own = own_of(context, {*map(str, about.values()), *owners.values()}, places)
    far = {number: teacher for number, teacher in about.items() if str(teacher) not in own}
    for number, owner in owners.items():
        if owner not in own:
            kept[number] = replace(kept[number], fingerprint=None)
    for number in far:
        command, stand_in = commands[number], TeacherId(f"teacher:{uuid4()}")
        assert isinstance(command, RegisterTeacher | TransferTeacher)
        asked[number] = replace(command, teacher=stand_in)
        if number in kept:
            kept[number] = replace(kept[number], subject=str(stand_in))
    moves = {number for number in far if isinstance(commands[number], TransferTeacher)}
    return Blind(asked, kept, far, frozenset(moves))


def _called(entry: Entry, teacher: TeacherId) -> Entry:
    return structs.replace(entry, event=structs.replace(entry.event, teacher=teacher))


def _untold() -> Fault:
    return Fault(
        "ELSEWHERE_UNTOLD",
        zh="本属地没有这位教师；外地是否有，预演不予告知，请直接提交调动",
        en="no teacher of yours is called so; whether there is one elsewhere no rehearsal tells: "
        "ask for the move itself",
        field="teacher",
    )
