"""Host: who may put a project forward, and which group of teachers it is meant to train."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.accreditation import ProviderKind, Reach
from ledger.candidate import Candidate
from ledger.command import Refused
from ledger.kind import OutOfRange
from ledger.register import Category
from ledger.regulation import Parameters


class AccreditedOnly(
    Parameters,
    kind="accredited-only",
    zh="承办机构既未经培训所在地（县、市、省）教育局认定，也不具备面向全省的资质的，记一项违规。",
    scope=(),
):
    """Notes a host that neither the place's chain of bureaus nor the province accredited."""


class DivisionOfWork(
    Parameters,
    kind="division-of-work",
    zh="按“对象:机构”分工表，机构承办不属其分工的培训对象时，记一项建议；"
    "表中没有的对象或机构性质不作判断。",
    scope=(),
):
    """Notes, as advice, a host that trains a group that the table gives to others.

    ``pairs`` holds ``CATEGORY:KIND``; groups and kinds that the table does not have are not judged.
    """

    pairs: tuple[str, ...]

    def unfit(self) -> OutOfRange | None:
        for pair in self.pairs:
            group, _, kind = pair.partition(":")
            if group not in Category.__members__ or kind not in ProviderKind.__members__:
                en = f"{pair} is no group of teachers with a kind of provider"
                return OutOfRange("pairs", f"{pair} 不是“教师类别:机构性质”", en)
        return None


class UniversityLed(
    Parameters,
    kind="university-led",
    zh="所列性质的机构（高校二级学院）自行申报的，记一项违规，应由学校统一申报。",
    scope=(),
    less=("barred",),
    words={"barred": ProviderKind},
):
    """Notes a project that a part of a university declares instead of the university."""

    barred: tuple[str, ...]


class NotAccreditedHere(Refused):
    """No bureau of the place has accredited the provider."""


class OutsideDivision(Refused):
    """The table of tasks gives this group of teachers to other providers."""


class DeclaredByCollege(Refused):
    """A college declares what its university should."""


def judge_accredited(candidate: Candidate) -> Iterator[Refused]:
    """Whether a bureau of the place's chain, or the province for all, accredited the host."""
    rule, host = candidate.find(AccreditedOnly), candidate.host
    if rule is None or host.reach is Reach.PROVINCE_WIDE or host.place.covers(candidate.place):
        return
    yield NotAccreditedHere(
        zh=f"{host.provider} 由 {host.place.value} 认定，未经 {candidate.place.value} 的教育局认定",
        en=f"{host.provider} is accredited by {host.place.value}, by no bureau of "
        f"{candidate.place.value}",
        rule=rule,
        field="provider",
    )


def judge_division(candidate: Candidate) -> Iterator[Refused]:
    """Which target groups the table of tasks gives to others than the host."""
    rule, host = candidate.find(DivisionOfWork), candidate.host
    if rule is None or not any(each.endswith(f":{host.kind.value}") for each in rule.value.pairs):
        return
    listed = {each.partition(":")[0] for each in rule.value.pairs}
    foreign = [
        each.value
        for each in candidate.plan.target_categories
        if each.value in listed and f"{each.value}:{host.kind.value}" not in rule.value.pairs
    ]
    if foreign:
        yield OutsideDivision(
            zh=f"按分工表，{'、'.join(foreign)} 不由 {host.kind.value} 培训",
            en=f"by the table of tasks a {host.kind.value} does not train {', '.join(foreign)}",
            rule=rule,
            field="target_categories",
        )


def judge_university(candidate: Candidate) -> Iterator[Refused]:
    """Whether a college declares on its own."""
    rule, host = candidate.find(UniversityLed), candidate.host
    if rule is None or host.kind.value not in rule.value.barred:
        return
    yield DeclaredByCollege(
        zh=f"{host.provider} 是 {host.within or '高校'} 的二级学院，应由学校统一申报",
        en=f"{host.provider} is a college of {host.within or 'a university'}, which should "
        "declare in its place",
        rule=rule,
        field="provider",
    )
