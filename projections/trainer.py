"""The registry of trainers: who stands in it, and in whose plans they agreed to be named.

Trainers are staff ids there; whoever wants a name looks elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import Enum

from msgspec import Struct

from ledger.event import Entry
from ledger.names import JurisdictionId, ProviderId, StaffId
from ledger.trainer import TrainerConsented, TrainerRegistered
from projections.projection import Projection

WILLING = "every provider"
"""The tag of those who agreed to be named by any provider."""


class ConsentState(Enum):
    """In whose plans a trainer agreed to be named."""

    NONE = "NONE"
    SOME_PROVIDERS = "SOME_PROVIDERS"
    EVERY_PROVIDER = "EVERY_PROVIDER"


class Consent(Struct, kw_only=True):
    """One consent of a trainer: to be named by a provider; without one, by any."""

    provider: ProviderId | None = None
    place: JurisdictionId
    since: date
    event: str


class Trainer(Struct, kw_only=True):
    """A trainer in the registry, without personal data; without ``provider``, by a bureau."""

    trainer: StaffId
    place: JurisdictionId | None = None
    provider: ProviderId | None = None
    expertise: str = ""
    registered: date | None = None
    consent: ConsentState = ConsentState.NONE
    consents: tuple[Consent, ...] = ()
    tags: tuple[str, ...] = ()


class Trainers(Projection[Trainer]):
    """Trainers by provider, place, expertise and consent."""

    name = "trainers"
    version = 2
    state = Trainer
    events = (TrainerRegistered, TrainerConsented)
    facets = {"expertise": "text", "consent": "text", "tags": "text[]"}

    def keys(self, entry: Entry) -> Iterable[str]:
        event = entry.event
        assert isinstance(event, TrainerRegistered | TrainerConsented)
        return (str(event.trainer),)

    def blank(self, key: str) -> Trainer:
        return Trainer(trainer=StaffId(key))

    def apply(self, state: Trainer, entry: Entry) -> Trainer:
        match entry.event:
            case TrainerRegistered() as event:
                state.place, state.provider = event.place, event.provider
                state.expertise, state.registered = event.expertise, entry.on
                state.tags = _with(state.tags, event.place, event.provider)
            case TrainerConsented() as event:
                given = Consent(
                    provider=event.provider, place=event.place, since=entry.on, event=entry.id
                )
                state.consents = (*state.consents, given)
                if event.provider is None:
                    state.consent = ConsentState.EVERY_PROVIDER
                elif state.consent is ConsentState.NONE:
                    state.consent = ConsentState.SOME_PROVIDERS
                state.tags = _with(state.tags, event.place, event.provider or WILLING)
            case _:
                pass
        return state


def _with(tags: tuple[str, ...], *more: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*tags, *(str(each) for each in more if each is not None))))
