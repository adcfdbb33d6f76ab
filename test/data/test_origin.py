import math

import pytest

from lass.data.origin import Origin, recording
from lass.errors import LassError


def test_parse():
    assert Origin.parse("freesound:17") == Origin("freesound", "17", 0.0, math.inf)
    assert Origin.parse("youtube:-0x:30:10") == Origin("youtube", "-0x", 30.0, 40.0)
    assert recording("youtube:-0x:30:10") == recording("youtube:-0x") == "youtube:-0x"


@pytest.mark.parametrize("text", [
    "", "youtube", "youtube:", ":abc", "youtube:a:3", "youtube:a:b:c", "youtube:a:-1:5", "youtube:a:0:0", "y:a:0:inf"
])  # fmt: skip
def test_malformed(text):
    with pytest.raises(LassError, match="malformed origin"):
        Origin.parse(text)


@pytest.mark.parametrize("one, other, same", [
    ("youtube:a:0:10", "youtube:a:9:10", True),
    ("youtube:a:0:10", "youtube:a:10:10", False),
    ("youtube:a:50:10", "youtube:a:0:300", True),
    ("youtube:a:50:10", "youtube:a", True),  # all of the video
    ("youtube:a", "youtube:b", False),
    ("freesound:1:0:5", "freesound:1:5:5", True),  # one upload is one sound
    ("freesound:1", "youtube:1", False),
])  # fmt: skip
def test_overlaps(one, other, same):
    assert Origin.parse(one).overlaps(Origin.parse(other)) is same
    assert Origin.parse(other).overlaps(Origin.parse(one)) is same
