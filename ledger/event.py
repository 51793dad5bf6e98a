"""Events: what they are, how they become bytes, and how old ones stay readable.

An event type is declared by one class statement. Its tags follow from the identifiers among its
fields, its codec from its annotations, its GraphQL name and description from its name and
docstring. The body is RFC 8785 (JCS) bytes, made once and kept verbatim; what keeps ``msgspec``
within JCS is that bodies hold no floats, only ASCII keys, and integers within 53 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from hashlib import sha256
from operator import attrgetter
from typing import (
    Any,
    ClassVar,
    TypeVar,
    cast,
    dataclass_transform,
    get_args,
    get_type_hints,
)

import msgspec
from msgspec import Struct, StructMeta, structs

from ledger.fault import Fault
from ledger.names import JurisdictionId, Name, recalled
from ledger.text import clean, impersonal, ordinary

BODY_BYTES_MAX = 65_535
INTEGER_MAX = 2**53 - 1
INSTANTS_MAX = 1_024

Body = dict[str, Any]
Step = Callable[[Body], Body]


class Channel(Enum):
    """The way by which a command came in."""

    API = "API"
    CONSOLE = "CONSOLE"
    IMPORT = "IMPORT"
    SYSTEM = "SYSTEM"


@dataclass_transform(frozen_default=True, kw_only_default=True)
class FrozenMeta(StructMeta):
    """Makes the subclasses of a struct frozen and keyword-only as well."""

    def __new__(
        mcs, class_name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> Any:
        options = {"frozen": True, "kw_only": True, **options}
        return super().__new__(mcs, class_name, bases, namespace, **options)


@dataclass_transform(frozen_default=True, kw_only_default=True)
class EventMeta(FrozenMeta):
    """Takes the name, version and day out of the class statement and fills the catalogue."""

    def __new__(
        mcs,
        class_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        name: str = "",
        version: int = 1,
        effective: str | None = None,
        begins: str | None = None,
        **options: Any,
    ) -> Any:
        cls = super().__new__(mcs, class_name, bases, namespace, **options)
        if effective is not None and effective not in cls.__annotations__:
            raise TypeError(f"{class_name} has no field {effective} that could tell its day")
        if name:
            if name in CATALOGUE:
                raise TypeError(f"two event types are called {name}")
            cls.NAME, cls.VERSION, cls.STEPS, cls.EFFECTIVE = name, version, {}, effective
            cls.BEGINS = begins
            CATALOGUE[name] = cls
        return cls


class Event(Struct, metaclass=EventMeta, gc=False):
    """Something that happened. Subclasses give ``name="file.event-in-kebab"``.

    Who, when and why stand in the envelope (``Entry``); an event holds what happened. Where it
    takes effect on a day of its own, ``effective="since"`` names the field that holds the day.
    ``begins="finding"``: the entry begins a noun of that kind, which is called by the entry's id.
    """

    NAME: ClassVar[str]
    VERSION: ClassVar[int]
    STEPS: ClassVar[dict[int, Step]]
    EFFECTIVE: ClassVar[str | None]
    BEGINS: ClassVar[str | None]

    @classmethod
    def upcast(cls, *, from_version: int) -> Callable[[Step], Step]:
        """Declares the pure step from one version of the body to the next."""

        def declare(step: Step) -> Step:
            cls.STEPS[from_version] = step
            return step

        return declare

    @property
    def effective_on(self) -> date | None:
        """The day in the event on which it takes effect; ``None``: that of its entry."""
        return getattr(self, self.EFFECTIVE) if self.EFFECTIVE else None

    @property
    def tags(self) -> tuple[str, ...]:
        """The identifiers in the event, in order, each once."""
        return tuple(dict.fromkeys(_names_in(self)))


def unchanged(body: Body) -> Body:
    """The step to a version whose new fields have defaults that say what was not said before."""
    return body


EventT = TypeVar("EventT", bound=Event)
CATALOGUE: dict[str, type[Event]] = {}


class Part(Struct, metaclass=FrozenMeta, gc=False):
    """A row inside an event or command, such as one absence of a half-day."""


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """An event in its envelope, at its position in the ledger.

    ``at`` is when the ledger learned it (UTC); ``on`` is the day in the world when it was done,
    which ``effective_on`` may precede or follow: a move is entered on one day and holds since
    another.
    ``cause`` is the event that led to it, ``source`` the reference of another system of record,
    ``place`` the county, city or province that it concerns. ``kept`` are the bytes that the ledger
    keeps of it, none before it does; entries are equal by what they say.
    """

    position: int
    id: str
    at: datetime
    on: date
    actor: str
    channel: str
    event: Event
    cause: str | None = None
    request: str | None = None
    source: str | None = None
    place: JurisdictionId | None = None
    kept: bytes = b""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and _said(self) == _said(other)

    def __hash__(self) -> int:
        return hash((self.position, self.id))

    @property
    def effective_on(self) -> date:
        """The day from which on it is true: one that the event tells, or that of the entry."""
        return self.event.effective_on or self.on

    @property
    def tags(self) -> tuple[str, ...]:
        """The names in the event, the place that it concerns, who did it, what it begins."""
        place = (str(self.place),) if self.place else ()
        begun = (f"{self.event.BEGINS}:{self.id}",) if self.event.BEGINS else ()
        return tuple(dict.fromkeys((*self.event.tags, *place, f"by:{self.actor}", *begun)))


def _said(entry: Entry) -> tuple[object, ...]:
    names = (each for each in entry.__struct_fields__ if each != "kept")
    return tuple(getattr(entry, each) for each in names)


class _Envelope(Struct, kw_only=True, gc=False):
    id: str
    at: datetime
    on: date
    actor: str
    channel: str
    type: str
    v: int
    data: msgspec.Raw
    cause: str | None = None
    request: str | None = None
    source: str | None = None
    place: str | None = None


def encode(entry: Entry) -> bytes:
    """The body of an entry as JCS bytes. Raises ``Fault`` (``EVENT_TOO_LARGE``)."""
    event = entry.event
    envelope: Body = {
        "actor": entry.actor,
        "at": instant(entry.at),
        "channel": entry.channel,
        "data": event,
        "id": entry.id,
        "on": entry.on,
        "type": event.NAME,
        "v": event.VERSION,
    }
    for key, given in (
        ("cause", entry.cause),
        ("request", entry.request),
        ("source", entry.source),
        ("place", entry.place),
    ):
        if given is not None:
            envelope[key] = given
    body = _ENCODER.encode(envelope)
    if len(body) > BODY_BYTES_MAX:
        raise Fault(
            "EVENT_TOO_LARGE",
            zh=f"事件 {event.NAME} 有 {len(body)} 字节，超过上限 {BODY_BYTES_MAX}；请分成几次提交",
            en=f"the event {event.NAME} has {len(body)} bytes, more than {BODY_BYTES_MAX}; split "
            "it",
        )
    return body


def decode(position: int, body: bytes, *, keep: bool = True) -> Entry:
    """The entry that the bytes hold, its event brought up to the present version.

    It holds on to the bytes unless told not to.
    """
    envelope = _ENVELOPE.decode(body)
    return Entry(
        position=position,
        id=envelope.id,
        at=envelope.at,
        on=envelope.on,
        actor=envelope.actor,
        channel=envelope.channel,
        cause=envelope.cause,
        request=envelope.request,
        source=envelope.source,
        place=recalled(JurisdictionId, envelope.place) if envelope.place else None,
        event=decode_event(envelope.type, envelope.v, envelope.data),
        kept=body if keep else b"",
    )


def decode_event(name: str, version: int, data: bytes | msgspec.Raw) -> Event:
    """The event of that name and version; older bodies go through their upcasts."""
    cls = CATALOGUE.get(name)
    if cls is None or not 1 <= version <= cls.VERSION:
        raise Fault(
            "UNKNOWN_EVENT",
            zh=f"本程序不认识事件 {name}（版本 {version}），请升级程序",
            en=f"this program does not know the event {name} (version {version}); upgrade it",
        )
    if version == cls.VERSION:
        decoder = _DECODERS.get(cls)
        if decoder is None:
            decoder = _DECODERS[cls] = msgspec.json.Decoder(cls, dec_hook=revive)
        return cast(Event, decoder.decode(data))
    body: Body = msgspec.json.decode(data)
    for step in range(version, cls.VERSION):
        body = cls.STEPS[step](body)
    return msgspec.convert(body, cls, dec_hook=revive)


def dated_types() -> list[str]:
    """The types of events that may take effect on another day than that of their entry."""
    own = Event.effective_on
    return [n for n, each in CATALOGUE.items() if each.EFFECTIVE or each.effective_on is not own]


def leaf_hash(body: bytes) -> bytes:
    """The hash of the body as a leaf of the log: SHA-256(0x00 || body), RFC 6962 section 2.1."""
    return sha256(b"\x00" + body).digest()


@lru_cache(maxsize=INSTANTS_MAX)
def instant(at: datetime) -> str:
    """A UTC time with microseconds, always the same length."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sound(event: Event) -> Event:
    """The event, if its contents stay within JCS and hold no number of a person.

    Raises ``Fault`` (``UNSOUND_EVENT``, ``PERSONAL_DATA``) if not.
    """
    for value in _leaves(event):
        if isinstance(value, float):
            raise _unsound(event, "浮点数", "a float")
        if isinstance(value, int) and abs(value) > INTEGER_MAX:
            raise _unsound(event, "超过 53 位的整数", "an integer beyond 53 bits")
        if isinstance(value, str) and not (isinstance(value, Name) and ordinary(value)):
            if isinstance(value, _Key) and not value.isascii():
                raise _unsound(event, "非 ASCII 的键", "a key that is not ASCII")
            if not clean(value):
                raise _unsound(event, "控制或隐形字符、未规范的文字", "unseen characters or no NFC")
            impersonal(value, event.NAME)
    return event


