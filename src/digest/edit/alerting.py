"""Alerts: is this reader told at once, later, in the digest, or not at all? And why?

The rules stand in docs/alerts.md in the order in which they are asked here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.clock import instant_of
from digest.edit.match import match
from digest.models.desk import Candidate, Match, Memory, Quiet, Reader
from digest.models.words import Code, EditionKind, Outcome

ALERTS_FROM = 4  # severity, unless the Follow says otherwise
BREAKING_COUNTS = 1  # a breaking Event alerts from one level lower
SAME_FACT = timedelta(hours=72)
COOLDOWN = timedelta(minutes=5)  # between a first alert and its update; doubles with each update
COOLDOWN_MOST = timedelta(minutes=60)
COOLDOWN_RESET = timedelta(hours=6)
COALESCE = timedelta(seconds=30)
WINDOW_MOST = timedelta(minutes=30)  # an update waits at most this long after the last alert
TOO_OLD = timedelta(hours=2)  # an alert that could not be planned in time goes to the digest


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one Event for one reader. `rule` is a stable code, `reason` the words."""

    outcome: Outcome
    rule: str
    reason: str
    code: Code = Code.NEW
    match: Match | None = None
    told: Memory | None = None
    release_at: datetime | None = None


def decide(candidate: Candidate, reader: Reader, now: datetime) -> Decision | None:
    """The decision about `candidate`, or None when it doesn't concern `reader` at all."""
    told = reader.told.get(candidate.event_id)
    if candidate.code in (Code.CORRECT, Code.RETRACT):
        return _righting(candidate, reader, told, now)
    found = match(candidate, reader, now)
    if found == "no_follow":
        return None
    if isinstance(found, str):
        words = {"muted": "you muted it", "below_threshold": "below the severity of your follows"}
        return Decision(Outcome.NOTHING, found, words[found])
    if told is not None and told.kind == EditionKind.ALERT:
        return _again(candidate, reader, told, found, now)
    if candidate.history:
        return _later("history", "it is history, stored after the event", found)
    if candidate.revision == 1 and now - candidate.visible_at > TOO_OLD:
        return _later("too_old", "it became known more than 2 hours ago", found)
    fact = reader.facts.get(candidate.fact_key)
    if fact is not None and fact.event_id != candidate.event_id and now - fact.at < SAME_FACT:
        return Decision(
            Outcome.NOTHING, "same_fact", "the same report was told already", match=found
        )
    if told is not None and told.content_hash == candidate.content_hash:
        return Decision(Outcome.NOTHING, "told_before", "told before and unchanged", match=found)
    return _first(candidate, reader, told, found, now)


def _first(
    candidate: Candidate, reader: Reader, told: Memory | None, found: Match, now: datetime
) -> Decision:
    code = Code.NEW
    if told is not None:
        code = Code.ESCALATE if candidate.severity > told.severity else Code.UPDATE
    if not any(_loud(candidate, reason.follow.alerts_from) for reason in found.reasons):
        return _later("below_alert_threshold", "below the severity that alerts you", found)
    if all(reason.follow.breaking_only for reason in found.reasons) and not candidate.breaking:
        return _later("not_breaking", "you are alerted to breaking events only", found)
    return _now_or_held(candidate, reader, found, told, code, now)


def _again(
    candidate: Candidate, reader: Reader, told: Memory, found: Match, now: datetime
) -> Decision:
    """An Event this reader was alerted to has a newer Revision."""
    if candidate.minor or told.content_hash == candidate.content_hash:
        return Decision(Outcome.NOTHING, "unchanged", "nothing changed that matters", match=found)
    raised = candidate.severity > told.severity
    wishes = {reason.follow.updates or "all" for reason in found.reasons}
    if "all" not in wishes and not (raised and "escalation" in wishes):
        return _later("updates_unwanted", "you don't want updates of alerts", found)
    if raised:
        return _now_or_held(candidate, reader, found, told, Code.ESCALATE, now)
    due = told.at + cooldown(reader.alerts, now)
    if now < due:
        return Decision(
            Outcome.HELD,
            "window",
            "the last message about it is too recent",
            Code.UPDATE,
            found,
            told,
            due,
        )
    return _now_or_held(candidate, reader, found, told, Code.UPDATE, now)


