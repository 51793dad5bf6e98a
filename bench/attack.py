"""What the dearest requests of an anonymous client cost: the server's CPU for each of them.

    python -m bench.attack [--rounds 5] [--introspection anyone] [--json]

A server of its own with 600 schools, asked by one client without a token. First the attacks of
which GraphQL servers are known to die; then, of every question, the largest that is let through.
Each request is another one each time, so that nothing is taken from a cache. The time is that of
the server's process over all its threads (the process's CPU clock), less what it uses while nobody
asks; the medians of the rounds, and the worst. The peer is graphql-core in this process, which
parses and validates the same document against the same schema without our limits, and executes
nothing. The process ends with 1 where a request took over 50 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    parse,
    validate,
)

from api.auth import issue, load_issuer
from bench.folder import fresh_folder
from ledger.command import Asker, Role
from ledger.names import LedgerId
from schema.allowance import PUBLIC
from schema.cost import cost_of
from schema.outputs import FIRST_MAX
from schema.root import build

MS_MAX = 50.0
ROWS = 600
PAUSE_SECONDS = 0.02
IDLE_SECONDS = 2.0
JSON_TYPE = {"content-type": "application/json"}
Body = Callable[[int], bytes]


def query(text: str) -> Body:
    """A body with a document that is another one each time."""
    return lambda n: json.dumps({"query": f"{text} #{n}"}).encode()


def plain(text: str) -> Body:
    """A body as it is, but for one space more each time."""
    return lambda n: (text + " " * n).encode()


def nested(depth: int, inner: str) -> str:
    """A document of brackets within brackets."""
    return "{ a " * depth + inner + " }" * depth


def chain(links: int) -> str:
    """Fragments of which each spreads the next one twice."""
    parts = ["{ ...f0 }"]
    parts += [f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(links)]
    return " ".join([*parts, f"fragment f{links} on Query {{ head }}"])


def line(links: int) -> str:
    """Fragments of which each spreads the next one, all of them spread at the top."""
    spread = " ".join(f"...f{n}" for n in range(links))
    parts = [f"fragment f{n} on Query {{ head ...f{n + 1} }}" for n in range(links)]
    return " ".join([f"{{ {spread} }}", *parts, f"fragment f{links} on Query {{ head }}"])


RULES = "regulations { rules { id kind } }"
PAGE = "schools(first: 1) { edges { node { id title stage place } } }"
SCHEMA = "{ __schema { types { fields { type { fields { name } } } } } }"
ATTACKS: dict[str, Body] = {
    "an ordinary question": query("{ head }"),
    "nesting 40 deep": query(nested(40, "b")),
    "nesting 1,000 deep": query("{" + "a{" * 1_000 + "b" + "}" * 1_001),
    "list within list, 8 times": query(nested(8, "regulations { rules { id } }")),
    "330 aliases": query("{" + " ".join(f"a{n}: head" for n in range(330)) + "}"),
    "30 aliases of a list": query("{" + " ".join(f"a{n}: {RULES}" for n in range(30)) + "}"),
    "8 aliases of a list": query("{" + " ".join(f"a{n}: {RULES}" for n in range(8)) + "}"),
    "330 aliases of the dearest": query(
        "{" + " ".join(f"a{n}: rules {{ id }}" for n in range(240)) + "}"
    ),
    "20,000 fields": query("{" + " ".join(f"f{n}" for n in range(20_000)) + "}"),
    "990 unknown fields": query("{" + " ".join(f"f{n}" for n in range(990)) + "}"),
    "480 unknown fields": query("{" + " ".join(f"f{n}" for n in range(480)) + "}"),
    "450 misspelt mutations": query(
        "mutation {" + " ".join(f"registerTeachrs{n}" for n in range(450)) + "}"
    ),
    "120 misspelt arguments": query(
        "{" + " ".join(f"a{n}: teachers(schol{n}: 1, plase: 2, asoff: 3, frist: 4) {{ position }}"
                       for n in range(29)) + "}"
    ),
    "60 misspelt types": query(
        "query(" + " ".join(f"$v{n}: RegisterTeachrInput{n}" for n in range(60)) + ") { head }"
    ),
    "29 aliases of errorCodes": query(
        "{" + " ".join(f"a{n}: errorCodes {{ code kind zh en }}" for n in range(29)) + "}"
    ),
    "2,000 duplicate fields": query("{" + " head" * 2_000 + "}"),
    "12 duplicate fields": query("{" + " head" * 12 + "}"),
    "12 duplicates of 12 duplicates": query(
        "{" + (" schools(first: 1) { edges { node {" + " id title" * 12 + " } } }") * 12 + "}"
    ),
    "200 repeated directives": query("{ head " + "@skip(if: true) " * 200 + "}"),
    "30 repeated directives": query("{ head " + "@skip(if: true) " * 30 + "}"),
    "1,000 same-key inline fragments": query("{" + " ... { head }" * 1_000 + "}"),
    "12 inline fragments of a page": query("{" + f" ... {{ {PAGE} }}" * 12 + "}"),
    "doubling fragments, 60 links": query(chain(60)),
    "a line of 28 fragments": query(line(28)),
    "a line of 9 fragments": query(line(9)),
    "a circle of fragments": query("{ ...a } fragment a on Query { ...b } fragment b on Query "
                                   "{ ...a }"),
    "240 variables": query("query(" + " ".join(f"$v{n}: Int" for n in range(240)) + ") { head }"),
    "29 operations": query(" ".join(f"query q{n} {{ head }}" for n in range(29))),
    "a comment of 1 MB": query("{ head } #" + "x" * 1_000_000),
    "a comment of 15 kB": query("{ head } #" + "x" * 15_000),
    "line breaks, 15 kB": query("\n" * 15_000 + "{ head nothing }"),
    "a text of 15 kB with escapes": query(
        '{ schools(place: "' + "\\n" * 7_000 + '") { position } }'
    ),
    "a literal nested 400 deep": query(
        "{ schools(place: " + "[" * 400 + "]" * 400 + ") { position } }"
    ),
    "a literal of 900 numbers": query("{ schools(place: [" + "1 " * 900 + "]) { position } }"),
    "the schema, by fields of fields": query(SCHEMA),
    "the schema, circular": query("{ __schema { types { fields { type { fields { type { fields "
                                  "{ name } } } } } } } }"),
    "no document at all": plain("{}"),
    "brackets, 60 kB": plain("[" * 60_000),
    "brackets, 1 MB": plain("[" * 1_000_000),
    "objects, 60 kB": plain('{"a":' * 12_000),
    "digits, 60 kB": plain('{"query": "{ head }", "variables": {"a": ' + "9" * 60_000 + "}}"),
    "an object of 5,000 keys": plain(
        json.dumps({"query": "{ head }", "variables": {f"k{n}": 0 for n in range(5_000)}})
    ),
    "variables nested 900 deep": plain(
        '{"query": "query($a: [ID!]) { history(filter: {tags: $a}) { position } }", "variables": '
        '{"a": ' + "[" * 900 + "]" * 900 + "}}"
    ),
    "a list of 5,000 in a variable": plain(
        '{"query": "query($a: [ID!]) { history(filter: {tags: $a}) { position } }", "variables": '
        '{"a": [' + ",".join(['"school:a"'] * 5_000) + "]}}"
    ),
    "a list of 5,000 misfits in a variable": plain(
        '{"query": "query($a: [Outcome!]) { findings(outcome: $a) { position } }", "variables": '
        '{"a": [' + ",".join(['"x"'] * 5_000) + "]}}"
    ),
    "2,000 unknown fields of an input in a variable": plain(
        json.dumps({
            "query": "query($a: AsOf) { schools(asOf: $a) { position } }",
            "variables": {"a": {f"posision{n}": n for n in range(2_000)}},
        })
    ),
    "a batch of 1,000": plain(json.dumps([{"query": "{ head }"}] * 1_000)),
    "a body of 20 MB": plain('{"query": "{ head }"}' + " " * 20_000_000),
    "a body of 8 MB": plain('{"query": "{ head }"}' + " " * 8_000_000),
    "bytes that are no text": lambda n: b"\xff\xfe" * 30_000 + b" " * n,
}  # fmt: skip


def selection(kind: Any, depth: int) -> str:
    """All fields of a type without required arguments, as deep as said."""
    if isinstance(kind, GraphQLUnionType) or depth == 0 or not hasattr(kind, "fields"):
        return "{ __typename }"
    chosen = ["__typename"]
    for name, each in kind.fields.items():
        inner = get_named_type(each.type)
        if any(is_required_argument(argument) for argument in each.args.values()):
            continue
        if is_leaf_type(inner):
            chosen.append(name)
        elif isinstance(inner, GraphQLObjectType) and depth > 1:
            chosen.append(f"{name} {selection(inner, depth - 1)}")
    return "{ " + " ".join(chosen) + " }"


def largest() -> Iterator[tuple[str, Body]]:
    """Of each question the largest that the public is let through with, and it twice by aliases."""
    schema = build()._schema
    assert schema.query_type is not None
    for name, field in schema.query_type.fields.items():
        wanted = [key for key, each in field.args.items() if is_required_argument(each)]
        given = {key: GIVEN.get(key) for key in wanted}
        if None in given.values():
            continue
        kind, best = get_named_type(field.type), ("", 0)
        for depth in range(1, 6):
            inner = "" if is_leaf_type(kind) else selection(kind, depth)
            for first in (FIRST_MAX, 100, 25, 5) if "first" in field.args else (0,):
                pages = {"first": str(first)} if first else {}
                said = ", ".join(f"{key}: {each}" for key, each in (given | pages).items())
                best = max(
                    best,
                    _most(schema, f"{name}({said}) {inner}" if said else f"{name} {inner}"),
                    key=lambda each: each[1],
                )
        if best[1]:
            yield f"{name}, {best[1]} points", query(best[0])


def _most(schema: Any, text: str) -> tuple[str, int]:
    """As often as it is let through under other names, and its points; nothing where it is not."""
    try:
        document = parse("{" + text + "}", max_tokens=PUBLIC.tokens)
    except GraphQLError:
        return "", 0
    one = cost_of(schema, document, None, {})
    tokens = len(text.replace("{", " { ").replace("}", " } ").split())
    times = min(
        PUBLIC.aliases,
        PUBLIC.cost // max(1, one.points),
        PUBLIC.nodes // max(1, one.nodes),
        PUBLIC.tokens // (tokens + 12),
    )
    whole = "{" + " ".join(f"a{n}: {text}" for n in range(times)) + "}"
    if not times or validate(schema, parse(whole), max_errors=1):
        return "", 0
    return whole, times * one.points


GIVEN = {
    "document": '"document:zj24"',
    "id": '"document:zj24"',
    "year": "2024",
    "teacher": '"teacher:a"',
    "of": '"jurisdiction:330381"',
    "subject": '"school:s1"',
}


def cpu_of(process: int) -> float:
    """The CPU seconds of a process so far, over all its threads (clock_getcpuclockid(3))."""
    return time.clock_gettime((~process << 3) | 2)


@contextmanager
def server(introspection: str) -> Iterator[tuple[str, int, Path]]:
    """A server with data of its own: its address, its process, its folder."""
    with fresh_folder("attack") as folder:
        ready = folder / "ready"
        environment = os.environ | {
            "XUEFEN_DATA": str(folder / "data"),
            "XUEFEN_INTROSPECTION": introspection,
            "XUEFEN_PUBLIC_REQUESTS_PER_MINUTE": "0",
            "XUEFEN_PUBLIC_COST_PER_MINUTE": "0",
            "XUEFEN_MODE": "development",
        }
        command = [sys.executable, "-m", "api.cli", "serve", "--port", "0"]
        command += ["--ready-file", str(ready)]
        log = (folder / "log").open("wb")
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            while not (ready.exists() and ready.read_text().strip()):
                if process.poll() is not None:
                    raise SystemExit((folder / "log").read_text())
                time.sleep(0.05)
            yield ready.read_text().strip(), process.pid, folder / "data"
        finally:
            process.terminate()
            process.wait(60)
            log.close()


def fill(client: httpx.Client, data: Path) -> None:
    """Registers schools, as the operator."""
    operator = Asker(actor="staff:bench", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))
    token = issue(load_issuer(data / "issuer.jwk"), operator, valid=timedelta(hours=1))
    place, stage = "jurisdiction:330381", "PRIMARY"
    rows = [
        {"school": f"school:s{n}", "place": place, "title": f"第{n}小学", "stage": stage}
        for n in range(ROWS)
    ]
    document = (
        "mutation($rows: [RegisterSchoolInput!]!) { registerSchools(inputs: $rows, "
        'requestId: "bench") { recorded refused position } }'
    )
    answer = client.post(
        "/graphql",
        json={"query": document, "variables": {"rows": rows}},
        headers={"authorization": f"Bearer {token}"},
    ).json()
    assert answer["data"]["registerSchools"]["recorded"] == ROWS, answer


def unlimited(body: bytes) -> float | None:
    """The ms that graphql-core takes to parse and validate the document of a body."""
    begun = time.process_time()
    try:
        text = json.loads(body)["query"]
        validate(build()._schema, parse(text))
    except GraphQLError:
        pass
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return 1_000 * (time.process_time() - begun)


def measure(url: str, process: int, rounds: int) -> list[dict[str, Any]]:
    """What each request costs, the dearest first."""
    found = []
    with httpx.Client(base_url=url, timeout=120) as client:
        time.sleep(IDLE_SECONDS)  # the views catch up
        begun = cpu_of(process)
        time.sleep(IDLE_SECONDS)
        idle = (cpu_of(process) - begun) / IDLE_SECONDS
        for name, body in [*ATTACKS.items(), *largest()]:
            used, answer = [], None
            for n in range(rounds):
                content = body(n)
                start, before = time.perf_counter(), cpu_of(process)
                answer = client.post("/graphql", content=content, headers=JSON_TYPE)
                time.sleep(PAUSE_SECONDS)  # what is done after the answer counts too
                spent = cpu_of(process) - before
                used.append(1_000 * max(0.0, spent - idle * (time.perf_counter() - start)))
            assert answer is not None
            said = answer.json()
            peer = unlimited(body(rounds))
            codes = sorted({each["extensions"]["code"] for each in said.get("errors", [])})
            found.append(
                {
                    "request": name,
                    "cpu_ms": round(median(used), 2),
                    "worst_ms": round(max(used), 2),
                    "peer_ms": peer and round(peer, 2),
                    "status": answer.status_code,
                    "codes": codes,
                    "bytes": len(answer.content),
                }
            )
    return sorted(found, key=lambda each: -each["cpu_ms"])


def main() -> int:
    """Measures, prints, and says whether anything took too long."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--introspection", default="signed")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    with server(given.introspection) as (url, process, data):
        with httpx.Client(base_url=url, timeout=120) as client:
            fill(client, data)
        found = measure(url, process, given.rounds)
    if given.json:
        print(json.dumps({"python": platform.python_version(), "requests": found}))
    else:
        for each in found:
            codes = " ".join(each["codes"]) or "answered"
            print(
                f"{each['cpu_ms']:8.2f} {each['worst_ms']:8.2f} {each['peer_ms'] or '-':>8} ms  "
                f"{each['status']} "
                f"{each['bytes']:>9}  {each['request']}  ({codes})"
            )
    over = [each["request"] for each in found if each["cpu_ms"] > MS_MAX]
    print(f"over {MS_MAX:g} ms: {', '.join(over) or 'none'}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
