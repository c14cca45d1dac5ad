"""Measurements of the whole service: `./run bench [NAME...] [--json]`."""
