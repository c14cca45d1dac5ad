"""The folder of YAML files as what is wanted: all of it is checked before anything is stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from digest.edit.slug import slugify
from digest.errors import InputError, InputErrors
from digest.formats import subscriber_files
from digest.formats.subscriber_files import Document
from digest.services.subscribers.wanted import (
    Checker,
    Place,
    WantedList,
    WantedSubscriber,
    derived_key,
)

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Wanted:
    """All Lists and Subscribers of the files."""

    lists: tuple[WantedList, ...]
    subscribers: tuple[WantedSubscriber, ...]


def read_folder(folder: Path) -> list[Document]:
    """All .yaml and .yml files of `folder`, by name; or `folder` itself if it is such a file.

    Raises:
        InputErrors: every fault of every file.
        InputError: there is no such folder, or no such file in it.
    """
    if folder.is_file():
        if folder.suffix not in SUFFIXES:
            raise InputError("it is a file, and no .yaml file: name a folder", place=str(folder))
        paths = [folder]
    elif folder.is_dir():
        paths = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    else:
        raise InputError(
            "there is no such folder; name the one that holds your .yaml files, or make it",
            place=str(folder),
        )
    if not paths:
        raise InputError("there is no .yaml file in this folder", place=str(folder))
    faults: list[InputError] = []
    documents = []
    for path in paths:
        try:
            documents.append(subscriber_files.read(path.read_bytes(), str(path)))
        except OSError as error:
            faults.append(InputError(f"it can't be read: {error.strerror}", place=str(path)))
        except InputErrors as several:
            faults += several.errors
        except InputError as error:
            faults.append(error)
    if faults:
        raise InputErrors(faults)
    return documents


def check(documents: Sequence[Document], checker: Checker, stored: Mapping[str, str]) -> Wanted:
    """What the files ask for. `stored` are the names of the Lists stored already, by key.

    Raises:
        InputErrors: every fault of every file.
    """
    lists = [
        (one, partial(document.place, "lists", number))
        for document in documents
        for number, one in enumerate(document.entries.lists)
    ]
    people = [
        (one, partial(document.place, "subscribers", number))
        for document in documents
        for number, one in enumerate(document.entries.subscribers)
    ]
    list_keys = [one.key or slugify(one.name or "") for one, _ in lists]
    keys = [derived_key(one) for one, _ in people]
    checker.faults += _doubles(list_keys, (place for _, place in lists))
    checker.faults += _doubles(keys, (place for _, place in people))

    written = {key: one.name or key for key, (one, _) in zip(list_keys, lists, strict=True)}
    names = {**stored, **written}
    checker.lists = {name.casefold(): key for key, name in names.items()} | {k: k for k in names}
    for key, (one, _) in zip(list_keys, lists, strict=True):
        if one.schedule is not None and "zone" in one.schedule.model_fields_set:
            checker.zones[key] = one.schedule.zone
    wanted = Wanted(
        tuple(
            checker.wanted_list(k, one, at) for k, (one, at) in zip(list_keys, lists, strict=True)
        ),
        tuple(
            checker.wanted_subscriber(k, one, at) for k, (one, at) in zip(keys, people, strict=True)
        ),
    )
    if checker.faults:
        raise InputErrors(checker.faults)
    return wanted


def _doubles(keys: Iterable[str], places: Iterable[Place]) -> list[InputError]:
    first: dict[str, str] = {}
    faults = []
    for key, place in zip(keys, places, strict=True):
        here = place()
        if not key:
            faults.append(InputError("write a key: none can be made of the name", place=here))
        elif key in first:
            faults.append(
                InputError(f"the key {key!r} is there twice, at {first[key]}", place=here)
            )
        first.setdefault(key, here)
    return faults
