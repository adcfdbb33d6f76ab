"""Names of outputs."""

import os
from pathlib import Path

import pytest

from lass.errors import LassError
from lass.infer.outputs import plan


@pytest.fixture
def files(tmp_path, monkeypatch) -> Path:
    """In the working directory: mix.wav, song.mp3, tracks/{a.FLAC, b.ogg, deep/a.wav} and files that are no audio."""
    monkeypatch.chdir(tmp_path)
    names = ["mix.wav", "song.mp3", "tracks/a.FLAC", "tracks/b.ogg", "tracks/deep/a.wav"]
    for name in (*names, "tracks/notes.txt", "tracks/.a.tmp.wav", "empty/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(inputs, output, texts=("a dog barks",), residual=False) -> dict[str, list]:
    jobs = plan(inputs, texts, output, residual)
    return {job.source: [path for paths in job.outputs for path in paths] for job in jobs}


@pytest.mark.parametrize(
    ("inputs", "output", "expected"),
    [
        (["mix.wav"], "out.flac", {"mix.wav": ["out.flac"]}),
        (["mix.wav"], "new.v2/out.FLAC", {"mix.wav": ["new.v2/out.FLAC"]}),
        (["mix.wav"], "out", {"mix.wav": ["out/mix.wav"]}),
        (["mix.wav"], "out.v2/", {"mix.wav": ["out.v2/mix.wav"]}),
        (["mix.wav"], "empty", {"mix.wav": ["empty/mix.wav"]}),
        (["mix.wav"], "-", {"mix.wav": ["-"]}),
        (["-"], "-", {"-": ["-"]}),
        (["-"], "out.wav", {"-": ["out.wav"]}),
        (["-"], "out", {"-": ["out/stdin.wav"]}),
        (["mix.wav", "song.mp3"], "out", {"mix.wav": ["out/mix.wav"], "song.mp3": ["out/song.wav"]}),
        (["tracks"], "out", {"tracks/a.FLAC": ["out/a.FLAC"], "tracks/b.ogg": ["out/b.wav"],
                             "tracks/deep/a.wav": ["out/deep/a.wav"]}),
        (["tracks/deep", "mix.wav"], "out.v2", {"tracks/deep/a.wav": ["out.v2/a.wav"], "mix.wav": ["out.v2/mix.wav"]}),
        (["gone.aiff"], "out", {"gone.aiff": ["out/gone.wav"]}),
    ],
)  # fmt: skip
def test_one_query(files, inputs, output, expected):
    assert names(inputs, output) == expected


def test_queries_and_residuals_are_added_to_the_name(files):
    texts = ("A dog barks!", "wind; $(x) ../.. 'and'", "a dog (barks)", "狗叫", "!?", "long " * 40)
    assert names(["mix.wav"], "out.wav", texts) == {
        "mix.wav": [
            *("out_a-dog-barks.wav", "out_wind-x-and.wav", "out_a-dog-barks-3.wav", "out_狗叫.wav", "out_query.wav"),
            "out_long-long-long-long-long-long-long-long.wav",
        ]
    }
    assert names(["mix.wav"], "out.wav", residual=True) == {"mix.wav": ["out.wav", "out_residual.wav"]}
    assert names(["tracks/deep"], "out", ("a", "b"), residual=True) == {
        "tracks/deep/a.wav": [f"out/a_{name}.wav" for name in ("a", "a_residual", "b", "b_residual")]
    }


@pytest.mark.parametrize(
    ("inputs", "output", "how", "message"),
    [
        (["mix.wav"], "out.xyz", {}, "out.xyz: unknown kind of file: end the name in .wav, .flac, .ogg, .mp3"),
        (["mix.wav", "song.mp3"], "out.wav", {}, "out.wav: one file for several inputs: give a folder"),
        (["tracks"], "out.wav", {}, "out.wav: one file for several inputs"),
        (["tracks"], "-", {}, "-o -: standard output holds one wav: give one input"),
        (["mix.wav"], "-", {"residual": True}, "-o -: standard output holds one wav: give one --text"),
        (["mix.wav"], "-", {"texts": ["a", "b"]}, "-o -: standard output holds one wav"),
        (["empty"], "out", {}, "empty: no file that ends in .wav"),
        (["mix.wav"], "mix.wav", {}, "mix.wav, an output of mix.wav, is an input too"),
        (["mix.wav"], ".", {}, "./mix.wav, an output of mix.wav, is an input too"),
        (["tracks"], "tracks", {}, "an output of tracks/a.FLAC, is an input too"),
        (["tracks/deep", "tracks/deep/a.wav"], "out", {}, "out/a.wav, an output of tracks/deep/a.wav, is an output of"),
        (["mix.wav", "./mix.wav"], "out", {}, "out/mix.wav, an output of ./mix.wav, is an output of mix.wav too"),
    ],
)
def test_clashes(files, inputs, output, how, message):
    with pytest.raises(LassError) as caught:
        names(inputs, output, **how)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_kinds_that_become_alike(files):
    (files / "tracks/b.mp3").touch()
    with pytest.raises(LassError, match="out/b.wav, an output of tracks/b.ogg, is an output of tracks/b.mp3 too"):
        names(["tracks"], "out")


def test_no_name_leads_out_of_the_folder(files):
    for paths in names(["tracks", "mix.wav"], "out", ("../../x", "/etc/passwd", "a\0b\n"), True).values():
        assert all(os.path.realpath(path).startswith(f"{files}/out/") and path.isprintable() for path in paths)
