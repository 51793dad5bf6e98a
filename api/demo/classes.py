"""The demo's classes: seven of them, each with its project, provider, plan, seats and days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from api.demo.cast import (
    COUNTY_SCHOOL,
    DISTANCE,
    INSTITUTE,
    NORMAL_UNIVERSITY,
    PROVINCE,
    RUIAN,
    TERM,
    UNIVERSITY,
    lead,
    plan,
    sessions,
)
from ledger.declaration import DeclareProject
from ledger.names import JurisdictionId, OfferingId, OrderId, ProjectId, ProviderId, StaffId
from ledger.offering import OpenOffering
from ledger.plan import Audience, Lead, Mode, Plan
from ledger.register import Title
from ledger.schedule import Session


@dataclass(frozen=True)
class Class:
    """A class of the demo: its project, provider, plan, seats and days."""

    key: str
    provider: ProviderId
    place: JurisdictionId
    plan: Plan
    lead: Lead
    seats: int
    opens: date
    order: OrderId | None = None

    @property
    def project(self) -> ProjectId:
        """Its project."""
        return ProjectId(f"project:{self.key}")

    @property
    def offering(self) -> OfferingId:
        """Its offering."""
        return OfferingId(f"offering:{self.key}")

    @property
    def closes(self) -> date:
        """The last day of its timetable."""
        return self.sessions[-1].day

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Its timetable."""
        courses = [each.title for each in self.plan.courses]
        return sessions(self.opens, int(self.plan.hours), courses)

    def declare(self) -> DeclareProject:
        """Its declaration."""
        return DeclareProject(
            project=self.project,
            provider=self.provider,
            place=self.place,
            term=TERM,
            plan=self.plan,
            lead=self.lead,
            order=self.order,
        )

    def open(self) -> OpenOffering:
        """Its opening for selection."""
        return OpenOffering(
            offering=self.offering,
            project=self.project,
            seats=self.seats,
            opens=self.opens,
            closes=self.closes,
            adviser=StaffId(f"staff:adviser-{self.key}"),
        )


SUMMER = date(2024, 7, 8)
INTENSIVE = Class(
    "chinese-90",
    COUNTY_SCHOOL,
    RUIAN,
    plan("语文骨干教师集中培训", "语文", 90),
    lead("wang"),
    40,
    SUMMER,
)
MATHS = Class(
    "maths-24",
    COUNTY_SCHOOL,
    RUIAN,
    plan("数学课堂评价", "数学", 24),
    lead("zhou"),
    40,
    date(2024, 4, 22),
)
SCIENCE = Class(
    "science-24",
    INSTITUTE,
    RUIAN,
    plan("科学实验教学", "科学", 24),
    lead("lin"),
    40,
    date(2024, 5, 13),
)
ENGLISH = Class(
    "english-40",
    COUNTY_SCHOOL,
    RUIAN,
    plan("英语阅读教学", "英语", 40),
    lead("xu", Title.INTERMEDIATE),
    50,
    date(2024, 4, 10),
)
BLENDED = Class(
    "blended-60",
    UNIVERSITY,
    PROVINCE,
    plan("班主任混合研修", "班主任", 60, Mode.BLENDED, online="18", audience=Audience.PROVINCE),
    lead("ye"),
    60,
    date(2024, 5, 20),
)
ONLINE = Class(
    "online-60",
    DISTANCE,
    PROVINCE,
    plan("信息技术远程研修", "数学", 60, Mode.DISTANCE, audience=Audience.PROVINCE),
    lead("chen"),
    300,
    date(2024, 6, 3),
)
ORDERED = Class(
    "order-maths",
    NORMAL_UNIVERSITY,
    RUIAN,
    plan("数学单元设计（订单）", "数学", 32),
    lead("gao"),
    20,
    date(2024, 5, 6),
    OrderId("order:ra1"),
)
REGULAR = (INTENSIVE, MATHS, SCIENCE, ENGLISH, BLENDED, ONLINE)
CLASSES = (*REGULAR, ORDERED)
