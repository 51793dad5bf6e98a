"""Width: how many entries a question about the past may read, decided before any of them is read.

They are counted in the indexes, so that who asks for too much is told so at once.
"""

from __future__ import annotations

from typing import Any

from ledger.fault import Fault
from ledger.store.feed import Feed, Filter
from projections.projection import POSITION_MAX, Projection

ENTRIES_MAX = 200_000
SAMPLE = 20


def too_wide() -> Fault:
    """What is said of a question that reads too much, and what to ask instead."""
    return Fault(
        "TOO_WIDE",
        zh=f"所问的过去时点涉及 {ENTRIES_MAX} 条以上事件，请缩小到一所学校、一个班或一位教师，"
        "或不带 asOf 查询现状",
        en=f"that moment needs more than {ENTRIES_MAX} events; ask for one school, class or "
        "teacher, or, without asOf, for how it stands now",
        field="asOf",
    )


def afford(feed: Feed, wanted: Filter, most: int) -> None:
    """Raises ``Fault`` (``TOO_WIDE``) where more entries are wanted than so many."""
    if feed.exceeds(wanted, most):
        raise too_wide()


def afford_rows(
    feed: Feed, view: Projection[Any], wanted: Filter, subjects: tuple[str, ...], most: int
) -> None:
    """The same for the rows of a view that the wanted entries of some subjects touch.

    Where those rows are of other names than the subjects, their events are read once more.
    """
    if not feed.exceeds(wanted, most // 2):
        return
    keys = [key for entry in feed.page(wanted, SAMPLE) for key in view.keys(entry)]
    if subjects and keys and all(_again(view, key, subjects) for key in keys):
        raise too_wide()
    afford(feed, wanted, most)


def kinds_of(names: tuple[str, ...]) -> set[str]:
    """The kinds of some names."""
    return {each.partition(":")[0] for each in names}


def _again(view: Projection[Any], key: str, subjects: tuple[str, ...]) -> bool:
    """Whether the events of a row are read for itself, whatever the subject."""
    tags = view.tags(key)
    whole = view.span(key) == (1, POSITION_MAX)
    return bool(tags) and whole and kinds_of(tags).isdisjoint(kinds_of(subjects))
