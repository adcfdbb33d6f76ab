"""`lass separate IN... --text ... -o OUT`."""

import resource
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from lass.bin import separate
from lass.bin.__main__ import main
from lass.errors import LassError
from lass.infer import files, model as module
from lass.io import audio

BELL, DOG = "a bell rings", "a dog barks twice"


@pytest.fixture
def mixture(tmp_path, noise):
    path = tmp_path / "mix.wav"
    audio.write(path, np.clip(noise((2, 4001)), -1, 1), 44100)
    return path


@pytest.fixture
def command(model_folder, tmp_path, monkeypatch):
    """Runs the command in the folder of ``mixture``."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: separate.main([*arguments, "--model", str(model_folder), "--device", "cpu"])


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [("wav", "PCM_24", 1e-6), ("FLAC", "PCM_24", 1e-6), ("ogg", "VORBIS", 0.05), ("mp3", "MPEG_LAYER_III", 0.1)],
)
def test_one_file(suffix, subtype, tolerance, mixture, model, command, tmp_path, capsys):
    out = tmp_path / "new" / f"bell.{suffix}"
    command(str(mixture), "--text", BELL, "-o", str(out))
    assert capsys.readouterr().out == f"{out}: 0.09 s, 44100 Hz, 2 channel(s), 0 samples clipped\n"
    assert soundfile.info(out).subtype == subtype
    wave, rate = audio.read(mixture)
    found, own_rate = audio.read(out)
    expected = model.separate(wave, rate, BELL)
    assert own_rate == rate and found.shape == wave.shape and np.abs(expected).max() > 0.01
    assert np.sqrt(np.mean((found - expected) ** 2)) <= tolerance
    assert [p.name for p in out.parent.iterdir()] == [out.name]


WAVS = [("PCM_16", 8000, 1), ("PCM_U8", 11025, 2), ("PCM_32", 44100, 1), ("FLOAT", 192000, 2), ("DOUBLE", 48000, 6)]


@pytest.mark.parametrize(
    ("name", "subtype", "rate", "channels", "out", "expected"),
    [
        *(("a.wav", subtype, rate, channels, "b.wav", subtype) for subtype, rate, channels in WAVS),
        ("a.wav", "PCM_24", 192000, 6, "b.flac", "PCM_24"),
        ("a.flac", "PCM_16", 22050, 1, "b.wav", "PCM_16"),
        ("a.flac", "PCM_16", 44101, 2, "b.flac", "PCM_16"),
        ("a.ogg", "VORBIS", 44100, 2, "b.wav", "PCM_24"),
        ("a.mp3", "MPEG_LAYER_III", 44100, 2, "b.flac", "PCM_24"),
        ("a.mp3", "MPEG_LAYER_III", 22050, 1, "b.mp3", "MPEG_LAYER_III"),
        ("a.aiff", "PCM_24", 48000, 1, "b.wav", "PCM_24"),
    ],
)
@pytest.mark.parametrize("samples", [1, 4001])
def test_the_form_of_the_input(name, subtype, rate, channels, out, expected, samples, command, noise, tmp_path):
    soundfile.write(tmp_path / name, np.clip(noise((samples, channels)), -1, 1), rate, subtype)
    command(name, "--text", BELL, "-o", out)
    given, found = soundfile.info(tmp_path / name), soundfile.info(tmp_path / out)
    assert (found.samplerate, found.channels, found.frames) == (rate, channels, given.frames)
    assert found.subtype == expected and given.frames == samples


def test_queries_in_one_pass_with_residuals(mixture, model, command, tmp_path, noise, monkeypatch):
    monkeypatch.setattr(module, "STEP", 0.1)
    given = noise((2, 30001)).astype(np.float64)
    soundfile.write(mixture, given.T, 44100, "DOUBLE")
    command("mix.wav", "--text", BELL, "--text", DOG, "--residual", "-o", "out.wav")
    for text, name in ((BELL, "out_a-bell-rings"), (DOG, "out_a-dog-barks-twice")):
        target, residual = (soundfile.read(tmp_path / f"{name}{kind}.wav")[0].T for kind in ("", "_residual"))
        np.testing.assert_allclose(target, model.separate(given, 44100, text), rtol=0, atol=1e-6)
        assert np.abs(target + residual - given).max() < 1e-15
        assert np.array_equal((target + residual).astype(np.float32), given.astype(np.float32))


def test_remove_and_negative(mixture, model, command, tmp_path):
    wave, rate = audio.read(mixture)
    command("mix.wav", "--text", BELL, "--remove", "--negative", DOG, "--residual", "-o", "out.wav")
    expected = model.separate(wave, rate, BELL, remove=True, negative=DOG)
    np.testing.assert_allclose(audio.read(tmp_path / "out.wav")[0], expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(audio.read(tmp_path / "out_residual.wav")[0], wave - expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("instruction", "arguments", "told"),
    [
        (f"please extract '{BELL}'", {"query": BELL}, f'"{BELL}"'),
        ("get rid of the engine", {"query": "the engine", "remove": True}, 'the mixture without "the engine"'),
        ("drop the engine but keep the birds", {"query": "the birds", "negative": "the engine"},
         '"the birds" in what is left of the mixture without "the engine"'),
        ("drop the engine. drop the wind", {"query": "the engine and the wind", "remove": True}, "mixture without"),
    ],
)  # fmt: skip
def test_an_instruction(instruction, arguments, told, mixture, model, command, tmp_path, capsys):
    wave, rate = audio.read(mixture)
    command("mix.wav", "--instruction", instruction, "-o", "out.wav")
    assert told in capsys.readouterr().err
    expected = model.separate(wave, rate, **arguments)
    np.testing.assert_allclose(audio.read(tmp_path / "out.wav")[0], expected, rtol=0, atol=1e-6)


def test_an_instruction_to_extract_two(mixture, model, command, tmp_path):
    wave, rate = audio.read(mixture)
    command("mix.wav", "--instruction", "extract the bell, then extract the dog", "-o", "out.wav")
    for text, name in (("the bell", "out_the-bell.wav"), ("the dog", "out_the-dog.wav")):
        expected = model.separate(wave, rate, text)
        np.testing.assert_allclose(audio.read(tmp_path / name)[0], expected, rtol=0, atol=1e-6)


def test_clipped_samples_are_limited_and_told(mixture, command, tmp_path, capsys):
    soundfile.write(mixture, np.full((4000, 1), 3.0), 16000, "FLOAT")
    command("mix.wav", "--text", BELL, "--remove", "-o", "out.flac")
    told = int(capsys.readouterr().out.split(", ")[-1].split()[0])
    found = soundfile.read(tmp_path / "out.flac")[0]
    assert told > 1000 and told == np.sum(np.abs(found) > 1 - 2**-22)


def test_a_folder(mixture, command, tmp_path, noise, capsys):
    for name in ("in/a.wav", "in/deep/b.flac"):
        audio.write(tmp_path / name, noise(500), 16000)
    soundfile.write(tmp_path / "in/c.mp3", noise(5000), 16000)
    command("in", "mix.wav", "--text", BELL, "-o", "out")
    found = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.*"))
    assert found == ["a.wav", "c.wav", "deep/b.flac", "mix.wav"]
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_a_bad_file_does_not_stop_the_others(command, tmp_path, noise, capsys):
    for name in ("in/a.wav", "in/c.wav"):
        audio.write(tmp_path / name, noise(500), 16000)
    (tmp_path / "in/b.wav").write_text("no audio")
    with pytest.raises(LassError, match="1 of 3 files failed, the others are in out"):
        command("in", "--text", BELL, "-o", "out")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("failed: in/b.wav: not an audio file") and len(lines) == 3
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.wav", "c.wav"]


def test_an_output_that_cannot_be_written_stops_all(command, tmp_path, noise, monkeypatch):
    for name in ("in/a.wav", "in/b.wav"):
        audio.write(tmp_path / name, noise(500), 16000)
    (tmp_path / "file").touch()
    with pytest.raises(LassError, match="file/out/a.wav: cannot write"):
        command("in", "--text", BELL, "-o", "file/out")


def test_a_full_disk_is_one_line_and_leaves_nothing(command, tmp_path, noise):
    """The older output stays."""
    audio.write(tmp_path / "mix.wav", np.clip(noise((2, 9000)), -1, 1), 16000)
    (tmp_path / "out.wav").write_bytes(b"older")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, hard))  # what writes more into a file fails, as on a full disk
    try:
        with pytest.raises(LassError, match="^out.wav: cannot write .*disk") as caught:
            command("mix.wav", "--text", BELL, "-o", "out.wav")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value) and (tmp_path / "out.wav").read_bytes() == b"older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mix.wav", "out.wav"]


def test_progress_in_seconds(mixture, command, monkeypatch):
    """Shown on a terminal, of what takes longer than two seconds."""
    bars = []

    class Bar(files.tqdm):
        def __init__(self, *args, **options):
            assert options["disable"] is None and options["delay"] == 2
            super().__init__(*args, **options | {"disable": False})
            bars.append(self)

    monkeypatch.setattr(files, "tqdm", Bar)
    command("mix.wav", "--text", BELL, "-o", "out.wav")
    (bar,) = bars
    assert bar.total == pytest.approx(4001 / 44100) and bar.n == pytest.approx(bar.total)
    assert bar.desc.startswith("mix.wav")


def test_pipes(mixture, model, model_folder, repo, tmp_path):
    arguments = ["separate", "-", "--text", BELL, "--model", str(model_folder), "--device", "cpu", "-o", "-"]
    done = subprocess.run([sys.executable, "-m", "lass.bin", *arguments], input=mixture.read_bytes(), cwd=repo,
                          capture_output=True)  # fmt: skip
    assert done.returncode == 0
    told = done.stderr.decode().splitlines()
    assert told[-1] == "standard output: 0.09 s, 44100 Hz, 2 channel(s), 0 samples clipped"
    (tmp_path / "out.wav").write_bytes(done.stdout)
    wave, rate = audio.read(mixture)
    found, own_rate = audio.read_whole(tmp_path / "out.wav")
    assert own_rate == rate and soundfile.info(tmp_path / "out.wav").subtype == "PCM_24"
    np.testing.assert_allclose(found, model.separate(wave, rate, BELL), rtol=0, atol=1e-6)


@pytest.fixture
def bad_files(mixture, tmp_path, monkeypatch):
    """The working directory: mix.wav is good, the others are not."""
    monkeypatch.chdir(tmp_path)
    wave = np.zeros(4000)
    soundfile.write("none.wav", wave[:0], 16000)
    soundfile.write("half.wav", wave, 16000)
    wave[-1] = np.nan
    soundfile.write("nan.wav", wave, 16000, "FLOAT")
    content = (tmp_path / "half.wav").read_bytes()
    (tmp_path / "half.wav").write_bytes(content[:4000])
    (tmp_path / "channels.wav").write_bytes(content[:22] + bytes(2) + content[24:])
    (tmp_path / "zero.wav").touch()
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\2\0isommp41" + bytes(1000))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mix.wav", "-o", "out.wav"], "give a file, --text and -o"),
        (["mix.wav", "--text", BELL], "give a file, --text and -o"),
        (["nowhere.wav", "--text", BELL, "-o", "out.wav"], "nowhere.wav: cannot open (No such file"),
        (["mix.wav", "--text", BELL, "-o", "out.xyz"], "out.xyz: unknown kind of file: end the name in .wav, "),
        (["mix.wav", "--text", BELL, "-o", "mix.wav"], "is an input too"),
        (["mix.wav", "--text", BELL, "-o", "mix.wav/out.wav"], "mix.wav/out.wav: cannot write ("),
        (["mix.wav", "--text", BELL, "-o", "/proc/out.wav"], "/proc/out.wav: cannot write ("),
        (["mix.wav", "--text", " ", "-o", "out.wav"], "text 1 of 1 is empty"),
        (["mix.wav", "--text", BELL, "--negative", "", "-o", "out.wav"], "text 2 of 2 is empty"),
        (["mix.wav", "--text", "bell " * 2000, "-o", "out.wav"], "a query of 10000 characters"),
        (["mix.wav", "--instruction", "?", "-o", "out.wav"], "no word in it"),
        (["mix.wav", "--instruction", BELL, "--remove", "-o", "out.wav"], "--instruction: says it all"),
        (["mix.wav", "--instruction", "keep the owl, lose the owl", "-o", "out.wav"], "and to remove 'owl'"),
        (["mix.wav", "--text", BELL, "-o", "out.wav", "--model", "nowhere"], "nowhere: not a model folder"),
        (["mix.wav", "--text", BELL, "-o", "out.wav", "--model", "mix.wav"], "mix.wav: not a model folder"),
        (["nan.wav", "--text", BELL, "-o", "out.wav"], "nan.wav: sample 3999 is NaN or infinite"),
        (["none.wav", "--text", BELL, "-o", "out.wav"], "none.wav: no samples"),
        (["zero.wav", "--text", BELL, "-o", "out.wav"], "zero.wav: empty file"),
        (["channels.wav", "--text", BELL, "-o", "out.wav"], "channels.wav: not an audio file"),
        (["film.mp4", "--text", BELL, "-o", "out.wav"], "film.mp4: not an audio file that soundfile reads"),
        (["half.wav", "--text", BELL, "-o", "out.wav"], "half.wav: truncated"),
    ],
)
def test_faults_are_one_line_and_leave_nothing(arguments, message, bad_files, model_folder, capsys):
    before = sorted(bad_files.iterdir())
    with pytest.raises(SystemExit) as stop:
        main(["separate", "--model", str(model_folder), "--device", "cpu", *arguments])
    told = capsys.readouterr().err
    assert stop.value.code == 1 and message in told and told.count("\n") == 1 and "Traceback" not in told
    assert sorted(bad_files.iterdir()) == before
