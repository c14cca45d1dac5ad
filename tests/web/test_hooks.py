"""What mail services post: signed as each one signs, in each one's own form."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from factories import installation
from newsroom import NOON
from services.bounces.conftest import Returns
from web.posted import (
    CERTIFICATE,
    LOGIN,
    MAILGUN_KEY,
    SUBSCRIBE,
    TOPIC,
    from_sns,
    mailgun,
    mailgun_failed,
    postmark,
    postmark_bounce,
    sendgrid,
    sendgrid_event,
    sendgrid_key,
    ses,
    ses_bounce,
    ses_complaint,
    sns_key,
)

from digest.errors import DatabaseAway
from digest.models import Bounce, Delivery, Suppression
from digest.web import hooks
from digest.web.app import create
from digest.web.guard import LARGEST_BATCH


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Returns]:
    with installation(tmp_path) as app:
        yield Returns(app)


class Amazon:
    """What is fetched from SNS, and its one certificate."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = False

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.fails:
            raise hooks.FetchFailed("ConnectTimeout")
        return sns_key()[1]


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Amazon:
    made = Amazon()
    monkeypatch.setattr(hooks, "fetch", made.fetch)
    return made


@pytest.fixture
async def post(
    room: Returns, amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., Any]]:
    """Posts to /hooks/<service> of an installation where all four are set up."""
    monkeypatch.setenv("DIGEST_HOOK_SES_TOPICS", f"{TOPIC}, arn:aws:sns:eu-west-1:1:other")
    monkeypatch.setenv("DIGEST_HOOK_MAILGUN_KEY", MAILGUN_KEY)
    monkeypatch.setenv("DIGEST_HOOK_POSTMARK_LOGIN", LOGIN)
    monkeypatch.setenv("DIGEST_HOOK_SENDGRID_KEY", sendgrid_key()[1])
    async with client_of(room) as client:

        async def posted(service: str, body: bytes, **headers: str) -> int:
            answer = await client.post(f"/hooks/{service}", content=body, headers=headers)
            return answer.status_code

        yield posted


@asynccontextmanager
async def client_of(room: Returns) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create(room.app, room.clock), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://x.example") as client:
        yield client


def kept(room: Returns) -> list[tuple[str, str, int | None]]:
    return [(row.kind, row.source, row.delivery_id) for row in room.rows(Bounce)]


def sent(room: Returns) -> tuple[int, str, str]:
    """(Delivery, its Message-ID, where it went)."""
    mail = room.mail(room.reader())
    reference = f"<{mail}.digest-2026-03-05@example.org>"
    with room.app.db.begin() as session:
        session.get_one(Delivery, mail).reference = reference
    return mail, reference, room.address(mail)


async def test_each_service_s_bounce_is_kept_once(room: Returns, post: Callable[..., Any]) -> None:
    expected = []
    for number, (service, made) in enumerate(
        {
            "ses": lambda mail, ref, to: ses(from_sns(ses_bounce(room.back(mail), "hidden"))),
            "mailgun": lambda mail, ref, to: mailgun(mailgun_failed(ref, to)),
            "postmark": lambda mail, ref, to: postmark(postmark_bounce(to)),
            "sendgrid": lambda mail, ref, to: sendgrid(
                sendgrid_event("<x>", "a@b.example", "delivered"),
                sendgrid_event(ref, to, status="5.1.1", reason="550 no", type="bounce"),
            ),
        }.items()
    ):
        mail = room.mail(room.reader(f"reader-{number}"))
        reference = f"<{mail}.digest-2026-03-05@example.org>"
        with room.app.db.begin() as session:
            session.get_one(Delivery, mail).reference = reference
        name, body, headers = made(mail, reference, room.address(mail))
        assert await post(name, body, **headers) == 200
        assert await post(name, body, **headers) == 200, "once more counts no more"
        expected.append(("hard", service, None if service == "postmark" else mail))
    assert kept(room) == expected
    assert len(room.rows(Suppression)) == 4
    assert not any("@" in row.detail for row in room.rows(Bounce))


