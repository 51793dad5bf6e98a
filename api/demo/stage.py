"""The demo's stage: who speaks through which token, on which day, and what was answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx
from joserfc.jwk import OKPKey

from api.auth import issue
from api.door import Door
from ledger.command import Asker, Command, Role
from ledger.fault import Fault
from ledger.names import JurisdictionId, LedgerId, Name, ProviderId, SchoolId, TeacherId

BULK_MAX = 500
ROLES: dict[type[Name], Role] = {
    TeacherId: Role.TEACHER,
    SchoolId: Role.SCHOOL,
    ProviderId: Role.PROVIDER,
    JurisdictionId: Role.BUREAU,
    LedgerId: Role.OPERATOR,
}
OPERATOR = LedgerId("ledger:xuefen")


class OffScript(Exception):
    """The ledger answered otherwise than the script says."""


@dataclass(frozen=True)
class Turned:
    """Something that was refused, and why."""

    day: date
    what: str
    refusals: tuple[dict[str, Any], ...]


@dataclass
class Stage:
    """Doors by party, the day, and the notes for the report."""

    client: httpx.Client
    key: OKPKey
    told: Callable[[date, str], None]
    day: date = date(2024, 3, 6)
    turned: list[Turned] = field(default_factory=list)
    recorded: int = 0
    _doors: dict[str, Door] = field(default_factory=dict)

    def token(self, party: Name, role: Role | None = None) -> str:
        """A token for a party, in the role of its kind unless another is named."""
        chosen = role or ROLES[type(party)]
        actor = str(party) if chosen is Role.TEACHER else f"staff:{party.value}"
        return issue(
            self.key, Asker(actor=actor, role=chosen, scope=party), valid=timedelta(days=30)
        )

    def door(self, party: Name) -> Door:
        """The party's door to the server."""
        if party not in self._doors:
            self._doors[party] = Door(self.client, self.token(party))
        return self._doors[party]

    def dawn(self, day: date, what: str) -> None:
        """Sets the server's clock to a day and tells what it is for."""
        self.door(OPERATOR).post("/demo/clock", {"day": day.isoformat()})
        self.day = day
        self.told(day, what)

    def do(self, party: Name, command: Command, **options: Any) -> dict[str, Any]:
        """Asks, and expects it to be recorded."""
        answer = self.door(party).ask(command, request=self._request(party, command), **options)
        if answer["__typename"] != "Recorded":
            raise OffScript(f"{self.day} {command}: {answer['refusals'][0]['en']}")
        self.recorded += len(answer["events"])
        return answer

    def do_all(
        self, party: Name, commands: Sequence[Command], people: list[dict[str, str]] | None = None
    ) -> None:
        """Asks many of a kind, and expects all to be recorded."""
        for row, command in zip(self._rows(party, commands, people), commands, strict=True):
            if row["__typename"] != "Recorded":
                raise OffScript(f"{self.day} {command}: {row['refusals'][0]['en']}")
            self.recorded += len(row["events"])

    def turn_down(self, what: str, party: Name, command: Command) -> None:
        """Asks, and expects a refusal, which goes into the report."""
        try:
            answer = self.door(party).ask(command, request=self._request(party, command))
        except Fault as fault:
            answer = {"__typename": "Refused", "refusals": [_as_refusal(fault)]}
        if answer["__typename"] != "Refused":
            raise OffScript(f"{self.day} {what}: it was recorded")
        self.turned.append(Turned(self.day, what, tuple(answer["refusals"])))

    def some(self, what: str, party: Name, commands: Sequence[Command]) -> list[bool]:
        """Asks many; tells which were recorded, and notes the first refusal."""
        taken: list[bool] = []
        for row in self._rows(party, commands, None):
            done = row["__typename"] == "Recorded"
            if not done and all(taken):
                self.turned.append(Turned(self.day, what, tuple(row["refusals"])))
            if done:
                self.recorded += len(row["events"])
            taken.append(done)
        return taken

    def _rows(
        self, party: Name, commands: Sequence[Command], people: list[dict[str, str]] | None
    ) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for start in range(0, len(commands), BULK_MAX):
            part = list(commands[start : start + BULK_MAX])
            rows += self.door(party).ask_many(
                part,
                request=f"{self._request(party, part[0])}-{len(rows)}",
                people=people[start : start + BULK_MAX] if people else None,
            )
        return rows

    def _request(self, party: Name, command: Command) -> str:
        return (
            f"demo-{self.day}-{party}-{type(command).__name__}-{self.recorded}-{len(self.turned)}"
        )


def _as_refusal(fault: Fault) -> dict[str, Any]:
    return {"code": fault.code, "zh": fault.zh, "en": fault.en, "rule": None}
