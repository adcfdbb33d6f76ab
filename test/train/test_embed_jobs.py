"""Stage embed by several jobs: what they leave is what one process leaves, and a bad file costs nothing but itself."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from lass.bin import embed
from lass.data.datadir import DataDir
from lass.errors import LassError
from lass.io import audio
from lass.io.table import read_table, write_table
from lass.queries.cache import TextEmbeddingCache
from lass.queries.clips import ClipEmbeddingCache
from lass.queries.frames import FrameEmbeddingCache

JOBS = 3
COLOURS = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]


@pytest.fixture
def asked(corpus, make_video, tiny_models, tmp_path, monkeypatch):
    """Copies the corpus, with videos, one of them broken; tells the arguments of the stage, by sound or by picture."""
    untouched, without_embeddings = corpus.data, shutil.ignore_patterns("embed")  # those of other tests

    def arguments(name: str, modality: str) -> tuple[Path, list[str]]:
        monkeypatch.setattr(corpus, "data", shutil.copytree(untouched, tmp_path / name, ignore=without_embeddings))
        clips = list(DataDir(corpus.data / "train").wav)
        for i, (utt, _) in enumerate(clips):
            make_video(tmp_path / f"{utt}.mp4", COLOURS[: 1 + i % 3])
        (tmp_path / f"{clips[4][0]}.mp4").write_bytes(b"no video")
        write_table(corpus.data / "train" / "video.scp", [(utt, str(tmp_path / f"{utt}.mp4")) for utt, _ in clips])
        model = {"audio": "Clap", "image": "Clip"}[modality]
        changes = [f"encoder={{class: lass.queries.{model.lower()}.{model}, model: {tiny_models[model]}}}",
                   f"query.otherwise={modality}", "query.text_ratio=0.5", "data.segment=0.5"]  # fmt: skip
        return corpus.data, corpus.arguments(tmp_path / "exp" / name, *changes)

    return arguments


def by_jobs(arguments: list[str], capsys, jobs: int = JOBS) -> None:
    capsys.readouterr()
    embed.main([*arguments, "--begin", str(jobs)])
    assert capsys.readouterr().out == f"{jobs}\n"
    for job in range(1, jobs + 1):
        embed.main([*arguments, "--job", str(job), "--num_jobs", str(jobs)])




@pytest.mark.parametrize("modality", ["audio", "image"])
def test_the_same_texts_and_vectors(modality, asked, capsys):
    data, arguments = asked("alone", modality)
    embed.main(arguments)
    together, theirs = asked("together", modality)
    by_jobs(theirs, capsys)
    assert not list(together.rglob("*_emb.scp")) and len(list(together.rglob("part-*.scp"))) == JOBS
    embed.main(theirs)
    assert not list(together.rglob("part-*.scp"))
    (alone,), (shared,) = (list((folder / "embed").iterdir()) for folder in (data, together))
    kind, name = {"audio": (ClipEmbeddingCache, "clips"), "image": (FrameEmbeddingCache, "frames")}[modality]
    names = DataDir(data / "train").wav if modality == "audio" else DataDir(data / "train").video
    caches = [(kind(folder / name), TextEmbeddingCache(folder)) for folder in (alone, shared)]
    embedded = [file for _, file in names if file in caches[0][0]]
    assert len(embedded) == (8 if modality == "audio" else 7)
    for file in embedded:
        np.testing.assert_array_equal(caches[0][0][file], caches[1][0][file])
    for table in ("text_emb.scp", f"{name}/{kind.table}"):
        keys = [[key for key, _ in read_table(folder / table)] for folder in (alone, shared)]
        assert keys[0] == keys[1]
    for text in ("a bell sounds", "one horn"):
        np.testing.assert_array_equal(caches[0][1][text], caches[1][1][text])
    if modality == "image":
        listed = [(folder / "train" / "failed_videos.tsv").read_text() for folder in (data, together)]
        assert listed[0] == listed[1] and listed[0].count("\n") == 2
        utts = [[utt for utt, _ in read_table(folder / "train" / "image_emb.scp")] for folder in (data, together)]
        assert utts[0] == utts[1] and len(utts[0]) == 7


def test_a_job_goes_on_where_it_was_killed(asked, capsys, monkeypatch, tmp_path):
    from lass.queries.clap import Clap

    _, arguments = asked("data", "audio")
    heard, encode = [], Clap.encode_audio
    monkeypatch.setattr(Clap, "encode_audio", lambda self, wave: heard.append(1) or encode(self, wave))
    monkeypatch.setattr(ClipEmbeddingCache, "a_part", 1)
    by_jobs(arguments, capsys)
    assert len(heard) == 8
    by_jobs(arguments, capsys, 4)  # another number of them
    embed.main(arguments)
    assert len(heard) == 8
    capsys.readouterr()
    for changes in ([], ["--exp", str(tmp_path / "other")], ["--set", "data.segment=0.6"]):
        embed.main([*arguments, *changes, "--begin", "3"])
    assert capsys.readouterr().out == "0\n0\n3\n"  # nothing is left for jobs, but clips may be whole that were not


def test_bad_clips_are_listed_and_the_others_embedded(asked, corpus, capsys, tmp_path):
    data, arguments = asked("data", "audio")
    clips = [tmp_path / f"bad{i}.wav" for i in range(2)]
    rows = read_table(data / "train" / "wav.scp")
    clips[0].write_bytes(b"no audio")
    audio.write(clips[1], np.zeros(0), 8000)
    for clip, i in zip(clips, (1, 6)):
        rows[i] = (rows[i][0], str(clip))
    write_table(data / "train" / "wav.scp", rows)
    by_jobs(arguments, capsys)
    assert "1 files failed" in capsys.readouterr().out
    with pytest.raises(LassError, match="failed_clips.tsv: 2 clips cannot be used: mend them, or take them"):
        embed.main(arguments)
    listed = (data / "train" / "failed_clips.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in listed] == ["utt", rows[1][0], rows[6][0]]
    (cache,) = (data / "embed").glob("*/clips")
    assert len(ClipEmbeddingCache(cache).missing(path for _, path in rows)) == 2


def test_nothing_for_jobs_where_texts_are_asked(corpus, tmp_path, capsys):
    embed.main([*corpus.arguments(tmp_path), "--begin", "9"])
    assert capsys.readouterr().out == "0\n"
    with pytest.raises(LassError, match="--job 4 of 3: jobs are counted from 1"):
        embed.main([*corpus.arguments(tmp_path), "--job", "4", "--num_jobs", "3"])
