"""`digest import`: files and addresses become Events."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from digest import clock
from digest.cli.common import Json, note, open_app, progress, say, say_json
from digest.errors import DigestError, InputError
from digest.formats import parse
from digest.services import fetch
from digest.services.ingest import Refusal, Summary, ingest

SHOWN = 10  # refusals and warnings that are printed one by one


def import_(
    sources: Annotated[list[str], typer.Argument(metavar="PATH|URL...", help="What to read.")],
    format: Annotated[
        str | None, typer.Option("--format", help="Read as this format instead of guessing.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Write refused records to this file.")
    ] = None,
    json: Json = False,
) -> None:
    """Read events from files, folders or addresses.

    The same record again changes nothing; a changed one becomes a new revision.
    """
    app = open_app(sends=False)
    now = clock.now()
    total = Summary()
    failures: list[dict[str, str]] = []
    with progress(json) as bar:
        task = bar.add_task("Importing", total=None)
        for name in _expand(sources):
            try:
                data = fetch.read(name, allow_private=app.settings.feed_private_addresses)
                entries = list(parse(data, name=name, format=format, now=now))
                bar.update(task, total=(bar.tasks[0].total or 0) + len(entries))
                one = ingest(app, entries, now, lambda n: bar.advance(task, n))
            except InputError as error:
                failures.append({"source": name, "reason": str(error)})
                continue
            many = len(sources) > 1
            one.refused = [
                Refusal(f"{name}, {r.place}" if many else r.place, r.reason, r.raw)
                for r in one.refused
            ]
            total.add(one)
    if rejects is not None and total.refused:
        _write_rejects(rejects, total.refused)
    if json:
        say_json(_as_json(total, failures))
    else:
        _print(total, failures, rejects)
    if failures and not (total.new or total.revised or total.same):
        raise typer.Exit(1)


def _expand(sources: list[str]) -> Iterator[str]:
    """Files of a folder, in order of name; all else as it is."""
    for source in sources:
        path = Path(source)
        if "://" not in source and path.is_dir():
            yield from (str(one) for one in sorted(path.rglob("*")) if one.is_file())
        else:
            yield source


def _write_rejects(path: Path, refused: list[Refusal]) -> None:
    import json as codec

    try:
        with path.open("w", encoding="utf-8") as file:
            for one in refused:
                row = {"place": one.place, "reason": one.reason, "record": one.raw}
                file.write(codec.dumps(row, ensure_ascii=False) + "\n")
    except OSError as error:
        raise DigestError(f"{path} can't be written: {error.strerror}") from None


def _as_json(total: Summary, failures: list[dict[str, str]]) -> dict[str, object]:
    return {
        "new": total.new,
        "revised": total.revised,
        "same": total.same,
        "refused": [{"place": r.place, "reason": r.reason} for r in total.refused],
        "warnings": [{"place": place, "warning": what} for place, what in total.warnings],
        "failed": failures,
    }


def _print(total: Summary, failures: list[dict[str, str]], rejects: Path | None) -> None:
    say(
        f"{total.new} new, {total.revised} revised, {total.same} the same,"
        f" {len(total.refused)} refused."
    )
    for failure in failures:
        note(f"{failure['source']}: {failure['reason']}")
    for one in total.refused[:SHOWN]:
        note(f"refused, {one.place}: {one.reason}")
    if len(total.refused) > SHOWN:
        note(f"... and {len(total.refused) - SHOWN} more")
    if total.refused and rejects is None:
        note("Use --rejects FILE to keep the refused records.")
    elif total.refused:
        say(f"The refused records are in {rejects}.")
    if total.warnings:
        say(f"{len(total.warnings)} warnings; --json lists them.")
