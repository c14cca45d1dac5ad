"""The links below an Item: less of this, mute, alert me less, follow, why. A button says which.

Without `do` the page has all that can be done about the Event: text has no room for a link each.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import NotFound
from digest.services.reader import following
from digest.services.reader.editing import Done, undo
from digest.services.reader.following import NEVER, Target
from digest.services.reader.tuning import Cause, Subject, subject
from digest.store.database import Database
from digest.web.site import Site, Visitor, site_of

SHORT_MUTE = 24  # hours
MOST_CAUSES = 4  # Follows that one page offers to change
DEFAULT_ABOVE = 4
LONGEST_MUTE = 24 * 365  # hours

Act = Callable[[Database, int, datetime], Done]


@dataclass(frozen=True, slots=True)
class Offer:
    """One button. `kind` chooses its words in the template, `about` goes into them."""

    key: str
    kind: str
    about: str
    act: Act
    number: int | None = None  # hours of a mute, severity of an alert


@dataclass(frozen=True, slots=True)
class Asked:
    """What the link asks for: `hours` of a mute, the severity `above` which alerts still come."""

    do: str
    event: str | None
    story: str | None
    hours: int | None
    above: int


def _asked(request: Request) -> Asked:
    given = request.query_params
    do = given.get("do", "")
    above = _number(given.get("above"), 5)
    return Asked(
        do="alerts" if do == "above4" else do,
        event=given.get("event"),
        story=given.get("story"),
        hours=_number(given.get("hours"), LONGEST_MUTE),
        above=DEFAULT_ABOVE if above is None else above,
    )


def _number(text: str | None, most: int) -> int | None:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 6:
        return None
    return min(int(text), most) or None


def _less(asked: Asked, found: Subject) -> list[Offer]:
    return [
        Offer(cause.name, "less", cause.label, _on(following.less, cause))
        for cause in found.causes[:MOST_CAUSES]
    ]


def _mute(asked: Asked, found: Subject) -> list[Offer]:
    """The Story; what belongs to no Story can only be told less of."""
    if found.story_id is None:
        return _less(asked, found)
    target = Target(story_id=found.story_id)

    def act(db: Database, subscriber_id: int, now: datetime) -> Done:
        until = now + timedelta(hours=asked.hours) if asked.hours else None
        return following.mute(db, subscriber_id, target, now, until)

    return [Offer("story", "mute", found.story_title or "", act, asked.hours)]


def _alerts(asked: Asked, found: Subject) -> list[Offer]:
    """ "Above 4" is from 5 on; above 5 there is nothing, so it is never."""
    level = min(asked.above + 1, NEVER)

    def act_on(cause: Cause) -> Act:
        return lambda db, subscriber_id, now: following.set_follow(
            db, subscriber_id, cause.target, {"alerts_from": level}, now
        )

    return [
        Offer(cause.name, "alerts", cause.label, act_on(cause), asked.above)
        for cause in found.causes[:MOST_CAUSES]
    ]


def _follow(asked: Asked, found: Subject) -> list[Offer]:
    if found.story_id is None:
        return []
    target = Target(story_id=found.story_id)

    def act(db: Database, subscriber_id: int, now: datetime) -> Done:
        return following.follow(db, subscriber_id, target, now)

    return [Offer("story", "follow", found.story_title or "", act)]


def _why(asked: Asked, found: Subject) -> list[Offer]:
    """The page itself is the answer; what can be done about it stands below."""
    story = _mute(asked, found) if found.story_id is not None else []
    return [*_less(asked, found), *story]


def _drop(asked: Asked, found: Subject) -> list[Offer]:
    return [
        Offer(cause.name, "drop", cause.label, _on(following.drop, cause))
        for cause in found.causes[:MOST_CAUSES]
    ]


def _all(asked: Asked, found: Subject) -> list[Offer]:
    """The gentlest first. Keys say what is done, too: each Follow comes several times."""
    offers = _less(asked, found)
    if found.story_id is not None:
        offers += _mute(replace(asked, hours=asked.hours or SHORT_MUTE), found)
    offers += _alerts(asked, found)
    if found.story_id is not None:
        offers += _mute(replace(asked, hours=None), found)
        offers += _follow(asked, found)
    offers += _drop(asked, found)
    return [
        replace(one, key=" ".join(str(part) for part in (one.kind, one.key, one.number) if part))
        for one in offers
    ]


def _on(verb: Callable[[Database, int, Target, datetime], Done], cause: Cause) -> Act:
    return lambda db, subscriber_id, now: verb(db, subscriber_id, cause.target, now)


VERBS: Mapping[str, Callable[[Asked, Subject], list[Offer]]] = {
    "less": _less,
    "mute": _mute,
    "alerts": _alerts,
    "follow": _follow,
    "why": _why,
    "": _all,
}


async def page(request: Request) -> Response:
    """GET says what the button will do and changes nothing; POST does it and offers to undo it."""
    site, token = site_of(request), request.path_params["token"]
    asked = _asked(request)
    if asked.do not in VERBS or not (asked.do or asked.event or asked.story):
        raise NotFound("This link is not complete. Please use it as it stands in the message.")
    visitor, found = await asyncio.to_thread(_load, site, token, asked)
    offers = VERBS[asked.do](asked, found)
    done, entry = None, None
    if request.method == "POST":
        form = await request.form()
        choice = str(form.get("choice") or "")
        undoing = str(form.get("undo") or "")
        if undoing:
            await asyncio.to_thread(_undo, site, visitor, undoing)
        else:
            done = next((offer for offer in offers if offer.key == choice), None)
            if done is None:
                raise NotFound("This page can't do that.")
            entry = await asyncio.to_thread(_do, site, visitor, done)
    return site.page(
        "tune",
        visitor.locale,
        visitor=visitor,
        asked=asked,
        of=found,
        offers=[one for one in offers if not (found.follows_story and one.kind == "follow")],
        done=done,
        entry=entry.entry_id if entry else None,
        undone=request.method == "POST" and done is None,
        never=NEVER,
    )


def _load(site: Site, token: str, asked: Asked) -> tuple[Visitor, Subject]:
    with site.app.db.read() as session:
        visitor = site.visitor(session, token)
        found = subject(
            session,
            visitor.id,
            visitor.bearer.delivery_id,
            asked.event,
            asked.story,
            site.clock(),
        )
        return visitor, found


def _do(site: Site, visitor: Visitor, offer: Offer) -> Done:
    return offer.act(site.app.db, visitor.id, site.clock())


def _undo(site: Site, visitor: Visitor, entry: str) -> None:
    if not (entry.isascii() and entry.isdigit() and len(entry) < 19):
        raise NotFound("There is nothing to undo here.")
    undo(site.app.db, visitor.id, int(entry), site.clock())


routes = [Route("/r/{token}/tune", page, methods=["GET", "POST"])]
