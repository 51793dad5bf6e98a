"""Labels: every field that a row has is called something in Chinese and in English."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest
from msgspec import Struct
from strawberry.utils.str_converters import to_camel_case

import schema.root
from ledger.resumption import ACCEPTANCE, APPLICATION, COMMITMENT
from projections.alteration import HIDDEN, differences
from projections.catalogue import VIEWS
from schema.label import labelled, words_of
from schema.words import WORDS, halves

SCHEMA = schema.root.build()
VIEW_OF = {"ProviderResumption": "resumptions", "Yearbook": "yearbooks"}
BY_NAME = {view.name: view.state for view in VIEWS}
# Keys that a mapping has beside names, terms and the parameters of rules.
KEYS = {
    "ProviderResumption.done": (APPLICATION, ACCEPTANCE, COMMITMENT),
    "Yearbook.events": ("funds", "inspected", "published", "DEPUTY_DIRECTOR", "MANAGER"),
    "Yearbook.observers": ("DEPUTY_DIRECTOR", "MANAGER"),
}


def structs(hint: Any, found: dict[type[Struct], None]) -> dict[type[Struct], None]:
    """All structs in a type, as deep as they go."""
    if isinstance(hint, type) and issubclass(hint, Struct) and hint not in found:
        found[hint] = None
        for name in hint.__struct_fields__:
            structs(get_type_hints(hint)[name], found)
    for each in get_args(hint):
        structs(each, found)
    return found


def fields() -> Iterator[tuple[type[Struct], str]]:
    """Every field of every struct that stands in a row, but what a row shows nobody."""
    found: dict[type[Struct], None] = {}
    for view in VIEWS:
        structs(view.state, found)
    for struct in found:
        for name in struct.__struct_fields__:
            if name not in HIDDEN and not name.startswith("_"):
                yield struct, name


def chinese(text: str) -> bool:
    return any("一" <= each <= "鿿" for each in text)


def test_every_field_of_every_row_is_called_something_in_both_languages() -> None:
    bare = []
    for struct, name in fields():
        zh, en = words_of(struct, name)
        if not chinese(zh) or chinese(en) or not en:
            bare.append(f"{struct.__name__}.{to_camel_case(name)}: {zh} / {en}")

    assert bare == [], "say what these are in the table rows of schema/words/row.toml"


def test_every_key_of_a_mapping_that_is_a_word_is_said() -> None:
    for field, keys in KEYS.items():
        owner, _, name = field.partition(".")
        for key in keys:
            zh, _ = labelled(BY_NAME[VIEW_OF[owner]], (name, key))
            assert chinese(zh.rpartition(" · ")[2]), f"{field}.{key}"


def test_no_word_of_a_row_is_left_over() -> None:
    named = {f"{struct.__name__}.{to_camel_case(name)}" for struct, name in fields()}
    named |= {f"{field}.{key}" for field, keys in KEYS.items() for key in keys}

    assert set(WORDS["rows"]) - named == set()


@pytest.mark.parametrize(
    ("view", "parts", "zh", "en"),
    [
        ("teachers", ("tier",), "教师层次", "Level of the teacher"),
        (
            "records",
            ("lines", 2, "awarded"),
            "学分明细 · 第 3 项 · 撤销前认定的学分",
            "The credits one by one · no. 3 · What it was worth when it last stood",
        ),
        ("records", ("lines", 0, "recognised"), "学分明细 · 第 1 项 · 认定日", None),
        ("offerings", ("plan", "hours"), "方案 · 学时", "The plan · Hours"),
        ("yearbooks", ("staff", 0), "在校或曾在校的教师 · 第 1 项", None),
        ("yearbooks", ("local_funds", "payroll"), "属地培训经费 · 教职工工资总额（元）", None),
        ("yearbooks", ("orders", "2024H1"), "各学期提交的订单数 · 2024H1", None),
        ("findings", ("parameters", "share_max"), "参数 · share_max", "Its numbers · share_max"),
    ],
)
def test_a_path_is_said_name_by_name(
    view: str, parts: tuple[str | int, ...], zh: str, en: str | None
) -> None:
    said = labelled(BY_NAME[view], parts)

    assert said == (zh, en or said[1])


def test_a_text_in_both_languages_is_parted_at_its_first_chinese_sentence() -> None:
    assert halves("From 0 to 100, two places. 0 至 100 分，至多两位小数。") == (
        "0 至 100 分，至多两位小数",
        "From 0 to 100, two places",
    )
    assert halves("Trainer. 培训教师。") == ("培训教师", "Trainer")
    assert halves("only English") == ("", "only English")


def test_a_path_is_written_as_the_way_to_its_value() -> None:
    before = {"lines": [{"a": 1, "b": {"x.y": 1}}], "c": 1}
    after = {"lines": [{"a": 2, "b": {"x.y": 2}}], "c": None}

    found = {each.path: each.parts for each in differences((), before, after)}
    assert found == {
        "lines[0].a": ("lines", 0, "a"),
        "lines[0].b.x.y": ("lines", 0, "b", "x.y"),
        "c": ("c",),
    }
