"""A random order of n examples that needs no memory and no history."""

import hashlib


def shuffled(position: int, n: int, *key: int) -> int:
    """The example at ``position`` of a pseudo-random permutation of ``range(n)`` that ``key`` selects.

    A four-round Feistel network on the smallest even number of bits that holds n, walked until it falls below n
    (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002): an epoch of 2.5 million clips is shuffled
    without a table, and any position can be asked first.
    """
    half = max(1, ((n - 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1
    salt = repr(key).encode()
    value = position
    while True:
        left, right = value >> half, value & mask
        for round_ in range(4):
            digest = hashlib.blake2b(b"%d %d" % (round_, right), key=salt[:64], digest_size=8).digest()
            left, right = right, left ^ (int.from_bytes(digest, "little") & mask)
        value = (left << half) | right
        if value < n:
            return value
