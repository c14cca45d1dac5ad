"""`digest init`: several processes may begin at once, with an empty database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from databases import Server

DIGEST = str(Path(sys.executable).with_name("digest"))


@pytest.mark.postgres
def test_processes_that_begin_at_once_set_up_one_after_the_other(
    postgres_server: Server, tmp_path: Path
) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with postgres_server.database() as url:
        begun = [
            subprocess.Popen(
                [DIGEST, "init"],
                cwd=tmp_path,
                env=kept | {"DIGEST_DATABASE_URL": url},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for _ in range(3)
        ]
        said = [process.communicate(timeout=100)[0] for process in begun]
    assert [process.returncode for process in begun] == [0, 0, 0], said
    assert sum("created" in one for one in said) == 1, said
