"""Regulations as a page: clause by clause, what a document says and what the system does."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import date
from itertools import product

from msgspec import Struct, structs

from ledger.day import half_year
from ledger.names import DocumentId, JurisdictionId, TermId
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


class Listed(Rule):
    """A rule as it is on a day: whether for certain, and whether it is the one that answers.

    ``prevails`` is told for a place: of several rules of a kind one answers each question.
    """

    certain: bool | None = None
    prevails: bool | None = None


def on_day(
    book: Rulebook, day: date, place: JurisdictionId | None = None, term: TermId | None = None
) -> list[Listed]:
    """The rules that are in force on a day or in doubt, for a place along its chain.

    A rule bound to terms counts from the issue of its document to the end of its last term; with
    ``term``, those of that term only, whenever it is.
    """
    found: list[Listed] = []
    for rule, certain in book.on(day):
        sure = certain if rule.since is not None else _by_term(book, rule, day, term)
        if sure is None or (term and "term" in rule.scope and not _of(rule, term)):
            continue
        if place is None or rule.place in place.chain:
            rank = None if place is None else _prevails(book, rule, place, day)
            found.append(Listed(**structs.asdict(rule), certain=sure, prevails=rank))
    return found


def latest(book: Rulebook, place: JurisdictionId | None, term: TermId | None) -> list[Rule]:
    """The latest version of each rule, for a place along its chain, and of a term."""
    return [
        rule
        for rule in book.rules.values()
        if (place is None or rule.place in place.chain)
        and (term is None or "term" not in rule.scope or _of(rule, term))
    ]


def _of(rule: Rule, term: TermId) -> bool:
    return term.value in rule.scope.get("term", ())


def _by_term(book: Rulebook, rule: Rule, day: date, term: TermId | None) -> bool | None:
    """Whether a rule without a first day counts on a day; nobody can tell before it was certain."""
    head = book.documents[rule.document]
    if day < (head.issued or date(head.year, 1, 1)):
        return None
    spans = (half_year(TermId(f"term:{each}")) for each in rule.scope.get("term", ()))
    over = not any(span is None or day <= span[1] for span in spans)
    if over and not (term and _of(rule, term)):
        return None
    return head.issued is not None or day >= head.certain_from


def _prevails(book: Rulebook, rule: Rule, place: JurisdictionId, day: date) -> bool:
    """Whether the rule is the one that answers some question for the place on the day."""
    kind = KINDS[rule.kind]
    if kind.MANY:
        return True
    for words in product(*rule.scope.values()):
        answer = book.find(kind, place, day, **dict(zip(rule.scope, words, strict=True)))
        if answer is not None and answer.rule is rule:
            return True
    return False


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
