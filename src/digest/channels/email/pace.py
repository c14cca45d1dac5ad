"""The pace of mail: so many a second in all, and to some domains of readers.

Large providers count what comes to them from one sender, and defer what is too much with a reply
of class 4.7 (RFC 3463: security or policy). Such a domain rests for a moment then and gets little
for some minutes; the others don't notice.
"""

import asyncio
import re
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from pydantic import Field, field_validator

from digest.channels.pacing import Buckets, Pace, Rate
from digest.errors import RetryLater
from digest.settings import SettingsGroup

REST_SECONDS = 30.0  # after a domain said that it was too much
SLOW_SECONDS = 300.0  # for which it gets little, and
SLOW_PER_SECOND = 1.0

_TOO_MUCH = re.compile(r"4\d\d 4\.7\.")
_DOMAIN = re.compile(r"\s*(?P<domain>[^\s@=,]+\.[^\s@=,]+)\s*=\s*(?P<rate>\d+(\.\d+)?)\s*")


class PaceSettings(SettingsGroup):
    """How fast mail is handed over."""

    smtp_per_second: float = Field(
        0,
        ge=0,
        le=100_000,
        description="Mails a second over all mail servers; 0 for no limit. A fifth is kept for"
        " alerts.",
    )
    smtp_domains: str = Field(
        "",
        description="Mails a second to readers of some domains, such as gmail.com=20,yahoo.com=5.",
    )

    @field_validator("smtp_domains")
    @classmethod
    def _has_rates(cls, value: str) -> str:
        domain_rates(value)
        return value


def domain_rates(text: str) -> Mapping[str, float]:
    """Mails a second by domain.

    Raises:
        ValueError: the text is not written so; says how.
    """
    parts = [_DOMAIN.fullmatch(part) for part in text.split(",") if part.strip()]
    rates = {part["domain"].lower(): float(part["rate"]) for part in parts if part}
    if None in parts or not all(rates.values()):
        raise ValueError("domains with mails a second, such as gmail.com=20,yahoo.com=5")
    return rates


class MailPace:
    """The turns of all mail in this process, by Buckets that it may share with others."""

    def __init__(self, settings: PaceSettings, buckets: Buckets | None = None) -> None:
        self._pace = Pace(buckets)
        self._all = Rate("smtp", settings.smtp_per_second)
        self._rates = domain_rates(settings.smtp_domains)
        self._slow_until: dict[str, float] = {}  # by domain, in the event loop's time

    def turn(self, recipient: str, *, urgent: bool = False) -> "Turn":
        """For handing over one mail: begins when it may be.

        Raises:
            RetryLater: that is too far off, and it says when to come again.
        """
        domain = recipient.rpartition("@")[2].lower()
        rates = self._rates_of(domain)
        return Turn(self, domain, self._pace.turn(*rates, urgent=urgent) if rates else None)

    def _rates_of(self, domain: str) -> list[Rate]:
        """Most installations have none at all, which is seen at once."""
        known = domain in self._rates or domain in self._slow_until
        limits = (self._rate(domain), self._all) if known else (self._all,)
        return [rate for rate in limits if rate.per_second]

    def _rate(self, domain: str) -> Rate:
        per_second = self._rates.get(domain, 0.0)
        if self._slow_until.get(domain, 0.0) > _present():
            per_second = min(per_second or SLOW_PER_SECOND, SLOW_PER_SECOND)
        return Rate(f"smtp/{domain}", per_second)

    async def slow_down(self, domain: str) -> None:
        now = _present()
        self._slow_until = {name: at for name, at in self._slow_until.items() if at > now}
        self._slow_until[domain] = now + SLOW_SECONDS
        await self._pace.hold(self._rate(domain).key, REST_SECONDS)


class Turn:
    """One mail's turn: most have nothing to wait for, and cost nothing."""

    def __init__(
        self, pace: MailPace, domain: str, within: AbstractAsyncContextManager[None] | None
    ) -> None:
        self._pace = pace
        self._domain = domain
        self._within = within

    async def __aenter__(self) -> None:
        if self._within is not None:
            await self._within.__aenter__()

    async def __aexit__(self, *how: Any) -> None:
        if self._within is not None:
            await self._within.__aexit__(*how)
        if isinstance(how[1], RetryLater) and _TOO_MUCH.match(how[1].detail):
            await self._pace.slow_down(self._domain)


def _present() -> float:
    return asyncio.get_running_loop().time()
