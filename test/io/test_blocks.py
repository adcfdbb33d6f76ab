"""Files in blocks: any form, pipes, and nothing half-written."""

import contextlib
import resource
import struct
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from lass.io import audio, blocks
from lass.io.audio import AudioError
from lass.io.blocks import Form, WriteError, reading, resampled, subtype_for, writing


def noise(channels: int, frames: int) -> np.ndarray:
    return np.random.default_rng(frames).uniform(-0.5, 0.5, (channels, frames))


def read(path) -> tuple[Form, np.ndarray]:
    with reading(str(path)) as (form, wave):
        return form, np.concatenate(list(wave), axis=1)


def write(path, wave: np.ndarray, rate: int, subtype: str, size: int = 1000) -> blocks.Writer:
    with writing(str(path), Form(rate, len(wave), wave.shape[1], subtype)) as writer:
        for start in range(0, wave.shape[1], size):
            writer.write(wave[:, start : start + size])
    return writer


@pytest.mark.parametrize(
    ("name", "subtype", "tolerance"),
    [("a.wav", "PCM_16", 2**-15), ("a.wav", "PCM_24", 2**-23), ("a.wav", "PCM_32", 2**-31), ("a.wav", "FLOAT", 2**-24),
     ("a.wav", "DOUBLE", 0.0), ("a.wav", "PCM_U8", 2**-7), ("a.wav", "ULAW", 0.02), ("a.flac", "PCM_16", 2**-15),
     ("a.flac", "PCM_S8", 2**-7), ("a.ogg", "VORBIS", 0.1), ("a.mp3", "MPEG_LAYER_III", 0.1)],
)  # fmt: skip
@pytest.mark.parametrize(("channels", "frames"), [(1, 1), (2, 70001)])
def test_write_and_read_back(tmp_path, name, subtype, tolerance, channels, frames):
    wave = 0.5 * np.sin(0.1 * np.arange(frames)) * np.array([[1.0], [-0.5]])[:channels]
    writer = write(tmp_path / "new" / name, wave, 48000, subtype)
    assert (writer.frames, writer.clipped) == (frames, 0)
    form, back = read(tmp_path / "new" / name)
    assert form == (48000, channels, frames, subtype) and back.dtype == np.float64 and back.shape == wave.shape
    assert np.abs(back - wave).max() <= tolerance
    assert [p.name for p in (tmp_path / "new").iterdir()] == [name]


def test_six_channels_at_192_khz(tmp_path):
    for name in ("a.wav", "a.flac"):
        write(tmp_path / name, noise(6, 5000), 192000, "PCM_24")
        assert read(tmp_path / name)[0] == (192000, 6, 5000, "PCM_24")
    with pytest.raises(WriteError, match=r"a.mp3: cannot hold 6 channel\(s\) of 192000 Hz as MPEG_LAYER_III"):
        write(tmp_path / "a.mp3", noise(6, 5000), 192000, "MPEG_LAYER_III")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.flac", "a.wav"]


@pytest.mark.parametrize(("subtype", "step"), [("PCM_U8", 2**-7), ("PCM_16", 2**-15), ("PCM_24", 2**-23), ("ULAW", 0)])
def test_samples_are_limited_never_wrapped(tmp_path, subtype, step):
    writer = write(tmp_path / "a.wav", np.array([[1.5, -3.0, 0.25, 1.0]]), 16000, subtype)
    assert writer.clipped == (3 if step else 2)
    np.testing.assert_allclose(read(tmp_path / "a.wav")[1], [[1 - step, -1, 0.25, 1 - step]], atol=0 if step else 0.03)


