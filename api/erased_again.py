"""Those who were erased after a backup, erased again in what was restored from it."""

from __future__ import annotations

from api.books import Books
from api.command_erase import erase_again, erase_unrecorded
from ledger.store.vault import Vault
from projections.check import check as problems
from projections.head import Head, erased, named_in, print_of
from projections.inspection import UNREADABLE, Problem

TEACHERS = "select distinct tag from ledger.events, unnest(tags) as tag where tag like 'teacher:%'"
ERASURE = ("erasure",)


def erased_again(books: Books, vault: Vault | None, head: Head | None, found: list[Problem]) -> int:
    """Erases whom the head names, and completes what the backup caught half done.

    Of whom a damaged ledger cannot be asked, all is destroyed too, which is one more problem.
    """
    left = {each.subject for each in problems(books.pool, books.feed, ERASURE) if each.subject}
    with books.pool.connection() as connection:
        done = {*erased(connection)}
        if head is not None and {*head.erased} - {*map(print_of, done)}:
            known = {tag for (tag,) in connection.execute(TEACHERS)} - done
            left.update(named_in(head, known))
    again = 0
    for subject in sorted(left):
        try:
            again += erase_again(books, vault, subject)
        except UNREADABLE:
            if not found:
                raise
            erase_unrecorded(books, vault, subject)
            found.append(_unrecorded(subject))
            again += 1
    return again


def _unrecorded(subject: str) -> Problem:
    return Problem(
        check="erasure",
        code="ERASURE_UNFINISHED",
        zh=f"{subject} 的个人信息已再次删除，但有关此人的事件无法读出，账本没有（完整）"
        "记下这次删除",
        en=f"{subject} was erased again, but an event about the person cannot be read, and the "
        "ledger does not say so, or not in full",
        subject=subject,
    )
