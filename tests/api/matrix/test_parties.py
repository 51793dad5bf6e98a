"""Whoever is one of a county hears of its other people what they heard before those came."""

from __future__ import annotations

import pytest

from tests.matrix import PARTIES, Stages, asked, heard_of_strangers


@pytest.mark.parametrize("name", PARTIES)
def test_nobody_hears_of_strangers_of_the_same_place(stages: Stages, name: str) -> None:
    assert heard_of_strangers(stages, name, asked(stages.things.strangers)) == []