async def test_each_service_s_complaint(room: Returns, post: Callable[..., Any]) -> None:
    mail, reference, to = sent(room)
    link = room.headers(mail).partition("List-Unsubscribe: ")[2]
    by_header = [{"name": "List-Unsubscribe", "value": link.strip()}]
    for name, body, headers in (
        ses(from_sns(ses_complaint(by_header, "redacted"), version="1")),
        mailgun({"event": "complained", "id": "c", "recipient": to}),
        postmark(postmark_bounce(to, "SpamComplaint", "SpamComplaint")),
        sendgrid(sendgrid_event(reference, to, "spamreport")),
    ):
        assert await post(name, body, **headers) == 200
    assert [(kind, source) for kind, source, _ in kept(room)] == [
        ("complaint", "ses"),
        ("complaint", "mailgun"),
        ("complaint", "postmark"),
    ], "SendGrid told of the same mail as SES"
    assert [row.reason for row in room.rows(Suppression)] == ["complaint"]


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (lambda to: ses(from_sns(ses_bounce("x", to, "Transient", status="4.2.2"))), "soft"),
        (lambda to: ses(from_sns(ses_bounce("x", to, status="5.7.1"))), "policy"),
        (lambda to: ses(from_sns(ses_bounce("x", to, "Undetermined", status="",
                                            diagnosticCode=""))), "unknown"),
        (lambda to: mailgun(mailgun_failed("", to, severity="temporary")), None),
        (lambda to: mailgun(mailgun_failed("", to, reason="suppress-complaint")), "complaint"),
        (lambda to: mailgun({"event": "opened", "recipient": to}), None),
        (lambda to: postmark(postmark_bounce(to, "SoftBounce")), "soft"),
        (lambda to: postmark(postmark_bounce(to, "Blocked")), "policy"),
        (lambda to: postmark(postmark_bounce(to, "AutoResponder")), None),
        (lambda to: postmark(postmark_bounce(to, "New") | {"Details": ""}), "unknown"),
        (lambda to: sendgrid(sendgrid_event("", to, type="blocked")), "soft"),
        (lambda to: sendgrid(sendgrid_event("", to, "dropped", reason="Bounced Address")), "hard"),
        (lambda to: sendgrid(sendgrid_event("", to, "dropped",
                                            reason="Unsubscribed Address")), None),
        (lambda to: sendgrid(sendgrid_event("", to, "deferred")), None),
    ],
)  # fmt: skip
async def test_what_a_service_calls_it_is_heeded(
    room: Returns, post: Callable[..., Any], made: Callable[..., Any], kind: str | None
) -> None:
    _, _, to = sent(room)
    name, body, headers = made(to)
    assert await post(name, body, **headers) == 200
    assert [row.kind for row in room.rows(Bounce)] == ([kind] if kind else [])


async def test_mail_of_others_on_the_same_account_is_passed_over(
    room: Returns, post: Callable[..., Any]
) -> None:
    sent(room)
    name, body, headers = postmark(postmark_bounce("somebody@else.example"))
    assert await post(name, body, **headers) == 200
    assert kept(room) == []


# What is not signed -----------------------------------------------------------------------------


def spoilt(headers: dict[str, str]) -> dict[str, str]:
    return {name: value[:-6] + "AAAAA=" for name, value in headers.items()}


async def test_what_is_not_signed_is_refused(
    room: Returns, post: Callable[..., Any], amazon: Amazon
) -> None:
    _, reference, to = sent(room)
    notice = from_sns(ses_bounce("x", to))
    old = mailgun(mailgun_failed(reference, to), NOON - timedelta(hours=13))
    early = mailgun(mailgun_failed(reference, to), NOON + timedelta(hours=13))
    service, body, headers = sendgrid(sendgrid_event(reference, to))
    forged = json.loads(mailgun(mailgun_failed(reference, to))[1])
    forged["signature"]["token"] = "c" * 50
    for name, content, more in (
        ses(notice | {"Message": json.dumps(ses_bounce("x", "b@c.example"))}),
        ses(notice | {"SignatureVersion": "3"}),
        ses(notice | {"Type": "SomethingElse"}),
        old,
        early,
        ("mailgun", json.dumps(forged).encode(), {}),
        ("mailgun", b'{"signature": {"timestamp": "9e9", "token": {}}}', {}),
        postmark(postmark_bounce(to), "postmark:wrong password"),
        ("postmark", json.dumps(postmark_bounce(to)).encode(), {}),
        (service, body, {}),
        (service, body, spoilt(headers)),
        (service, body.replace(b"bounce", b"BOUNCE"), headers),
        (service, body, headers | {"X-Twilio-Email-Event-Webhook-Timestamp": "1772712001"}),
    ):
        assert await post(name, content, **more) == 403, (name, more)
    assert kept(room) == []


