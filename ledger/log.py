"""Log: the class adviser's log of each training day (班级日志).

Which days have none is known once the class is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from ledger.command import Refused, Selector, about, fact
from ledger.day import happened
from ledger.event import Entry, Event
from ledger.offering import OFFERING_EVENTS, ClassStep
from ledger.regulation import Parameters
from ledger.schedule import DayLogged, NoSession, Timetable, TimetablePublished
from ledger.text import filled


class DailyLog(
    Parameters,
    kind="daily-log",
    words={"logs_per_day": (1,)},  # the ledger keeps one log a day
    zh="每个培训日须有日志，班期结束时仍缺日志的培训日记违规。",
    scope=(),
    less=("logs_per_day",),
):
    """Training days that still have no log when the class is closed are a violation."""

    logs_per_day: int = 1


class LogMissing(Refused):
    """Training days have no log."""


class AlreadyLogged(Refused):
    """The day is logged."""


def unlogged(table: Timetable, logged: Iterable[date], through: date) -> list[date]:
    """The training days up to a day, that day included, of which no log was written."""
    told = set(logged)
    days = {day for day, _ in table.sessions or () if day <= through}
    return sorted(days - told)


@dataclass(kw_only=True)
class LogDay(ClassStep):
    """Log a training day, by the provider's class adviser."""

    day: date
    note: str

    table: Timetable = fact(default_factory=Timetable)

    def boundary(self) -> list[Selector]:
        return [about(self.offering, of=[*OFFERING_EVENTS, TimetablePublished, DayLogged])]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.table.learn(entry)

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        if not any(day == self.day for day, _ in self.table.sessions or ()):
            raise NoSession(
                zh=f"{self.offering} 的课程表在 {self.day} 没有课",
                en=f"the timetable of {self.offering} has no session on {self.day}",
                field="day",
            )
        happened(self.day, self.ask.on, "day")
        if self.day in (self.table.logged or ()):
            raise AlreadyLogged(
                zh=f"{self.offering} {self.day} 的日志已经填写",
                en=f"{self.day} is logged for {self.offering}",
                field="day",
            )
        yield DayLogged(
            offering=self.offering,
            provider=opened.provider,
            day=self.day,
            note=filled(self.note, "note"),
        )
