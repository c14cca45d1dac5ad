"""The site: what every page needs. The App, the hour, templates, and who a token stands for."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import jinja2
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse

from digest.clock import zone
from digest.errors import DigestError, InputError
from digest.models import Subscriber
from digest.models.words import SubscriberState
from digest.render.environment import render, template_error
from digest.render.filters import clean
from digest.render.locales import best
from digest.services.app import App
from digest.services.links import Bearer
from digest.store import readers
from digest.web.guard import secure

CSS = "web/pages.css"
ENDED = "This link has ended. Please use one from your newest message."


class Gone(DigestError):
    """The link was ours and has ended; the message says what to do."""


class Erased(Gone):
    """So it has, as nothing is known of its reader any more; and nothing is sent to them."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """The reader a token stands for. `zone` is where hours are shown."""

    token: str
    bearer: Bearer
    name: str
    locale: str
    zone: str
    state: str
    paused_until: datetime | None

    @property
    def id(self) -> int:
        return self.bearer.subscriber_id

    @property
    def left(self) -> bool:
        return self.state == SubscriberState.LEFT


@dataclass
class Site:
    """One installation as its pages see it. `clock` gives the present instant."""

    app: App
    clock: Callable[[], datetime]

    @cached_property
    def root(self) -> str:
        """The path under which readers reach us; begins every link of ours."""
        return urlsplit(self.app.settings.base_url).path.rstrip("/")

    @cached_property
    def stylesheet(self) -> str:
        return self.app.templates.source(CSS)

    @cached_property
    def stylesheet_url(self) -> str:
        mark = hashlib.sha256(self.stylesheet.encode()).hexdigest()[:10]
        return f"{self.root}/assets/pages.css?{mark}"

    def page(
        self, name: str, locale: str = "en", *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """The page of `templates/web/<name>.html`.

        Raises:
            ConfigurationError: the template fails; names file and line.
        """
        html = self.draw(
            name,
            locale,
            root=self.root,
            stylesheet=self.stylesheet_url,
            product=self.app.settings.product_name,
            **values,
        )
        response = HTMLResponse(html, status, headers={"content-language": best(locale)})
        secure(response.headers)
        return response

    def draw(self, name: str, locale: str, **values: Any) -> str:
        """`templates/web/<name>.html` with these values alone.

        Raises:
            ConfigurationError: the template fails; names file and line.
        """
        environment = self.app.templates.environment(
            best(locale), autoescape=True, finalize=sendable
        )
        try:
            template = environment.get_template(f"web/{name}.html")
        except jinja2.TemplateError as error:
            raise template_error(error, f"web/{name}.html", environment) from error
        return render(template, **values)

    def visitor(self, session: Session, token: str) -> Visitor:
        """Who the token stands for.

        Raises:
            NotFound: the token is not one of ours.
            Erased: the Subscriber is no longer there.
            Gone: they have ended all links given out.
        """
        bearer = self.app.links.read(token)
        person = session.get(Subscriber, bearer.subscriber_id)
        if person is None:
            raise Erased(ENDED)
        if person.token_version != bearer.version:
            raise Gone(ENDED)
        schedule = readers.accounts(session, [person.id], self.clock())[0].schedule
        return Visitor(
            token=token,
            bearer=bearer,
            name=clean(person.name),
            locale=person.locale,
            zone=_known_zone(schedule.zone),
            state=person.state,
            paused_until=person.paused_until,
        )


def site_of(request: Request) -> Site:
    """The Site that serves this request."""
    site: Site = request.app.state.site
    return site


def locale_of(request: Request) -> str:
    """The best language for who has no token, after what their browser asks for."""
    asked = request.headers.get("accept-language", "")
    first = asked.split(",")[0].split(";")[0].strip()
    return best(first) if first else "en"


def sendable(value: Any) -> Any:
    """`value` without lone surrogates, which no page can be encoded with."""
    if not isinstance(value, str):
        return value
    return type(value)(value.encode("utf-8", "ignore").decode())


def _known_zone(name: str) -> str:
    try:
        zone(name)
    except InputError:
        return "UTC"
    return name
