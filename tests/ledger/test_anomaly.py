"""Anomalies: what a list contradicts waits until somebody settles it, and is told once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ledger.anomaly import (
    SAID,
    AlreadyFound,
    AnomalyCode,
    AnomalyFound,
    AnomalyOver,
    AnomalySettled,
    FindAnomaly,
    SettleAnomaly,
    Settlement,
)
from ledger.load import ReasonMissing
from ledger.names import AnomalyId, LoadId
from ledger.register import AlreadyRegistered
from tests import cast
from tests.cast import DAY, LIN, RUIAN
from tests.given import given

ONE, TWO = AnomalyId("anomaly:a1"), AnomalyId("anomaly:a2")
OWN: dict[str, Any] = {
    "anomaly": ONE, "load": LoadId("load:l1"), "place": RUIAN, "row": 2,
    "code": AnomalyCode.STAGE_DIFFERS, "teacher": LIN, "ledger": "PRIMARY", "sheet": "SPECIAL",
}  # fmt: skip
FOUND = AnomalyFound(**OWN)
SETTLE = SettleAnomaly(anomaly=ONE, how=Settlement.LEDGER_RIGHT, reason=" 已核 ")
SETTLED = AnomalySettled(
    anomaly=ONE, place=RUIAN, how=Settlement.LEDGER_RIGHT, reason="已核", teacher=LIN
)


def test_an_anomaly_is_put_into_the_queue_and_settled_with_a_reason():
    given(cast.jurisdiction()).when(FindAnomaly(**OWN), on=DAY).then(FOUND)
    given(FOUND).when(SETTLE, on=DAY).then(SETTLED)
    given(FOUND).when(replace(SETTLE, reason=" "), on=DAY).refused(ReasonMissing)
    given(FOUND, SETTLED).when(SETTLE, on=DAY).refused(AnomalyOver)


def test_what_waits_in_the_queue_is_not_told_again_until_it_is_settled():
    again = FindAnomaly(**OWN | {"anomaly": TWO})
    told = AnomalyFound(**OWN | {"anomaly": TWO})
    given(cast.jurisdiction(), FOUND).when(again, on=DAY).refused(AlreadyFound)
    given(cast.jurisdiction(), FOUND, SETTLED).when(again, on=DAY).then(told)
    other = FindAnomaly(**OWN | {"anomaly": TWO, "sheet": "VOCATIONAL"})
    assert given(cast.jurisdiction(), FOUND).when(other, on=DAY).facts != ()
    given(cast.jurisdiction(), FOUND).when(FindAnomaly(**OWN), on=DAY).refused(AlreadyRegistered)


def test_each_code_is_said_in_both_languages():
    assert SAID.keys() == set(AnomalyCode)
