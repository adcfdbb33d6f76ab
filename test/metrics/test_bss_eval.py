import warnings

import fast_bss_eval
import numpy as np
import pytest
import scipy.signal
import torch

from lass.metrics.bss_eval import bss_eval, bss_eval_of_target

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # separation leaves mir_eval in 0.9
    import mir_eval


def sources(count: int, length: int = 12000) -> tuple[np.ndarray, np.ndarray]:
    """Coloured noises of different bands, and estimates that leak, are filtered and noisy."""
    generator = np.random.default_rng(count)
    white = generator.standard_normal((count, length))
    references = np.stack([scipy.signal.lfilter([1], [1, -0.9 + 0.8 * i], x) for i, x in enumerate(white)])
    leaked = references + 0.3 * np.roll(references, 1, axis=0) + 0.1 * generator.standard_normal(references.shape)
    return references, scipy.signal.lfilter([0.5, 0.2, 0, -0.1], [1], leaked)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_agrees_with_mir_eval_and_fast_bss_eval(count):
    references, estimates = sources(count)
    found = bss_eval(references, estimates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        theirs = mir_eval.separation.bss_eval_sources(references, estimates, compute_permutation=False)[:3]
    fast = fast_bss_eval.bss_eval_sources(*map(torch.from_numpy, (references, estimates)), compute_permutation=False)
    for ours, one, other in zip(found, theirs, fast):
        shown = one < 60  # SIR of a single source is infinite
        assert (shown.all() or count == 1) and (ours[~shown] >= 60).all()
        assert np.allclose(ours[shown], one[shown], atol=1e-3)
        assert np.allclose(ours[shown], other.numpy()[shown], atol=1e-3)


def test_one_target():
    references, estimates = sources(2)
    found = bss_eval_of_target(references[0], estimates[0], references.sum(axis=0))
    assert np.allclose(found, [ratio[0] for ratio in bss_eval(references, estimates)], atol=1e-6)


def test_unprocessed_mixture_is_defined_as_the_estimate_of_the_rest_is_not_needed():
    mixture = sources(2)[0].sum(axis=0)
    found = bss_eval_of_target(sources(2)[0][0], mixture, mixture)
    assert found.sdr == pytest.approx(found.sir, abs=1e-6) and found.sar > 60


def test_references_that_are_periodic():
    """Delayed copies of a sinusoid depend on each other."""
    time = np.arange(8000) / 8000
    tones = np.stack([np.sin(2 * np.pi * 500 * time), np.sin(2 * np.pi * 900 * time)])
    found = bss_eval(tones, tones + 0.1 * tones[::-1])
    assert np.isfinite(found).all() and found.sir == pytest.approx([20, 20], abs=1)


def test_a_silent_estimate_leaves_the_others_defined():
    references, estimates = sources(2)
    found = bss_eval(references, np.stack([0 * estimates[0], estimates[1]]))
    assert np.isnan(found)[:, 0].all() and np.isfinite(found)[:, 1].all()
