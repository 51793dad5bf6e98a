"""Screenings: each round of a class with its inputs and its order, so that it can be made again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from ledger.draw import Applicant, ScreeningOrder, draw_of, is_prior, ranked, seed_of
from ledger.event import Entry
from ledger.names import JurisdictionId, OfferingId, ProviderId, TeacherId
from ledger.register import Category, Tier
from ledger.screening import ApplicantPlaced, ApplicantsScreened, ScreeningAnnounced
from projections.projection import Projection


class Placement(Struct, kw_only=True):
    """The place of one applicant, with all that the order looked at."""

    teacher: TeacherId
    rank: int
    arrived: int
    passed_by: str
    prior: bool
    draw: str
    tier: Tier | None = None
    categories: tuple[Category, ...] = ()


class ScreenedRound(Struct, kw_only=True):
    """One round of a class: the order, its seed, and the applicants as they were placed."""

    round: int
    by: ScreeningOrder
    tiers: tuple[Tier, ...]
    categories: tuple[Category, ...]
    seed: str
    applicants: int
    seats_left: int
    screened: date
    also_passed: tuple[str, ...] = ()
    placements: tuple[Placement, ...] = ()


class Screening(Struct, kw_only=True):
    """How a class is screened: what was announced, and each round that was screened."""

    offering: OfferingId
    provider: ProviderId | None = None
    place: JurisdictionId | None = None
    announced: date | None = None
    by: ScreeningOrder = ScreeningOrder.DRAW
    tiers: tuple[Tier, ...] = ()
    categories: tuple[Category, ...] = ()
    rounds: tuple[ScreenedRound, ...] = ()
    positions: tuple[int, ...] = ()


class Screenings(Projection[Screening]):
    """Screenings by provider and place."""

    name = "screenings"
    version = 2
    state = Screening
    events = (ScreeningAnnounced, ApplicantsScreened, ApplicantPlaced)
    facets = {"provider": "text", "place": "text"}

    def keys(self, entry: Entry) -> Iterable[str]:
        event = entry.event
        assert isinstance(event, ScreeningAnnounced | ApplicantsScreened | ApplicantPlaced)
        return (str(event.offering),)

    def blank(self, key: str) -> Screening:
        return Screening(offering=OfferingId(key))

    def apply(self, state: Screening, entry: Entry) -> Screening:
        match entry.event:
            case ScreeningAnnounced() as event:
                state.announced, state.by = entry.on, event.by
                state.tiers, state.categories = event.tiers, event.categories
                state.provider, state.place = event.provider, entry.place
                state.positions = (*state.positions, entry.position)
            case ApplicantsScreened() as event:
                known = {
                    name: getattr(event, name)
                    for name in ScreenedRound.__struct_fields__
                    if name in event.__struct_fields__
                }
                state.rounds = (*state.rounds, ScreenedRound(**known, screened=entry.on))
                state.provider, state.place = event.provider, event.place
                state.positions = (*state.positions, entry.position)
            case ApplicantPlaced() as event:
                fields = Placement.__struct_fields__
                placed = Placement(**{name: getattr(event, name) for name in fields})
                state.rounds = tuple(
                    replace(each, placements=(*each.placements, placed))
                    if each.round == event.round
                    else each
                    for each in state.rounds
                )
            case _:
                pass
        return state


def made_again(offering: OfferingId, held: ScreenedRound) -> ScreenedRound:
    """The round with seed and placements made anew from the recorded inputs."""
    inputs = [
        Applicant(
            teacher=each.teacher,
            arrived=each.arrived,
            passed_by=each.passed_by,
            tier=each.tier,
            categories=each.categories,
        )
        for each in held.placements
    ]
    seed = seed_of(offering, held.round, [*held.also_passed, *(each.passed_by for each in inputs)])
    order = ranked(inputs, held.by, seed, held.tiers, held.categories)
    placements = tuple(
        Placement(
            teacher=each.teacher,
            rank=rank,
            arrived=each.arrived,
            passed_by=each.passed_by,
            prior=is_prior(each, held.tiers, held.categories),
            draw=draw_of(seed, each.teacher),
            tier=each.tier,
            categories=each.categories,
        )
        for rank, each in enumerate(order, start=1)
    )
    return replace(held, seed=seed, applicants=len(inputs), placements=placements)


def agrees(screening: Screening) -> bool:
    """Whether every recorded order is the one that its inputs give."""
    return all(held == made_again(screening.offering, held) for held in screening.rounds)
