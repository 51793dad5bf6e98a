"""Parcels: one signed request to another system, and what came of it.

Signed by Standard Webhooks: ``webhook-id`` is the same however often a thing is sent again, so that
a receiver can tell; ``webhook-signature`` has one signature for each secret that is good. No
redirect is followed, no proxy is used, and of an answer only its status and its wish for a pause
are read.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import certifi
import httpx
from standardwebhooks import Webhook as Signer

from api.address import Pinned
from ledger.store.delivery import Attempt, DeliveryFailure
from schema.cloud_event import MEDIA_TYPE

SECONDS_MAX = 10
ANSWER_BYTES_MAX = 4_096
GONE = 410
PAUSE_SECONDS_MAX = 24 * 3600
AGENT = "xuefen-webhook/1"


def trusted() -> ssl.SSLContext:
    """Whose certificates are believed: those of the system, and of certifi where it has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


@asynccontextmanager
async def line(trust: ssl.SSLContext) -> AsyncIterator[httpx.AsyncClient]:
    """Connections for one address only: they are told apart by number and not by host."""
    async with httpx.AsyncClient(
        verify=trust, trust_env=False, follow_redirects=False, timeout=SECONDS_MAX
    ) as client:
        yield client


async def post(
    client: httpx.AsyncClient, to: Pinned, secrets: Sequence[str], number: str, body: bytes
) -> Attempt:
    """Sends once. What goes wrong is told and not raised."""
    began = time.monotonic()
    status, failure, pause = None, None, 0
    request = client.build_request(
        "POST",
        to.target,
        content=body,
        headers=_signed(secrets, number, body) | {"host": to.netloc},
        extensions={"sni_hostname": to.host},
    )
    try:
        async with asyncio.timeout(SECONDS_MAX):
            response = await client.send(request, stream=True)
            await _run_off(response)
            status, pause = response.status_code, _pause(response.headers.get("retry-after"))
            failure = None if response.is_success else DeliveryFailure.STATUS
    except (TimeoutError, httpx.TimeoutException):
        failure = DeliveryFailure.TIMEOUT
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, ValueError):
        failure = DeliveryFailure.CONNECTION
    return Attempt(
        milliseconds=round((time.monotonic() - began) * 1000),
        status=status,
        failure=failure,
        pause=pause,
        gone=status == GONE,
    )


async def _run_off(response: httpx.Response) -> None:
    """Lets a short answer run off, so that the connection serves again; a long one is cut off."""
    read = 0
    try:
        async for chunk in response.aiter_raw():
            read += len(chunk)
            if read > ANSWER_BYTES_MAX:
                return
    finally:
        await response.aclose()


def _signed(secrets: Sequence[str], number: str, body: bytes) -> dict[str, str]:
    now, text = datetime.now(UTC), body.decode()
    return {
        "content-type": MEDIA_TYPE,
        "user-agent": AGENT,
        "webhook-id": number,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Signer(e).sign(number, now, text) for e in secrets),
    }


def _pause(given: str | None) -> int:
    """The seconds of a ``Retry-After`` (RFC 9110, section 10.2.3); dates are not read."""
    if given is None or not given.isascii() or not given.isdigit() or len(given) > 9:
        return 0
    return min(int(given), PAUSE_SECONDS_MAX)
