"""The command line as an outsider meets it: real processes, DIGEST_* variables, a folder."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from digest.standins.slack import SlackStandIn
from digest.standins.smtp import MailServer
from digest.standins.telegram import TelegramStandIn

PROGRAM = Path(sys.executable).with_name("digest")


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Standard output as JSON; a command that failed says so instead."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def rows(self) -> Any:
        """Standard output as JSON, of a command that failed in part."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """Standard output of a command that went well."""
        assert self.code == 0, self.err
        return self.out

    @property
    def fault(self) -> str:
        """The one line of a command that failed, as a person would read it."""
        assert self.code != 0, self.out
        assert "Traceback" not in self.err + self.out
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("digest: "), self.err
        return lines[0].removeprefix("digest: ")


@cache
def _warm() -> subprocess.Popen[str]:
    """The server of processes, see warm.py; it ends with the one that asks."""
    return subprocess.Popen(
        [sys.executable, Path(__file__).with_name("warm.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ask(**command: Any) -> int:
    server = _warm()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(command, default=str) + "\n")
    server.stdin.flush()
    return int(server.stdout.readline())


@dataclass
class Shell:
    """A folder and an environment to call `digest` in."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DIGEST_")}
        return {**kept, "HOME": str(self.folder), **self.env, **more}

    def __call__(self, *args: str, **env: str) -> Result:
        out, err = self.folder / ".out", self.folder / ".err"
        code = _ask(args=args, folder=self.folder, env=self.environment(**env), out=out, err=err)
        return Result(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))

    def write(self, name: str, text: str | bytes) -> str:
        """A file in the folder; returns its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def write_json(self, name: str, *records: Any) -> str:
        """One record as a document, several as lines of JSON."""
        return self.write(name, "\n".join(json.dumps(one) for one in records))


@dataclass(frozen=True)
class Providers:
    """The providers that the service writes to."""

    mail: MailServer
    slack: SlackStandIn
    telegram: TelegramStandIn

    @property
    def env(self) -> dict[str, str]:
        return {
            "DIGEST_BASE_URL": "https://digest.example.org",
            "DIGEST_MAIL_FROM": "Digest <digest@example.org>",
            "DIGEST_SMTP_URL": self.mail.url,
            "DIGEST_SLACK_TOKEN": self.slack.token,
            "DIGEST_SLACK_API_URL": self.slack.url,
            "DIGEST_TELEGRAM_TOKEN": self.telegram.token,
            "DIGEST_TELEGRAM_API_URL": self.telegram.url,
        }


def record(id: str, headline: str, **more: Any) -> dict[str, Any]:
    """An Event as somebody outside would write it."""
    return {
        "id": id,
        "headline": headline,
        "takeaway": f"What matters about {headline}.",
        "sources": [{"publisher": "Example Wire", "url": f"https://news.example.org/{id}"}],
        **more,
    }