def _unsound(event: Event, zh: str, en: str) -> Fault:
    return Fault(
        "UNSOUND_EVENT", zh=f"{event.NAME} 中有{zh}，不能写入", en=f"{event.NAME} holds {en}"
    )


def _leaves(value: object) -> list[object]:
    """The texts, keys and numbers in it, in their order; days, amounts and words of a list not."""
    found: list[object] = []
    parts: Iterable[object] = ()
    if isinstance(value, Struct):
        parts = structs.astuple(value)
    elif isinstance(value, (tuple, list)):
        parts = value
    elif isinstance(value, dict):
        parts = [part for key, each in value.items() for part in (_Key(key), each)]
    for each in parts:
        if each.__class__ in _SOUND:
            continue
        if isinstance(each, (str, int, float)) and not isinstance(each, bool):
            found.append(each)
        elif isinstance(each, (Struct, tuple, list, dict)):
            found += _leaves(each)
        else:
            _SOUND.add(each.__class__)
    return found


class _Key(str):
    __slots__ = ()


def _names_in(value: object) -> list[str]:
    # Every entry that is shown or taken in comes by here, and most of what it holds is no name.
    found: list[str] = []
    parts: Iterable[object] = ()
    if isinstance(value, Struct):
        parts = _naming(type(value))(value)
    elif isinstance(value, (tuple, list)):
        parts = value
    elif isinstance(value, dict):
        parts = value.values()
    for each in parts:
        if each.__class__ in _NAMELESS:
            continue
        if isinstance(each, Name):
            found.append(str(each))
        elif isinstance(each, (Struct, tuple, list, dict)):
            found += _names_in(each)
        else:
            _NAMELESS.add(each.__class__)
    return found


