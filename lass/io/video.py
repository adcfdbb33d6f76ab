"""Pictures of video files: one a second."""

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

import av
import numpy as np

from lass.errors import LassError

# A file is handed to FFmpeg's libraries opened, and may be nothing but a container of these: others (playlists) name
# files and addresses that would be opened in turn.
_DEMUXERS = "mov,matroska,avi,mpegts,mpeg,flv,ogg"
_LIMITS = {"max_pixels": str(2**26)}  # a damaged header may tell of any size
MAX_PICTURES = 3600  # of one clip
_SEGMENT = re.compile(r"(.+):(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)")


class VideoError(LassError):
    """A video that cannot be used; the message names the path and the reason."""


class Segment(NamedTuple):
    """A part of a video; ``start`` and ``duration`` in s, ``duration`` infinite for all that follows."""

    path: str
    start: float = 0.0
    duration: float = float("inf")

    @classmethod
    def parse(cls, text: str) -> "Segment":
        """A value of ``video.scp``: ``<path>[:<start>:<duration>]``."""
        match = _SEGMENT.fullmatch(text)
        return cls(match[1], float(match[2]), float(match[3])) if match else cls(text)


def each_second(segment: Segment) -> Iterator[np.ndarray]:
    """The pictures that are seen 0.5 s, 1.5 s, .. after the start of the segment: uint8 ``[H, W, 3]``, RGB.

    All have the size of the first. At least one: the last, where video or segment end before 0.5 s.

    Raises:
        VideoError: no such file, no video that can be decoded, nothing in the segment, more than ``MAX_PICTURES``.
    """
    found, size = 0, {}
    try:
        with open(segment.path, "rb") as file, av.open(
            file, options={"format_whitelist": _DEMUXERS, "protocol_whitelist": ""}
        ) as container:
            if not container.streams.video:
                raise VideoError(f"{segment.path}: no video track: get it again")
            for frame in _shown(container, segment):
                found += 1
                if found > MAX_PICTURES:
                    raise VideoError(f"{segment.path}: more than {MAX_PICTURES} s: give <path>:<start>:<duration>")
                size = size or {"width": frame.width, "height": frame.height}
                yield frame.to_ndarray(format="rgb24", **size)
    except (OSError, av.FFmpegError, ValueError, MemoryError) as e:
        raise VideoError(f"{segment.path}: no video that can be decoded ({_reason(e)}): get it again") from None
    if not found:
        raise VideoError(f"{segment.path}: no picture at {segment.start:g} s or later: correct the segment")


def _shown(container: av.container.InputContainer, segment: Segment) -> Iterator[av.VideoFrame]:
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    stream.codec_context.options = _LIMITS
    begin = float((stream.start_time or 0) * stream.time_base)
    if segment.start > 0:
        container.seek(round((segment.start + begin) / stream.time_base), stream=stream)
    end = segment.start + segment.duration
    moments = itertools.count(segment.start + 0.5)
    moment, last, until, found = next(moments), None, 0.0, False
    for frame in container.decode(stream):
        time = frame.time - begin if frame.time is not None else until
        while moment < min(time, end):
            found = True
            yield frame if last is None else last
            moment = next(moments)
        if time >= end:
            break
        last, until = frame, time + float((frame.duration or 0) * frame.time_base)
    while moment < min(until, end):
        found = True
        yield last
        moment = next(moments)
    if not found and until > segment.start:
        yield last


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
