"""Model.stream and Model.separate: windows as the whole, several queries, removal, negative queries."""

import itertools
import math

import numpy as np
import pytest
import torch

from lass import config as configuration
from lass.errors import LassError
from lass.infer import model as module
from lass.infer.chunks import Seams
from lass.infer.model import Model
from lass.separators.resunet30 import ResUNet30
from lass.separators.separator import Separator

BELL, DOG = "a bell rings", "a dog barks twice"
FIELD, GRID = 1214, 128  # samples of the tiny model, 16 kHz
STEP = 0.1  # s, rounded up to 13 * 128 = 1664 samples, so that windows have 1664 + 2 * 1214 = 4092


def decibels(found: np.ndarray, expected: np.ndarray) -> float:
    return 10 * math.log10((np.sum((found - expected) ** 2) + 1e-30) / (np.sum(expected**2) + 1e-12))


def cut(wave: np.ndarray, size: int):
    return (wave[:, start : start + size] for start in range(0, wave.shape[1], size))


@pytest.fixture
def small_steps(monkeypatch):
    monkeypatch.setattr(module, "STEP", STEP)


@pytest.mark.parametrize("samples", [1, 100, 4091, 4092, 4093, 4092 + 1664, 4092 + 1665, 2 * 4092, 20001])
@pytest.mark.parametrize("rate", [16000, 44100])
def test_windows_are_the_whole_pass(model, noise, samples, rate, monkeypatch):
    assert (model.separator.receptive_field, model.separator.grid) == (FIELD, GRID)
    wave = noise((2, samples))
    whole = model.separate(wave, rate, BELL)
    monkeypatch.setattr(module, "STEP", STEP)
    for size in (999, 10**6):
        found = np.concatenate(list(model.stream(cut(wave, size), rate, BELL)), axis=1)
        assert found.shape == wave.shape and decibels(found, whole) < -90
        for seam in range(1664 + FIELD, samples - 200, 1664) if rate == 16000 else ():
            near = slice(seam - 100, seam + 100)
            assert decibels(found[:, near], whole[:, near]) < -80


