"""Document: a regulation as a TOML or JSON text, checked field by field, and its adoption.

A fault names the file, the rule and the field. Adopting puts the document and every one of its
rules into the ledger in one append.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from hashlib import sha256
from typing import Any

import msgspec

from ledger.command import Command, Refused, Selector, about, fact
from ledger.conflict import judge_rule, rivals
from ledger.draft import Flaw, flaw_of, inspect
from ledger.event import Entry, Event, Part
from ledger.fault import Fault
from ledger.names import DocumentId, JurisdictionId, Name
from ledger.register import JurisdictionRegistered, unknown
from ledger.regulation import RegulationAdopted, Rule, RuleAdopted, Rulebook, Strength, Use


class DraftFormat(Enum):
    """How the text of a document is written."""

    TOML = "TOML"
    JSON = "JSON"


class Document(Part):
    """A checked document with its rules."""

    id: DocumentId
    number: str
    place: JurisdictionId
    title_zh: str
    title_en: str
    authority_zh: str
    authority_en: str
    year: int
    certain_from: date
    sha256: str
    issued: date | None = None
    external: bool = False
    rules: tuple[Rule, ...] = ()


class _Head(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    id: str
    number: str
    place: str
    title_zh: str
    title_en: str
    authority_zh: str
    authority_en: str
    year: int
    certain_from: date
    issued: date | None = None
    external: bool = False


class _Row(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    id: str
    clause: str
    kind: str
    use: Use
    strength: Strength
    zh: str
    en: str
    scope: dict[str, str | list[str]] = {}
    parameters: dict[str, Any] = {}
    since: date | None = None
    until: date | None = None
    certain_through: date | None = None
    delegates: list[str] = []


class _Text(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    document: dict[str, Any] = {}
    rule: list[dict[str, Any]] = []


DOTS_MAX = 100


def parse(text: str, file: str, form: DraftFormat = DraftFormat.TOML) -> Document:
    """The document that a text holds. Raises ``Fault`` (``BAD_DOCUMENT``)."""
    try:
        whole = msgspec.convert(_data(text, form), _Text)
    except (msgspec.MsgspecError, ValueError) as error:
        raise _fault(file, None, flaw_of(error)) from None
    except RecursionError:
        raise _fault(file, None, Flaw(zh="嵌套过深", en="too deep")) from None
    try:
        head = msgspec.convert(whole.document, _Head)
        place = JurisdictionId(f"jurisdiction:{head.place}")
        document = DocumentId(f"document:{head.id}")
        _check_head(head)
    except (msgspec.ValidationError, Fault) as error:
        raise _fault(file, "document", flaw_of(error)) from None
    except Flaw as flaw:
        raise _fault(file, "document", flaw) from None
    rules = _rules(whole, head, document, place, file)
    if not rules:
        raise _fault(file, None, Flaw(zh="没有 [[rule]]", en="the document has no [[rule]]"))
    return Document(
        id=document,
        number=head.number,
        place=place,
        title_zh=head.title_zh,
        title_en=head.title_en,
        authority_zh=head.authority_zh,
        authority_en=head.authority_en,
        year=head.year,
        certain_from=head.certain_from,
        issued=head.issued,
        external=head.external,
        sha256=sha256(text.encode()).hexdigest(),
        rules=tuple(rules),
    )


def _rules(
    whole: _Text, head: _Head, document: DocumentId, place: JurisdictionId, file: str
) -> list[Rule]:
    rules: list[Rule] = []
    for number, raw in enumerate(whole.rule, start=1):
        label = str(raw.get("id", f"rule {number}"))
        try:
            rule = _rule(msgspec.convert(raw, _Row), head, document, place)
            inspect(rule)
            _check_against(rule, rules)
        except (msgspec.ValidationError, Fault, ValueError) as error:
            raise _fault(file, label, flaw_of(error)) from None
        except Flaw as flaw:
            raise _fault(file, label, flaw) from None
        rules.append(rule)
    return rules


def _data(text: str, form: DraftFormat) -> Any:
    if form is DraftFormat.JSON:
        return msgspec.json.decode(text)
    # A key of very many parts takes the reader of TOML more memory than there is.
    if any(line.count(".") > DOTS_MAX for line in text.splitlines()):
        raise RecursionError
    return tomllib.loads(text)


def _check_head(head: _Head) -> None:
    try:
        opening = date(head.year, 1, 1)
    except (ValueError, OverflowError):
        zh, en = f"year：没有 {head.year} 年", f"year: there is no year {head.year}"
        raise Flaw(zh=zh, en=en, field="year") from None
    for name in ("number", "title_zh", "title_en", "authority_zh", "authority_en"):
        if not getattr(head, name).strip():
            raise Flaw(zh=f"{name}：不能为空", en=f"{name}: must not be empty", field=name)
    first = max(opening, head.issued or date.min)
    if head.certain_from < first:
        raise Flaw(
            zh=f"certain_from：{head.certain_from} 早于文件的年份或印发日 {first}",
            en=f"certain_from: {head.certain_from} lies before the year or the issue, {first}",
            field="certain_from",
        )


def _check_against(rule: Rule, earlier: list[Rule]) -> None:
    if any(each.id == rule.id for each in earlier):
        raise Flaw(
            zh=f"id：编号 {rule.id} 出现两次", en=f"id: the id {rule.id} stands twice", field="id"
        )
    for each in rivals(rule, earlier):
        raise Flaw(
            zh=f"scope：与本文件的 {each.id} 同类、同日、同等适用，两条无从取舍",
            en=f"scope: it contradicts {each.id} of the same draft: same kind, same days, and "
            "neither is the more special",
            field="scope",
        )


def _rule(row: _Row, head: _Head, document: DocumentId, place: JurisdictionId) -> Rule:
    bound_to_term = "term" in row.scope
    since = row.since or (None if bound_to_term else head.certain_from)
    # Without a date of issue the year is all that is known; before ``certain_from`` it is open.
    open_from = date(head.year, 1, 1)
    dated = head.issued is not None or row.since not in (None, head.certain_from)
    scope = {
        key: (allowed,) if isinstance(allowed, str) else tuple(allowed)
        for key, allowed in row.scope.items()
    }
    return Rule(
        id=row.id,
        document=document,
        number=head.number,
        clause=row.clause,
        place=place,
        kind=row.kind,
        use=row.use,
        strength=row.strength,
        zh=row.zh,
        en=row.en,
        scope=scope,
        parameters={key: _value(key, value) for key, value in row.parameters.items()},
        since=since,
        uncertain_from=None if dated or since is None or open_from >= since else open_from,
        until=row.until,
        certain_through=row.certain_through,
        external=head.external,
        delegates=tuple(row.delegates),
    )


def _value(key: str, value: Any) -> Any:
    if not key.isascii():
        raise Flaw(
            zh=f"parameters.{key}：参数名须为 ASCII",
            en=f"parameters.{key}: the name must be ASCII",
            field=f"parameters.{key}",
        )
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise Flaw(
        zh=f"parameters.{key}：{value!r} 须为文字、整数、日期或文字列表",
        en=f"parameters.{key}: {value!r} must be text, a whole number, a day or a list",
        field=f"parameters.{key}",
    )


def _fault(file: str, rule: str | None, flaw: Flaw) -> Fault:
    where = f"{file}, {rule}" if rule else file
    return Fault(
        "BAD_DOCUMENT",
        zh=f"法规文件 {where} 有误：{flaw.zh}",
        en=f"{where}: {flaw.en}",
        field=".".join(each for each in (rule, flaw.field) if each) or None,
    )


class AlreadyAdopted(Refused):
    """The document is in force already."""


@dataclass(kw_only=True)
class AdoptRegulation(Command):
    """Adopt a document with all its rules, by the authority of its place."""

    document: Document

    known: bool = fact(default=False)
    placed: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        return [
            about(self.document.id, of=[RegulationAdopted]),
            about(self.document.place, of=[JurisdictionRegistered]),
        ]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case RegulationAdopted():
                self.known = True
            case JurisdictionRegistered(jurisdiction=place) if place == self.document.place:
                self.placed = True
            case _:
                pass

    def authority(self) -> Name:
        return self.document.place

    def decide(self) -> Iterator[Event]:
        adopted = self.document
        if self.known:
            raise AlreadyAdopted(
                zh=f"{adopted.number} 已经采纳",
                en=f"{adopted.number} is adopted already",
                field="document",
            )
        if not self.placed:
            raise unknown(adopted.place, "document.place")
        for rule in adopted.rules:
            if rule.id in self.ask.rules.rules:
                raise AlreadyAdopted(
                    zh=f"条款编号 {rule.id} 已在 {self.ask.rules.rules[rule.id].number} 中使用",
                    en=f"the rule id {rule.id} is used in {self.ask.rules.rules[rule.id].number}",
                    field=rule.id,
                )
        events = list(_events(adopted))
        rules = Rulebook([*self.ask.rules.learned, *events])
        for rule in adopted.rules:
            yield from judge_rule(self, rule, rules)
        yield from events


def _events(adopted: Document) -> Iterator[Event]:
    yield RegulationAdopted(
        document=adopted.id,
        number=adopted.number,
        place=adopted.place,
        title_zh=adopted.title_zh,
        title_en=adopted.title_en,
        authority_zh=adopted.authority_zh,
        authority_en=adopted.authority_en,
        year=adopted.year,
        rules=len(adopted.rules),
        sha256=adopted.sha256,
        certain_from=adopted.certain_from,
        issued=adopted.issued,
        external=adopted.external,
    )
    for rule in adopted.rules:
        yield RuleAdopted(document=adopted.id, place=adopted.place, rule=rule)
