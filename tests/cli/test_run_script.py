"""`./run`: what it installs it says, once; and the caller's folder stays the caller's."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / "run"
PROGRAM = '#!/bin/sh\necho "$PWD: $*"\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose .venv is a stand-in that installs nothing."""
    folder = tmp_path / "the checkout"
    for name, text, mode in (
        ("requirements/runtime.txt", "typer==0\n", 0o644),
        ("pyproject.toml", "[project]\n", 0o644),
        (".venv/bin/digest", PROGRAM, 0o755),
        (".venv/bin/python", "#!/bin/sh\n", 0o755),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    shutil.copy(RUN, folder / "run")
    return folder


def call(folder: Path, *args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        args, cwd=folder, env=dict(os.environ), capture_output=True, text=True, check=True
    )


def test_relative_paths_begin_where_the_caller_is(checkout: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = call(elsewhere, checkout / "run", "digest", "import", "bad.json")
    assert done.stdout == f"{elsewhere}: import bad.json\n"
    assert call(checkout, "./run", "digest", "init").stdout == f"{checkout}: init\n"
    assert call(tmp_path, "the checkout/run", "digest", "x y").stdout == f"{tmp_path}: x y\n"


def test_the_first_time_says_what_it_does_and_the_second_is_quiet(checkout: Path) -> None:
    first = call(checkout, "./run", "digest", "init").stderr.splitlines()
    assert [line.split()[0] for line in first] == ["Installing", "Installing", "Installed."]
    assert "one to three minutes" in first[0]
    assert call(checkout, "./run", "digest", "init").stderr == ""
