"""Choice: how a sheet is to be read, as JSON of the shape that ``SheetMappingInput`` has.

It comes in the body of a request or in a file; a file of it is what ``--save-mapping`` writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from api.edge.asked import repeated_in
from api.report_file import require_free, write_new
from api.terminal import stop
from ledger.draft import flaw_of
from ledger.fault import Fault
from ledger.mapping import Column, Mapping
from schema.sheet import ColumnChoiceInput, SheetMappingInput, SheetTabInput

CHOICE_BYTES_MAX = 65_536


def _free(file: Path | None) -> Path | None:
    """Stops where the file to write is there already, before anything is done."""
    if file is not None:
        require_free(file)
    return file


MappingFile = Annotated[
    Path | None,
    typer.Option(
        "--mapping", metavar="FILE", help="Read it as this JSON says; see docs/sheets.md."
    ),
]
SavedMapping = Annotated[
    Path | None,
    typer.Option(
        "--save-mapping", metavar="FILE", callback=_free, help="Write how it was read, as JSON."
    ),
]


class ChosenColumn(msgspec.Struct, forbid_unknown_fields=True):
    """What a column means."""

    at: int
    column: Column


class ChosenTab(
    msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True, omit_defaults=True
):
    """Which tab is read, from which header, and what its columns mean."""

    tab: str
    header_row: int
    header_rows: int = 1
    columns: list[ChosenColumn]
    year: int | None = None


class ChosenMapping(ChosenTab, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """The same, with further tabs of the same list."""

    more_tabs: list[ChosenTab] | None = None


class Choice(msgspec.Struct, forbid_unknown_fields=True):
    """How a sheet is to be read; as it is proposed if left out."""

    mapping: ChosenMapping | None = None


def choice_in(body: bytes) -> SheetMappingInput | None:
    """The mapping in the body of a request. Raises ``Fault`` (``BAD_MAPPING``)."""
    given = _decoded(body, Choice).mapping
    return None if given is None else _input(given)


def mapping_in(file: Path | None) -> SheetMappingInput | None:
    """The mapping in a file. Raises ``Fault`` (``BAD_MAPPING``); stops for one that is closed."""
    if file is None:
        return None
    try:
        with file.open("rb") as opened:
            body = opened.read(CHOICE_BYTES_MAX + 1)
    except OSError as error:
        zh, en = f"无法读取 {file}。", f"{file} cannot be read: {error.strerror}."
        raise stop("FILE_CLOSED", zh, en) from None
    if len(body) > CHOICE_BYTES_MAX:
        raise too_large()
    return _input(_decoded(body, ChosenMapping))


def write_mapping(file: Path, mapping: Mapping) -> None:
    """Writes how a sheet was read, for ``mapping_in``. Stops where the file is there already."""
    first, *more = (_chosen(each) for each in mapping.parts)
    told = {**first, "moreTabs": more} if more else first
    write_new(file, msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n")


def too_large() -> Fault:
    """What is said of a mapping that holds more than one."""
    return Fault(
        "BAD_MAPPING",
        zh=f"读法不得超过 {CHOICE_BYTES_MAX} 字节",
        en=f"a mapping has {CHOICE_BYTES_MAX} bytes at most",
        field="mapping",
    )


def _decoded(body: bytes, kind: Any) -> Any:
    if (where := repeated_in(body)) is not None:
        zh, en = f"读法中 {where} 出现不止一次", f"the mapping holds {where} more than once"
        raise Fault("BAD_MAPPING", zh=zh, en=en, field=where)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        flaw = flaw_of(error)
        zh, en = f"读法格式不正确（{flaw.zh}）", f"this is no mapping: {error}"
        raise Fault("BAD_MAPPING", zh=zh, en=en, field=flaw.field) from None


def _input(given: ChosenMapping) -> SheetMappingInput:
    more = [SheetTabInput(**_fields(each)) for each in given.more_tabs or ()]
    return SheetMappingInput(**_fields(given), more_tabs=more)


def _fields(given: ChosenTab) -> dict[str, Any]:
    return {
        "tab": given.tab,
        "header_row": given.header_row,
        "header_rows": given.header_rows,
        "columns": [ColumnChoiceInput(at=each.at, column=each.column) for each in given.columns],
        "year": given.year,
    }


def _chosen(mapping: Mapping) -> dict[str, Any]:
    columns = [ChosenColumn(at=at, column=each) for at, each in mapping.columns.items()]
    told: dict[str, Any] = msgspec.to_builtins(
        ChosenTab(
            tab=mapping.tab,
            header_row=mapping.header_row,
            header_rows=mapping.header_rows,
            columns=columns,
            year=mapping.year,
        )
    )
    return told
