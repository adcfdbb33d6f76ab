"""A codec and the decoder of its tokens, trained one after the other by lass train_part."""

import pytest
import torch
import yaml

from lass.bin import train_part
from lass.parts.folder import build_part, load_part, save_part

CODEC = {
    "class": "lass.codecs.tf_codec.TFCodec", "sample_rate": 16000, "window": 320, "channels": [4, 6], "strides": [4, 4],
    "hidden": 16, "kernel": 3, "latent": 8, "groups": 2, "codebook_size": 16, "adversarial_from": 2,
    "weights": {"spectrum": 1.0, "mel": 0.25, "commitment": 0.25, "adversarial": 0.001, "features": 0.1},
    "discriminator": {"windows": [256], "mels": [20], "width": 4},
}  # fmt: skip
AUDIO = {"class": "lass.layers.audiomae.AudioMae", "width": 16, "depth": 1, "heads": 2, "frames": 32, "seconds": 0.3}
DECODER = {
    "class": "lass.codecs.acoustic_decoder.AcousticDecoder", "width": 16, "layers": 1, "heads": 2,
    "audio": {"model": "later"}, "codec": {"model": "later"},
}  # fmt: skip
TRAINING = {
    "seed": 1,
    "optimiser": {"class": "lass.train.optimisers.adamw", "lr": 3e-3},
    "schedule": {"class": "lass.train.schedules.constant"},
    "train": {
        "max_steps": 4, "batch_size": 2, "seconds": 0.25, "accumulate": 1, "num_workers": 0, "grad_clip": 1.0,
        "precision": "32-true", "val_every": 2, "checkpoint_every": 2, "log_every": 1,
    },
}  # fmt: skip


@pytest.fixture
def train(corpus, tmp_path):
    """``train(name, spec, *options)`` -> folder of the part."""

    def run(name: str, spec: dict, *options: str):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(TRAINING | {"part": spec}))
        sets = ["--data", str(corpus.data / "train"), "--valid", str(corpus.data / "valid")]
        train_part.main(["--config", str(tmp_path / f"{name}.yaml"), *sets, "--exp", str(tmp_path / name), *options])
        return tmp_path / name / "model"

    return run


def test_codec_and_decoder(train, tmp_path, capsys):
    codec = load_part(train("codec", CODEC))
    assert "at step 4 of 4" in capsys.readouterr().out  # the last state, whatever its loss
    assert int(codec.steps) == 4 and codec.quantiser.uses.min() > 0
    save_part(build_part(AUDIO), {"part": AUDIO}, tmp_path / "audio", "")
    of = ["--of", f"audio={tmp_path / 'audio'}", "--of", f"codec={tmp_path / 'codec' / 'model'}"]
    decoder = load_part(train("decoder", DECODER, *of))
    assert all(torch.equal(decoder.codec.state_dict()[key], value) for key, value in codec.state_dict().items())
    wave = 0.1 * torch.randn(1, 4000)
    tokens = decoder.generate(decoder.audio.features(wave), 13)
    assert tokens.shape == (1, 13, 2) and decoder.codec.decode(tokens).shape == (1, 13 * 320)
