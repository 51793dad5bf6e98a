"""Many terms of one district: its people, the notices that no document states, and its moves."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from api.population import populate
from api.simulate import Simulation
from api.simulate_calendar import known_rules, term_days
from api.simulate_draft import drafts
from api.simulate_life import move, petition
from api.simulate_register import register
from api.simulate_script import Script
from api.simulate_term import TermScript
from ledger.adoption import AdoptRegulation, adopted_events
from ledger.names import JurisdictionId, TermId


def years(place: str, teachers: int, terms: Sequence[str], seed: int) -> Simulation:
    """The script of all terms, in the order of their days."""
    county, rules = JurisdictionId(f"jurisdiction:{place}"), known_rules()
    names = [TermId(f"term:{each}") for each in terms]
    notices = drafts(rules, county, names)
    for notice in notices:
        for event in adopted_events(notice, None):
            rules.learn(event)
    days = sorted((term_days(rules, county, each) for each in names), key=lambda each: each.start)
    people = populate(county, teachers, terms, seed, keen=True)
    script, life = Script(people.key), Random(f"{people.key}/life")  # noqa: S311  # no secret
    register(script, people, days[0].start)
    for number, each in enumerate(days):
        for notice in notices:
            if notice.id.value == f"sim{each.term.value.lower()}":
                script.say(each.start, "notice", people.province, AdoptRegulation(document=notice))
        if number:
            people = move(script, people, each.start, life)
        rng = Random(f"{people.key}/{each.term.value}")  # noqa: S311  # nothing is a secret
        term = TermScript(people, each, script, rng)
        term.write()
        petition(script, term.classes, life)
    return Simulation(people, tuple(days), tuple(script.steps()), script.prefix)
