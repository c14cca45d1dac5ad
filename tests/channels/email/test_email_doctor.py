"""What `digest doctor` says of the mail server, the keys and DNS: each trouble with its remedy."""

from collections.abc import Callable, Sequence

import pytest

from digest.channels.base import Finding
from digest.channels.email import EmailChannel
from digest.channels.email.doctor import LookupFailed, findings
from digest.channels.email.relays import Submitter
from digest.standins.smtp import MailServer

Make = Callable[..., EmailChannel]


async def look(channel: EmailChannel, records: dict[str, list[str]] | None) -> list[Finding]:
    async def lookup(name: str) -> Sequence[str]:
        if records is None:
            raise LookupFailed("Timeout")
        return records.get(name, [])

    submitter = Submitter(channel.settings) if channel.configured else None
    return await findings(channel.settings, channel.signers, submitter, lookup)


async def test_all_is_well(make_channel: Make, server: MailServer, rsa_key: str) -> None:
    channel = make_channel(smtp_url=server.url, dkim_selector="one", dkim_key=rsa_key)
    (signer,) = channel.signers
    split = signer.dns_value.replace("p=MI", "p= MI")
    found = await look(
        channel,
        {
            "example.org": ["v=spf1 a:mail.example.org -all", "other=1"],
            "_dmarc.example.org": ["v=DMARC1; p=none"],
            "one._domainkey.example.org": [split],
        },
    )
    assert [finding.level for finding in found] == ["ok"] * 4
    assert server.mails == []


async def test_missing_records_are_errors_with_remedies(
    make_channel: Make, server: MailServer, rsa_key: str
) -> None:
    channel = make_channel(smtp_url=server.url, dkim_selector="one", dkim_key=rsa_key)
    _, spf, dkim, dmarc = await look(channel, {"example.org": ["v=spf1 +all"]})
    assert (spf.level, dkim.level, dmarc.level) == ("error", "error", "error")
    assert "+all" in spf.remedy
    assert channel.signers[0].dns_value in dkim.remedy
    assert "PRIVATE" not in dkim.remedy
    assert "_dmarc.example.org" in dmarc.remedy


async def test_a_key_that_differs_is_told(
    make_channel: Make, server: MailServer, rsa_key: str
) -> None:
    channel = make_channel(smtp_url=server.url, dkim_selector="one", dkim_key=rsa_key)
    found = await look(channel, {"one._domainkey.example.org": ["v=DKIM1; p=AAAA"]})
    assert "differs from the published one" in found[2].what


async def test_dns_that_is_silent_is_only_a_warning(make_channel: Make, server: MailServer) -> None:
    found = await look(make_channel(smtp_url=server.url), None)
    assert [finding.level for finding in found] == ["ok", "warning", "warning", "warning"]


@pytest.mark.parametrize(
    ("query", "words"),
    [("?starttls=required", "starttls=never"), ("", "Is the mail server running")],
)
async def test_trouble_with_the_server_has_a_remedy(
    make_channel: Make, query: str, words: str
) -> None:
    with MailServer() as server:
        channel = make_channel(smtp_url=server.url + query)
        if not query:
            server.stop()
        first = (await look(channel, {}))[0]
    assert first.level == "error"
    assert words in first.remedy


async def test_each_server_is_named(make_channel: Make) -> None:
    with MailServer() as one, MailServer() as two:
        channel = make_channel(smtp_url=f"{one.url} {two.url}?starttls=required")
        first, second = (await look(channel, {}))[:2]
    assert (first.level, second.level) == ("ok", "error")
    assert f"127.0.0.1:{one.port}" in first.what
    assert f"127.0.0.1:{two.port}" in second.what


async def test_without_a_server_it_says_what_to_set(make_channel: Make) -> None:
    (only,) = await make_channel().check()
    assert only.level == "warning"
    assert "DIGEST_SMTP_URL" in only.remedy
