"""Channel: every step of an order is taken on the platform; one taken elsewhere is noted."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.command import Command, Refused
from ledger.event import Event
from ledger.fault import Fault
from ledger.finding import Outcome
from ledger.names import JurisdictionId, Name, TermId
from ledger.regulation import Parameters


class OrderChannel(
    Parameters,
    kind="order-channel",
    zh="转报的订单步骤注明不在平台上办理的，记一项违规。",
    scope=("term",),
):
    """Notes a reported step of an order that was taken elsewhere than on the platform."""

    through: str


class OffPlatform(Refused):
    """A step of an order was taken off the platform."""


def on_platform(
    command: Command,
    off_platform: bool,
    *subjects: Name,
    place: JurisdictionId,
    term: TermId,
) -> Iterator[Event]:
    """Notes a step taken off the platform. Raises ``Fault`` where that is asked, not reported."""
    if not off_platform:
        return
    if not command.ask.reported:
        raise Fault(
            "NOT_REPORTED",
            zh="只有转报的步骤才可能不在平台上办理；在此提交的就是在平台上办理的",
            en="only a reported step can have been taken off the platform; this one is on it",
            field="off_platform",
        )
    rule = command.ask.rules.find(OrderChannel, place, command.ask.on, term=term.value)
    if rule is not None:
        said = OffPlatform(
            zh=f"订单的这一步没有在 {rule.value.through} 上办理",
            en=f"this step of the order was not taken on the {rule.value.through}",
            rule=rule,
            field="off_platform",
        )
        yield command.finding(said, Outcome.VIOLATION, *subjects)
