"""Matching: whose row it is, and which rows and ids may be of one person.

By the id number, through its keyed hash; by the platform number; by name and school as a
suggestion only. Nothing is merged: what looks double, and what is almost the same, is listed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from msgspec import Struct

from ledger.misreading import gaps, swapped
from ledger.names import TeacherId
from ledger.spot import Spot

NEAR_MAX = 20  # rows and suggestions that are told of one teacher, at most
# Characters at each end of a number that a sentence shows, at most.
SHOWN_MAX = 2
SHARE_MAX = 3  # of a number so short that it would be most of it


class MatchedBy(Enum):
    """By what a row was found to be a teacher's."""

    ID_NUMBER = "ID_NUMBER"
    NUMBER = "NUMBER"


class Doubt(Enum):
    """What is doubtful about rows or ids."""

    SAME_PERSON_TWICE = "SAME_PERSON_TWICE"
    ONE_ID_NUMBER = "ONE_ID_NUMBER"
    ALIKE = "ALIKE"
    CONTRADICTION = "CONTRADICTION"
    ONE_DIGIT = "ONE_DIGIT"
    NAMESAKES = "NAMESAKES"
    NAME_DIFFERS = "NAME_DIFFERS"
    NAME_AND_SCHOOL = "NAME_AND_SCHOOL"
    NOBODY = "NOBODY"


_SAID = {
    Doubt.SAME_PERSON_TWICE: (
        "这些行按号码是同一人，所写的姓名或号码却不一致",
        "these rows are one person by a number, and give different names or numbers",
    ),
    Doubt.ONE_ID_NUMBER: (
        "一个身份证号码在平台上有两个以上的教师编号",
        "one id number has several ids on the platform",
    ),
    Doubt.ALIKE: (
        "姓名、学校相同，编号或身份证号码只差一位，疑为同一人",
        "same name and school, and numbers that differ in one place: maybe one person",
    ),
    Doubt.CONTRADICTION: (
        "身份证号码不是该平台编号的教师的，未作对应",
        "the id number is not that of the teacher with the platform number; not matched",
    ),
    Doubt.ONE_DIGIT: (
        "没有这个号码，有只差一位、两位对调或大小写不同的号码",
        "nobody has this number; one differs in a digit, in two that change places or in case",
    ),
    Doubt.NAMESAKES: (
        "同校有同名教师，须凭号码分辨",
        "the school has teachers of one name; only a number tells them apart",
    ),
    Doubt.NAME_DIFFERS: ("号码相符，姓名不同", "the number fits and the name does not"),
    Doubt.NAME_AND_SCHOOL: (
        "姓名、学校相符，仅供参考，须凭号码确认",
        "name and school fit; a suggestion only, to be confirmed by a number",
    ),
    Doubt.NOBODY: ("没有找到这位教师", "no such teacher was found"),
}


class Placed(Struct, kw_only=True, frozen=True):
    """What is said of one row; ``tab``: empty where one is read."""

    row: int
    tab: str = ""

    @property
    def spot(self) -> Spot:
        """Where it stands."""
        return Spot(self.tab, self.row)


class Person(Placed, kw_only=True, frozen=True):
    """What a row says of a person.

    ``fingerprint``: the keyed hash of the id number; ``near``: those of the numbers that
    ``misread`` makes of it. ``number`` is the value of a ``TeacherId``.
    """

    fingerprint: str = ""
    near: tuple[str, ...] = ()
    number: str = ""
    name: str = ""
    school: str = ""


class Registered(Struct, kw_only=True, frozen=True):
    """A teacher within reach; name, school and id number on file as far as the asker may read."""

    teacher: TeacherId
    name: str = ""
    school: str = ""
    fingerprint: str = ""


class Match(Placed, kw_only=True, frozen=True):
    """Whose a row is; ``suggested``: whose it may be, where nobody was found."""

    teacher: TeacherId | None = None
    by: MatchedBy | None = None
    suggested: tuple[TeacherId, ...] = ()


