"""Marks: what stands for an address that is not kept, so that it is known when it comes again."""

import hmac
from hashlib import sha256

_SALT = b"digest.addresses"
PREFIX = "hmac:"


class AddressMarks:
    """Makes the marks of one installation: "hmac:" and 64 hexadecimal digits.

    Without its key nobody can find out which address one stands for, not even by trying all.
    """

    def __init__(self, key: str) -> None:
        self._key = hmac.digest(key.encode(), _SALT, sha256)

    def mark(self, channel: str, address: str) -> str:
        """Of an address in its Channel's canonical form."""
        found = hmac.digest(self._key, f"{channel}\0{address}".encode("utf-8", "replace"), sha256)
        return PREFIX + found.hex()


def shown(address: str) -> str:
    """An address as an admin reads it; of a mark that it is one."""
    return "(erased)" if address.startswith(PREFIX) else address
