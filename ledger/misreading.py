"""Misreading: the numbers that a person may have meant who wrote one digit wrong, or two turned."""

from __future__ import annotations

from collections.abc import Iterator

from stdnum.cn import ric

from ledger.text import ID_NUMBER_CHARACTERS


def misread(id_number: str) -> Iterator[str]:
    """The valid id numbers that differ in one digit, or by two neighbours that changed places."""
    number = id_number.strip().upper()
    if len(number) != ID_NUMBER_CHARACTERS:
        return
    seen = {number}
    for each in [*_replaced(number), *swapped(number)]:
        if each not in seen and valid(each):
            seen.add(each)
            yield each


def valid(number: str) -> bool:
    """Whether the check digit of an id number of 18 characters is right (GB 11643)."""
    digits = number[:-1].isdecimal() and number.isascii()
    return digits and ric.calc_check_digit(number) == number[-1]


def _replaced(number: str) -> Iterator[str]:
    for place, held in enumerate(number):
        for digit in "0123456789" + ("X" if place == len(number) - 1 else ""):
            if digit != held:
                yield number[:place] + digit + number[place + 1 :]


def swapped(number: str) -> Iterator[str]:
    """The number with two neighbours that changed places, for each two that differ."""
    for place in range(len(number) - 1):
        one, other = number[place], number[place + 1]
        if one != other:
            yield number[:place] + other + one + number[place + 2 :]


def gaps(number: str) -> Iterator[str]:
    """The number with each of its places left open."""
    for place in range(len(number)):
        yield f"{number[:place]}\0{number[place + 1 :]}"
