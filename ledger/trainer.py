"""Trainer: who teaches, as the platform knows them, and whether they agreed to be named.

Trainers are staff ids; names and telephone numbers never come into the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from ledger.accreditation import ACCREDITATION_EVENTS, Accreditation
from ledger.command import Command, Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.finding import Lack, Outcome
from ledger.names import JurisdictionId, Name, ProjectId, ProviderId, StaffId, TermId
from ledger.plan import Plan
from ledger.register import JurisdictionRegistered, taken, unknown
from ledger.regulation import Parameters
from ledger.text import filled


class TrainerRegistered(Event, name="trainer.registered"):
    """A trainer came into the registry, by a provider or by a bureau."""

    trainer: StaffId
    place: JurisdictionId
    expertise: str
    provider: ProviderId | None = None


class TrainerConsented(Event, name="trainer.consented"):
    """A trainer agreed to be named in the plans of a provider; without one: of any."""

    trainer: StaffId
    place: JurisdictionId
    provider: ProviderId | None = None


TRAINER_EVENTS: list[type[Event]] = [TrainerRegistered, TrainerConsented]


class TrainerRegistration(
    Parameters,
    kind="trainer-registered",
    zh="申报时方案所列授课专家未登记的，记一项违规并列出人员。",
    scope=("term",),
):
    """A plan that names trainers who are not in the registry is a violation naming them."""


class TrainerConsent(
    Parameters,
    kind="trainer-consent",
    zh="抽查中授课教师表示未被征求意见的，记一项违规；事先登记过同意的也记，并附该登记为证。",
    scope=("term",),
):
    """A trainer who says at a spot check that nobody asked is a violation.

    A consent that was entered before changes nothing, and is shown with it.
    """


class TrainersUnregistered(Refused):
    """The plan names trainers who are not in the registry."""


@dataclass
class Trainers:
    """The registry of some trainers, as the events say it."""

    registered: set[StaffId] = field(default_factory=set)
    consents: list[tuple[StaffId, ProviderId | None, date, str]] = field(default_factory=list)

    def learn(self, entry: Entry) -> None:
        """Takes in registrations and consents; others change nothing."""
        match entry.event:
            case TrainerRegistered(trainer=trainer):
                self.registered.add(trainer)
            case TrainerConsented(trainer=trainer, provider=provider):
                self.consents.append((trainer, provider, entry.on, entry.id))
            case _:
                pass

    def consented(self, trainer: StaffId, provider: ProviderId, day: date) -> str | None:
        """The consent to be named by a provider that was there on a day."""
        fitting = (
            found
            for who, host, on, found in self.consents
            if who == trainer and host in (None, provider) and on <= day
        )
        return next(fitting, None)


def trainers_of(plan: Plan) -> list[Selector]:
    """The selectors of the registry for a plan's trainers."""
    return registry_of(each.staff for each in plan.trainers)


def registry_of(named: Iterable[StaffId | None]) -> list[Selector]:
    """The selectors of the registry for those who are named."""
    return [about(each, of=TRAINER_EVENTS) for each in dict.fromkeys(named) if each is not None]


def judge_trainers(
    command: Command,
    plan: Plan,
    known: Trainers,
    *subjects: Name,
    place: JurisdictionId,
    term: TermId,
) -> Iterator[Event]:
    """Finding: trainers of the plan who are not in the registry."""
    rule = command.ask.rules.find(TrainerRegistration, place, command.ask.on, term=term.value)
    named = dict.fromkeys(each.staff for each in plan.trainers)
    missing = [each for each in named if each not in known.registered]
    if rule is None or not missing:
        return
    said = TrainersUnregistered(
        zh=f"方案所列 {len(named)} 名授课专家中有 {len(missing)} 名未登记：{'、'.join(missing)}",
        en=f"{len(missing)} of the {len(named)} trainers in the plan are not registered: "
        f"{', '.join(missing)}",
        rule=rule,
        field="plan.trainers",
        lacking=tuple(Lack(events=(TrainerRegistered.NAME,), about=(each,)) for each in missing),
    )
    yield command.finding(said, Outcome.VIOLATION, *subjects, *missing)


