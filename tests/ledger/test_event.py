"""Events: exact bytes, bounds, and old versions that stay readable."""

from __future__ import annotations

import json
import unicodedata
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256

import msgspec
import pytest
import rfc8785
from hypothesis import example, given, reject, settings, strategies

from ledger import event as mechanism
from ledger.change import ChangeRequested
from ledger.event import (
    BODY_BYTES_MAX,
    CATALOGUE,
    INTEGER_MAX,
    Body,
    Channel,
    Entry,
    Event,
    Part,
    decode,
    decode_event,
    encode,
    leaf_hash,
    sound,
)
from ledger.fault import Fault
from ledger.names import TeacherId, TermId
from ledger.regulation import Rule, RuleAdopted
from ledger.term import TermOpened
from ledger.text import BLANKS
from tests.given import adoption, lasting

AT = datetime(2024, 4, 8, 9, 30, 0, 1, tzinfo=UTC)


def entry(event: Event, **details: object) -> Entry:
    values = {
        "position": 7,
        "id": "0193-7",
        "at": AT,
        "on": date(2024, 4, 8),
        "actor": "staff:s1",
        "channel": Channel.API.value,
    } | details
    return Entry(event=event, **values)


def opened(title: str = "2024年上半年") -> TermOpened:
    return TermOpened(term=TermId("term:2024H1"), title=title)


# What the ledger lets in: text in NFC without control characters but for line feed and tab, and
# without invisible ones.
ALLOWED = strategies.text(
    strategies.one_of(
        strategies.characters(exclude_categories=("Cc", "Cf", "Cs"), exclude_characters=BLANKS),
        strategies.sampled_from('\n\t"\\/学分制〇\u2028\u2029\uffff\U0001f600é<>&'),
    ),
    max_size=60,
).map(lambda text: unicodedata.normalize("NFC", text))


@settings(max_examples=500)
@given(title=ALLOWED, actor=ALLOWED, cause=strategies.none() | ALLOWED)
@example(title='"\\/\b'.replace("\b", "\n\t"), actor="学分", cause="\u2028")
def test_the_bytes_are_those_of_rfc_8785(title, actor, cause):
    body = encode(entry(sound(opened(title)), actor=actor, cause=cause))

    assert rfc8785.dumps(json.loads(body)) == body


@settings(max_examples=500)
@given(strategies.text(strategies.characters(codec=None), max_size=40))
def test_any_text_is_either_unsound_or_spelt_as_in_rfc_8785(title):
    with suppress(Fault):
        event = sound(opened(title))
        body = encode(entry(event))

        assert rfc8785.dumps(json.loads(body)) == body
        assert event == decode(7, body).event


KEYS = strategies.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=1
).filter(
    lambda key: (
        not any(key[at : at + 11].isdigit() and len(key) >= at + 11 for at in range(len(key)))
    )
)
VALUES = strategies.one_of(
    ALLOWED,
    strategies.booleans(),
    strategies.integers(-INTEGER_MAX, INTEGER_MAX),
    strategies.lists(ALLOWED, max_size=4).map(tuple),
)


@settings(max_examples=500)
@given(parameters=strategies.dictionaries(KEYS, VALUES, max_size=8))
def test_maps_are_sorted_and_numbers_spelt_as_in_rfc_8785(parameters):
    first = next(each for each in adoption() if isinstance(each, RuleAdopted))
    rule = msgspec.structs.replace(first.rule, parameters=parameters)
    event = RuleAdopted(document=first.document, place=first.place, rule=rule)
    try:
        sound(event)
    except Fault as fault:
        # By chance a number looks like that of a person, which has no place in an event.
        assert fault.code == "PERSONAL_DATA"
        reject()
    body = encode(entry(event))

    assert rfc8785.dumps(json.loads(body)) == body
    assert event == decode(7, body).event


def test_every_adopted_rule_lasts():
    for event in adoption():
        lasting(event)


def test_the_envelope_is_spelt_out():
    body = encode(entry(opened("x")))

    assert body == (
        b'{"actor":"staff:s1","at":"2024-04-08T09:30:00.000001Z","channel":"API",'
        b'"data":{"term":"term:2024H1","title":"x"},"id":"0193-7","on":"2024-04-08",'
        b'"type":"term.opened","v":1}'
    )


