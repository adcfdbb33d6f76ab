"""Where a clip comes from: ``<source>:<id>[:<start>:<duration>]``, the values of ``utt2origin`` (contract 1)."""

import math
from typing import NamedTuple

from lass.errors import LassError

TIMED = ("youtube",)  # sources of long recordings: two parts that do not overlap are two sounds


class Origin(NamedTuple):
    """A recording, or a part of it; ``start`` and ``end`` in seconds, 0 and infinity for all of it."""

    source: str
    id: str
    start: float = 0.0
    end: float = math.inf

    @classmethod
    def parse(cls, text: str) -> "Origin":
        """Read an origin.

        Raises:
            LassError: not of the form above.
        """
        source, *rest = text.split(":")
        try:
            if not source or len(rest) not in (1, 3) or not rest[0]:
                raise ValueError
            if len(rest) == 1:
                return cls(source, rest[0])
            start, duration = map(float, rest[1:])
            if not (0 <= start < math.inf and 0 < duration < math.inf):
                raise ValueError
        except ValueError:
            raise LassError(
                f"malformed origin ({text[:80]}): write <source>:<id>, as youtube:dQw4w9WgXcQ:30:10 (seconds)"
            ) from None
        return cls(source, rest[0], start, start + duration)

    def overlaps(self, other: "Origin") -> bool:
        """True when both hold the same sound: of one recording and, for a video, of overlapping time.

        An upload to Freesound is one sound, whatever part of it is used.
        """
        same = (self.source, self.id) == (other.source, other.id)
        return same and (self.source not in TIMED or (self.start < other.end and other.start < self.end))


def recording(text: str) -> str:
    """``<source>:<id>`` of an origin, which is not checked."""
    return ":".join(text.split(":", 2)[:2])