@cache
def _naming(kind: type[Struct]) -> Callable[[Struct], tuple[object, ...]]:
    """Reads the fields that may hold names, by what their annotations do not rule out."""
    hints = get_type_hints(kind)
    fields = [each for each in kind.__struct_fields__ if not _amounts(hints[each])]
    if len(fields) == 1:
        fields *= 2  # one alone would come without a tuple around it
    return attrgetter(*fields) if fields else lambda _: ()


def _amounts(hint: object) -> bool:
    """Whether values of an annotation can only be numbers, days and words of a list."""
    inner = [each for each in get_args(hint) if each not in (type(None), ...)]
    if inner:
        return all(map(_amounts, inner))
    return isinstance(hint, type) and issubclass(hint, (int, Decimal, date, Enum))


def express(value: object) -> object:
    """A name as it is written; the hook by which events, states and results are encoded."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in the ledger")


# A name of what was written; the hook by which all of them are read back. There are several in
# every event, so that nothing of Python's stands between the decoder and those that it knows.
revive: Callable[[type, Any], Any] = recalled
# The classes of values that are no names and hold none; learned as they come.
_NAMELESS: set[type] = set()
# The same of values in which nothing can be unsound.
_SOUND: set[type] = set()
_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=express)
_ENVELOPE = msgspec.json.Decoder(_Envelope)
_DECODERS: dict[type[Event], msgspec.json.Decoder[Any]] = {}
