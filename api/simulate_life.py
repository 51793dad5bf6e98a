"""What befalls simulated teachers over the years: they move, and they ask for corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random

from api.population import Population, Teacher
from api.simulate_calendar import later
from api.simulate_room import ClassRun
from api.simulate_script import Script
from ledger.names import CreditId, PetitionId
from ledger.petition import DecideCorrection, RequestCorrection
from ledger.transfer import TransferTeacher

MOVES_A_TERM = 0.015
PETITIONS_OF_MISSED, PETITIONS_OF_OTHERS = 0.2, 0.005
ASKED_DAYS, DECIDED_DAYS = 9, 12
"""After a class ended: its credits are awarded before, and put right by the bureau later."""


def move(script: Script, people: Population, day: date, rng: Random) -> Population:
    """Says which teachers change schools on a day, and gives the people as they are afterwards."""
    if len(people.schools) == 1:
        return people
    return replace(
        people, teachers=tuple(_moved(script, people, each, day, rng) for each in people.teachers)
    )


def _moved(script: Script, people: Population, teacher: Teacher, day: date, rng: Random) -> Teacher:
    if rng.random() >= MOVES_A_TERM:
        return teacher
    school = rng.choice([each for each in people.schools if each is not teacher.school])
    transfer = TransferTeacher(teacher=teacher.teacher, school=school.school, since=day)
    script.say(day, "transfers", people.county, transfer)
    return replace(teacher, school=school)


def petition(script: Script, runs: Sequence[ClassRun], rng: Random) -> None:
    """Some ask for the hours that they missed, which is declined; a school finds one too many."""
    for run in runs:
        for number, teacher in enumerate(run.trainees):
            missed = run.missed.get(teacher.teacher, Decimal(0))
            chance = PETITIONS_OF_MISSED if missed else PETITIONS_OF_OTHERS
            if run.denied(teacher) or rng.random() >= chance:
                continue
            _ask(script, run, teacher, f"{run.offering.value}-{number + 1:03d}", bool(missed))


def _ask(script: Script, run: ClassRun, teacher: Teacher, name: str, missed: bool) -> None:
    credits = run.plan.base_credits if missed else run.plan.base_credits - 1
    asked = RequestCorrection(
        petition=PetitionId(f"petition:{name}"),
        credit=CreditId(f"credit:{name}"),
        teacher=teacher.teacher,
        credits=credits,
        reason="认为缺席有误" if missed else "学校核对后发现多计",
    )
    asker = teacher.self if missed else teacher.school.head
    script.say(later(run.open.closes, ASKED_DAYS), "petitions", asker, asked)
    decided = DecideCorrection(
        petition=asked.petition,
        credit=asked.credit,
        teacher=asked.teacher,
        granted=not missed,
        credits=None if missed else credits,
        reason="考勤记录无误" if missed else "核实无误",
    )
    day = later(run.open.closes, DECIDED_DAYS)
    script.say(day, "decisions on petitions", run.bureau, decided)
