"""Look-ups: commands by which a stranger would learn that a teacher is registered elsewhere.

A name and an id number are used once in the ledger, so that whoever registers one that is taken has
to hear of it, though it be elsewhere; so has whoever takes somebody in, and whoever loads a list.
Each time that stands in the access log before it is said, with whom it was about, and nobody hears
it often: who has heard it as often as may be is refused before anybody is looked for, so that the
refusal tells nothing either. A rehearsal says nothing of what lies beyond the asker's reach: there
a name or a number elsewhere is as good as free.
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
from ledger.store.answer import Answer, refused
from ledger.store.lookup import answered, subjects_of
from ledger.store.rehearsal import Rehearsal
from ledger.store.work import Seal
from ledger.teacher import RegisterTeacher
from ledger.transfer import TransferTeacher
from projections.catalogue import TEACHERS
from projections.reader import PAGE_MAX
from projections.register import Teacher
from schema.access_log import access_by
from schema.context import Context, place_titles
from schema.power import Action, Over, over
from schema.reach import reach

LOOKING = (RegisterTeacher, TransferTeacher)
LOOKUPS_MAX = 200
"""So many teachers elsewhere one actor may hear of within the time below."""
LOOKUPS_WITHIN = timedelta(days=1)
SAID_ALIKE = {"WITHHELD", "DAY_AHEAD", "UNKNOWN_REFERENCE", "OUTSIDE_SCOPE"}
"""Refusals of a move that say nothing of whether there is such a teacher."""


async def up_to_date(context: Context, command: type[Command]) -> None:
    """Waits for the view that says who is the asker's own. Raises ``Fault`` (``NOT_YET``)."""
    if command in LOOKING:
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
    request: str,
) -> None:
    """Writes down of whom elsewhere the commands will tell, before they are asked.

    Raises ``Fault`` (``LOOKUPS_SPENT``) where the actor has heard of too many, or would.
    """
    asked = [each for each in commands if isinstance(each, RegisterTeacher | TransferTeacher)]
    if not asked or over(context.asker.role, Action.READ) is Over.ALL:
        return
    registered = {str(each.teacher) for each in asked if isinstance(each, RegisterTeacher)}
    moved = {str(each.teacher) for each in asked if isinstance(each, TransferTeacher)}
    moved -= own_of(context, moved, places)
    if not registered and not moved:
        return
    heard, hit = _heard(context), set[str]()
    if heard < LOOKUPS_MAX:
        hit = _hit(context, registered, seals, places)
        # What becomes of a move is known when it was asked: `note_refused` writes it down.
        known = {*_known(context, moved)}
        hit |= known if heard + len(known) > LOOKUPS_MAX else set()
        if not hit:
            return
    if answered(context.house.ledger.pool, context.asker.actor, request) is not None:
        return  # asked again, it is answered as it was, and that stands in the log
    if not hit:
        raise _too_many()
    _write_down(context, "registerTeacher" if registered else "transferTeacher", hit)


def _hit(
    context: Context, registered: set[str], seals: Mapping[int, Seal], places: tuple[str, ...]
) -> set[str]:
    """Those elsewhere who have a name or an id number that is to be registered."""
    owners = _owners(context, seals)
    told = {owner for at, owner in owners.items() if owner != seals[at].subject}
    told |= {*_known(context, registered)}
    return told - own_of(context, told, places)


def note_refused(
    context: Context, commands: Sequence[Command], answer: Answer, places: tuple[str, ...]
) -> None:
    """Writes down of whom elsewhere refusals of moves will tell, before they are told.

    Raises ``Fault`` (``LOOKUPS_SPENT``) where the actor heard of too many while they were decided,
    whether there are such teachers or not. A move that is recorded tells the other side by itself,
    and is no look-up.
    """
    if over(context.asker.role, Action.READ) is Over.ALL:
        return
    codes = {
        str(command.teacher): {each.code for each in outcome.refusals}
        for command, outcome in zip(commands, answer.outcomes, strict=False)  # or none was asked
        if isinstance(command, TransferTeacher) and outcome.refusals
    }
    far = codes.keys() - own_of(context, codes, places)
    hit = {*_known(context, (name for name in far if not codes[name] <= SAID_ALIKE))}
    if hit:
        _write_down(context, "transferTeacher", hit)
    elif far:
        unspent(context)


def unspent(context: Context) -> None:
    """Raises ``Fault`` (``LOOKUPS_SPENT``) where the actor has heard of too many elsewhere."""
    if over(context.asker.role, Action.READ) is not Over.ALL and _heard(context) >= LOOKUPS_MAX:
        raise _too_many()


def elsewhere(context: Context, what: str, names: Iterable[str]) -> None:
    """Writes down of whom elsewhere a dry run will tell. Raises ``Fault`` (``LOOKUPS_SPENT``)."""
    if over(context.asker.role, Action.READ) is Over.ALL:
        return
    hit = {*names}
    hit -= own_of(context, hit, tuple(place_titles(context.house)))
    if hit:
        _write_down(context, what, hit)


def _write_down(context: Context, what: str, hit: Iterable[str]) -> None:
    """Puts into the access log who of those elsewhere the asker is about to hear of.

    Raises ``Fault`` (``LOOKUPS_SPENT``) where they are too many; that stands there as well.
    """
    if _logged(context, what, hit) > LOOKUPS_MAX:
        raise _too_many()


def _logged(context: Context, what: str, hit: Iterable[str]) -> int:
    ledger, names = context.house.ledger, sorted({*hit})
    access = access_by(
        context,
        what,
        {str(each.place) for each in _known(context, names).values() if each.place},
        kind=AccessKind.LOOKUP,
        rows=len(names),
        position=ledger.feed.head(),
    )
    return ledger.access_log.write_counted(access, names, ledger.now() - LOOKUPS_WITHIN)


def _heard(context: Context) -> int:
    """Of how many elsewhere the actor has heard lately."""
    ledger = context.house.ledger
    since = ledger.now() - LOOKUPS_WITHIN
    return ledger.access_log.touched(context.asker.actor, AccessKind.LOOKUP, since)


def _too_many() -> Fault:
    return Fault(
        "LOOKUPS_SPENT",
        zh=f"一日内查到的外地教师已达 {LOOKUPS_MAX} 人，请核对名单，明日再办理登记与调入",
        en=f"of {LOOKUPS_MAX} teachers of other places was heard within a day; check the list, and "
        "register and take in again tomorrow",
    )


def _known(context: Context, names: Iterable[str]) -> dict[str, Teacher]:
    """The teachers who are registered among some."""
    asked = sorted({*names})
    return {
        key: row
        for first in range(0, len(asked), PAGE_MAX)
        for key, row in context.house.reader.many(TEACHERS, asked[first : first + PAGE_MAX]).items()
    }


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
