"""Regulations, their rules clause by clause, terms and their windows. Open to everybody."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from ledger.fault import Fault
from ledger.names import DocumentId, JurisdictionId, TermId
from ledger.regulation import KINDS, RegulationAdopted, Rule
from ledger.term import PHASE_ZH, Calendar, Phase, window
from projections.kind import RuleKind, rule_kinds
from projections.regulation import RegulationPage, latest, on_day, page
from schema.context import Context
from schema.outputs import Node, output
from schema.scalars import enum_type, listed

enum_type(Calendar)
enum_type(Phase)
Info = strawberry.Info[Context, None]

PROVINCE = "jurisdiction:330000"


def _mark(name: str) -> Any:
    def marked(root: strawberry.Parent[Any]) -> bool | None:
        # Only a rule that was asked for a day bears it.
        return getattr(root, name, None)

    return strawberry.field(resolver=marked)


RuleType = output(Rule, key="id", fields={each: _mark(each) for each in ("certain", "prevails")})
PageType = output(RegulationPage)
KindType = output(RuleKind)


async def _rules(root: strawberry.Parent[Any], info: Info) -> Any:
    book = await info.context.run(info.context.house.rules.now)
    return [rule for rule in book.rules.values() if rule.document == root.document]


RegulationType = output(
    RegulationAdopted,
    name="Regulation",
    key="document",
    skip=("rules",),
    fields={
        "rules": strawberry.field(
            resolver=_rules, graphql_type=listed(RuleType), description="Clause by clause. 逐条。"
        )
    },
)


@strawberry.type(description="The window of one step of a term in one place. 某环节的起止日。")
class TermWindow:
    """The window of one step of a term."""

    calendar: Calendar
    phase: Phase
    phase_zh: str
    first: date | None
    last: date | None
    known: bool = strawberry.field(description="False: no document states it. 文件未规定则为假。")
    rule: str | None
    citation: str | None


@strawberry.type(description="A half-year of training with its windows. 学期与时间安排。")
class Term(Node):
    """A half-year of training."""

    code: str
    windows: list[TermWindow]


@strawberry.type
class RegulationQuery:
    """Questions about documents, rules and terms."""

    @strawberry.field(
        graphql_type=listed(RegulationType), description="The adopted documents. 已采纳的文件。"
    )
    async def regulations(self, info: Info) -> Any:
        book = await info.context.run(info.context.house.rules.now)
        return list(book.documents.values())

    @strawberry.field(
        graphql_type=listed(RuleType),
        description="Rules by kind, place chain and term: those in force on a day or in doubt, or "
        "the latest of each. 按种类、属地、学期、日期查条款；不写日期为各条最新文本。",
    )
    async def rules(
        self,
        info: Info,
        kind: str | None = None,
        place: strawberry.ID | None = None,
        on: date | None = None,
        term: strawberry.ID | None = None,
    ) -> Any:
        book = await info.context.run(info.context.house.rules.now)
        if kind is not None and kind not in KINDS:
            raise _unknown("KIND", "kind", kind)
        where = await _place(info, place) if place is not None else None
        bound = TermId(term) if term is not None else None
        if bound is not None and bound.value not in book.terms:
            raise _unknown("TERM", "term", bound)
        listed = latest(book, where, bound) if on is None else on_day(book, on, where, bound)
        return [rule for rule in listed if kind is None or rule.kind == kind]

    @strawberry.field(
        graphql_type=listed(KindType),
        description="The kinds of rules that a draft may hold. 草案可用的条款种类。",
    )
    async def rule_kinds(self, kind: str | None = None) -> Any:
        if kind is not None and kind not in KINDS:
            raise _unknown("KIND", "kind", kind)
        return [each for each in rule_kinds() if kind in (None, each.kind)]

    @strawberry.field(
        graphql_type=PageType | None,
        description="A document clause by clause, with what the system does. 文件逐条与系统处理。",
    )
    async def regulation_page(self, info: Info, document: strawberry.ID) -> Any:
        book = await info.context.run(info.context.house.rules.now)
        return page(book, DocumentId(document))

    @strawberry.field(description="Terms with a calendar, as it holds in a place. 学期。")
    async def terms(self, info: Info, place: strawberry.ID = strawberry.ID(PROVINCE)) -> list[Term]:
        book = await info.context.run(info.context.house.rules.now)
        where = await _place(info, place)
        return [term(book, where, code, info.context.today) for code in sorted(book.terms)]


async def _place(info: Info, place: str) -> JurisdictionId:
    """A registered place. Raises ``Fault`` (``UNKNOWN_PLACE``)."""
    where = JurisdictionId(place)
    if where not in await info.context.all_places():
        raise _unknown("PLACE", "place", where)
    return where


def _unknown(what: str, field: str, given: str) -> Fault:
    return Fault(f"UNKNOWN_{what}", zh=f"没有 {given}", en=f"there is no {given}", field=field)


def term(book: Any, place: JurisdictionId, code: str, day: date) -> Term:
    """A term with its windows, as they hold in a place on a day."""
    windows = (_window(book, place, code, each, phase, day) for each in Calendar for phase in Phase)
    return Term(
        id=strawberry.ID(f"term:{code}"),
        code=code,
        windows=[each for each in windows if each is not None],
    )


def _window(
    book: Any, place: JurisdictionId, code: str, calendar: Any, phase: Any, day: date
) -> Any:
    try:
        found = window(book, place, TermId(f"term:{code}"), phase, calendar, day)
    except Fault:
        return None
    if found is None:
        return None
    return TermWindow(
        calendar=calendar,
        phase=phase,
        phase_zh=PHASE_ZH[phase],
        first=found.value.first,
        last=found.value.last,
        known=not found.value.unknown,
        rule=found.id,
        citation=found.rule.citation,
    )
