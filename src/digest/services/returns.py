"""Return tags: what a bounce of a Delivery is addressed to, signed, so that nobody invents one."""

import hmac
import re
from base64 import b32encode
from hashlib import sha256

from digest.errors import NotFound

_SALT = b"digest.bounces"
_BYTES = 10  # of the MAC: 16 characters of base32, which survive servers that change case
_TAG = re.compile(r"b\+([1-9]\d{0,18}|0)\.([a-z2-7]{16})\Z", re.ASCII)


class ReturnTags:
    """Makes and reads the tags of one installation: "b+427.mfzwizltojzxgi3s", at most 38 letters.

    It is the local part of the envelope's sender. Every server on the way sees it, as does its
    recipient; who has never seen it can't make it.
    """

    def __init__(self, key: str) -> None:
        self._key = hmac.digest(key.encode(), _SALT, sha256)

    def tag(self, delivery_id: int) -> str:
        mac = hmac.digest(self._key, b"%d" % delivery_id, sha256)
        return f"b+{delivery_id}.{b32encode(mac[:_BYTES]).decode().lower()}"

    def read(self, local_part: str) -> int:
        """The number of the Delivery; upper and lower case are the same.

        Raises:
            NotFound: the tag is not one of ours.
        """
        found = _TAG.match(local_part.lower())
        if found is not None:
            number = int(found[1])
            if hmac.compare_digest(self.tag(number), local_part.lower()):
                return number
        raise NotFound("this is no return address of ours")
