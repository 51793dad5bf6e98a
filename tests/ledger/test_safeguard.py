"""Safeguards: safety education and kept documents are put on record."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.command import OutsideScope, UnknownReference
from ledger.safeguard import RecordSafeguard, SafeguardKind, SafeguardRecorded
from tests import cast
from tests.cast import COUNTY_SCHOOL, OFFERING, RUIAN
from tests.given import asker_for, given

DAY = date(2024, 4, 8)


def record(kind=SafeguardKind.SAFETY_EDUCATION, day=DAY, note="防火、防溺水"):
    return RecordSafeguard(offering=OFFERING, kind=kind, day=day, note=note)


@pytest.mark.parametrize("kind", SafeguardKind)
@pytest.mark.parametrize("reported", [False, True])
def test_what_was_done_is_recorded(kind, reported):
    given(cast.opened()).when(record(kind), on=DAY, reported=reported).then(
        SafeguardRecorded(
            offering=OFFERING, provider=COUNTY_SCHOOL, kind=kind, day=DAY, note="防火、防溺水"
        )
    )


def test_nothing_is_recorded_ahead_or_without_a_note():
    given(cast.opened()).when(record(day=date(2024, 4, 9)), on=DAY).faulted("DAY_AHEAD", "day")
    given(cast.opened()).when(record(note=" "), on=DAY).faulted("EMPTY_TEXT", "note")


def test_only_the_provider_of_a_known_class_records_it():
    given(cast.opened()).when(record(), on=DAY, by=asker_for(RUIAN)).refused(OutsideScope)
    given().when(record(), on=DAY).refused(UnknownReference, field="offering")
