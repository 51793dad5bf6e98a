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
    if report.exists():
        raise _there(report)
    _log(context, report, found, made)
    try:
        handle = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise _there(report) from None
    except OSError as error:
        zh, en = f"无法写入 {report}。", f"{report} cannot be written: {error.strerror}."
        raise stop("FILE_CLOSED", zh, en) from None
    with os.fdopen(handle, "wb") as file:
        file.write(made)


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
