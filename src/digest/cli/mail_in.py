"""`digest mail-in`: a mail to the unsubscribe address, piped in by the mail server."""

import sys

from digest import clock
from digest.cli.common import open_app, say
from digest.services.reader.mail_in import LARGEST, unsubscribe_by_mail


def mail_in() -> None:
    """Read one mail from standard input and unsubscribe the reader whose code is in it.

    For the address in DIGEST_UNSUBSCRIBE_ADDRESS. Exits 1 and changes nothing when the mail holds
    no code of ours; the mail server then tells its sender.
    """
    key = unsubscribe_by_mail(open_app(), sys.stdin.buffer.read(LARGEST), clock.now())
    say(f"{key} is unsubscribed.")
