"""The door to the IDE: a page of our own origin that asks nothing of any other.

In production it is there only for those who show a token, or the ticket that they get for one
(``api.ide.ticket``); elsewhere for everybody. A demo offers its sample tokens to a browser on the
same machine, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from api.crew import Crew
from api.doorkeeper import Doorkeeper
from api.ide.build import FOLDER
from api.ide.ticket import OPEN_SECONDS, Tickets
from api.limits import failure
from ledger.command import Role

# Monaco, the editor, styles itself as it goes; scripts and requests stay with our own origin.
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; worker-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}
KINDS = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
}


TOKENS = "tokens.json"


@dataclass(frozen=True)
class Ide:
    """What is decided about the IDE.

    ``open``: whether it is there for those without a token. ``tokens``: makes the sample tokens of
    a demo, by role; ``None``: there are none.
    """

    open: bool
    tokens: Callable[[], dict[str, str]] | None = None
    folder: Path = FOLDER


class IdeDoor:
    """The pages below ``/ide``."""

    def __init__(self, keeper: Doorkeeper, ide: Ide, crew: Crew | None = None) -> None:
        self._keeper = keeper
        self._ide = ide
        self._tickets = Tickets(crew)

    def routes(self) -> list[Route]:
        """The page, its parts, and the sample tokens."""
        return [
            Route("/ide", self.page),
            Route(f"/ide/{TOKENS}", self.tokens),
            Route("/ide/ticket", self.ticket, methods=["POST"]),
            Route("/ide/open/{ticket}/", self.opened),
            Route("/ide/open/{ticket}/{name}", self.part_of_opened),
            Route("/ide/{name}", self.part),
        ]

    async def page(self, request: Request) -> Response:
        """The page itself."""
        return await self._file(request, "index.html")

    async def part(self, request: Request) -> Response:
        """A script, a style, a font or a licence."""
        return await self._file(request, request.path_params["name"])

    async def tokens(self, request: Request) -> Response:
        """The sample tokens, to a browser of this machine; an empty object to any other."""
        if not await self._there(request):
            return _closed()
        made = self._ide.tokens
        found = made() if made is not None and of_this_machine(request) else {}
        return JSONResponse(found, headers=HEADERS | {"cache-control": "no-store"})

    async def ticket(self, request: Request) -> Response:
        """An address that opens the page in a browser, for who shows a token. Raises ``BadToken``.

        No page of another origin can send what is asked for here, a token in a header.
        """
        asker = await self._keeper.asker(request.headers.get("authorization"))
        if asker.role is Role.PUBLIC:
            return _closed()
        if not (self._ide.folder / "index.html").is_file():
            return _unbuilt()
        address = f"/ide/open/{self._tickets.make()}/"
        return JSONResponse({"address": address, "seconds": OPEN_SECONDS}, status_code=201)

    async def opened(self, request: Request) -> Response:
        """The page for a ticket that nobody has used, with its parts below the same address."""
        index = self._ide.folder / "index.html"
        if not self._tickets.use(request.path_params["ticket"]):
            return _used()
        text = (await run_in_threadpool(index.read_text, encoding="utf-8")).replace('"/ide/', '"')
        return Response(text, headers=HEADERS | {"content-type": KINDS[".html"]})

    async def part_of_opened(self, request: Request) -> Response:
        """A part of a page that was opened; of sample tokens there are none."""
        name = request.path_params["name"]
        if not self._tickets.holds(request.path_params["ticket"]) or name == "index.html":
            return _used()
        return JSONResponse({}, headers=HEADERS) if name == TOKENS else self._part(name)

    async def _there(self, request: Request) -> bool:
        asker = await self._keeper.asker(request.headers.get("authorization"))
        return self._ide.open or asker.role is not Role.PUBLIC

    async def _file(self, request: Request, name: str) -> Response:
        return self._part(name) if await self._there(request) else _closed()

    def _part(self, name: str) -> Response:
        if not (self._ide.folder / "index.html").is_file():
            return _unbuilt()
        file = self._ide.folder / name
        # A name is one of the folder's own, and never a path out of it.
        if file.parent != self._ide.folder or file.suffix not in KINDS or not file.is_file():
            return _absent()
        return FileResponse(file, media_type=KINDS[file.suffix], headers=HEADERS)


def of_this_machine(request: Request) -> bool:
    """Whether it comes from this machine, and the browser knows us by a name of this machine.

    A page elsewhere may have its name lead to this machine, but then says that name as the host.
    """
    peer = request.client.host if request.client else ""
    host = request.headers.get("host", "").rsplit(":", 1)[0].strip("[]")
    relayed = any(name in request.headers for name in ("forwarded", "x-forwarded-for"))
    return _loopback(peer) and (host == "localhost" or _loopback(host)) and not relayed


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _absent() -> Response:
    return failure("NO_IDE", "网页工具没有这个文件", "the IDE has no such file", 404)


def _closed() -> Response:
    zh = "生产模式下须出示令牌：以令牌 POST /ide/ticket，用浏览器打开所给的地址"
    en = "in production the IDE is for who shows a token; POST /ide/ticket with it gives an address"
    return failure("NO_IDE", zh, en, 404)


def _used() -> Response:
    zh = "此地址已打开过或已过期：请以令牌 POST /ide/ticket 另取一个"
    en = "this address was opened before, or is over; POST /ide/ticket gives another"
    return failure("NO_IDE", zh, en, 404)


def _unbuilt() -> Response:
    zh = "网页工具尚未构建：请在服务器上运行 make ide（make demo 会自动构建），再刷新本页"
    en = (
        "the IDE is not built: run `make ide` where the server is (`make demo` does it), and reload"
    )
    return failure("NO_IDE", zh, en, 404)
