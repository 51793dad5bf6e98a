"""Audit sample: which trainings are looked into, drawn so that nobody chooses them (抽样).

The seed is a number by chance that the ledger makes when it writes the event, so nobody knows it
before; every draw is on record, and says how many there were before it. What is drawn follows from
seed and population alone: each training gets a number, the SHA-256 of both, and the smallest come
first, in each stratum at least its share. Whoever may see the sample can draw it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from hashlib import sha256

from ledger.command import Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.names import JurisdictionId, SampleId
from ledger.population import POPULATION_EVENTS, Training, population
from ledger.register import BureauStep, JurisdictionRegistered, WrongPlace, taken, unknown

SHARE_CHARACTERS_MAX = 20
COUNT_MAX = 100_000
DAYS_MAX = 3_700


class SampleDrawn(Event, name="sample.drawn"):
    """A sample of a place's trainings was drawn; ``population`` is the position up to which.

    ``size`` trainings were there, ``drawn`` of them are in the sample, and ``sha256`` is that of
    their list. ``earlier``: how many samples of the same place overlapped the period already.
    """

    sample: SampleId
    place: JurisdictionId
    owner: JurisdictionId
    first: date
    last: date
    by_kind: bool
    population: int
    size: int
    drawn: int
    seed: str
    sha256: str
    earlier: int
    share: str | None = None
    count: int | None = None


class NothingToSample(Refused):
    """The place has no training in the period."""


def drawn(
    trainings: Iterable[Training],
    seed: str,
    *,
    share: Fraction | None = None,
    count: int | None = None,
    by_kind: bool = False,
) -> list[Training]:
    """What a seed draws; the order of the population does not matter.

    Of each stratum at least its share, rounded up; a count is shared out by the size of the strata.
    """
    strata: dict[str, list[Training]] = {}
    for each in trainings:
        strata.setdefault(each.kind if by_kind else "", []).append(each)
    whole = sum(map(len, strata.values()))
    part = share if share is not None else Fraction(min(count or 0, whole), max(whole, 1))
    chosen = []
    for members in strata.values():
        members.sort(key=lambda each: (number_of(seed, each), each.name))
        chosen += members[: -(-part.numerator * len(members) // part.denominator)]
    return sorted(chosen, key=lambda each: (number_of(seed, each), each.name))


def number_of(seed: str, training: Training) -> str:
    """The number of a training in a draw: SHA-256 of seed and name; the smallest come first."""
    return sha256(f"{seed}\n{training.name}".encode()).hexdigest()


def again(event: SampleDrawn, entries: Iterable[Entry]) -> tuple[int, list[Training]]:
    """The size of the population and what is drawn from it, made anew from an event."""
    trainings = population(entries, event.owner, event.first, event.last, event.population)
    share = None if event.share is None else Fraction(event.share)
    found = drawn(trainings, event.seed, share=share, count=event.count, by_kind=event.by_kind)
    return len(trainings), found


def list_hash(trainings: Iterable[Training]) -> str:
    """The SHA-256 of a list: the names in order, one a line."""
    names = sorted(each.name for each in trainings)
    return sha256("\n".join(names).encode()).hexdigest()


@dataclass(kw_only=True)
class DrawSample(BureauStep):
    """Draw a sample of a place's trainings of a period, by a bureau or an auditor."""

    sample: SampleId
    first: date
    last: date
    owner: JurisdictionId | None = None
    share: str | None = None
    count: int | None = None
    by_kind: bool = False

    known: bool = fact(default=False)
    owner_known: bool = fact(default=False)
    entries: list[Entry] = fact(default_factory=list)
    samples: list[SampleDrawn] = fact(default_factory=list)

    @property
    def whose(self) -> JurisdictionId:
        """The place whose trainings are sampled."""
        return self.owner or self.place

    def boundary(self) -> list[Selector]:
        return [
            *super().boundary(),
            about(self.whose, of=[JurisdictionRegistered, *POPULATION_EVENTS, SampleDrawn]),
            about(self.sample, of=[SampleDrawn]),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        match entry.event:
            case JurisdictionRegistered(jurisdiction=place):
                self.owner_known = self.owner_known or place == self.whose
            case SampleDrawn() as event:
                self.known = self.known or event.sample == self.sample
                if event.owner == self.whose:
                    self.samples.append(event)
            case _:
                self.entries.append(entry)

    def territory(self) -> JurisdictionId:
        return self.whose

    def answerable(self) -> JurisdictionId:
        return self.place

    def decide(self) -> Iterator[Event]:
        share = self._share()
        if self.known:
            raise taken(self.sample, "sample")
        upto = max((each.position for each in self.entries), default=0)
        trainings = population(self.entries, self.whose, self.first, self.last, upto)
        if not trainings:
            raise NothingToSample(
                zh=f"{self.whose.value} 在 {self.first} 至 {self.last} 没有培训项目和校本研修可抽",
                en=f"{self.whose.value} has no training from {self.first} to {self.last} to draw",
                field="first",
            )
        found = drawn(
            trainings, self.ask.chance, share=share, count=self.count, by_kind=self.by_kind
        )
        yield SampleDrawn(
            sample=self.sample,
            place=self.place,
            owner=self.whose,
            first=self.first,
            last=self.last,
            by_kind=self.by_kind,
            population=upto,
            size=len(trainings),
            drawn=len(found),
            seed=self.ask.chance,
            sha256=list_hash(found),
            earlier=sum(
                each.first <= self.last and self.first <= each.last for each in self.samples
            ),
            share=None if share is None else str(share),
            count=self.count,
        )

    def _share(self) -> Fraction | None:
        if not self.owner_known:
            raise unknown(self.whose, "owner")
        if not self.place.covers(self.whose):
            raise WrongPlace(
                zh=f"{self.whose.value} 的培训不归 {self.place.value} 抽样",
                en=f"the trainings of {self.whose.value} are not for {self.place.value} to sample",
                field="owner",
            )
        if not self.first <= self.last or (self.last - self.first).days > DAYS_MAX:
            raise Fault(
                "BAD_PERIOD",
                zh=f"起止日期颠倒，或超过 {DAYS_MAX} 天",
                en=f"the period ends before it begins, or has more than {DAYS_MAX} days",
                field="last",
            )
        return asked_share(self.share, self.count)


def asked_share(share: str | None, count: int | None) -> Fraction | None:
    """The share asked for; ``None`` for a count. Raises ``Fault`` (``BAD_SHARE``)."""
    fraction: Fraction | None = None
    try:
        if share is not None and len(share) <= SHARE_CHARACTERS_MAX:
            fraction = Fraction(share)
    except (ValueError, ZeroDivisionError):
        pass
    good = fraction is not None and 0 < fraction <= 1 and "e" not in (share or "").lower()
    if (share is not None and count is None and good) or (
        share is None and count is not None and 1 <= count <= COUNT_MAX
    ):
        return fraction
    raise Fault(
        "BAD_SHARE",
        zh=f"share（大于 0、不超过 1，如 1/5）与 count（1 至 {COUNT_MAX}）须填且只填一个",
        en=f"give either share, above 0 and at most 1, as 1/5, or count, from 1 to {COUNT_MAX}",
        field="share",
    )
