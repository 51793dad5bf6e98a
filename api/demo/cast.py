"""The demo's cast: places, schools, providers, teachers and plans of a county that never was.

Names of people are put together by rule; id numbers are well-formed and belong to nobody known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from stdnum.cn import ric

from ledger.accreditation import AccreditProvider, QuotaCategory, Reach
from ledger.form import Form
from ledger.names import (
    JurisdictionId,
    OrderId,
    ProviderId,
    SchoolId,
    StaffId,
    TeacherId,
    TermId,
)
from ledger.order import SubmitOrder
from ledger.plan import Audience, Component, Course, Lead, Mode, Plan, PlannedTrainer
from ledger.register import Category, RegisterSchool, Stage, Tier, Title
from ledger.schedule import Half, Session
from ledger.teacher import RegisterTeacher

PROVINCE = JurisdictionId("jurisdiction:330000")
WENZHOU = JurisdictionId("jurisdiction:330300")
RUIAN = JurisdictionId("jurisdiction:330381")
TERM = TermId("term:2024H1")

COUNTY_SCHOOL = ProviderId("provider:ruian-training")
INSTITUTE = ProviderId("provider:wenzhou-institute")
NORMAL_UNIVERSITY = ProviderId("provider:zjnu")
UNIVERSITY = ProviderId("provider:wzu")
DISTANCE = ProviderId("provider:yuanxing")
TRAINER = PlannedTrainer(staff=StaffId("staff:trainer-xu"), expertise="课程与教学")

SUBJECTS = ("语文", "数学", "英语", "科学", "班主任", "学前教育")
SCHOOL_NAMES = (
    "安阳实验小学",
    "玉海小学",
    "莘塍第一小学",
    "塘下中心小学",
    "飞云中学",
    "瑞安外国语学校",
    "马屿中学",
    "安阳中学",
    "瑞安第八中学",
    "湖岭学校",
    "滨江幼儿园",
    "职业中专",
)
STAGES = (
    *(Stage.PRIMARY,) * 4,
    *(Stage.JUNIOR_SECONDARY,) * 4,
    Stage.SENIOR_SECONDARY,
    Stage.PRIMARY,
    Stage.KINDERGARTEN,
    Stage.VOCATIONAL,
)
SURNAMES = "林陈黄张叶李王周吴徐蔡郑金潘杨胡朱夏项谢"
GIVEN = ("建国", "晓燕", "丽", "海波", "思远", "静", "文博", "雨桐", "志强", "慧敏", "浩然", "芳")


def schools() -> list[RegisterSchool]:
    """Twelve schools of Rui'an."""
    return [
        RegisterSchool(
            school=SchoolId(f"school:ra{number:02d}"), place=RUIAN, title=title, stage=stage
        )
        for number, (title, stage) in enumerate(zip(SCHOOL_NAMES, STAGES, strict=True), start=1)
    ]


def teacher(number: int) -> TeacherId:
    """The demo's teacher of that number, from 1."""
    return TeacherId(f"teacher:ra{number:04d}")


