"""Seniority: for how long a provider has been accredited, and what that allows (资质年限)."""

from __future__ import annotations

from datetime import date

from ledger.accreditation import ProviderAccredited
from ledger.command import Command, Refused
from ledger.day import years_later
from ledger.names import JurisdictionId, TermId
from ledger.regulation import Parameters


class OrderHostAge(
    Parameters,
    kind="order-host-age",
    zh="承接订单的机构，资质认定须满所定年数，不满的不予受理。",
    scope=("term",),
    years=("accredited_years_min",),
    less=("accredited_years_min",),
):
    """A provider accredited for fewer years is refused an order."""

    accredited_years_min: int


class TooNewForOrders(Refused):
    """The provider has not been accredited long enough to host an order."""


def accredited_for(accredited: ProviderAccredited, years: int, day: date) -> bool:
    """Whether the accreditation is so many years old; the anniversary counts (rulebook C-39)."""
    return day >= years_later(accredited.since, years)


def host_age(
    command: Command, place: JurisdictionId, term: TermId, host: ProviderAccredited
) -> Refused | None:
    """The gate on providers that are too new to host an order."""
    age = command.ask.rules.find(OrderHostAge, place, command.ask.on, term=term.value)
    years = age.value.accredited_years_min if age else 0
    if age is None or accredited_for(host, years, command.ask.on):
        return None
    return TooNewForOrders(
        zh=f"{host.provider} 自 {host.since} 起具备资质，至 {command.ask.on} 不满 {years} 年，"
        "不能承办订单",
        en=f"{host.provider} is accredited since {host.since}, less than {years} year(s) on "
        f"{command.ask.on}, and cannot host an order",
        rule=age,
        field="provider",
    )
