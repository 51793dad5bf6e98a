"""The account of one credit: what it is worth now, and whether it stands."""

from __future__ import annotations

from decimal import Decimal

from ledger.account import Account
from tests import cast
from tests.given import entries
from tests.ledger.test_credit import DAY, corrected, revoked


def test_an_account_folds_award_correction_and_revocation():
    account = Account()
    states = []
    for entry in entries([cast.awarded(24), corrected(24, 22), revoked(22)], DAY):
        account.learn(entry)
        states.append((str(account.credits), account.revoked))

    assert states == [("24", False), ("22", False), ("0", True)]


def test_a_credit_corrected_after_its_revocation_stands_again():
    account = Account()
    for entry in entries([cast.awarded(24), revoked(24), corrected(0, 22)], DAY):
        account.learn(entry)

    assert not account.revoked
    assert Decimal(22) == account.credits
