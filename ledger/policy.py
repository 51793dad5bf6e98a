"""Policy: what becomes of adopted rules. Amendment, end and suspension, each from a day on.

Nothing is edited. Up to the day the rulebook answers as before, so what was decided stays as it
was decided; from the day on it answers anew. Whoever may adopt a rule of a place may change it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from msgspec import structs

from ledger.command import Command, Refused, Selector, about, fact
from ledger.conflict import ONE_DAY, judge_delegations, judge_doubt
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.names import DocumentId, Name
from ledger.register import unknown
from ledger.regulation import RegulationAdopted, Rule, spoken_of
from ledger.rule import (
    POLICY_EVENTS,
    RulesEnded,
    RulesSuspended,
    Span,
    SuspensionEnded,
    certain_days,
    reaches,
)
from ledger.text import filled

RULES_MAX = 500


class UnknownRule(Refused):
    """The document has no such rule."""


class RuleOver(Refused):
    """The rule is not in force on the day from which it is to change."""


class AlreadySuspended(Refused):
    """The rule is suspended on that day already."""


class PastChanged(Refused):
    """A day that is past would be judged otherwise, on which the rule was certain (C-33)."""


class NotSuspended(Refused):
    """Nothing was suspended, and the end of the rule itself is not open either."""


@dataclass(kw_only=True)
class PolicyStep(Command):
    """A step that changes adopted rules of one document, by the authority of its place."""

    document: DocumentId
    citation: str

    adopted: RegulationAdopted | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [about(self.document, of=[RegulationAdopted, *POLICY_EVENTS])]

    def learn(self, entry: Entry) -> None:
        if isinstance(entry.event, RegulationAdopted):
            self.adopted = entry.event

    def authority(self) -> Name | None:
        return self.head().place

    def head(self) -> RegulationAdopted:
        """The adopted document, or a refusal where there is none."""
        if self.adopted is None:
            raise unknown(self.document, "document")
        return self.adopted

    def one(self, name: str, field: str, day: date) -> Rule:
        """An adopted rule as it is on the day, or a refusal where the document has no such rule."""
        found = self.ask.rules.at(name, day)
        if found is None or found.document != self.document:
            raise UnknownRule(
                zh=f"{self.document} 中没有条款 {name}",
                en=f"{self.document} has no rule {name}",
                field=field,
            )
        return found

    def spare(self, rule: Rule, first: date, last: date, field: str) -> None:
        """Refuses to change past days on which a rule answers for certain (rulebook C-33)."""
        rules = self.ask.rules
        pauses = rules.suspensions(rule.id)
        days = (span for each in rules.versions(rule.id) for span in certain_days(each, pauses))
        self.keep(rule, days, first, last, field)

    def keep(self, rule: Rule, days: Iterable[Span], first: date, last: date, field: str) -> None:
        """Refuses where one of these days lies within the given ones and before today."""
        end = min(last, self.ask.on - ONE_DAY)
        kept = [max(first, begins) for begins, ends in days if max(first, begins) <= min(end, ends)]
        if kept:
            raise PastChanged(
                zh=f"{rule.id} 在 {min(kept)} 的效力是确定的，{self.ask.on} 之前的日子不再改动",
                en=f"what {rule.id} says on {min(kept)} is certain, and days before {self.ask.on} "
                "are changed no more",
                rule=spoken_of(rule, first),
                field=field,
            )

    def _named(self, names: tuple[str, ...], day: date) -> list[Rule]:
        if not 1 <= len(names) <= RULES_MAX or len(set(names)) < len(names):
            raise Fault(
                "BAD_RULES",
                zh=f"rules 须列出 1 至 {RULES_MAX} 个不重复的条款编号",
                en=f"rules must name 1 to {RULES_MAX} rules, each once",
                field="rules",
            )
        return [self.one(each, "rules", day) for each in names]


@dataclass(kw_only=True)
class RepealRules(PolicyStep):
    """End rules with their last day; up to it they hold for certain, after it not at all."""

    rules: tuple[str, ...]
    last: date

    def decide(self) -> Iterator[Event]:
        self.head()
        for rule in self._named(self.rules, self.last):
            yield from _running(self, rule, self.last, "last")
            self.spare(rule, self.last + ONE_DAY, date.max, "last")
        ended = RulesEnded(
            document=self.document,
            place=self.head().place,
            rules=self.rules,
            last=self.last,
            citation=filled(self.citation, "citation"),
        )
        yield from judge_delegations(self, ended, "rules")
        yield ended


def _running(command: Command, rule: Rule, day: date, field: str) -> Iterator[Event]:
    first, last = command.ask.rules.reach(rule.id)
    ended = day == last and rule.certain_through is None
    # With the day before the first a rule is taken back whole.
    if day > last or ended or (first > date.min and day < first - ONE_DAY):
        over = RuleOver(
            zh=f"{rule.id} 自 {first} 至 {last} 有效，与 {day} 不合",
            en=f"{rule.id} is in force from {first} to {last}; {day} does not fit",
            rule=spoken_of(rule, day),
            field=field,
        )
        yield from command.gate(over)


@dataclass(kw_only=True)
class SuspendRules(PolicyStep):
    """Suspend rules from a day on; what they ask is not asked until the suspension ends."""

    rules: tuple[str, ...]
    since: date
    certain_through: date | None = None
    until: date | None = None

    def decide(self) -> Iterator[Event]:
        self.head()
        days = [day for day in (self.since, self.certain_through, self.until) if day is not None]
        if days != sorted(days):
            raise Fault(
                "BAD_DAYS",
                zh="since、certain_through、until 须依次不早于前一个",
                en="since, certain_through and until must follow each other",
                field="until" if self.until is not None else "certain_through",
            )
        for rule in self._named(self.rules, self.since):
            self.spare(rule, self.since, self.until or date.max, "since")
            for since, _, until in self.ask.rules.suspensions(rule.id):
                end = self.until or date.max
                if since <= end and (until is None or self.since <= until):
                    said = AlreadySuspended(
                        zh=f"{rule.id} 自 {since} 起已经暂停",
                        en=f"{rule.id} is suspended from {since} already",
                        rule=spoken_of(rule, self.since),
                        field="rules",
                    )
                    yield from self.gate(said)
            yield from self._doubted(rule)
        suspended = RulesSuspended(
            document=self.document,
            place=self.head().place,
            rules=self.rules,
            since=self.since,
            certain_through=self.certain_through,
            until=self.until,
            citation=filled(self.citation, "citation"),
        )
        yield from judge_delegations(self, suspended, "rules")
        yield suspended

    def _doubted(self, rule: Rule) -> Iterator[Event]:
        """Whether the rule, perhaps suspended, would stand before a hard one above it."""
        if self.certain_through is None:
            return
        for version in self.ask.rules.versions(rule.id):
            until = min(self.until or date.max, version.until or date.max)
            shaky = structs.replace(version, certain_through=self.certain_through, until=until)
            yield from judge_doubt(self, shaky, self.ask.rules, "certain_through")


@dataclass(kw_only=True)
class EndSuspension(PolicyStep):
    """Say on which day a suspension was over: suspended rules answer again from it on.

    Rules that are themselves a relaxation with an open end, such as those of the epidemic notice
    (rulebook C-12), hold for certain up to the day before and are gone from the day on. Without
    ``rules``: all of the document that are suspended or have such an end.
    """

    day: date
    rules: tuple[str, ...] = ()

    def decide(self) -> Iterator[Event]:
        self.head()
        citation = filled(self.citation, "citation")
        named = self._named(self.rules, self.day) if self.rules else self._open()
        paused = tuple(rule.id for rule in named if self._paused(rule))
        relaxing = tuple(rule.id for rule in named if self._relaxing(rule))
        idle = [rule for rule in named if rule.id not in (*paused, *relaxing)]
        if idle or not named:
            which = "、".join(rule.id for rule in idle) or str(self.document)
            raise NotSuspended(
                zh=f"{which} 在 {self.day} 没有暂停，也没有未定的终止日",
                en=f"{which}: nothing is suspended on {self.day}, and no end is open",
                rule=spoken_of(idle[0], self.day) if idle else None,
                field="rules" if self.rules else "document",
            )
        for rule in named:
            self._spare(rule)
        place, document = self.head().place, self.document
        if paused:
            yield SuspensionEnded(
                document=document, place=place, rules=paused, day=self.day, citation=citation
            )
        if relaxing:
            last = self.day - ONE_DAY
            ended = RulesEnded(
                document=document, place=place, rules=relaxing, last=last, citation=citation
            )
            yield from judge_delegations(self, ended, "day")
            yield ended

    def _spare(self, rule: Rule) -> None:
        """Neither a certain day of the rule goes, nor one on which it was certainly suspended."""
        if self._relaxing(rule):
            self.spare(rule, self.day, date.max, "day")
        reached = [
            (since, certain or until or date.max)
            for since, certain, until in self.ask.rules.suspensions(rule.id)
            if reaches((since, certain, until), self.day)
        ]
        self.keep(rule, reached, self.day, self.ask.rules.reach(rule.id)[1], "day")

    def _open(self) -> list[Rule]:
        mine = (each.id for each in self.ask.rules.rules.values() if each.document == self.document)
        on_day = (self.one(each, "document", self.day) for each in mine)
        return [each for each in on_day if self._paused(each) or self._relaxing(each)]

    def _paused(self, rule: Rule) -> bool:
        return any(reaches(each, self.day) for each in self.ask.rules.suspensions(rule.id))

    def _relaxing(self, rule: Rule) -> bool:
        first, last = self.ask.rules.reach(rule.id)
        return rule.certain_through is not None and first <= self.day <= last
