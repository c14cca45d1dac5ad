"""`digest bounces` and `digest suppressions`, as an admin calls them."""

import smtplib
import subprocess
import time
from pathlib import Path

import pytest
from formats.reports import complaint, postfix
from shell import PROGRAM, Shell, record

from digest.services.links import Bearer, LinkMaker
from digest.services.returns import ReturnTags
from digest.standins.smtp import MailServer

KEY = "a key for tests"
AT = "2026-03-05T07:00:00Z"


@pytest.fixture(scope="module")
def sent(shell: Shell) -> Shell:
    """An installation that has sent two digests, to Maria and to Tom."""
    people = [
        {
            "key": key,
            "destinations": [{"email": f"{key}@example.com"}],
            "follows": ["Iran"],
        }
        for key in ("maria", "tom")
    ]
    shell.write_json("readers.yaml", {"subscribers": people})
    assert shell("subscribers", "sync", "readers.yaml").code == 0
    shell.write_json("news.json", record("one", "One about Iran", visible_at=AT, severity=3))
    assert shell("import", "news.json").code == 0
    return shell


def test_from_the_mail_to_the_list_and_back(sent: Shell) -> None:
    with MailServer() as server:
        sent.env.update(
            DIGEST_SMTP_URL=server.url,
            DIGEST_MAIL_FROM="Digest <digest@example.org>",
            DIGEST_BOUNCE_DOMAIN="bounce.example.org",
            DIGEST_SECRET_KEY=KEY,
            DIGEST_BOUNCE_LMTP=str(sent.folder / "lmtp"),
        )
        assert sent("run", "--now", "2026-03-05T08:00:00Z").code == 0
        mails = {one.recipients[0]: one for one in server.mails}
    maria, tom = mails["maria@example.com"], mails["tom@example.com"]
    assert maria.sender == f"{ReturnTags(KEY).tag(_number(maria.sender))}@bounce.example.org"
    back = postfix("maria@example.com", maria.sender, "")
    token = LinkMaker("https://x.example", KEY).token(Bearer(_number(tom.sender), 2, 0))
    headers = f"List-Unsubscribe: <https://x.example/r/{token}/unsubscribe>\n"
    _over_lmtp(sent, (maria.sender, back), ("fbl@example.org", complaint(headers=headers)))

    listed = sent("bounces", "list", "--json").data
    assert [(one["kind"], one["source"]) for one in listed] == [
        ("hard", "lmtp"),
        ("complaint", "lmtp"),
    ]
    said = sent("bounces", "show", "maria@example.com").said
    assert "maria@example.com is suppressed: there is no such mailbox (5.1.1," in said
    assert sent("suppressions", "lift", "tom@example.com").fault.startswith(
        "the reader of tom@example.com reported a mail as spam"
    )
    said = sent("suppressions", "lift", "maria@example.com").said
    assert said == "maria@example.com gets mail again; 1 paused destination in use.\n"
    (left,) = sent("suppressions", "list", "--json").data
    assert (left["address"], left["reason"]) == ("tom@example.com", "complaint")


def test_a_kind_or_address_that_is_none_is_wrong_usage(sent: Shell) -> None:
    assert sent("bounces", "list", "--kind", "loud").code == 2
    assert sent("suppressions", "add", "maria").code == 2


def _number(sender: str) -> int:
    return int(sender.partition("+")[2].partition(".")[0])


def _over_lmtp(shell: Shell, *mails: tuple[str, str]) -> None:
    """`digest bounces lmtp` as a process of its own, and a mail server's side of it."""
    where = Path(shell.env["DIGEST_BOUNCE_LMTP"])
    process = subprocess.Popen(
        [PROGRAM, "bounces", "lmtp"], cwd=shell.folder, env=shell.environment()
    )
    try:
        until = time.monotonic() + 30
        while not where.exists() and time.monotonic() < until:
            time.sleep(0.05)
        with smtplib.LMTP(str(where)) as client:
            for to, raw in mails:
                client.sendmail("", [to], raw)
    finally:
        process.terminate()
        assert process.wait(15) == 0
