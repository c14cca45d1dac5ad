"""The links below an item: a GET says what the button will do, the POST does it, and undoes it."""

import re
from datetime import timedelta

import httpx
import pytest
import worlds
from sqlalchemy import select
from worlds import NOW, World

from digest.models import Follow, Interest, Story


def follows(world: World) -> dict[str, tuple[float, int | None, bool]]:
    """Own Follows: label -> (weight, alerts_from, muted)."""
    with world.app.db.read() as session:
        rows = session.execute(
            select(Follow, Interest.name, Story.title)
            .outerjoin(Interest, Interest.id == Follow.interest_id)
            .outerjoin(Story, Story.id == Follow.story_id)
            .where(Follow.subscriber_id == world.maria)
        )
        return {name or title: (f.weight, f.alerts_from, f.muted) for f, name, title in rows}


def choices(page: httpx.Response) -> list[tuple[str, str]]:
    """(key, words) of the buttons."""
    found = re.findall(r'name="choice" value="([^"]+)"[^>]*>([^<]+)<', page.text)
    return [(key, words) for key, words in found]


async def undone(client: httpx.AsyncClient, path: str, page: httpx.Response) -> httpx.Response:
    entry = page.text.split('name="undo" value="')[1].split('"')[0]
    return await client.post(path, data={"undo": entry})


async def test_less_of_what_brought_the_event(world: World, client: httpx.AsyncClient) -> None:
    path = world.path(f"tune?do=less&event={world.event[1]}")
    page = await client.get(path)
    assert choices(page) == [("interest:iran", "Less of Iran"), ("interest:gulf", "Less of Gulf")]
    page = await client.post(path, data={"choice": "interest:iran"})
    assert "You will hear less of Iran" in page.text
    assert follows(world) == {"Iran": (0.225, None, False)}
    await undone(client, path, page)
    assert follows(world) == {"Iran": (0.45, None, False)}


async def test_an_event_may_be_named_by_its_number(world: World, client: httpx.AsyncClient) -> None:
    page = await client.get(world.path(f"tune?do=less&event={world.event[0]}"))
    assert choices(page)[0] == ("interest:iran", "Less of Iran")


async def test_mutes_a_story_that_nobody_followed(world: World, client: httpx.AsyncClient) -> None:
    path = world.path("tune?do=mute&story=iran-conflict-2026")
    page = await client.get(path)
    assert choices(page) == [("story", "Mute this story")]
    page = await client.post(path, data={"choice": "story"})
    assert follows(world)["Iran Conflict 2026"] == (0.0, None, True)
    await undone(client, path, page)
    assert "Iran Conflict 2026" not in follows(world)


async def test_mutes_for_some_hours(world: World, client: httpx.AsyncClient) -> None:
    path = world.path(f"tune?do=mute&hours=24&event={world.event[1]}")
    assert choices(await client.get(path)) == [("story", "Mute this story for 24 hours")]
    await client.post(path, data={"choice": "story"})
    with world.app.db.read() as session:
        until = session.execute(
            select(Follow.snoozed_until).where(Follow.story_id.is_not(None))
        ).scalar_one()
    assert until == NOW + timedelta(hours=24)


async def test_what_belongs_to_no_story_can_be_told_less(
    world: World, client: httpx.AsyncClient
) -> None:
    _, slug = worlds.add_event(world.app, id="alone", headline="Iran votes", story=None)
    page = await client.get(world.path(f"tune?do=mute&event={slug}"))
    assert "belongs to no running story" in page.text
    assert [words for _, words in choices(page)] == ["Less of Iran", "Less of Gulf"]


async def test_a_story_that_was_renamed_is_found_through_its_event(
    world: World, client: httpx.AsyncClient
) -> None:
    page = await client.get(world.path(f"tune?do=mute&story=old-name&event={world.event[1]}"))
    assert "Iran Conflict 2026" in page.text


@pytest.mark.parametrize("query", ["do=alerts", "do=above4", "do=alerts&above=4"])
async def test_alerts_only_above_a_severity(
    world: World, client: httpx.AsyncClient, query: str
) -> None:
    path = world.path(f"tune?{query}&event={world.event[1]}")
    page = await client.get(path)
    assert choices(page)[0] == ("interest:iran", "Alert me to Iran only if critical (5)")
    await client.post(path, data={"choice": "interest:iran"})
    assert follows(world) == {"Iran": (0.45, 5, False)}


