"""The demo's draw: more teachers than seats, an order made once, and made again by whoever asks."""

from __future__ import annotations

from typing import Any

from api.demo.classes import ENGLISH, MATHS, Class
from api.demo.stage import OffScript, Stage
from ledger.admission import AdmitApplicants
from ledger.draw import Applicant, ScreeningOrder, draw_of, is_prior, ranked, seed_of
from ledger.names import OfferingId, TeacherId
from ledger.register import Category, Tier
from ledger.screening import AnnounceScreening, ScreenApplicants

SCREENED = (MATHS,)
SCREENING = """
query($offering: ID!, $position: Position) {
  screening(offering: $offering, atLeast: $position) {
    offering provider announced by agrees
    rounds {
      round alsoPassed by tiers categories seed applicants seatsLeft screened
      placements { teacher rank arrived passedBy prior draw tier categories }
    }
  }
}
"""


def announce(stage: Stage) -> None:
    """How a class will be screened is made known before anybody chooses it."""
    for each in SCREENED:
        stage.do(each.provider, AnnounceScreening(offering=each.offering, by=ScreeningOrder.DRAW))


def announce_late(stage: Stage) -> None:
    """Once somebody chose, it is too late to say who comes first."""
    late = AnnounceScreening(offering=ENGLISH.offering, by=ScreeningOrder.FIRST_COME)
    stage.turn_down("已有教师选课才公布筛选办法", ENGLISH.provider, late)


def screen(stage: Stage, of: Class) -> list[int]:
    """Draws the order of a class, once; gives the numbers of the applicants in that order."""
    stage.turn_down("未经筛选即整批录取", of.provider, AdmitApplicants(offering=of.offering))
    drawn = stage.do(of.provider, ScreenApplicants(offering=of.offering))
    stage.turn_down("已抽签，再抽一次", of.provider, ScreenApplicants(offering=of.offering))
    screening = stage.door(of.provider).query(
        SCREENING, offering=of.offering, position=drawn["position"]
    )["screening"]
    [held] = screening["rounds"]
    if not made_again(of.offering, held):
        raise OffScript(f"{of.offering}: the draw comes out otherwise when it is made again")
    return [int(each["teacher"][-4:]) for each in held["placements"]]


def made_again(offering: OfferingId, held: dict[str, Any]) -> bool:
    """Whether the rule, run here on the inputs that the server shows, gives the same order."""
    applicants = [
        Applicant(
            teacher=TeacherId(each["teacher"]),
            arrived=each["arrived"],
            passed_by=each["passedBy"],
            tier=Tier[each["tier"]] if each["tier"] else None,
            categories=tuple(Category[name] for name in each["categories"]),
        )
        for each in held["placements"]
    ]
    tiers = tuple(Tier[each] for each in held["tiers"])
    categories = tuple(Category[each] for each in held["categories"])
    passes = [*held["alsoPassed"], *(each["passedBy"] for each in held["placements"])]
    seed = seed_of(offering, held["round"], passes)
    order = ranked(applicants, ScreeningOrder[held["by"]], seed, tiers, categories)
    shown = [(p["teacher"], p["rank"], p["prior"], p["draw"]) for p in held["placements"]]
    return seed == held["seed"] and shown == [
        (each.teacher, rank, is_prior(each, tiers, categories), draw_of(seed, each.teacher))
        for rank, each in enumerate(order, start=1)
    ]


def shown(stage: Stage, position: int) -> list[dict[str, Any]]:
    """The screenings for the report: what the server says of each, and what came out here."""
    found = []
    for of in SCREENED:
        screening = stage.door(of.provider).query(
            SCREENING, offering=of.offering, position=position
        )["screening"]
        again = all(made_again(of.offering, each) for each in screening["rounds"])
        found.append(screening | {"title": of.plan.title, "madeAgain": again})
    return found
