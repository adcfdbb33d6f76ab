"""A codec and the decoder of its tokens, trained one after the other by lass train_part."""

import pytest
import torch
import yaml
from train.conftest import part_training

from lass.bin import train_part
from lass.parts.folder import build_part, load_part, save_part

DECODER = {
    "class": "lass.codecs.acoustic_decoder.AcousticDecoder", "width": 16, "layers": 1, "heads": 2,
    "audio": {"model": "later"}, "codec": {"model": "later"},
}  # fmt: skip
TRAINING = part_training(max_steps=4, batch_size=2, grad_clip=1.0, val_every=2, checkpoint_every=2)


@pytest.fixture
def train(corpus, tmp_path):
    """``train(name, spec, *options)`` -> folder of the part."""

    def run(name: str, spec: dict, *options: str):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(TRAINING | {"part": spec}))
        sets = ["--data", str(corpus.data / "train"), "--valid", str(corpus.data / "valid")]
        train_part.main(["--config", str(tmp_path / f"{name}.yaml"), *sets, "--exp", str(tmp_path / name), *options])
        return tmp_path / name / "model"

    return run


def test_codec_and_decoder(train, codec_spec, audio_spec, tmp_path, capsys):
    codec = load_part(train("codec", codec_spec))
    assert "at step 4 of 4" in capsys.readouterr().out  # the last state, whatever its loss
    assert int(codec.steps) == 4 and codec.quantiser.uses.min() > 0
    save_part(build_part(audio_spec), {"part": audio_spec}, tmp_path / "audio", "")
    of = ["--of", f"audio={tmp_path / 'audio'}", "--of", f"codec={tmp_path / 'codec' / 'model'}"]
    decoder = load_part(train("decoder", DECODER, *of))
    assert all(torch.equal(decoder.codec.state_dict()[key], value) for key, value in codec.state_dict().items())
    wave = 0.1 * torch.randn(1, 4000)
    tokens = decoder.generate(decoder.audio.features(wave), 13)
    assert tokens.shape == (1, 13, 2) and decoder.codec.decode(tokens).shape == (1, 13 * 320)
