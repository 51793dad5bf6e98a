"""Founding: what an empty ledger begins with, the places and the five regulation documents."""

from __future__ import annotations

import csv
import io
from importlib.resources import files

from ledger.adoption import AdoptRegulation
from ledger.command import Asker, Command, Role
from ledger.document import Document, parse
from ledger.event import Channel
from ledger.names import JurisdictionId, LedgerId
from ledger.register import RegisterJurisdiction

DOCUMENTS = ("wz12", "zj14", "ra19", "zj20", "zj24")
FOUNDER = Asker(
    actor="staff:system",
    role=Role.OPERATOR,
    scope=LedgerId("ledger:xuefen"),
    channel=Channel.SYSTEM,
)
REQUEST = "founding"


def documents() -> list[Document]:
    """The documents that come with the program, checked. Raises ``Fault`` (``BAD_DOCUMENT``)."""
    folder = files("ledger") / "regulations"
    return [
        parse((folder / f"{name}.toml").read_text("utf-8"), f"{name}.toml") for name in DOCUMENTS
    ]


def founding_commands() -> list[Command]:
    """The commands that found a ledger: every place, then every document."""
    text = (files("ledger") / "regulations" / "jurisdictions.csv").read_text("utf-8")
    places: list[Command] = [
        RegisterJurisdiction(
            jurisdiction=JurisdictionId(f"jurisdiction:{row['code']}"), title=row["name"]
        )
        for row in csv.DictReader(io.StringIO(text))
    ]
    return [*places, *(AdoptRegulation(document=each) for each in documents())]