@pytest.mark.parametrize(
    "place",
    [
        "http://sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
        "https://bucket.s3.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com/x.html",
        "https://[",
        "",
    ],
)
async def test_nothing_is_fetched_from_anywhere_but_sns(
    room: Returns, post: Callable[..., Any], amazon: Amazon, place: str
) -> None:
    name, body, headers = ses(from_sns({}, SigningCertURL=place))
    assert await post(name, body, **headers) == 403
    assert amazon.asked == []


async def test_a_topic_that_is_not_ours_is_refused_unread(
    post: Callable[..., Any], amazon: Amazon
) -> None:
    name, body, headers = ses(from_sns({}, TopicArn="arn:aws:sns:eu-west-1:9:theirs"))
    assert await post(name, body, **headers) == 403
    assert amazon.asked == []


async def test_a_subscription_to_our_topic_is_confirmed_and_certificates_are_fetched_once(
    post: Callable[..., Any], amazon: Amazon
) -> None:
    fields = {"Type": "SubscriptionConfirmation", "Token": "abc"}
    name, body, headers = ses(from_sns("You have chosen", SubscribeURL=SUBSCRIBE, **fields))
    assert await post(name, body, **headers) == 200
    assert amazon.asked == [CERTIFICATE, SUBSCRIBE]
    elsewhere = from_sns("You have chosen", SubscribeURL="https://evil.example/", **fields)
    name, body, headers = ses(elsewhere)
    assert await post(name, body, **headers) == 403
    assert amazon.asked == [CERTIFICATE, SUBSCRIBE]


async def test_a_text_is_signed_as_it_stands(room: Returns, post: Callable[..., Any]) -> None:
    """Marks that we would leave out of a text of our own are part of what was signed."""
    bounce = json.dumps(ses_bounce(room.back(sent(room)[0]), "hidden"))
    name, body, headers = ses(from_sns(f" {bounce}\r\n\t", Subject="a\x07\u200e\x00b"))
    assert await post(name, body, **headers) == 200
    assert [kind for kind, _, _ in kept(room)] == ["hard"]


async def test_what_is_no_notice_is_said(post: Callable[..., Any], amazon: Amazon) -> None:
    for body in (b"", b"[]", b"[" * 100_000, b'{"TopicArn": []}', b'{"TopicArn": {}}'):
        assert await post("ses", body) in (400, 403)
    assert amazon.asked == []


async def test_a_certificate_that_has_ended_signs_nothing(
    room: Returns, post: Callable[..., Any]
) -> None:
    name, body, headers = ses(from_sns({}))
    assert await post(name, body, **headers) == 200
    room.later(days=31)
    assert await post(name, body, **headers) == 403


async def test_while_we_can_t_ask_or_write_the_service_is_to_try_again(
    room: Returns, post: Callable[..., Any], amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    amazon.fails = True
    name, body, headers = ses(from_sns({}))
    assert await post(name, body, **headers) == 503

    def away() -> Any:
        raise DatabaseAway("gone")

    name, body, headers = postmark(postmark_bounce("a@b.example"))
    monkeypatch.setattr(room.app.db, "begin", away)
    assert await post(name, body, **headers) == 503


async def test_what_is_signed_and_can_t_be_read_is_said(post: Callable[..., Any]) -> None:
    for body in (b"", b"{", b"[]", b"[" * 100_000, b"1" * 5_000, b"\xff"):
        basic = postmark({})[2]
        assert await post("postmark", body, **basic) == 400


async def test_batches_may_be_large_and_not_too_large(
    room: Returns, post: Callable[..., Any]
) -> None:
    many = [sendgrid_event("", f"a{n}@b.example", "delivered") for n in range(2_000)]
    name, body, headers = sendgrid(*many)
    assert len(body) > 300_000
    assert await post(name, body, **headers) == 200
    assert await post("sendgrid", b" " * (LARGEST_BATCH + 1)) == 413


async def test_a_service_that_is_not_set_up_has_no_address(room: Returns) -> None:
    async with client_of(room) as client:
        for service in ("ses", "mailgun", "postmark", "sendgrid", "other"):
            assert (await client.post(f"/hooks/{service}", content=b"{}")).status_code == 404
        assert (await client.get("/hooks/ses")).status_code == 405
