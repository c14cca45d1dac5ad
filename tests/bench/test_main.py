"""`./run bench` itself, with cases that measure nothing."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import __main__ as bench
from bench import size
from bench.line import Line


def good(_: Path) -> Iterator[Line]:
    yield Line("mails", 2_000, "/s", least=1_500)


def broken(_: Path) -> Iterator[Line]:
    yield Line("begun", 1)
    raise ValueError("no sink")


def sized(_: Path) -> Iterator[Line]:
    (readers,) = size.sizes((1,), (2,), (3,))
    yield Line("readers", readers, least=0)


@pytest.fixture(autouse=True)
def cases(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"good": good, "broken": broken, "sized": sized}
    monkeypatch.setattr(bench, "CASES", found)
    monkeypatch.setenv(size.SIZE, "")
    monkeypatch.delenv(size.READERS, raising=False)


def called(monkeypatch: pytest.MonkeyPatch, *given: str) -> int:
    monkeypatch.setattr(sys, "argv", ["bench", *given])
    return bench.main()


def test_prints_one_table_and_writes_the_same_for_programs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(monkeypatch, "good", "--json", str(tmp_path / "found.json")) == 0
    assert "| good: mails |" in capsys.readouterr().out
    (line,) = json.loads((tmp_path / "found.json").read_text())["cases"]["good"]
    assert (line["value"], line["must"], line["holds"]) == (2_000, "≥ 1,500/s", True)


def test_a_case_that_breaks_fails_the_run_and_takes_no_other_along(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(monkeypatch, "broken", "good") == 1
    shown = capsys.readouterr().out
    assert "| broken: broken by ValueError |" in shown
    assert "| good: mails " in shown


@pytest.mark.parametrize(
    ("given", "readers"), [((), 1), (("sized",), 2), (("sized", "--full"), 3), (("--full",), 3)]
)
def test_all_cases_are_quick_one_that_is_named_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: tuple[str, ...], readers: int
) -> None:
    called(monkeypatch, *given, "--json", str(tmp_path / "found.json"))
    (line,) = json.loads((tmp_path / "found.json").read_text())["cases"]["sized"]
    assert line["value"] == readers


def test_a_variable_names_other_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(size.READERS, "10 20")
    assert size.sizes((1,), (2,)) == [10, 20]
