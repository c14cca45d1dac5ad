"""Bounces and complaints as servers write them, made up for the tests in each one's own style.

Each is a function of the address that the mail went to, the address the bounce goes to, and the
headers of the mail that came back.
"""

from collections.abc import Callable
from textwrap import dedent
from typing import NamedTuple

TO = "maria@example.com"
BACK = "b+427.abcdefgh23456722@bounce.example.org"
HEADERS = (
    "From: Digest <digest@example.org>\n"
    "To: Maria <maria@example.com>\n"
    "Subject: Harbour pilots stop work\n"
    "Message-ID: <427.digest-2026-03-05@example.org>\n"
    "List-Unsubscribe: <https://digest.example.org/r/1ab-7-0.token/unsubscribe>\n"
)


class Sample(NamedTuple):
    write: Callable[[str, str, str], str]
    kind: str | None  # as the desk judges it; None: nothing follows
    status: str


def report(back: str, headers: str, fields: str, *, human: str = "", more: str = "") -> str:
    """A multipart/report with these fields; `headers` of what is returned."""
    return (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net (Mail Delivery System)\nTo: {back}\n"
        "Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n"
        f"{more}MIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status;\n boundary="B_1/x.example"\n'
        "\nThis is a MIME-encapsulated message.\n\n"
        f"--B_1/x.example\nContent-Type: text/plain; charset=us-ascii\n\n{human or 'Sorry.'}\n\n"
        f"--B_1/x.example\nContent-Type: message/delivery-status\n\n{dedent(fields).strip()}\n\n"
        f"--B_1/x.example\nContent-Type: text/rfc822-headers\n\n{headers}\n"
        "--B_1/x.example--\n"
    )


def postfix(to: str, back: str, headers: str) -> str:
    return report(
        back,
        headers,
        f"""
        Reporting-MTA: dns; mx.example.net
        X-Postfix-Queue-ID: 4XyZ12
        X-Postfix-Sender: rfc822; {back}
        Arrival-Date: Thu,  5 Mar 2026 07:00:12 +0000 (UTC)

        Final-Recipient: rfc822; {to}
        Original-Recipient: rfc822;{to}
        Action: failed
        Status: 5.1.1
        Remote-MTA: dns; mail.example.com
        Diagnostic-Code: smtp; 550 5.1.1 <{to}>: Recipient address rejected: User
            unknown in virtual mailbox table
        """,
    )


def postfix_delayed(to: str, back: str, headers: str) -> str:
    return report(
        back,
        headers,
        f"""
        Reporting-MTA: dns; mx.example.net

        Final-Recipient: rfc822; {to}
        Action: delayed
        Status: 4.4.1
        Diagnostic-Code: X-Postfix; connect to mail.example.com[192.0.2.7]:25: Connection timed out
        Will-Retry-Until: Tue, 10 Mar 2026 07:00:12 +0000 (UTC)
        """,
    )


def postfix_gave_up(to: str, back: str, headers: str) -> str:
    return report(
        back,
        headers,
        f"""
        Reporting-MTA: dns; mx.example.net

        Final-Recipient: rfc822; {to}
        Action: failed
        Status: 4.4.1
        Diagnostic-Code: X-Postfix; connect to mail.example.com[192.0.2.7]:25: Connection timed out
        """,
    )


def exim(to: str, back: str, headers: str) -> str:
    """Exim states 5.0.0 whatever the other server said."""
    return report(
        back,
        headers,
        f"""
        Reporting-MTA: dns; mx.example.net

        Action: failed
        Final-Recipient: rfc822;{to}
        Status: 5.0.0
        Remote-MTA: dns; mail.example.com
        Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
         550 5.1.1 Please try double-checking the address.
        """,
        more=f"X-Failed-Recipients: {to}\n",
    )


def exim_without_codes(to: str, back: str, headers: str) -> str:
    return report(
        back,
        headers,
        f"""
        Reporting-MTA: dns; mx.example.net

        Action: failed
        Final-Recipient: rfc822;{to}
        Status: 5.0.0
        Remote-MTA: dns; mail.example.com
        Diagnostic-Code: smtp; 550 No such user here
        """,
    )


def gmail(to: str, back: str, headers: str) -> str:
    return report(
        back,
        headers,
        f"""
        Reporting-MTA: dns; googlemail.com
        Received-From-MTA: dns; digest@example.org
        Arrival-Date: Thu, 05 Mar 2026 00:00:12 -0800 (PST)
        X-Original-Message-ID: <427.digest-2026-03-05@example.org>

        Final-Recipient: rfc822; {to}
        Action: failed
        Status: 5.2.2
        Remote-MTA: dns; gmail-smtp-in.l.google.com
        Diagnostic-Code: smtp; 552-5.2.2 The recipient's inbox is out of storage space.
         552 5.2.2 Please direct the recipient to free some. - gsmtp
        Last-Attempt-Date: Thu, 05 Mar 2026 00:00:15 -0800 (PST)
        """,
        human="** Message not delivered **",
    )


def exchange(to: str, back: str, headers: str) -> str:
    return report(
        back,
        headers,
        f"""
        Reporting-MTA: dns;AM0PR01MB0001.eurprd01.prod.exchangelabs.com
        Received-From-MTA: dns;mx.example.net
        Arrival-Date: Thu, 5 Mar 2026 07:00:14 +0000

        Final-Recipient: rfc822;{to}
        Action: failed
        Status: 5.1.10
        Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {to} not found
         by SMTP address lookup
        """,
        human="Your message couldn't be delivered.",
    )


