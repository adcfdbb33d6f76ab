import numpy as np
import pytest
from matplotlib.image import imread

from lass.errors import LassError
from lass.io import audio
from lass.io.table import write_table
from lass.report.spectrogram import draw, draw_set, magnitudes, median_item

RATE = 16000
TONE = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)[None]


def items(path, *rows):
    path.write_text("mix_id\tlabel\tn_queries\tsdr\tsdri\n" + "".join(f"{m}\tbell\t1\t0\t{v}\n" for m, v in rows))
    return path


def test_median_item(tmp_path):
    path = items(tmp_path / "items.tsv", ("m1", 9.0), ("m2", 1.0), ("m3", 4.9), ("m4", 5.5), ("m5", 5.0))
    assert median_item(path) == ("m5", 5.0)


def test_magnitudes_are_in_the_right_bin():
    values, duration = magnitudes(TONE, RATE)
    assert duration == 1
    assert len(values) == 257  # window of 512 samples, 32 ms
    assert np.all(values.argmax(axis=0) == 32)  # 1000 Hz / (16000 Hz / 512)


def test_wave_shorter_than_the_window():
    values, duration = magnitudes(TONE[:, :100], RATE)
    assert len(values) == 257 and duration == 100 / RATE


def test_silence_and_markup_in_a_title_are_drawn(tmp_path):
    path = tmp_path / "a" / "figure.png"
    draw(path, [("mixture $x", np.zeros((1, RATE))), ("鐘 $\\frac", TONE)], RATE)
    assert imread(path).shape[0] > 300
    assert [p.name for p in path.parent.iterdir()] == ["figure.png"]


@pytest.fixture
def scored(tmp_path):
    """A set of two mixtures with its estimates, and what results.json says of it."""
    tables = {name: [] for name in ("wav.scp", "ref.scp", "est.scp")}
    for mix in ("m1", "m2"):
        for name, rows in tables.items():
            path = tmp_path / "audio" / f"{mix}.{name}.wav"
            audio.write(path, 0.1 * TONE, RATE)
            rows.append((f"{mix}#0" if name == "est.scp" else mix, str(path)))
    for name, rows in tables.items():
        write_table(tmp_path / "test" / name, rows)
    write_table(tmp_path / "test" / "queries", [("m1#0", "a bell"), ("m2#0", "a <b>dog</b> | $(barks)")])
    return {"set_dir": str(tmp_path / "test"), "est_scp": str(tmp_path / "test" / "est.scp")}


def test_draw_set(tmp_path, scored):
    draw_set(tmp_path / "test.png", scored, items(tmp_path / "items.tsv", ("m1", 1), ("m2", 2), ("m3", 9)))
    assert imread(tmp_path / "test.png").ndim == 3


def test_mixture_that_the_set_lacks(tmp_path, scored):
    with pytest.raises(LassError, match="has no mixture 'm9' .*score again"):
        draw_set(tmp_path / "test.png", scored, items(tmp_path / "items.tsv", ("m9", 1)))
    assert not (tmp_path / "test.png").exists()
