import numpy as np
import pytest
from matplotlib.image import imread

from lass.io import audio
from lass.report.page import media
from lass.report.clips import Clip

RATE = 16000
MIXTURE, TARGET, ESTIMATE = np.random.default_rng(0).uniform(-0.4, 0.4, (3, 1, RATE)).astype(np.float32)


@pytest.mark.parametrize("mix_id", ["../../evil", "/etc/passwd", "..", "a/b\\c", "a%2e b", "ü#?", "-rf", "x" * 400])
def test_no_id_leads_out_of_the_folder(tmp_path, mix_id):
    stem = media.stem(7, mix_id)
    folder = tmp_path / "one" / "audio"
    media.write(folder, stem, Clip(MIXTURE, TARGET, ESTIMATE, RATE))
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert written == sorted(f"one/audio/{name}" for name in media.file_names(stem))
    assert all(media.OURS.fullmatch(name) for name in media.file_names(stem))


def test_files(tmp_path):
    media.write(tmp_path, "001-m1", Clip(MIXTURE, TARGET, ESTIMATE, RATE))
    waves = {"mixture": MIXTURE, "target": TARGET, "estimate": ESTIMATE, "residual": MIXTURE - ESTIMATE}
    for role, wave in waves.items():
        found, rate = audio.read(tmp_path / f"001-m1-{role}.flac")
        assert rate == RATE
        assert np.allclose(found, wave, atol=2**-15)
        assert imread(tmp_path / f"001-m1-{role}.png").shape[:2] == (128, 122)  # 1 s of frames of 8 ms


def test_only_our_stale_files_are_removed(tmp_path):
    kept = media.file_names("001-m1")
    for name in [*kept, *media.file_names("002-m2"), "notes.txt", "001-mine.flac"]:
        (tmp_path / name).write_text("")
    media.remove_others(tmp_path, kept)
    assert {path.name for path in tmp_path.iterdir()} == {*kept, "notes.txt", "001-mine.flac"}
