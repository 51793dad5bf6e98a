"""A real browser without a window: Chromium over its DevTools protocol, and what it asks for."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NEEDS = Path(__file__).with_name("needs.sh")
SECONDS_MAX = 60
# Resolves once the expression holds, looking again whenever anything of the page changes.
UNTIL = """
new Promise((done) => {
  const look = () => {
    const found = (%s);
    if (found) { watch.disconnect(); done(typeof found === "string" ? found : true); }
  };
  const watch = new MutationObserver(look);
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  watch.observe(document, all);
  document.addEventListener("DOMContentLoaded", look);
  look();
})
"""


@dataclass
class Page:
    """A page of the browser: what it asked for, and what it complained of."""

    socket: ClientConnection
    session: str = ""
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def tell(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        """The browser's answer to a command."""
        number = next(self._numbers)
        said = {"id": number, "method": method, "params": parameters}
        if session or self.session:
            said["sessionId"] = session or self.session
        self.socket.send(json.dumps(said))
        while True:
            heard = json.loads(self.socket.recv(timeout=SECONDS_MAX))
            if heard.get("id") == number:
                assert "error" not in heard, heard["error"]
                return heard["result"]
            self._note(heard)

    def until(self, expression: str) -> Any:
        """What an expression says once it says anything. Fails after a minute."""
        return self.run(UNTIL % expression)

    def run(self, script: str) -> Any:
        """What a script comes to."""
        done = self.tell(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def follow(self, session: str) -> None:
        """Notes what a page or a worker asks for."""
        for method in ("Network.enable", "Log.enable", "Runtime.enable"):
            self._send(session, method)
        self._send(
            session,
            "Target.setAutoAttach",
            autoAttach=True,
            waitForDebuggerOnStart=True,
            flatten=True,
        )

    def _send(self, session: str, method: str, **parameters: Any) -> None:
        said = {"id": next(self._numbers), "method": method, "params": parameters}
        self.socket.send(json.dumps(said | {"sessionId": session}))

    def _note(self, heard: dict[str, Any]) -> None:
        told = heard.get("params", {})
        match heard.get("method"):
            case "Network.requestWillBeSent":
                self.asked.append(told["request"]["url"])
            case "Network.webSocketCreated":
                self.asked.append(told["url"])
            case "Log.entryAdded" if told["entry"]["level"] == "error":
                self.complaints.append(told["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(told["exceptionDetails"]))
            case "Target.attachedToTarget":
                self.follow(told["sessionId"])
                self._send(told["sessionId"], "Runtime.runIfWaitingForDebugger")


@contextmanager
def browsing(folder: Path) -> Iterator[Page]:
    """A browser of its own, that can reach nothing but this machine."""
    if shutil.which("chromium") is None:
        done = subprocess.run([str(NEEDS)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    command = [
        "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank",
    ]  # fmt: skip
    with (
        subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as browser,
    ):
        try:
            assert browser.stderr is not None
            address = next(
                line.rpartition(" ")[2].strip()
                for line in browser.stderr
                if line.startswith("DevTools listening on")
            )
            with connect(address, max_size=None) as socket:
                page = Page(socket)
                target = page.tell("Target.createTarget", url="about:blank")["targetId"]
                attached = page.tell("Target.attachToTarget", targetId=target, flatten=True)
                page.session = attached["sessionId"]
                page.follow(page.session)
                yield page
        finally:
            browser.terminate()
            browser.communicate()
