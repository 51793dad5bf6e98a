"""An order of a scale: who is simulated, where and when; and what of it cannot be."""

from __future__ import annotations

from dataclasses import dataclass

from api.scale import POSSIBLE, TEACHERS_MAX, homes
from ledger.fault import Fault
from ledger.names import JurisdictionId


@dataclass(frozen=True)
class Order:
    """What is to be carried out."""

    scale: str
    place: str
    teachers: int
    district: int
    terms: tuple[str, ...]
    seed: int
    processes: int

    @property
    def tellings(self) -> int:
        """How many districts live through it."""
        return max(round(self.teachers / self.district), 1)

    def homes(self) -> list[JurisdictionId]:
        """Where each of them lives. Raises ``Fault`` for a place that is no county."""
        return homes(self.scale, self.place, self.tellings, self.seed)


def require_possible(order: Order) -> None:
    """Raises ``Fault`` for a number of teachers, a term or a place that cannot be simulated."""
    if not 1 <= order.teachers <= TEACHERS_MAX:
        raise Fault(
            "BAD_TEACHERS",
            zh=f"教师人数须在 1 至 {TEACHERS_MAX} 之间",
            en=f"teachers must lie between 1 and {TEACHERS_MAX}",
        )
    for term in order.terms:
        if term not in POSSIBLE:
            first, last = POSSIBLE[0], POSSIBLE[-1]
            raise Fault(
                "TERM_NOT_SIMULATED",
                zh=f"--scale 可模拟 {first} 至 {last} 的各学期，不含 {term}",
                en=f"--scale simulates the half-years from {first} to {last}, and {term} is none "
                "of them",
            )
    order.homes()
