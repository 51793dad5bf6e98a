"""What is learned once for a batch and kept between batches decides as what is learned anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from unittest.mock import patch

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.admission import ConfirmEnrollment
from ledger.category import CategoryAssigned, CategoryEnded
from ledger.command import Command, Selector
from ledger.enrollment import ReviewSelection, Via
from ledger.names import DocumentId, OfferingId, ProjectId
from ledger.offering import DatesChanged, OfferingCancelled
from ledger.register import Category
from ledger.regulation import REGULATION_EVENTS, Rulebook
from ledger.rule import RuleAmended, RulesSuspended
from ledger.screening import ScreenApplicants
from ledger.selection import SelectOffering
from ledger.store.answer import Outcome
from ledger.store.learned import Learned
from ledger.store.memory import Memory
from ledger.store.tray import Row, Tray
from ledger.store.work import Asked
from ledger.teacher import TeacherTransferred
from ledger.withdrawal import WithdrawSelection
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING, OTHER_OFFERING, PROVINCE, RUIAN, SCHOOL
from tests.given import adoption
from tests.town import OPERATOR, Put

Batches = list[list[tuple[date, bool, list[Command], bool]]]
AT = datetime(2024, 4, 5, 1, tzinfo=UTC)
TEACHERS, OFFERINGS = (LIN, CHEN), (OFFERING, OTHER_OFFERING, OfferingId("offering:o3"))
# Browsing, the first and the last day of round one, between the rounds, and round two.
DAYS = tuple(date(2024, 3, day) for day in (15, 19, 26, 29, 31))
ZJ24 = DocumentId("document:zj24")
PAST = (
    *map(cast.registered, TEACHERS),
    cast.opened(seats=1),
    replace(cast.opened(offering=OTHER_OFFERING, seats=1), parallel=True),
    replace(cast.opened(offering=OFFERINGS[2]), project=ProjectId("project:p2")),
)

TEACHER, CLASS, DAY = map(st.sampled_from, (TEACHERS, OFFERINGS, DAYS))
PAIR = {"teacher": TEACHER, "offering": CLASS}
CATEGORY = {"teacher": TEACHER, "category": st.sampled_from([*Category][:2])}
PLACE = {"school": st.just(SCHOOL), "place": st.just(RUIAN)}
RULE = {"document": st.just(ZJ24), "place": st.just(PROVINCE), "citation": st.just("一号")}
HAPPENED = st.one_of(
    st.builds(CategoryAssigned, **CATEGORY, **PLACE, since=DAY),
    st.builds(CategoryEnded, **CATEGORY, **PLACE, until=DAY),
    st.builds(
        TeacherTransferred,
        teacher=TEACHER,
        school_left=st.just(SCHOOL),
        school=st.just(cast.OTHER_SCHOOL),
        place=st.sampled_from([RUIAN, cast.HANGZHOU]),
        since=DAY,
    ),
    st.builds(
        DatesChanged,
        change=st.just(cast.CHANGE),
        offering=CLASS,
        provider=st.just(COUNTY_SCHOOL),
        place=st.just(RUIAN),
        opens=DAY,
    ),
    st.builds(
        OfferingCancelled,
        offering=CLASS,
        project=st.just(cast.PROJECT),
        provider=st.just(COUNTY_SCHOOL),
        place=st.just(RUIAN),
        reason=st.just("人数不足"),
    ),
    st.builds(
        RuleAmended,
        **RULE,
        rule=st.just("ZJ24-13"),
        since=st.just(date(2024, 3, 1)),
        parameters=DAY.map(lambda last: {"first": "2024-03-15", "last": str(last)}),
        zh=st.just("改期"),
        en=st.just("moved"),
    ),
    st.builds(RulesSuspended, **RULE, rules=st.just(("ZJ24-13",)), since=DAY),
)
COMMAND = st.one_of(
    st.builds(SelectOffering, **PAIR, via=st.sampled_from([None, *Via])),
    st.builds(ReviewSelection, **PAIR, passed=st.booleans(), reason=st.just("按条件")),
    st.builds(ConfirmEnrollment, **PAIR, admitted=st.booleans(), reason=st.just("按条件")),
    st.builds(WithdrawSelection, **PAIR),
    st.builds(ScreenApplicants, offering=CLASS),
    st.builds(lambda event: Put(events=(event,)), HAPPENED),
)
ASK = st.tuples(DAY, st.booleans(), st.lists(COMMAND, min_size=1, max_size=3), st.booleans())
BATCHES = st.lists(st.lists(ASK, min_size=1, max_size=8), min_size=1, max_size=5)


@dataclass
class Town:
    """A ledger without a database; ``rows`` is all that it holds."""

    rows: list[Row] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)
    rules: Rulebook = field(default_factory=Rulebook)

    def batch(self, works: list[Asked]) -> list[tuple[Outcome, ...]]:
        """Decides works as a lane does."""
        tray = Tray(len(self.rows), AT, self.rules, self._read)
        self._read({each for work in works for some in work.selectors for each in some})
        if len(works) > 1:
            tray.read({each for work in works for each in work.foreseen(tray, self.memory)})
        answers = [work.decide(tray, self.memory).outcomes for work in works]
        self.rows += tray.rows
        self.rules = tray.rules
        return answers

    def forget(self) -> None:
        """Drops all that was learned of the past; the rules are learned anew."""
        events = [row.entry.event for row in self.rows if row.entry is not None]
        self.memory = Memory()
        self.rules = Rulebook(each for each in events if isinstance(each, REGULATION_EVENTS))

    def _read(self, wanted: set[Selector]) -> None:
        for selector in wanted:
            recall = self.memory.recall(selector)
            for row in self.rows[recall.upto :]:
                if row.entry is not None and selector.selects(row.type, row.tags):
                    self.memory.take(recall, row.entry)
            recall.upto = len(self.rows)


def founded() -> Town:
    """A town with the rules, two teachers, and three classes, two of them of one training."""
    town = Town()
    town.batch([asked([Put(events=(*adoption(), *PAST))], DAYS[0])])
    return town


def asked(
    commands: list[Command], day: date, *, reported: bool = False, whole: bool = False
) -> Asked:
    source = "other-system/1" if reported else None
    request = "r"
    return Asked(
        commands=commands, asker=OPERATOR, request=request, on=day, source=source, whole=whole
    )


@contextmanager
def numbered() -> Iterator[None]:
    """Ids and chance by number, so that what is the same has the same bytes."""
    ids = count(1)
    with (
        patch("ledger.store.work.uuid7", lambda: f"{next(ids):032x}"),
        patch("ledger.store.work.token_hex", lambda _: "7" * 64),
    ):
        yield


def told(batches: Batches) -> list[list[Asked]]:
    return [
        [asked(commands, day, reported=r, whole=w) for day, r, commands, w in batch]
        for batch in batches
    ]


@settings(max_examples=40, deadline=None, phases=[Phase.reuse, Phase.generate])
@given(BATCHES)
def test_what_was_learned_before_decides_as_what_is_learned_anew(batches: Batches) -> None:
    with numbered():
        kept = founded()
        together = [answer for works in told(batches) for answer in kept.batch(works)]
    with numbered():
        anew = founded()
        alone = []
        for work in (work for works in told(batches) for work in works):
            anew.forget()
            alone += anew.batch([work])

    assert together == alone
    assert [row.body for row in kept.rows] == [row.body for row in anew.rows]
    assert kept.rows == anew.rows


def learned_by(works: list[Asked]) -> list[Command]:
    """The commands that learned their past, in a batch of a founded town."""
    town, found = founded(), []
    of = Learned.of

    def counted(fresh: Command, *rest: Any) -> Learned:
        found.append(fresh)
        return of(fresh, *rest)

    with patch.object(Learned, "of", counted):
        town.batch(works)
    return found


def test_a_command_learns_once_where_nothing_of_its_batch_concerns_it() -> None:
    choices = [SelectOffering(teacher=each, offering=OFFERING) for each in TEACHERS]

    assert learned_by([asked([each], DAYS[1]) for each in choices]) == choices


def test_a_command_learns_anew_what_its_batch_brought_about() -> None:
    choice = SelectOffering(teacher=LIN, offering=OFFERING)
    move = replace(cast.opened(offering=OFFERING), seats=7)
    works = [asked([Put(events=(move,))], DAYS[1]), asked([choice], DAYS[1])]

    assert learned_by(works).count(choice) == len(works)
