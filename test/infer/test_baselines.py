"""Systems that need no training: what they let through, what they take out, and how they are called."""

import json

import numpy as np
import pytest
import torch

from lass.bin import separate
from lass.errors import LassError
from lass.infer import baselines
from lass.infer.baselines import MASKS, wiener
from lass.io import audio
from lass.io.table import read_table
from lass.layers.stft import STFT
from lass.metrics.si_sdr import si_sdr

RATE = 16000  # Hz


def tone(frequency: float, samples: int = RATE) -> torch.Tensor:
    return 0.3 * torch.sin(2 * torch.pi * frequency / RATE * torch.arange(samples))[None]


def speech_like(seconds: float = 3.0) -> torch.Tensor:
    """A buzz that glides between 80 and 160 Hz and comes and goes three times a second, from the start on."""
    time = torch.arange(round(seconds * RATE)) / RATE
    phase = 2 * torch.pi * torch.cumsum(120 + 40 * torch.sin(2 * torch.pi * 2.3 * time), dim=0) / RATE
    buzz = sum(torch.sin(k * phase) / k for k in range(1, 30))
    return (0.1 * buzz * torch.sin(2 * torch.pi * 3 * time).clamp(min=0))[None]


@pytest.mark.parametrize("name", MASKS)
def test_masks_separate_what_does_not_overlap(name):
    target, other = tone(500), tone(3000)
    estimate = MASKS[name](target + other, target, STFT(1024, 320))
    assert estimate.shape == target.shape
    assert si_sdr(target.numpy(), estimate.numpy()) > 30
    assert si_sdr(target.numpy(), (target + other).numpy()) < 1


def test_values_of_the_masks():
    """Equal powers: the ratio mask is sqrt(1/2), the binary mask 0; a target 6 dB above: 2/sqrt(5) and 1."""
    noise = torch.randn(1, RATE, generator=torch.Generator().manual_seed(0))
    stft = STFT(512, 128)
    for ratio, soft, hard in ((1.0, 0.5**0.5, 0.0), (2.0, 2 / 5**0.5, 1.0)):
        mixture = (1 + ratio) * noise
        assert torch.allclose(MASKS["ideal_ratio_mask"](mixture, ratio * noise, stft), soft * mixture, atol=1e-4)
        assert torch.allclose(MASKS["ideal_binary_mask"](mixture, ratio * noise, stft), hard * mixture, atol=1e-4)


@pytest.mark.parametrize("name", MASKS)
def test_masks_of_silence_are_finite(name):
    silence = torch.zeros(2, 1, 4000)
    assert torch.equal(MASKS[name](silence, silence, STFT(512, 128)), silence)


def at_snr(target: torch.Tensor, noise: torch.Tensor, snr: float) -> torch.Tensor:
    return target + noise * (target.square().mean() / noise.square().mean()).sqrt() * 10 ** (-snr / 20)


def gain(target: torch.Tensor, mixture: torch.Tensor) -> float:
    """SI-SDRi of the Wiener filter, dB."""
    before, after = (si_sdr(target.numpy(), wave.numpy()) for wave in (mixture, wiener(mixture, RATE)))
    return float(after[0] - before[0])


@pytest.mark.parametrize("snr, least", [(-5, 6), (0, 4), (5, 1.5)])
def test_wiener_improves_noisy_speech(snr, least):
    target = speech_like()
    noise = torch.randn(target.shape, generator=torch.Generator().manual_seed(0))
    assert gain(target, at_snr(target, noise, snr)) > least


def test_wiener_on_real_speech(shared):
    """Utterances that begin at once, at 0 dB; the noises are real, too."""
    noises = [torch.from_numpy(audio.read(path)[0]) for path in sorted((shared / "data" / "speech").glob("noise*.wav"))]
    gains = []
    for path in sorted((shared / "data" / "speech").glob("spk*_snt[12].wav")):
        target = torch.from_numpy(audio.read(path)[0])
        gains += [gain(target, at_snr(target, noise[:, : target.shape[1]], 0.0)) for noise in noises]
    assert len(gains) == 12 and np.mean(gains) > 2


def test_wiener_of_short_and_silent_waves():
    for samples in (1, 100, 5000):
        estimate = wiener(torch.zeros(2, 1, samples), RATE)
        assert estimate.shape == (2, 1, samples) and estimate.isfinite().all()


@pytest.mark.parametrize("name, factor", [("ideal_ratio_mask", 2 / 5**0.5), ("ideal_binary_mask", 1.0)])
def test_masks_of_a_set(name, factor, test_set, model_folder, tmp_path):
    """At the STFT and rate of the model (128, 64, 16 kHz), whatever the rates of the set; targets are 2/3 of all."""
    mixtures, references = (dict(read_table(test_set / table)) for table in ("wav.scp", "ref.scp"))
    for mix, path in references.items():
        wave, rate = audio.read(mixtures[mix])
        audio.write(path, wave * 2 / 3, rate)
    out = tmp_path / "out"
    separate.main(["--set", str(test_set), "--out", str(out), "--model", str(model_folder), "--baseline", name])
    for key, path in read_table(out / "wav.scp"):
        mixture, rate = audio.read(mixtures[key.split("#")[0]])
        estimate, own_rate = audio.read(path)
        assert own_rate == rate and estimate.shape == mixture.shape
        if rate == 8000:  # the others lose what is above 8 kHz
            np.testing.assert_allclose(estimate.std(), factor * mixture.std(), rtol=0.05)
            assert si_sdr(mixture, estimate) > 10
    facts = json.loads((out / "info.json").read_text())
    assert facts["mask"] == f"{name}, window 128, hop 64 at 16000 Hz"


def test_wiener_of_a_set_needs_no_model(test_set, tmp_path):
    out = tmp_path / "out"
    arguments = ["--set", str(test_set), "--out", str(out), "--baseline"]
    separate.main([*arguments, "wiener"])
    assert len(read_table(out / "wav.scp")) == 7
    with pytest.raises(LassError, match="--model: give a model folder"):
        separate.main([*arguments, "ideal_ratio_mask"])
    with pytest.raises(LassError, match="--bf16 with --baseline wiener: "):
        separate.main([*arguments, "wiener", "--bf16"])


def test_a_reference_of_another_length(test_set, model_folder, tmp_path):
    reference = dict(read_table(test_set / "ref.scp"))["mix3"]
    audio.write(reference, audio.read(reference)[0][:, :-1], 8000)
    with pytest.raises(LassError, match="lengths and channels must agree exactly"):
        separate.main(["--set", str(test_set), "--out", str(tmp_path / "out"), "--model", str(model_folder),
                       "--baseline", "ideal_ratio_mask"])


def test_a_model_without_stft(model):
    class Plain:
        separator = torch.nn.Linear(1, 1)

    with pytest.raises(LassError, match="has no STFT"):
        baselines.stft_of(Plain())
