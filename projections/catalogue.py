"""All views, in the order of life."""

from __future__ import annotations

from typing import Any

from projections.anomaly import Anomalies
from projections.change import Changes
from projections.completion import Completions
from projections.credit import Records, SchoolBasedTrainings
from projections.declaration import Projects
from projections.duty import Yearbooks
from projections.enrollment import Enrollments
from projections.finding import Findings
from projections.offering import Offerings
from projections.order import Orders
from projections.petition import Petitions
from projections.projection import Index, Projection
from projections.reconciliation import Reconciliations
from projections.register import Providers, Schools, Teachers
from projections.resumption import Resumptions
from projections.sample import Samples
from projections.screening import Screenings
from projections.sign_off import SignOffs
from projections.trail import Trails
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
SAMPLES = Samples()
PETITIONS = Petitions()
RECONCILIATIONS = Reconciliations()
SIGN_OFFS = SignOffs()
ANOMALIES = Anomalies()
YEARBOOKS = Yearbooks()
FINDINGS = Findings()
TRAILS = Trails()

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
    SAMPLES,
    PETITIONS,
    RECONCILIATIONS,
    SIGN_OFFS,
    ANOMALIES,
    YEARBOOKS,
    FINDINGS,
)

# They lead to entries and hold no state, so that nothing can be asked of them as of a moment.
INDEXES: tuple[Index, ...] = (TRAILS,)
