"""The registry of trainers."""

from __future__ import annotations

from typing import Any

import strawberry

from ledger.command import Role
from ledger.names import JurisdictionId, ProviderId
from projections.catalogue import TRAINERS
from projections.reader import Where
from projections.trainer import Consent, ConsentState, Trainer
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, Text, enum_type, listed, named

Info = strawberry.Info[Context, None]
ConsentType = output(Consent)
enum_type(ConsentState)


def _consents(root: strawberry.Parent[Any], info: Info) -> Any:
    asker = info.context.asker
    # With whom else a trainer works is no business of a provider.
    mine = (None, asker.scope) if asker.role is Role.PROVIDER else None
    return [each for each in root.consents if mine is None or each.provider in mine]


TrainerType = output(
    Trainer,
    key="trainer",
    skip=("tags", "consents"),
    fields={
        "consents": strawberry.field(
            resolver=_consents,
            graphql_type=listed(ConsentType),
            description="The consents, as they came; a provider sees its own and the open ones. "
            "各次同意，机构只见涉及自己和不限机构的。",
        )
    },
)


@strawberry.type
class TrainerQuery:
    """Questions about trainers."""

    @strawberry.field(
        graphql_type=connection(TrainerType),
        description="The registry of trainers. 授课专家登记。",
    )
    async def trainers(
        self,
        info: Info,
        provider: strawberry.ID | None = None,
        place: strawberry.ID | None = None,
        expertise: Text | None = None,
        consent: ConsentState | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        asker = info.context.asker
        # What it is not shown in a row, a provider does not learn by a filter either.
        foreign = asker.role is Role.PROVIDER and provider not in (None, str(asker.scope))
        return await info.context.slice(
            TRAINERS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            tagged=named((ProviderId, provider, "provider"), (JurisdictionId, place, "place")),
            narrowed=Where(
                holding=(("expertise", expertise),) if expertise else (),
                among=(("key", ()),) if foreign else (),
            ),
            consent=consent,
        )

    @strawberry.field(graphql_type=TrainerType | None, description="One trainer. 一位授课专家。")
    async def trainer(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.one(TRAINERS, id, at_least, as_of=as_of)
