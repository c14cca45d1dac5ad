"""`digest doctor` for email: the mail server, the keys, the DNS records that receivers want."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import dns.asyncresolver
import dns.exception
import dns.resolver

from digest.channels.base import Finding
from digest.channels.email.dkim import Signer
from digest.channels.email.host import Host
from digest.channels.email.relays import Submitter
from digest.channels.email.settings import EmailSettings
from digest.channels.reasons import in_words
from digest.errors import DeliveryError

DNS_TIMEOUT = 5.0  # seconds for one name

Lookup = Callable[[str], Awaitable[Sequence[str]]]  # TXT records of a name; [] when there are none

_REMEDIES = {
    "relay_unreachable": "Is the mail server running? Check host and port in DIGEST_SMTP_URL.",
    "relay_timeout": "The mail server does not answer: check host, port and firewall.",
    "tls_not_offered": "Use another port, smtps://, or ?starttls=never inside a private network.",
    "tls_certificate": "Give the server a valid certificate, or its CA in DIGEST_SMTP_CA_FILE.",
    "tls_failed": "Port 465 wants smtps://, port 587 wants smtp://.",
    "login_refused": "Check user and password in DIGEST_SMTP_URL.",
    "login_needs_tls": "Use smtps:// or ?starttls=required.",
    "login_not_offered": "Leave user and password out of DIGEST_SMTP_URL, or use another port.",
}


class LookupFailed(Exception):
    """DNS did not answer."""


async def txt_records(name: str) -> Sequence[str]:
    """The TXT records of `name`.

    Raises:
        LookupFailed: DNS did not answer in time.
    """
    try:
        answer = await dns.asyncresolver.resolve(name, "TXT", lifetime=DNS_TIMEOUT)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise LookupFailed(type(error).__name__) from error
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


async def findings(
    settings: EmailSettings,
    signers: Sequence[Signer],
    submitter: Submitter | None,
    lookup: Lookup = txt_records,
) -> list[Finding]:
    """All findings, in the order in which to act on them."""
    if submitter is None:
        return [
            Finding("warning", "Email is not set up", "Set DIGEST_SMTP_URL to your mail server.")
        ]
    found = list(await asyncio.gather(*map(_server, submitter.hosts)))
    return found + list(
        await asyncio.gather(
            _spf(settings.bounce_domain or settings.domain, lookup),
            *_dkim(signers, lookup),
            _dmarc(settings.domain, lookup),
        )
    )


async def _server(host: Host) -> Finding:
    where = f"Mail server {host.relay}"
    try:
        encrypted = await host.check()
    except DeliveryError as error:
        remedy = _REMEDIES.get(error.reason, "Ask the mail server's admin, with these words.")
        named = error.detail != str(host.relay)  # `where` says it already
        return Finding("error", f"{where}: {in_words(error, detail=named)}", remedy)
    how = "with TLS" if encrypted else "without TLS"
    if not encrypted and not host.relay.loopback:
        return Finding(
            "warning", f"{where} answers {how}", "Add ?starttls=required to DIGEST_SMTP_URL."
        )
    return Finding("ok", f"{where} answers {how}")


async def _spf(domain: str, lookup: Lookup) -> Finding:
    try:
        records = [r for r in await lookup(domain) if r.lower().startswith("v=spf1")]
    except LookupFailed as error:
        return _no_dns(f"SPF of {domain}", error)
    if not records:
        return Finding(
            "error",
            f"{domain} has no SPF record",
            f"Add a TXT record to {domain} that names your mail server: v=spf1 a:HOST -all",
        )
    if len(records) > 1:
        return Finding(
            "error",
            f"{domain} has {len(records)} SPF records",
            "Keep one: receivers want just one.",
        )
    if records[0].rstrip().endswith("+all"):
        return Finding("error", f"SPF of {domain} allows everybody", "Replace +all by -all.")
    return Finding("ok", f"SPF of {domain}")


async def _dmarc(domain: str, lookup: Lookup) -> Finding:
    labels = domain.split(".")
    names = [domain, ".".join(labels[-2:])] if len(labels) > 2 else [domain]
    try:
        for name in names:
            for record in await lookup(f"_dmarc.{name}"):
                if record.replace(" ", "").lower().startswith("v=dmarc1;"):
                    return Finding("ok", f"DMARC of {name}")
    except LookupFailed as error:
        return _no_dns(f"DMARC of {domain}", error)
    return Finding(
        "error",
        f"{domain} has no DMARC record",
        f"Add a TXT record to _dmarc.{domain}: v=DMARC1; p=none; rua=mailto:YOU@{domain}",
    )


def _dkim(signers: Sequence[Signer], lookup: Lookup) -> list[Awaitable[Finding]]:
    async def unsigned() -> Finding:
        return Finding(
            "warning",
            "Mail is not signed here",
            "Set DIGEST_DKIM_SELECTOR and DIGEST_DKIM_KEY_FILE, or let your mail server sign, both"
            " List-Unsubscribe headers too.",
        )

    async def one(signer: Signer) -> Finding:
        what = f"DKIM key {signer.selector} of {signer.domain}"
        try:
            records = await lookup(signer.dns_name)
        except LookupFailed as error:
            return _no_dns(what, error)
        if _key_of(signer.dns_value) in map(_key_of, records):
            return Finding("ok", what)
        state = "differs from the published one" if records else "is not published"
        return Finding(
            "error", f"{what} {state}", f"Set TXT of {signer.dns_name} to: {signer.dns_value}"
        )

    return [one(signer) for signer in signers] or [unsigned()]


def _key_of(record: str) -> str:
    """The public key in a DKIM record."""
    tags = dict(tag.strip().partition("=")[::2] for tag in record.split(";") if "=" in tag)
    return "".join(tags.get("p", "").split())


def _no_dns(what: str, error: LookupFailed) -> Finding:
    return Finding("warning", f"{what}: DNS does not answer ({error})", "Check the network's DNS.")
