"""A trial: one operation struck by one fault, and what is wrong with the ledger after it."""

from __future__ import annotations

import os
import signal
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import msgspec
import psycopg

from bench.faults import verify
from bench.faults.fault import Fault
from bench.faults.process import PATIENCE_SECONDS, Subject
from bench.faults.proxy import Link, Proxy, Strike
from bench.faults.reader import Reader
from bench.faults.script import Batch, Submission, script
from bench.faults.site import Site
from bench.faults.subject import ALL, KEY
from ledger.store.answer import Answer
from ledger.store.ledger import Ledger
from ledger.store.migrate import LOCK_KEY, migrate
from ledger.store.statements import LOCK
from projections.runner import Runner
from tests.town import Hand, teacher

TEMPLATES = {
    "commit": "viewed",
    "project": "told",
    "rebuild": "viewed",
    "swap": "viewed",
    "found": "template0",
}
REVISIONS = ("0001", "0003", "0005", "0007")
# A rebuild tries its swap again for as long as somebody has a table of it.
BLOCKED_SECONDS = 6
REBUILD_EACH = 8
LOCKS = {
    "commit": (
        f"select pg_advisory_lock({LOCK})",
        "lock table ledger.events in access exclusive mode",
        "lock table ledger.requests in access exclusive mode",
        "lock table vault.keys in access exclusive mode",
    ),
    "found": (
        f"select pg_advisory_lock({LOCK_KEY})",
        f"select pg_advisory_lock({LOCK})",
        "lock table pg_catalog.pg_class in share row exclusive mode",
        "select pg_advisory_lock(4207330383)",
    ),
    "project": (
        "select from projection.progress for update",
        "lock table projection.teachers in access exclusive mode",
        "lock table ledger.events in access exclusive mode",
        "lock table projection.progress in access exclusive mode",
    ),
}


@dataclass
class Outcome:
    """What came of a trial. ``struck``: the fault came to pass; ``felt``: somebody noticed."""

    struck: bool = False
    felt: bool = False
    label: str = ""
    steps: int = 0
    labels: list[str] = field(default_factory=list)
    said: list[tuple[Any, ...]] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)


