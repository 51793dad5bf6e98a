"""What the dearest requests of an anonymous client cost at the doors beside GraphQL: server CPU.

    python -m bench.attack_doors [--rounds 5] [--json]

The server, its clock and its limit of 50 ms are those of ``bench.attack``: without a purse, so that
every request is carried out as far as it goes. Each door is asked as it is meant to be asked, with
the largest body, name or number that it takes, and with a token that nobody trusts. The peer is
``/healthz`` of the same server in the same run, which does nothing: the median of a request is
printed in ms and as a ratio to that. The process ends with 1 where a median is over 50 ms.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from bench.attack import IDLE_SECONDS, MS_MAX, PAUSE_SECONDS, cpu_of, fill, server

MANY = 20_000_000
FLOOR = "nothing at all (/healthz)"
Sent = dict[str, Any]


def bearer(token: str) -> Sent:
    """A request with a token."""
    return {"headers": {"authorization": f"Bearer {token}"}}


def body(content: bytes) -> Sent:
    """A request with a body."""
    return {"content": content}


def streamed(size: int) -> Sent:
    """A request whose body does not say how long it is."""
    return {"content": (b" " * 65_536 for _ in range(size // 65_536))}


JWT = "eyJhbGciOiJFZDI1NTE5In0.eyJpc3MiOiJ4dWVmZW4ifQ." + "A" * 86
Ask = tuple[str, str, Callable[[], Sent]]
EXPORT = json.dumps({"what": "schools", "format": "xlsx", "filters": {}}).encode()
DEEP = b'{"what":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
ATTACKS: dict[str, Ask] = {
    FLOOR: ("GET", "/healthz", dict),
    "readiness": ("GET", "/readyz", dict),
    "metrics": ("GET", "/metrics", dict),
    "the events' document": ("GET", "/asyncapi.json", dict),
    "the IDE": ("GET", "/ide", dict),
    "a path out of the IDE": ("GET", "/ide/..%2f..%2fetc%2fpasswd", dict),
    "an export of a public register": ("POST", "/exports", lambda: body(EXPORT)),
    "an export, nested 30,000 deep": ("POST", "/exports", lambda: body(DEEP)),
    "an export of 20 MB": ("POST", "/exports", lambda: body(b" " * MANY)),
    "an export of 20 MB, undeclared": ("POST", "/exports", lambda: streamed(MANY)),
    "a receipt": ("GET", "/exports/" + "9" * 18, dict),
    "a receipt of 6,000 digits": ("GET", "/exports/" + "9" * 6_000, dict),
    "a file of 20 MB": ("PUT", "/uploads/" + "x" * 43, lambda: body(b" " * MANY)),
    "a file of 20 MB, undeclared": ("PUT", "/uploads/" + "x" * 43, lambda: streamed(MANY)),
    "a marked sheet": ("GET", "/uploads/01890000-0000-7000-8000-00000000abcd/marked", dict),
    "a mapping, nested 30,000 deep": ("POST", "/uploads/x/marked", lambda: body(DEEP)),
    "a dry run's sheet": ("GET", "/loads/load:01890000-0000-7000-8000-00000000abcd/marked", dict),
    "a report": ("GET", "/reconciliations/reconciliation:a/report.xlsx", dict),
    "a report far ahead": ("GET", "/reconciliations/a/report.json?atLeast=999999999999999", dict),
    "a report of long ago": ("GET", "/reconciliations/a/report.json?position=1", dict),
    "no door": ("GET", "/" + "x" * 6_000, dict),
    "a token that is none": ("GET", "/exports/1", lambda: bearer("x" * 8_000)),
    "a token of nobody": ("GET", "/exports/1", lambda: bearer(JWT)),
    "a service token of nobody": ("GET", "/exports/1", lambda: bearer("xuefen_a_" + "A" * 43)),
}


def sent(client: httpx.Client, ask: Ask) -> str:
    """The status of a request; a server that stops reading may cut the sender off."""
    method, path, more = ask
    try:
        return str(client.request(method, path, **more()).status_code)
    except httpx.TransportError as error:
        return type(error).__name__


def measure(url: str, process: int, rounds: int) -> list[dict[str, Any]]:
    """What each request costs, the dearest first."""
    found: list[dict[str, Any]] = []
    with httpx.Client(base_url=url, timeout=120) as client:
        time.sleep(IDLE_SECONDS)  # the views catch up
        begun = cpu_of(process)
        time.sleep(IDLE_SECONDS)
        idle = (cpu_of(process) - begun) / IDLE_SECONDS
        for name, ask in ATTACKS.items():
            status, used = sent(client, ask), []  # what is made once and kept is made now
            for _ in range(rounds):
                start, before = time.perf_counter(), cpu_of(process)
                status = sent(client, ask)
                time.sleep(PAUSE_SECONDS)  # what is done after the answer counts too
                spent = cpu_of(process) - before
                used.append(1_000 * max(0.0, spent - idle * (time.perf_counter() - start)))
            found.append({"request": name, "status": status, "ms": median(used), "max": max(used)})
    floor = next(each["ms"] for each in found if each["request"] == FLOOR)
    for each in found:
        each["ratio"] = each["ms"] / floor if floor else None
    return sorted(found, key=lambda each: -each["ms"])


def main() -> int:
    """Measures, prints, and says whether anything took too long."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    with server("signed") as (url, process, data):
        prepared(url, data)
        found = measure(url, process, given.rounds)
    if given.json:
        print(json.dumps(found))
    else:
        for each in found:
            ratio = "-" if each["ratio"] is None else f"{each['ratio']:.1f}"
            print(
                f"{each['ms']:8.2f} ms  worst {each['max']:8.2f} ms  {ratio:>6} x  "
                f"{each['status']:>20}  {each['request']}"
            )
    over = [each["request"] for each in found if each["ms"] > MS_MAX]
    print(f"over {MS_MAX:g} ms: {', '.join(over) or 'none'}", file=sys.stderr)
    return 1 if over else 0


def prepared(url: str, data: Path) -> None:
    """Registers schools, so that there is something to export."""
    with httpx.Client(base_url=url, timeout=120) as client:
        fill(client, data)


if __name__ == "__main__":
    sys.exit(main())
