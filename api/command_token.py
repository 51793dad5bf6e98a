"""Tokens from the command line: one asker in one role over one scope."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from api.auth import fitting, issue
from api.house import issuer
from api.terminal import name_of, settings_of
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
) -> None:
    """Print a token for the API. 签发令牌。

    Nothing but the token goes to standard output. The signing key is made on first use. The
    operator's scope is ledger:xuefen.
    """
    asker = Asker(actor=str(name_of(actor)), role=role, scope=fitting(role, name_of(scope)))
    typer.echo(issue(issuer(settings_of(context)), asker, valid=timedelta(days=days)))
