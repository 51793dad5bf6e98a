"""All views, in the order of life."""

from __future__ import annotations

from typing import Any

from projections.change import Changes
from projections.completion import Completions
from projections.credit import Records, SchoolBasedTrainings
from projections.declaration import Projects
from projections.duty import Yearbooks
from projections.enrollment import Enrollments
from projections.finding import Findings
from projections.offering import Offerings
from projections.order import Orders
from projections.projection import Projection
from projections.register import Providers, Schools, Teachers
from projections.resumption import Resumptions
from projections.screening import Screenings
from projections.trainer import Trainers
from projections.warning import Warnings

SCHOOLS = Schools()
PROVIDERS = Providers()
TEACHERS = Teachers()
TRAINERS = Trainers()
RESUMPTIONS = Resumptions()
ORDERS = Orders()
PROJECTS = Projects()
OFFERINGS = Offerings()
ENROLLMENTS = Enrollments()
SCREENINGS = Screenings()
CHANGES = Changes()
COMPLETIONS = Completions()
RECORDS = Records()
SCHOOL_BASED = SchoolBasedTrainings()
WARNINGS = Warnings()
YEARBOOKS = Yearbooks()
FINDINGS = Findings()

VIEWS: tuple[Projection[Any], ...] = (
    SCHOOLS,
    PROVIDERS,
    TEACHERS,
    TRAINERS,
    RESUMPTIONS,
    ORDERS,
    PROJECTS,
    OFFERINGS,
    ENROLLMENTS,
    SCREENINGS,
    CHANGES,
    COMPLETIONS,
    RECORDS,
    SCHOOL_BASED,
    WARNINGS,
    YEARBOOKS,
    FINDINGS,
)
