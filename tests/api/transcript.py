"""Transcript: a teacher's record as it was answered, and the tree under its verdict."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import ledger
from tests.server import spoken

if TYPE_CHECKING:
    from tests.api.teller import Story

FOLDER = Path(ledger.__file__).parent / "regulations"


def _cited() -> Iterator[tuple[str, str]]:
    """By rule, the number of its document and its clause, as the texts of the documents say."""
    for path in (*FOLDER.glob("*.toml"), *(FOLDER / "presets").glob("*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        for rule in document["rule"]:
            yield rule["id"], f"{document['document']['number']} {rule['clause']}"


CITED = dict(_cited())
NODE = """code outcome needed had zh en decides rule citation certain external year events made
missing { amount unit by late zh en } aside { rule citation certain }"""
RECORD = f"""
query($teacher: ID!, $on: Date, $cycle: Int, $use: RecordUse, $asOf: AsOf, $at: Position) {{
  creditRecord(
    teacher: $teacher, on: $on, cycle: $cycle, use: $use, asOf: $asOf, atLeast: $at
  ) {{
    cycleNumber cycleStart cycleEnd credits
    lines {{ kind completed recognised baseCredits hoursMissed deducted credits awarded effective
             revoked rules events uncounted {{ why amount }} }}
    uncounted {{ credit why amount rule citation certain zh en events }}
    byKind {{ kind effective }} byYear {{ year effective }}
    verdict {{ result counted cut unit zh en }}
    consequence {{ link shortfall cycleEnd cycleResult zh en rule citation certain }}
    warnings {{ danger amount unit by rule zh en }}
    tree {{ {NODE} children {{ {NODE} children {{ {NODE} children {{ {NODE} }} }} }} }}
  }}
}}
"""


class Node(NamedTuple):
    """How a requirement came out: what there was, of what, and by which rule."""

    outcome: str | None
    had: str
    needed: str | None
    rule: str | None
    certain: bool = True


@dataclass(frozen=True)
class Transcript:
    """One answer about one record."""

    data: dict[str, Any]

    def nodes(self, code: str, **given: Any) -> list[dict[str, Any]]:
        """All nodes of the tree that bear a code."""
        held = every(self.data["tree"])
        wanted = given | {"code": code}
        return [each for each in held if all(each[key] == wanted[key] for key in wanted)]

    def node(self, code: str, **given: Any) -> Node:
        """The one node of a code."""
        [found] = self.nodes(code, **given)
        return Node(*(found[name] for name in ("outcome", "had", "needed", "rule", "certain")))

    def missing(self, code: str) -> tuple[str, str, str | None]:
        """What a requirement lacks, and by when it can still be had."""
        [found] = self.nodes(code)
        lack = found["missing"]
        return lack["amount"], lack["unit"], None if lack["late"] else lack["by"]

    @property
    def counted(self) -> tuple[str, str, str]:
        """How the cycle came out, what counts of it, and what was cut."""
        verdict = self.data["verdict"]
        return verdict["result"], verdict["counted"], verdict["cut"]

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """Of each credit the day of its end, what was awarded, and what counts."""
        held = sorted(self.data["lines"], key=lambda each: (each["completed"], each["kind"]))
        return [(each["completed"], each["awarded"], each["effective"]) for each in held]

    @property
    def uncounted(self) -> list[tuple[str, str, str | None]]:
        """Why something does not count, how much of it, and by which rule."""
        return [(each["why"], each["amount"], each["rule"]) for each in self.data["uncounted"]]

    @property
    def consequence(self) -> tuple[str, str, str, str | None, bool]:
        """The link, what the shortfall means, how the cycle came out, the rule, its certainty."""
        held = self.data["consequence"]
        names = ("link", "shortfall", "cycleResult", "rule", "certain")
        return tuple(held[name] for name in names)  # type: ignore[return-value]  # of five


def transcript(story: Story, teacher: str, on: date, **given: Any) -> Transcript:
    """What the ledger says of a teacher on a day, with what holds of every such answer."""
    asked = {"teacher": teacher, "on": on} | given
    data = story.teller.ask(RECORD, **asked)["creditRecord"]
    effective = sum(Decimal(each["effective"]) for each in data["lines"])
    assert effective == Decimal(data["verdict"]["counted"])
    for sums in ("byKind", "byYear"):
        assert sum(Decimal(each["effective"]) for each in data[sums]) == effective
    said = [data["verdict"], *data["uncounted"], *every(data["tree"]), data["consequence"]]
    for each in filter(None, said):
        spoken({"code": "SAID", "zh": each["zh"], "en": each["en"]})
        if each.get("rule"):
            assert each["citation"] == CITED[each["rule"]]
    for each in every(data["tree"]):
        assert each["made"] or not each["rule"]
    return Transcript(data)


def every(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node and all under it."""
    yield node
    for each in node.get("children", ()):
        yield from every(each)