class Trial:
    """One fault on one site."""

    def __init__(self, site: Site, fault: Fault | None, operation: str, seed: int) -> None:
        self.site, self.fault, self.operation, self.seed = site, fault, operation, seed
        self.outcome = Outcome()
        self.answers: verify.Answers = defaultdict(list)
        # Where an append was said to stand, by its tag.
        self.appended: dict[str, int] = {}
        self.heavy = fault is not None and fault.kind == "full"
        self.batches: list[Batch] = []
        if operation == "commit":
            self.batches = script(seed, heavy=self.heavy)
        self._subjects: list[Subject] = []
        self._neighbour: Ledger | None = None
        self._blocker: psycopg.Connection[Any] | None = None
        self._patience: threading.Timer | None = None
        self._struck_at = 0
        self._struck: Strike | None = None

    def run(self) -> Outcome:
        """Strikes, heals, and holds the ledger against what was acknowledged."""
        fault, template = self.fault, TEMPLATES.get(self.operation, "")
        template = template or f"old_{REVISIONS[self.seed % len(REVISIONS)]}"
        locked = fault is not None and fault.kind == "locked"
        with (
            self.site.database(template, lock_timeout=locked) as url,
            ExitStack() as stack,
        ):
            reader = None
            if self.operation not in ("found", "upgrade"):
                self._neighbour = stack.enter_context(Ledger(url, KEY, Hand()))
                reader = Reader(self._neighbour.feed)
                stack.callback(reader.close)
            self._operate(url)
            self.site.start()
            try:
                self.outcome.breaches += self._verified(url, reader)
            except Exception as error:  # it cannot even be looked at
                self.outcome.breaches.append(f"{type(error).__name__}: {error}")
        return self.outcome

    def _operate(self, url: str) -> None:
        folder = self.site.folder.parent / "door"
        folder.mkdir(exist_ok=True)
        proxy = Proxy(folder, self.site.socket, beside=self._beside)
        self._url = url
        door = f"{url.partition('host=')[0]}host={quote(str(folder))}&port=5432"
        fault = self.fault
        extra: dict[str, Any] = {"heavy": self.heavy}
        if fault is not None and fault.kind in ("poison", "clock"):
            extra |= fault.detail
        try:
            count = 2 if fault is not None and fault.kind == "rival" else 1
            urls = [door, url][:count]
            self._subjects = [Subject(self.operation, each, self.seed, extra) for each in urls]
            self._proxy = proxy
            proxy.arm(self._strike())
            for each in self._subjects:
                each.go()
            for each in self._subjects:
                if each.said[-1][0] != "done" and not each.hears("done"):
                    self.outcome.breaches.append("the subject hangs")
                    each.process.kill()
        finally:
            self._release()
            for each in self._subjects:
                each.end()
            proxy.close()
        self.outcome.label = self._struck.label if self._struck else ""
        self.outcome.steps, self.outcome.labels = proxy.steps, list(proxy.labels)
        self._heard()
        since = self.outcome.labels[self._struck_at :] if self.outcome.struck else []
        broken = fault is not None and fault.kind in ("kill", "lost", "postgres")
        if "ROLLBACK" in since or (self.outcome.struck and broken):
            self.outcome.felt = True

    def _strike(self) -> Strike | None:
        fault = self.fault
        if fault is None or fault.kind in ("poison", "clock"):
            return None
        self._struck = Strike(fault.step, fault.moment, self._act)
        return self._struck

    def _act(self, link: Link) -> None:
        fault = self.fault
        assert fault is not None
        self.outcome.struck, self._struck_at = True, fault.step
        kind = fault.detail.get("by", fault.kind)
        if kind == "kill":
            self._kill(link)
        elif kind == "lost":
            if fault.detail.get("all"):
                self._proxy.cut_all(fault.detail["refusing"])
            else:
                self._proxy.refusing = fault.detail.get("refusing", 0)
            link.cut()
        elif kind == "postgres":
            self.site.kill(fault.detail["how"])
            if fault.detail["back"]:
                self.site.start()
            link.cut()
        elif kind == "full":
            self.site.fill()
        elif kind == "locked":
            self._block(LOCKS[self._group][fault.detail["what"]])

    @property
    def _group(self) -> str:
        groups = {"rebuild": "project", "swap": "project", "upgrade": "found"}
        return groups.get(self.operation, self.operation)

    def _kill(self, link: Link) -> None:
        pid = self._subjects[0].process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        link.cut()

    def _block(self, statement: str) -> None:
        """Somebody holds a lock that the operation wants, unless the operation has it already."""
        self._blocker = psycopg.connect(self._url)
        self._patience = threading.Timer(BLOCKED_SECONDS, self._release)
        self._patience.start()
        try:
            self._blocker.execute(statement)
        except psycopg.errors.LockNotAvailable:
            self.outcome.struck = False
            self._release()
        except psycopg.errors.UndefinedTable:
            self.outcome.struck = False
            self._release()

    def _release(self) -> None:
        self.site.free()
        if self._patience is not None:
            self._patience.cancel()
        if (blocker := self._blocker) is not None:
            self._blocker = None
            blocker.close()

    def _beside(self, step: int) -> None:
        """Before each step: others write now and then, and what was held up is let go."""
        fault = self.fault
        if fault is None:
            return
        hold = fault.detail.get("hold")
        if hold is not None and self._struck_at and step >= self._struck_at + hold:
            self._release()
        if step in fault.beside and self._neighbour is not None:
            submission = Submission(f"beside-{step}", (teacher(f"b{step:04}"),))
            self.batches.append([submission])
            future = self._neighbour.committer.submit(submission.asked(self._neighbour.vault))
            with suppress(Exception):  # its outcome is unknown then, as a subject's is
                self.answers[submission.request].append(future.result(PATIENCE_SECONDS))

    def _heard(self) -> None:
        """What the subjects said: answers, and errors, which have to be sentences."""
        for subject in self._subjects:
            self.outcome.said += subject.said
            for what, *told in subject.said:
                if what == "answer":
                    request, answer = told
                    self.answers[request].append(msgspec.json.decode(answer, type=Answer))
                elif what == "appended":
                    tag, position = told
                    self.appended[tag] = position
                elif what == "error" and not told[-1]:
                    self.outcome.breaches.append(f"an asker was told {told[1]}: {told[2]}")
            words = {each[0] for each in subject.said}
            if "back" in words:
                self.outcome.struck = True
            if "done" not in words or words & {"error", "failed", "back", "stumbled", "unheard"}:
                self.outcome.felt = True

    def _verified(self, url: str, reader: Reader | None) -> Iterator[str]:
        if self._neighbour is None:
            migrate(url)
            with Ledger.found(url, KEY) as ledger:
                yield from verify.store(ledger)
                yield from verify.views(ledger, rebuilt=False)
            return
        ledger = self._neighbour
        assert reader is not None
        yield from self._poisoned(ledger)
        yield from verify.requests(ledger, self.batches, self.answers)
        yield from verify.appends(ledger, self.appended)
        yield from verify.store(ledger)
        yield from verify.secrets(ledger)
        yield from verify.views(ledger, rebuilt=self.seed % REBUILD_EACH == 0)
        yield from verify.reading(ledger, reader)

    def _poisoned(self, ledger: Ledger) -> Iterator[str]:
        """Of a poison: one view or one command stopped alone, and said what stopped it."""
        fault = self.fault
        if fault is not None and fault.kind == "poison":
            self.outcome.struck = True
            if self.operation == "commit":
                if ("stumbled", "ZeroDivisionError") not in self.outcome.said:
                    yield "a command that raises was not told so"
                return
            view, position = fault.detail["view"], fault.detail["position"]
            runner = Runner(ledger.pool, ledger.feed, ALL)
            self.outcome.felt = True
            if self.operation == "project":
                runner.catch_up()
                yield from _stopped_alone(runner, view, position, ledger.feed.head())
            elif not any(
                f"the view {view} stopped before {position} " in str(each[2:3])
                for each in self.outcome.said
                if each[0] == "failed"
            ):
                yield f"a rebuild did not say that {view} cannot take in {position}"
            runner.resume()


def _stopped_alone(runner: Runner, view: str, position: int, head: int) -> Iterator[str]:
    """The view stands right before the event and says so; the others went on."""
    for name, stands, stop in runner.progress():
        at = stop and (stop.position, stop.error, stands)
        if name == view and at != (position, "Poisoned", position - 1):
            yield f"{view} says {at} where it cannot take in {position}"
        if name != view and (stop is not None or stands < head):
            yield f"{name} stands at {stands} of {head}, though {view} alone raises: {stop}"


def tried(site: Site, fault: Fault) -> Outcome:
    """A trial of a fault."""
    return Trial(site, fault, fault.operation, fault.seed).run()


def undisturbed(site: Site, operation: str) -> Outcome:
    """The same operation with nothing in its way, to count its steps."""
    return Trial(site, None, operation, 0).run()