class Doubtful(Struct, kw_only=True, frozen=True):
    """Rows and ids that somebody has to look at; ``tabs``: of each row, if several are read."""

    doubt: Doubt
    rows: tuple[int, ...]
    teachers: tuple[TeacherId, ...]
    zh: str
    en: str
    tabs: tuple[str, ...] = ()


class Matching(Struct, kw_only=True, frozen=True):
    """All rows with their teachers, and what is doubtful about them.

    ``alike``: for each id the others that may be of the same person.
    """

    matches: tuple[Match, ...]
    doubtful: tuple[Doubtful, ...]
    alike: dict[TeacherId, tuple[TeacherId, ...]]


@dataclass
class _Known:
    """The teachers by all that a row can say of them."""

    by_fingerprint: dict[str, list[TeacherId]] = field(default_factory=dict)
    by_number: dict[str, TeacherId] = field(default_factory=dict)
    by_folded: dict[str, list[TeacherId]] = field(default_factory=dict)
    by_name: dict[tuple[str, str], list[TeacherId]] = field(default_factory=dict)
    by_gap: dict[str, list[TeacherId]] = field(default_factory=dict)
    names: dict[TeacherId, str] = field(default_factory=dict)
    on_file: set[TeacherId] = field(default_factory=set)

    def add(self, each: Registered) -> None:
        """Takes in a teacher."""
        number = each.teacher.value
        self.by_number[number] = each.teacher
        self.by_folded.setdefault(number.casefold(), []).append(each.teacher)
        for gap in gaps(number):
            self.by_gap.setdefault(gap, []).append(each.teacher)
        if each.fingerprint:
            self.on_file.add(each.teacher)
            self.by_fingerprint.setdefault(each.fingerprint, []).append(each.teacher)
        if each.name:
            self.names[each.teacher] = plain_name(each.name)
            key = plain_name(each.name), plain_name(each.school)
            self.by_name.setdefault(key, []).append(each.teacher)

    def near(self, number: str) -> list[TeacherId]:
        """The teachers whose number differs in a place, by two that changed places, or in case."""
        found = {each for gap in gaps(number) for each in self.by_gap.get(gap, ())}
        found |= {self.by_number[each] for each in swapped(number) if each in self.by_number}
        found |= {*self.by_folded.get(number.casefold(), ())}
        return sorted(each for each in found if each.value != number)


def match(
    people: Iterable[Person],
    teachers: Iterable[Registered],
    fingerprints: Mapping[str, tuple[TeacherId, ...]] | None = None,
) -> Matching:
    """Whose each row is; ``fingerprints``: what the vault knows beside the teachers told."""
    known = _Known()
    reached: set[TeacherId] = set()
    for registered in sorted(teachers, key=lambda each: each.teacher):
        known.add(registered)
        reached.add(registered.teacher)
    for fingerprint, found in (fingerprints or {}).items():
        held = known.by_fingerprint.setdefault(fingerprint, [])
        held += [each for each in sorted(found) if each in reached and each not in held]
    doubtful = [*_ids_in_doubt(known)]
    alike: dict[TeacherId, set[TeacherId]] = {}
    for told in doubtful:
        for each in told.teachers:
            alike.setdefault(each, set()).update({*told.teachers} - {each})
    told_people = sorted(people, key=lambda each: each.spot)
    matches = []
    for person in told_people:
        one, said = _match(person, known)
        matches.append(one)
        doubtful += said
    doubtful += _rows_in_doubt(told_people, matches)
    return Matching(
        matches=tuple(matches),
        doubtful=tuple(doubtful),
        alike={each: tuple(sorted(others)) for each, others in sorted(alike.items())},
    )


