"""Configuration: every setting there is, where its value comes from, and names nobody knows."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from digest.channels import discover
from digest.services.bounces.settings import BounceSettings
from digest.settings import (
    PREFIX,
    TOML_VARIABLE,
    Settings,
    SettingsGroup,
    source,
    toml_file,
    toml_values,
)

MASKED = "(set, not shown)"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting and the words of its default."""

    key: str  # its name in the TOML file
    default: str
    meaning: str

    @property
    def variable(self) -> str:
        return PREFIX + self.key.upper()


@dataclass(frozen=True, slots=True)
class InForce:
    """The value a setting has, for people's eyes and no secret, and where it was found."""

    group: str
    setting: Setting
    value: str
    source: str


def groups() -> dict[str, type[SettingsGroup]]:
    """The groups of settings by title: the service's own, one for each Channel, bounces."""
    channels = {kind.label: kind.Settings for kind in discover().values()}
    return {"Service": Settings} | channels | {"Bounces": BounceSettings}


def reference() -> dict[str, list[Setting]]:
    """All settings by title of their group, whatever this installation's are."""
    return {title: list(_settings(group)) for title, group in groups().items()}


def in_force() -> list[InForce]:
    """All settings of this installation.

    Raises:
        ConfigurationError: one of them is wrong; names it.
    """
    return [
        InForce(title, one, _words(getattr(loaded, one.key)), source(one.key))
        for title, group in groups().items()
        for loaded in (group.load(),)
        for one in _settings(group)
    ]


def unknown() -> list[str]:
    """Variables and keys of the TOML file that look like ours and are not, one line each."""
    known = {key for group in groups().values() for key in group.model_fields}
    variables = {TOML_VARIABLE} | {
        f"{PREFIX}{key.upper()}{end}" for key in known for end in ("", "_FILE")
    }
    lines = [
        f"there is no setting {name}{_hint(name, variables)}"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in variables
    ]
    lines += [
        f"{toml_file()}: there is no setting {key}{_hint(key, known)}"
        for key in toml_values()
        if key not in known
    ]
    return lines


def _hint(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), 1, 0.7)
    return f"; did you mean {near[0]}?" if near else ""


def _settings(group: type[SettingsGroup]) -> Iterator[Setting]:
    for key, field in group.model_fields.items():
        yield Setting(key, _words(field.default), (field.description or "").strip())


def _words(value: object) -> str:
    """A value as it would be written; a secret, and a password within a URL, is masked."""
    if value is None or value == "":
        return ""
    if isinstance(value, SecretStr):
        return MASKED
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    if "://" in text and "@" in text:
        try:
            return make_url(text).render_as_string(hide_password=True)
        except ArgumentError:
            return MASKED
    return text
