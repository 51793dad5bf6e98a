"""A simulated term up to admission: orders, declarations, reviews, offerings, two rounds.

The numbers are those of a county year (1.30 external enrollments a teacher and 1.5 choices an
enrollment), halved for a term. A share of what is asked is wrong and is to be refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random

from api.population import SUBJECTS, Population, Provider
from api.simulate_calendar import TermDays, between, later
from api.simulate_choice import Choices
from api.simulate_class import teach
from api.simulate_plan import ORDERS, plan_of
from api.simulate_room import ClassRun, sessions_of
from api.simulate_script import Script
from ledger.command import Asker
from ledger.declaration import DeclareProject
from ledger.form import Form
from ledger.names import CreditId, OfferingId, OrderId, ProjectId
from ledger.offering import OpenOffering
from ledger.order import PublishOrderList, SubmitOrder
from ledger.plan import Lead, Mode, Plan
from ledger.profile import UpdateTeacherProfile
from ledger.register import Stage, Title
from ledger.response import AwardOrder, RespondToOrder
from ledger.review import PublishProject, ReviewProject
from ledger.school_based import RecogniseSchoolBased, RecordSchoolBased
from ledger.term import OpenTerm, Phase

ENROLLMENTS_PER_TEACHER = 0.65
CLASS_SIZE = 42
SHARES = (0, 0, 1, 2, 0, 4, 3, 0, 1, 2)
"""Which provider the next class belongs to; the county's own training school has the most."""
HOST = 2
"""The provider that wins the orders: the normal university."""


