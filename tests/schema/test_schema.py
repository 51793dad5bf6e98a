"""The schema as a contract: printed beside the code, and described in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    Visitor,
    is_introspection_type,
    is_specified_scalar_type,
    parse,
    visit,
)

import schema.root
from ledger.fault import Fault
from schema.access import roles_of
from schema.mutation import MUTATIONS
from schema.scalars import instant_of
from schema.words import WORDS, bilingual
from tests.given import all_rules

PRINTED = Path(schema.root.__file__).with_name("schema.graphql")
SCHEMA = schema.root.build()
TYPES = {
    name: kind
    for name, kind in SCHEMA._schema.type_map.items()
    if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
}


def test_the_printed_schema_is_that_of_the_code():
    assert PRINTED.read_text() == SCHEMA.as_str() + "\n", (
        "the schema changed; look at what changed for clients, and print it anew: "
        "python -m schema.root > schema/schema.graphql"
    )


def test_everything_is_described_in_chinese_and_english():
    described = {name: kind.description for name, kind in TYPES.items()}
    for name, kind in TYPES.items():
        if isinstance(kind, GraphQLEnumType):
            described |= {f"{name}.{v}": each.description for v, each in kind.values.items()}
        for field, each in getattr(kind, "fields", {}).items():
            described[f"{name}.{field}"] = each.description
            for argument, one in getattr(each, "args", {}).items():
                described[f"{name}.{field}({argument}:)"] = one.description

    missing = sorted(name for name, text in described.items() if not bilingual(text))
    assert missing == [], "say what these are, in both languages, in schema/words/"


def test_the_printed_schema_describes_everything_in_both_languages():
    kinds = ("definition", "type_definition")
    missing: list[str] = []

    class Look(Visitor):
        def enter(self, node, *_):
            if node.kind.endswith(kinds) and node.kind != "operation_type_definition":
                said = node.description.value if node.description else None
                if not bilingual(said):
                    missing.append(node.name.value if hasattr(node, "name") else node.kind)

    visit(parse(PRINTED.read_text("utf-8")), Look())

    assert missing == []


def test_no_word_is_left_over():
    fields = {field for kind in TYPES.values() for field in getattr(kind, "fields", {})}
    arguments = {
        argument
        for kind in TYPES.values()
        for each in getattr(kind, "fields", {}).values()
        for argument in getattr(each, "args", {})
    }
    stems = {name.removesuffix("Input") for name in TYPES} | set(TYPES)
    values = {
        value
        for kind in TYPES.values()
        if isinstance(kind, GraphQLEnumType)
        for value in kind.values
    }

    assert set(WORDS["types"]) - stems == set()
    assert {key.split(".")[-1] for key in WORDS["fields"]} - fields - arguments == set()
    assert {key.split(".")[-1] for key in WORDS["values"]} - values == set()


def test_places_in_the_ledger_are_positions_everywhere():
    wrong = [
        f"{name}.{field}"
        for name, kind in TYPES.items()
        for field, each in getattr(kind, "fields", {}).items()
        if field in ("position", "positions") and "Position" not in str(each.type)
    ]

    assert wrong == []


def test_what_need_not_be_given_has_a_default():
    plan = TYPES["PlanInput"].fields
    printed = SCHEMA.as_str()

    assert 'onlineCredits: Decimal! = "0"' in printed
    assert plan["segments"].default_value == 1
    assert "seats: Int!\n" in printed


def test_a_word_is_not_said_of_what_it_does_not_mean():
    def said(owner: str, field: str) -> str:
        return TYPES[owner].fields[field].description

    for name, kind in TYPES.items():
        if isinstance(kind, GraphQLInputObjectType):
            assert all("How many rows" not in said(name, field) for field in kind.fields), name
    assert "lead" not in said("RegisterTrainerInput", "expertise")
    assert "elsewhere" not in said("UpdateTeacherProfileInput", "source")
    assert "platform" in said("RegisterTeacherInput", "entered")


def test_the_words_that_a_rule_tests_stand_in_the_schema():
    described = TYPES["PlanInput"].fields["contents"].description
    rules = [each for each in all_rules().rules.values() if each.kind == "required-content"]

    assert rules
    assert all(word in described for each in rules for word in each.parameters["required_content"])


def test_every_mutation_says_who_asks_it():
    fields = TYPES["Mutation"].fields
    for command, bulk in MUTATIONS.items():
        for name in filter(None, (command.__name__[0].lower() + command.__name__[1:], bulk)):
            assert all(role.value in fields[name].description for role in roles_of(command)), name


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("2999-01-01T00:00:00Z", "lies between"),
        ("1899-12-31T00:00:00Z", "lies between"),
        ("2024-03-19T09:00:00", "has an offset"),
    ],
)
def test_an_instant_is_refused_for_what_is_wrong_with_it(given: str, said: str) -> None:
    with pytest.raises(Fault) as refused:
        instant_of(given)

    assert said in refused.value.en


def test_a_word_shared_by_name_does_not_stand_where_something_else_is_meant() -> None:
    said = {
        "CauseTotal.cause": "差异原因", "CauseTotal.lines": "涉及行数",
        "DifferencePortion.cause": "差异原因", "LoadCommand.name": "命令名称",
        "MovedLine.after": "现状", "Reconciliation.form": "表格种类",
        "ReconciliationOutline.form": "表格种类", "ReconciliationSince.after": "现在",
        "ReconciliationSince.lines": "有变化的行", "ReconciliationStep.lines": "行数",
        "VerdictNode.outcome": "是否符合",
    }  # fmt: skip
    for name, words in said.items():
        kind, _, field = name.partition(".")
        assert words in TYPES[kind].fields[field].description, name  # type: ignore[attr-defined]
