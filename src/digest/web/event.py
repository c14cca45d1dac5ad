"""The Event page: everything that is stored of the newest visible Revision."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.models.content import EditionContent
from digest.models.words import EditionKind
from digest.render.phrases import Phrases
from digest.services.news.dossier import Dossier, dossier
from digest.web.drawing import host_of, web_url
from digest.web.site import Site, locale_of, site_of

ZONE = "UTC"  # nobody's own: each hour says so


async def page(request: Request) -> Response:
    """The page of one Event, the same for everybody."""
    site, locale = site_of(request), locale_of(request)
    found = await asyncio.to_thread(_load, site, request.path_params["slug"])
    response = site.page(
        "event",
        locale,
        of=found,
        record=found.record,
        phrases=_phrases(site, locale),
        zone=ZONE,
        web=web_url,
        host=host_of,
    )
    response.headers["cache-control"] = "public, max-age=60"
    response.headers["vary"] = "accept-language"
    return response


def _load(site: Site, slug: str) -> Dossier:
    with site.app.db.read() as session:
        return dossier(session, slug, site.clock())


def _phrases(site: Site, locale: str) -> Phrases:
    """The sentences that every Channel says, in the frame of a page read now."""
    at = site.clock()
    frame = EditionContent(kind=EditionKind.DIGEST, locale=locale, zone=ZONE, day=at.date(), at=at)
    return Phrases(frame)


routes = [Route("/e/{slug}", page)]
