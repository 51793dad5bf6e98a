"""Service tokens from the command line: issued, listed and revoked by the operator."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import uuid4

import msgspec
import typer

from api.books import Books, open_books
from api.service_token import fresh
from api.terminal import DAY, NOT_RIGHT, Json, name_of, print_json, settings_of, stop, tell
from ledger.command import Asker, Command, Role
from ledger.event import Channel
from ledger.names import JurisdictionId, LedgerId, ServiceTokenId
from ledger.service_token import IssueServiceToken, RevokeServiceToken
from ledger.store.answer import Answer
from ledger.store.committer import Committer
from ledger.store.work import Asked
from projections.service_token import service_tokens

group = typer.Typer(
    no_args_is_help=True,
    help="Tokens by which machines of integrators read a place. 服务令牌。",
)
Name = Annotated[str, typer.Argument(help="The token: token:hr-system, or hr-system.")]
Place = Annotated[str, typer.Option(metavar="PLACE", help="jurisdiction:330381, or 330381.")]
Actor = Annotated[str, typer.Option(metavar="NAME", help="Who does it, such as staff:0042.")]


@group.command("issue")
def issue_token(
    context: typer.Context,
    name: Name,
    place: Place,
    title: Annotated[str, typer.Option(metavar="TEXT", help="Which machine it is for.")],
    until: Annotated[date, typer.Option(help="The last day on which it is taken.", **DAY)],
    reports: Annotated[bool, typer.Option("--reports", help="It may report, too.")] = False,
    actor: Actor = "staff:operator",
    as_json: Json = False,
) -> None:
    """Print a new service token, once; the ledger keeps its digest alone. 签发服务令牌。"""
    token, where = _token(name), _place(place)
    secret, digest = fresh(token)
    asked = IssueServiceToken(
        token=token, place=where, title=title, digest=digest, until=until, reports=reports
    )
    with open_books(settings_of(context)) as books:
        position = _recorded(books, asked, actor)
    if as_json:
        print_json([{"token": token, "place": where, "bearer": secret, "position": position}])
    else:
        typer.echo(secret)


@group.command("list")
def list_tokens(context: typer.Context, place: Annotated[str, typer.Option()] = "") -> None:
    """List them as JSON, one a line, without what opens them. 列出服务令牌。"""
    where = _place(place) if place else None
    with open_books(settings_of(context)) as books:
        found = service_tokens(books.feed, None, where, date.today())
    print_json([msgspec.to_builtins(each, enc_hook=str) for each in found])


@group.command("revoke")
def revoke_token(
    context: typer.Context,
    name: Name,
    place: Place,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it stays in the ledger.")],
    actor: Actor = "staff:operator",
) -> None:
    """Take a service token back; from then on no server takes it. 吊销服务令牌。"""
    asked = RevokeServiceToken(token=_token(name), place=_place(place), reason=reason)
    with open_books(settings_of(context)) as books:
        position = _recorded(books, asked, actor)
    tell(
        f"{asked.token} 已吊销（位置 {position}）。",
        f"{asked.token} is revoked (position {position}).",
    )


def _token(text: str) -> ServiceTokenId:
    return ServiceTokenId(str(name_of(text, "token")))


def _place(text: str) -> JurisdictionId:
    return JurisdictionId(str(name_of(text, "jurisdiction")))


def _recorded(books: Books, command: Command, actor: str) -> int:
    """The position of what was recorded; a refusal ends the program."""
    asker = Asker(
        actor=str(name_of(actor)),
        role=Role.OPERATOR,
        scope=LedgerId("ledger:xuefen"),
        channel=Channel.CONSOLE,
    )
    committer = Committer(books.url)
    try:
        work = Asked(commands=[command], asker=asker, request=str(uuid4()))
        answer: Answer = committer.submit(work).result()
    finally:
        committer.close()
    outcome = answer.outcomes[0]
    if outcome.refusals:
        said = outcome.refusals[0]
        raise stop(said.code, f"{said.zh}。", f"{said.en}.", NOT_RIGHT)
    return outcome.written[0].position
