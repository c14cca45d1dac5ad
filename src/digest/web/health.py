"""Health: /healthz, /readyz and /metrics, beside the pages or on a port of their own."""

import hmac
import ipaddress
import json
from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.services.admin.monitor import Monitor
from digest.services.app import App
from digest.web.guard import SecureHeaders

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
REFUSED = (
    "Metrics are told to private addresses, or to whoever brings the token of"
    " DIGEST_METRICS_TOKEN.\n"
)


def create(app: App, clock: Callable[[], datetime]) -> Starlette:
    """These pages alone, for a process that has no others."""
    web = Starlette(routes=routes, middleware=[Middleware(SecureHeaders)])
    watch(web, app, clock)
    return web


def watch(web: Starlette, app: App, clock: Callable[[], datetime]) -> None:
    """Gives `web` what these pages tell."""
    web.state.monitor = Monitor(app, clock)


async def alive(request: Request) -> Response:
    """The process lives, and its loop turns."""
    return PlainTextResponse("alive\n")


async def ready(request: Request) -> Response:
    """A line of JSON for each thing that has to be right; 503 when one of them is not."""
    checks = await _monitor(request).checks()
    lines = [json.dumps({"check": one.name, "ok": one.ok, "says": one.says}) for one in checks]
    status = 200 if all(one.ok for one in checks) else 503
    return Response("\n".join(lines) + "\n", status, media_type="application/x-ndjson")


async def metrics(request: Request) -> Response:
    """Numbers for Prometheus."""
    monitor = _monitor(request)
    if not _may_see(request, monitor.app):
        return PlainTextResponse(REFUSED, 403)
    from digest.services.admin.metrics import page  # its library is loaded by who needs it

    body, content_type = page(monitor.app, await monitor.read(), request.headers.get("accept", ""))
    return Response(body, headers={"content-type": content_type})


def _monitor(request: Request) -> Monitor:
    monitor: Monitor = request.app.state.monitor
    return monitor


def _may_see(request: Request, app: App) -> bool:
    """With a token set, whoever has it. Without one, private addresses; what somebody forwarded has
    come from who knows where."""
    if (token := app.settings.metrics_token) is not None:
        given = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode())
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_private
    except ValueError:
        return False


routes = [
    Route("/healthz", alive),
    Route("/readyz", ready),
    Route("/metrics", metrics),
]
