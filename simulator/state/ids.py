"""Ids and chance, both fixed by the seed: the n-th PaymentIntent always has the same id."""

import hashlib
import random
from base64 import b64encode

_LETTERS = bytes.maketrans(b"+/", b"Zz")


class Ids:
    """The n-th id of a prefix depends on seed, prefix and n only."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.counters: dict[str, int] = {}

    def next(self, name: str) -> int:
        number = self.counters.get(name, 0) + 1
        self.counters[name] = number
        return number

    def new(self, prefix: str, length: int = 24) -> str:
        return prefix + self.text(f"{prefix}{self.next(prefix)}", length)

    def text(self, about: str, length: int) -> str:
        """Letters and digits that always come out the same for the same subject."""
        digest = hashlib.blake2b(f"{self.seed}:{about}".encode(), digest_size=48).digest()
        return b64encode(digest).translate(_LETTERS)[:length].decode()

    def digits(self, about: str, length: int) -> str:
        digest = hashlib.blake2b(f"{self.seed}:{about}".encode(), digest_size=16).digest()
        return str(int.from_bytes(digest, "big"))[-length:]

    def hex(self, about: str, length: int) -> str:
        return hashlib.blake2b(f"{self.seed}:{about}".encode(), digest_size=32).hexdigest()[:length]

    def bits(self, about: str, count: int) -> int:
        """At most 512 of them."""
        digest = hashlib.blake2b(f"{self.seed}:{about}".encode()).digest()
        return int.from_bytes(digest, "big") >> (512 - count)


class Dice(random.Random):
    """Chance whose whole state is one counter among those of the ids, and so is kept with them."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        super().__init__(0)

    def random(self) -> float:
        return self.getrandbits(53) / 2**53

    def getrandbits(self, k: int, /) -> int:
        return self._ids.bits(f"dice{self._ids.next('dice')}", k)
