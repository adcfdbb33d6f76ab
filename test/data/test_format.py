import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lass.bin.format import main
from lass.data import format as format_stage
from lass.data.datadir import DataDir, Row, write_data_dir
from lass.data.format import convert, gather, to_store
from lass.data.validate import validate
from lass.errors import LassError
from lass.io import audio


def tone(rate: int, seconds: float = 0.25, frequency: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Four good clips of different kinds, with captions, labels and origins."""
    raw = tmp_path / "raw"
    raw.mkdir()
    soundfile.write(raw / "a.ogg", np.stack([tone(44100), tone(44100)], 1), 44100)
    soundfile.write(raw / "b.wav", tone(8000), 8000, subtype="PCM_U8")
    soundfile.write(raw / "c.mp3", tone(48000), 48000)
    soundfile.write(raw / "d $(x) '.flac", tone(32000), 32000)
    names = {"a": "a.ogg", "b": "b.wav", "c": "c.mp3", "d": "d $(x) '.flac"}
    rows = [
        Row(utt, str(raw / name), [f"tone {utt}", "again; \"$(x)\""], {f"l{utt}": f"Tone, {utt}"}, f"mini:{utt}",
            f"{utt}.mp4")
        for utt, name in names.items()
    ]  # fmt: skip
    write_data_dir(tmp_path / "source", rows)
    return tmp_path / "source"


def test_every_kind_becomes_32_khz_mono_flac(source, tmp_path, capsys):
    target, store = tmp_path / "target", tmp_path / "store"
    main([str(source), str(target), "--store", str(store)])
    assert "4 written, 0 kept, 0 failed, 0 samples clipped in 0 files" in capsys.readouterr().out
    assert validate(target, read_audio=True, rate=32000) == []
    data = DataDir(target)
    for utt in "abcd":
        assert data.wav[utt] == f"{store}/{utt}.flac"
        wave, rate = soundfile.read(data.wav[utt])
        assert rate == 32000 and wave.ndim == 1 and soundfile.info(data.wav[utt]).subtype == "PCM_16"
        assert int(data.num_samples[utt]) == len(wave)
        middle = wave[2000:6000]  # codecs and the edges of the resampler are off at the ends
        assert abs(np.sqrt(2 * np.mean(middle**2)) - 0.5) < 0.02
        assert np.abs(np.fft.rfft(middle * np.hanning(4000))).argmax() == 440 * 4000 // 32000
        assert data.captions_of(utt) == [f"tone {utt}", "again; \"$(x)\""]
        assert data.labels[data.labels_of(utt)[0]] == f"Tone, {utt}"
    main([str(source), str(tmp_path / "slow"), "--store", str(tmp_path / "store16k"), "--rate", "16000"])
    assert validate(tmp_path / "slow", read_audio=True, rate=16000) == []
    with pytest.raises(LassError, match="store/a.flac: 32000 Hz, not 16000: give another --store"):
        main([str(source), str(tmp_path / "other"), "--store", str(store), "--rate", "16000"])
    with pytest.raises(LassError, match="--rate 16000 with --in_place: "):
        main([str(target), str(tmp_path / "other"), "--in_place", "--rate", "16000"])
    for name in ("text", "labels", "utt2origin", "captions", "utt2labels", "video.scp"):
        assert (target / name).read_bytes() == (source / name).read_bytes()
    assert (target / "failed.tsv").read_text() == "utt\tpath\treason\n"


def test_mono_is_the_mean_and_clipping_is_counted(tmp_path):
    channels = np.zeros((100, 3))
    channels[:, 0] = 0.75
    channels[5] = 1.5
    channels[6] = -2.0
    soundfile.write(tmp_path / "a.wav", channels, 32000, subtype="FLOAT")
    assert to_store(str(tmp_path / "a.wav"), tmp_path / "a.flac") == 2
    wave = soundfile.read(tmp_path / "a.flac")[0]
    assert wave[0] == 0.25 and wave[5] == 32767 / 32768 and wave[6] == -1.0


def test_jobs_share_the_files_and_finish_gathers(source, tmp_path, capsys):
    target, store = tmp_path / "target", tmp_path / "store"
    common = [str(source), str(target), "--store", str(store)]
    main([*common, "--job", "2", "--num_jobs", "3"])
    assert os.listdir(store) == ["b.flac"]
    with pytest.raises(LassError, match="source/wav.scp: a is not converted yet"):
        main([*common, "--finish"])
    assert not (target / "wav.scp").exists()
    for job in "13":
        main([*common, "--job", job, "--num_jobs", "3"])
    main([*common, "--finish"])
    assert len(DataDir(target)) == 4
    assert capsys.readouterr().out.splitlines()[-1] == f"{target}: 4 clips in {store}"


class Killed(BaseException):
    """As sudden as a kill for all code that handles errors."""


def test_goes_on_where_it_was_killed(source, tmp_path, monkeypatch):
    target, store = tmp_path / "target", tmp_path / "store"

    def to_store_until_c(path: str, output: Path, *how) -> int:
        if output.name == "c.flac":
            raise Killed
        return to_store(path, output, *how)

    with monkeypatch.context() as patched:
        patched.setattr(format_stage, "to_store", to_store_until_c)
        with pytest.raises(Killed):
            convert(source, target, store)
    (store / ".c.x7k2.flac").write_bytes(b"fLaC half a file")  # what kill -9 leaves
    before = {name: (store / name).stat().st_mtime_ns for name in ("a.flac", "b.flac")}
    done = convert(source, target, store)
    assert (done.written, done.kept, done.failed) == (2, 2, 0)
    assert before == {name: (store / name).stat().st_mtime_ns for name in before}
    assert gather(source, target, store) == 4
    assert validate(target, read_audio=True, rate=32000) == []


def test_a_newer_source_is_converted_again(source, tmp_path):
    target, store = tmp_path / "target", tmp_path / "store"
    convert(source, target, store)
    future = (store / "b.flac").stat().st_mtime_ns + 10**9
    os.utime(tmp_path / "raw" / "b.wav", ns=(future, future))
    done = convert(source, target, store)
    assert (done.written, done.kept) == (1, 3)


def test_failures_are_listed_and_the_others_kept(source, tmp_path):
    target, store = tmp_path / "target", tmp_path / "store"
    convert(source, target, store)
    (tmp_path / "raw" / "b.wav").write_text("no audio\tat all")
    future = (store / "b.flac").stat().st_mtime_ns + 10**9
    os.utime(tmp_path / "raw" / "b.wav", ns=(future, future))
    (tmp_path / "raw" / "c.mp3").unlink()
    common = [str(source), str(target), "--store", str(store)]
    with pytest.raises(LassError, match="target/failed.tsv: 2 files failed, 1 may: .*--max_failed"):
        main([*common, "--max_failed", "1"])
    assert not (target / "wav.scp").exists()
    header, b, c = (target / "failed.tsv").read_text().splitlines()
    assert b.split("\t")[:2] == ["b", f"{tmp_path}/raw/b.wav"] and "not an audio file" in b.split("\t")[2]
    assert c.split("\t")[0] == "c" and "No such file" in c.split("\t")[2]
    main([*common, "--max_failed", "2"])
    data = DataDir(target)
    assert [data.utts(i) for i in range(len(data))] == ["a", "d"]
    assert len(data.captions) == 4 and data.labels_of("b") == []
    assert validate(target, read_audio=True, rate=32000) == []


def test_a_mended_file_is_no_failure_any_more(source, tmp_path):
    target, store = tmp_path / "target", tmp_path / "store"
    good = (tmp_path / "raw" / "b.wav").read_bytes()
    (tmp_path / "raw" / "b.wav").write_bytes(good[: len(good) // 2])
    assert convert(source, target, store, job=2, num_jobs=4).failed == 1
    assert "truncated" in (target / ".format" / "failed.2.tsv").read_text()
    (tmp_path / "raw" / "b.wav").write_bytes(good)
    assert convert(source, target, store).failed == 0  # another number of jobs: failed.2.tsv stays
    assert gather(source, target, store) == 4


def test_paths_relative_to_the_current_directory(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_data_dir("relative", [Row("a", "raw/a.ogg")])
    main(["relative", "data/a", "--store", "data/flac"])
    assert DataDir("data/a").wav["a"] == "data/flac/a.flac"
    assert audio.info("data/flac/a.flac").sample_rate == 32000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--job", "3", "--num_jobs", "2"], "job 3 of 2"),
        (["--job", "0", "--num_jobs", "2"], "job 0 of 2"),
        (["--num_jobs", "2"], "--num_jobs 2 without --job"),
        (["--job", "1", "--finish"], "--job converts and --finish gathers"),
    ],
)
def test_bad_options(source, tmp_path, arguments, message):
    with pytest.raises(LassError, match=message):
        main([str(source), str(tmp_path / "target"), "--store", str(tmp_path / "store"), *arguments])


def test_source_is_not_overwritten(source, tmp_path):
    convert(source, source, tmp_path / "store")
    with pytest.raises(LassError, match="the same folder"):
        gather(source, source, tmp_path / "store")


def test_an_id_cannot_lead_out_of_the_store(tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "wav.scp").write_text("../evil /x.wav\n")
    with pytest.raises(LassError, match=r"wav.scp:1: malformed id \('../evil'\)"):
        convert(tmp_path / "source", tmp_path / "target", tmp_path / "store")


def test_a_segment_is_read_and_nothing_else(source, tmp_path, monkeypatch):
    """A part, one that ends behind the file, one that begins behind it; a long file is not decoded as a whole."""
    path, ramp = str(tmp_path / "long.flac"), np.linspace(-0.5, 0.5, 100 * 32000)
    soundfile.write(path, ramp, 32000)
    parts = {"a": (10.0, 10.5), "b": (99.75, 110.0), "c": (100.5, 101.0)}
    write_data_dir(tmp_path / "parts", [Row(utt, path, segment=part) for utt, part in parts.items()])
    assert validate(tmp_path / "parts") == []
    monkeypatch.setattr(audio, "read_whole", None)
    done = convert(tmp_path / "parts", tmp_path / "target", tmp_path / "store")
    assert (done.written, done.failed) == (2, 1)
    assert gather(tmp_path / "parts", tmp_path / "target", tmp_path / "store", max_failed=1) == 2
    assert "c\t" in (tmp_path / "target" / "failed.tsv").read_text() and not (tmp_path / "target" / "segments").exists()
    for utt, (start, end) in [("a", (10.0, 10.5)), ("b", (99.75, 100.0))]:
        wave, _ = soundfile.read(tmp_path / "store" / f"{utt}.flac")
        assert np.abs(wave - ramp[round(start * 32000) : round(end * 32000)]).max() < 1e-4


def test_in_place(source, tmp_path, capsys):
    """Clips of the store's form are used where they lie; parts of files cannot be."""
    main([str(source), str(tmp_path / "formatted"), "--store", str(tmp_path / "store")])
    main([str(tmp_path / "formatted"), str(tmp_path / "same"), "--in_place"])
    assert capsys.readouterr().out.endswith("same: 4 clips where they lie\n")
    for name in ("wav.scp", "utt2num_samples"):
        assert (tmp_path / "same" / name).read_text() == (tmp_path / "formatted" / name).read_text()
    write_data_dir(tmp_path / "parts", [Row("a", str(tmp_path / "store" / "a.flac"), segment=(0.0, 0.1))])
    with pytest.raises(LassError, match="segments: parts of files cannot be used where they lie: format the set"):
        main([str(tmp_path / "parts"), str(tmp_path / "out"), "--in_place"])
