"""The simulated register: schools, teachers and providers enter the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from api.population import SUBJECTS, Population
from api.simulate_plan import trainer
from api.simulate_script import Script
from ledger.accreditation import AccreditProvider
from ledger.register import RegisterSchool
from ledger.teacher import RegisterTeacher
from ledger.trainer import RegisterTrainer


def register(script: Script, people: Population, day: date) -> None:
    """Enters schools, teachers and providers."""
    for school in people.schools:
        enter = RegisterSchool(
            school=school.school, place=people.place, title=school.title, stage=school.stage
        )
        script.say(day, "registration", people.county, enter)
    for teacher in people.teachers:
        command = RegisterTeacher(
            teacher=teacher.teacher,
            school=teacher.school.school,
            stage=teacher.school.stage,
            subject=teacher.subject,
            entered=teacher.entered,
        )
        person = {"name": teacher.person}
        script.say(day, "people", people.county, command, person=person)
    for number, provider in enumerate(people.providers):
        accredit = AccreditProvider(
            provider=provider.provider,
            place=provider.place,
            title=provider.title,
            reach=provider.reach,
            subjects=SUBJECTS,
            since=date(2012 + number, 9, 1),
            quota_category=provider.category,
            distance=provider.distance,
            blended=provider.blended,
        )
        script.say(day, "registration", provider.bureau, accredit)
    named = trainer(people)
    known = RegisterTrainer(
        trainer=named.staff, place=people.place, expertise=named.expertise, consented=True
    )
    script.say(day, "registration", people.county, known)
    again = replace(command, sealed=())
    script.say(day, "mistakes", people.county, again, mistake=True)
