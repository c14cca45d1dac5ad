"""Channels: each renders an Edition for one provider, sends it and says what became of it."""

import importlib
import pkgutil
from functools import cache

from digest.channels.base import Channel


@cache
def discover() -> dict[str, type[Channel]]:
    """Every Channel found in this package, by name."""
    found: dict[str, type[Channel]] = {}
    for module in pkgutil.iter_modules(__path__, __name__ + "."):
        channel = getattr(importlib.import_module(module.name), "CHANNEL", None)
        if channel is not None:
            found[channel.name] = channel
    return dict(sorted(found.items()))
