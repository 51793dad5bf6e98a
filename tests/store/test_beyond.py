"""What a command names beyond its boundary is read under the same lock, and from the same batch."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.accreditation import AccreditationRevoked
from ledger.offering import OpenOffering
from ledger.store.ledger import Ledger
from tests import cast
from tests.cast import COUNTY_SCHOOL, OFFERING, PROJECT, RUIAN
from tests.town import OPERATOR, Put, asked, codes, together

OPEN = OpenOffering(
    offering=OFFERING, project=PROJECT, seats=5, opens=cast.OPENS, closes=cast.OPENS
)
PAST = (cast.accredited(), cast.declared(), cast.reviewed(), cast.published())
REVOKED = AccreditationRevoked(provider=COUNTY_SCHOOL, place=RUIAN, reason="整改不力")
DAY = date(2024, 3, 19)
LOST = [["NOT_ACCREDITED_ANY_MORE"]]


def test_the_provider_of_a_known_project_is_read(ledger: Ledger) -> None:
    ledger.ask([Put(events=(*PAST, REVOKED))], OPERATOR)

    assert codes(ledger.ask([OPEN], OPERATOR, on=DAY)) == LOST


def test_a_provider_in_good_standing_opens_its_class(ledger: Ledger) -> None:
    ledger.ask([Put(events=PAST)], OPERATOR)

    assert codes(ledger.ask([OPEN], OPERATOR, on=DAY)) == [[]]


@pytest.mark.parametrize("before", [(), PAST], ids=["all-in-one-batch", "revoked-in-the-batch"])
def test_what_the_batch_itself_holds_is_read_too(
    ledger: Ledger, before: tuple[object, ...]
) -> None:
    if before:
        ledger.ask([Put(events=PAST)], OPERATOR)
    new = (REVOKED,) if before else (*PAST, REVOKED)
    work = [
        asked(Put(events=new), request="past"),
        asked(OPEN, request="open", on=DAY),
    ]
    answers = [each.result() for each in together(ledger, work)]

    assert codes(answers[1]) == LOST


def test_what_was_read_once_is_brought_up_to_date(ledger: Ledger) -> None:
    ledger.ask([Put(events=(cast.declared(offerings=2), *PAST[::2], PAST[3]))], OPERATOR)
    first = ledger.ask([OPEN], OPERATOR, on=DAY)
    ledger.ask([Put(events=(REVOKED,))], OPERATOR)
    another = OpenOffering(
        offering=cast.OTHER_OFFERING,
        project=PROJECT,
        seats=5,
        opens=cast.OPENS,
        closes=cast.OPENS,
    )

    assert codes(first) == [[]]
    assert codes(ledger.ask([another], OPERATOR, on=DAY)) == LOST