@pytest.mark.parametrize(
    ("path", "given", "expected"),
    [
        ("a.wav", "PCM_16", "PCM_16"), ("a.WAV", "FLOAT", "FLOAT"), ("a.wav", "MPEG_LAYER_III", "PCM_24"),
        ("a.wav", "IMA_ADPCM", "PCM_24"), ("a.flac", "PCM_16", "PCM_16"), ("a.flac", "FLOAT", "PCM_24"),
        ("a.flac", "PCM_U8", "PCM_24"), ("a.ogg", "OPUS", "OPUS"), ("a.ogg", "PCM_16", "VORBIS"),
        ("a.mp3", "PCM_16", "MPEG_LAYER_III"), ("-", "PCM_16", "PCM_16"), ("-", "VORBIS", "PCM_24"),
    ],
)  # fmt: skip
def test_the_subtype_is_kept_where_it_can_be(path, given, expected):
    assert subtype_for(path, given) == expected


@pytest.mark.parametrize("rates", [(44100, 16000), (16000, 44100), (192000, 8000), (11025, 32000), (16000, 16000)])
@pytest.mark.parametrize("samples", [0, 1, 5, 777, 30001])
def test_resampled_blocks_are_the_resampled_wave(rates, samples):
    wave = noise(2, samples).astype(np.float32)
    for size in (1, 64, 1000, 30001):
        if samples // size < 1000:
            parts = resampled((wave[:, i : i + size] for i in range(0, samples, size)), *rates)
            found = np.concatenate([np.zeros((2, 0), dtype=np.float32), *parts], axis=1)
            np.testing.assert_allclose(found, audio.resample(wave, *rates), rtol=0, atol=1e-6)
            assert found.dtype == np.float32


def refusal(path) -> str:
    with pytest.raises(AudioError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_files_that_are_refused(tmp_path):
    (tmp_path / "zero.wav").touch()
    (tmp_path / "text.wav").write_text("this is no audio")
    (tmp_path / "film.mp4").write_bytes(struct.pack(">I", 24) + b"ftypisom\0\0\2\0isommp41" + bytes(1000))
    soundfile.write(tmp_path / "none.wav", np.zeros((0, 1)), 16000)
    wave = np.zeros(70000)
    wave[69999] = np.nan
    soundfile.write(tmp_path / "nan.wav", wave, 16000, subtype="DOUBLE")
    soundfile.write(tmp_path / "channels.wav", np.zeros((9, 2)), 16000)
    content = bytearray((tmp_path / "channels.wav").read_bytes())
    content[22:24] = bytes(2)
    (tmp_path / "channels.wav").write_bytes(content)
    for name, message in [
        ("gone.wav", "cannot open (No such file"),
        ("zero.wav", "empty file (0 bytes)"),
        ("text.wav", "not an audio file"),
        ("film.mp4", "not an audio file"),
        ("none.wav", "no samples"),
        ("nan.wav", "sample 69999 is NaN or infinite"),
        ("channels.wav", "(Channel count is zero.)"),
    ]:
        assert str(tmp_path / name) in (refused := refusal(tmp_path / name)) and message in refused


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
@pytest.mark.parametrize("kept", [0.5, 0.97])
def test_truncated_files_are_noticed(tmp_path, name, kept):
    soundfile.write(tmp_path / name, noise(2, 44100).T, 44100)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(kept * len(content))])
    assert "truncated" in (message := refusal(tmp_path / name)) or "cannot decode" in message


