import numpy as np
import pytest
import torch

from lass.infer.chunks import overlap_add

WINDOW, OVERLAP = 50, 12
STEP = WINDOW - OVERLAP
LENGTHS = [*range(1, 4), WINDOW - 1, WINDOW, WINDOW + 1, WINDOW + 2, WINDOW + OVERLAP, WINDOW + STEP - 1, WINDOW + STEP]
LENGTHS += [WINDOW + STEP + 1, WINDOW + 3 * STEP, WINDOW + 3 * STEP + 1, 2 * WINDOW, 3 * WINDOW, 997]


@pytest.fixture
def wave(noise):
    return lambda samples: noise((2, samples), samples)


@pytest.mark.parametrize("samples", LENGTHS)
@pytest.mark.parametrize("overlap", [0, 1, OVERLAP, WINDOW // 2])
def test_identity(samples, overlap, wave):
    given = wave(samples)
    kept = given.copy()
    found = overlap_add(given, lambda part: part, WINDOW, overlap)
    np.testing.assert_allclose(found, kept, rtol=0, atol=1e-7)
    assert found.dtype == np.float32 and np.array_equal(given, kept)


@pytest.mark.parametrize("samples", LENGTHS)
def test_every_window_is_full(samples, wave):
    seen = []
    overlap_add(wave(samples), lambda part: seen.append(part.shape) or part, WINDOW, OVERLAP)
    assert set(seen) == {(2, min(samples, WINDOW))}
    assert len(seen) == (1 if samples <= WINDOW else 1 + -(-(samples - WINDOW) // STEP))


def test_seams_are_linear_cross_fades():
    """Window n gives the constant n: what is joined shows the fades, and which window has each sample."""
    samples = WINDOW + STEP + 10  # the third window is moved back by 28
    numbers = iter(range(1, 4))
    found = overlap_add(np.zeros((1, samples)), lambda part: np.full_like(part, next(numbers)), WINDOW, OVERLAP)[0]
    fade = (np.arange(OVERLAP) + 0.5) / OVERLAP
    parts = [np.full(STEP, 1.0), 1 + fade, np.full(STEP - OVERLAP, 2.0), 2 + fade, np.full(10, 3.0)]
    np.testing.assert_allclose(found, np.concatenate(parts), atol=1e-6)


def test_a_short_wave_is_separated_in_one_piece(wave):
    given = wave(WINDOW)
    assert np.array_equal(overlap_add(given, lambda part: 2 * part, WINDOW, OVERLAP), 2 * given)


def test_a_real_network_away_from_the_seams(model, noise):
    """A chunk sees no further than its window: inside it, the estimate is that of the whole wave but for its edges."""
    window, overlap, samples = 8192, 4096, 8192 + 3 * 4096  # windows on the grid of frames and pooling
    separate = lambda part: model.estimate(torch.from_numpy(part)[None], ["a bell rings"])[0].numpy()  # noqa: E731
    given = noise((1, samples))
    whole, joined = separate(given), overlap_add(given, separate, window, overlap)
    error = np.abs(joined - whole)[0]
    seams = np.zeros(samples, dtype=bool)
    for start in range(0, samples - window, window - overlap):
        seams[start + window - overlap : start + window] = True
    scale = float(np.sqrt(np.mean(whole**2)))
    assert error[~seams].max() < 1e-3 * scale
    assert 0 < np.sqrt(np.mean(error**2)) < 0.05 * scale
