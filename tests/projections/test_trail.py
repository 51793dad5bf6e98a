"""Trail: what is read of an entry as it is stored is what is read of it whole."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

import pytest

from ledger.event import CATALOGUE, decode
from projections.catalogue import TRAILS
from projections.said import _speech

TEXT = re.compile(r"学分 “1/5”\\n")
RECORDED = Path(__file__).parent.parent / "recorded"
BODIES = sorted(RECORDED.glob("*.json"))


@pytest.mark.parametrize("body", BODIES, ids=lambda each: each.stem)
def test_a_recorded_body_has_the_same_words_however_it_is_read(body: Path) -> None:
    numbers = count()
    # One text stands in all fields of what is recorded; here each has its own.
    stored = TEXT.sub(lambda _: f"第{chr(0x4E00 + next(numbers))}条", body.read_text()).encode()

    assert {*TRAILS.words_of(stored)} == {*TRAILS.words(decode(7, stored))}


def test_most_events_need_not_be_read_whole() -> None:
    kinds = CATALOGUE.values()

    told = [each.NAME for each in kinds if _speech(each.NAME, each.VERSION) is not None]

    assert len(told) > len(kinds) // 2
    assert {"school-based.recorded", "finding.made"} <= {*told}


def test_a_body_of_an_older_version_is_read_whole() -> None:
    assert _speech("finding.made", 1) is None
