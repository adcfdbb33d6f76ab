import numpy as np
from matplotlib.image import imread

from lass.report.figures.spectrogram import draw, levels, magnitudes, write_small

RATE = 16000
TONE = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)[None]


def test_magnitudes_are_in_the_right_bin():
    values = magnitudes(TONE, RATE)
    assert len(values) == 257  # window of 512 samples, 32 ms
    assert np.all(values.argmax(axis=0) == 32)  # 1000 Hz / (16000 Hz / 512)


def test_wave_shorter_than_the_window():
    assert magnitudes(TONE[:, :100], RATE).shape[0] == 257


def test_levels_of_silence_are_finite():
    assert np.all(levels(np.zeros((2, 3)), 0) == 20 * np.log10(1e-10))
    assert levels(np.array([[0.1, 1.0]]), 1.0).tolist() == [[-20, 0]]


def test_silence_and_markup_in_a_title_are_drawn(tmp_path):
    path = tmp_path / "a" / "figure.png"
    draw(path, [[("mixture $x", np.zeros((1, RATE))), ("鐘 $\\frac", TONE)]] * 2, RATE)
    assert imread(path).shape[0] > 600
    assert [p.name for p in path.parent.iterdir()] == ["figure.png"]


def test_small_image_keeps_short_and_narrow_sounds(tmp_path):
    values = np.full((513, 1000), 1e-6)
    values[0, 7] = values[512, 991] = 1.0  # a single bin each, bottom left and top right
    write_small(tmp_path / "a.png", values, 1.0)
    image = imread(tmp_path / "a.png")
    assert image.shape[:2] == (128, 320)
    bright = np.argwhere(image[..., :3].sum(axis=-1) > 2)
    assert bright.tolist() == [[0, 317], [127, 2]]
