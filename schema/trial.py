"""What a draft regulation would change for whom; nothing is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import strawberry

from ledger.command import Role
from ledger.document import DraftFormat, parse
from ledger.names import JurisdictionId, SchoolId
from ledger.store.answer import Refusal
from ledger.store.rehearsal import would_be
from ledger.trial import Flip, FlipTurn, Tally
from projections.catalogue import RECORDS
from projections.trial import Counted, Trial, Whose, over
from schema.access import Denied
from schema.answers import RefusalReason
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import bounded, connection, key_of, output, sliced
from schema.power import Action, may
from schema.reach import covered
from schema.scalars import Position, enum_type, name_in

Info = strawberry.Info[Context, None]
TEACHERS_MAX = 20_000
TallyType = output(Tally)
FlipType = output(Flip)
FlipTurnType: Any = enum_type(FlipTurn)
FLIPPED = (FlipTurn.LOST, FlipTurn.WON, FlipTurn.OTHER)
FlipConnection = connection(FlipType)


@strawberry.type(
    name="Counted", description="The tally of one place or one school. 一地或一校的合计。"
)
class CountedType:
    """The tally of one place or one school."""

    of: strawberry.ID = strawberry.field(description="The place or school. 属地或学校。")
    tally: TallyType = strawberry.field(  # type: ignore[valid-type]  # made at run time
        description="Its tally. 合计。"
    )


@strawberry.type(name="Trial", description="What a draft would change on a day. 草案试算结果。")
class TrialType:
    """What a draft would change on a day."""

    document: strawberry.ID = strawberry.field(description="The draft. 草案。")
    sha256: str = strawberry.field(
        description="The hash of its text; adopt with it as ``tried``. 文本的 SHA-256。"
    )
    day: date = strawberry.field(description="The day that was judged. 评价日。")
    position: Position = strawberry.field(description="What was known. 所据的账本位置。")
    refusals: list[RefusalReason] = strawberry.field(
        description="Why it could not be adopted; then nothing was judged. 不能采纳的理由。"
    )
    total: TallyType = strawberry.field(  # type: ignore[valid-type]  # as above
        description="All teachers. 全部教师。"
    )
    places: list[CountedType] = strawberry.field(description="By place. 按属地。")
    schools: list[CountedType] = strawberry.field(description="By school. 按学校。")
    found: strawberry.Private[list[Flip]]
    asked: strawberry.Private[tuple[int, str | None]]

    @strawberry.field(
        description="Whose verdict would turn, by teacher; by ``turn`` also those whose numbers "
        "alone move. What is not said here is as the question has it. "
        "结论会改变的教师；用 turn 可另取仅数值变化的；未给的分页参数同 whatIf。"
    )
    async def flips(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> FlipConnection:  # type: ignore[valid-type]  # as above
        limit, key = self.asked
        if first is not None:
            limit = bounded(first, most=info.context.page_max)
        if after is not None:
            key = key_of(after)
        rows = [(str(each.teacher), each) for each in self.found]
        return sliced(rows, self.position, limit, key)


@strawberry.type
class TrialQuery:
    """Questions about drafts."""

    @strawberry.field(
        description="Whose verdict a draft regulation would change; nothing is written. 草案试算。"
    )
    async def what_if(
        self,
        info: Info,
        draft: str,
        format: DraftFormat = DraftFormat.TOML,
        place: strawberry.ID | None = None,
        school: strawberry.ID | None = None,
        on: date | None = None,
        turn: list[FlipTurnType] | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> TrialType:
        context = info.context
        limit, key = bounded(first, most=context.page_max), key_of(after)
        whose = await _whose(context, place, school, at_least)
        read = await context.run(parse, draft, "draft", format)
        rows = await context.rows(as_of)
        known = await as_of.known(context) if as_of else None
        position = await context.run(context.house.ledger.feed.head) if known is None else known
        day = await (as_of or AsOf()).day(context, on)
        trial = Trial(document=str(read.id), sha256=read.sha256, day=day, position=position)
        book = await context.run(context.house.rules.at, position)
        ledger = context.house.ledger
        tried, refusals = await context.run(
            would_be, ledger.pool, book, read, ledger.now(), position
        )
        if refusals:
            return _shown(trial, list(refusals), limit, key)
        # Whose result stays is no flip, unless one asks for those whose numbers move.
        turns = FLIPPED if turn is None else turn
        await context.run(over, trial, rows, whose, book, tried, TEACHERS_MAX)
        trial.flips = [each for each in trial.flips if each.turn in turns]
        return _shown(trial, [], limit, key)


def _shown(trial: Trial, refusals: list[Refusal], limit: int, key: str | None) -> TrialType:
    return TrialType(
        document=strawberry.ID(trial.document),
        sha256=trial.sha256,
        day=trial.day,
        position=Position(trial.position),
        refusals=refusals,
        total=trial.total,
        places=[_counted(each) for each in trial.places],
        schools=[_counted(each) for each in trial.schools],
        found=sorted(trial.flips, key=lambda each: each.teacher),
        asked=(limit, key),
    )


def _counted(each: Counted) -> CountedType:
    return CountedType(of=strawberry.ID(each.of), tally=each.tally)


async def _whose(
    context: Context, place: str | None, school: str | None, at_least: Position | None
) -> Whose:
    """Who worked on the day within reach, and in the place and school that were asked for."""
    asker = context.asker
    if not may(asker.role, Action.TRY_DRAFT):
        raise Denied(
            "FORBIDDEN_ROLE",
            zh="草案试算供教育行政部门和审计人员使用",
            en="drafts are tried by bureaus and auditors",
        )
    # A place may be told while one waits.
    await context.at_least(at_least, RECORDS)
    within = None if asker.role is Role.OPERATOR else covered(asker, await context.places())
    asked: list[tuple[str, ...] | None] = [within]
    if school is not None:
        asked.append((str(name_in(SchoolId, school, "school")),))
    if place is not None:
        named = name_in(JurisdictionId, place, "place")
        inside = replace(asker, role=Role.BUREAU, scope=named)
        places = await context.all_places() if named.level == "CITY" else ()
        asked.append(covered(inside, places))
    return Whose(among=tuple(asked))