def _match(person: Person, known: _Known) -> tuple[Match, list[Doubtful]]:
    by_id = known.by_fingerprint.get(person.fingerprint, []) if person.fingerprint else []
    own = known.by_number.get(person.number)
    near = [each for one in person.near for each in known.by_fingerprint.get(one, ())]
    # Beside a platform number, another id number than the one on file is of somebody else.
    strange = bool(person.fingerprint) and not by_id and own in known.on_file
    if own is not None and own not in by_id and (by_id or (strange and own not in near)):
        both = (*by_id, own)
        said = _doubt(Doubt.CONTRADICTION, both, person.spot)
        return Match(row=person.row, tab=person.tab, suggested=both), [said]
    if by_id:
        return _found(person, known, by_id[0] if own is None else own, MatchedBy.ID_NUMBER)
    if own is not None and not strange:
        return _found(person, known, own, MatchedBy.NUMBER)
    near += known.near(person.number) if person.number else []
    if near:
        suggested = tuple(dict.fromkeys(near))[:NEAR_MAX]
        said = _doubt(Doubt.ONE_DIGIT, suggested, person.spot)
        return Match(row=person.row, tab=person.tab, suggested=suggested), [said]
    named = known.by_name.get((plain_name(person.name), plain_name(person.school)), [])
    if person.name and named:
        doubt = Doubt.NAMESAKES if len(named) > 1 else Doubt.NAME_AND_SCHOOL
        suggested = tuple(named[:NEAR_MAX])
        made = Match(row=person.row, tab=person.tab, suggested=suggested)
        return made, [_doubt(doubt, suggested, person.spot)]
    return Match(row=person.row, tab=person.tab), [_doubt(Doubt.NOBODY, (), person.spot)]


def _found(
    person: Person, known: _Known, teacher: TeacherId, by: MatchedBy
) -> tuple[Match, list[Doubtful]]:
    name = known.names.get(teacher, "")
    differs = name and person.name and plain_name(person.name) != name
    said = [_doubt(Doubt.NAME_DIFFERS, (teacher,), person.spot)] if differs else []
    return Match(row=person.row, tab=person.tab, teacher=teacher, by=by), said


def _ids_in_doubt(known: _Known) -> Iterator[Doubtful]:
    """Ids of the ledger that may be of one person, though nothing merges them."""
    for _, found in sorted(known.by_fingerprint.items()):
        if len(found) > 1:
            yield _doubt(Doubt.ONE_ID_NUMBER, tuple(found))
    for _, named in sorted(known.by_name.items()):
        for number, one in enumerate(named):
            near = set(known.near(one.value))
            for other in named[number + 1 :]:
                if other in near:
                    yield _doubt(Doubt.ALIKE, (one, other))


def _rows_in_doubt(people: list[Person], matches: list[Match]) -> Iterator[Doubtful]:
    """Rows of one teacher that say different things of who it is."""
    rows: dict[TeacherId, list[Person]] = {}
    for person, found in zip(people, matches, strict=True):
        if found.teacher is not None:
            rows.setdefault(found.teacher, []).append(person)
    for teacher, own in sorted(rows.items()):
        # What one row leaves out another may say; only what contradicts is doubtful.
        marks = (
            {each.fingerprint for each in own},
            {each.number for each in own},
            {plain_name(each.name) for each in own},
        )
        if any(len(said - {""}) > 1 for said in marks):
            yield _doubt(Doubt.SAME_PERSON_TWICE, (teacher,), *(each.spot for each in own))


def _doubt(doubt: Doubt, teachers: tuple[TeacherId, ...], *spots: Spot) -> Doubtful:
    zh, en = (said + end for said, end in zip(_SAID[doubt], "。.", strict=True))
    rows = tuple(each.row for each in spots)
    tabs = tuple(each.tab for each in spots if each.tab)
    return Doubtful(doubt=doubt, rows=rows, teachers=teachers, zh=zh, en=en, tabs=tabs)


def masked(teacher: TeacherId) -> str:
    """A platform number with its middle hidden: a hint to whoever may see the list of doubts."""
    value = teacher.value
    shown = min(SHOWN_MAX, len(value) // SHARE_MAX)
    return f"{value[:shown]}***{value[len(value) - shown :]}"


def plain_name(name: str) -> str:
    """A name or a school as it is compared: one width, no spaces, dots or brackets."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    if folded.isalnum():
        return folded
    return "".join(each for each in folded if unicodedata.category(each)[0] in "LN")
