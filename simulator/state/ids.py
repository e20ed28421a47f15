"""Ids and chance, both fixed by the seed: the n-th PaymentIntent always has the same id."""

import hashlib
import random
from base64 import b64encode

_LETTERS = bytes.maketrans(b"+/", b"Zz")


class Ids:
    """The n-th id of a prefix depends on seed, prefix and n only."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.counters: dict[str, int] = {}

    def new(self, prefix: str, length: int = 24) -> str:
        number = self.counters.get(prefix, 0) + 1
        self.counters[prefix] = number
        return prefix + self.text(f"{prefix}{number}", length)

    def text(self, about: str, length: int) -> str:
        """Letters and digits that always come out the same for the same subject."""
        digest = hashlib.blake2b(f"{self._seed}:{about}".encode(), digest_size=48).digest()
        return b64encode(digest).translate(_LETTERS)[:length].decode()

    def digits(self, about: str, length: int) -> str:
        digest = hashlib.blake2b(f"{self._seed}:{about}".encode(), digest_size=16).digest()
        return str(int.from_bytes(digest, "big"))[-length:]

    def hex(self, about: str, length: int) -> str:
        return hashlib.blake2b(f"{self._seed}:{about}".encode(), digest_size=32).hexdigest()[
            :length
        ]


def dice(seed: int) -> random.Random:
    return random.Random(seed)