@contextlib.contextmanager
def files_of_at_most(size: int):
    """What writes more into a file fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_a_full_disk_leaves_nothing(tmp_path, name):
    (tmp_path / name).write_bytes(b"older")
    with files_of_at_most(20000), pytest.raises(WriteError, match=f"{name}: cannot write.*disk"):
        write(tmp_path / name, noise(2, 200000), 44100, subtype_for(name, ""))
    assert [p.name for p in tmp_path.iterdir()] == [name] and (tmp_path / name).read_bytes() == b"older"


def test_a_disk_that_is_full_on_closing_leaves_nothing(tmp_path):
    """flac holds back a block, which is written when the file is closed; nothing tells when that fails."""
    write(tmp_path / "a.flac", wave := noise(1, 9000), 44100, "PCM_24")
    size = (tmp_path / "a.flac").stat().st_size
    (tmp_path / "a.flac").unlink()
    with files_of_at_most(size - 100), pytest.raises(WriteError, match="a.flac: cannot write"):
        write(tmp_path / "a.flac", wave, 44100, "PCM_24")
    assert not list(tmp_path.iterdir())


def test_an_error_in_the_middle_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), writing(str(tmp_path / "a.wav"), Form(8000, 1, None, "PCM_16")) as writer:
        writer.write(noise(1, 100))
        raise KeyboardInterrupt
    with pytest.raises(AudioError, match="a.wav: not written: the wave holds NaN"):
        write(tmp_path / "a.wav", np.array([[np.nan]]), 8000, "PCM_16")
    assert not list(tmp_path.iterdir())


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    for path in ("file/a.wav", "/proc/a.wav"):
        with pytest.raises(WriteError, match="a.wav: cannot write .*: choose another place"):
            write(tmp_path / path, noise(1, 10), 8000, "PCM_16")


def test_a_wav_above_4_gb_is_rf64(tmp_path, monkeypatch):
    wave = noise(2, 300)
    monkeypatch.setattr(blocks, "_WAV_LIMIT", 2 * 2 * 300)
    write(tmp_path / "a.wav", wave, 8000, "PCM_16")
    assert soundfile.info(tmp_path / "a.wav").format == "WAV"
    write(tmp_path / "b.wav", np.pad(wave, ((0, 0), (0, 1))), 8000, "PCM_16")
    assert soundfile.info(tmp_path / "b.wav").format == "RF64" and read(tmp_path / "b.wav")[0].frames == 301


COPY = """
import sys
from lass.io.blocks import reading, subtype_for, writing
with reading("-") as (form, wave):
    form = form._replace(subtype=subtype_for("-", form.subtype))
    print(form.frames, file=sys.stderr)
    with writing("-", form) as writer:
        for block in wave:
            writer.write(block)
"""


def copy(content: bytes, repo, **how) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", COPY], input=content, cwd=repo, stderr=subprocess.PIPE, **how)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "FLOAT"])
def test_pipes(tmp_path, repo, subtype):
    soundfile.write(tmp_path / "a.wav", noise(1, 70001).T, 22050, subtype)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    known = copy(content, repo, stdout=subprocess.PIPE)
    at = content.index(b"data") + 4
    samples = int.from_bytes(content[at : at + 4], "little")
    content[at : at + 4] = content[4:8] = b"\xff" * 4  # what programs write that cannot seek back to the header
    unknown = copy(content[: at + 4 + samples], repo, stdout=subprocess.PIPE)
    for name, done, frames in (("b.wav", known, b"70001"), ("c.wav", unknown, b"None")):
        assert (done.returncode, done.stderr.strip()) == (0, frames)
        (tmp_path / name).write_bytes(done.stdout)
        info = soundfile.info(tmp_path / name)
        assert (info.samplerate, info.subtype, info.frames) == (22050, subtype, 70001)
        assert np.array_equal(soundfile.read(tmp_path / name)[0], soundfile.read(tmp_path / "a.wav")[0])


def test_pipes_that_fail(tmp_path, repo):
    soundfile.write(tmp_path / "a.wav", noise(1, 70001).T, 22050)
    content = (tmp_path / "a.wav").read_bytes()
    with open("/dev/full", "wb") as full:
        assert "standard output: cannot write (No space" in copy(content, repo, stdout=full).stderr.decode()
    for wrong, message in ((content[:90000], "truncated"), (b"", "no wav"), (b"fLaC" + content, "no wav")):
        done = copy(wrong, repo, stdout=subprocess.DEVNULL)
        assert done.returncode != 0 and f"standard input: {message}" in done.stderr.decode()
