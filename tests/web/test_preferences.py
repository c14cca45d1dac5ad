"""The preferences page: everything a reader has set, and a way to change it."""

from datetime import time

import httpx
import pytest
import worlds
from sqlalchemy import select
from worlds import World

from digest.models import Destination, Follow, ListMember, Schedule
from digest.web.preferences import ACTIONS

TIMES = {
    "do": "times",
    "cadence": "daily",
    "at": "08:15",
    "zone": "Asia/Tokyo",
    "weekdays": ["0", "2"],
    "quiet_from": "",
    "quiet_to": "",
}


async def post(client: httpx.AsyncClient, world: World, **form: object) -> httpx.Response:
    return await client.post(world.path("preferences"), data=form)


def own_follow(world: World, slug: str) -> Follow | None:
    with world.app.db.read() as session:
        found = session.scalar(
            select(Follow).where(
                Follow.subscriber_id == world.maria,
                Follow.interest_id == worlds.interest_id(world.app, slug),
            )
        )
        if found is not None:
            session.expunge(found)
        return found


async def test_shows_own_follows_and_those_of_lists(
    world: World, client: httpx.AsyncClient
) -> None:
    page = (await client.get(world.path("preferences"))).text
    assert "Iran" in page
    assert "from the list Gulf desk" in page
    assert 'value="06:30"' in page  # the List's hour
    assert "Europe/London" in page
    assert "m…@example.org" in page


async def test_thresholds_of_a_lists_follow_become_ones_own(
    world: World, client: httpx.AsyncClient
) -> None:
    page = await post(
        client,
        world,
        do="thresholds",
        follow="interest:gulf",
        alerts_from="5",
        alerts_at_night_from="6",
    )
    assert "Saved: when Gulf alerts you." in page.text
    own = own_follow(world, "gulf")
    assert own is not None
    assert (own.alerts_from, own.alerts_at_night_from, own.from_files) == (5, 6, False)


async def test_mute_unmute_drop_and_follow_again(world: World, client: httpx.AsyncClient) -> None:
    def state() -> tuple[bool, float]:
        own = own_follow(world, "gulf")
        assert own is not None
        return own.muted, own.weight

    assert "Muted" in (await post(client, world, do="mute", follow="interest:gulf")).text
    assert state() == (True, 0.45)
    await post(client, world, do="unmute", follow="interest:gulf")
    assert state() == (False, 0.45)
    page = await post(client, world, do="drop", follow="interest:gulf")
    assert state() == (False, 0.0)
    assert "Follow again" in page.text
    await post(client, world, do="follow", follow="interest:gulf")
    assert state() == (False, 0.45)


async def test_every_change_of_a_follow_can_be_undone(
    world: World, client: httpx.AsyncClient
) -> None:
    page = await post(client, world, do="drop", follow="interest:gulf")
    entry = page.text.split('name="entry" value="')[1].split('"')[0]
    assert "Undone" in (await post(client, world, do="undo", entry=entry)).text
    assert own_follow(world, "gulf") is None  # the List's counts again


async def test_nobody_undoes_what_another_reader_did(
    world: World, client: httpx.AsyncClient
) -> None:
    page = await post(client, world, do="mute", follow="interest:iran")
    entry = page.text.split('name="entry" value="')[1].split('"')[0]
    other = worlds.add_subscriber(world.app, "omar")
    delivery = worlds.add_delivery(world.app, other)
    token = worlds.token_of(world.app, delivery, other)
    response = await client.post(f"/r/{token}/preferences", data={"do": "undo", "entry": entry})
    assert response.status_code == 404
    own = own_follow(world, "iran")
    assert own is not None
    assert own.muted


