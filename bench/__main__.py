"""`./run bench [NAME...] [--json]`: measures, says which limits hold, fails when one does not."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import alert, desk, fanout, faults, importing, kills, mail, planning, rates, replay, smtp
from bench.line import Line

BENCHES: Mapping[str, Callable[[Path], Iterator[Line]]] = {
    "alert": alert.run,
    "desk": desk.run,
    "fanout": fanout.run,
    "faults": faults.run,
    "import": importing.run,
    "kills": kills.run,
    "mail": mail.run,
    "planning": planning.run,
    "rates": rates.run,
    "replay": replay.run,
    "smtp": smtp.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}")
    parser.add_argument("--json", action="store_true", help="print JSON for a program to read")
    given = parser.parse_args()
    for name in set(given.names) - set(BENCHES):
        parser.error(f"there is no bench {name!r}; there are {', '.join(BENCHES)}")
    found = {name: measured(name, quiet=given.json) for name in given.names or BENCHES}
    if given.json:
        print(json.dumps({name: rows(lines) for name, lines in found.items()}, indent=2))
    return 0 if all(line.holds for lines in found.values() for line in lines) else 1


def measured(name: str, *, quiet: bool) -> list[Line]:
    """Runs one bench in a folder of its own, and prints each line as it comes."""
    lines = []
    with TemporaryDirectory(prefix="digest-bench-") as folder:
        for line in BENCHES[name](Path(folder)):
            lines.append(line)
            if not quiet:
                print(f"{name:<8} {line}", flush=True)
    return lines


def rows(lines: list[Line]) -> list[dict[str, object]]:
    return [
        {
            "what": one.what,
            "value": one.value,
            "unit": one.unit,
            "most": one.most,
            "holds": one.holds,
        }
        for one in lines
    ]


if __name__ == "__main__":
    sys.exit(main())
