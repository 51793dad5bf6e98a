"""What is said of a request that does not fit: where and which type, and never the value."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from schema.gate import MISFITS_MAX
from schema.root import build

SECRET = "330381199003071234林小雨"
REGISTER = """
mutation($input: RegisterTeacherInput!) {
  registerTeacher(input: $input, requestId: "r") { __typename }
}
"""
GOOD = {
    "teacher": "teacher:x",
    "school": "school:x",
    "stage": "PRIMARY",
    "subject": "x",
    "entered": "2020-09-01",
}
PERSON = {"name": "林小雨", "idNumber": SECRET}


def errors(document: str, **given: Any) -> list[Any]:
    """The errors of a request, as they leave."""
    result = asyncio.run(build().execute(document, variable_values=given))
    return [each.formatted for each in result.errors or []]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"person": SECRET}, "Expected value of type 'PersonInput' to be an object."),
        ({"person": {"idNumber": SECRET}}, "to include required field 'name'."),
        ({"person": PERSON | {"nothing": 1}}, "not to include unknown field 'nothing'."),
        ({"person": PERSON | {SECRET: 1}}, "Expected value of type 'RegisterTeacherInput!'."),
        ({"stage": SECRET}, "The value does not exist in 'Stage' enum."),
        ({"stage": {"a": SECRET}}, "Enum 'Stage' cannot represent the value."),
        ({"teacher": [SECRET]}, "ID cannot represent the value."),
        ({"subject": {"a": SECRET}}, "a Text is a string"),
        ({"entered": SECRET}, "a Date is a day"),
        ({"teacher": None}, "Expected value of non-null type 'ID!' not to be None."),
    ],
)
def test_a_value_in_a_variable_is_never_repeated(change: dict[str, Any], said: str) -> None:
    found = errors(REGISTER, input=GOOD | change)
    text = json.dumps(found, ensure_ascii=False)

    assert said in text
    assert "330381" not in text
    assert "林小雨" not in text
    assert found[0]["extensions"]["path"].startswith("input")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ('{ schools(first: "330381") { position } }', "Int cannot represent the value."),
        ('{ findings(outcome: "330381") { position } }', "Enum 'Outcome' cannot represent"),
        ('{ findings "330381" }', "Syntax Error: Expected Name, found String."),
        ("{ findings 330381 }", "Syntax Error: Expected Name, found Int."),
        ("{ schools(asOf: 330381) { position } }", "Expected value of type 'AsOf' to be an object"),
    ],
)
def test_a_value_in_a_document_is_not_repeated_either(document: str, said: str) -> None:
    text = json.dumps(errors(document), ensure_ascii=False)

    assert said in text
    assert "330381" not in text


def test_of_many_misspelt_names_some_are_told_and_none_is_guessed() -> None:
    names = [f"registerTeache{n}" for n in range(90)]
    found = errors("mutation {" + " ".join(names) + "}")
    text = json.dumps(found)

    assert len(found) == MISFITS_MAX + 1
    assert names[0] in text
    assert "Did you mean" not in text
    assert "registerTeachers" not in text
