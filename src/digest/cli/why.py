"""`digest why`: the reason for every Event sent and not sent."""

from typing import Annotated

import typer

from digest import clock
from digest.cli.common import Json, Now, instant, moment, open_app, say, say_json, table
from digest.services.admin.explain import why as explain


def why(
    subscriber: Annotated[str, typer.Argument(help="Key, name or address of a subscriber.")],
    event: Annotated[str, typer.Argument(help="Slug or id of an event.")],
    now: Now = None,
    json: Json = False,
) -> None:
    """Say why a subscriber did, or did not, get an event: by which rule, when and where."""
    answer = explain(open_app(sends=False), subscriber, event, instant(now) if now else clock.now())
    if json:
        say_json(answer)
        return
    verb = "was sent" if answer["sent"] else "was not sent"
    say(f"{answer['subscriber']} {verb}: {answer['headline']}")
    say(f"Rule: {answer['rule']} ({answer['reason']}).")
    if answer["waits_until"]:
        say(f"Waits until {moment(answer['waits_until'])}.")
    for one in answer["suppressed"]:
        say(f"Nothing is sent to {one['address']}: {one['words']}.")
    for reason in answer["reasons"]:
        via = f" through {reason['via']}" if reason["via"] else ""
        say(f"Follows {reason['follow']}{via}: {reason['role']}, strength {reason['strength']}.")
    table(
        "Decisions",
        ["at", "kind", "for", "outcome", "waits until", "rule", "reason"],
        [
            [
                moment(one["at"]),
                one["kind"],
                one["key"],
                one["outcome"],
                moment(one["waits_until"]),
                one["rule"],
                one["reason"],
            ]
            for one in answer["decisions"]
        ],
    )
    table(
        "Deliveries",
        [
            "id",
            "channel",
            "slot",
            "state",
            "waits until",
            "section",
            "revision",
            "sent at",
            "came back",
        ],
        [
            [
                one["id"],
                one["channel"],
                one["slot"],
                one["state"],
                moment(one["waits_until"]),
                one["section"],
                one["revision"],
                moment(one["sent_at"]),
                one["came_back"],
            ]
            for one in answer["deliveries"]
        ],
    )