async def test_follows_a_story(world: World, client: httpx.AsyncClient) -> None:
    path = world.path("tune?do=follow&story=iran-conflict-2026")
    assert choices(await client.get(path)) == [("story", "Follow this story")]
    await client.post(path, data={"choice": "story"})
    assert follows(world)["Iran Conflict 2026"] == (0.45, None, False)


async def test_a_story_that_is_followed_by_now_is_not_offered(
    world: World, client: httpx.AsyncClient
) -> None:
    path = world.path("tune?do=follow&story=iran-conflict-2026")
    await client.post(path, data={"choice": "story"})
    page = await client.get(path)
    assert choices(page) == []
    assert "You follow this story already." in page.text
    every = await client.get(world.path(f"tune?event={world.event[1]}"))
    assert "follow story" not in [key for key, _ in choices(every)]
    twice = await client.post(path, data={"choice": "story"})
    assert "It was so already." in twice.text


async def test_says_why(world: World, client: httpx.AsyncClient) -> None:
    page = await client.get(world.path(f"tune?do=why&event={world.event[1]}"))
    assert "What you follow that is in it" in page.text
    assert [key for key, _ in choices(page)] == ["interest:iran", "interest:gulf", "story"]


async def test_without_a_verb_all_choices_stand_with_what_they_mean(
    world: World, client: httpx.AsyncClient
) -> None:
    path = world.path(f"tune?event={world.event[1]}")
    before = worlds.dump(world.app)
    page = await client.get(path)
    assert worlds.dump(world.app) == before
    assert choices(page) == [
        ("less interest:iran", "Less of Iran"),
        ("less interest:gulf", "Less of Gulf"),
        ("mute story 24", "Mute this story for 24 hours"),
        ("alerts interest:iran 4", "Alert me to Iran only if critical (5)"),
        ("alerts interest:gulf 4", "Alert me to Gulf only if critical (5)"),
        ("mute story", "Mute this story"),
        ("follow story", "Follow this story"),
        ("drop interest:iran", "Stop following Iran"),
        ("drop interest:gulf", "Stop following Gulf"),
    ]
    for number in range(1, 10):
        assert f'aria-describedby="means-{number}"' in page.text
    assert "other news comes first" in page.text
    assert "Something else that you follow may still bring it." in page.text


@pytest.mark.parametrize(
    ("choice", "said", "after"),
    [
        ("less interest:iran", "You will hear less of Iran", (0.225, None, False)),
        ("alerts interest:iran 4", "Iran alerts you less from now on", (0.45, 5, False)),
        ("drop interest:iran", "You no longer follow Iran", (0.0, None, False)),
    ],
)
async def test_each_choice_does_what_it_says_and_is_undone(
    world: World,
    client: httpx.AsyncClient,
    choice: str,
    said: str,
    after: tuple[float, int | None, bool],
) -> None:
    path = world.path(f"tune?event={world.event[1]}")
    page = await client.post(path, data={"choice": choice})
    assert said in page.text
    assert "All your choices for this event" in page.text
    assert follows(world) == {"Iran": after}
    await undone(client, path, page)
    assert follows(world) == {"Iran": (0.45, None, False)}


async def test_a_story_alone_has_its_choices_too(world: World, client: httpx.AsyncClient) -> None:
    page = await client.get(world.path("tune?story=iran-conflict-2026"))
    assert [key for key, _ in choices(page)] == ["mute story 24", "mute story", "follow story"]


async def test_doing_it_twice_offers_no_second_undo(
    world: World, client: httpx.AsyncClient
) -> None:
    path = world.path("tune?do=mute&story=iran-conflict-2026")
    await client.post(path, data={"choice": "story"})
    after = worlds.dump(world.app)
    page = await client.post(path, data={"choice": "story"})
    assert "It was so already." in page.text
    assert worlds.dump(world.app) == after


@pytest.mark.parametrize(
    "query",
    [
        "",
        "do=delete",
        "do=less&event=nothing-like-it",
        "do=less&event=999999999999999999",
        "do=mute&story=nothing-like-it",
        "do=less&event=%00%ff",
    ],
)
async def test_what_is_not_there_is_said_to_be_missing(
    world: World, client: httpx.AsyncClient, query: str
) -> None:
    assert (await client.get(world.path(f"tune?{query}"))).status_code == 404


async def test_an_event_of_tomorrow_is_not_there_yet(
    world: World, client: httpx.AsyncClient
) -> None:
    _, slug = worlds.add_event(world.app, id="later", visible_at=NOW + timedelta(days=1))
    assert (await client.get(world.path(f"tune?do=less&event={slug}"))).status_code == 404
