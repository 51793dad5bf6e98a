"""Personal data on its way into the vault, and masked on its way out."""

from __future__ import annotations

import re

import strawberry
from stdnum.cn import ric
from stdnum.exceptions import InvalidChecksum, InvalidFormat, ValidationError

from ledger.fault import Fault
from ledger.text import ID_NUMBER_CHARACTERS, trimmed
from schema.scalars import Text

SEEN = 2
PLAIN = re.compile(r"[0-9]{17}[0-9X]")


@strawberry.input(description="Personal data; goes to the vault, never into an event. 个人信息。")
class PersonInput:
    """Personal data of a teacher."""

    name: Text = strawberry.field(description="Full name. 姓名。")
    id_number: Text | None = strawberry.field(
        default=None, description="18-digit resident identity number. 居民身份证号码。"
    )
    phone: Text | None = strawberry.field(default=None, description="Telephone. 电话。")


@strawberry.type(
    description="Personal data, masked unless it is one's own: the first character of the name and "
    "the last two of numbers are seen. 个人信息（脱敏）：只显示姓名首字和号码末两位。"
)
class Person:
    """Personal data of a teacher."""

    name: Text | None
    id_number: Text | None
    phone: Text | None


def checked(person: PersonInput) -> dict[str, str]:
    """The values to seal. Raises ``Fault`` for an empty name or a malformed id number."""
    name = trimmed(person.name)
    if not name:
        raise Fault("BAD_PERSON", zh="姓名不能为空", en="the name is empty", field="person.name")
    values = {"name": name}
    if person.id_number:
        try:
            values["id_number"] = _id_number(person.id_number)
        except ValidationError:
            raise Fault(
                "BAD_ID_NUMBER",
                zh="身份证号码不正确，请核对（18 位，末位可为 X）",
                en="the id number is not valid: 18 characters with a check digit",
                field="person.idNumber",
            ) from None
    if person.phone:
        values["phone"] = trimmed(person.phone)
    return values


def _id_number(text: str) -> str:
    """An 18-digit id number with its check digit and a birth date that exists.

    The place code is not checked: the library compares it with the year of birth, but people keep
    the code under which they were first registered, which is often an older or a newer one.
    """
    # What has just the characters of one needs no blanks taken out, which the library does slowly.
    number: str = text if PLAIN.fullmatch(text) else ric.compact(text)
    if len(number) != ID_NUMBER_CHARACTERS or not number[:-1].isdigit():
        raise InvalidFormat
    if number[-1] != ric.calc_check_digit(number):
        raise InvalidChecksum
    ric.get_birth_date(number)
    return number


def masked(values: dict[str, str]) -> Person | None:
    """The first character of a name and the last two of numbers; ``None`` where nothing is kept.

    A place and a day of birth, or four digits of a telephone, would tell who it is.
    """
    if not values:
        return None
    name, number, phone = (values.get(key) for key in ("name", "id_number", "phone"))
    return Person(
        name=Text(name[0] + "*" * max(len(name) - 1, 1)) if name else None,
        id_number=_ending(number),
        phone=_ending(phone),
    )


def _ending(text: str | None) -> Text | None:
    """A number of which the last two characters are seen, and of a short one none."""
    if not text:
        return None
    hidden = len(text) - SEEN if len(text) > 2 * SEEN else len(text)
    return Text("*" * hidden + text[hidden:])


def shown(values: dict[str, str]) -> Person | None:
    """A person's own data, in full."""
    if not values:
        return None
    name, number, phone = (values.get(key) for key in ("name", "id_number", "phone"))
    return Person(
        name=Text(name) if name else None,
        id_number=Text(number) if number else None,
        phone=Text(phone) if phone else None,
    )
