"""The outcome of writes: what a work is at fault for says nothing of others."""

from __future__ import annotations

import pytest
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.persistence import DataError

from ledger.store.recorder import Recorder


@pytest.mark.usefixtures("unlooked")
def test_what_the_driver_refuses_for_what_it_says_is_no_failure_of_writes(
    database_url: str,
) -> None:
    event = [DCBEvent("n", b"{}", ["n:1"])]
    before, recorder = Recorder(database_url), Recorder(database_url)
    before.append(event)
    before.close()
    with pytest.raises(DataError):
        unless = DCBQuery([DCBQueryItem(tags=["n:\0"])])
        recorder.append(event, DCBAppendCondition(unless, after=0))
    failing = recorder.committer.lane.outcome.failing
    recorder.close()

    assert failing is None
