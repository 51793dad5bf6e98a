"""Report files: the report of a trial, written from the command line beside the sheet.

It stands in the access log before it is there, and takes no file's place.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from api.report import report_json, report_xlsx
from api.terminal import stop
from projections.desk import Held
from schema.access_log import access_by
from schema.context import Context

FORMS = {".json": report_json, ".xlsx": report_xlsx}


def require_form(report: Path | None) -> None:
    """Stops for a file of no form that reports have."""
    if report is not None and report.suffix not in FORMS:
        raise stop("BAD_REPORT", "--report 须为 .xlsx 或 .json。", "A report is .xlsx or .json.")


def write_report(context: Context, report: Path, found: Held) -> None:
    """Writes a report for its owner only. Stops where the file is there already."""
    made = FORMS[report.suffix](found, {}, {})
    require_free(report)
    _log(context, report, found, made)
    write_new(report, made)


def require_free(file: Path) -> None:
    """Stops where the file is there already, or its folder is not."""
    if file.exists() or file.is_symlink():
        raise _there(file)
    if not file.parent.is_dir():
        raise stop("FILE_CLOSED", f"没有文件夹 {file.parent}。", f"No folder {file.parent}.")


def write_new(file: Path, made: bytes) -> None:
    """Writes a file for its owner only. Stops where it is there already."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise _there(file) from None
    except OSError as error:
        zh, en = f"无法写入 {file}。", f"{file} cannot be written: {error.strerror}."
        raise stop("FILE_CLOSED", zh, en) from None
    with os.fdopen(handle, "wb") as opened:
        opened.write(made)


def _there(report: Path) -> Exception:
    return stop("FILE_EXISTS", f"{report} 已存在。", f"{report} exists; name another file.")


def _log(context: Context, report: Path, found: Held, made: bytes) -> None:
    access = access_by(
        context,
        "reconciliationReport",
        [str(found.comparison.terms.place)],
        purpose=f"file {found.sha256}",
        format=report.suffix.removeprefix("."),
        rows=len(found.comparison.rows),
        bytes=len(made),
        sha256=sha256(made).hexdigest(),
        position=found.compared.position,
    )
    context.house.ledger.access_log.write(access)
