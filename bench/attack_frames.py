"""What the dearest frames of an anonymous client cost over WebSocket: the server's CPU.

    python -m bench.attack_frames [--rounds 5] [--json]

The server, its clock and its limit of 50 ms are those of ``bench.attack``: without a purse, so that
every message is heard as far as it goes. Each attack has a connection of its own, of which all that
it sends counts together. The peer is a connection in the same run that begins and asks
``{ head }``: the median of an attack is printed in ms and as a ratio to that. The process ends with
1 where a median is over 50 ms.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from statistics import median
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from bench.attack import IDLE_SECONDS, MS_MAX, PAUSE_SECONDS, cpu_of, server

LARGE = 8 * 1024 * 1024
FITS = 64 * 1024
WAIT_SECONDS = 2.0
SILENT = logging.getLogger(__name__)
SILENT.disabled = True  # the client's library complains of servers that cut it off
FLOOR = "a connection, and { head }"
BEGIN = '{"type":"connection_init"}'
ASK = '{"type":"subscribe","id":"x","payload":{"query":"{ head }"}}'


def filled(begun: str, filling: str, ended: str, size: int) -> str:
    """A text of at most so many characters."""
    return begun + filling * ((size - len(begun) - len(ended)) // len(filling)) + ended


def init(filling: str, last: str, size: int) -> str:
    """A beginning with a list in its payload."""
    head = '{"type":"connection_init","payload":{"a":['
    return filled(head, filling, last + "]}}", size)


def asking(size: int) -> str:
    """A question with variables that nobody reads."""
    head = ASK[:-2] + ',"variables":{"a":['
    return filled(head, "[],", "[]]}}}", size)


def frames(opcode: Opcode, data: bytes, count: int, *, fin: bool = True) -> bytes:
    """So many frames in one piece."""
    return Frame(opcode, data, fin).serialize(mask=True) * count


PIECE = Frame(Opcode.TEXT, b"{", fin=False).serialize(mask=True)
# What is sent in turn: messages as text, and raw frames as bytes.
ATTACKS: dict[str, list[str | bytes]] = {
    FLOOR: [BEGIN, ASK],
    "a beginning of 8 MB": [init("[],", "[]", LARGE)],
    "a beginning of 64 KB": [init("[],", "[]", FITS)],
    "a beginning of 64 KB of objects": [init('{"a":1},', "1", FITS)],
    "no message, 8 MB": [filled("[", '{"a":1},', "1]", LARGE)],
    "no message, 64 KB of brackets": ["[" * FITS],
    "a question of 8 MB": [BEGIN, asking(LARGE)],
    "a question of 64 KB": [BEGIN, asking(FITS)],
    "a ping of 64 KB": [BEGIN, filled('{"type":"ping","payload":{"a":[', "[],", "[]]}}", FITS)],
    "100 pings of 1 KB": [BEGIN, *['{"type":"ping","payload":{"a":"' + "x" * 900 + '"}}'] * 100],
    "40,000 pings of the protocol": [BEGIN, frames(Opcode.PING, b"", 40_000)],
    "40,000 pongs of the protocol": [BEGIN, frames(Opcode.PONG, b"", 40_000)],
    "40,000 empty pieces": [PIECE + frames(Opcode.CONT, b"", 40_000, fin=False)],
    "1,000 messages that are none": [frames(Opcode.TEXT, b"1", 1_000)],
}
REQUESTS: dict[str, tuple[dict[str, str], Callable[[], bytes]]] = {
    "a stream of events of 8 MB, by a token that is none": (
        {
            "accept": "text/event-stream",
            "authorization": "Bearer x",
            "content-type": "application/json",
        },
        lambda: json.dumps({"query": "{ head }", "variables": {"a": [[]] * 2_000_000}}).encode(),
    ),
}


def sent(url: str, messages: list[str | bytes]) -> str:
    """Sends all, and hears what is answered until nothing more is; how the connection ended."""
    address = url.replace("http", "ws") + "/graphql"
    own = [Subprotocol("graphql-transport-ws")]
    with connect(address, subprotocols=own, close_timeout=2, logger=SILENT) as client:
        with suppress(ConnectionClosed, OSError, TimeoutError):
            for each in messages:
                _send(client, each)
            while True:
                if json.loads(client.recv(timeout=WAIT_SECONDS))["type"] == "complete":
                    break
        code = client.close_code
    return "open" if code is None else str(code)


def _send(client: ClientConnection, message: str | bytes) -> None:
    if isinstance(message, bytes):
        client.socket.sendall(message)
        return
    client.send(message)
    if message.startswith(BEGIN[:-1]):  # as clients do, one waits for the word that one is let in
        client.recv(timeout=WAIT_SECONDS)


def posted(url: str, headers: dict[str, str], body: bytes) -> str:
    """The status of a request."""
    try:
        found = httpx.post(f"{url}/graphql", content=body, headers=headers, timeout=60)
    except httpx.TransportError as error:
        return type(error).__name__
    return str(found.status_code)


def attempts(url: str) -> dict[str, Callable[[], str]]:
    """All attacks by name; what one is to say is made beforehand."""
    found: dict[str, Callable[[], str]] = {}
    for name, messages in ATTACKS.items():
        found[name] = lambda messages=messages: sent(url, messages)  # type: ignore[misc]
    for name, (headers, made) in REQUESTS.items():
        found[name] = lambda headers=headers, body=made(): posted(url, headers, body)  # type: ignore[misc]
    return found


def measure(url: str, process: int, rounds: int) -> list[dict[str, Any]]:
    """What each attack costs, the dearest first."""
    time.sleep(IDLE_SECONDS)  # the views catch up
    begun = cpu_of(process)
    time.sleep(IDLE_SECONDS)
    idle = (cpu_of(process) - begun) / IDLE_SECONDS
    found: list[dict[str, Any]] = []
    for name, attempt in attempts(url).items():
        ended, used = attempt(), []  # what is made once and kept is made now
        for _ in range(rounds):
            start, before = time.perf_counter(), cpu_of(process)
            ended = attempt()
            time.sleep(PAUSE_SECONDS)  # what is done after the answer counts too
            spent = cpu_of(process) - before
            used.append(1_000 * max(0.0, spent - idle * (time.perf_counter() - start)))
        found.append({"attack": name, "ended": ended, "ms": median(used), "max": max(used)})
    floor = next(each["ms"] for each in found if each["attack"] == FLOOR)
    for each in found:
        each["ratio"] = each["ms"] / floor if floor else None
    return sorted(found, key=lambda each: -each["ms"])


def main() -> int:
    """Measures, prints, and says whether anything took too long."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    with server("signed") as (url, process, _):
        found = measure(url, process, given.rounds)
    if given.json:
        print(json.dumps(found))
    else:
        for each in found:
            ratio = "-" if each["ratio"] is None else f"{each['ratio']:.1f}"
            print(
                f"{each['ms']:8.2f} ms  worst {each['max']:8.2f} ms  {ratio:>6} x  "
                f"{each['ended']:>20}  {each['attack']}"
            )
    over = [each["attack"] for each in found if each["ms"] > MS_MAX]
    print(f"over {MS_MAX:g} ms: {', '.join(over) or 'none'}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
