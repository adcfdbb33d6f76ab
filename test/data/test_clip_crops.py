"""Single clips as batches: which part of which clip, at which rate, with which words."""

import numpy as np
import pytest
import torch

from lass.data.clip_crops import ClipCrops, EndlessCrops, collate
from lass.data.datadir import Row, write_data_dir
from lass.errors import LassError
from lass.io import audio


@pytest.fixture
def sets(tmp_path):
    """Two sets; clip k of 2 s (0.5 s: the last) rises from k to k + 1, in steps of 1/10."""
    rows = []
    for k, seconds in enumerate((2, 2, 0.5)):
        wave = (k + np.arange(seconds * 8000) / 16000) / 10
        audio.write(tmp_path / f"{k}.wav", np.stack([wave, wave]), 8000)
        labels = {"dog": "Dog, domestic"} if k else {}
        rows.append(Row(f"clip{k}", str(tmp_path / f"{k}.wav"), [f"clip {k}", "more"][: k + 1], labels))
    write_data_dir(tmp_path / "a", rows[:2])
    write_data_dir(tmp_path / "b", rows[2:])
    return [tmp_path / "a", tmp_path / "b"]


def test_the_beginnings_of_clips(sets):
    clips = ClipCrops(sets, 1.0, 8000)
    batch = collate([clips[i] for i in range(len(clips))])
    assert batch["utt"] == ["clip0", "clip1", "clip2"] and batch["wave"].shape == (3, 8000)
    assert batch["captions"] == [["clip 0"], ["clip 1", "more"], ["clip 2", "more"]]
    assert batch["labels"] == [[], ["Dog, domestic"], ["Dog, domestic"]]
    assert batch["wave"][1, 0].item() == pytest.approx(0.1, abs=1e-4)
    assert batch["wave"][2, 3999].item() > 0.2 and not batch["wave"][2, 4000:].any()  # padded


def test_another_rate(sets):
    clips = ClipCrops(sets, 1.0, 16000)
    assert clips[0]["wave"].shape == (16000,) and clips[0]["wave"].dtype == torch.float32


def test_random_parts_depend_on_seed_and_number_alone(sets):
    clips = EndlessCrops(ClipCrops(sets, 1.0, 8000), 5)
    for epoch in range(3):
        assert sorted(clips[3 * epoch + i]["utt"] for i in range(3)) == ["clip0", "clip1", "clip2"]
    again, other = (EndlessCrops(ClipCrops(sets, 1.0, 8000), seed) for seed in (5, 6))
    assert all(torch.equal(again[n]["wave"], clips[n]["wave"]) for n in (7, 2, 4))
    starts = {round(clips[n]["wave"][0].item() % 0.1, 4) for n in range(12) if clips[n]["utt"] != "clip2"}
    assert len(starts) > 4 and max(starts) <= 0.0501  # of 2 s, 1 s is left
    assert any(not torch.equal(other[n]["wave"], clips[n]["wave"]) for n in range(3))


def test_no_clips(tmp_path):
    with pytest.raises(LassError):
        ClipCrops([tmp_path], 1.0, 8000)
