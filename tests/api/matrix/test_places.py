"""Whoever has a place hears of the next county what they heard before anybody was there."""

from __future__ import annotations

import pytest

from tests.matrix import PLACES, Stages, asked, heard_of_strangers


@pytest.mark.parametrize("name", PLACES)
def test_nobody_hears_of_strangers_of_another_place(stages: Stages, name: str) -> None:
    assert heard_of_strangers(stages, name, asked(stages.things.strangers)) == []
