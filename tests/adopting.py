"""A rule that a place adopts beside the five documents, as the tests write it."""

from __future__ import annotations

from datetime import date

from ledger import adoption as adopting
from ledger import document
from ledger.command import Ask, Asker, Role
from ledger.names import JurisdictionId
from ledger.regulation import Rulebook
from tests.cast import RUIAN
from tests.given import LEDGER, adoption, all_rules

HEAD = """
[document]
id = "own"
number = "瑞教〔2024〕1号"
title_zh = "本地规定"
title_en = "A local rule"
authority_zh = "瑞安市教育局"
authority_en = "Rui'an Education Bureau"
place = "{place}"
year = 2024
issued = 2024-03-06
certain_from = {since}

[[rule]]
id = "OWN-01"
clause = "§一"
use = "gate"
strength = "hard"
zh = "本地规定。"
en = "A local rule."
"""


def rules_with(
    rule: str, *, place: JurisdictionId = RUIAN, since: date = date(2024, 3, 6)
) -> Rulebook:
    """The five documents and one document of a place with this rule (its TOML lines)."""
    text = HEAD.format(place=place.value, since=since) + rule
    command = adopting.AdoptRegulation(document=document.parse(text, "own.toml"))
    operator = Asker(actor="staff:operator", role=Role.OPERATOR, scope=LEDGER)
    command.placed = True
    command.ask = Ask(on=since, asker=operator, rules=all_rules())
    return Rulebook([*adoption(), *command.decide()])
