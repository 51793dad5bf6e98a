"""One fault of each kind at one step: nothing acknowledged is lost, nothing else is half there.

``python -m bench.faults`` tries them at any step; a thousand runs take half an hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from bench.faults.fault import KINDS, Fault
from bench.faults.site import Site, site
from bench.faults.trial import tried
from tests.disk import place

FAULTS = (
    Fault(1, "kill", "commit", 27, "during"),
    Fault(8, "kill", "rebuild", 200, "before", beside=(40, 120)),
    Fault(2, "postgres", "project", 25, "before", {"how": "all", "back": True}),
    Fault(3, "lost", "commit", 30, "unheard", {"all": True, "refusing": 1}),
    Fault(4, "lost", "found", 60, "within", {"all": False, "refusing": 0}),
    Fault(5, "full", "rebuild", 100, "before", {"hold": 10_000}),
    Fault(6, "locked", "commit", 16, "before", {"hold": 10_000, "what": 0}),
    Fault(7, "poison", "commit", 1, "before", {"stumble_in": 0}),
    Fault(9, "poison", "project", 1, "before", {"view": "enrollments", "position": 323}),
    Fault(10, "clock", "commit", 1, "before", {"back_at": 2, "back_seconds": 3_600}),
    Fault(11, "rival", "commit", 20, "after", {"by": "kill"}),
)


@pytest.fixture(scope="module")
def sites() -> Iterator[dict[bool, Site]]:
    """A server, and one on a small disk (a tmpfs, which takes root to mount)."""
    with ExitStack() as stack:
        yield {
            small: stack.enter_context(site(small=small, below=place())) for small in (False, True)
        }


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_ledger_is_whole_after_a_fault(sites: dict[bool, Site], fault: Fault) -> None:
    outcome = tried(sites[fault.kind == "full"], fault)

    assert outcome.breaches == []
    assert outcome.struck or fault.kind in ("poison", "rival")
    assert outcome.felt or fault.kind == "rival"


def test_there_is_a_fault_of_each_kind() -> None:
    assert {each.kind for each in FAULTS} == set(KINDS)
