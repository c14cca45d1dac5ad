"""gzip, taken apart within a limit."""

import zlib
from typing import Final

from digest.errors import InputError

MAX_BYTES: Final = 256 * 1024 * 1024
_MAGIC: Final = b"\x1f\x8b"
_GZIP_WRAPPER: Final = 31


def is_packed(data: bytes) -> bool:
    """Whether `data` begins as a gzip file."""
    return data.startswith(_MAGIC)


def unpack(data: bytes, *, limit: int = MAX_BYTES) -> bytes:
    """`data` without its gzip wrapping, or as it is if it has none.

    Raises:
        InputError: the gzip is broken, or holds more than `limit` bytes.
    """
    if not data.startswith(_MAGIC):
        return data
    parts: list[bytes] = []
    left = limit
    while data.startswith(_MAGIC):  # gzip files may be written one after the other
        member = zlib.decompressobj(_GZIP_WRAPPER)
        try:
            part = member.decompress(data, left + 1)
        except zlib.error:
            raise InputError("the gzip file is broken") from None
        left -= len(part)
        if left < 0:
            raise InputError(f"the gzip file holds more than {limit:,} bytes")
        if not member.eof:
            raise InputError("the gzip file is cut off")
        parts.append(part)
        data = member.unused_data
    return b"".join(parts)
