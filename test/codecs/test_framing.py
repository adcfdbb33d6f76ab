import torch

from lass.codecs.framing import CausalSTFT


def test_the_inverse_gives_the_wave_but_for_the_overlap(noise):
    stft, wave = CausalSTFT(320, 0.3), noise(2, 3200)
    back = stft.inverse(stft(wave))
    assert back.shape == (2, 3200 - stft.overlap)
    torch.testing.assert_close(back, wave[:, : back.shape[1]], atol=1e-5, rtol=0)


def test_magnitudes_are_compressed(noise):
    stft, wave = CausalSTFT(320, 0.3), noise(1, 3200)
    ratio = stft(10 * wave).square().sum(1) / stft(wave).square().sum(1)
    torch.testing.assert_close(ratio, torch.full_like(ratio, 100**0.3), rtol=1e-3, atol=0)


def test_a_frame_hears_nothing_of_what_is_to_come(noise):
    stft, wave = CausalSTFT(320, 0.3), noise(1, 3200)
    changed = torch.cat([wave[:, :800], noise(1, 2400, seed=1)], dim=1)
    same = (stft(wave) == stft(changed)).all(dim=3).all(dim=1)[0]
    assert same.tolist() == [True] * 10 + [False] * 30  # 80 samples each


def test_silence_has_finite_gradients():
    stft, wave = CausalSTFT(320, 0.3), torch.zeros(1, 640, requires_grad=True)
    stft.inverse(stft(wave)).square().sum().backward()
    assert wave.grad.isfinite().all()
