"""Rotation: requests that go to several servers in turn, as behind a load balancer."""

from __future__ import annotations

import itertools

import httpx


class Rotation(httpx.BaseTransport):
    """Sends each request to the next server; a retry therefore meets another one."""

    def __init__(self, servers: list[str], limits: httpx.Limits) -> None:
        self._servers = itertools.cycle([httpx.URL(each) for each in servers])
        self._transport = httpx.HTTPTransport(limits=limits)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends it on."""
        server = next(self._servers)
        request.url = request.url.copy_with(
            scheme=server.scheme, host=server.host, port=server.port
        )
        return self._transport.handle_request(request)

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()
