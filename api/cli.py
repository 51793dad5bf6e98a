"""The command line, ``xuefen``: one command a file, their docstrings the help.

Exit codes: 0 all right, 1 the answer is no (an unknown teacher, a check that found something),
2 something must be mended first (said in a sentence), 3 busy.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated

import typer

from api.command_backup import backup
from api.command_check import check
from api.command_erase import erase
from api.command_export import export
from api.command_head import head
from api.command_history import history
from api.command_indicator import show_indicators
from api.command_level import levels
from api.command_load import load
from api.command_migrate import migrate
from api.command_reconcile import reconcile
from api.command_record import record
from api.command_regulation import group as regulations
from api.command_restore import restore
from api.command_service_token import group as service_tokens
from api.command_sign_off import group as sign_offs
from api.command_simulate import simulate
from api.command_token import token
from api.command_trial import try_draft
from api.command_upload import group as uploads
from api.command_view import rebuild
from api.demo import demo
from api.log import logging
from api.serve import serve
from api.terminal import Commands, named_folder

app = typer.Typer(
    name="xuefen",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they print variables, and keys are among them
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"xuefen {version_of('xuefen')}")
        raise typer.Exit


@app.callback()
def xuefen(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(
            parser=named_folder,
            metavar="FOLDER",
            help="Folder of the embedded database and the keys.",
        ),
    ] = None,
    database_url: Annotated[
        str | None, typer.Option(metavar="URL", help="PostgreSQL 15 or newer, not the embedded.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Say which it is.")
    ] = False,
) -> None:
    """Xuefen, the audit ledger of teachers' training credits. 学分：教师培训审计账本。

    Settings come from the environment (XUEFEN_DATA, XUEFEN_DATABASE_URL, …) or a .env file. Exit
    codes: 0 all right, 1 the answer is no, 2 something must be mended first, 3 busy (another does
    the same), 143 stopped by SIGTERM. 退出码：0 正常，1 答案为否，2 须先处理，3 正忙，143 被停止。
    """
    logging(driver=lambda _: None)  # a command ends with a sentence of its own
    given = {"data": data, "database_url": database_url}
    context.obj = {name: value for name, value in given.items() if value is not None}


app.command()(serve)
app.command()(demo)
app.command()(simulate)
app.command()(rebuild)
app.command()(history)
app.command()(record)
app.command("indicators")(show_indicators)
app.command()(levels)
app.command()(reconcile)
app.add_typer(sign_offs, name="sign-off")
app.command()(export)
app.command()(load)
app.add_typer(uploads, name="uploads")
app.command()(check)
app.command()(token)
app.add_typer(service_tokens, name="service-token")
app.command()(erase)
regulations.command("try")(try_draft)
app.add_typer(regulations, name="regulations")
app.command()(migrate)
app.command()(backup)
app.command()(restore)
app.command()(head)


def main() -> None:
    """Runs the command that the arguments name."""
    signal.signal(signal.SIGTERM, _stopped)
    app()


def _stopped(*_: object) -> None:
    """Ends it in order: what it started, an embedded PostgreSQL above all, must not outlive it."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(2, "已按 SIGTERM 停止。\nStopped by SIGTERM.\n".encode())
    sys.exit(143)


if __name__ == "__main__":
    main()
