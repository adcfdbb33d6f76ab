import os
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lass.bin.validate import main
from lass.data.validate import MAX_SHOWN, validate
from lass.errors import LassError

RATE, FRAMES = 32000, 800


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A set of three good clips, as the format stage leaves it."""
    for utt in "abc":
        soundfile.write(tmp_path / f"{utt}.flac", np.random.default_rng(0).uniform(-0.5, 0.5, FRAMES), RATE)
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "wav.scp").write_text("".join(f"{utt} {tmp_path}/{utt}.flac\n" for utt in "abc"))
    (folder / "captions").write_text("a#0 a dog barks\na#1 barking\nb#0 it rains\n")
    (folder / "text").write_text("a a dog barks\nb it rains\n")
    (folder / "labels").write_text("l1 Dog\nl2 Rain, heavy\n")
    (folder / "utt2labels").write_text("a l1\nb l2 l1\n")
    (folder / "utt2num_samples").write_text("".join(f"{utt} {FRAMES}\n" for utt in "abc"))
    (folder / "utt2origin").write_text("a youtube:abc:1:10\nb freesound:17\n")
    (folder / "video.scp").write_text("a a.mp4:1:10\n")
    (folder / "segments").write_text("a a 0.5 1.0\n")
    return folder


def only(problems: list[str]) -> str:
    assert len(problems) == 1, problems
    assert "\n" not in problems[0]
    return problems[0]


def replace(path: Path, old: str, new: str) -> None:
    content = path.read_bytes()
    assert old.encode() in content
    path.write_bytes(content.replace(old.encode(), new.encode("utf-8", "surrogateescape"), 1))


def test_a_good_set(good, capsys):
    assert validate(good) == validate(good, read_audio=True, rate=RATE) == []
    main([str(good), "--read_audio", "--rate", "32000"])
    assert capsys.readouterr().out == f"{good}: 3 clips, 3 captions, 2 labels\n"


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("wav.scp", "b.flac", "gone.flac", r"wav.scp:2: b: .*gone.flac: missing audio"),
        ("wav.scp", "b /", "b cat /", r"wav.scp:2: b: cat .*missing audio"),
        ("wav.scp", "b.flac", "b.flac |", r"wav.scp:2: b: .*'\|' in a path"),
        ("wav.scp", "b /", "b -/", r"wav.scp:2: b: .*begins with '-'"),
        ("captions", "a#1 barking", "a#1", r"captions:2: empty caption \(a#1\)"),
        ("captions", "a#1 barking", "a#1  \t ", r"captions:2: empty caption"),
        ("captions", "b#0", "bb#0", r"captions:3: unknown id \(bb is not in wav.scp\)"),
        ("captions", "b#0", "d#0", r"captions:3: unknown id \(d "),
        ("captions", "b#0", "b", r"captions:3: malformed id \('b'\): write <utt>#0"),
        ("captions", "b#0", "b#00", r"captions:3: malformed id \('b#00'\)"),
        ("captions", "a#1", "a#0", r"captions:2: duplicate id \(a#0\)"),
        ("captions", "a#0", "a#2", r"captions:2: not sorted \(a#1 follows a#2\): LC_ALL=C sort"),
        ("captions", "barking\n", "barking\r\n", r"captions:2: carriage return"),
        ("captions", "a#0", "\ufeffa#0", r"captions:1: byte-order mark"),
        ("captions", "it rains", "caf\udce9", r"captions:3: not UTF-8"),
        ("text", "b it", "bb it", r"text:2: unknown id \(bb"),
        ("text", "b it rains", "b", r"text:2: not '<key> <value>'"),
        ("utt2labels", "l2 l1", "l2 l9", r"utt2labels:2: b: unknown label id \(l9\)"),
        ("utt2labels", "b l2", "x l2", r"utt2labels:2: unknown id \(x"),
        ("labels", "l2 ", "-l2 ", r"labels:2: malformed id \('-l2'\): no blanks"),
        ("utt2num_samples", "b 800", "b 8e2", r"utt2num_samples:2: b: not a number of samples \(8e2\)"),
        ("utt2num_samples", "b 800\n", "", r"wav.scp:2: no length \(b is not in utt2num_samples\)"),
        ("utt2origin", "youtube:abc:1:10", "abc", r"utt2origin:1: a: malformed origin \(abc\)"),
        ("segments", "0.5 1.0", "1.0 1.0", r"segments:1: a: malformed segment \(a 1.0 1.0\): write"),
        ("segments", "0.5 1.0", "0.5", r"segments:1: a: malformed segment \(a 0.5\)"),
        ("segments", "0.5 1.0", "0.5 1.0.0", r"segments:1: a: malformed segment"),
    ],
)
def test_a_fault_in_a_table(good, table, old, new, message):
    replace(good / table, old, new)
    problems = validate(good)
    if table == "labels":  # its label is then unknown as well
        problems = [p for p in problems if "unknown label" not in p]
    problem = only(problems)
    assert problem.startswith(f"{good}/")
    assert re.search(message, problem), problem


@pytest.mark.parametrize("utt", ["-b", "1b", "b/b", "b;b", "b\u00e9", "b$(x)"])
def test_malformed_ids(good, utt):
    for name in ("captions", "text", "utt2labels", "utt2num_samples", "utt2origin", "video.scp"):
        (good / name).unlink()
    lines = (good / "wav.scp").read_text().splitlines()
    (good / "wav.scp").write_text("\n".join([lines[0], utt + lines[1][1:], lines[2]]) + "\n")
    assert f"wav.scp:2: malformed id ({utt!r}): begin with a letter" in only(validate(good))


def test_unsorted_and_duplicate_ids_of_wav_scp(good):
    for name in ("utt2num_samples", "captions"):
        (good / name).unlink()
    a, b, c = (good / "wav.scp").read_text().splitlines(keepends=True)
    (good / "wav.scp").write_text(a + c + b)
    assert "wav.scp:3: not sorted (b follows c)" in only(validate(good))
    (good / "wav.scp").write_text(a + b + b + c)
    assert "wav.scp:3: duplicate id (b)" in only(validate(good))


@pytest.mark.parametrize("read_audio", [False, True])
def test_zero_byte_audio(good, read_audio):
    os.truncate(good.parent / "b.flac", 0)
    assert "wav.scp:2: b: " in only(validate(good, read_audio)) and "empty file (0 bytes)" in only(validate(good))


@pytest.mark.parametrize("suffix", ["flac", "wav", "ogg", "mp3"])
def test_truncated_audio(good, suffix):
    path = good.parent / f"b.{suffix}"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, RATE), RATE)
    replace(good / "wav.scp", "b.flac", path.name)
    (good / "utt2num_samples").unlink()
    assert validate(good, read_audio=True) == []
    os.truncate(path, path.stat().st_size // 2)
    assert validate(good) == []  # it is there; only reading tells
    problem = only(validate(good, read_audio=True))
    assert "wav.scp:2: b: " in problem and ("truncated" in problem or "cannot decode" in problem)


def test_nan_samples(good):
    soundfile.write(good.parent / "b.wav", np.array([0, np.nan]), RATE, subtype="FLOAT")
    replace(good / "wav.scp", "b.flac", "b.wav")
    assert "wav.scp:2: b: " in only(validate(good, read_audio=True))
    assert "1 samples are NaN or infinite, first at 1" in only(validate(good, read_audio=True))


def test_wrong_rate_and_length(good):
    soundfile.write(good.parent / "b.flac", np.zeros(FRAMES), 44100)
    assert validate(good) == []
    assert "wav.scp:2: wrong rate (44100 Hz, not 32000: " in only(validate(good, rate=RATE))
    soundfile.write(good.parent / "b.flac", np.zeros(FRAMES + 1), RATE)
    assert "wav.scp:2: wrong length (801 samples, not 800 as in utt2num_samples" in only(validate(good, rate=RATE))


def test_text_that_is_no_fault(good):
    (good / "captions").write_text("a#0 it's \"x\" $(touch hacked); `id`, |  two  blanks \u72ac \u2028 \u0085 -\n")
    (good / "labels").write_text("l1 -Dog's; \"$(x)\"\nl2 Rain, heavy,  |\n")
    assert validate(good, read_audio=True, rate=RATE) == []


def test_no_set_and_empty_set(tmp_path):
    assert "wav.scp:0: no such file" in only(validate(tmp_path))
    (tmp_path / "wav.scp").touch()
    assert "wav.scp:0: empty set" in only(validate(tmp_path))


def test_a_flood_of_problems_is_cut_and_counted(good, capsys):
    (good / "captions").write_text("".join(f"z{i:03d}#0 x\n" for i in range(MAX_SHOWN + 30)))
    replace(good / "text", "b it", "bb it")
    problems = validate(good)
    assert len(problems) == MAX_SHOWN + 2
    assert problems[MAX_SHOWN] == f"{good}/captions: and 30 more"
    with pytest.raises(LassError, match="set: mend the lines above"):
        main([str(good)])
    assert capsys.readouterr().out.splitlines() == problems
