"""Population: a county's schools and teachers and the providers that train them, from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from random import Random

from ledger.accreditation import QuotaCategory, Reach
from ledger.command import PROVINCE, Asker, Role
from ledger.names import JurisdictionId, Name, ProviderId, SchoolId, StaffId, TeacherId
from ledger.register import Stage

TEACHERS_PER_SCHOOL = 25
SUBJECTS = ("CHINESE", "MATHEMATICS", "ENGLISH", "SCIENCE", "ARTS", "PHYSICAL_EDUCATION")
STAGES = (
    Stage.PRIMARY,
    Stage.JUNIOR_SECONDARY,
    Stage.KINDERGARTEN,
    Stage.PRIMARY,
    Stage.SENIOR_SECONDARY,
    Stage.VOCATIONAL,
)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
GIVEN = "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红玲芬"
USUAL, SELDOM, OFTEN = (35, 40, 20, 5), (85, 13, 2, 0), (15, 40, 30, 15)
"""0.95 choices a term on average, 1.5 for each enrollment that comes of them; fewer, and more."""
SELDOM_SHARE, OFTEN_SHARE = 0.3, 0.15
ENTERED = date(2014, 9, 1)
ENTERED_DAYS = 1_700
"""Everybody entered the platform before the first term that the documents know."""


@dataclass(frozen=True)
class School:
    """A school and its head."""

    school: SchoolId
    title: str
    stage: Stage
    head: Asker


@dataclass(frozen=True)
class Teacher:
    """A teacher of a school; ``choices``: how likely none, one, two and three in a term are."""

    teacher: TeacherId
    school: School
    subject: str
    entered: date
    person: str
    self: Asker
    choices: tuple[int, ...] = USUAL


@dataclass(frozen=True)
class Provider:
    """A provider, its office, and the bureau that reviews its projects."""

    provider: ProviderId
    title: str
    reach: Reach
    category: QuotaCategory | None
    distance: bool
    blended: bool
    bureau: Asker
    office: Asker

    @property
    def place(self) -> JurisdictionId:
        """The place of its bureau."""
        return _place(self.bureau.scope)


@dataclass(frozen=True)
class Population:
    """Everybody who takes part, and the key by which all their names begin."""

    key: str
    place: JurisdictionId
    county: Asker
    city: Asker
    province: Asker
    schools: tuple[School, ...]
    teachers: tuple[Teacher, ...]
    providers: tuple[Provider, ...]

    def staff(self, name: str) -> StaffId:
        """A member of some staff."""
        return StaffId(f"staff:{self.key}-{name}")


def populate(
    place: JurisdictionId, teachers: int, terms: Sequence[str], seed: int, *, keen: bool = False
) -> Population:
    """The same people for the same place, number, terms and seed.

    ``keen``: some choose more than others, and do so in every term.
    """
    about = f"{seed}/{place}/{teachers}/{','.join(terms)}"
    key = sha256(about.encode()).hexdigest()[:8]
    rng = Random(about)  # noqa: S311  # nothing here is a secret
    city = place.chain[1]
    bureaus = {each: _bureau(key, each) for each in (place, city, PROVINCE)}
    schools = tuple(_school(key, n) for n in range(-(-teachers // TEACHERS_PER_SCHOOL)))
    return Population(
        key=key,
        place=place,
        county=bureaus[place],
        city=bureaus[city],
        province=bureaus[PROVINCE],
        schools=schools,
        teachers=tuple(_teacher(key, n, schools, rng, keen) for n in range(teachers)),
        providers=_providers(key, bureaus[place], bureaus[city], bureaus[PROVINCE]),
    )


def _bureau(key: str, place: JurisdictionId) -> Asker:
    return _asker(f"{key}-bureau-{place.value}", Role.BUREAU, place)


def _asker(name: str, role: Role, scope: Name) -> Asker:
    return Asker(actor=f"staff:{name}", role=role, scope=scope)


def _place(scope: Name) -> JurisdictionId:
    assert isinstance(scope, JurisdictionId)
    return scope


def _school(key: str, number: int) -> School:
    school = SchoolId(f"school:{key}-{number + 1:03d}")
    return School(
        school=school,
        title=f"第{number + 1}学校",
        stage=STAGES[number % len(STAGES)],
        head=_asker(f"{key}-head-{number + 1:03d}", Role.SCHOOL, school),
    )


def _teacher(
    key: str, number: int, schools: tuple[School, ...], rng: Random, keen: bool
) -> Teacher:
    teacher = TeacherId(f"teacher:{key}-{number + 1:05d}")
    return Teacher(
        teacher=teacher,
        school=schools[number // TEACHERS_PER_SCHOOL],
        subject=rng.choice(SUBJECTS),
        entered=ENTERED + timedelta(days=rng.randrange(ENTERED_DAYS)),
        person=rng.choice(SURNAMES) + rng.choice(GIVEN) + rng.choice(GIVEN),
        self=Asker(actor=str(teacher), role=Role.TEACHER, scope=teacher),
        choices=_choices(rng.random()) if keen else USUAL,
    )


def _choices(chance: float) -> tuple[int, ...]:
    if chance < SELDOM_SHARE:
        return SELDOM
    return OFTEN if chance < SELDOM_SHARE + OFTEN_SHARE else USUAL


def _providers(key: str, county: Asker, city: Asker, province: Asker) -> tuple[Provider, ...]:
    """A county training school, a city institute, two universities, a distance provider."""
    wide = Reach.PROVINCE_WIDE
    told: list[tuple[str, str, Reach, QuotaCategory | None, Asker]] = [
        ("county", "县教师发展中心", Reach.LOCAL, None, county),
        ("city", "市教育研究院", Reach.LOCAL, None, city),
        ("normal", "师范大学", wide, QuotaCategory.NORMAL_UNIVERSITY, province),
        ("university", "大学教师教育学院", wide, QuotaCategory.PROVINCE_WIDE, province),
        ("distance", "远程培训机构", wide, QuotaCategory.DISTANCE, province),
    ]
    return tuple(
        Provider(
            provider=ProviderId(f"provider:{key}-{name}"),
            title=title,
            reach=reach,
            category=category,
            distance=category is QuotaCategory.DISTANCE,
            blended=category is not None,
            bureau=bureau,
            office=_asker(f"{key}-{name}", Role.PROVIDER, ProviderId(f"provider:{key}-{name}")),
        )
        for name, title, reach, category, bureau in told
    )
