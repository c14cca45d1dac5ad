"""`digest status`: how the installation is doing."""

from digest import clock
from digest.cli.common import Json, moment, open_app, say, say_json, table
from digest.services.admin.bounces import in_words
from digest.services.admin.status import status as look


def status(json: Json = False) -> None:
    """Show events, subscribers, deliveries, channels and feeds in numbers."""
    found = look(open_app(), clock.now())
    if json:
        say_json(found)
        return
    newest = moment(found["newest_event_stored_at"])
    until = moment(found["alerts_held_until"])
    waits = found["deliveries_wait_until"]
    say(
        f"{_counted(found['events'], 'event')}{f', the newest stored {newest}' if newest else ''}."
        f" {_counted(found['subscribers'], 'active subscriber')},"
        f" {_counted(found['destinations_paused'], 'paused destination')},"
        f" {_counted(found['alerts_held'], 'alert')} held{until and f', the first until {until}'}."
    )
    if came_back := in_words(found["bounces"]):
        say(came_back)
    table("Channels", ["channel", "state"], [[n, s] for n, s in found["channels"].items()])
    table(
        "Deliveries",
        ["channel", "state", "count", "the first waits until"],
        [
            [channel, state, n, moment(waits.get(channel, {}).get(state))]
            for channel, states in found["deliveries"].items()
            for state, n in states.items()
        ],
    )
    table(
        "Feeds in trouble",
        ["feed", "failures", "what is wrong"],
        [[f["url"], f["failures"], f["error"]] for f in found["feeds"]],
    )
    table(
        "Events whose hour has come and that can't be shown; the log says why",
        ["event", "revision"],
        [[one["event"], one["revision"]] for one in found["events_stuck"]],
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