@dataclass(kw_only=True)
class TrainerStep(Command):
    """What a provider or a bureau enters about a trainer; exactly one of the two is named."""

    trainer: StaffId
    provider: ProviderId | None = None
    place: JurisdictionId | None = None

    held: Accreditation = fact(default_factory=Accreditation)
    place_known: bool = fact(default=False)
    known: Trainers = fact(default_factory=Trainers)

    def boundary(self) -> list[Selector]:
        selectors = [about(self.trainer, of=TRAINER_EVENTS)]
        if self.provider is not None:
            selectors.append(about(self.provider, of=ACCREDITATION_EVENTS))
        if self.place is not None:
            selectors.append(about(self.place, of=[JurisdictionRegistered]))
        return selectors

    def learn(self, entry: Entry) -> None:
        if isinstance(entry.event, JurisdictionRegistered):
            self.place_known = self.place_known or entry.event.jurisdiction == self.place
        if self.provider is not None:
            self.held.learn(entry, self.provider)
        self.known.learn(entry)

    def authority(self) -> Name:
        party = self.place if self.provider is None else self.provider
        if party is None or None not in (self.place, self.provider):
            raise Fault(
                "ONE_PARTY",
                zh="请填写登记的机构或教育行政部门，二者只填其一",
                en="name the provider or the bureau that enters it, one of the two",
                field="provider",
            )
        return party

    def territory(self) -> JurisdictionId:
        if self.provider is not None:
            return self.held.known(self.provider).place
        assert self.place is not None
        return self.place

    def party(self) -> JurisdictionId:
        """The place of who enters it. Raises ``UnknownReference`` for one nobody knows."""
        if self.provider is None and self.place is not None and not self.place_known:
            raise unknown(self.place, "place")
        return self.territory()


@dataclass(kw_only=True)
class RegisterTrainer(TrainerStep):
    """Enter a trainer into the registry, by a provider or a bureau."""

    expertise: str
    consented: bool = False

    def decide(self) -> Iterator[Event]:
        place = self.party()
        if self.trainer in self.known.registered:
            raise taken(self.trainer, "trainer")
        yield TrainerRegistered(
            trainer=self.trainer,
            place=place,
            expertise=filled(self.expertise, "expertise"),
            provider=self.provider,
        )
        if self.consented:
            yield TrainerConsented(trainer=self.trainer, place=place, provider=self.provider)


@dataclass(kw_only=True)
class RecordTrainerConsent(TrainerStep):
    """Enter that a trainer agreed to be named in plans, by a provider or a bureau."""

    def decide(self) -> Iterator[Event]:
        place = self.party()
        if self.trainer not in self.known.registered:
            raise unknown(self.trainer, "trainer")
        yield TrainerConsented(trainer=self.trainer, place=place, provider=self.provider)


def known_trainers(
    named: Iterable[StaffId | None], plan: Plan, known: Trainers, field: str
) -> None:
    """Raises ``UnknownReference`` for one who is neither registered nor named in the plan.

    Whom the plan names was judged with it, and stands there with a finding where not registered.
    """
    for each in named:
        if each is not None and each not in known.registered and not named_in(plan, each):
            raise unknown(each, field)


def named_in(plan: Plan, trainer: StaffId) -> bool:
    """Whether a plan names the trainer."""
    return any(each.staff == trainer for each in plan.trainers)


def not_named(trainer: StaffId, project: ProjectId) -> Refused:
    """The refusal for a trainer whom the plan of a project does not name."""
    return NotInPlan(
        zh=f"{project} 的方案中没有授课专家 {trainer}",
        en=f"the plan of {project} does not name {trainer}",
        field="trainer",
    )


class NotInPlan(Refused):
    """The plan does not name the trainer."""