@dataclass
class TermScript:
    """One term's part of the script."""

    people: Population
    days: TermDays
    script: Script
    rng: Random
    classes: list[ClassRun] = field(default_factory=list)

    def write(self) -> None:
        """Writes the term from its opening to its last credit."""
        self._open()
        self._orders()
        self._declare()
        self._review()
        Choices(self.people, self.days, self.script, self.rng, self.classes).write()
        for number, run in enumerate(self.classes):
            teach(self.script, self.rng, run, self.people, number, self.days)
        self._school_based()

    def _open(self) -> None:
        day, people = self.days.start, self.people
        term = self.days.term
        self.script.say(day, "term", people.province, OpenTerm(term=term, title=term.value))
        for teacher in people.teachers:
            if self.rng.random() < 0.3:
                self.script.say(
                    self.days.declare[0],
                    "profiles",
                    teacher.school.head,
                    UpdateTeacherProfile(
                        teacher=teacher.teacher,
                        stage=teacher.school.stage,
                        subject=teacher.subject,
                    ),
                )

    # Orders: three of them, answered by universities, awarded to one each.

    def _orders(self) -> None:
        if not self.days.orders:
            return
        days, say, county = self.days.orders, self.script.say, self.people.county
        city, hosts = self.people.providers[1], self.people.providers[HOST : HOST + 2]
        for number in range(ORDERS):
            order = self._order(number)
            submit = SubmitOrder(
                order=order,
                place=self.people.place,
                term=self.days.term,
                title=f"乡村教师实验教学{number + 1}",
                theme="实验教学",
                trainees="乡村学校教师",
                stage=Stage.PRIMARY,
                subject=SUBJECTS[number],
                seats=CLASS_SIZE,
                days=3,
                form=Form.FACE_TO_FACE,
                aims="能独立开设实验课",
                requirements="以实验操作为主",
                field_of_study="学科教学",
                trainee_level="骨干教师",
                contact=self.people.staff("clerk"),
                intended=(hosts[0].provider,) if number == 1 else (),
            )
            say(days[Phase.ORDER_SUBMIT], "orders", county, submit)
            for host in hosts if number != 1 else hosts[:1]:
                respond = RespondToOrder(order=order, provider=host.provider, proposal="培训方案")
                say(days[Phase.ORDER_RESPOND], "responses", host.office, respond)
            award = AwardOrder(order=order, provider=hosts[0].provider, reason="方案最契合")
            say(days[Phase.ORDER_AWARD], "awards of orders", county, award)
        long = replace(submit, order=OrderId(f"{order}-x"), aims="目" * 201)
        say(days[Phase.ORDER_SUBMIT], "mistakes", county, long, mistake=True)
        small = RespondToOrder(order=order, provider=city.provider, proposal="培训方案")
        say(days[Phase.ORDER_RESPOND], "mistakes", city.office, small, mistake=True)
        silent = AwardOrder(order=order, provider=city.provider, reason="就近")
        say(days[Phase.ORDER_AWARD], "early mistakes", county, silent, mistake=True)
        publish = PublishOrderList(term=self.days.term)
        say(days[Phase.ORDER_LIST_PUBLISH], "publication", self.people.province, publish)

    def _order(self, number: int) -> OrderId:
        return OrderId(f"order:{self._name(f'{number + 1}')}")

    def _name(self, rest: str) -> str:
        return f"{self.people.key}-{self.days.term.value}-{rest}"

    # Declarations: a project has one or two classes.

    def _declare(self) -> None:
        wanted = max(3, round(len(self.people.teachers) * ENROLLMENTS_PER_TEACHER / CLASS_SIZE))
        ordered = min(ORDERS, wanted // 2) if self.days.orders else 0
        number = 0
        while len(self.classes) < wanted:
            order = self._order(number) if number < ordered else None
            which = HOST if order else SHARES[number % len(SHARES)]
            offerings = 1 if order or self.rng.random() < 0.5 else 2
            self._project(number, self.people.providers[which], order, offerings)
            number += 1
        self._declare_wrongly()

    def _project(
        self, number: int, provider: Provider, order: OrderId | None, offerings: int
    ) -> None:
        declare = DeclareProject(
            project=ProjectId(f"project:{self._name(f'{number + 1:03d}')}"),
            provider=provider.provider,
            place=self.people.place if order else provider.place,
            term=self.days.term,
            plan=self._plan(number, provider, order),
            lead=self._lead(f"lead-{number + 1:03d}"),
            offerings=offerings,
            order=order,
        )
        first, last = self.days.declare
        day = self.days.orders[Phase.ORDER_DECLARE] if order else between(self.rng, first, last)
        self.script.say(day, "declarations", provider.office, declare)
        bureau = self.people.county if order else provider.bureau
        for _ in range(offerings):
            self.classes.append(self._class(declare, provider, bureau))

    def _lead(self, name: str) -> Lead:
        junior = self.rng.random() < 0.1
        return Lead(
            staff=self.people.staff(f"{self.days.term.value}-{name}"),
            title=Title.INTERMEDIATE if junior else Title.ASSOCIATE_SENIOR,
            regular_staff=True,
            expertise=True,
        )

    def _plan(self, number: int, provider: Provider, order: OrderId | None) -> Plan:
        return plan_of(self.people, self.days.term, self.rng, number, provider, order)

    def _class(self, declare: DeclareProject, provider: Provider, bureau: Asker) -> ClassRun:
        number = len(self.classes)
        first, last = self.days.deliver
        sessions = sessions_of(
            declare.plan,
            between(self.rng, later(first, 8), later(last, -30)),
            declare.plan.mode is Mode.DISTANCE,
        )
        open_ = OpenOffering(
            offering=OfferingId(f"offering:{self._name(f'{number + 1:03d}')}"),
            project=declare.project,
            seats=self.rng.randrange(30, 51),
            opens=sessions[0].day,
            closes=sessions[-1].day,
            adviser=None if number % 20 == 7 else self.people.staff(f"adviser-{number + 1:03d}"),
        )
        return ClassRun(open_, declare, provider, bureau, sessions)

    def _declare_wrongly(self) -> None:
        county, blended = self.people.providers[0], self.people.providers[2]
        base = DeclareProject(
            project=ProjectId(f"project:{self._name('late')}"),
            provider=county.provider,
            place=county.place,
            term=self.days.term,
            plan=self._plan(0, county, self._order(0)),
            lead=self._lead("late"),
        )
        wrong = [(later(self.days.declare[1], 1), county, base)]
        if self.days.orders:
            busy = replace(base, project=ProjectId(f"project:{self._name('busy')}"), offerings=5)
            plan = self._plan(0, blended, None)
            values = {each: getattr(plan, each) for each in plan.__struct_fields__}
            online = replace(
                base,
                project=ProjectId(f"project:{self._name('online')}"),
                provider=blended.provider,
                place=blended.place,
                plan=Plan(**values | {"mode": Mode.BLENDED, "online_credits": plan.hours / 2}),
            )
            wrong += [(self.days.declare[1], county, busy), (self.days.declare[1], blended, online)]
        for day, provider, command in wrong:
            self.script.say(day, "mistakes", provider.office, command, mistake=True)
        self._declare_weakly(replace(base, project=ProjectId(f"project:{self._name('weak')}")))

    def _declare_weakly(self, declare: DeclareProject) -> None:
        """A project that the bureau rejects and that cannot be published."""
        county = self.people.providers[0]
        self.script.say(self.days.declare[1], "declarations", county.office, declare)
        reject = ReviewProject(project=declare.project, approved=False, reason="方案过于笼统")
        self.script.say(self.days.review, "reviews", county.bureau, reject)
        publish = PublishProject(project=declare.project)
        self.script.say(self.days.publish, "mistakes", county.bureau, publish, mistake=True)

    def _review(self) -> None:
        for run in {run.declare.project: run for run in self.classes}.values():
            declare = run.declare
            ordered = declare.order is not None
            day = self.days.orders[Phase.ORDER_REVIEW] if ordered else self.days.review
            review = ReviewProject(project=declare.project, approved=True, reason="")
            self.script.say(day, "reviews", run.bureau, review)
            publish = PublishProject(project=declare.project)
            self.script.say(self.days.publish, "publication", run.bureau, publish)
        for run in self.classes:
            self.script.say(self.days.publish, "offerings", run.provider.office, run.open)
        more = replace(
            run.open,
            offering=OfferingId(f"{run.offering}-x"),
            project=ProjectId(f"project:{self._name('none')}"),
        )
        self.script.say(self.days.publish, "mistakes", run.provider.office, more, mistake=True)

    # School-based: one training a teacher and term, credited in bulk.

    def _school_based(self) -> None:
        day = later(self.days.deliver[1], -20)
        for number, teacher in enumerate(self.people.teachers):
            credit = CreditId(f"credit:{self._name(f's{number + 1:05d}')}")
            amount = Decimal(self.rng.randrange(24, 31)) / 2
            record = RecordSchoolBased(
                credit=credit,
                teacher=teacher.teacher,
                title="校本研修",
                hours=amount,
                credits=amount,
                completed=later(day, -10),
            )
            self.script.say(day, "school-based", teacher.school.head, record)
            fine = self.rng.random() < 0.98
            recognise = RecogniseSchoolBased(
                credit=credit,
                teacher=teacher.teacher,
                approved=fine,
                reason="" if fine else "过程材料不全",
            )
            self.script.say(later(day, 10), "school-based", self.people.county, recognise)
