"""`digest restored`: after a backup was restored, before anything else runs."""

from digest import clock
from digest.cli.common import Json, Now, instant, open_app, say, say_json
from digest.cli.serve import only_one
from digest.services.admin.restored import settle


def restored(json: Json = False, now: Now = None) -> None:
    """Send nothing that was due before now: it may have been sent after the backup."""
    app = open_app(sends=False)
    with only_one(app):
        done = settle(app, instant(now) if now else clock.now())
    if json:
        say_json(done)
        return
    say(
        f"Left as perhaps sent: {done['deliveries']} deliveries, {done['held']} held alerts."
        f" Not planned: {done['digests']} digests, alerts of {done['revisions']} revisions."
        " Now start the service."
    )
