"""The clients of a soak: what they ask, and what they see of the answers."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from ledger.names import KNOWN_MAX
from projections.trail import TEXTS_MAX

READS, CLIENTS, PENDING_MAX = 0.85, 32, 4_000
RECORD = """query($t: ID!) { teacher(id: $t) { id school place stage subject }
  creditRecord(teacher: $t) { cycleNumber credits
    verdict { result counted zh en requirements { code result needed had } }
    lines { credit kind title credits } } }"""
TEACHERS = """query($a: String) {
  teachers(first: 50, after: $a) { edges { cursor node { id school } } } }"""
HISTORY = """query($b: Position!) { history(first: 50, latestFirst: true, filter: { before: $b }) {
  edges { node { position type at actor tags data } } } }"""
OFFERINGS = "{ offerings(first: 20) { edges { node { id provider } } } }"
ANSWER = "{ __typename ... on Refused { refusals { code } } }"
SCHOOL = (
    "mutation($i: RegisterSchoolInput!, $r: String!) "
    f"{{ answer: registerSchool(input: $i, requestId: $r) {ANSWER} }}"
)
TEACHER = (
    "mutation($i: RegisterTeacherInput!, $r: String!) "
    f"{{ answer: registerTeacher(input: $i, requestId: $r) {ANSWER} }}"
)
BULK = 512
# As many teachers as there are names that a process knows fill the schools whose titles it knows.
# A school's row names its teachers: few schools that grew without end would be measured instead.
FILLING_TEACHERS = KNOWN_MAX
FILLING_SCHOOLS = TEXTS_MAX
SCHOOLS_IN_BULK = """mutation($i: [RegisterSchoolInput!]!, $r: String!) {
  answer: registerSchools(inputs: $i, requestId: $r) { position recorded } }"""
TEACHERS_IN_BULK = """mutation($i: [RegisterTeacherInput!]!, $r: String!) {
  answer: registerTeachers(inputs: $i, requestId: $r) { position recorded } }"""
WAIT = "query($p: Position!) { teachers(first: 1, atLeast: $p) { edges { cursor } } }"
KNOWN = """{ teachers(first: 300) { edges { cursor node { id } } }
  schools(first: 100) { edges { node { id } } } head }"""


@dataclass
class Window:
    """What happened in a window; latencies in milliseconds."""

    reads: list[float] = field(default_factory=list)
    commands: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    late: int = 0


@dataclass
class Clients:
    """Clients that know some teachers and schools, and what they saw."""

    http: httpx.AsyncClient
    rng: random.Random
    teachers: list[str] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    schools: list[str] = field(default_factory=list)
    head: int = 0
    window: Window = field(default_factory=Window)
    made: Any = field(default_factory=lambda: count(1))

    async def learn(self) -> None:
        """Whom there is to ask about."""
        found = (await self.http.post("/graphql", json={"query": KNOWN})).json()["data"]
        self.teachers = [each["node"]["id"] for each in found["teachers"]["edges"]]
        self.cursors = [each["cursor"] for each in found["teachers"]["edges"]]
        self.schools = [each["node"]["id"] for each in found["schools"]["edges"]]
        self.head = found["head"]

    async def fill(self) -> None:
        """Registers schools, and teachers in them, until every view has them."""
        schools = [self.school(f"fill-{each}") for each in range(FILLING_SCHOOLS)]
        for first in range(0, FILLING_SCHOOLS, BULK):
            await self._bulk(SCHOOLS_IN_BULK, f"schools-{first}", schools[first : first + BULK])
        self.schools = [each["school"] for each in schools]
        for first in range(0, FILLING_TEACHERS, BULK):
            inputs = [self.teacher(f"fill-{first + each}") for each in range(BULK)]
            await self._bulk(TEACHERS_IN_BULK, f"fill-{first}", inputs)

    async def kept(self) -> tuple[dict[str, tuple[int, int]], int]:
        """How many answers of each function the server keeps and may keep, and its live blocks."""
        text = (await self.http.get("/metrics")).text
        told = {
            family.name: {each.labels.get("of", ""): int(each.value) for each in family.samples}
            for family in text_string_to_metric_families(text)
        }
        most = told["xuefen_kept_most"]
        kept = {name: (told["xuefen_kept"][name], most[name]) for name in most}
        return kept, told["xuefen_live_blocks"][""]

    async def _bulk(self, query: str, request: str, inputs: list[dict[str, str]]) -> None:
        asked = {"query": query, "variables": {"i": inputs, "r": request}}
        answer = (await self.http.post("/graphql", json=asked)).json()
        assert answer["data"]["answer"]["recorded"] == len(inputs), answer
        wait = {"query": WAIT, "variables": {"p": answer["data"]["answer"]["position"]}}
        while "errors" in (await self.http.post("/graphql", json=wait)).json():
            await asyncio.sleep(1)

    def school(self, name: str) -> dict[str, str]:
        """A school to be registered."""
        made = {"school": f"school:{name}", "place": "jurisdiction:330381"}
        return made | {"title": f"第{name}小学", "stage": "PRIMARY"}

    def teacher(self, name: str) -> dict[str, str]:
        """A teacher to be registered at some school."""
        made = {"teacher": f"teacher:{name}", "school": self.rng.choice(self.schools)}
        return made | {"stage": "PRIMARY", "subject": "数学", "entered": "2015-09-01"}

    def body(self) -> tuple[bool, dict[str, Any]]:
        """The next request, and whether it is a command."""
        kind, chance = self.rng.random(), self.rng
        if kind >= READS:
            number = next(self.made)
            name = f"soak-{number}"
            if number % 5 == 0:
                return True, {"query": SCHOOL, "variables": {"i": self.school(name), "r": name}}
            return True, {"query": TEACHER, "variables": {"i": self.teacher(name), "r": name}}
        if kind < READS * 0.5:
            return False, {"query": RECORD, "variables": {"t": chance.choice(self.teachers)}}
        if kind < READS * 0.7:
            return False, {"query": TEACHERS, "variables": {"a": chance.choice(self.cursors)}}
        if kind < READS * 0.9:
            before = chance.randrange(60, self.head)
            return False, {"query": HISTORY, "variables": {"b": before}}
        return False, {"query": OFFERINGS}

    async def one(self, due: float) -> None:
        """Asks once; its latency counts from when it was due."""
        command, body = self.body()
        window = self.window
        try:
            response = await self.http.post("/graphql", json=body)
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            window.errors[f"{type(error).__name__}: {error}"] += 1
            return
        if response.status_code != httpx.codes.OK or "errors" in answer:
            said = answer.get("errors", [{}])[0].get("extensions", {}).get("code")
            window.errors[f"{response.status_code} {said}"] += 1
        elif command and answer["data"]["answer"]["__typename"] != "Recorded":
            window.errors[str(answer["data"]["answer"])] += 1
        elif command and "school" in (made := body["variables"]["i"]) and "title" in made:
            self.schools.append(made["school"])
        took = (time.perf_counter() - due) * 1_000
        (window.commands if command else window.reads).append(took)

    async def as_many_as_answer(self, seconds: float) -> float:
        """Requests a second, each client asking again as soon as it is answered."""
        end, begun = time.perf_counter() + seconds, time.perf_counter()

        async def ask() -> None:
            while (now := time.perf_counter()) < end:
                await self.one(now)

        await asyncio.gather(*(ask() for _ in range(CLIENTS)))
        done = self.window
        return (len(done.reads) + len(done.commands)) / (time.perf_counter() - begun)

    async def at(self, rate: float, until: float) -> None:
        """Sends requests at their times."""
        tasks: set[asyncio.Task[None]] = set()
        due = time.perf_counter()
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if len(tasks) >= PENDING_MAX:
                self.window.late += 1  # told as an error: the server does not keep up
            else:
                task = asyncio.create_task(self.one(due))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            due += self.rng.expovariate(rate)
        await asyncio.gather(*tasks)