def exchange_blocked(to: str, back: str, headers: str) -> str:
    return report(
        back,
        headers,
        f"""
        Reporting-MTA: dns;AM0PR01MB0001.eurprd01.prod.exchangelabs.com

        Final-Recipient: rfc822;{to}
        Action: failed
        Status: 5.7.606
        Diagnostic-Code: smtp;550 5.7.606 Access denied, banned sending IP [192.0.2.25].
        """,
    )


def sendmail(to: str, back: str, headers: str) -> str:
    return report(
        back,
        headers,
        f"""
        Reporting-MTA: dns; mx.example.net
        Received-From-MTA: DNS; digest.example.org
        Arrival-Date: Thu, 5 Mar 2026 07:00:12 GMT

        Final-Recipient: RFC822; {to}
        X-Actual-Recipient: RFC822; maria@mail.example.com
        Action: failed
        Status: 5.2.1
        Remote-MTA: DNS; mail.example.com
        Diagnostic-Code: SMTP; 550 5.2.1 Mailbox disabled, not accepting messages
        Last-Attempt-Date: Thu, 5 Mar 2026 07:00:13 GMT
        """,
        human="   ----- The following addresses had permanent fatal errors -----",
    )


def yahoo_full(to: str, back: str, headers: str) -> str:
    """Fields in another order, in capitals, with an unusual space."""
    return report(
        back,
        headers,
        f"""
        REPORTING-MTA: dns;mta1.mail.bf1.yahoo.example

        STATUS : 4.2.2
        FINAL-RECIPIENT: rfc822;<{to}>
        ACTION:  Failed (after 5 days)
        DIAGNOSTIC-CODE: smtp; 452 4.2.2 Mailbox full
        """,
    )


def internationalised(to: str, back: str, headers: str) -> str:
    """RFC 6533, of an address with other letters than ASCII; encoded for a path of 7 bits."""
    fields = (
        "Reporting-MTA: dns; mx.example.net\n\n"
        "Final-Recipient: utf-8; j\\x{F3}zef@example.com\n"
        "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n"
    )
    return report(back, headers, fields).replace(
        "Content-Type: message/delivery-status",
        "Content-Type: message/global-delivery-status; charset=utf-8\n"
        "Content-Transfer-Encoding: quoted-printable",
    )


def forwarded_on(to: str, back: str, headers: str) -> str:
    """The reader's address forwards to two: one has failed, the other has it."""
    return report(
        back,
        headers,
        """
        Reporting-MTA: dns; mx.example.net

        Final-Recipient: rfc822; old@elsewhere.example
        Action: failed
        Status: 5.1.1

        Final-Recipient: rfc822; new@elsewhere.example
        Action: relayed
        Status: 2.1.9
        """,
    )


def delivered(to: str, back: str, headers: str) -> str:
    return report(
        back,
        headers,
        f"""
        Reporting-MTA: dns; mx.example.net

        Final-Recipient: rfc822; {to}
        Action: delivered
        Status: 2.0.0
        """,
    )


def plain(to: str, back: str, headers: str) -> str:
    """As qmail and old servers write: for a person to read."""
    return (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mail.example.com\nTo: {back}\n"
        "Subject: failure notice\n\n"
        "Hi. This is the qmail-send program at mail.example.com.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        f"<{to}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        f"--- Below this line is a copy of the message.\n\n{headers}\nHello\n"
    )


BOUNCES = {
    "postfix": Sample(postfix, "hard", "5.1.1"),
    "postfix, delayed": Sample(postfix_delayed, None, ""),
    "postfix, gave up": Sample(postfix_gave_up, "soft", "4.4.1"),
    "exim": Sample(exim, "hard", "5.1.1"),
    "exim, without codes": Sample(exim_without_codes, "hard", "5.0.0"),
    "gmail": Sample(gmail, "soft", "5.2.2"),
    "exchange": Sample(exchange, "hard", "5.1.10"),
    "exchange, blocked": Sample(exchange_blocked, "policy", "5.7.606"),
    "sendmail": Sample(sendmail, "hard", "5.2.1"),
    "yahoo, full": Sample(yahoo_full, "soft", "4.2.2"),
    "internationalised": Sample(internationalised, "hard", "5.1.1"),
    "forwarded on": Sample(forwarded_on, None, ""),
    "delivered": Sample(delivered, None, ""),
}


def complaint(
    to: str = TO,
    headers: str = HEADERS,
    *,
    kind: str = "abuse",
    recipient: str | None = None,
    back: str = "fbl@example.org",
) -> str:
    """A feedback report; `recipient` replaces the true one, as some providers do, "" leaves it
    out."""
    named = to if recipient is None else recipient
    rcpt = f"Original-Rcpt-To: <{named}>\n" if named else ""
    return (
        f"From: <fbl@provider.example>\nTo: {back}\nSubject: FW: Harbour pilots stop work\n"
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report;\n"
        " boundary=part1_13d.2e68ed54\n\n"
        "--part1_13d.2e68ed54\nContent-Type: text/plain; charset=US-ASCII\n\n"
        "This is an email abuse report for a message received on 5 March.\n\n"
        "--part1_13d.2e68ed54\nContent-Type: message/feedback-report\n\n"
        f"Feedback-Type: {kind}\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n{rcpt}"
        "Source-IP: 192.0.2.25\n\n"
        "--part1_13d.2e68ed54\nContent-Type: message/rfc822\nContent-Disposition: inline\n\n"
        f"{headers}\nThe news.\n\n--part1_13d.2e68ed54--\n"
    )


OUT_OF_OFFICE = (
    f"From: Maria <maria@example.com>\nTo: {BACK}\nSubject: Out of office: Harbour pilots\n"
    "Auto-Submitted: auto-replied\nX-Auto-Response-Suppress: All\n\nI am back on Monday.\n"
)
