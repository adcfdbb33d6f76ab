import hashlib
import io
import os
import pickle
import struct

import kaldiio
import numpy as np
import pytest
import soundfile

from lass.io import audio
from lass.io.audio import AudioError


def noise(channels: int = 2, frames: int = 4000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, frames)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "subtype", "tolerance"),
    [
        ("a.wav", "PCM_16", 2**-15), ("a.wav", "PCM_24", 2**-23), ("a.wav", "FLOAT", 0.0), ("a.wav", "PCM_U8", 2**-6),
        ("a.flac", "PCM_16", 2**-15), ("a.flac", "PCM_24", 2**-23),
    ],
)  # fmt: skip
def test_write_and_read_back(tmp_path, name, subtype, tolerance):
    wave = noise()
    assert audio.write(tmp_path / name, wave, 22050, subtype) == 0
    back, rate = audio.read_whole(tmp_path / name)
    assert rate == 22050 and back.dtype == np.float32 and back.shape == wave.shape
    assert np.abs(back - wave).max() <= tolerance
    assert audio.info(tmp_path / name) == (22050, 2, 4000)
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["a.ogg", "a.mp3"])
def test_lossy_containers(tmp_path, name):
    t = np.arange(22050) / 44100
    soundfile.write(tmp_path / name, 0.5 * np.stack([np.sin(880 * t), np.cos(880 * t)], 1), 44100)
    wave, rate = audio.read_whole(tmp_path / name)
    assert rate == 44100 and wave.shape[0] == 2 and abs(wave.shape[1] - 22050) < 2500
    assert 0.3 < np.sqrt(np.mean(wave**2)) < 0.4


def test_read_part(tmp_path):
    wave = noise(1)
    audio.write(tmp_path / "a.flac", wave[0], 16000, "PCM_24")
    part, _ = audio.read(tmp_path / "a.flac", start=1000, frames=500)
    np.testing.assert_allclose(part, wave[:, 1000:1500], atol=2**-23)
    assert audio.read(tmp_path / "a.flac", start=3900, frames=500)[0].shape == (1, 100)
    assert audio.read(tmp_path / "a.flac", start=4000, frames=5)[0].shape == (1, 0)
    with pytest.raises(AudioError, match="sample 4001 of 4000"):
        audio.read(tmp_path / "a.flac", start=4001, frames=5)


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
@pytest.mark.parametrize(("subtype", "step"), [("PCM_16", 2.0**-15), ("PCM_24", 2.0**-23)])
def test_samples_are_rounded_and_limited_never_wrapped(tmp_path, name, subtype, step):
    wave = np.array([[1.0, 1.5, -1.0, -3.0, 1 - step, 0.6 * step, 0.4 * step, -0.6 * step, 2.0**-8]])
    assert audio.write(tmp_path / name, wave, 32000, subtype) == 3
    expected = [1 - step, 1 - step, -1, -1, 1 - step, step, 0, -step, 2.0**-8]
    np.testing.assert_array_equal(soundfile.read(tmp_path / name)[0], expected)


def test_write_refuses(tmp_path):
    for wave, name, subtype, message in [
        (np.array([0.0, np.nan]), "a.wav", "PCM_16", "NaN or infinite"),
        (noise(), "a.xyz", "PCM_16", "cannot write PCM_16"),
        (noise(), "a.flac", "FLOAT", "cannot write FLOAT"),
        (noise(), "a|.wav", "PCM_16", "shell pipe"),
    ]:
        with pytest.raises(AudioError, match=message):
            audio.write(tmp_path / name, wave, 16000, subtype)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("path", ["touch hacked |", "| touch hacked", "cat a.ark |:5", "x|touch hacked|.ark:0"])
