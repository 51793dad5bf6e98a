"""Identifiers that carry their kind, such as ``teacher:0042``, and are their own tags.

A name is a string ``kind:value`` everywhere: in events, tags, URLs and GraphQL. Because the kind
is part of it, a teacher cannot be passed where a school is meant, and an event's tags follow
from its fields without anybody listing them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b
from typing import Any, ClassVar, Self, TypeVar

from ledger.fault import Fault

VALUE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
KINDS: dict[str, type[Name]] = {}
KNOWN_MAX = 65_536
NameT = TypeVar("NameT", bound="Name")


class Name(str):
    """``kind:value``; the value has 1 to 64 letters, digits, dots, dashes or underscores.

    Raises ``Fault`` (code ``MALFORMED_NAME``) when built from anything else.
    """

    __slots__ = ()
    kind: ClassVar[str] = ""

    def __init_subclass__(cls, *, kind: str) -> None:
        super().__init_subclass__()
        cls.kind = kind
        KINDS[kind] = cls

    def __new__(cls, text: str) -> Self:
        kind, _, value = text.partition(":")
        expected = cls.kind or kind
        if kind != expected or kind not in KINDS or not VALUE.fullmatch(value):
            shown = text if len(text) <= 80 else text[:80] + "…"
            want = f"{expected}:…" if cls.kind else "kind:…"
            raise Fault(
                "MALFORMED_NAME",
                zh=f"标识 {shown!r} 不合格式，应为 {want}，冒号后为 1 至 64 个字母、数字或 . _ -",
                en=f"{shown!r} is not a name of the form {want} with 1 to 64 letters, digits, . "
                "_ -",
            )
        return super().__new__(cls, text)

    @property
    def value(self) -> str:
        """The part after the colon."""
        return self.partition(":")[2]


def known(kind: type[NameT], text: str) -> NameT:
    """A name that was written before: the same places and schools come in every row that is read.

    Where any kind may stand, what is read back is of the kind that it says, as it was written.
    Raises ``Fault`` (code ``MALFORMED_NAME``) as the name's class does.
    """
    found: NameT = recalled(kind, text)
    return found


@lru_cache(maxsize=KNOWN_MAX)
def recalled(kind: type, text: str) -> Any:
    """The same of any class, as decoders ask; raises ``TypeError`` where it is none of names."""
    if not issubclass(kind, Name):
        raise TypeError(f"{kind.__name__} has no place in the ledger")
    return (KINDS.get(text.partition(":")[0], Name) if kind is Name else kind)(text)


class JurisdictionId(Name, kind="jurisdiction"):
    """A province, city or county by its GB/T 2260 code, and so also its bureau."""

    __slots__ = ()

    @property
    def level(self) -> str:
        """``PROVINCE``, ``CITY`` or ``COUNTY``, read from the zeros of the code."""
        if self.value.endswith("0000"):
            return "PROVINCE"
        return "CITY" if self.value.endswith("00") else "COUNTY"

    @property
    def chain(self) -> tuple[JurisdictionId, ...]:
        """This place and those it lies in, nearest first: county, city, province."""
        return _chain(str(self))

    def covers(self, other: JurisdictionId) -> bool:
        """Whether ``other`` is this place or lies in it."""
        return self in other.chain


@lru_cache(maxsize=KNOWN_MAX)
def _chain(place: str) -> tuple[JurisdictionId, ...]:
    code = place.partition(":")[2]
    codes = dict.fromkeys([code, code[:4] + "00", code[:2] + "0000"])
    return tuple(JurisdictionId(f"jurisdiction:{each}") for each in codes)


class ProviderId(Name, kind="provider"):
    """A training provider (培训机构)."""

    __slots__ = ()


class SchoolId(Name, kind="school"):
    """A school or kindergarten that employs teachers."""

    __slots__ = ()


class TeacherId(Name, kind="teacher"):
    """A teacher; the value is random or a platform number, never an id number."""

    __slots__ = ()


class StaffId(Name, kind="staff"):
    """A person or system that acts: reviewer, class adviser, project lead, integrator."""

    __slots__ = ()


class TermId(Name, kind="term"):
    """A half-year of training, such as ``term:2024H1``."""

    __slots__ = ()


class OrderId(Name, kind="order"):
    """A county's request for one class offering (订单)."""

    __slots__ = ()


class ProjectId(Name, kind="project"):
    """A declared training project (培训项目)."""

    __slots__ = ()


class OfferingId(Name, kind="offering"):
    """One class run of a project (班期)."""

    __slots__ = ()


class ChangeId(Name, kind="change"):
    """A change asked for in a published plan."""

    __slots__ = ()


class CreditId(Name, kind="credit"):
    """One credit entry in a teacher's record."""

    __slots__ = ()


class FindingId(Name, kind="finding"):
    """A finding; the value is the id of the event that made it."""

    __slots__ = ()


class SampleId(Name, kind="sample"):
    """One audit sample of trainings (抽样)."""

    __slots__ = ()


class SignOffId(Name, kind="signoff"):
    """One sign-off of a year or of cycles by a bureau (结账)."""

    __slots__ = ()


class ReconciliationId(Name, kind="reconciliation"):
    """One sheet held against the ledger (对账)."""

    __slots__ = ()


class LoadId(Name, kind="load"):
    """One sheet that was taken into the ledger (载入)."""

    __slots__ = ()


class AnomalyId(Name, kind="anomaly"):
    """One contradiction between a list and the ledger (异常)."""

    __slots__ = ()


class PetitionId(Name, kind="petition"):
    """One request that a credit be put right (更正申请)."""

    __slots__ = ()


class ServiceTokenId(Name, kind="token"):
    """One service token of an integrator (服务令牌)."""

    __slots__ = ()


class DocumentId(Name, kind="document"):
    """A regulation document, such as ``document:zj24``."""

    __slots__ = ()


class LedgerId(Name, kind="ledger"):
    """The ledger itself; what concerns everybody is tagged with it."""

    __slots__ = ()


@lru_cache(maxsize=KNOWN_MAX)
def tag_hash(tag: str) -> int:
    """The 64-bit hash under which a tag is indexed; rows are checked against the tag itself."""
    return int.from_bytes(blake2b(tag.encode(), digest_size=8).digest(), "big", signed=True)