def _righting(
    candidate: Candidate, reader: Reader, told: Memory | None, now: datetime
) -> Decision | None:
    """A correction or retraction: to exactly those told what was wrong. No cap holds it."""
    if told is None or told.revision >= candidate.revision:
        return None
    found = match(candidate, reader, now)
    kept = found if isinstance(found, Match) else Match(candidate, 0.0, ())
    if reader.quiet and not _inside(reader, told.at):
        end = quiet_end(reader, now)
        if end is not None:
            return Decision(Outcome.HELD, "quiet", "quiet hours", candidate.code, kept, told, end)
    return Decision(
        Outcome.EDITION,
        "righting",
        "you were told what is now put right",
        candidate.code,
        kept,
        told,
    )


def _now_or_held(
    candidate: Candidate,
    reader: Reader,
    found: Match,
    told: Memory | None,
    code: Code,
    now: datetime,
) -> Decision:
    end = quiet_end(reader, now)
    if end is not None and not _wakes(candidate, reader, found):
        return Decision(Outcome.HELD, "quiet", "quiet hours", code, found, told, end)
    free = cap_free_at(reader, now)
    if free > now and not _wakes(candidate, reader, found):
        return Decision(
            Outcome.HELD, "cap", "your limit of alerts is reached", code, found, told, free
        )
    return Decision(Outcome.EDITION, "alert", "severe enough to tell at once", code, found, told)


def _loud(candidate: Candidate, alerts_from: int | None) -> bool:
    threshold = ALERTS_FROM if alerts_from is None else alerts_from
    if threshold > 5:
        return False
    return candidate.severity + (BREAKING_COUNTS if candidate.breaking else 0) >= threshold


def _wakes(candidate: Candidate, reader: Reader, found: Match) -> bool:
    """Whether the reader agreed to be woken by this, on a matching Follow or for everything."""
    agreed = [
        reason.follow.alerts_at_night_from
        for reason in found.reasons
        if reason.follow.alerts_at_night_from is not None
    ]
    if reader.quiet_break_severity is not None:
        agreed.append(reader.quiet_break_severity)
    return any(candidate.severity >= level for level in agreed)


def _later(rule: str, reason: str, found: Match) -> Decision:
    return Decision(Outcome.DIGEST, rule, reason, match=found)


def _inside(reader: Reader, instant: datetime) -> bool:
    return bool(reader.quiet and reader.quiet.covers(instant.astimezone(reader.zone).time()))


def quiet_end(reader: Reader, now: datetime) -> datetime | None:
    """The first instant after `now` outside the reader's quiet hours; None outside of them.

    Membership is asked of the local wall clock, so a repeated hour is quiet both times and a
    skipped one is simply not there.
    """
    if not reader.quiet or not _inside(reader, now):
        return None
    return _end_of(reader.quiet, reader, now)


def _end_of(quiet: Quiet, reader: Reader, now: datetime) -> datetime:
    zone = reader.zone
    day = now.astimezone(zone).date()
    for later in range(3):
        if isinstance(zone, ZoneInfo):
            end = instant_of(day + timedelta(days=later), quiet.end, zone)
        else:
            end = datetime.combine(day + timedelta(days=later), quiet.end, tzinfo=zone)
        if end > now and not _inside(reader, end):
            return end
    return now + timedelta(hours=1)  # quiet hours that never end: ask again


def cap_free_at(reader: Reader, now: datetime) -> datetime:
    """The first instant from `now` on at which one more alert is within every cap."""
    free = now
    for span, most in (
        (timedelta(minutes=15), reader.caps.quarter_hour),
        (timedelta(hours=1), reader.caps.hour),
        (timedelta(days=1), reader.caps.day),
    ):
        recent = sorted(at for at in reader.alerts if now - span < at <= now)
        if most <= 0:
            return now + timedelta(days=1)
        if len(recent) >= most:
            free = max(free, recent[-most] + span)
    return free


def cooldown(alerts: tuple[datetime, ...], now: datetime) -> timedelta:
    """How long an update waits after the last alert: 5 minutes, doubling up to 60."""
    recent = sum(1 for at in alerts if timedelta(0) <= now - at < COOLDOWN_RESET)
    doubled: timedelta = COOLDOWN * 2 ** max(0, recent - 1)
    return min(doubled, COOLDOWN_MOST)


def extended(release_at: datetime, last_sent: datetime, now: datetime) -> datetime:
    """When a held update is due after one more Revision came: a little later, with a hard end."""
    return min(max(release_at, now + COALESCE), max(release_at, last_sent + WINDOW_MOST))
