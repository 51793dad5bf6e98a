"""Service tokens: who issues one, for how long, and what opens it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import pytest

from ledger.command import UnknownReference
from ledger.names import ServiceTokenId
from ledger.register import AlreadyRegistered, WrongDay
from ledger.service_token import (
    AlreadyRevoked,
    BadDigest,
    IssueServiceToken,
    RevokeServiceToken,
    ServiceTokenIssued,
    ServiceTokenRevoked,
    Standing,
)
from tests import cast
from tests.cast import HANGZHOU, RUIAN
from tests.given import given

DAY, LAST = date(2024, 3, 19), date(2026, 12, 31)
NAME = ServiceTokenId("token:hr")
SHOWN = "xuefen_hr_" + "A" * 43
DIGEST = sha256(SHOWN.encode()).hexdigest()
PLACE = cast.jurisdiction(RUIAN, "瑞安市")
ISSUE = IssueServiceToken(token=NAME, place=RUIAN, title="人事系统", digest=DIGEST, until=DAY)
ISSUED = ServiceTokenIssued(token=NAME, place=RUIAN, title="人事系统", digest=DIGEST, until=DAY)
REVOKE = RevokeServiceToken(token=NAME, place=RUIAN, reason="停用")
REVOKED = ServiceTokenRevoked(token=NAME, place=RUIAN, reason="停用")


def test_a_bureau_issues_a_token_for_its_place():
    given(PLACE).when(ISSUE, on=DAY).then(ISSUED)


@pytest.mark.parametrize("until", [DAY, LAST])
def test_a_token_ends_within_the_second_year_after_its_own(until):
    step = replace(ISSUE, until=until)
    given(PLACE).when(step, on=DAY).then(
        ServiceTokenIssued(token=NAME, place=RUIAN, title="人事系统", digest=DIGEST, until=until)
    )


@pytest.mark.parametrize("until", [DAY - timedelta(days=1), LAST + timedelta(days=1)])
def test_a_token_is_not_over_before_it_begins_nor_lasts_for_ever(until):
    given(PLACE).when(replace(ISSUE, until=until), on=DAY).refused(WrongDay)


@pytest.mark.parametrize("digest", ["", DIGEST[:-1], DIGEST.upper(), SHOWN])
def test_what_is_no_digest_is_refused(digest):
    given(PLACE).when(replace(ISSUE, digest=digest), on=DAY).refused(BadDigest)


def test_a_name_is_used_once_even_after_it_was_revoked():
    given(PLACE, ISSUED, REVOKED).when(ISSUE, on=DAY).refused(AlreadyRegistered)


def test_a_token_is_revoked_once():
    given(PLACE, ISSUED).when(REVOKE, on=DAY).then(REVOKED)
    given(PLACE, ISSUED, REVOKED).when(REVOKE, on=DAY).refused(AlreadyRevoked)


def test_a_token_that_is_not_there_or_of_another_place_is_not_revoked():
    away = cast.jurisdiction(HANGZHOU, "杭州市")
    given(PLACE).when(REVOKE, on=DAY).refused(UnknownReference)
    given(away, ISSUED).when(replace(REVOKE, place=HANGZHOU), on=DAY).refused(UnknownReference)


def test_only_what_was_digested_opens_it_through_its_last_day_and_until_it_is_revoked():
    standing = Standing(issued=ISSUED)

    assert standing.open_to(SHOWN, DAY) is ISSUED
    assert standing.open_to(SHOWN[:-1] + "B", DAY) is None
    assert standing.open_to(SHOWN, DAY + timedelta(days=1)) is None
    assert Standing(issued=ISSUED, revoked=REVOKED).open_to(SHOWN, DAY) is None
    assert Standing().open_to(SHOWN, DAY) is None
