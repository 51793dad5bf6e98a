"""Restart: the day from which a place trains offline again, and the list of those that passed.

The leading group fixes the day, and the bureau files the list with an authority above it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.accreditation import ProviderAccredited
from ledger.amount import bounded
from ledger.command import Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.finding import Outcome
from ledger.names import JurisdictionId, ProviderId
from ledger.register import BureauStep, Places, WrongPlace, places_of, unknown
from ledger.resumption import RESUMPTION_EVENTS, LocalRestart, Resumption

PROVIDERS_MAX = 500


class AcceptedListFiled(Event, name="restart.accepted-list-filed"):
    """A bureau reported the providers that passed to the authority above it."""

    place: JurisdictionId
    filed_with: JurisdictionId
    providers: tuple[ProviderId, ...]


class RestartFixed(Event, name="restart.fixed", effective="first"):
    """The leading group fixed the day from which offline training takes place here again."""

    place: JurisdictionId
    first: date


RESTART_EVENTS: list[type[Event]] = [RestartFixed]


class ListedUnaccepted(Refused):
    """A provider on the list did not pass the joint acceptance."""


@dataclass(kw_only=True)
class FixRestart(BureauStep):
    """Enter the day that the leading group fixed for offline training here, by the bureau."""

    first: date

    def decide(self) -> Iterator[Event]:
        yield RestartFixed(place=self.place, first=self.first)


@dataclass(kw_only=True)
class FileAcceptedList(BureauStep):
    """Report the providers that passed to an authority above, by the bureau."""

    filed_with: JurisdictionId
    providers: tuple[ProviderId, ...]

    places: Places = fact(default_factory=Places)
    resumed: dict[ProviderId, Resumption] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        of: list[type[Event]] = [ProviderAccredited, *RESUMPTION_EVENTS]
        listed = (about(each, of=of) for each in dict.fromkeys(self.providers))
        return [*super().boundary(), *places_of(self.filed_with), *listed]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.places.learn(entry)
        provider: ProviderId | None = getattr(entry.event, "provider", None)
        if provider is not None:
            self.resumed.setdefault(provider, Resumption()).learn(entry)

    def decide(self) -> Iterator[Event]:
        self._listed()
        self.places.check(self.filed_with, "filed_with")
        if self.filed_with not in self.place.chain[1:]:
            raise WrongPlace(
                zh=f"{self.filed_with} 不是 {self.place} 的上级教育行政部门，名单应报上级备案",
                en=f"{self.filed_with} is no authority above {self.place}; the list goes up",
                field="filed_with",
            )
        yield AcceptedListFiled(
            place=self.place,
            filed_with=self.filed_with,
            providers=self.providers,
        )
        rule = self.ask.rules.find(LocalRestart, self.place, self.ask.on)
        if rule is None:
            return
        for provider in self.providers:
            resumed = self.resumed[provider]
            if not resumed.accepted:
                said = ListedUnaccepted(
                    zh=f"备案名单中的 {provider} 没有通过联合验收",
                    en=f"{provider} stands on the list and did not pass the joint acceptance",
                    rule=rule,
                    field="providers",
                    evidence=resumed.evidence,
                )
                yield self.finding(said, Outcome.VIOLATION, provider, self.place)

    def _listed(self) -> None:
        bounded(len(self.providers), PROVIDERS_MAX, "providers")
        for provider in self.providers:
            if provider not in self.resumed:
                raise unknown(provider, "providers")
        if len(set(self.providers)) < len(self.providers):
            raise Fault(
                "TWICE_IN_ROWS",
                zh="名单中有机构出现两次",
                en="a provider stands twice on the list",
                field="providers",
            )
