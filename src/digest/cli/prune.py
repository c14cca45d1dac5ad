"""`digest prune`: what is older than it is to be kept goes now, as the clock does each day."""

from typing import Annotated

import typer

from digest import clock
from digest.cli.common import Json, open_app, say, say_json
from digest.services.admin import prune as admin

WORDS = {
    "bodies": "words of {n} digests and alerts",
    "deliveries": "{n} deliveries that reached nobody",
    "decisions": "{n} decisions that told nothing",
    "bounces": "{n} bounces",
    "audit": "{n} entries of the audit",
    admin.LEAVERS: "{n} subscribers who left",
}


def prune(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would go, and remove nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Remove what is older than DIGEST_KEEP_BODIES_DAYS, DIGEST_KEEP_RECORDS_DAYS and
    DIGEST_KEEP_LEFT_DAYS say. What each reader was told stays known."""
    app, now = open_app(sends=False), clock.now()
    done = admin.found(app, now) if dry_run else admin.prune(app, now)
    if json:
        say_json({"dry_run": dry_run, **done})
        return
    told = [WORDS[kind].format(n=n) for kind, n in done.items() if n]
    say(f"{'Would go' if dry_run else 'Gone'}: {', '.join(told) or 'nothing'}.")
