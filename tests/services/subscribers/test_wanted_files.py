"""Files that are refused: every fault is told, and nothing is stored."""

import pytest
from synced import NOW, Desk, lines

from digest.errors import InputError
from digest.services.subscribers.sync import sync


def test_an_unknown_interest_is_refused_with_file_line_and_the_nearest(desk: Desk):
    told = desk.refused("""
        subscribers:
          - key: a
            destinations: a@example.org
            follows:
              - Yemen
              - Irann
    """)

    assert told.startswith(
        "subscribers/team.yaml, line 7: subscribers[0].follows[1]:"
        " there is no interest called 'Irann'. Did you mean Iran, "
    )


def test_one_fault_refuses_all_files_and_all_faults_are_told(desk: Desk):
    before = desk.rows()
    desk.write("subscribers: [{key: good, follows: Yemen, destinations: g@example.org}]", "a.yaml")

    told = desk.refused("""
        lists:
          - {key: gulf, name: Gulf, follows: [Yemen, yemen]}
        subscribers:
          - {key: good, destinations: g@example.org}
          - {key: b, lists: golf, destinations: b@example}
          - {key: c, destinations: [{emial: c@example.org}, {slack: "@amira"}]}
          - {key: d, destinations: d@example.org, follows: [{topic: Yemen}]}
    """)

    assert desk.rows() == before
    assert [line.removeprefix("subscribers/team.yaml, ") for line in told.splitlines()] == [
        "line 5: subscribers[0]: the key 'good' is there twice, at"
        " subscribers/a.yaml, line 1: subscribers[0]",
        "line 3: lists[0].follows[1]: Yemen is here twice",
        "line 6: subscribers[1].lists: there is no list 'golf'. Did you mean gulf?",
        "line 6: subscribers[1].destinations: 'b@example' is not an email address, such as"
        " maria@example.com: The part after the @-sign is not valid. It should have a period.",
        "line 7: subscribers[2].destinations[0]: there is no channel 'emial'. Did you mean email?",
        "line 7: subscribers[2].destinations[1]: '@amira' is a name, and Slack takes people by"
        " member ID only: open the profile, choose “Copy member ID” and write it as @U0123ABCD",
        "line 8: subscribers[3].follows[0]: Yemen is a region, not a topic",
    ]


def test_faults_of_form_in_several_files_are_told_together(desk: Desk):
    desk.write("lists: [{key: Gulf}]", "a.yaml")
    desk.write("subscribers: ]", "b.yaml")

    told = desk.refused("subscribers: [{key: a}]")

    assert [line.partition(":")[0] for line in told.splitlines()] == [
        "subscribers/a.yaml, line 1",
        "subscribers/b.yaml, line 1",
        "subscribers/team.yaml, line 1",
    ]


def test_a_webhook_is_as_good_as_a_password_and_is_not_shown(desk: Desk):
    plan = desk.sync("""
        subscribers:
          - {key: a, destinations: {slack: "https://hooks.slack.com/services/T0/B0/secret"}}
    """)

    assert "secret" not in str(plan)
    assert "secret" not in str(desk.rows()["audit"])
    assert "+ subscriber a: slack https://hooks.slack.com/…" in lines(plan)


def test_a_folder_without_files_is_refused(desk: Desk):
    with pytest.raises(InputError, match=r"there is no \.yaml file in this folder"):
        desk.sync()
    with pytest.raises(InputError, match="there is no such folder"):
        sync(desk.app, desk.folder / "nowhere", NOW)
