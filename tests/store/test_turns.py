"""Who writes to SQLite next: the thread that has waited longest."""

import threading
import time

from digest.store.database import Database
from digest.store.turns import Turns


def test_who_came_first_is_served_first() -> None:
    turns, order = Turns(10), []

    def wait(number: int) -> None:
        with turns.turn():
            order.append(number)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(8)]
    with turns.turn():
        for thread in threads:
            thread.start()
            time.sleep(0.02)
    for thread in threads:
        thread.join(10)
    assert order == list(range(8))


def test_who_waits_too_long_goes_on_without_a_turn_and_leaves_the_others_theirs() -> None:
    turns, order = Turns(0.05), []

    def wait(name: str) -> None:
        with turns.turn():
            order.append(name)

    with turns.turn():
        late = threading.Thread(target=wait, args=("late",))
        late.start()
        late.join(10)
        assert order == ["late"]
    wait("next")
    assert order == ["late", "next"]


def test_a_planner_that_writes_again_and_again_holds_up_no_sender(tmp_path) -> None:  # type: ignore[no-untyped-def]
    database = Database(f"sqlite:///{tmp_path / 'digest.db'}")
    database.migrate()
    stop, waited = threading.Event(), []

    def plan() -> None:
        while not stop.is_set():
            with database.begin():
                time.sleep(0.01)

    planner = threading.Thread(target=plan)
    planner.start()
    for _ in range(10):
        begun = time.monotonic()
        with database.begin():
            waited.append(time.monotonic() - begun)
    stop.set()
    planner.join(10)
    database.dispose()
    assert sorted(waited)[5] < 0.1, "a turn of the planner, not a tenth of a second and more"