def school_of(number: int, count: int) -> RegisterSchool:
    """The school of a teacher's number."""
    every = schools()
    return every[(number - 1) * len(every) // count]


def teachers(count: int) -> list[tuple[RegisterTeacher, dict[str, str]]]:
    """The teachers with the personal data that goes to the vault."""
    found = []
    for number in range(1, count + 1):
        school = school_of(number, count)
        entered = date(2019 + number % 5, 9, 1)
        command = RegisterTeacher(
            teacher=teacher(number),
            school=school.school,
            stage=school.stage,
            subject=SUBJECTS[number % 4],
            entered=date(2019, 9, 1) if number <= 4 else entered,
        )
        name = SURNAMES[number % len(SURNAMES)] + GIVEN[number % len(GIVEN)]
        person = {"name": name, "idNumber": id_number(number), "phone": f"1380000{number:04d}"}
        found.append((command, person))
    return found


def id_number(number: int) -> str:
    """A well-formed resident id number."""
    born = date(1975, 1, 1) + timedelta(days=30 * number)
    # Rui'an became a city, with a code of its own, in 1987.
    place = "330325" if born.year < 1987 else "330381"
    digits = f"{place}{born:%Y%m%d}{number % 1000:03d}"
    check: str = ric.calc_check_digit(digits + "0")
    return digits + check


def providers() -> list[AccreditProvider]:
    """A county school, a city institute, two universities, and a new distance provider."""
    rows = (
        (COUNTY_SCHOOL, RUIAN, "瑞安市教师进修学校", Reach.LOCAL, None, date(2010, 9, 1)),
        (INSTITUTE, WENZHOU, "温州市教师教育院", Reach.LOCAL, None, date(2011, 3, 1)),
        (
            NORMAL_UNIVERSITY,
            PROVINCE,
            "浙江师范大学",
            Reach.PROVINCE_WIDE,
            QuotaCategory.NORMAL_UNIVERSITY,
            date(2010, 9, 1),
        ),
        (
            UNIVERSITY,
            PROVINCE,
            "温州大学",
            Reach.PROVINCE_WIDE,
            QuotaCategory.PROVINCE_WIDE,
            date(2010, 9, 1),
        ),
        (
            DISTANCE,
            PROVINCE,
            "远行远程教育",
            Reach.PROVINCE_WIDE,
            QuotaCategory.DISTANCE,
            date(2023, 6, 1),
        ),
    )
    return [
        AccreditProvider(
            provider=provider,
            place=place,
            title=title,
            reach=reach,
            subjects=SUBJECTS,
            since=since,
            quota_category=category,
            distance=provider == DISTANCE,
            blended=provider in (NORMAL_UNIVERSITY, UNIVERSITY),
        )
        for provider, place, title, reach, category, since in rows
    ]


def plan(
    title: str,
    subject: str,
    hours: int,
    mode: Mode = Mode.INTENSIVE,
    *,
    online: str = "0",
    audience: Audience = Audience.LOCAL,
    stage: Stage = Stage.PRIMARY,
) -> Plan:
    """A plan; projects of 90 hours and more have their final assessment."""
    return Plan(
        title=title,
        subject=subject,
        stage=stage,
        mode=mode,
        hours=Decimal(hours),
        base_credits=Decimal(hours),
        online_credits=Decimal(online),
        audience=audience,
        final_assessment=hours >= 90,
        restricted_elective=hours >= 90,
        fee_total=Decimal(0),
        target_tiers=(Tier.ORDINARY, Tier.BACKBONE),
        target_categories=(Category.SUBJECT_TEACHER,),
        aims="改进课堂，落实新课标",
        methods="专题讲座、课例研讨与进校实践",
        introduction="以真实课例为线索，按单元设计、课堂实施、评价反馈展开",
        courses=(
            Course(
                title="课例研讨", aims="会改进一课", requirements="全程参加", homework="一份教案"
            ),
            Course(
                title="进校实践",
                component=Component.PRACTICE,
                aims="上好一课",
                requirements="上一节公开课",
                homework="一份反思",
            ),
        ),
        trainers=(TRAINER,),
        contents=("CORE_SOCIALIST_VALUES",),
    )


def lead(name: str, title: Title = Title.ASSOCIATE_SENIOR) -> Lead:
    """A lead who is what a lead should be, unless the title says otherwise."""
    return Lead(staff=StaffId(f"staff:{name}"), title=title, regular_staff=True, expertise=True)


def order(number: int, subject: str, *, intended: tuple[ProviderId, ...] = ()) -> SubmitOrder:
    """An order of Rui'an."""
    return SubmitOrder(
        order=OrderId(f"order:ra{number}"),
        place=RUIAN,
        term=TERM,
        title=f"{subject}课堂改进",
        theme="新课标落实",
        trainees="义务教育段骨干教师",
        stage=Stage.PRIMARY,
        subject=subject,
        seats=20,
        days=4,
        form=Form.FACE_TO_FACE,
        aims="提升单元整体设计与课堂评价的能力。",
        requirements="以课例研讨为主，安排两次进校实践。",
        intended=intended,
        field_of_study="学科教学",
        trainee_level="骨干教师",
        contact=StaffId("staff:clerk-ye"),
    )


def sessions(first: date, hours: int, courses: Sequence[str]) -> tuple[Session, ...]:
    """Half-days of four hours on weekdays until the hours are full, the courses in turn."""
    found: list[Session] = []
    day, left = first, Decimal(hours)
    while left > 0:
        if day.weekday() < 5:
            for half in (Half.MORNING, Half.AFTERNOON):
                size = min(left, Decimal(4))
                if size > 0:
                    course = courses[len(found) % len(courses)]
                    found.append(Session(day=day, half=half, hours=size, course=course))
                    left -= size
        day += timedelta(days=1)
    return tuple(found)