def test_margins_too_small_are_not_the_whole_pass(model, noise, small_steps, monkeypatch):
    wave = noise((1, 20001))
    right = model.separate(wave, 16000, BELL)
    for attribute, value in (("receptive_field", FIELD // 4), ("grid", 1)):
        with monkeypatch.context() as context:
            context.setattr(model.separator, attribute, value)
            context.setattr(module, "STEP", 1700 / 16000)  # not on the grid
            assert decibels(model.separate(wave, 16000, BELL), right) > -60


def test_the_released_sizes_in_windows(noise, monkeypatch):
    """Window 2048, hop 320, six levels, 32 kHz; narrow. 13.5 s at 48 kHz are three windows of 9.31 s."""
    torch.manual_seed(1)
    model = Model({}, tiny_encoder(), ResUNet30(condition=8, widths=(1,) * 6))
    wave = noise((1, round(13.5 * 48000)))
    whole = model.separate(wave, 48000, BELL)
    monkeypatch.setattr(module, "STEP", 2.0)
    found = model.separate(wave, 48000, BELL)
    assert 0 < np.abs(found - whole).max() and decibels(found, whole) < -80
    for window in (1, 2):
        seam = round((window * 7 * 10240 + model.separator.receptive_field) * 1.5)
        near = slice(seam - 4800, seam + 4800)
        assert decibels(found[:, near], whole[:, near]) < -80


def tiny_encoder():
    from lass.queries.text_transformer import TextTransformer

    torch.manual_seed(0)
    encoder = TextTransformer(dim=8, vocab_size=300, width=8, layers=1, heads=2)
    encoder.fit([BELL, DOG] * 5)
    return encoder


class Attending(Separator):
    """Half the mixture, and the mean of all that it hears: one network that has no receptive field."""

    sample_rate = 1000
    channels = 2

    def __init__(self, tasks=("extraction",)):
        super().__init__()
        self.tasks, self.shapes, self.asked = tasks, [], []

    def forward(self, mixture, query):
        self.shapes.append(tuple(mixture.shape))
        self.asked += query.task
        return mixture / 2 + mixture.mean()


def test_other_networks_are_faded_and_measured(noise):
    model = Model({}, tiny_encoder(), Attending())
    wave = noise((2, 70001)) + 0.1
    seams = Seams()
    found = np.concatenate(list(model.stream(cut(wave, 777), 1000, BELL, seams=seams)), axis=1)
    assert set(model.separator.shapes) == {(1, 2, 30000)} and len(model.separator.shapes) == 3
    assert found.shape == wave.shape and 0 < np.abs(found - wave / 2 - wave.mean()).max() < 0.01
    assert -80 < seams.level < -20


def test_the_seams_of_margins_are_none(model, noise, small_steps):
    seams = Seams()
    list(model.stream([noise((1, 20001))], 16000, BELL, seams=seams))
    assert seams.level is None


def test_several_queries_are_each_one_alone(model, noise, small_steps):
    for wave in (noise(9001), noise((2, 9001))):
        both = model.separate(wave, 44100, [BELL, DOG])
        assert both.shape == (2, *wave.shape) and decibels(both[0], both[1]) > -40
        for found, text in zip(both, (BELL, DOG)):
            assert np.array_equal(found, model.separate(wave, 44100, text))
    assert model.separate(wave, 44100, [BELL]).shape == (1, 2, 9001)


def test_remove(model, noise, small_steps):
    wave = noise((2, 9001))
    found = model.separate(wave, 22050, [BELL, DOG], remove=True)
    np.testing.assert_allclose(found, wave - model.separate(wave, 22050, [BELL, DOG]), rtol=0, atol=1e-7)


@pytest.mark.parametrize(("tasks", "asked"), [(("extraction",), "extraction"), (("extraction", "removal"), "removal")])
def test_a_network_that_was_trained_to_remove_is_asked_to(tasks, asked, noise):
    model = Model({}, tiny_encoder(), Attending(tasks))
    wave = noise((2, 500))
    found = model.separate(wave, 1000, BELL, remove=True)
    heard = wave / 2 + wave.mean()
    np.testing.assert_allclose(found, heard if asked == "removal" else wave - heard, rtol=0, atol=1e-6)
    assert model.separator.asked == [asked]
    model.separate(wave, 1000, BELL, negative=DOG)
    assert model.separator.asked[1:] == [asked, "extraction"]


@pytest.mark.parametrize("remove", [False, True])
def test_negative_is_taken_out_first(model, noise, remove, small_steps):
    wave = noise((2, 9001))
    found = model.separate(wave, 22050, BELL, remove=remove, negative=DOG)
    expected = model.separate(wave - model.separate(wave, 22050, DOG), 22050, BELL)
    expected = wave - expected if remove else expected
    assert decibels(found, expected) < -90
    assert decibels(found, model.separate(wave, 22050, BELL, remove=remove)) > -40


def test_one_query_and_one_channel_at_a_time(model, noise, monkeypatch):
    shapes = []
    forward = model.separator.forward
    monkeypatch.setattr(model.separator, "forward", lambda x, query: shapes.append(x.shape) or forward(x, query))
    model.separate(noise((6, 500)), 16000, [BELL, DOG])
    assert shapes == [(1, 1, 500)] * 12


def test_an_endless_stream(model, noise, small_steps):
    """Blocks are taken as they are needed, and what is found is given meanwhile."""
    taken = itertools.count()
    blocks = (noise((1, 500), next(taken)) for _ in itertools.repeat(None))
    found = sum(block.shape[2] for block in itertools.islice(model.stream(blocks, 22050, [BELL, DOG]), 50))
    ahead = 500 * next(taken) - found
    assert found > 5000 and 0 < ahead < 2 * 4092 * 22050 / 16000


@pytest.mark.parametrize(
    ("query", "negative", "message"),
    [
        ([], None, "no texts"),
        ([BELL, "\t"], None, "text 2 of 2 is empty"),
        (BELL, " ", "text 2 of 2 is empty"),
        ("a" * 10_000, None, r"a query of 10000 characters \('a{40}' ..\): say it in 1000"),
    ],
)
def test_wrong_queries_are_refused_before_anything_is_taken(model, query, negative, message):
    with pytest.raises(LassError, match=message):
        model.stream(iter(lambda: pytest.fail("taken"), None), 16000, query, negative=negative)


def test_wrong_blocks(model):
    with pytest.raises(LassError, match=r"a block of shape \(5,\): expected \[C, n\]"):
        list(model.stream([np.zeros(5)], 16000, BELL))
    with pytest.raises(LassError, match="NaN or infinite"):
        list(model.stream([np.zeros((1, 5)), np.full((1, 5), np.inf)], 16000, BELL))
    stereo = configuration.build({"separator": {"class": "lass.separators.resunet30.ResUNet30", "channels": 2,
                                                "window": 128, "hop": 64, "widths": [4, 6]}},
                                 "separator", Separator, condition=8)  # fmt: skip
    with pytest.raises(LassError, match="a mixture of 6 channels for a network of 2"):
        Model({}, tiny_encoder(), stereo).separate(np.zeros((6, 500)), 16000, BELL)
