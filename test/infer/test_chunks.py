"""Windows of a stream: their cuts, their joins, the measure of their seams."""

import math

import numpy as np
import pytest

from lass.infer.chunks import Seams, join, paired, with_fade, with_margins

WINDOW, OVERLAP = 50, 12
STEP = WINDOW - OVERLAP
LENGTHS = [*range(1, 4), WINDOW - 1, WINDOW, WINDOW + 1, WINDOW + 2, WINDOW + OVERLAP, WINDOW + STEP - 1, WINDOW + STEP]
LENGTHS += [WINDOW + STEP + 1, WINDOW + 3 * STEP, WINDOW + 3 * STEP + 1, 2 * WINDOW, 3 * WINDOW, 997]


@pytest.fixture
def wave(noise):
    return lambda samples: noise((2, samples), samples)


def cut(wave: np.ndarray, size: int):
    return (wave[:, start : start + size] for start in range(0, wave.shape[1], size))


def joined(wave, separate, windows, size=10**6, seams=None) -> np.ndarray:
    return np.concatenate(list(join(cut(wave, size), separate, windows, seams or Seams())), axis=1)


@pytest.mark.parametrize("samples", LENGTHS)
@pytest.mark.parametrize("overlap", [0, 1, OVERLAP, WINDOW // 2])
def test_identity(samples, overlap, wave):
    given = wave(samples)
    kept = given.copy()
    for windows in (with_fade(WINDOW, overlap), with_margins(WINDOW - 2 * overlap or 1, overlap, 3)):
        for size in (1, 7, WINDOW, 10**6):
            found = joined(given, lambda part: part, windows, size)
            np.testing.assert_allclose(found, kept, rtol=0, atol=1e-7)
            assert found.dtype == np.float32 and np.array_equal(given, kept)


def test_nothing_gives_nothing():
    assert list(join([], pytest.fail, with_fade(WINDOW, OVERLAP), Seams())) == []
    assert list(join([np.zeros((2, 0))] * 3, pytest.fail, with_fade(WINDOW, OVERLAP), Seams())) == []


def moving_average(part: np.ndarray, field: int, grid: int) -> np.ndarray:
    """A network that sees ``field`` samples to each side, and where in a cell of ``grid`` samples it is."""
    near = np.stack([np.convolve(channel, np.ones(2 * field + 1), "same") for channel in part.astype(np.float64)])
    return (near * (1 + np.arange(part.shape[1]) % grid)).astype(np.float32)


@pytest.mark.parametrize(("field", "grid"), [(0, 1), (1, 1), (6, 1), (6, 8), (13, 5)])
@pytest.mark.parametrize("samples", LENGTHS)
def test_margins_give_the_whole_pass(samples, field, grid, wave):
    given = np.pad(wave(samples), ((0, 0), (0, 2 * field)))  # np.convolve swaps a wave shorter than its kernel
    windows = with_margins(30, field, grid)
    assert windows.step % grid == 0 and 30 <= windows.step < 30 + grid
    found = joined(given, lambda part: moving_average(part, field, grid), windows, 17)
    np.testing.assert_allclose(found, moving_average(given, field, grid), rtol=0, atol=1e-5)


def test_a_margin_too_small_by_one_is_not_enough(wave):
    given = wave(997)
    found = joined(given, lambda part: moving_average(part, 7, 1), with_margins(30, 6, 1))
    assert np.abs(found - moving_average(given, 7, 1)).max() > 0.01


@pytest.mark.parametrize("samples", LENGTHS)
def test_faded_windows_are_full(samples, wave):
    seen = []
    joined(wave(samples), lambda part: seen.append(part.shape) or part, with_fade(WINDOW, OVERLAP), 11)
    assert set(seen) == {(2, min(samples, WINDOW))}
    assert len(seen) == (1 if samples <= WINDOW else 1 + -(-(samples - WINDOW) // STEP))


def test_fades_are_linear():
    """Window n gives the constant n: what is joined shows the fades, and which window has each sample."""
    samples = WINDOW + STEP + 10  # the third window is moved back by 28
    numbers = iter(range(1, 4))
    separate = lambda part: np.full_like(part, next(numbers))  # noqa: E731
    found = joined(np.zeros((1, samples), dtype=np.float32), separate, with_fade(WINDOW, OVERLAP))[0]
    fade = (np.arange(OVERLAP) + 0.5) / OVERLAP
    parts = [np.full(STEP, 1.0), 1 + fade, np.full(STEP - OVERLAP, 2.0), 2 + fade, np.full(10, 3.0)]
    np.testing.assert_allclose(found, np.concatenate(parts), atol=1e-6)


def test_a_window_is_given_as_soon_as_the_next_is_needed(wave):
    """Of a stream no more is taken than a window and a block; what is certain is given."""
    taken = []
    blocks = (taken.append(block) or block for block in cut(wave(997), 10))
    found = join(blocks, lambda part: part, with_fade(WINDOW, OVERLAP), Seams())
    for number in range(1, 5):
        assert next(found).shape == (2, STEP)
        assert 10 * len(taken) <= WINDOW + (number - 1) * STEP + 10


def test_more_rows_than_channels(wave):
    given = wave(200)
    found = joined(given, lambda part: np.concatenate([part, -part, 2 * part]), with_fade(WINDOW, OVERLAP))
    np.testing.assert_allclose(found, np.concatenate([given, -given, 2 * given]), atol=1e-6)


def test_seams():
    """Windows n = 1, 2, 3 give the constant n: over the fades the differences are 1, the means 1.5 and 2.5."""
    wave = np.zeros((1, WINDOW + STEP + 10), dtype=np.float32)
    for windows, level in [
        (with_fade(WINDOW, OVERLAP), 10 * math.log10(2 / (1.5**2 + 2.5**2))),
        (with_margins(STEP, OVERLAP // 2, 1), None),
    ]:
        numbers, seams = iter(range(1, 4)), Seams()
        joined(wave, lambda part: np.full_like(part, next(numbers)), windows, seams=seams)
        assert seams.level == (level if level is None else pytest.approx(level))
    seams = Seams()
    joined(wave + 1, lambda part: part, with_fade(WINDOW, OVERLAP), seams=seams)
    assert seams.level == -math.inf
    joined(wave[:, :WINDOW], lambda part: part, with_fade(WINDOW, OVERLAP), seams=(seams := Seams()))
    assert seams.level is None


@pytest.mark.parametrize("missing", [-2, 0, 3])
@pytest.mark.parametrize("delay", [0, 40, 10**6])
def test_pairs_are_in_step(missing, delay, wave):
    """What is made of the blocks comes ``delay`` samples later, in other blocks, and too short or too long."""
    given = wave(101)

    def process(blocks):
        held = np.zeros((2, 0))
        for block in blocks:
            held = np.concatenate([held, block], axis=1)
            if held.shape[1] > delay:
                yield 2 * held[:, :-delay or None]
                held = held[:, held.shape[1] - delay :] if delay else held[:, :0]
        made = 2 * held
        yield made[:, : made.shape[1] - missing] if missing > 0 else np.pad(made, ((0, 0), (0, -missing)))

    pairs = list(paired(cut(given, 9), process))
    assert all(block.shape == made.shape for block, made in pairs)
    assert np.array_equal(np.concatenate([block for block, _ in pairs], axis=1), given)
    made = np.concatenate([made for _, made in pairs], axis=1)
    lost = max(0, missing) if delay else 0
    assert np.array_equal(made[:, : 101 - lost], 2 * given[:, : 101 - lost]) and not made[:, 101 - lost :].any()


def test_pairs_with_nothing_made_are_silent(wave):
    pairs = list(paired([wave(1)], lambda blocks: (block[:, :0] for block in blocks), copies=3))
    assert [(a.shape, b.shape, b.any()) for a, b in pairs] == [((2, 1), (6, 1), False)]
