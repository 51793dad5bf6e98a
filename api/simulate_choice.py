"""Simulated choices: two rounds of selection, school review, expansion, screening, admission.

Every class is to be screened first come, first served: whom a draw admits nobody knows before it,
and the script may depend on no answer. So of two who choose a class on one day, the second asks
when the first was answered.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from random import Random

from api.population import Population, Teacher
from api.simulate_calendar import TermDays, between, later
from api.simulate_room import ClassRun
from api.simulate_script import Script
from ledger.admission import AdmitApplicants, ConfirmEnrollment
from ledger.draw import ScreeningOrder
from ledger.enrollment import ReviewSelection
from ledger.expansion import DecideExpansion, RequestExpansion
from ledger.screening import AnnounceScreening, ScreenApplicants
from ledger.selection import SelectOffering
from ledger.withdrawal import WithdrawSelection

CHOICES = (0, 1, 2, 3)
FULL = "名额已满"


@dataclass
class Choices:
    """The choices of a term's teachers among its classes."""

    people: Population
    days: TermDays
    script: Script
    rng: Random
    classes: list[ClassRun]
    choices: dict[str, list[ClassRun]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    admitted: set[str] = field(default_factory=set)
    arrived: dict[tuple[str, str], tuple[date, int]] = field(default_factory=dict)
    queues: Counter[tuple[date, str]] = field(default_factory=Counter)

    def write(self) -> None:
        """Writes both rounds."""
        for run in self.classes:
            order = AnnounceScreening(offering=run.offering, by=ScreeningOrder.FIRST_COME)
            self.script.say(self.days.publish, "announcements", run.provider.office, order)
        self._round_one()
        self._expand_and_admit()
        self._round_two()

    # Round one: teachers choose, withdraw now and then, schools review.

    def _round_one(self) -> None:
        first, last = self.days.round_one
        weights = [self.rng.uniform(0.5, 1.5) for _ in self.classes]
        weights[0] *= 2
        for teacher in self.people.teachers:
            count = self.rng.choices(CHOICES, teacher.choices)[0]
            chosen = dict.fromkeys(self.rng.choices(range(len(weights)), weights, k=count))
            self.choices[teacher.teacher] = _one_of_each([self.classes[each] for each in chosen])
            for run in list(self.choices[teacher.teacher]):
                day = first if self.rng.random() < 0.4 else between(self.rng, first, last)
                self._select(day, teacher, run)
                if self.rng.random() < 0.02:
                    self._withdraw(last, teacher, run)
                else:
                    self._school_review(self.days.school_one, teacher, run, run.passed)
            if self.rng.random() < 0.02:
                self._select(later(first, -1), teacher, self.classes[0], mistake=True)
            elif self.choices[teacher.teacher] and self.rng.random() < 0.02:
                self._select(last, teacher, self.choices[teacher.teacher][-1], mistake=True)

    def _select(self, day: date, teacher: Teacher, run: ClassRun, *, mistake: bool = False) -> None:
        select = SelectOffering(teacher=teacher.teacher, offering=run.offering)
        if mistake:
            # A choice that is made again comes after the withdrawals of its day.
            self.script.say(day, "mistakes", teacher.self, select, mistake=True)
            return
        wave = self.queues[day, run.offering]
        self.queues[day, run.offering] += 1
        self.arrived[teacher.teacher, run.offering] = (day, wave)
        self.script.say(day, "selections", teacher.self, select, wave=wave)

    def _withdraw(self, day: date, teacher: Teacher, run: ClassRun) -> None:
        withdraw = WithdrawSelection(teacher=teacher.teacher, offering=run.offering, reason="有事")
        self.script.say(day, "withdrawals", teacher.self, withdraw)
        self.choices[teacher.teacher].remove(run)

    def _school_review(
        self, day: date, teacher: Teacher, run: ClassRun, passed: list[Teacher]
    ) -> None:
        passes = self.rng.random() < 0.94
        review = ReviewSelection(
            teacher=teacher.teacher,
            offering=run.offering,
            passed=passes,
            reason="" if passes else "与工作安排冲突",
        )
        self.script.say(day, "school reviews", teacher.school.head, review)
        if passes:
            passed.append(teacher)
        else:
            self.refused.add(f"{teacher.teacher} {run.offering}")
        if self.rng.random() < 0.01 and len(self.people.schools) > 1:
            other = next(s for s in self.people.schools if s is not teacher.school)
            self.script.say(day, "mistakes", other.head, review, mistake=True)

    # Provider review: bulk, a class at a time, up to its seats.

    def _expand_and_admit(self) -> None:
        asked, decided = self.days.expansion
        grant = True
        for run in self.classes:
            if len(run.passed) > run.seats:
                request = RequestExpansion(
                    offering=run.offering, seats=min(len(run.passed), run.seats * 3 // 2)
                )
                self.script.say(asked, "expansions", run.provider.office, request)
                decide = DecideExpansion(
                    offering=run.offering, approved=grant, reason="" if grant else "场地不足"
                )
                self.script.say(decided, "expansions", run.bureau, decide)
                run.seats = request.seats if grant else run.seats
                grant = not grant
            self._admit(self.days.provider_one, run, run.passed)

    def _admit(self, day: date, run: ClassRun, passed: list[Teacher]) -> None:
        room, office = run.seats - len(run.trainees), run.provider.office
        passed.sort(key=lambda each: self.arrived[each.teacher, run.offering])
        confirms = [
            ConfirmEnrollment(teacher=each.teacher, offering=run.offering, admitted=True)
            for each in passed
        ]
        for teacher, admit in zip(passed[:room], confirms, strict=False):
            self.script.say(day, "provider reviews", office, admit)
            run.trainees.append(teacher)
            self.admitted.add(teacher.teacher)
        if len(passed) <= room:
            return
        # More than seats: the recorded order binds, and declines whoever is left over.
        self.script.say(day, "screenings", office, ScreenApplicants(offering=run.offering))
        self.script.say(day, "mistakes", office, confirms[room], mistake=True)
        rest = AdmitApplicants(offering=run.offering, reason=FULL)
        self.script.say(day, "declined", office, rest)

    # Round two: for those whose choice of round one came to nothing.

    def _round_two(self) -> None:
        chances: dict[int, list[Teacher]] = defaultdict(list)
        for teacher in self.people.teachers:
            choices = self.choices[teacher.teacher]
            if not choices:
                if self.rng.random() < 0.03:
                    day = self.days.round_two[0]
                    self._select(day, teacher, self.classes[-1], mistake=True)
                continue
            declined = all(f"{teacher.teacher} {c.offering}" in self.refused for c in choices)
            if teacher.teacher in self.admitted or declined:
                continue
            taken = {each.declare.project for each in choices}
            free = [
                number
                for number, run in enumerate(self.classes)
                if run.declare.project not in taken
                and len(run.trainees) + len(chances[number]) < run.seats + 2
            ]
            if free:
                number = self.rng.choice(free)
                chances[number].append(teacher)
                self._select(between(self.rng, *self.days.round_two), teacher, self.classes[number])
        for number, teachers in sorted(chances.items()):
            run, passed = self.classes[number], list[Teacher]()
            for teacher in teachers:
                self._school_review(self.days.school_two, teacher, run, passed)
            self._admit(self.days.provider_two, run, passed)


def _one_of_each(runs: list[ClassRun]) -> list[ClassRun]:
    """One class of each project: nobody has a place in two that are beside each other."""
    return list({run.declare.project: run for run in runs}.values())
