"""Sign-off: a bureau closes a year, or the cycles that ended in it, and says what it comes to.

What is signed is what was shown: the bureau names the position up to which the ledger was read and
the hash of the list of teachers, and the event keeps both with the totals, so that anybody can make
the list anew. Findings that are open do not stand in the way, since no document says so; how many
there are is part of what is signed. What comes later moves nothing that was signed; it shows as
drift. A sign-off is withdrawn, or reopened with a reason and with what had changed since; only then
another of the same period takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.command import Refused, Selector, about, fact
from ledger.event import Entry, Event, Part
from ledger.names import JurisdictionId, SignOffId
from ledger.register import BureauStep, taken, unknown
from ledger.review import reasoned
from ledger.summary import Period, PeriodKind, Totals, over, period_of
from ledger.text import trimmed


class Statement(Part):
    """What a place's period comes to at a position; made by the ledger, never given."""

    position: int
    totals: Totals
    sha256: str
    root: str
    findings_open: int


class Drifted(Part):
    """What had changed since a sign-off, as known at ``position``; made by the ledger, never given.

    ``totals``: what the period came to then; ``moved``: how much more than was signed, for how many
    ``teachers``. ``sha256``: that of the list then.
    """

    position: int
    totals: Totals
    moved: Totals
    teachers: int
    sha256: str


class PeriodSignedOff(Event, name="sign-off.signed"):
    """A bureau signed off a year, or the cycles that ended in it, as known at ``position``.

    ``sha256`` is that of the list of teachers, ``root`` that of the levels above it;
    ``findings_open``: how many findings of the place were open. ``replaces``: the earlier sign-off.
    """

    sign_off: SignOffId
    place: JurisdictionId
    kind: PeriodKind
    year: int
    position: int
    totals: Totals
    sha256: str
    root: str
    findings_open: int
    replaces: SignOffId | None = None
    reason: str = ""


class SignOffWithdrawn(Event, name="sign-off.withdrawn"):
    """A bureau took a sign-off back; the period is open again."""

    sign_off: SignOffId
    place: JurisdictionId
    reason: str


class SignOffReopened(Event, name="sign-off.reopened"):
    """A bureau opened a period again that it had signed off, to sign it anew.

    ``corrects``: the event that had signed it; ``since``: what had changed until then.
    """

    sign_off: SignOffId
    place: JurisdictionId
    corrects: str
    reason: str
    since: Drifted


SIGN_OFF_EVENTS: list[type[Event]] = [PeriodSignedOff, SignOffWithdrawn, SignOffReopened]


class AlreadySignedOff(Refused):
    """The period is signed off, and was not reopened."""


class AlreadyReopened(Refused):
    """The sign-off was reopened, and nothing was signed since."""


class NotInForce(Refused):
    """The sign-off was withdrawn or replaced."""


class NotAsShown(Refused):
    """The list that was shown is not the list of the place at that position."""


class NothingToSignOff(Refused):
    """No teacher of the place has a part in the period."""


