"""Digest: stored news events become daily digests and breaking alerts for each reader."""

__version__ = "0.1.0"
