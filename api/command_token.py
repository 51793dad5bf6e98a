"""Tokens from the command line: one asker in one role over one scope."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from api.auth import fitting, issue
from api.issuers import issuer
from api.terminal import Json, name_of, print_json, settings_of, stop, tell
from ledger.command import Asker, Role

DAYS_MAX = 3_660


def token(
    context: typer.Context,
    role: Annotated[
        Role, typer.Option(case_sensitive=False, help="What the bearer may do.", show_default=False)
    ],
    scope: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Over what: teacher:…, school:…, provider:…, jurisdiction:…"
        ),
    ],
    actor: Annotated[
        str, typer.Option(metavar="NAME", help="Who it is, such as staff:0042 or teacher:0042.")
    ],
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, help="Days that it is valid.")] = 30,
    as_json: Json = False,
) -> None:
    """Print a token for the API. 签发令牌。

    Nothing but the token goes to standard output. The signing key is made on first use. The
    operator's scope is ledger:xuefen.
    """
    asker = _asker(role, scope, actor)
    settings = settings_of(context)
    file = settings.issuer_key_file
    new = not file.exists()
    printed = issue(issuer(settings), asker, valid=timedelta(days=days))
    if new:
        tell(
            f"{file} 原先不存在，已生成新的签发密钥；只有使用此文件的服务才接受该令牌。",
            f"There was no {file}; a new signing key was made. Only a server that uses this file "
            "accepts the token.",
        )
    if as_json:
        said = {"actor": asker.actor, "role": role.value, "scope": asker.scope, "days": days}
        print_json([{"token": printed} | said])
    else:
        typer.echo(printed)


def _asker(role: Role, scope: str, actor: str) -> Asker:
    if role is Role.PUBLIC:
        raise stop(
            "NO_TOKEN_NEEDED",
            "公众无需令牌：不带 authorization 直接访问即可。",
            "The public needs no token: ask without authorization.",
        )
    asker = Asker(actor=str(name_of(actor)), role=role, scope=fitting(role, name_of(scope)))
    if role is Role.TEACHER and asker.actor != str(asker.scope):
        raise stop(
            "ACTOR_NOT_SCOPE",
            f"教师只代表本人：--actor 须与 --scope 相同，即 {asker.scope}。",
            f"A teacher speaks as nobody else: --actor must be the scope, {asker.scope}.",
        )
    return asker
