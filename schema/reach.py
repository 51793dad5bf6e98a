"""Reach: the rows of each view that an asker may see, applied as filters before anything is read.

A view is narrowed to the asker's own reach by facets; what lies outside is not refused but absent,
so that nobody learns that it exists.

Of moments one rule holds, for queries and exports alike. What happened stays with the school and
place where it happened; a person may move. **Who names a teacher may open the record as of a moment
if the teacher is theirs now, or was theirs at that moment**: the record moves with the teacher, so
that the school and bureau of today read the whole of it at any moment; those who are left keep the
moments at which the teacher was theirs, and learn nothing of what took place afterwards. A list
holds those who were the asker's at its moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ledger.command import PROVINCE, Asker, Role
from ledger.names import JurisdictionId
from ledger.register import JurisdictionRegistered
from ledger.teacher import TeacherRegistered, TeacherTransferred
from projections.catalogue import VIEWS as ALL
from projections.projection import Projection
from projections.reader import ANY, Reader, Where, of_party
from projections.snapshot import Snapshot
from projections.trainer import WILLING
from schema.power import Action, Over, over, roles

# After these a reader's reach may be another than it was: a place came, or a person moved.
MOVES = (JurisdictionRegistered.NAME, TeacherRegistered.NAME, TeacherTransferred.NAME)
REACHES_MAX = 2_000
_VIEWS = {view.name: view for view in ALL}
PLACED = roles(Action.READ, Over.PLACE)


@dataclass(frozen=True)
class Openness:
    """By which facet each role reaches a view, and who sees all of it.

    ``enrolled``: teachers and schools reach what concerns the offerings of their enrollments.
    ``shared``: the tag of rows that a provider reaches beside its own. ``moves``: a row is about
    one who may move, by its key.
    """

    all_of_it: tuple[Role, ...] = ()
    teacher: str | None = None
    school: str | None = None
    provider: str | None = None
    place: str | None = None
    enrolled: str | None = None
    shared: str | None = None
    moves: bool = False


VIEWS: dict[str, Openness] = {
    "schools": Openness(all_of_it=tuple(Role)),
    "providers": Openness(all_of_it=tuple(Role)),
    "offerings": Openness(all_of_it=tuple(Role)),
    "teachers": Openness(teacher="key", school="school", place="place", moves=True),
    # No name of a person stands there; the platform's registry is for those who plan and review.
    "trainers": Openness(provider="tags", place="tags", shared=WILLING),
    "resumptions": Openness(provider="provider", place="place"),
    "orders": Openness(all_of_it=(Role.PROVIDER,), place="place"),
    "projects": Openness(provider="provider", place="place"),
    "enrollments": Openness(teacher="teacher", school="school", provider="provider", place="place"),
    # Teachers see their own place in their enrollments; the whole list names others.
    "screenings": Openness(provider="provider", place="place"),
    "completions": Openness(teacher="teacher", school="school", provider="provider", place="place"),
    "changes": Openness(provider="provider", place="place", enrolled="offering"),
    "records": Openness(teacher="key", school="school", place="place", moves=True),
    "school_based": Openness(teacher="teacher", school="school", place="place"),
    # Before there is a sanction, a warning is between the bureau and the provider.
    "warnings": Openness(provider="provider", place="place"),
    # The place that drew, and the place that was sampled.
    "samples": Openness(place="tags"),
    "petitions": Openness(teacher="teacher", school="school", place="tags"),
    # What a bureau has found in its own books is its own, and of those above it.
    "reconciliations": Openness(place="place"),
    "sign_offs": Openness(place="place"),
    # A bureau's list is the bureau's business, and of those above it.
    "anomalies": Openness(place="place"),
    "yearbooks": Openness(school="school", place="place"),
    "findings": Openness(teacher="tags", school="tags", provider="tags", place="tags"),
}


@lru_cache(maxsize=REACHES_MAX)
def reach(asker: Asker, view: str, places: tuple[str, ...]) -> Where | None:
    """The rows of a view that an asker may see; ``None``: no row at all."""
    openness = VIEWS[view]
    if over(asker.role, Action.READ) is Over.ALL or asker.role in openness.all_of_it:
        return Where()
    if asker.role in PLACED:
        return _placed(asker, openness.place, places)
    facet = {
        Role.TEACHER: openness.teacher,
        Role.SCHOOL: openness.school,
        Role.PROVIDER: openness.provider,
    }.get(asker.role)
    own = {Role.TEACHER: "teacher", Role.SCHOOL: "school"}.get(asker.role)
    if openness.enrolled is not None and own is not None:
        return Where(through=((openness.enrolled, "enrollments", (own, str(asker.scope))),))
    if facet is None:
        return None
    if facet == "tags":
        if openness.shared and asker.role is Role.PROVIDER:
            return Where(overlap=(("tags", (str(asker.scope), openness.shared)),))
        return of_party(asker.scope)
    return Where(equal=((facet, str(asker.scope)),))


def reached(
    asker: Asker,
    view: Projection[Any],
    places: tuple[str, ...],
    where: Where,
    rows: Reader | Snapshot,
    now: Reader,
) -> Where | None:
    """The conditions with the asker's reach at the moment of the rows; ``None``: no row at all.

    Who is named and is the asker's now is within reach at any moment.
    """
    allowed = reach(asker, view.name, places)
    if allowed is None:
        return None
    named = [value for name, value in where.equal if name == "key"]
    if VIEWS[view.name].moves and named and rows is not now:
        own = allowed.and_equal(key=named[0])
        if now.page(view, own, first=1).rows:
            return where
    return allowed.and_where(where)


def read_for(asker: Asker, view: Projection[Any], where: Where) -> tuple[Projection[Any], ...]:
    """The views that are read for rows of one: it, and those in which is looked up who fits.

    They hang on the asker's role and not on the places, one of which may be told while one waits.
    """
    allowed = reach(asker, view.name, ()) or ANY
    names = dict.fromkeys([*allowed.others, *where.others])
    return (view, *[_VIEWS[each] for each in names])


def _placed(asker: Asker, facet: str | None, places: tuple[str, ...]) -> Where | None:
    if facet is None:
        return None
    inside = covered(asker, places)
    if inside is None:
        return Where()
    if facet == "tags":
        return Where(overlap=(("tags", inside),))
    return Where(among=((facet, inside),))


def covered(asker: Asker, places: tuple[str, ...]) -> tuple[str, ...] | None:
    """The places in an asker's jurisdiction; ``None`` where that is the whole province.

    That is the ledger's own; a code of another province takes in no place of this one.
    """
    scope = asker.scope
    if not isinstance(scope, JurisdictionId):
        return ()
    if scope == PROVINCE:
        return None
    if scope.level == "COUNTY":
        return (str(scope),)
    return tuple(each for each in places if scope.covers(JurisdictionId(each)))


def of_another(asker: Asker, tags: tuple[str, ...]) -> bool:
    """Whether a teacher asks for entries of another teacher.

    A teacher may share an entry with others, but must not find out with whom.
    """
    own = str(asker.scope)
    named = (each for each in tags if each.startswith("teacher:"))
    return asker.role is Role.TEACHER and any(each != own for each in named)


def history_tags(
    asker: Asker, places: tuple[str, ...], asked: tuple[str, ...] = ()
) -> tuple[str, ...] | None:
    """The tags of which an entry must carry one to be seen; ``None`` for everything.

    ``asked``: the tags that are asked for, all of them; by some, nothing is to be found out.
    """
    if of_another(asker, asked):
        return ()
    match over(asker.role, Action.READ):
        case Over.ALL:
            return None
        case Over.PLACE:
            return covered(asker, places)
        case Over.OWN:
            return (str(asker.scope),)
        case _:
            return ("ledger:public",)