def test_a_shell_pipe_is_refused(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    for function in (audio.read, audio.info, audio.read_whole):
        with pytest.raises(AudioError, match=r"'\|' in a path"):
            function(path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("path", ["-", "-a.wav", "-a.ark:0"])
def test_a_path_that_begins_with_a_dash_is_refused(path):
    with pytest.raises(AudioError, match="begins with '-'"):
        audio.read(path)


def test_names_are_only_names(tmp_path):
    name = "a b'\"$(touch hacked);[0:1] \u72ac, .wav"
    audio.write(tmp_path / name, noise(), 16000)
    assert audio.info(tmp_path / name).frames == 4000


def test_missing_empty_and_foreign_files(tmp_path):
    (tmp_path / "zero.wav").touch()
    (tmp_path / "text.wav").write_text("this is no audio")
    soundfile.write(tmp_path / "none.wav", np.zeros((0, 1)), 16000)
    soundfile.write(tmp_path / "nan.wav", np.array([0, 0, np.nan, np.inf]), 16000, subtype="FLOAT")
    for name, message in [
        ("gone.wav", r"gone.wav: cannot open \(No such file"),
        ("gone.ark:3", r"gone.ark:3: cannot open \(No such file"),
        ("zero.wav", r"zero.wav: empty file \(0 bytes\)"),
        ("text.wav", r"text.wav: not an audio file"),
        ("none.wav", r"none.wav: no samples"),
        ("nan.wav", r"nan.wav: 2 samples are NaN or infinite, first at 2"),
    ]:
        with pytest.raises(AudioError, match=message):
            audio.read_whole(tmp_path / name)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
@pytest.mark.parametrize("kept", [0.5, 0.97])
def test_truncated_files_are_noticed(tmp_path, name, kept):
    soundfile.write(tmp_path / name, noise(2, 44100).T, 44100)
    audio.read_whole(tmp_path / name)
    os.truncate(tmp_path / name, int(kept * (tmp_path / name).stat().st_size))
    with pytest.raises(AudioError, match=f"{name}: (truncated|cannot decode)"):
        audio.read_whole(tmp_path / name)


def test_a_wav_from_a_pipe_is_not_truncated(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise().T, 16000)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    at = content.index(b"data") + 4
    for size in (0xFFFFFFFF, 0x7FFFFFFF):  # what programs write that cannot seek back to the header
        content[at : at + 4] = struct.pack("<I", size)
        (tmp_path / "a.wav").write_bytes(content)
        assert audio.read_whole(tmp_path / "a.wav")[0].shape == (2, 4000)


def test_kaldi_archive(tmp_path):
    waves = {f"u{i}": np.round(noise(1 + i, 300, i) * 32767).astype(np.int16) for i in range(2)}
    ark, scp = str(tmp_path / "a.ark"), str(tmp_path / "a.scp")
    kaldiio.save_ark(ark, {k: (8000, w.T.squeeze()) for k, w in waves.items()}, scp=scp)
    flac = {"write_function": "soundfile", "write_kwargs": {"format": "flac"}}
    kaldiio.save_ark(ark, {"u9": (waves["u1"].T, 8000)}, scp=scp, append=True, **flac)
    entries = dict(line.rstrip("\n").split(" ", 1) for line in open(scp))
    for key, wave in [*waves.items(), ("u9", waves["u1"])]:
        back, rate = audio.read(entries[key])
        assert rate == 8000 and back.dtype == np.float32
        np.testing.assert_array_equal(back, wave.astype(np.float32) / 32768)
    assert audio.info(entries["u1"]) == (8000, 2, 300)
    np.testing.assert_array_equal(audio.read(entries["u1"], 10, 20)[0], audio.read(entries["u1"])[0][:, 10:30])
    assert audio.source_file(entries["u1"]) == tmp_path / "a.ark"
    with audio.opened(entries["u9"]) as f:
        assert (f.format, f.frames) == ("FLAC", 300)
    with pytest.raises(AudioError, match="an entry whose size is not known"), audio.opened(entries["u1"]):
        pass
    with pytest.raises(AudioError, match="no audio at this offset"):
        audio.read(f"{ark}:1")
    os.truncate(ark, 100)
    with pytest.raises(AudioError, match="a.ark:3: "):
        audio.read_whole(f"{ark}:3")


class _Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_a_pickle_in_an_archive_is_not_run(tmp_path):
    payload = io.BytesIO()
    pickle.dump(_Payload(str(tmp_path / "hacked")), payload)
    (tmp_path / "a.ark").write_bytes(b"u1 PKL" + payload.getvalue())
    with pytest.raises(AudioError, match="no audio at this offset"):
        audio.read(f"{tmp_path}/a.ark:3")
    assert not (tmp_path / "hacked").exists()


def sine_level(frequency: float, from_rate: int, to_rate: int) -> tuple[float, float]:
    """Resample a sine: its level at the output and the level of all that is not that sine, dB."""
    sine = np.sin(2 * np.pi * frequency * np.arange(from_rate) / from_rate)
    wave = audio.resample(sine, from_rate, to_rate).astype(np.float64)[to_rate // 10 : -to_rate // 10]
    phase = 2 * np.pi * frequency * np.arange(len(wave)) / to_rate
    basis = np.stack([np.cos(phase), np.sin(phase)], axis=1)
    amplitudes = np.linalg.lstsq(basis, wave, rcond=None)[0]
    rest = wave - basis @ amplitudes
    return 20 * np.log10(np.hypot(*amplitudes)), 10 * np.log10(2 * np.mean(rest**2) + 1e-30)


RATES = [(44100, 32000), (48000, 32000), (22050, 32000), (32000, 16000), (16000, 32000), (48000, 16000)]


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_resample_pass_band(from_rate, to_rate):
    nyquist = min(from_rate, to_rate) / 2
    for part in (0.01, 0.3, 0.6, 0.8, 0.9, 0.92):
        gain, rest = sine_level(part * nyquist, from_rate, to_rate)
        assert abs(gain) < 0.01, (part, gain)
        assert rest < -140, (part, rest)  # images and distortion


@pytest.mark.parametrize(("from_rate", "to_rate"), [pair for pair in RATES if pair[0] > pair[1]])
def test_resample_stop_band(from_rate, to_rate):
    for frequency in np.linspace(1.0005 * to_rate / 2, 0.99 * from_rate / 2, 12):
        sine = np.sin(2 * np.pi * frequency * np.arange(from_rate) / from_rate)
        alias = audio.resample(sine, from_rate, to_rate)[to_rate // 10 : -to_rate // 10]
        assert 10 * np.log10(2 * np.mean(alias.astype(np.float64) ** 2) + 1e-30) < -140, frequency


def test_resample_shapes_and_alignment():
    wave = np.zeros((3, 2, 4410))
    wave[..., 2205] = 1.0
    out = audio.resample(wave, 44100, 32000)
    assert out.shape == (3, 2, 3200) and out.dtype == np.float32
    assert (out.argmax(-1) == 1600).all()  # no delay
    assert audio.resample(wave[0, 0], 44100, 32000).shape == (3200,)
    np.testing.assert_array_equal(audio.resample(wave, 8000, 8000), wave)


@pytest.mark.parametrize("channels", [1, 2])
def test_md5_is_that_of_the_samples(tmp_path, channels):
    samples = np.random.default_rng(0).integers(-(2**15), 2**15, (500, channels)).astype(np.int16)
    for name, rate in (("a.flac", 32000), ("a.wav", 32000), ("b.wav", 16000)):
        soundfile.write(tmp_path / name, samples, rate, subtype="PCM_16")
    found = {audio.md5(tmp_path / name) for name in ("a.flac", "a.wav", "b.wav")}
    assert found == {hashlib.md5(samples.astype("<i2").tobytes()).hexdigest()}
    soundfile.write(tmp_path / "c.wav", samples[::-1], 32000, subtype="PCM_16")
    assert audio.md5(tmp_path / "c.wav") not in found
    for name in ("d.flac", "d.wav"):  # the header of a flac of 24 bits tells another MD5
        soundfile.write(tmp_path / name, samples.astype(np.int32) << 16, 32000, subtype="PCM_24")
        assert audio.md5(tmp_path / name) in found


@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24", "PCM_32", "VORBIS"])
def test_single_precision_is_quantised_as_double(subtype):
    """Bit for bit: stage format needs no detour over float64, which took a fifth of its time."""
    wave = np.random.default_rng(0).standard_normal((1000, 2)).astype(np.float32)
    wave[:6, 0] = [1, -1, 32767.5 / 32768, -32768.5 / 32768, 0.5 / 32768, 1.5 / 32768]
    found, wanted = (audio.quantise(wave.astype(kind), subtype) for kind in (np.float32, np.float64))
    assert np.array_equal(found[0], wanted[0]) and found[0].dtype == wanted[0].dtype
    assert found[1] == wanted[1] > 0
