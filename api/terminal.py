"""The terminal: what every command of the command line prints, and how it says what went wrong.

Data goes to standard output, everything said about it to standard error. Progress bars show on a
terminal only; what may take hours says elsewhere by a line now and then how far it is.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import msgspec
import psycopg
import typer
from psycopg_pool import PoolTimeout
from pydantic import ValidationError
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from typer.core import TyperGroup
from typer.exceptions import TyperException

from api.settings import Settings
from ledger.day import day_of
from ledger.fault import Fault
from ledger.names import KINDS, Name
from ledger.store.connection import trouble_of
from ledger.store.trouble import Trouble

NOT_RIGHT, WRONG, BUSY = 1, 2, 3
# How Typer begins to say what is wrong with a command line, and the same in Chinese.
MISUSES = (
    (r"No such option: (\S+)", "没有选项 {}"),
    (r"(Missing command)", "缺少命令"),
    (r"No such command '(.*?)'", "没有命令 {}"),
    (r"Missing argument '(.*?)'", "缺少参数 {}"),
    (r"Missing option '(.*?)'", "缺少选项 {}"),
    (r"Option '(.*?)' requires ", "选项 {} 之后缺少值"),
    (r"Option '(.*?)' does not take a value", "选项 {} 不带值"),
    (r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", "多出的参数：{}"),
    (r"Invalid value for '(.*?)'", "{} 的值不合要求"),
)
PIPE_COLUMNS = 200
LINE_SECONDS = 30.0


def typed_day(text: str) -> date:
    """A day as typed. Raises ``Mistyped``, with the sentence that the API says too."""
    try:
        return day_of(text)
    except Fault as fault:
        raise Mistyped(fault) from None


class Mistyped(typer.BadParameter):
    """A value on the command line of which the API says what is wrong."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.en)
        self.fault = fault


DAY = {"parser": typed_day, "metavar": "DAY"}

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
Step = Callable[[str, int, int], None]


class Commands(TyperGroup):
    """Commands whose troubles and faults end in a sentence and a code, not in a traceback."""

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        """Reads what stands before the command."""
        try:
            return super().make_context(*arguments, **more)
        except TyperException as error:
            said = _misused(error)
        say(said)
        raise typer.Exit(WRONG)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except (Trouble, Fault) as error:
            said = error
        except ValidationError as error:
            said = _setting_wrong(error)
        except PoolTimeout:
            said = Trouble(
                "DATABASE_LOST",
                zh="数据库没有及时应答。请确认它在运行后再试。",
                en="The database did not answer in time. Check that it runs and try again.",
            )
        except psycopg.Error as error:
            said = trouble_of(error) or _mistake(error)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except TyperException as error:
            said = _misused(error)
        except Exception as error:
            said = _mistake(error)
        say(said)
        raise typer.Exit(WRONG)


def settings_of(context: typer.Context) -> Settings:
    """The settings from the environment, with what the global options override."""
    given: dict[str, Any] = context.obj or {}
    return Settings(**given)


def say(error: Trouble | Fault) -> None:
    """One sentence in Chinese and one in English, with the code for programs."""
    tell(error.zh, f"{error.en} [{error.code}]")


def tell(zh: str, en: str) -> None:
    """A sentence in both languages on standard error."""
    typer.echo(f"{zh}\n{en}", err=True)


def stop(code: str, zh: str, en: str, status: int = WRONG) -> typer.Exit:
    """Says why a command ends here; raise what it gives."""
    tell(zh, f"{en} [{code}]")
    return typer.Exit(status)


def counted(count: int, noun: str) -> str:
    """A number with its noun in English, which has an s unless it is one."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def print_json(values: Iterable[Any]) -> None:
    """One object a line."""
    for value in values:
        typer.echo(msgspec.json.encode(value, enc_hook=str).decode())


def tell_nothing_found() -> None:
    """Says at a terminal that an empty answer is an answer; a program sees that by itself."""
    if sys.stderr.isatty():
        typer.echo("没有找到。 Nothing found.", err=True)


def beginning(names: Iterable[str]) -> Callable[[str], list[str]]:
    """Completes what is being typed to one of the names."""
    known = sorted(names)
    return lambda incomplete: [each for each in known if each.startswith(incomplete)]


def console() -> Console:
    """Standard output; wide where it is no terminal, so that nothing is cut."""
    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    return Console(width=width, highlight=False, markup=False, emoji=False)


def table(*columns: str) -> Table:
    """A table without a frame."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


@contextmanager
def progress(*, lines: bool = False) -> Iterator[Step]:
    """A function to call with what is being done, how much of it is done, and how much there is.

    The bar tells the time that it took and what is left of it. ``lines``: where no terminal shows
    one, a line now and then tells how far it is.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    on_terminal = sys.stderr.isatty()
    if lines and not on_terminal:
        yield _line_by_line()
        return
    with Progress(
        *columns,
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not on_terminal,
        transient=True,
    ) as shown:
        tasks: dict[str, Any] = {}

        def step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=total)
            shown.update(tasks[what], completed=done, total=total)

        yield step


def _line_by_line() -> Step:
    said = monotonic()

    def step(what: str, done: int, total: int) -> None:
        nonlocal said
        if monotonic() - said >= LINE_SECONDS:
            said = monotonic()
            typer.echo(f"{what} {done:,} / {total:,}", err=True)

    return step


def name_of(text: str, kind: str | None = None) -> Name:
    """A name as typed; its kind may be left out where only one is meant. Raises ``Fault``."""
    if kind is not None and ":" not in text:
        text = f"{kind}:{text}"
    found = KINDS.get(kind or text.partition(":")[0], Name)
    return found(text)


def named_folder(text: str) -> Path:
    """A folder as typed. Raises ``typer.BadParameter`` for none.

    An empty name is a script's variable that nobody set, and would mean the current folder.
    """
    if not text:
        raise typer.BadParameter("the name of the folder is empty; write . for the current one.")
    return Path(text)


def _misused(error: TyperException) -> Trouble:
    """What is wrong with the command line; raises it again where it only stands for the help."""
    if not (en := error.format_message()):
        raise error
    fits = ((zh, re.match(pattern, en)) for pattern, zh in MISUSES)
    zh = next((zh.format(found[1]) for zh, found in fits if found), "命令行写法有误")
    code, context = "USAGE_WRONG", getattr(error, "ctx", None)
    if isinstance(error, Mistyped):
        zh, code = f"{zh}：{error.fault.zh}", error.fault.code
    help = f"{context.command_path if context else 'xuefen'} --help"
    en = en if en.endswith((".", "?")) else f"{en}."
    return Trouble(code, zh=f"{zh}。用法见 {help}。", en=f"{en} See {help}")


def _mistake(error: Exception) -> Trouble:
    """A mistake of the program: where it is, and of what kind, but no value of anybody's."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__}, {Path(last.filename).name}:{last.lineno}"
    return Trouble(
        "INTERNAL",
        zh=f"程序出错（{where}），命令没有完成；请把这一行告诉维护者。",
        en=f"The program has a mistake ({where}) and the command did not end; tell its maintainers "
        "this line.",
    )


def _setting_wrong(error: ValidationError) -> Trouble:
    """Names the settings and what is wrong with them, but not their values."""
    wrong = "; ".join(
        f"XUEFEN_{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}"
        for each in error.errors(include_input=False, include_context=False, include_url=False)
    )
    return Trouble(
        "SETTING_WRONG",
        zh=f"设置有误（{wrong}）。请检查环境变量、.env 文件或命令行选项。",
        en=f"A setting is wrong ({wrong}). Check the environment, the .env file and the options.",
    )
