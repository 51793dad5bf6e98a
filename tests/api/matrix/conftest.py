"""The stages that the files of the matrix share, made once a process."""

from __future__ import annotations

import pytest

from schema.price import LONGEST, Longest
from tests.stages import stages

__all__ = ["stages"]


@pytest.fixture(autouse=True)
def no_list_is_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of the public that was met costs more the next time, whoever asks, stranger or not.

    What is compared here is asked with and without strangers, so it is reckoned alike each time.
    """
    monkeypatch.setattr(Longest, "met", lambda *_: None)
    LONGEST.forget()
