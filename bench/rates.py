"""Providers' limits: an alert to 1,000 chats and 300 channels, from one to four worker processes.

Strict stand-ins of Telegram and Slack run in a process of their own; each worker is the product's
Deliverer with the providers' own libraries and real sockets, and all have one PostgreSQL database.
"""

import asyncio
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bench.line import Line
from bench.size import is_quick
from digest import bootstrap, clock
from digest.channels.slack import SlackChannel
from digest.channels.slack.settings import SlackSettings
from digest.channels.telegram import TelegramChannel
from digest.channels.telegram.settings import TelegramSettings
from digest.models import Delivery, Destination, Edition, Subscriber
from digest.models.gazetteer import Gazetteer
from digest.models.words import Code, DeliveryState, EditionKind
from digest.render.environment import Templates
from digest.services.app import App
from digest.services.sending.deliver import Deliverer
from digest.services.sending.testing import test_content, test_envelope
from digest.settings import Settings
from digest.standins.slack import TOKEN as SLACK_TOKEN
from digest.standins.slack import SlackStandIn
from digest.standins.telegram import TOKEN as TELEGRAM_TOKEN
from digest.standins.telegram import TelegramStandIn
from digest.store import deliveries
from digest.store.database import Database
from digest.store.rates import SharedBuckets

WORKERS, QUICK_WORKERS = (1, 2, 4), (1, 4)
READERS, QUICK_READERS = {"telegram": 1_000, "slack": 300}, {"telegram": 300, "slack": 50}
MOST_SECONDS = {"telegram": (1.0, 0.035), "slack": (5.0, 0.2)}  # in all, and for each message
IN_ORDER = (40, 4)  # chats, and messages to each of them
PATIENCE = 300.0  # seconds for one run
ADDRESSES = {"email": "r{}@example.org", "slack": "C{:08d}", "telegram": "{}"}
_processes = get_context("forkserver")
_processes.set_forkserver_preload(["bench.rates"])  # what takes long to load is loaded once


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages a second in all that the workers keep to, by channel; by default the product's."""

    telegram: float = TelegramSettings.model_fields["telegram_per_second"].default
    slack: float = SlackSettings.model_fields["slack_per_second"].default

    def settings(self, urls: Mapping[str, str]) -> tuple[TelegramSettings, SlackSettings]:
        return (
            TelegramSettings.load(
                telegram_token=TELEGRAM_TOKEN,
                telegram_api_url=urls["telegram"],
                telegram_per_second=self.telegram,
            ),
            SlackSettings.load(
                slack_token=SLACK_TOKEN, slack_api_url=urls["slack"], slack_per_second=self.slack
            ),
        )


@dataclass
class Seen:
    """What a provider took: (address, text, seconds since 1970), in order; and what it refused."""

    taken: list[tuple[str, str, float]] = field(default_factory=list)
    refused: int = 0

    def order_faults(self) -> int:
        """Messages that came behind a later one to the same address: their texts are numbered."""
        last: dict[str, str] = {}
        faults = 0
        for address, text, _ in self.taken:
            faults += text < last.get(address, "")
            last[address] = max(text, last.get(address, ""))
        return faults


def run(folder: Path) -> Iterator[Line]:
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    from databases import running_server

    with running_server() as server:
        readers = QUICK_READERS if is_quick() else READERS
        for count in QUICK_WORKERS if is_quick() else WORKERS:
            with server.database() as url:
                seen, began = measured(url, count, readers, 1)
            for name, one in seen.items():
                what = f"{name}, {count} workers"
                took = max(at for *_, at in one.taken) - began
                once, each = MOST_SECONDS[name]
                most = once + each * readers[name]
                yield Line(f"{what}: {len(one.taken)} messages", took, "s", most=most)
                yield Line(f"{what}: refused (429)", one.refused, most=0)
        with server.database() as url:
            chats, each = IN_ORDER
            seen, began = measured(url, 4, {"telegram": chats}, each)
        one = seen["telegram"]
        yield Line("4 workers, 4 messages a chat: refused (429)", one.refused, most=0)
        yield Line("4 workers, 4 messages a chat: out of order", one.order_faults(), most=0)
        yield Line("4 workers, 4 messages a chat: missing", chats * each - len(one.taken), most=0)


def measured(
    url: str,
    workers: int,
    readers: Mapping[str, int],
    each: int,
    rates: Rates = Rates(),
    kind: EditionKind = EditionKind.ALERT,
) -> tuple[dict[str, Seen], float]:
    """What the stand-ins saw of `each` messages to so many readers by channel, and when it began,
    in seconds since 1970."""
    app = app_at(url, {})
    bootstrap.set_up(app)
    planned(app, readers, each, kind)
    app.db.dispose()
    with ExitStack() as stack:
        standins = stack.enter_context(providers())
        urls = standins.urls
        crew = [stack.enter_context(_started(_work, url, urls, rates)) for _ in range(workers)]
        for one in crew:
            assert one.recv() == "ready"
        began = time.time()
        for one in crew:
            one.send("go")
        for one in crew:
            assert one.poll(PATIENCE)
            assert one.recv() == "done"
        return standins.seen(), began