async def test_times_become_ones_own_and_keep_the_rest_of_the_lists(
    world: World, client: httpx.AsyncClient
) -> None:
    page = await post(client, world, **TIMES)
    assert "Saved: when you are told." in page.text
    with world.app.db.read() as session:
        own = session.scalars(select(Schedule).where(Schedule.subscriber_id == world.maria)).one()
        assert (own.at, own.zone, own.weekdays) == (time(8, 15), "Asia/Tokyo", [0, 2])
        assert (own.quiet_from, own.from_files, own.alerts_per_day) == (None, False, 12)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"zone": "Europe/Atlantis"}, "We don't know this time zone."),
        ({"at": "soon"}, "Write the hour like 07:00."),
        ({"at": ""}, "Write the hour like 07:00."),
        ({"weekdays": []}, "Choose at least one day"),
        ({"weekdays": ["9"]}, "Choose at least one day"),
        ({"cadence": "weekly"}, "Choose the one day"),
        ({"cadence": "hourly"}, "Choose daily, weekly or alerts only."),
        ({"quiet_from": "22:00"}, "Fill in both quiet hours"),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, "a different beginning and end"),
        ({"quiet_from": "late", "quiet_to": "07:00"}, "Write quiet hours like 22:00."),
    ],
)
async def test_wrong_times_are_explained_beside_what_was_filled_in(
    world: World, client: httpx.AsyncClient, wrong: dict[str, object], message: str
) -> None:
    before = worlds.dump(world.app)
    response = await post(client, world, **(TIMES | wrong))
    assert response.status_code == 422
    assert message in response.text
    assert worlds.dump(world.app) == before
    assert f'value="{(TIMES | wrong)["zone"]}"' in response.text


async def test_one_destination_is_paused_and_resumed(
    world: World, client: httpx.AsyncClient
) -> None:
    with world.app.db.read() as session:
        place_id = session.execute(
            select(Destination.id).where(Destination.channel == "telegram")
        ).scalar_one()
    page = await post(client, world, do="pause_place", id=place_id)
    assert "paused by you" in page.text
    page = await post(client, world, do="resume_place", id=place_id)
    assert "paused by you" not in page.text
    with world.app.db.read() as session:
        place = session.get_one(Destination, place_id)
        assert (place.disabled_at, place.disabled_reason, place.from_files) == (None, None, False)


async def test_other_readers_destinations_are_out_of_reach(
    world: World, client: httpx.AsyncClient
) -> None:
    other = worlds.add_subscriber(world.app, "omar")
    with world.app.db.read() as session:
        place_id = session.execute(
            select(Destination.id).where(Destination.subscriber_id == other)
        ).scalar_one()
    before = worlds.dump(world.app)
    assert (await post(client, world, do="pause_place", id=place_id)).status_code == 404
    assert worlds.dump(world.app) == before


async def test_leaves_a_list_and_comes_back(world: World, client: httpx.AsyncClient) -> None:
    with world.app.db.read() as session:
        list_id = session.execute(select(ListMember.list_id)).scalar_one()
    page = await post(client, world, do="leave_list", id=list_id)
    assert "from the list Gulf desk" not in page.text
    with world.app.db.read() as session:
        assert session.execute(select(ListMember.left_at)).scalar_one() == world.now
    page = await post(client, world, do="rejoin_list", id=list_id)
    assert "from the list Gulf desk" in page.text


@pytest.mark.parametrize("form", [{}, {"do": "delete"}, {"do": "undo"}, {"do": "mute"}])
async def test_what_the_page_has_no_button_for_is_not_done(
    world: World, client: httpx.AsyncClient, form: dict[str, str]
) -> None:
    before = worlds.dump(world.app)
    assert (await post(client, world, **form)).status_code == 404
    assert worlds.dump(world.app) == before


async def test_who_has_left_sees_the_way_back(world: World, client: httpx.AsyncClient) -> None:
    await client.post(world.path("unsubscribe"), data={"List-Unsubscribe": "One-Click"})
    assert "You are unsubscribed" in (await client.get(world.path("preferences"))).text
    assert "You are subscribed again." in (await post(client, world, do="return")).text


async def test_every_action_has_its_button(world: World, client: httpx.AsyncClient) -> None:
    with world.app.db.read() as session:
        place_id = session.execute(
            select(Destination.id).where(Destination.channel == "telegram")
        ).scalar_one()
        list_id = session.execute(select(ListMember.list_id)).scalar_one()
    seen = (await client.get(world.path("preferences"))).text
    for form in (
        {"do": "pause", "days": "3"},
        {"do": "mute", "follow": "interest:iran"},
        {"do": "pause_place", "id": place_id},
        {"do": "drop", "follow": "interest:gulf"},
        {"do": "leave_list", "id": list_id},
    ):
        seen += (await post(client, world, **form)).text
    await client.post(world.path("unsubscribe"), data={"List-Unsubscribe": "One-Click"})
    seen += (await client.get(world.path("preferences"))).text
    assert [name for name in ACTIONS if f'value="{name}"' not in seen] == []
