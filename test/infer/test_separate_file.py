"""`lass separate mix.wav --text ... -o ...`."""

import numpy as np
import pytest
import soundfile

from lass.bin import separate
from lass.errors import LassError
from lass.io import audio


@pytest.fixture
def mixture(tmp_path, noise):
    path = tmp_path / "mix.wav"
    audio.write(path, np.clip(noise((2, 4001)), -1, 1), 44100)
    return path


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [("wav", "PCM_24", 1e-6), ("FLAC", "PCM_24", 1e-6), ("ogg", "VORBIS", 0.05), ("mp3", "MPEG_LAYER_III", 0.1)],
)
def test_one_file(suffix, subtype, tolerance, mixture, model, model_folder, tmp_path, capsys):
    out = tmp_path / "new" / f"bell.{suffix}"
    separate.main([str(mixture), "--text", "a bell rings", "--model", str(model_folder), "-o", str(out)])
    assert capsys.readouterr().out == f"{out}: 0.09 s, 44100 Hz, 2 channel(s), 0 samples clipped\n"
    assert soundfile.info(out).subtype == subtype
    wave, rate = audio.read(mixture)
    found, own_rate = audio.read(out)
    expected = model.separate(wave, rate, "a bell rings")
    assert own_rate == rate and found.shape == wave.shape and np.abs(expected).max() > 0.01
    assert np.sqrt(np.mean((found - expected) ** 2)) <= tolerance
    assert [p.name for p in out.parent.iterdir()] == [out.name]


def test_a_compressed_mixture(mixture, model_folder, tmp_path):
    wave, rate = audio.read(mixture)
    soundfile.write(tmp_path / "mix.mp3", wave.T, rate)
    separate.main(
        [str(tmp_path / "mix.mp3"), "--text", "a bell", "--model", str(model_folder), "-o", str(tmp_path / "out.wav")]
    )
    assert audio.read(tmp_path / "out.wav")[0].shape == audio.read(tmp_path / "mix.mp3")[0].shape


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mix.wav", "-o", "out.wav"], "give a file, --text and -o"),
        (["mix.wav", "--text", "a bell"], "give a file, --text and -o"),
        (["nowhere.wav", "--text", "a bell", "-o", "out.wav"], "nowhere.wav: cannot open"),
        (["mix.wav", "--text", "a bell", "-o", "out.xyz"], "out.xyz: unknown kind of file: end the name in .wav, "),
        (["mix.wav", "--text", " ", "-o", "out.wav"], "empty"),
        (["mix.wav", "--text", "a bell", "-o", "out.wav", "--model", "nowhere"], "nowhere: not a model folder"),
    ],
)
def test_faults_are_one_line_and_leave_nothing(arguments, message, mixture, model_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LassError) as caught:
        separate.main(["--model", str(model_folder), *arguments])
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["mix.wav"]
