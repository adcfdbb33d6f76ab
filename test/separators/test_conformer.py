"""Conformer: what the contract of all separators does not ask."""

import subprocess
import sys

import pytest
import torch

from lass.queries.query import Query
from lass.separators.conformer import Conformer


@pytest.fixture(scope="module")
def small() -> Conformer:
    torch.manual_seed(0)
    return Conformer(6, layers=2, width=16, feed_forward=32).eval()


def ask(batch: int = 1) -> Query:
    generator = torch.Generator().manual_seed(0)
    return Query(torch.randn(batch, 6, generator=generator), None, None, ["extraction"] * batch, "text")


def test_sizes_of_the_paper():
    """Window 32 ms, hop 16 ms, 16 blocks of 256, 4 heads, 1024; a conditioning block before each."""
    with torch.device("meta"):
        network = Conformer()
    assert (network.stft.n_fft, network.stft.hop, network.sample_rate) == (1024, 512, 32_000)
    assert len(network.blocks) == len(network.conditioning) == 16
    for block in network.blocks:
        assert (block.self_attn.h, block.self_attn.linear_q.in_features) == (4, 256)
        assert block.feed_forward.w_1.out_features == block.feed_forward_macaron.w_1.out_features == 1024


@torch.no_grad()
def test_the_phase_is_that_of_the_mixture(small):
    """At a hop of half a window the mask of a frame is all that an estimate takes from the network."""
    mixture = torch.randn(1, 1, 8192)
    masks = []
    hook = small.mask.register_forward_hook(lambda _, __, found: masks.append(found.sigmoid()))
    estimate = small(mixture, ask())
    hook.remove()
    expected = small.stft.inverse(masks[0] * small.stft(mixture[0]), 8192)
    torch.testing.assert_close(estimate[0], expected)
    assert masks[0].shape == (1, 17, 513) and masks[0].std() > 1e-3


@torch.no_grad()
def test_each_frame_hears_all_others(small):
    mixture = torch.randn(1, 1, 64_000)
    changed = mixture.clone()
    changed[..., :1000] = 0
    assert small.receptive_field is None
    assert (small(mixture, ask()) - small(changed, ask()))[..., -1000:].abs().max() > 1e-6


@torch.no_grad()
def test_a_pass_in_bf16_leaves_the_next_one_exact(small):
    mixture = torch.randn(1, 1, 16_000)
    before = small(mixture, ask())
    with torch.autocast("cpu", torch.bfloat16):
        small(mixture, ask())
    assert torch.equal(small(mixture, ask()), before)


def test_longer_than_the_positions_that_espnet_prepares(small):
    """5000 frames are 80 s."""
    with torch.inference_mode():
        assert small(torch.randn(1, 1, 5010 * 512), ask()).isfinite().all()
    small(torch.randn(1, 1, 4096), ask()).sum().backward()  # nothing of the inference is kept
    small.zero_grad()


def test_import_says_nothing_and_is_light():
    code = ("import sys, lass.separators.conformer; "
            "sys.stderr.write(str({'librosa', 'espnet2.train', 'nltk', 'typeguard'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "" and done.stderr == "set()"
