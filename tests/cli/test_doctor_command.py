"""`digest doctor`, `status` and `send-test`: how it is doing, and what to do about it."""

from typing import Any

import pytest
from shell import Providers, Shell

from digest import __version__


def findings(shell: Shell, **env: str) -> dict[str, list[dict[str, Any]]]:
    """What doctor found, by part; it may have found faults."""
    by_part: dict[str, list[dict[str, Any]]] = {}
    for one in shell("doctor", "--json", **env).rows:
        by_part.setdefault(one["part"], []).append(one)
    return by_part


@pytest.fixture(scope="module")
def healthy(shell: Shell, providers: Providers) -> dict[str, list[dict[str, Any]]]:
    return findings(shell, **providers.env)


@pytest.fixture(scope="module")
def ill(shell: Shell) -> dict[str, list[dict[str, Any]]]:
    shell.write("own/telegram/digest/body.html", "{% if %}\n")
    return findings(
        shell,
        DIGEST_DATABASE_URL="postgresql://digest:hunter2@127.0.0.1:9/digest",
        DIGEST_BASE_URL="http://digest.example.org",
        DIGEST_SMTP_URL="smtp://127.0.0.1:9",
        DIGEST_SLACK_TOKEN="xoxb-wrong",
        DIGEST_SLACK_API_URL="http://127.0.0.1:9/api/",
        DIGEST_TELEGRAM_TOKEN="1:wrong",
        DIGEST_TELEGRAM_API_URL="http://127.0.0.1:9/bot",
        DIGEST_TEMPLATES_DIR=str(shell.folder / "own"),
    )


@pytest.mark.parametrize("part", ["database", "templates", "links", "slack", "telegram"])
def test_what_works_is_ok(healthy: dict[str, list[dict[str, Any]]], part: str) -> None:
    assert {one["level"] for one in healthy[part]} == {"ok"}


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ("database", "does not answer"),
        ("templates", "own/telegram/digest/body.html, line 1"),
        ("links", "not https"),
        ("email", "127.0.0.1:9: the mail server can't be reached (relay_unreachable)"),
        ("slack", "Slack can't be reached (not_reached: the connection was refused)"),
        ("telegram", "Telegram can't be reached (not_connected)"),
    ],
)
def test_each_fault_comes_with_its_remedy(
    ill: dict[str, list[dict[str, Any]]], part: str, what: str
) -> None:
    found = next(one for one in ill[part] if what in one["what"])
    assert found["level"] in ("error", "warning")
    assert found["remedy"]
    assert "hunter2" not in str(found)


def test_doctor_fails_when_something_is_wrong(shell: Shell) -> None:
    done = shell("doctor", DIGEST_DATABASE_URL="sqlite:///fresh.db")
    assert done.code == 1
    assert "error   database: the database has no tables\n        Run `digest init`.\n" in done.out
    assert not (shell.folder / "fresh.db").exists()


def test_a_file_that_can_not_be_opened_is_told_without_the_remedy_for_a_server(
    shell: Shell,
) -> None:
    shell.write("text", "")
    (found,) = findings(shell, DIGEST_DATABASE_URL="sqlite:///text/digest.db")["database"]
    assert found["what"].startswith(f"{shell.folder}/text is a file, not a folder")
    assert found["remedy"] == ""


def test_status_is_in_numbers(shell: Shell) -> None:
    found = shell("status", "--json").data
    assert (found["events"], found["subscribers"], found["feeds"]) == (0, 0, [])
    assert found["channels"]["email"] == "not set up"
    assert shell("status").said.startswith("0 events. ")


def test_status_says_no_more_of_a_channel_than_it_knows(shell: Shell) -> None:
    said = shell("status", "--json", DIGEST_SLACK_TOKEN="xoxb-wrong").data
    assert said["channels"]["slack"] == "set up"


def test_slack_without_a_token_is_no_more_than_webhooks(shell: Shell) -> None:
    how = "only incoming webhooks, which need no setting"
    assert shell("status", "--json").data["channels"]["slack"] == how
    assert "No channel is set up yet" in shell("init").said


def test_version(shell: Shell) -> None:
    assert shell("--version").said == f"digest {__version__}\n"


def test_send_test_reaches_each_provider_and_is_marked(shell: Shell, providers: Providers) -> None:
    for channel, address in (
        ("email", "amira@example.org"),
        ("slack", "C0123ABCD"),
        ("telegram", "1000"),
    ):
        said = shell("send-test", channel, address, **providers.env).said
        assert said.startswith("Accepted: ")
        answer = shell("send-test", channel, address, "--json", **providers.env).data
        assert (answer["channel"], answer["address"]) == (channel, address)
        assert answer["reference"]
    assert "test" in providers.mail.mails[-1].message["Subject"].lower()
    assert "test" in str(providers.slack.messages()[-1]).lower()
    assert "test" in str(providers.telegram.messages()[-1]).lower()


def test_send_test_says_why_it_was_refused(shell: Shell, providers: Providers) -> None:
    assert "nobody" in shell("send-test", "email", "nobody", **providers.env).fault
    closed = {**providers.env, "DIGEST_SMTP_URL": "smtp://127.0.0.1:9"}
    assert shell("send-test", "email", "a@example.org", **closed).fault == (
        "the test message was not taken: the mail server can't be reached"
        " (relay_unreachable: 127.0.0.1:9)"
    )
