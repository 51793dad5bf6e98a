"""Class measures: late timetables, changes of plans, and what became of those who were admitted.

A class is of its provider and of the place that published its project, and of one term. The
trainees of a school are of the school that they were admitted from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ledger.change import ChangeCarriedOut, ChangeDecided, ChangeRequested
from ledger.names import JurisdictionId
from ledger.offering import DatesChanged, OfferingOpened
from ledger.redress import FindingState
from ledger.regulation import InForce
from ledger.schedule import TimetableNotice, TimetablePublished
from ledger.store.feed import Filter
from projections.catalogue import CHANGES, COMPLETIONS, FINDINGS, OFFERINGS
from projections.completion import Completion, CompletionStatus
from projections.measure import IndicatorCode, Measure, Question, Share
from projections.obligation import all_rows
from projections.offering import Offering
from projections.projection import Projection
from projections.reader import Where
from projections.snapshot import Snapshot

LATE = ("TIMETABLE_LATE", "TIMETABLE_MISSING")
SETTLED = (
    CompletionStatus.COMPLETED,
    CompletionStatus.NOT_COMPLETED,
    CompletionStatus.TERMINATED,
)
TAGS_AT_ONCE = 1_000


def classes_of(asked: Question) -> dict[str, Offering]:
    """The classes of the period's terms that were not cancelled."""
    return {
        str(each.offering): each
        for each in of_terms(asked, OFFERINGS)
        if each.cancelled is None and each.place is not None and each.provider is not None
    }


def within(asked: Question) -> Where:
    """The rows of the provider that is asked about, or of the places."""
    places = asked.subject.places
    where = Where().and_equal(provider=asked.subject.provider)
    return where if places is None else where.and_among(place=places)


def of_terms(asked: Question, view: Projection[Any]) -> Iterator[Any]:
    """The rows of the period's terms."""
    where, subject = within(asked), asked.subject
    # A moment is read from the entries of the places: those of a term are the whole province's.
    by_place = subject.provider is None and subject.places is not None
    if not (by_place and isinstance(asked.rows, Snapshot)):
        where = where.and_among(term=asked.period.terms)
    for each in all_rows(asked.rows, view, where):
        if each.term is not None and str(each.term) in asked.period.terms:
            yield each


def class_measures(asked: Question, classes: dict[str, Offering]) -> Iterator[Measure]:
    """Timetables and changes."""
    yield _timetables(asked, classes)
    yield _changes(asked, classes)


def _timetables(asked: Question, classes: dict[str, Offering]) -> Measure:
    late = _found_late(asked)
    unpublished = [key for key, each in classes.items() if each.timetable_published is None]
    opened = dict(_opened(asked, unpublished))
    rules: dict[str, InForce[Any]] = {}
    shares = []
    for key, each in classes.items():
        assert each.place is not None
        due = each.timetable_published is not None or key in late
        overdue = key in late
        if each.timetable_published is None and each.opens is not None and key in opened:
            # The rule is that of the day on which the class was opened (C-33).
            rule = asked.find(TimetableNotice, each.place, opened[key])
            if rule is not None and asked.period.day > each.opens - timedelta(rule.value.days_min):
                rules[rule.id], due, overdue = rule, True, True
        if due:
            shares.append(_of_class(key, each, int(overdue)))
    for each in classes.values():
        assert each.place is not None
        found = asked.find(TimetableNotice, each.place, each.opens or asked.period.day)
        if found is not None:
            rules[found.id] = found
    types = (OfferingOpened, DatesChanged, TimetablePublished)
    return Measure(IndicatorCode.LATE_TIMETABLES, shares, types=types, rules=rules)


def _found_late(asked: Question) -> set[str]:
    """The classes of which it was found that their timetable came late or not at all."""
    where = Where().and_among(code=LATE)
    if asked.subject.provider is not None:
        where = where.and_tagged(str(asked.subject.provider))
    elif asked.subject.places is not None:
        where = where.and_among(place=asked.subject.places)
    return {
        str(name)
        for each in all_rows(asked.rows, FINDINGS, where)
        if each.state is not FindingState.MISTAKEN
        for name in each.subjects
    }


def _opened(asked: Question, classes: list[str]) -> Iterator[tuple[str, date]]:
    for first in range(0, len(classes), TAGS_AT_ONCE):
        some = tuple(classes[first : first + TAGS_AT_ONCE])
        wanted = Filter(any_tags=some, types=(OfferingOpened.NAME,), scattered=True)
        for entry in asked.rows.entries(wanted):
            if isinstance(entry.event, OfferingOpened):
                yield str(entry.event.offering), entry.on


def _changes(asked: Question, classes: dict[str, Offering]) -> Measure:
    """Changes that were asked for and not refused."""
    counts = Counter(
        str(each.offering)
        for each in all_rows(asked.rows, CHANGES, within(asked))
        if each.approved is not False
    )
    shares = [_of_class(key, each, counts[key]) for key, each in classes.items()]
    types = (OfferingOpened, ChangeRequested, ChangeDecided, ChangeCarriedOut)
    return Measure(IndicatorCode.PLAN_CHANGES, shares, types=types)


def _of_class(key: str, each: Offering, numerator: int) -> Share:
    assert each.place is not None
    return Share(
        key=key,
        place=each.place,
        party=str(each.provider),
        numerator=Decimal(numerator),
        tag=key,
    )


def completions_of_classes(asked: Question, classes: dict[str, Offering]) -> Iterator[Measure]:
    """What became of the trainees of classes, each class for itself."""
    where = Where().and_equal(provider=asked.subject.provider).and_among(term=asked.period.terms)
    held: dict[str, list[Completion]] = {}
    for each in all_rows(asked.rows, COMPLETIONS, where):
        if str(each.offering) in classes:
            held.setdefault(str(each.offering), []).append(each)
    places = {key: each.place for key, each in classes.items() if each.place is not None}
    rows = ((key, str(classes[key].provider), places[key], held[key]) for key in held)
    yield from _outcomes(rows)


def completions_of_schools(
    asked: Question, schools: dict[str, JurisdictionId]
) -> Iterator[Measure]:
    """What became of those whom schools sent, each teacher for themselves."""
    where = Where().and_among(school=tuple(schools), term=asked.period.terms)
    held: dict[tuple[str, str], list[Completion]] = {}
    for each in all_rows(asked.rows, COMPLETIONS, where) if schools else ():
        held.setdefault((str(each.teacher), str(each.school)), []).append(each)
    rows = ((teacher, school, schools[school], found) for (teacher, school), found in held.items())
    yield from _outcomes(rows)


def _outcomes(
    rows: Iterable[tuple[str, str, JurisdictionId, list[Completion]]],
) -> Iterator[Measure]:
    """Who completed among those settled, and who was settled among those admitted."""
    completed: list[Share] = []
    settled: list[Share] = []
    for key, party, place, found in rows:
        admitted = [each for each in found if each.status is not CompletionStatus.WITHDRAWN]
        decided = [each for each in admitted if each.status in SETTLED]
        done = sum(each.status is CompletionStatus.COMPLETED for each in decided)
        for numerator, among, shares in (
            (done, decided, completed),
            (len(decided), admitted, settled),
        ):
            if among:
                positions = sorted({p for each in among for p in each.positions})
                shares.append(
                    Share(
                        key=key,
                        place=place,
                        party=party,
                        numerator=Decimal(numerator),
                        denominator=len(among),
                        positions=tuple(positions),
                    )
                )
    yield Measure(IndicatorCode.COMPLETION_SHARE, completed)
    yield Measure(IndicatorCode.SETTLED_SHARE, settled)
