"""Regulations as a page: clause by clause, what a document says and what the system does."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from msgspec import Struct

from ledger.names import DocumentId
from ledger.regulation import KINDS, RegulationAdopted, Rule, Rulebook, Use
from ledger.rule import span
from ledger.statement import Carried

USE_ZH = {
    Use.GATE: "不合的不予受理",
    Use.FINDING: "事实照记，另记审计发现",
    Use.REQUIREMENT: "对记录或汇总作出判断",
    Use.DEFINITION: "说明",
}


class Clause(Struct, kw_only=True, frozen=True):
    """One version of a rule, with what it says and what the system does about it."""

    rule: str
    clause: str
    kind: str
    use: str
    strength: str
    zh: str
    en: str
    does_zh: str
    does_en: str
    computed: bool
    days: str
    scope: str
    parameters: str
    amended: tuple[str, ...] = ()
    suspended: tuple[str, ...] = ()
    delegates: tuple[str, ...] = ()
    external: bool = False


class RegulationPage(Struct, kw_only=True, frozen=True):
    """A document clause by clause, as rows and as Markdown."""

    document: str
    number: str
    title_zh: str
    title_en: str
    sha256: str
    external: bool
    clauses: tuple[Clause, ...]
    markdown: str


def page(book: Rulebook, document: DocumentId) -> RegulationPage | None:
    """The page of an adopted document; ``None`` where it was not adopted."""
    head = book.documents.get(document)
    if head is None:
        return None
    rules = [rule for rule in book.rules.values() if rule.document == document]
    clauses = tuple(_clause(book, each) for rule in rules for each in _versions(book, rule))
    return RegulationPage(
        document=str(document),
        number=head.number,
        title_zh=head.title_zh,
        title_en=head.title_en,
        sha256=head.sha256,
        external=head.external,
        clauses=clauses,
        markdown="\n".join(_markdown(head, clauses)) + "\n",
    )


def _versions(book: Rulebook, rule: Rule) -> list[Rule]:
    """The versions that are in force on some day; the last one of a rule that never is."""
    spans = ((each, span(each)) for each in book.versions(rule.id))
    return [each for each, (first, last) in spans if first <= last] or [rule]


def _clause(book: Rulebook, rule: Rule) -> Clause:
    kind = KINDS[rule.kind]
    return Clause(
        rule=rule.id,
        clause=rule.clause,
        kind=rule.kind,
        use=rule.use.value,
        strength=rule.strength.value,
        zh=rule.zh,
        en=rule.en,
        does_zh=f"{kind.ZH}（{USE_ZH[rule.use]}）" if kind is not Carried else kind.ZH,
        does_en=" ".join((inspect.getdoc(kind) or "").split()),
        computed=kind is not Carried,
        days=days(rule),
        scope=_said(rule.scope),
        parameters=_said(rule.parameters),
        amended=tuple(
            f"{each.since}: {_said(each.parameters)} ({each.amended})"
            for each in book.versions(rule.id)
            if each.amended
        ),
        suspended=tuple(
            f"{since}..{until or ''}" + (f" (certain..{certain})" if certain else "")
            for since, certain, until in book.suspensions(rule.id)
        ),
        delegates=rule.delegates,
        external=rule.external,
    )


def days(rule: Rule) -> str:
    """From when to when a rule is in force, and on which days nobody can tell."""
    first = str(rule.since) if rule.since else "按学期 (by term)"
    if rule.uncertain_from:
        first = f"{first}（{rule.uncertain_from} 起不确定, uncertain from {rule.uncertain_from}）"
    last = f" – {rule.until}" if rule.until else " –"
    if rule.certain_through:
        certain = rule.certain_through
        last = f"{last}（{certain} 后不确定, uncertain after {certain}）"
    return first if rule.since is None and rule.until is None else first + last


def _said(values: object) -> str:
    if not isinstance(values, dict):
        return ""
    return ", ".join(
        f"{key} = {' '.join(map(str, value)) if isinstance(value, tuple) else value}"
        for key, value in values.items()
    )


def _markdown(head: RegulationAdopted, clauses: tuple[Clause, ...]) -> Iterator[str]:
    mark = "〔文件之外的预设 external〕" if head.external else ""
    rules = len({each.rule for each in clauses})
    yield f"# {head.number} {head.title_zh}{mark}"
    yield ""
    yield f"{head.title_en}. {head.authority_zh} / {head.authority_en}, {head.place}, "
    yield f"{head.issued or head.year}; sha256 `{head.sha256}`; {rules} 条 (rules)."
    for each in clauses:
        outside = " 〔external〕" if each.external else ""
        yield ""
        yield f"## {each.rule} {each.clause}{outside}"
        yield ""
        yield each.zh
        yield ""
        yield each.en
        yield ""
        yield f"- 系统 (system): {each.does_zh} {each.does_en}"
        yield f"- {each.kind}, {each.use}, {each.strength}; {each.days}"
        for label, said in (
            ("适用 (scope)", each.scope),
            ("参数 (parameters)", each.parameters),
            ("修改 (amended)", "; ".join(each.amended)),
            ("暂停 (suspended)", "; ".join(each.suspended)),
            ("授权下级 (left to lower places)", ", ".join(each.delegates)),
        ):
            if said:
                yield f"- {label}: {said}"
