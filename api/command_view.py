"""Views from the command line: folding them anew beside the live ones."""

from __future__ import annotations

from typing import Annotated

import typer

from api.books import open_books
from api.terminal import (
    BUSY,
    NOT_RIGHT,
    Json,
    beginning,
    counted,
    print_json,
    progress,
    settings_of,
    stop,
    tell,
)
from projections.catalogue import INDEXES, VIEWS
from projections.rebuild import Rebuild, RebuildRunning
from projections.runner import Runner
from projections.stop import Stopped

NAMES = tuple(view.name for view in (*VIEWS, *INDEXES))


def rebuild(
    context: typer.Context,
    views: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[VIEW]…",
            help=f"All where none is named. The views: {' '.join(NAMES)}.",
            autocompletion=beginning(NAMES),
        ),
    ] = None,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Leave what an earlier one did. 从头开始。")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fold views anew and swap them in. 重建视图。

    Queries go on meanwhile, and a view that had stopped follows again. Only one rebuild runs at a
    time; one that was stopped or killed is gone on with where it stood.
    """
    wanted = list(dict.fromkeys(views or ()))
    unknown = [each for each in wanted if each not in NAMES]
    if unknown:
        known = " ".join(NAMES)
        raise stop(
            "UNKNOWN_VIEW",
            f"没有视图 {unknown[0]}，可选：{known}。",
            f"There is no view {unknown[0]}; the views are: {known}.",
        )
    reached = _rebuilt(context, wanted, afresh)
    count = len(wanted or NAMES)
    if as_json:
        print_json([{"views": wanted or NAMES, "position": reached}])
        return
    zh = f"已重建 {count} 个视图，至位置 {reached}。"
    tell(zh, f"Rebuilt {counted(count, 'view')} up to {reached}.")


def _rebuilt(context: typer.Context, wanted: list[str], afresh: bool) -> int:
    """The position reached."""
    with open_books(settings_of(context)) as books, progress(lines=True) as step:
        try:
            return Runner(books.pool, books.feed, (*VIEWS, *INDEXES)).rebuild(
                wanted,
                lambda done, head: step("重建 rebuild", done, head),
                afresh=afresh,
                begun=_tell_begun,
            )
        except RebuildRunning:
            raise stop(
                "REBUILD_RUNNING",
                "另一个进程正在重建视图，请等它结束。",
                "Another process is rebuilding views; wait for it to end.",
                BUSY,
            ) from None
        except Stopped as error:
            raise _stopped(error) from None


def _tell_begun(run: Rebuild) -> None:
    """Says what is gone on with and what is begun again."""
    if run.renewed:
        names = " ".join(run.renewed)
        tell(
            f"上次中断的重建属于另一版本，重新开始：{names}。",
            f"An earlier rebuild was of another version; these begin again: {names}.",
        )
    if run.resumed:
        least = min(run.resumed.values())
        tell(
            f"接着上次中断的重建，从位置 {least} 继续。",
            f"Going on after {least}, where an earlier rebuild stood.",
        )


def _stopped(error: Stopped) -> typer.Exit:
    """Which views could not be folded anew, over which event, and why."""
    return stop(
        "VIEW_STOPPED",
        f"{'；'.join(each.zh for each in error.stops)}。该视图保持原状，其余视图已重建。",
        f"{'; '.join(each.en for each in error.stops)}. What stopped is as it was; the other views "
        "are rebuilt.",
        NOT_RIGHT,
    )