@dataclass(kw_only=True)
class _ClosingStep(BureauStep):
    """What both steps share: the sign-offs of the place so far."""

    sign_off: SignOffId

    signed: dict[SignOffId, PeriodSignedOff] = fact(default_factory=dict)
    entries: dict[SignOffId, str] = fact(default_factory=dict)
    reopened: dict[SignOffId, str] = fact(default_factory=dict)
    ended: dict[SignOffId, str] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        return [
            *super().boundary(),
            about(self.place, of=SIGN_OFF_EVENTS),
            about(self.sign_off, of=[PeriodSignedOff]),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        match entry.event:
            case PeriodSignedOff() as event:
                self.signed[event.sign_off] = event
                self.entries[event.sign_off] = entry.id
                if event.replaces is not None:
                    self.ended[event.replaces] = entry.id
            case SignOffWithdrawn(sign_off=name):
                self.ended[name] = entry.id
            case SignOffReopened(sign_off=name):
                self.reopened[name] = entry.id
            case _:
                pass

    def standing(self) -> PeriodSignedOff:
        """The sign-off that is meant. Raises for one that is not the place's, or does not stand."""
        known = self.signed.get(self.sign_off)
        if known is None or known.place != self.place:
            raise unknown(self.sign_off, "sign_off")
        if self.sign_off in self.ended:
            raise NotInForce(
                zh=f"{self.sign_off} 已撤回或已被新的结账取代",
                en=f"{self.sign_off} was withdrawn or replaced already",
                field="sign_off",
                evidence=(self.ended[self.sign_off],),
            )
        return known


@dataclass(kw_only=True)
class SignOffPeriod(_ClosingStep):
    """Sign off a year, or the cycles that ended in it, exactly as it was shown, by the bureau."""

    year: int
    position: int
    sha256: str
    kind: PeriodKind = PeriodKind.YEAR
    reason: str = ""
    statement: Statement | None = None

    @property
    def period(self) -> Period:
        """What is signed off."""
        return period_of(self.year, self.kind)

    def decide(self) -> Iterator[Event]:
        over(self.period, self.ask.on)
        if self.sign_off in self.signed:
            raise taken(self.sign_off, "sign_off")
        earlier = self._earlier()
        if earlier is not None and earlier not in self.reopened:
            raise AlreadySignedOff(
                zh=f"{self.place.value} 的 {self.year} 年已由 {earlier} 结账；"
                "要重新结账，请先重新打开（reopenSignOff）",
                en=f"{earlier} signs off {self.year} of {self.place.value} already; to sign it "
                "anew, reopen that first (reopenSignOff)",
                field="sign_off",
                evidence=(self.entries[earlier],),
            )
        stated = self._stated()
        yield PeriodSignedOff(
            sign_off=self.sign_off,
            place=self.place,
            kind=self.kind,
            year=self.year,
            position=stated.position,
            totals=stated.totals,
            sha256=stated.sha256,
            root=stated.root,
            findings_open=stated.findings_open,
            replaces=earlier,
            reason=trimmed(self.reason),
        )

    def _stated(self) -> Statement:
        stated = self.statement
        if stated is None or stated.position != self.position or self._shown != stated.sha256:
            raise NotAsShown(
                zh=f"位置 {self.position} 处的名单与所示的 SHA-256 不符，请重新查看后再结账",
                en=f"the list at position {self.position} has another SHA-256 than was shown; look "
                "at it again, then sign",
                field="sha256",
            )
        if not stated.totals.teachers:
            raise NothingToSignOff(
                zh=f"{self.place.value} 在 {self.year} 年没有可结账的教师",
                en=f"no teacher of {self.place.value} has a part in {self.year}",
                field="year",
            )
        return stated

    @property
    def _shown(self) -> str:
        return self.sha256.strip().lower()

    def _earlier(self) -> SignOffId | None:
        for name, event in self.signed.items():
            same = (event.place, event.kind, event.year) == (self.place, self.kind, self.year)
            if same and name not in self.ended:
                return name
        return None


@dataclass(kw_only=True)
class WithdrawSignOff(_ClosingStep):
    """Take a sign-off back, with a reason, by the bureau that signed."""

    reason: str

    def decide(self) -> Iterator[Event]:
        self.standing()
        reasoned(self.reason, needed=True)
        yield SignOffWithdrawn(
            sign_off=self.sign_off, place=self.place, reason=trimmed(self.reason)
        )


@dataclass(kw_only=True)
class ReopenSignOff(_ClosingStep):
    """Open a signed period again, by the bureau that signed; it stays until it is signed anew.

    ``position``: up to which the bureau saw what has changed since.
    """

    reason: str
    position: int
    since: Drifted | None = None

    def decide(self) -> Iterator[Event]:
        self.standing()
        if self.sign_off in self.reopened:
            raise AlreadyReopened(
                zh=f"{self.sign_off} 已重新打开，尚未重新结账",
                en=f"{self.sign_off} is reopened, and nothing was signed since",
                field="sign_off",
                evidence=(self.reopened[self.sign_off],),
            )
        reasoned(self.reason, needed=True)
        if self.since is None or self.since.position != self.position:
            raise NotAsShown(
                zh=f"位置 {self.position} 处没有可据的变动情况，请重新查看后再打开",
                en=f"there is nothing to go by at position {self.position}; look again, then "
                "reopen",
                field="position",
            )
        yield SignOffReopened(
            sign_off=self.sign_off,
            place=self.place,
            corrects=self.entries[self.sign_off],
            reason=trimmed(self.reason),
            since=self.since,
        )
