"""Misreadings: the numbers that somebody may have meant."""

from __future__ import annotations

from ledger.misreading import gaps, misread, swapped, valid

NUMBER = "330381199001011231"


def checked(digits: str) -> str:
    """The number of 17 digits with the last that makes it valid."""
    return next(digits + last for last in "0123456789X" if valid(digits + last))


def test_the_number_that_was_meant_is_among_those_that_are_valid():
    right = checked("33038119900101123")
    wrong = right[:10] + str((int(right[10]) + 1) % 10) + right[11:]
    turned = right[:15] + right[16] + right[15] + right[17]

    assert not valid(wrong)
    assert right in set(misread(wrong))
    assert right in set(misread(turned))
    assert all(map(valid, misread(wrong)))
    assert right not in set(misread(right))


def test_what_is_no_id_number_was_not_misread():
    assert [*misread("330381")] == []
    assert not valid("33038119900101123A")


def test_gaps_and_turns_of_a_short_number():
    assert [*gaps("12")] == ["\x002", "1\x00"]
    assert [*swapped("112")] == ["121"]
    assert len(NUMBER) == 18