def test_cause_request_and_source_stand_in_the_envelope_where_there_are_any():
    full = entry(opened(), cause="0193-1", request="r-1", source="jiaoyun/88")

    assert full == decode(7, encode(full))
    assert b'"cause"' not in encode(entry(opened()))


def test_an_instant_is_utc_with_microseconds_whatever_the_zone():
    shanghai = AT.astimezone(timezone(timedelta(hours=8)))

    assert encode(entry(opened(), at=shanghai)) == encode(entry(opened()))
    assert b"09:30:00.000000Z" in encode(entry(opened(), at=AT.replace(microsecond=0)))
    assert decode(1, encode(entry(opened()))).at == AT


def title_of_bytes(count: int) -> str:
    empty = len(encode(entry(opened(""))))
    return "x" * (count - empty)


def test_a_body_has_65535_bytes_at_most():
    largest = encode(entry(opened(title_of_bytes(BODY_BYTES_MAX))))
    assert len(largest) == BODY_BYTES_MAX

    with pytest.raises(Fault) as caught:
        encode(entry(opened(title_of_bytes(BODY_BYTES_MAX + 1))))
    assert caught.value.code == "EVENT_TOO_LARGE"
    assert "65536" in caught.value.en
    assert "65536" in caught.value.zh


def test_bytes_count_not_characters():
    with pytest.raises(Fault) as caught:
        encode(entry(opened("学" * 22_000)))

    assert caught.value.code == "EVENT_TOO_LARGE"


@pytest.mark.parametrize(
    "title",
    [
        "\x00",
        "\x1f",
        "\x7f",
        "\x85",
        "\r",
        "\b",
        "a\ud800",
        "\udfff学",
        "e\u0301",
        "学\x07",
        "ﬀe\u0301",
    ],
)
def test_control_characters_lone_surrogates_and_text_out_of_nfc_are_unsound(title):
    with pytest.raises(Fault) as caught:
        sound(opened(title))

    assert caught.value.code == "UNSOUND_EVENT"
    assert "term.opened" in caught.value.en


@pytest.mark.parametrize("title", ["", "学分", "a\nb\tc", "é", "\u2028", "\U0001f600", "\ufffd"])
def test_other_text_is_sound(title):
    lasting(opened(title))


def rule_with(value: object, key: str = "x") -> RuleAdopted:
    first = next(each for each in adoption() if isinstance(each, RuleAdopted))
    rule: Rule = msgspec.structs.replace(first.rule, parameters={key: value})
    return RuleAdopted(document=first.document, place=first.place, rule=rule)


@pytest.mark.parametrize(
    "value", [0.5, 1.0, float("nan"), (0.5,), INTEGER_MAX + 1, -INTEGER_MAX - 1]
)
def test_floats_and_integers_beyond_53_bits_are_unsound(value):
    with pytest.raises(Fault) as caught:
        sound(rule_with(value))

    assert caught.value.code == "UNSOUND_EVENT"


@pytest.mark.parametrize("value", [INTEGER_MAX, -INTEGER_MAX, 0, True, "0.5"])
def test_integers_within_53_bits_are_sound(value):
    lasting(rule_with(value))


def test_keys_are_ascii():
    with pytest.raises(Fault) as caught:
        sound(rule_with("x", key="学时"))

    assert caught.value.code == "UNSOUND_EVENT"


def test_the_hash_of_a_leaf_is_that_of_rfc_6962():
    empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert empty == leaf_hash(b"").hex() == sha256(b"\x00").hexdigest()
    # Leaves of the known-answer tests of RFC 6962 implementations.
    assert (
        leaf_hash(b"\x00").hex()
    ) == "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
    assert (
        leaf_hash(b"L123456").hex()
    ) == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"


def test_an_event_is_frozen_and_keyword_only():
    with pytest.raises(AttributeError):
        opened().title = "other"
    with pytest.raises(TypeError):
        TermOpened(TermId("term:2024H1"), "x")


