"""The dashboard and the alert rules ask for metrics that there are, by labels that those have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from newsroom import Newsroom
from prometheus_client.metrics_core import Metric

from digest.services.admin.metrics import families
from digest.services.admin.monitor import Monitor
from digest.services.app import App
from digest.telemetry import INSTRUMENTS

DOCS = Path(__file__).parents[3] / "docs"
NAME = re.compile(r"\bdigest_\w+")
BY = re.compile(r"by \(([^)]*)\) *\(.*?(digest_\w+)")
WITHIN = re.compile(r"(digest_\w+)\{([^}]*)\}")


def queries() -> Iterator[tuple[str, str]]:
    board = json.loads((DOCS / "grafana" / "digest.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    rules = yaml.safe_load((DOCS / "prometheus-alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


def samples(found: list[Metric]) -> dict[str, set[str]]:
    """The labels of all there is, by the name of the sample."""
    known = {sample.name: set(sample.labels) for one in found for sample in one.samples}
    for one in INSTRUMENTS:  # which have no sample before something is sent
        endings = ("_bucket", "_sum", "_count") if one.bounds else ("_total",)
        more = {"le"} if one.bounds else set()
        known.update({one.name + end: {*one.labels, *more} for end in endings})
    return known


@pytest.mark.parametrize(
    "app_on_both", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
async def test_they_ask_for_what_there_is(app_on_both: App) -> None:
    room = Newsroom(app_on_both)
    room.news()
    reading = await Monitor(room.app, room.clock).read()
    await room.app.queue.close()
    known = samples(list(families(room.app, reading)))
    for name in ("tasks_waiting", "tasks_running", "oldest_task_seconds"):
        known[f"digest_{name}"] = {"queue"}
    known["digest_limit_wait_seconds"] = {"limit"}
    asked = list(queries())
    assert len(asked) > 20
    for title, query in asked:
        for name in NAME.findall(query):
            assert name in known, title
        for labels, name in BY.findall(query):
            assert {one.strip() for one in labels.split(",")} <= known[name], title
        for name, where in WITHIN.findall(query):
            assert set(re.findall(r"(\w+)!?=", where)) <= known[name], title
