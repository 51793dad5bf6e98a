from __future__ import annotations

from ledger.mapping import Column
from ledger.wording import PATTERNS, WORDS


def test_every_meaning_has_a_wording():
    assert {column for column, _ in WORDS} == set(Column)


def test_every_meaning_is_known_by_its_own_name_or_not_at_all():
    for column in Column:
        own = column.value.lower().replace("_", "")
        found = next((c for c, pattern in PATTERNS if pattern.fullmatch(own)), column)
        assert found is column
