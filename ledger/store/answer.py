"""Answers: what became of what was asked, kept with its request id and given again on repeat."""

from __future__ import annotations

from datetime import date

import msgspec
from msgspec import Struct

from ledger.command import Refusals, Refused
from ledger.fault import Fault


class Written(Struct, frozen=True, kw_only=True):
    """An event that was appended."""

    position: int
    id: str
    type: str


class Refusal(Struct, frozen=True, kw_only=True):
    """One reason why a command was not carried out, with the rule behind it where there is one.

    ``kind`` is ``REFUSAL`` (a rule or the state of things) or ``FAULT`` (it makes no sense).
    """

    kind: str
    code: str
    zh: str
    en: str
    field: str | None = None
    rule: str | None = None
    number: str | None = None
    clause: str | None = None
    place: str | None = None
    clause_zh: str | None = None
    clause_en: str | None = None
    evidence: tuple[str, ...] = ()
    parameters: dict[str, str | int | bool | tuple[str, ...]] = {}
    chosen_for: str | None = None
    chosen_on: date | None = None
    chosen_term: str | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one command: events, or refusals and then no event."""

    written: tuple[Written, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the command was carried out."""
        return not self.refusals


class Answer(Struct, frozen=True, kw_only=True):
    """What became of one submission, a row per command, and the head of the ledger after it."""

    position: int
    outcomes: tuple[Outcome, ...]
    replayed: bool = False


def refused(error: Refusals | Fault) -> Outcome:
    """The outcome of a command that was not carried out."""
    if isinstance(error, Fault):
        fault = Refusal(kind="FAULT", code=error.code, zh=error.zh, en=error.en, field=error.field)
        return Outcome(refusals=(fault,))
    return Outcome(refusals=tuple(_refusal(each) for each in error.refusals))


def _refusal(said: Refused) -> Refusal:
    rule = said.rule
    return Refusal(
        kind="REFUSAL",
        code=said.code,
        zh=said.zh,
        en=said.en,
        field=said.field,
        rule=rule.id if rule else None,
        number=rule.number if rule else None,
        clause=rule.clause if rule else None,
        place=str(rule.place) if rule else None,
        clause_zh=rule.zh if rule else None,
        clause_en=rule.en if rule else None,
        evidence=said.evidence,
        parameters=rule.parameters if rule else {},
        chosen_for=str(said.chosen_for) if said.chosen_for else None,
        chosen_on=said.chosen_on,
        chosen_term=str(said.chosen_term) if said.chosen_term else None,
    )


def replay(request: str, commands: int, stored: bytes, *, same: bool) -> Answer:
    """What a request id was answered; a refusal of each command where they are not the same."""
    earlier = msgspec.json.decode(stored, type=Answer)
    if same:
        return Answer(position=earlier.position, outcomes=earlier.outcomes, replayed=True)
    fault = refused(
        Fault(
            "REQUEST_REUSED",
            zh=f"请求编号 {request} 已用于另一内容，请换一个编号",
            en=f"the request id {request} was used for something else; take another",
            field="request_id",
        )
    )
    return Answer(position=earlier.position, outcomes=(fault,) * commands)
