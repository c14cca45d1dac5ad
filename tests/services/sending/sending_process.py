"""Senders that a test may kill: real processes, forked from one that has loaded everything.

python sending_process.py DATABASE_URL SMTP_URL
It sends what is due when it begins by itself and answers "ready PID": those that it forks then have
nothing to load and no template or statement to compile. For each line on its input it starts a
sender, which sends all that is due in the ledger over SMTP; it answers "started PID", and
"ended PID" when that one has ended by itself or was killed.
"""

import asyncio
import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # the folder of the tests

from factories import quick_database

from digest import clock
from digest.channels.email import EmailChannel, EmailSettings
from digest.models.gazetteer import Gazetteer
from digest.render.environment import Templates
from digest.services.app import App
from digest.services.sending.deliver import Deliverer, resume
from digest.settings import Settings


async def send(database_url: str, email: EmailChannel, templates: Templates) -> None:
    app = App(
        settings=Settings.load(database_url=database_url, secret_key="for-tests-only"),
        db=quick_database(database_url),
        templates=templates,
        channels={"email": email},
        gazetteer=Gazetteer(()),
    )
    resume(app, clock.now())
    await Deliverer(app, clock.now).drain()
    await email.close()
    app.db.dispose()


def main(database_url: str, smtp_url: str) -> None:
    templates = Templates(None)
    settings = EmailSettings.load(mail_from="Digest <digest@example.org>", smtp_url=smtp_url)
    email = EmailChannel(settings, templates)
    asyncio.run(send(database_url, email, templates))
    say("ready", os.getpid())
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            asyncio.run(send(database_url, email, templates))
            os._exit(0)
        say("started", pid)
        os.waitpid(pid, 0)
        say("ended", pid)


def say(word: str, pid: int) -> None:
    sys.stdout.write(f"{word} {pid}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
