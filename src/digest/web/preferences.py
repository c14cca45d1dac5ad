"""The preferences page: what a reader follows, when and where they are told."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import NotFound
from digest.render.locales import babel_locale, best
from digest.services.reader import following, preferences
from digest.services.reader.editing import Done, undo
from digest.services.reader.overview import Overview, overview
from digest.services.reader.preferences import Invalid, Times
from digest.web.reader import PAUSES, days_of, paused
from digest.web.site import Site, Visitor, site_of


@dataclass(frozen=True, slots=True)
class Answer:
    """What a POST came to: `said` names the notice, `undo` the entry to undo, `problems` by field.

    `given` is what was filled in, to be shown again beside the problems.
    """

    said: str = ""
    about: str = ""
    undo: int | None = None
    problems: Mapping[str, str] | None = None
    given: Mapping[str, Any] | None = None


async def page(request: Request) -> Response:
    """GET shows everything; POST does one thing, named by `do`, and shows everything again."""
    site, token = site_of(request), request.path_params["token"]
    answer = Answer()
    if request.method == "POST":
        form = await request.form()
        answer = await asyncio.to_thread(_act, site, token, form)
    visitor, found = await asyncio.to_thread(_load, site, token)
    return site.page(
        "preferences",
        visitor.locale,
        status=422 if answer.problems else 200,
        visitor=visitor,
        of=found,
        answer=answer,
        problems=answer.problems or {},
        times=answer.given or _shown(found),
        zones=zones(),
        weekdays=_weekdays(visitor.locale),
        pauses=PAUSES,
        paused=paused(visitor, site),
        labels={name: channel.label for name, channel in site.app.channels.items()},
    )


def _load(site: Site, token: str) -> tuple[Visitor, Overview]:
    with site.app.db.read() as session:
        visitor = site.visitor(session, token)
        return visitor, overview(session, visitor.id, site.clock())


def _act(site: Site, token: str, form: FormData) -> Answer:
    """Does what the form asks for.

    Raises:
        NotFound: it asks for something that is not there.
    """
    with site.app.db.read() as session:
        visitor = site.visitor(session, token)
    act = ACTIONS.get(str(form.get("do") or ""))
    if act is None:
        raise NotFound("This page can't do that.")
    try:
        return act(site, visitor, form)
    except Invalid as invalid:
        return Answer(problems=invalid.problems, given=_filled_in(form))


def _undo(site: Site, visitor: Visitor, form: FormData) -> Answer:
    undo(site.app.db, visitor.id, _number(form, "entry"), site.clock())
    return Answer("undone")


def _thresholds(site: Site, visitor: Visitor, form: FormData) -> Answer:
    target, label = _target(site, visitor, form)
    wanted = {column: _severity(form, column) for column in ("alerts_from", "alerts_at_night_from")}
    done = following.set_follow(site.app.db, visitor.id, target, wanted, site.clock())
    return Answer("follow_saved", label, done.entry_id)


def _follow_verb(verb: Callable[..., Done], said: str) -> Callable[..., Answer]:
    def act(site: Site, visitor: Visitor, form: FormData) -> Answer:
        target, label = _target(site, visitor, form)
        return Answer(said, label, verb(site.app.db, visitor.id, target, site.clock()).entry_id)

    return act


def _target(site: Site, visitor: Visitor, form: FormData) -> tuple[following.Target, str]:
    """What the form is about and its label; only what the reader has a Follow of."""
    name = str(form.get("follow") or "")
    with site.app.db.read() as session:
        lines = overview(session, visitor.id, site.clock()).follows
        label = next((line.label for line in lines if line.name == name), None)
        if label is None:
            raise NotFound("You don't follow this any more.")
        return following.target_of(session, name), label


def _times(site: Site, visitor: Visitor, form: FormData) -> Answer:
    problems: dict[str, str] = {}
    given = _filled_in(form)

    def hour(name: str, problem: str, field: str) -> time | None:
        try:
            return time.fromisoformat(given[name]).replace(second=0) if given[name] else None
        except ValueError:
            problems[field] = problem
            return None

    at = hour("at", "Write the hour like 07:00.", "at")
    if at is None:
        problems["at"] = "Write the hour like 07:00."
    quiet_from = hour("quiet_from", "Write quiet hours like 22:00.", "quiet")
    quiet_to = hour("quiet_to", "Write quiet hours like 22:00.", "quiet")
    times = Times(
        cadence=given["cadence"],
        at=at or time(7),
        zone=given["zone"],
        weekdays=given["weekdays"],
        quiet_from=quiet_from,
        quiet_to=quiet_to,
    )
    try:
        times.check()
    except Invalid as invalid:
        problems = invalid.problems | problems
    if problems:
        raise Invalid(problems)
    done = preferences.set_times(site.app.db, visitor.id, times, site.clock())
    return Answer("times_saved", undo=done.entry_id)


def _place_verb(verb: Callable[..., Done], said: str) -> Callable[..., Answer]:
    def act(site: Site, visitor: Visitor, form: FormData) -> Answer:
        done = verb(site.app.db, visitor.id, _number(form, "id"), site.clock())
        return Answer(said, undo=done.entry_id)

    return act


def _pause(site: Site, visitor: Visitor, form: FormData) -> Answer:
    done = preferences.pause(site.app.db, visitor.id, days_of(form), site.clock())
    return Answer("paused", undo=done.entry_id)


def _resume(site: Site, visitor: Visitor, form: FormData) -> Answer:
    return Answer(
        "resumed", undo=preferences.resume(site.app.db, visitor.id, site.clock()).entry_id
    )


def _return(site: Site, visitor: Visitor, form: FormData) -> Answer:
    preferences.resubscribe(site.app.db, visitor.id, site.clock())
    return Answer("returned")


ACTIONS: Mapping[str, Callable[[Site, Visitor, FormData], Answer]] = {
    "undo": _undo,
    "thresholds": _thresholds,
    "follow": _follow_verb(following.follow, "followed"),
    "drop": _follow_verb(following.drop, "dropped"),
    "mute": _follow_verb(following.mute, "muted"),
    "unmute": _follow_verb(following.unmute, "unmuted"),
    "times": _times,
    "pause_place": _place_verb(preferences.pause_destination, "place_paused"),
    "resume_place": _place_verb(preferences.resume_destination, "place_resumed"),
    "leave_list": _place_verb(preferences.leave_list, "list_left"),
    "rejoin_list": _place_verb(preferences.rejoin_list, "list_rejoined"),
    "pause": _pause,
    "resume": _resume,
    "return": _return,
}


def _number(form: FormData, name: str) -> int:
    given = str(form.get(name) or "")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise NotFound("This page can't do that.")
    return int(given)


def _severity(form: FormData, name: str) -> int:
    given = str(form.get(name) or "")
    if given not in tuple("123456"):
        raise Invalid({"follow": "Choose a severity from 1 to 5, or never."})
    return int(given)


def _filled_in(form: FormData) -> dict[str, Any]:
    """The fields of the form for times, as they were filled in."""
    days = [str(day) for day in form.getlist("weekdays")]
    return {
        "cadence": str(form.get("cadence") or "daily"),
        "at": str(form.get("at") or "").strip(),
        "zone": str(form.get("zone") or "").strip()[:60],
        "weekdays": tuple(sorted({int(day) for day in days if day in tuple("0123456")})),
        "quiet_from": str(form.get("quiet_from") or "").strip(),
        "quiet_to": str(form.get("quiet_to") or "").strip(),
    }


def _shown(found: Overview) -> dict[str, Any]:
    """The times in force, in the form's fields."""
    times = found.times

    def hour(value: time | None) -> str:
        return value.strftime("%H:%M") if value else ""

    return {
        "cadence": times.cadence,
        "at": hour(times.at),
        "zone": times.zone,
        "weekdays": times.weekdays,
        "quiet_from": hour(times.quiet_from),
        "quiet_to": hour(times.quiet_to),
    }


@cache
def _weekdays(locale: str) -> dict[int, str]:
    """Names of the days, Monday, which is 0, first."""
    names = babel_locale(best(locale)).days["format"]["wide"]
    return {day: names[day] for day in range(7)}


@cache
def zones() -> tuple[str, ...]:
    """IANA zones by place, without the old names beside them, and UTC."""
    areas = (
        "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian",
        "Pacific",
    )  # fmt: skip
    return ("UTC", *sorted(z for z in available_timezones() if z.split("/")[0] in areas))


routes = [Route("/r/{token}/preferences", page, methods=["GET", "POST"])]
