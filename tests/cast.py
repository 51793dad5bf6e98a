"""The people and things of the tests: one county, its teachers, and those who train them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ledger.accreditation import ProviderAccredited, ProviderKind, QuotaCategory, Reach
from ledger.attendance import Absence, AbsenceKind, AttendanceRecorded
from ledger.change import (
    ChangeCarriedOut,
    ChangeClass,
    ChangeDecided,
    ChangeKind,
    ChangeRequested,
    TraineesNotified,
)
from ledger.completion import CompletionGranted
from ledger.credit import CreditAwarded, CreditCorrected, CreditKind, CreditRevoked
from ledger.declaration import ProjectDeclared
from ledger.enrollment import EnrollmentConfirmed, OfferingSelected, SelectionReviewed
from ledger.event import Event
from ledger.form import Form
from ledger.names import (
    ChangeId,
    CreditId,
    JurisdictionId,
    OfferingId,
    OrderId,
    ProjectId,
    ProviderId,
    SchoolId,
    StaffId,
    TeacherId,
    TermId,
)
from ledger.offering import OfferingOpened
from ledger.order import OrderAwarded, OrderResponded, OrderSubmitted
from ledger.plan import Audience, Choice, Course, Lead, Mode, Plan, PlannedTrainer
from ledger.register import (
    Category,
    JurisdictionRegistered,
    Level,
    SchoolRegistered,
    Stage,
    Tier,
    Title,
)
from ledger.review import ProjectPublished, ProjectReviewed
from ledger.schedule import Half, Session, TimetablePublished
from ledger.school_based import SchoolBasedRecognised
from ledger.teacher import TeacherRegistered, TeacherTransferred
from ledger.term import Calendar, TermOpened
from ledger.trainer import TrainerRegistered
from tests.given import Dated, background

PROVINCE = JurisdictionId("jurisdiction:330000")
WENZHOU = JurisdictionId("jurisdiction:330300")
RUIAN = JurisdictionId("jurisdiction:330381")
HANGZHOU = JurisdictionId("jurisdiction:330100")

H2_2019 = TermId("term:2019H2")
H2_2020 = TermId("term:2020H2")
H1_2024 = TermId("term:2024H1")

SCHOOL = SchoolId("school:anyang-primary")
OTHER_SCHOOL = SchoolId("school:tangxia-middle")
WENZHOU_SCHOOL = SchoolId("school:wenzhou-no2")
LIN = TeacherId("teacher:lin")
CHEN = TeacherId("teacher:chen")
ZHOU = TeacherId("teacher:zhou")
STRANGER = TeacherId("teacher:stranger")

COUNTY_SCHOOL = ProviderId("provider:ruian-training-school")
INSTITUTE = ProviderId("provider:wenzhou-institute")
NORMAL_UNIVERSITY = ProviderId("provider:zhejiang-normal")
UNIVERSITY = ProviderId("provider:wenzhou-university")
DISTANCE = ProviderId("provider:open-university")
NEWCOMER = ProviderId("provider:newcomer")

LEAD = StaffId("staff:prof-wang")
OTHER_LEAD = StaffId("staff:prof-li")
ADVISER = StaffId("staff:adviser-wu")
CLERK = StaffId("staff:clerk-ye")
TRAINER = StaffId("staff:trainer-xu")

PROJECT = ProjectId("project:p1")
OFFERING = OfferingId("offering:o1")
OTHER_OFFERING = OfferingId("offering:o2")
ORDER = OrderId("order:r1")
CHANGE = ChangeId("change:x1")
CREDIT = CreditId("credit:c1")
SCHOOL_BASED = CreditId("credit:school-based")

DAY = date(2024, 3, 19)
OPENS = date(2024, 4, 8)


def jurisdiction(place: JurisdictionId = RUIAN, title: str = "瑞安市") -> JurisdictionRegistered:
    """A place takes part."""
    chain = place.chain
    return JurisdictionRegistered(
        jurisdiction=place,
        title=title,
        level=Level(place.level),
        within=chain[1] if len(chain) > 1 else None,
    )


def school(
    name: SchoolId = SCHOOL, place: JurisdictionId = RUIAN, title: str = "安阳实验小学"
) -> SchoolRegistered:
    """A school takes part."""
    return SchoolRegistered(school=name, place=place, title=title, stage=Stage.PRIMARY)


def registered(
    teacher: TeacherId = LIN,
    *,
    school: SchoolId = SCHOOL,
    place: JurisdictionId = RUIAN,
    entered: date = date(2019, 9, 1),
) -> TeacherRegistered:
    """A teacher entered the platform."""
    return TeacherRegistered(
        teacher=teacher,
        school=school,
        place=place,
        stage=Stage.PRIMARY,
        subject="CHINESE",
        entered=entered,
    )


def moved(since: date, place: JurisdictionId, school: SchoolId) -> TeacherTransferred:
    """A teacher moved to a school elsewhere."""
    return TeacherTransferred(
        teacher=LIN, school_left=SCHOOL, school=school, place=place, since=since
    )


def accredited(
    provider: ProviderId = COUNTY_SCHOOL,
    *,
    place: JurisdictionId = RUIAN,
    reach: Reach = Reach.LOCAL,
    category: QuotaCategory | None = None,
    since: date = date(2012, 9, 1),
    subjects: tuple[str, ...] = ("CHINESE", "SCIENCE"),
    distance: bool = False,
    blended: bool = False,
    kind: ProviderKind = ProviderKind.OTHER,
    within: ProviderId | None = None,
) -> ProviderAccredited:
    """A provider was recognised."""
    return ProviderAccredited(
        provider=provider,
        place=place,
        title="培训机构",
        reach=reach,
        subjects=subjects,
        since=since,
        quota_category=category,
        distance=distance,
        blended=blended,
        kind=kind,
        within=within,
    )


def normal_university() -> ProviderAccredited:
    """One of the two universities with the highest quota."""
    return accredited(
        NORMAL_UNIVERSITY,
        place=PROVINCE,
        reach=Reach.PROVINCE_WIDE,
        category=QuotaCategory.NORMAL_UNIVERSITY,
        blended=True,
    )


def university(since: date = date(2012, 9, 1)) -> ProviderAccredited:
    """Another university that trains the whole province."""
    return accredited(
        UNIVERSITY,
        place=PROVINCE,
        reach=Reach.PROVINCE_WIDE,
        category=QuotaCategory.PROVINCE_WIDE,
        since=since,
    )


def distance_provider(since: date = date(2012, 9, 1)) -> ProviderAccredited:
    """A provider with the qualification for distance training."""
    return accredited(
        DISTANCE,
        place=PROVINCE,
        reach=Reach.PROVINCE_WIDE,
        category=QuotaCategory.DISTANCE,
        since=since,
        distance=True,
    )


def term(name: TermId = H1_2024) -> TermOpened:
    """A half-year of training was opened."""
    return TermOpened(term=name, title=f"{name.value} 培训")


COURSE = Course(title="阅读教学", aims="会设计", requirements="全程参加", homework="一份教案")


def plan(
    hours: str | int | Decimal = 24,
    *,
    credits: str | int | Decimal | None = None,
    mode: Mode = Mode.INTENSIVE,
    online: str | int = 0,
    audience: Audience = Audience.LOCAL,
    subject: str = "CHINESE",
    assessment: bool = False,
    cross_term: bool = False,
    b_certificate: bool = False,
    restricted_elective: bool = False,
    segments: int = 1,
    **more: Any,
) -> Plan:
    """The plan of a project, complete and free of charge; ``more`` is any other field of it."""
    return Plan(
        title="小学语文阅读教学",
        subject=subject,
        stage=Stage.PRIMARY,
        mode=mode,
        hours=Decimal(hours),
        base_credits=Decimal(hours if credits is None else credits),
        online_credits=Decimal(online),
        audience=audience,
        segments=segments,
        cross_term=cross_term,
        final_assessment=assessment,
        restricted_elective=restricted_elective,
        b_certificate=b_certificate,
        **{
            "fee_total": Decimal(0),
            "target_tiers": (Tier.ORDINARY,),
            "target_categories": (Category.SUBJECT_TEACHER,),
            "aims": "能独立设计阅读课",
            "methods": "课例研讨",
            "introduction": "单元整体阅读",
            "courses": (COURSE,),
            "trainers": (PlannedTrainer(staff=TRAINER, expertise="阅读教学"),),
            "contents": ("CORE_SOCIALIST_VALUES",),
            **more,
        },
    )


def lead(
    staff: StaffId = LEAD,
    *,
    title: Title = Title.SENIOR,
    regular_staff: bool = True,
    expertise: bool = True,
    full_time: bool = False,
) -> Lead:
    """The person responsible for a project."""
    return Lead(
        staff=staff,
        title=title,
        regular_staff=regular_staff,
        expertise=expertise,
        full_time=full_time,
    )


def trained() -> list[Dated]:
    """The trainer of the plan is in the registry and the places take part, for what looks at it."""
    known = TrainerRegistered(trainer=TRAINER, place=RUIAN, expertise="阅读教学")
    return background(known, places())


def places() -> list[JurisdictionRegistered]:
    """The province and the places of the tests take part."""
    named = {PROVINCE: "浙江省", WENZHOU: "温州市", RUIAN: "瑞安市", HANGZHOU: "杭州市"}
    return [jurisdiction(place, title) for place, title in named.items()]


PLAN = plan()
LEADER = lead()


def declared(
    project: ProjectId = PROJECT,
    *,
    provider: ProviderId = COUNTY_SCHOOL,
    place: JurisdictionId = RUIAN,
    term: TermId = H1_2024,
    plan: Plan = PLAN,
    lead: Lead = LEADER,
    offerings: int = 1,
    counts: bool = False,
    order: OrderId | None = None,
    rules: tuple[str, ...] = (),
) -> ProjectDeclared:
    """A project was submitted."""
    return ProjectDeclared(
        project=project,
        provider=provider,
        place=place,
        term=term,
        calendar=Calendar.ORDER if order else Calendar.REGULAR,
        plan=plan,
        lead=lead,
        offerings=offerings,
        counts_for_quota=counts,
        order=order,
        rules=rules,
    )


def projects(
    count: int,
    *,
    provider: ProviderId,
    place: JurisdictionId = PROVINCE,
    term: TermId = H1_2024,
    counts: bool = True,
    order: OrderId | None = None,
) -> list[ProjectDeclared]:
    """So many projects of one provider, each under its own lead."""
    return [
        declared(
            ProjectId(f"project:{provider.value}-{number}"),
            provider=provider,
            place=place,
            term=term,
            lead=lead(StaffId(f"staff:lead-{number}")),
            counts=counts,
            order=order,
        )
        for number in range(1, count + 1)
    ]


def reviewed(
    project: ProjectId = PROJECT,
    *,
    approved: bool = True,
    provider: ProviderId = COUNTY_SCHOOL,
    place: JurisdictionId = RUIAN,
    term: TermId = H1_2024,
    reason: str = "",
) -> ProjectReviewed:
    """The authority decided on a project."""
    return ProjectReviewed(
        project=project, provider=provider, place=place, term=term, approved=approved, reason=reason
    )


def published(
    project: ProjectId = PROJECT,
    *,
    provider: ProviderId = COUNTY_SCHOOL,
    place: JurisdictionId = RUIAN,
    term: TermId = H1_2024,
) -> ProjectPublished:
    """The authority published a project."""
    return ProjectPublished(project=project, provider=provider, place=place, term=term)


def opened(
    plan: Plan = PLAN,
    *,
    offering: OfferingId = OFFERING,
    provider: ProviderId = COUNTY_SCHOOL,
    place: JurisdictionId = RUIAN,
    term: TermId = H1_2024,
    calendar: Calendar = Calendar.REGULAR,
    seats: int = 50,
    opens: date = OPENS,
    closes: date = date(2024, 6, 28),
) -> OfferingOpened:
    """A class was opened for selection."""
    return OfferingOpened(
        offering=offering,
        project=PROJECT,
        provider=provider,
        place=place,
        term=term,
        calendar=calendar,
        plan=plan,
        seats=seats,
        opens=opens,
        closes=closes,
        adviser=ADVISER,
    )


def selected(
    teacher: TeacherId = LIN,
    *,
    offering: OfferingId = OFFERING,
    round: int = 1,
    term: TermId = H1_2024,
    place: JurisdictionId = RUIAN,
    school: SchoolId = SCHOOL,
    provider: ProviderId = COUNTY_SCHOOL,
    rules: tuple[str, ...] = (),
) -> OfferingSelected:
    """A teacher chose a class."""
    return OfferingSelected(
        teacher=teacher,
        offering=offering,
        school=school,
        provider=provider,
        place=place,
        term=term,
        round=round,
        rules=rules,
    )


def passed(
    teacher: TeacherId = LIN,
    *,
    offering: OfferingId = OFFERING,
    round: int = 1,
    term: TermId = H1_2024,
    passed: bool = True,
    school: SchoolId = SCHOOL,
    reason: str = "",
) -> SelectionReviewed:
    """The school passed a choice, or did not."""
    return SelectionReviewed(
        teacher=teacher,
        offering=offering,
        school=school,
        term=term,
        round=round,
        passed=passed,
        reason=reason,
    )


def confirmed(
    teacher: TeacherId = LIN,
    *,
    offering: OfferingId = OFFERING,
    round: int = 1,
    term: TermId = H1_2024,
    school: SchoolId = SCHOOL,
    provider: ProviderId = COUNTY_SCHOOL,
) -> EnrollmentConfirmed:
    """The provider admitted a teacher."""
    return EnrollmentConfirmed(
        teacher=teacher,
        offering=offering,
        school=school,
        provider=provider,
        term=term,
        round=round,
    )


def enrolled(teacher: TeacherId = LIN) -> list[Event]:
    """The three steps of an admission."""
    return [selected(teacher), passed(teacher), confirmed(teacher)]


def sessions(hours: str | int | Decimal, opens: date = OPENS) -> tuple[Session, ...]:
    """A timetable of half-days of four hours, two a day, and a shorter one at the end."""
    left, found = Decimal(hours), []
    while left > 0:
        count = len(found)
        found.append(
            Session(
                day=opens + timedelta(days=count // 2),
                half=Half.AFTERNOON if count % 2 else Half.MORNING,
                hours=min(left, Decimal(4)),
                course="阅读教学",
            )
        )
        left -= 4
    return tuple(found)


def timetable(
    hours: str | int | Decimal = 24,
    opens: date = OPENS,
    *,
    offering: OfferingId = OFFERING,
    provider: ProviderId = COUNTY_SCHOOL,
) -> TimetablePublished:
    """A timetable was published."""
    return TimetablePublished(
        offering=offering, provider=provider, sessions=sessions(hours, opens), hours=Decimal(hours)
    )


def absences(
    hours: str | int | Decimal,
    planned: str | int | Decimal,
    teacher: TeacherId = LIN,
    kind: AbsenceKind = AbsenceKind.UNEXCUSED,
) -> list[AttendanceRecorded]:
    """The records of the half-days on which a teacher missed so many hours, from the first on."""
    left, found = Decimal(hours), []
    for each in sessions(planned):
        missed = min(left, each.hours)
        if missed > 0:
            found.append(attended(each.day, each.half, each.hours, (teacher, missed, kind)))
        left -= missed
    return found


def attended(
    day: date,
    half: Half = Half.MORNING,
    hours: str | int | Decimal = 4,
    *missing: tuple[TeacherId, Decimal, AbsenceKind],
) -> AttendanceRecorded:
    """The attendance of a half-day was taken."""
    return AttendanceRecorded(
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        day=day,
        half=half,
        hours=Decimal(hours),
        absences=tuple(Absence(teacher=t, hours=h, kind=k) for t, h, k in missing),
    )


def completed(planned: str | int = 24, missed: str | int = 0) -> CompletionGranted:
    """A trainee completed the training."""
    return CompletionGranted(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        hours_planned=Decimal(planned),
        hours_missed=Decimal(missed),
        hours=Decimal(planned) - Decimal(missed),
    )


def awarded(
    credits: str | int,
    *,
    credit: CreditId = CREDIT,
    teacher: TeacherId = LIN,
    kind: CreditKind = CreditKind.INTENSIVE,
    base: str | int | None = None,
    hours: str | int | None = None,
    missed: str | int = 0,
    completed: date = date(2023, 6, 1),
    offering: OfferingId = OFFERING,
    place: JurisdictionId = RUIAN,
    school: SchoolId = SCHOOL,
) -> CreditAwarded:
    """A completed training was credited."""
    nominal = Decimal(credits if base is None else base)
    return CreditAwarded(
        credit=credit,
        teacher=teacher,
        offering=offering,
        school=school,
        place=place,
        provider=COUNTY_SCHOOL,
        authority=place,
        kind=kind,
        choice=Choice.SELF_SELECTED,
        title="小学语文阅读教学",
        base_credits=nominal,
        hours_planned=nominal if hours is None else Decimal(hours),
        hours_missed=Decimal(missed),
        credits=Decimal(credits),
        completed=completed,
    )


def taken_back_and_restored(
    credit: CreditId, amount: str | int
) -> tuple[CreditRevoked, CreditCorrected]:
    """A credit was corrected to nothing, and then to what it had been."""
    who = {"credit": credit, "teacher": LIN, "school": SCHOOL, "place": RUIAN}
    told: dict[str, Any] = {**who, "corrects": "0193-0001", "reason": "误改", "decided": True}
    gone = CreditRevoked(credits_before=Decimal(amount), **told)
    return gone, CreditCorrected(credits_before=Decimal(0), credits=Decimal(amount), **told)


def recognised(
    credits: str | int,
    *,
    credit: CreditId = SCHOOL_BASED,
    teacher: TeacherId = LIN,
    completed: date = date(2022, 6, 1),
    approved: bool = True,
    place: JurisdictionId = RUIAN,
    school: SchoolId = SCHOOL,
) -> SchoolBasedRecognised:
    """A school-based training was credited, or not."""
    return SchoolBasedRecognised(
        credit=credit,
        teacher=teacher,
        school=school,
        place=place,
        title="校本研修",
        hours=Decimal(credits),
        credits=Decimal(credits),
        completed=completed,
        approved=approved,
        reason="",
    )


def ordered(
    order: OrderId = ORDER,
    *,
    place: JurisdictionId = RUIAN,
    intended: tuple[ProviderId, ...] = (),
    term: TermId = H1_2024,
) -> OrderSubmitted:
    """A county asked for one class."""
    return OrderSubmitted(
        order=order,
        place=place,
        term=term,
        title="乡村教师实验教学",
        theme="实验教学",
        trainees="乡村小学科学教师",
        stage=Stage.PRIMARY,
        subject="SCIENCE",
        seats=50,
        days=5,
        form=Form.FACE_TO_FACE,
        aims="能独立开设实验课",
        requirements="以实验操作为主",
        intended=intended,
        field_of_study="学科教学",
        trainee_level="骨干教师",
        contact=CLERK,
    )


def responded(order: OrderId = ORDER, provider: ProviderId = UNIVERSITY) -> OrderResponded:
    """A provider answered an order."""
    return OrderResponded(order=order, provider=provider, place=RUIAN, proposal="方案")


def order_awarded(order: OrderId = ORDER, provider: ProviderId = UNIVERSITY) -> OrderAwarded:
    """The county chose the provider of an order."""
    return OrderAwarded(
        order=order, provider=provider, place=RUIAN, term=H1_2024, reason="方案最契合"
    )


def requested(
    *kinds: ChangeKind,
    change: ChangeId = CHANGE,
    provider: ProviderId = COUNTY_SCHOOL,
    opens: date | None = None,
    closes: date | None = None,
    pinned: date | None = None,
    term: TermId | None = H1_2024,
    choice: Choice = Choice.SELF_SELECTED,
) -> ChangeRequested:
    """A provider asked to alter a published plan; without kinds, to replace a trainer."""
    return ChangeRequested(
        change=change,
        offering=OFFERING,
        provider=provider,
        place=RUIAN,
        kinds=kinds or (ChangeKind.TRAINER_REPLACED,),
        description="徐老师因病不能授课",
        opens=opens,
        closes=closes,
        pinned=pinned,
        term=term,
        choice=choice,
    )


def decided(
    approved: bool = True,
    change_class: ChangeClass = ChangeClass.MAJOR,
    reason: str = "",
    change: ChangeId = CHANGE,
) -> ChangeDecided:
    """The bureau decided a change."""
    return ChangeDecided(
        change=change,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        approved=approved,
        change_class=change_class,
        reason=reason,
    )


def notified(understood: bool | None = True) -> TraineesNotified:
    """The trainees were told of a change."""
    return TraineesNotified(
        change=CHANGE,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        explanation="改由李老师授课",
        understood=understood,
    )


def carried_out(change_class: ChangeClass = ChangeClass.MAJOR) -> ChangeCarriedOut:
    """A change took effect."""
    return ChangeCarriedOut(
        change=CHANGE, offering=OFFERING, provider=COUNTY_SCHOOL, change_class=change_class
    )
