"""Profile: a teacher's data, brought up to date before the selection of a term.

What the national system says of a teacher (stage, subject, title) flows in as a report. A platform
entry that says otherwise is refused: it is put right there and flows in again. Should another
system report one all the same, it is kept with a violation beside it, so that national data are
never overwritten in silence. The tier (层次) is the platform's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.command import Command, Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, Name, TeacherId, TermId
from ledger.register import Stage, Tier, Title
from ledger.teacher import TEACHER_EVENTS, ProfileSource, TeacherProfileUpdated, Whereabouts
from ledger.term import Phase, TermOpened, choosing, known_term, note_window
from ledger.text import filled


class NationalDataPrevails(Refused):
    """The national system says otherwise; the data are put right there."""


class NotImported(Refused):
    """An import from the national system comes as a report of it."""


@dataclass(kw_only=True)
class UpdateTeacherProfile(Command):
    """Bring a teacher's data up to date, by the school or its bureau.

    ``term``: for whose selection.
    Where no term is named it is the one whose data are being updated, or that is being chosen from.
    """

    teacher: TeacherId
    stage: Stage
    subject: str
    title: Title | None = None
    tier: Tier | None = None
    source: ProfileSource = ProfileSource.PLATFORM_ENTRY
    term: TermId | None = None

    now: Whereabouts = fact(default_factory=Whereabouts)
    national: TeacherProfileUpdated | None = fact(default=None)
    titled: Title | None = fact(default=None)
    imported: str = fact(default="")
    opened: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        terms = [about(self.term, of=[TermOpened], rare=True)] if self.term else []
        return [about(self.teacher, of=TEACHER_EVENTS), *terms]

    def learn(self, entry: Entry) -> None:
        self.now.learn(entry)
        match entry.event:
            case TermOpened():
                self.opened = True
            case TeacherProfileUpdated(source=ProfileSource.NATIONAL_IMPORT) as event:
                self.national, self.imported = event, entry.id
                self.titled = event.title or self.titled
            case _:
                pass

    def authority(self) -> Name:
        now = self.now.then(self.ask)
        school = now.known(self.teacher)
        scope = self.ask.asker.scope if self.ask else None
        return now.place if scope == now.place else school

    def territory(self) -> JurisdictionId | None:
        return self.now.then(self.ask).place

    def decide(self) -> Iterator[Event]:
        self.now = self.now.then(self.ask)
        school = self.now.known(self.teacher)
        if self.term is not None:
            known_term(self.opened, self.term)
        if self.source is ProfileSource.NATIONAL_IMPORT and not self.ask.reported:
            raise NotImported(
                zh="来自全国教师管理信息系统的数据须作为该系统的上报（参数 reported）提交",
                en="data of the national system come as a report of it, in the argument reported",
                field="reported",
            )
        yield from self.gate(self._prevails(), self.teacher, school)
        term = self.term or choosing(self.ask.rules, self.now.place, self.ask.on)
        yield TeacherProfileUpdated(
            teacher=self.teacher,
            school=school,
            place=self.now.place,
            stage=self.stage,
            subject=filled(self.subject, "subject"),
            title=self.title,
            tier=self.tier,
            source=self.source,
            term=term,
        )
        if term is not None:
            yield from note_window(
                self,
                Phase.PROFILE_UPDATE,
                self.teacher,
                school,
                place=self.now.place,
                term=term,
            )

    def _prevails(self) -> NationalDataPrevails | None:
        told = self.national
        if told is None or self.source is ProfileSource.NATIONAL_IMPORT:
            return None
        # A title that one of the two does not say contradicts nothing.
        same = None in (self.title, self.titled) or self.title is self.titled
        if same and (told.stage, told.subject) == (self.stage, self.subject):
            return None
        title_said = self.titled.value if self.titled else ""
        said = ", ".join(filter(None, (told.stage.value, told.subject, title_said)))
        return NationalDataPrevails(
            zh=f"{self.teacher} 的数据来自全国系统（{said}），平台不能改写；请在全国系统中更正",
            en=f"the national system says {said} of {self.teacher}; put it right there",
            field="source",
            evidence=(self.imported,),
        )
