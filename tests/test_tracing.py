"""Traces: a digest and an alert can be followed from task to send, and no reader is named."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from newsroom import Newsroom
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from digest import clock, tracing
from digest.errors import AddressRefused, ConfigurationError
from digest.models.words import Cadence
from digest.process import Service
from digest.services.app import App

SECONDS = 30.0  # a busy machine takes its time


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.begin(SimpleSpanProcessor(exporter))
    yield exporter
    tracing.end()


def told(one: ReadableSpan) -> dict[str, object]:
    return {key.removeprefix("digest."): value for key, value in (one.attributes or {}).items()}


def all_are_there(spans: InMemorySpanExporter) -> bool:
    names = [one.name for one in spans.get_finished_spans()]
    return names.count("send") == 2 and "plan shard" in names


async def test_from_the_task_to_the_send(app_on_sqlite: App, spans: InMemorySpanExporter) -> None:
    room = Newsroom(app_on_sqlite, now=clock.now())
    room.reader("maria", cadence=Cadence.NONE)
    room.reader("gone", cadence=Cadence.NONE)
    room.reader("tom", follows=["chile"])
    room.email.refused["gone@example.org"] = AddressRefused(
        "mailbox_unknown", "no such user gone@example.org"
    )
    room.news(breaking=True, severity=5)
    service = Service(room.app, clock.now)
    running = asyncio.create_task(service.run())
    async with asyncio.timeout(SECONDS):
        while not all_are_there(spans):
            await asyncio.sleep(0.05)
    service.stop()
    await running

    made = spans.get_finished_spans()
    by_id = {one.context.span_id: one for one in made if one.context}
    assert {"task", "plan shard", "claim", "send"} <= {one.name for one in made}
    sent = sorted(str(told(one)) for one in made if one.name == "send")
    alert = {"channel": "email", "kind": "alert"}  # and a digest that has nothing to say
    assert sent == sorted(
        str({"delivery": number, **alert, **result})
        for number, result in (
            (1, {"state": "sent"}),
            (2, {"state": "failed", "reason": "mailbox_unknown"}),
        )
    )
    for one in made:
        if one.name != "task":
            assert one.parent is not None, one.name
            assert told(by_id[one.parent.span_id])["task"] in ("plan", "send")
    [claimed] = [told(one) for one in made if one.name == "claim" and told(one)["deliveries"]]
    assert claimed == {"channel": "email", "priority": 10, "deliveries": (1, 2)}
    everything = "".join(one.to_json() for one in made)
    assert "example.org" not in everything
    assert "maria" not in everything.lower()


def test_a_span_says_what_failed_and_not_in_which_words(spans: InMemorySpanExporter) -> None:
    with pytest.raises(AddressRefused), tracing.span("send", delivery=1):
        raise AddressRefused("mailbox_unknown", "no such user gone@example.org")
    [one] = spans.get_finished_spans()
    assert one.status.description == "AddressRefused"
    assert not one.events
    assert "gone" not in one.to_json()


def test_they_go_to_the_collector_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append((self.path, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        place = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", place)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        tracing.begin()
        with tracing.span("send", delivery=427):
            pass
        tracing.end()
        server.shutdown()
    [(path, body)] = received
    assert path == "/v1/traces"
    assert b"digest.delivery" in body


def test_without_opentelemetry_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigurationError, match=r"install digest\[tracing\]"):
        tracing.begin()


def test_when_it_is_off_nothing_is_loaded_and_no_span_is_made() -> None:
    assert tracing.span("send", delivery=1) is tracing.span("claim")
    with tracing.span("send") as note:
        note(state="sent")
    code = (
        "import sys, digest.process, digest.cli.serve, digest.services.run\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
