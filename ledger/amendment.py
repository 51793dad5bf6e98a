"""Amendment: other parameters for an adopted rule, from a day on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.command import Refused
from ledger.conflict import judge_rule
from ledger.draft import Flaw, inspect
from ledger.event import Event, Part
from ledger.fault import Fault
from ledger.policy import PolicyStep, RuleOver
from ledger.regulation import Rule, Value, spoken_of
from ledger.rule import RuleAmended, span
from ledger.text import filled


class PolicyWithoutChange(Refused):
    """The rule says the same already."""


class Parameter(Part):
    """One parameter of a rule: one word, or several where the rule takes a list."""

    name: str
    words: tuple[str, ...]


@dataclass(kw_only=True)
class AmendRule(PolicyStep):
    """Give a rule other parameters from a day on, by the instrument that is cited.

    ``parameters`` names those that change; the others stay.
    """

    rule: str
    since: date
    parameters: tuple[Parameter, ...]
    zh: str
    en: str

    def decide(self) -> Iterator[Event]:
        self.head()
        old = self.one(self.rule, "rule", self.since)
        first, last = self.ask.rules.reach(old.id)
        if not first <= self.since <= last:
            raise RuleOver(
                zh=f"{old.id} 自 {first} 至 {last} 有效，{self.since} 不在其中，无从修改",
                en=f"{old.id} is in force from {first} to {last}; on {self.since} there is nothing "
                "to amend",
                rule=spoken_of(old, self.since),
                field="since",
            )
        self.spare(old, self.since, date.max, "since")
        event = RuleAmended(
            document=self.document,
            place=self.head().place,
            rule=old.id,
            since=self.since,
            parameters=self._parameters(old),
            citation=filled(self.citation, "citation"),
            zh=filled(self.zh, "zh"),
            en=filled(self.en, "en"),
        )
        new = self.ask.rules.amended(event)
        try:
            inspect(new)
        except Flaw as flaw:
            raise Fault(
                "BAD_RULE", zh=f"{old.id}：{flaw.zh}", en=f"{old.id}: {flaw.en}", field=flaw.field
            ) from None
        yield from judge_rule(self, new, self.ask.rules)
        yield event

    def _parameters(self, old: Rule) -> dict[str, Value]:
        parameters = old.parameters | dict(self._values(old))
        later = (each for each in self.ask.rules.versions(old.id) if span(each)[1] >= self.since)
        if all(each.parameters == parameters for each in later):
            raise PolicyWithoutChange(
                zh=f"{old.id} 的参数与修改后相同",
                en=f"{old.id} has these parameters already",
                rule=spoken_of(old, self.since),
                field="parameters",
            )
        return parameters

    def _values(self, old: Rule) -> Iterator[tuple[str, Value]]:
        names = [each.name for each in self.parameters]
        for each in self.parameters:
            if names.count(each.name) > 1:
                raise Fault(
                    "BAD_RULE",
                    zh=f"{old.id}：parameters.{each.name} 写了不止一次",
                    en=f"{old.id}: parameters.{each.name} is named more than once",
                    field=f"parameters.{each.name}",
                )
            if not each.name.isascii() or not each.words:
                raise Fault(
                    "BAD_RULE",
                    zh=f"{old.id}：parameters.{each.name} 须有 ASCII 名称和至少一个值",
                    en=f"{old.id}: parameters.{each.name} needs an ASCII name and a value",
                    field=f"parameters.{each.name}",
                )
            before = old.parameters.get(each.name)
            yield each.name, each.words if isinstance(before, tuple) else _one(each, before)


DIGITS_MAX = 15


def _one(given: Parameter, before: object) -> Value:
    """A single word in the shape that the parameter had; several stay a list."""
    if len(given.words) > 1:
        return given.words
    [word] = given.words
    if isinstance(before, bool):
        return word == "true" if word in ("true", "false") else word
    if isinstance(before, int) and word.isdecimal() and len(word) <= DIGITS_MAX:
        return int(word)
    return word
