"""Aside: whoever is told of the work at hand, as a log is, may fail at it and must not stop it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

log = structlog.get_logger("xuefen.aside")


def aside(tell: Callable[..., object], *given: Any, **named: Any) -> None:
    """Tells somebody of it. What goes wrong there stands in the log, unless that is what fails."""
    try:
        tell(*given, **named)
    except Exception:
        with suppress(Exception):
            log.exception("not told")
