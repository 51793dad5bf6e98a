"""Form: the sheet on which a county orders a class, its fields and their limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum

from ledger.command import Command, Refused
from ledger.names import JurisdictionId, TermId
from ledger.regulation import Parameters
from ledger.text import trimmed


class Form(Enum):
    """How the ordered training is delivered."""

    FACE_TO_FACE = "FACE_TO_FACE"
    ONLINE = "ONLINE"
    BLENDED = "BLENDED"


class OrderForm(
    Parameters,
    kind="order-form",
    zh="订单表缺项、目标或课程要求超过字数上限、培训形式不在所列之内的，拒绝提交。",
    scope=("term",),
    more=("aims_characters_max", "requirements_characters_max", "forms"),
    positive=("aims_characters_max", "requirements_characters_max"),
    words={"forms": Form},
):
    """Refuses an order whose form lacks a field, exceeds a limit, or names no listed form."""

    aims_characters_max: int
    requirements_characters_max: int
    forms: tuple[str, ...]


class OrderRouting(
    Parameters,
    kind="order-routing",
    zh="意向机构多于上限的订单拒绝提交；写明意向机构的订单，其他机构的响应拒绝。",
    scope=("term",),
    more=("intended_max",),
):
    """Refuses an order with more intended providers, and answers from any but those named."""

    intended_max: int


class FormOverrun(Refused):
    """A field of the order form is too long or not allowed."""


class FormIncomplete(Refused):
    """A field of the order form is empty."""


def judge_form(
    command: Command,
    place: JurisdictionId,
    term: TermId,
    texts: Mapping[str, object],
    form: Form,
) -> Iterator[Refused]:
    """The gates on the fields of the form, each by its name."""
    rule = command.ask.rules.find(OrderForm, place, command.ask.on, term=term.value)
    if rule is None:
        return
    for field, value in texts.items():
        if value is None or not trimmed(str(value)):
            yield FormIncomplete(
                zh=f"订单表的 {field} 没有填写",
                en=f"{field} of the order form is empty",
                rule=rule,
                field=field,
            )
    for field, most in (
        ("aims", rule.value.aims_characters_max),
        ("requirements", rule.value.requirements_characters_max),
    ):
        count = len(trimmed(str(texts[field])))
        if count > most:
            yield FormOverrun(
                zh=f"{field} 有 {count} 字，上限为 {most} 字",
                en=f"{field} has {count} characters of at most {most}",
                rule=rule,
                field=field,
            )
    if form.value not in rule.value.forms:
        yield FormOverrun(
            zh=f"培训形式 {form.value} 不在 {'、'.join(rule.value.forms)} 之内",
            en=f"the form {form.value} is none of {', '.join(rule.value.forms)}",
            rule=rule,
            field="form",
        )


def judge_routing(
    command: Command, place: JurisdictionId, term: TermId, intended: int
) -> Refused | None:
    """The gate on the number of intended providers."""
    rule = command.ask.rules.find(OrderRouting, place, command.ask.on, term=term.value)
    if rule is None or intended <= rule.value.intended_max:
        return None
    return FormOverrun(
        zh=f"意向机构填了 {intended} 家，最多 {rule.value.intended_max} 家",
        en=f"{intended} intended providers; at most {rule.value.intended_max} fit the form",
        rule=rule,
        field="intended",
    )
