"""Staff measures: what the teachers of schools earned, completed, chose and were sent to.

Teachers count at the school where they serve on the day of judgement, and so at one school only,
with all that they earned in the period; choices and their outcomes count at the school that they
were made from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import structs

from ledger.enrollment import Status
from ledger.fault import Fault
from ledger.indicator import (
    CompletedShare,
    MatchShare,
    SchoolAverage,
    SentShare,
    completed_share,
    match_share,
    school_average,
    sent_share,
)
from ledger.names import JurisdictionId, TeacherId
from ledger.record import Line, Record
from ledger.regulation import ParametersT
from ledger.requirement import Requirement
from projections.catalogue import ENROLLMENTS, OFFERINGS, RECORDS, YEARBOOKS
from projections.duty import STANDING, Yearbook
from projections.enrollment import Enrollment
from projections.measure import ZERO, IndicatorCode, Measure, Question, Share
from projections.obligation import all_rows
from projections.offering import Offering
from projections.reader import Where
from projections.school_year import (
    HALVES,
    Chosen,
    half_of,
    is_long,
    is_long_choice,
    rates_of,
    sent_in,
    suits,
)

AT_ONCE = 500


@dataclass
class Staff:
    """The schools that are asked about, who served there, and what they earned and chose."""

    asked: Question
    schools: dict[str, JurisdictionId]
    standing: dict[str, Yearbook]
    records: dict[str, Record]
    choices: list[Enrollment]
    classes: dict[str, Offering]

    def measures(self) -> Iterator[Measure]:
        """All that is measured of teachers."""
        yield self._average()
        yield self._completed()
        if self.asked.period.half is None:
            yield self._sent()
        yield self._matched()

    def _serving(self) -> Iterator[tuple[str, JurisdictionId, list[TeacherId]]]:
        for school, place in self.schools.items():
            if school in self.standing:
                book, day = self.standing[school], self.asked.period.day
                yield school, place, book.serving(self.records, day)

    def _lines(self, teacher: TeacherId) -> list[Line]:
        record = self.records.get(str(teacher))
        held = self.asked.period.holds
        return [each for each in record.lines if held(each.completed)] if record else []

    def _average(self) -> Measure:
        asked, day = self.asked, self.asked.period.day

        def judge(school: str, place: JurisdictionId, shares: list[Share]) -> Requirement | None:
            if asked.period.half is not None:
                return None
            credits = sum((each.numerator for each in shares), ZERO)
            return school_average(
                asked.rules,
                place,
                day,
                credits=credits,
                teachers=len(shares),
                today=asked.period.year.today,
            )

        shares = [
            _share(teacher, place, school, lines, sum((each.credits for each in lines), ZERO))
            for school, place, teachers in self._serving()
            for teacher in teachers
            for lines in [self._lines(teacher)]
        ]
        return Measure(IndicatorCode.AVERAGE_CREDITS, shares, judge, _rule(asked, SchoolAverage))

    def _completed(self) -> Measure:
        asked, day = self.asked, self.asked.period.day

        def judge(school: str, place: JurisdictionId, shares: list[Share]) -> Requirement | None:
            if asked.period.half is not None or school not in self.standing:
                return None
            rates = rates_of(
                asked.rules, place, asked.period.year, self.standing[school], self.records
            )
            return completed_share(asked.rules, place, day, rates)

        shares = []
        for school, place, teachers in self._serving():
            rule = asked.find(CompletedShare, place, day)
            for teacher in teachers if rule else ():
                assert rule is not None
                lines = [each for each in self._lines(teacher) if is_long(rule.value, each)]
                shares.append(_share(teacher, place, school, lines, Decimal(bool(lines))))
        return Measure(IndicatorCode.COMPLETED_SHARE, shares, judge, _rule(asked, CompletedShare))

    def _sent(self) -> Measure:
        asked, day = self.asked, self.asked.period.day

        def judge(school: str, place: JurisdictionId, shares: list[Share]) -> Requirement | None:
            sent = sum(bool(each.numerator) for each in shares)
            return sent_share(
                asked.rules,
                place,
                day,
                sent=sent,
                teachers=len(shares),
                today=asked.period.year.today,
            )

        gone: dict[tuple[str, str], list[Enrollment]] = {}
        for each in self._chosen():
            rule = asked.find(SentShare, self.schools[str(each.choice.school)], day)
            if rule is None or each.choice.status is not Status.PROVIDER_CONFIRMED:
                continue
            if sent_in(each.offering, rule.value.hours_min) == asked.period.year.number:
                pair = (str(each.choice.school), str(each.choice.teacher))
                gone.setdefault(pair, []).append(each.choice)
        shares = [
            Share(
                key=str(teacher),
                place=place,
                party=school,
                numerator=Decimal(bool(choices)),
                positions=_positions(choices),
            )
            for school, place, teachers in self._serving()
            if asked.find(SentShare, place, day) is not None
            for teacher in teachers
            for choices in [gone.get((school, str(teacher)), [])]
        ]
        return Measure(IndicatorCode.SENT_SHARE, shares, judge, _rule(asked, SentShare))

    def _matched(self) -> Measure:
        asked = self.asked

        def judge(school: str, place: JurisdictionId, shares: list[Share]) -> Requirement | None:
            if asked.period.half is None:
                return None
            return match_share(
                asked.rules,
                place,
                *asked.period.span,
                matched=sum(int(each.numerator) for each in shares),
                chosen=sum(each.denominator for each in shares),
                unsaid=sum(each.unsaid for each in shares),
                today=asked.period.year.today,
            )

        long: dict[tuple[str, str], list[Enrollment]] = {}
        for each in self._chosen():
            term, school = str(each.choice.term), str(each.choice.school)
            if term not in asked.period.terms:
                continue
            first = half_of(asked.period.year.number, term[-len(HALVES[0]) :])[0]
            rule = asked.find(MatchShare, self.schools[school], first)
            if rule is not None and is_long_choice(rule.value, each):
                long.setdefault((school, str(each.choice.teacher)), []).append(each.choice)
        shares = []
        for (school, teacher), choices in long.items():
            fits = [suits(each) for each in choices]
            shares.append(
                Share(
                    key=teacher,
                    place=self.schools[school],
                    party=school,
                    numerator=Decimal(fits.count(True)),
                    denominator=len(fits),
                    unsaid=fits.count(None),
                    positions=_positions(choices),
                )
            )
        day = asked.period.span[0] if asked.period.half else asked.period.day
        rule = _rule(asked, MatchShare, day)
        return Measure(IndicatorCode.MATCH_SHARE, shares, judge, rule)

    def _chosen(self) -> Iterator[Chosen]:
        for each in self.choices:
            found = self.classes.get(str(each.offering))
            if found is not None:
                yield Chosen(each, found)


def staff_of(asked: Question, schools: dict[str, JurisdictionId]) -> Staff:
    """The staff of schools. Raises ``Fault`` (``TOO_WIDE``) where they are too many."""
    rows, period = asked.rows, asked.period
    books = rows.many(YEARBOOKS, [f"{each}/{STANDING}" for each in schools])
    standing = {book.party: book for book in books.values()}
    teachers = {str(each) for book in books.values() for each in book.staff}
    _bound(len(teachers), asked.most)
    terms = [
        f"term:{number}{half}"
        for number in (period.year.number - 1, period.year.number)
        for half in HALVES
    ]
    where = Where(among=(("school", tuple(schools)), ("term", tuple(terms))))
    choices: list[Enrollment] = []
    for each in all_rows(rows, ENROLLMENTS, where) if schools else ():
        choices.append(each)
        # A teacher has a few choices in a term.
        _bound(len(choices), asked.most and asked.most * len(terms) * len(HALVES))
    return Staff(
        asked=asked,
        schools=schools,
        standing=standing,
        records=dict(_records(asked, sorted(teachers))),
        choices=choices,
        classes=rows.many(OFFERINGS, sorted({str(each.offering) for each in choices})),
    )


def _records(asked: Question, teachers: list[str]) -> Iterator[tuple[str, Record]]:
    """The records, and of their credits those that may count."""
    for first in range(0, len(teachers), AT_ONCE):
        for key, record in asked.rows.many(RECORDS, teachers[first : first + AT_ONCE]).items():
            lines = [
                line
                for line in record.lines
                if not line.revoked
                and (line.restricted_elective or asked.period.holds(line.completed))
            ]
            yield key, structs.replace(record, lines=lines)


def _bound(count: int, most: int | None) -> None:
    if most is not None and count > most:
        raise Fault(
            "TOO_WIDE",
            zh=f"所问涉及 {most} 位以上教师（或相应数量的选课），请按市、县（市、区）或学校查询，"
            "或用命令行 xuefen indicators",
            en=f"that needs more than {most} teachers, or choices of so many; ask for a city, a "
            "county or a school, or use the command line: xuefen indicators",
            field="of",
        )


def _share(
    teacher: TeacherId, place: JurisdictionId, school: str, lines: list[Line], numerator: Decimal
) -> Share:
    positions = sorted({position for line in lines for position in line.positions})
    return Share(
        key=str(teacher),
        place=place,
        party=school,
        numerator=numerator,
        positions=tuple(positions),
    )


def _positions(choices: Iterable[Enrollment]) -> tuple[int, ...]:
    return tuple(sorted({position for each in choices for position in each.positions}))


def _rule(asked: Question, kind: type[ParametersT], day: date | None = None) -> Any:
    """The rule of the subject's own place."""
    place = asked.subject.place
    return asked.find(kind, place, day or asked.period.day) if place else None
