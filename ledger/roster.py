"""Roster: a bureau's list of teachers, and what each row of it leads to.

Whoever is new is registered, whoever moved with a day is transferred, a new subject is taken over;
what contradicts the ledger becomes an anomaly and is never written over. So is each row of a person
whom several rows name: none of them goes before another. By a full list, whoever is at work and not
in it is an anomaly too; nobody is removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from msgspec import structs

from ledger.anomaly import AnomalyCode
from ledger.command import Command
from ledger.intention import Desk, Intention, Objection
from ledger.load import Fate
from ledger.mapping import Column, SheetRow
from ledger.matching import plain_name
from ledger.names import SchoolId, TeacherId
from ledger.profile import UpdateTeacherProfile
from ledger.roll import OnRoll, Roll, number_of, school_of
from ledger.teacher import RegisterTeacher
from ledger.transfer import TransferTeacher

NEEDED = (Column.NAME, Column.SCHOOL, Column.STAGE, Column.SUBJECT, Column.ENTERED)


@dataclass(kw_only=True)
class Roster:
    """Plans a list of teachers. ``since``: the day from which moves hold that state none."""

    desk: Desk
    roll: Roll
    full: bool = False
    since: date | None = None
    _rows_of: dict[str, list[int]] = field(default_factory=dict)
    _listed: set[TeacherId] = field(default_factory=set)

    def plan(self) -> Iterator[Intention]:
        """What each row leads to, and who is missing."""
        # A row with a faulty cell names somebody all the same.
        for each in self.desk.reading.rows:
            for key in self._keys(each):
                self._rows_of.setdefault(key, []).append(each.row)
        for row in self.desk.rows():
            yield row if isinstance(row, Intention) else self._row(row)
        if self.full:
            yield from self._missing()

    def _row(self, row: SheetRow) -> Intention:
        fingerprint = self.roll.fingerprints.get(row.row, "")
        number = number_of(row)
        if isinstance(number, Objection):
            return Intention(row=row.row, fate=Fate.REFUSED, said=(number,))
        found = self._found(fingerprint, number)
        if len(found) > 1:
            return self.desk.anomalous(row.row, AnomalyCode.NUMBERS_CONTRADICT)
        return self._one(row, fingerprint, number, found[0] if found else None)

    def _one(
        self,
        row: SheetRow,
        fingerprint: str,
        number: TeacherId | None,
        found: TeacherId | None,
    ) -> Intention:
        if found is not None:
            self._listed.add(found)
        rows = sorted({at for key in self._keys(row) for at in self._rows_of[key]})
        if len(rows) > 1:
            return self._twice(row, found, rows)
        if found is not None:
            return self._known(row, self.roll.teachers[found], fingerprint, number)
        return self._new(row, fingerprint, number)

    def strangers(self) -> set[TeacherId]:
        """Those elsewhere of whom the rows would tell, by a number or an id number of theirs."""
        found: set[TeacherId] = set()
        for row in self.desk.reading.rows:
            number, fingerprint = number_of(row), self.roll.fingerprints.get(row.row, "")
            if not isinstance(number, Objection):
                found.update(self._found(fingerprint, number))
        return {each for each in found if not self.roll.teachers[each].within}

    def _found(self, fingerprint: str, number: TeacherId | None) -> list[TeacherId]:
        """Whom an id number and a number are of: one's own, or else one who is elsewhere.

        Whoever has a number of one's own hears nothing of whose the other is, elsewhere.
        """
        by_id = self.roll.by_fingerprint.get(fingerprint) if fingerprint else None
        by_number = number if number in self.roll.teachers else None
        found = [*dict.fromkeys(each for each in (by_id, by_number) if each)]
        return [each for each in found if self.roll.own(each)] or found[:1]

    def _keys(self, row: SheetRow) -> set[str]:
        """By what a row names somebody: id number, number, and whose they are.

        Of a teacher elsewhere it is not said that a number and an id number are of one person.
        """
        number, fingerprint = number_of(row), self.roll.fingerprints.get(row.row, "")
        keys = {fingerprint, "" if isinstance(number, Objection) else str(number or "")}
        known = self.roll.by_fingerprint.get(fingerprint)
        if known is not None and self.roll.teachers[known].within:
            keys.add(str(known))
        return keys - {""}

    def _twice(self, row: SheetRow, found: TeacherId | None, rows: list[int]) -> Intention:
        """What several rows say of one person, which a person decides; all the rows are named."""
        within = found if found and self.roll.teachers[found].within else None
        made = self.desk.anomalous(row.row, AnomalyCode.LISTED_TWICE, within)
        zh, en = "、".join(map(str, rows)), ", ".join(map(str, rows))
        made.said = tuple(
            structs.replace(each, zh=f"{each.zh}：第 {zh} 行", en=f"{each.en}: rows {en}")
            for each in made.said
        )
        return made

    def _new(self, row: SheetRow, fingerprint: str, number: TeacherId | None) -> Intention:
        wanting = self.desk.wants(row, *NEEDED)
        school = self._school(row)
        if isinstance(school, Objection):
            wanting += [school] if row.school else []
        if not fingerprint and number is None:
            wanting.append(self.desk.lacks(Column.ID_NUMBER))
        namesakes = self._namesakes(row, school)
        if namesakes:
            self._listed.update(namesakes)
            only = namesakes[0] if len(namesakes) == 1 else None
            return self.desk.anomalous(row.row, AnomalyCode.NAMESAKE, only)
        if wanting:
            return Intention(row=row.row, fate=Fate.REFUSED, said=tuple(wanting))
        assert isinstance(school, SchoolId)
        assert row.stage is not None
        assert row.entered is not None
        teacher = number or TeacherId(f"teacher:{self.desk.new_value(row.row)}")
        person = {"name": row.name, "id_number": row.id_number, "phone": row.phone}
        return Intention(
            row=row.row,
            fate=Fate.NEW,
            teacher=teacher,
            commands=[
                RegisterTeacher(
                    teacher=teacher,
                    school=school,
                    stage=row.stage,
                    subject=row.subject or "",
                    entered=row.entered,
                )
            ],
            person={key: value for key, value in person.items() if value},
        )

    def _known(
        self, row: SheetRow, known: OnRoll, fingerprint: str, number: TeacherId | None
    ) -> Intention:
        teacher = known.teacher
        school = self._school(row)
        if isinstance(school, Objection) and row.school:
            return Intention(row=row.row, fate=Fate.REFUSED, teacher=teacher, said=(school,))
        commands: list[Command] = []
        since = row.started or self.since
        moved = isinstance(school, SchoolId) and school != known.school
        contradictions = [*self._contradictions(row, known, fingerprint, number)]
        if not known.within and (contradictions or not moved or since is None):
            # Where the teacher works, and as what, is not said.
            return self.desk.anomalous(row.row, AnomalyCode.WORKS_ELSEWHERE)
        if moved and since is None:
            assert isinstance(school, SchoolId)
            code, told = AnomalyCode.SCHOOL_DIFFERS, (str(known.school or ""), str(school))
            contradictions.append((code, Column.SCHOOL, *told))
        if contradictions:
            return self._anomalies(row, teacher, contradictions)
        if moved and since is not None:
            assert isinstance(school, SchoolId)
            commands.append(TransferTeacher(teacher=teacher, school=school, since=since))
        elif row.subject and plain_name(row.subject) != plain_name(known.subject):
            stage = known.stage or row.stage
            if stage is None:
                said = (self.desk.lacks(Column.STAGE),)
                return Intention(row=row.row, fate=Fate.REFUSED, teacher=teacher, said=said)
            commands.append(UpdateTeacherProfile(teacher=teacher, stage=stage, subject=row.subject))
        fate = Fate.CHANGE if commands else Fate.UNCHANGED
        changes = tuple(self._changes(row, known, school, moved=moved)) if commands else ()
        return Intention(row=row.row, fate=fate, teacher=teacher, commands=commands, said=changes)

    def _changes(
        self, row: SheetRow, known: OnRoll, school: SchoolId | Objection, *, moved: bool
    ) -> Iterator[Objection]:
        """What is changed, from what to what; where somebody comes from elsewhere is not said."""
        if not moved:
            yield self.desk.both("SUBJECT_CHANGES", Column.SUBJECT, known.subject, row.subject)
        elif known.within:
            yield self.desk.both("SCHOOL_CHANGES", Column.SCHOOL, known.school, school)

    def _anomalies(
        self,
        row: SheetRow,
        teacher: TeacherId,
        found: list[tuple[AnomalyCode, Column, str, str]],
    ) -> Intention:
        intention = Intention(row=row.row, fate=Fate.ANOMALY, teacher=teacher)
        for code, column, ledger, sheet in found:
            command, said = self.desk.anomaly(
                row.row, code, teacher, column=column, ledger=ledger, sheet=sheet
            )
            intention.commands.append(command)
            intention.said = (*intention.said, said)
        return intention

    def _contradictions(
        self, row: SheetRow, known: OnRoll, fingerprint: str, number: TeacherId | None
    ) -> Iterator[tuple[AnomalyCode, Column, str, str]]:
        if row.name and known.name and plain_name(row.name) != plain_name(known.name):
            yield AnomalyCode.NAME_DIFFERS, Column.NAME, "", ""
        if fingerprint and known.fingerprint != fingerprint:
            had = known.fingerprint
            code = AnomalyCode.ID_NUMBER_DIFFERS if had else AnomalyCode.ID_NUMBER_NEW
            yield code, Column.ID_NUMBER, "", ""
        if number is not None and number != known.teacher:
            yield AnomalyCode.NUMBER_DIFFERS, Column.NUMBER, "", ""
        if not known.within:
            return  # what else the ledger has of somebody is nothing to a bureau elsewhere
        if row.stage is not None and known.stage is not None and row.stage is not known.stage:
            yield AnomalyCode.STAGE_DIFFERS, Column.STAGE, known.stage.value, row.stage.value
        if row.entered is not None and known.entered not in (None, row.entered):
            told = str(known.entered), str(row.entered)
            yield AnomalyCode.ENTERED_DIFFERS, Column.ENTERED, *told

    def _namesakes(self, row: SheetRow, school: SchoolId | Objection) -> list[TeacherId]:
        if not row.name or not isinstance(school, SchoolId):
            return []
        return self.roll.by_name.get((plain_name(row.name), school), [])

    def _school(self, row: SheetRow) -> SchoolId | Objection:
        return school_of(row, self.roll.schools, self.desk)

    def _missing(self) -> Iterator[Intention]:
        for teacher, each in sorted(self.roll.teachers.items()):
            if each.within and teacher not in self._listed:
                yield self.desk.anomalous(0, AnomalyCode.MISSING_FROM_LIST, teacher)