@dataclass(frozen=True, slots=True)
class Providers:
    """Stand-ins of Telegram and Slack that run, with the real limits; `urls` by channel."""

    pipe: Connection
    urls: Mapping[str, str]

    def seen(self) -> dict[str, Seen]:
        """What they saw, by channel. They end with that."""
        self.pipe.send("tell")
        found: dict[str, Seen] = self.pipe.recv()
        return found


@contextmanager
def providers() -> Iterator[Providers]:
    """In a process of their own."""
    with _started(_stand_in) as pipe:
        yield Providers(pipe, pipe.recv())


@contextmanager
def _started(target: Any, *given: Any) -> Iterator[Connection]:
    ours, theirs = _processes.Pipe()
    process = _processes.Process(target=target, args=(theirs, *given), daemon=True)
    process.start()
    try:
        yield ours
        ours.close()
        process.join(10)
    finally:
        process.kill()


def _stand_in(pipe: Connection) -> None:
    with TelegramStandIn() as telegram, SlackStandIn() as slack:
        pipe.send({"telegram": telegram.url, "slack": slack.url})
        pipe.recv()
        pipe.send({"telegram": _telegram(telegram), "slack": _slack(slack)})


def _telegram(standin: TelegramStandIn) -> Seen:
    shown = standin.messages()
    taken = [(str(one["chat_id"]), one["text"], _seconds(one["sent_at"])) for one in shown]
    return Seen(taken, standin.calls.count("sendMessage") - len(taken))


def _slack(standin: SlackStandIn) -> Seen:
    shown = standin.messages()
    taken = [(one["channel"], str(one["blocks"]), _seconds(one["sent_at"])) for one in shown]
    return Seen(taken, standin.calls.count("chat.postMessage") - len(taken))


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _work(pipe: Connection, url: str, urls: Mapping[str, str], rates: Rates) -> None:
    asyncio.run(_send_all(pipe, url, urls, rates))


async def _send_all(pipe: Connection, url: str, urls: Mapping[str, str], rates: Rates) -> None:
    telegram, slack = rates.settings(urls)
    templates = Templates()
    app = app_at(url, {})
    buckets = SharedBuckets(app.db)
    app.channels = {
        "telegram": TelegramChannel(telegram, templates, buckets),
        "slack": SlackChannel(slack, templates, buckets),
    }
    deliverer = Deliverer(app, clock.now)
    for channel, address in ((app.channels["telegram"], "1"), (app.channels["slack"], "C1")):
        # As in a service that runs: its templates are compiled, and it has its certificates.
        envelope = test_envelope(app, address, app.links, clock.now())
        channel.render(test_content(clock.now()), envelope)
        await channel.check()
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)
    while _waiting(app):
        await deliverer.drain()
        await asyncio.sleep(0.1)
    for channel in app.channels.values():
        await channel.close()
    app.db.dispose()
    pipe.send("done")


def _waiting(app: App) -> bool:
    with app.db.read() as session:
        return deliveries.next_due(session, app.channels) is not None


def app_at(url: str, channels: Mapping[str, Any]) -> App:
    return App(
        settings=Settings.load(database_url=url, secret_key="for-the-bench-only"),
        db=Database(url),
        templates=Templates(),
        channels=channels,
        gazetteer=Gazetteer(()),
    )


def planned(app: App, readers: Mapping[str, int], each: int, kind: EditionKind) -> None:
    """`each` messages, numbered, to so many readers by channel."""
    now = clock.now()
    rows: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    for channel, count in readers.items():
        for number in range(1, count + 1):
            places.append(
                {
                    "id": len(places) + 1,
                    "subscriber_id": len(places) + 1,
                    "channel": channel,
                    "address": ADDRESSES[channel].format(number),
                    "verified_at": now,
                }
            )
    contents = [_edition(number, kind, now) for number in range(1, each + 1)]
    with app.db.begin() as session:
        session.execute(insert(Edition), contents)
        for one in contents:
            rows += [_row(place, one["id"], kind, now) for place in places]
        people = [{"id": one["id"], "key": f"r{one['id']}"} for one in places]
        session.execute(insert(Subscriber), people)
        session.execute(insert(Destination), places)
        session.execute(insert(Delivery), rows)


def _row(
    place: Mapping[str, Any], edition_id: int, kind: EditionKind, now: datetime
) -> dict[str, Any]:
    return {
        "edition_id": edition_id,
        "subscriber_id": place["id"],
        "destination_id": place["id"],
        "channel": place["channel"],
        "slot": f"{kind}:{edition_id}",
        "priority": deliveries.ALERTS if kind == EditionKind.ALERT else deliveries.DIGESTS,
        "state": DeliveryState.PENDING,
        "not_before": now,
        "expires_at": now + timedelta(hours=6),
        "created_at": now,
    }


def _edition(number: int, kind: EditionKind, now: datetime) -> dict[str, Any]:
    """Of an Event that no other tells, so that nothing but its place in the ledger orders it."""
    content = test_content(now)
    (item,) = content.items
    item = item.model_copy(update={"headline": f"Message {number}", "event_id": number})
    content = content.model_copy(update={"kind": kind, "code": Code.NEW, "items": (item,)})
    return {
        "id": number,
        "content_key": f"key-{number}",
        "kind": kind,
        "code": content.code,
        "content": content.model_dump(mode="json"),
        "created_at": now,
    }
