"""Document: a regulation as a TOML or JSON text, checked field by field.

A fault names the file, the rule and the field.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date
from enum import Enum
from hashlib import sha256
from typing import Any

import msgspec

from ledger.command import PROVINCE
from ledger.conflict import rivals
from ledger.day import FIRST_DAY, LAST_DAY
from ledger.draft import (
    RULE_ID,
    SENTENCES_MAX,
    Flaw,
    binds_from,
    flaw_of,
    in_calendar,
    inspect,
    line,
    tidy,
)
from ledger.event import INTEGER_MAX, Part
from ledger.fault import Fault
from ledger.names import DocumentId, JurisdictionId
from ledger.regulation import Rule, Strength, Use
from ledger.text import clean, normal


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


DOCUMENT_CHARACTERS_MAX = 200_000
DOTS_MAX = 100
NUMBER_YEAR = re.compile(r"[〔\[［](\d{4})[〕\]］]")


def parse(given: str, file: str, form: DraftFormat = DraftFormat.TOML) -> Document:
    """The document that a text holds in its normal form. Raises ``Fault`` (``BAD_DOCUMENT``)."""
    text = _normal(given, file)
    try:
        whole = msgspec.convert(_data(text, form), _Text)
    except (msgspec.MsgspecError, ValueError) as error:
        raise fault_in(file, None, flaw_of(error)) from None
    except RecursionError:
        raise fault_in(file, None, Flaw(zh="嵌套过深", en="too deep")) from None
    try:
        head = msgspec.convert(tidy(whole.document), _Head)
        place = JurisdictionId(f"jurisdiction:{head.place}")
        document = DocumentId(f"document:{head.id}")
        _check_head(head)
    except (msgspec.ValidationError, Fault) as error:
        raise fault_in(file, "document", flaw_of(error)) from None
    except Flaw as flaw:
        raise fault_in(file, "document", flaw) from None
    rules = _rules(whole, head, document, place, file)
    if not rules:
        raise fault_in(file, None, Flaw(zh="没有 [[rule]]", en="the document has no [[rule]]"))
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
        name = str(raw.get("id"))
        label = name if "id" in raw and RULE_ID.fullmatch(name) else f"rule {number}"
        try:
            rule = _rule(msgspec.convert(tidy(raw), _Row), head, document, place)
            _check_id(rule.id)
            inspect(rule)
            if not (head.external and place == PROVINCE):
                # Of what lies outside the documents the province may take over older figures.
                binds_from(rule, head.issued or date(head.year, 1, 1))
            _check_against(rule, rules)
        except (msgspec.ValidationError, Fault, ValueError) as error:
            raise fault_in(file, label, flaw_of(error)) from None
        except Flaw as flaw:
            raise fault_in(file, label, flaw) from None
        rules.append(rule)
    return rules


def _data(text: str, form: DraftFormat) -> Any:
    if form is DraftFormat.JSON:
        return msgspec.json.decode(text)
    # A key of very many parts takes the reader of TOML more memory than there is.
    if any(line.count(".") > DOTS_MAX for line in text.splitlines()):
        raise RecursionError
    return tomllib.loads(text)


def _normal(given: str, file: str) -> str:
    # Its length is measured first: normalising costs what the text is long.
    short = len(given) <= DOCUMENT_CHARACTERS_MAX
    text = normal(given.replace("\r\n", "\n")) if short else given
    if len(text) > DOCUMENT_CHARACTERS_MAX or not clean(text):
        zh = f"最多 {DOCUMENT_CHARACTERS_MAX} 个字符，不能有控制字符"
        en = f"a document has at most {DOCUMENT_CHARACTERS_MAX} characters, none of control"
        raise fault_in(file, None, Flaw(zh=zh, en=en))
    return text


def _check_id(name: str) -> None:
    if not RULE_ID.fullmatch(name):
        raise Flaw(
            zh="id：须为 1 至 64 个字母、数字或 . _ -",
            en="id: has 1 to 64 letters, digits, . _ -",
            field="id",
        )


def _check_head(head: _Head) -> None:
    if not FIRST_DAY.year <= head.year <= LAST_DAY.year:
        zh, en = f"year：没有 {head.year} 年", f"year: there is no year {head.year}"
        raise Flaw(zh=zh, en=en, field="year")
    for name in ("number", "title_zh", "title_en", "authority_zh", "authority_en"):
        line(getattr(head, name), name)
    for name in ("issued", "certain_from"):
        in_calendar(getattr(head, name), name)
    first = max(date(head.year, 1, 1), head.issued or date.min)
    if head.certain_from < first:
        raise Flaw(
            zh=f"certain_from：{head.certain_from} 早于文件的年份或印发日 {first}",
            en=f"certain_from: {head.certain_from} lies before the year or the issue, {first}",
            field="certain_from",
        )
    # Where the day of issue is not known, all that is in doubt is the year (rulebook C-11).
    if head.issued is None and head.certain_from > date(head.year + 1, 1, 1):
        raise Flaw(
            zh=f"certain_from：未写 issued 的，不得晚于 {head.year} 年的次年1月1日",
            en=f"certain_from: without issued it is the day after {head.year} at the latest",
            field="certain_from",
        )
    _check_years(head)


def _check_years(head: _Head) -> None:
    stated = NUMBER_YEAR.search(head.number)
    if stated and int(stated[1]) != head.year:
        raise Flaw(
            zh=f"year：{head.year} 与文号 {head.number} 的年份不符",
            en=f"year: {head.year} is not the year of the number {head.number}",
            field="year",
        )
    if head.issued is not None and head.issued.year != head.year:
        raise Flaw(
            zh=f"issued：{head.issued} 不在文件的年份 {head.year}",
            en=f"issued: {head.issued} does not lie in the year of the document, {head.year}",
            field="issued",
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
    long = isinstance(value, str) and len(value) > SENTENCES_MAX
    if long or (isinstance(value, int) and abs(value) > INTEGER_MAX):
        raise Flaw(
            zh=f"parameters.{key}：太长或太大",
            en=f"parameters.{key}: is too long or too large",
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


def fault_in(file: str, rule: str | None, flaw: Flaw) -> Fault:
    """What is wrong with a draft, with the file, the rule and the field."""
    where = f"{file}, {rule}" if rule else file
    return Fault(
        "BAD_DOCUMENT",
        zh=f"法规文件 {where} 有误：{flaw.zh}",
        en=f"{where}: {flaw.en}",
        field=".".join(each for each in (rule, flaw.field) if each) or "draft",
    )
