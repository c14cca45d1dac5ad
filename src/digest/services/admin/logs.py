"""Logs: one line an event, structured; secrets and addresses never get into them."""

import logging
import re
import sys
from typing import Any

import structlog

NOISY = {
    "aiosmtplib": logging.WARNING,
    "alembic": logging.WARNING,
    "apscheduler": logging.ERROR,  # warns of each turn that the one before it still makes up for
    "asyncio": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "procrastinate": logging.CRITICAL,  # what failed is told by ours, and that the database is away
    "psycopg.pool": logging.ERROR,  # whoever needs the database says that it is away
    "slack_sdk": logging.WARNING,
    "telegram": logging.WARNING,
    "uvicorn": logging.WARNING,
}
"""Libraries whose lines hold URLs with tokens, come once a request, or say what ours say; and the
least level of theirs that is told."""


_DETAIL = re.compile(r"DETAIL:[^\n]*")


def without_rows(_: Any, __: str, line: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL's errors quote the row that they are about, with its address."""
    return {
        key: _DETAIL.sub("DETAIL: left out", value) if isinstance(value, str) else value
        for key, value in line.items()
    }


def configure_logs(level: str, form: str) -> None:
    """Sends all logs to standard error as text or JSON."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        without_rows,
    ]
    last: Any = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name, least in NOISY.items():
        logging.getLogger(name).setLevel(least)