class Row(Part):
    """A row of a throw-away event."""

    teacher: TeacherId
    note: str


@pytest.mark.usefixtures("catalogue")
def test_tags_are_the_names_in_the_event_each_once_and_in_order():
    class Listed(Event, name="test.listed"):
        """Names at every depth."""

        term: TermId
        rows: tuple[Row, ...]
        again: TeacherId

    lin, chen = TeacherId("teacher:lin"), TeacherId("teacher:chen")
    event = Listed(
        term=TermId("term:2024H1"),
        rows=(Row(teacher=lin, note="teacher:nobody"), Row(teacher=chen, note="")),
        again=lin,
    )

    assert event.tags == ("term:2024H1", "teacher:lin", "teacher:chen")
    assert event == decode(7, encode(entry(event))).event


@pytest.mark.usefixtures("catalogue")
def test_two_event_types_do_not_share_a_name():
    with pytest.raises(TypeError, match=r"term\.opened"):

        class Again(Event, name="term.opened"):
            """Taken."""


@pytest.mark.usefixtures("catalogue")
def test_upcasts_run_one_version_at_a_time():
    class Measured(Event, name="test.measured", version=3):
        """In version 1 minutes, in version 2 hours, in version 3 with their unit."""

        teacher: TeacherId
        hours: Decimal
        unit: str
        day: date

    ran: list[int] = []

    @Measured.upcast(from_version=1)
    def _(body: Body) -> Body:
        ran.append(1)
        minutes = body.pop("minutes")
        return body | {"hours": str(Decimal(minutes) / 60)}

    @Measured.upcast(from_version=2)
    def _(body: Body) -> Body:
        ran.append(2)
        return body | {"unit": "HOUR"}

    old = b'{"day":"2024-04-08","minutes":90,"teacher":"teacher:lin"}'
    expected = Measured(
        teacher=TeacherId("teacher:lin"),
        hours=Decimal("1.5"),
        unit="HOUR",
        day=date(2024, 4, 8),
    )

    assert expected == decode_event("test.measured", 1, old)
    assert ran == [1, 2]
    middle = b'{"day":"2024-04-08","hours":"1.5","teacher":"teacher:lin"}'
    assert expected == decode_event("test.measured", 2, middle)
    assert ran == [1, 2, 2]
    again = decode(7, encode(entry(expected)))
    assert expected == again.event
    assert ran == [1, 2, 2]
    assert isinstance(again.event.teacher, TeacherId)
    assert isinstance(decode_event("test.measured", 1, old).teacher, TeacherId)


@pytest.mark.parametrize(
    ("name", "version"),
    [("term.opened", 2), ("term.opened", 0), ("term.opened", -1), ("term.closed", 1), ("", 1)],
)
def test_an_unknown_event_or_version_is_a_fault_that_asks_for_an_upgrade(name, version):
    with pytest.raises(Fault) as caught:
        decode_event(name, version, b"{}")

    assert caught.value.code == "UNKNOWN_EVENT"
    assert "upgrade" in caught.value.en


def test_a_later_version_cannot_be_read():
    body = encode(entry(opened())).replace(b'"v":1', b'"v":2')

    with pytest.raises(Fault, match="version 2"):
        decode(7, body)


def test_stored_names_are_noun_and_kebab():
    for name, kind in CATALOGUE.items():
        noun, _, happened = name.partition(".")
        assert noun.replace("-", "_").isidentifier(), name
        assert happened == happened.lower() and happened.replace("-", "").isalpha(), name
        assert kind.__doc__, name


def test_every_event_carries_a_name_to_find_it_by():
    for name, kind in CATALOGUE.items():
        types = str(kind.__annotations__.values())
        assert "Id" in types or "Name" in types, name


def test_every_version_but_the_first_has_its_step():
    for name, kind in CATALOGUE.items():
        assert set(range(1, kind.VERSION)) == set(kind.STEPS), name


def test_the_decoders_are_those_of_the_classes():
    decode(1, encode(entry(opened())))

    assert TermOpened in mechanism._DECODERS
    assert ChangeRequested.NAME == "change.requested"
