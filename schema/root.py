"""The schema as a whole."""

from __future__ import annotations

from functools import cache
from typing import Any

import strawberry

from ledger.names import VALUE, JurisdictionId
from projections.catalogue import (
    ANOMALIES,
    CHANGES,
    OFFERINGS,
    ORDERS,
    PETITIONS,
    PROJECTS,
    PROVIDERS,
    RECONCILIATIONS,
    SAMPLES,
    SCHOOL_BASED,
    SCHOOLS,
    SIGN_OFFS,
    TEACHERS,
    TRAINERS,
)
from schema.access_log import AccessLogQuery
from schema.alteration import AlterationQuery
from schema.chain import ChainQuery
from schema.commands import mutation_type
from schema.compiled.executor import CompiledExecutor
from schema.context import Context
from schema.credit import CreditQuery
from schema.declaration import DeclarationQuery
from schema.difference import DifferenceQuery
from schema.digest import DigestQuery
from schema.duty import DutyQuery
from schema.enrollment import EnrollmentQuery
from schema.error_code import ErrorCodeQuery
from schema.errors import CodedErrors
from schema.event import event_types
from schema.evidence import EvidenceQuery
from schema.explanation import ExplanationQuery
from schema.finding import FindingQuery
from schema.gate import Gate, Metered, Parsed, Validated
from schema.history import HistoryQuery, Subscription
from schema.indicator import IndicatorQuery
from schema.level import LevelQuery
from schema.level_side import LevelSideQuery
from schema.load import LoadQuery
from schema.moment import AsOf
from schema.offering import OfferingQuery
from schema.order import OrderQuery
from schema.outputs import NODES, Node
from schema.petition import PetitionQuery
from schema.reconciliation import ReconciliationQuery
from schema.register import RegisterQuery, jurisdiction
from schema.regulation import PROVINCE, RegulationQuery, term
from schema.resumption import ResumptionQuery
from schema.sample import SampleQuery
from schema.scalars import CONFIG, Position
from schema.screening import ScreeningQuery
from schema.service_token import ServiceTokenQuery
from schema.sign_off import SignOffQuery
from schema.timeline import TimelineQuery
from schema.trainer import TrainerQuery
from schema.trial import TrialQuery
from schema.trying import TrialDeskQuery
from schema.unfinished import UnfinishedQuery
from schema.upload import UploadQuery
from schema.warning import WarningQuery
from schema.webhook import WebhookQuery
from schema.words import describe

NODE_VIEWS: dict[str, Any] = {
    "school": SCHOOLS,
    "provider": PROVIDERS,
    "teacher": TEACHERS,
    "staff": TRAINERS,
    "order": ORDERS,
    "project": PROJECTS,
    "offering": OFFERINGS,
    "change": CHANGES,
    "credit": SCHOOL_BASED,
    "sample": SAMPLES,
    "petition": PETITIONS,
    "anomaly": ANOMALIES,
    "reconciliation": RECONCILIATIONS,
    "signoff": SIGN_OFFS,
}
# What no view has; a rule has no kind before its name.
WRITTEN = ("jurisdiction", "document", "term")


@strawberry.type(description="What may be asked. 查询。")
class Query(
    RegisterQuery,
    RegulationQuery,
    TrainerQuery,
    ResumptionQuery,
    OrderQuery,
    DeclarationQuery,
    OfferingQuery,
    EnrollmentQuery,
    ScreeningQuery,
    CreditQuery,
    EvidenceQuery,
    ExplanationQuery,
    DifferenceQuery,
    TrialQuery,
    WarningQuery,
    DutyQuery,
    IndicatorQuery,
    FindingQuery,
    HistoryQuery,
    ChainQuery,
    AlterationQuery,
    TimelineQuery,
    SampleQuery,
    PetitionQuery,
    ReconciliationQuery,
    TrialDeskQuery,
    ServiceTokenQuery,
    SignOffQuery,
    LevelQuery,
    LevelSideQuery,
    AccessLogQuery,
    UploadQuery,
    LoadQuery,
    WebhookQuery,
    DigestQuery,
    ErrorCodeQuery,
    UnfinishedQuery,
):
    """What may be asked."""

    @strawberry.field(graphql_type=Node | None, description="Any node by its name. 按标识查对象。")
    async def node(
        self,
        info: strawberry.Info[Context, None],
        id: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        context, name = info.context, str(id)
        kind, _, value = name.partition(":")
        if ":" not in name or kind in WRITTEN:
            await context.at_least(at_least)  # they are read from the ledger itself
            return await _written(context, name, as_of or AsOf())
        if kind not in NODE_VIEWS or not VALUE.fullmatch(value):
            return None
        return await context.one(NODE_VIEWS[kind], name, at_least, as_of=as_of)


async def _written(context: Context, name: str, moment: AsOf) -> Any:
    """A place, document, rule or term as of a moment."""
    known = await moment.known(context)
    if name.startswith("jurisdiction:"):
        title = (await context.run(context.house.places.titles, known)).get(name)
        return None if title is None else jurisdiction(name, title)
    rules = context.house.rules
    book = await (context.run(rules.now) if known is None else context.run(rules.at, known))
    if name.startswith("term:"):
        code = name.removeprefix("term:")
        day = await moment.day(context)
        return term(book, JurisdictionId(PROVINCE), code, day) if code in book.terms else None
    if name.startswith("document:"):
        return next((each for key, each in book.documents.items() if str(key) == name), None)
    return book.rules.get(name)


class QuietSchema(strawberry.Schema):
    """Leaves the logging of errors to ``CodedErrors``, which knows the unexpected ones."""

    def process_errors(self, errors: list[Any], execution_context: Any = None) -> None:
        """Says nothing."""


@cache
def build() -> strawberry.Schema:
    """The schema, ready to execute and to print; one in a process."""
    schema = QuietSchema(
        query=Query,
        mutation=mutation_type(),
        subscription=Subscription,
        types=[*NODES.values(), *event_types()],
        config=CONFIG,
        execution_context_class=CompiledExecutor,
        extensions=[CodedErrors, Gate, Parsed, Validated, Metered],  # in this order
    )
    describe(schema._schema)
    return schema


if __name__ == "__main__":
    print(build().as_str())
