"""From clips to a rendered test set, by the two commands `lass make_mixlist` and `lass mix`."""

import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lass.bin import make_mixlist
from lass.bin import mix as mix_command
from lass.data import levels, render
from lass.data.datadir import DataDir
from lass.data.mixlist import Mixture, read_mixlist
from lass.errors import LassError
from lass.io.table import read_table

CONFIG = """
test:
  mixtures_per_target: 2
  interferers: 2
  level: {rule: snr, low: -5, high: 5}
  query: {source: caption}
  seed: 3
"""


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "mix.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def mix(data: DataDir, folder: Path, config: Path, jobs: int = 1) -> None:
    arguments = [str(data.folder), str(folder), "--config", str(config)]
    for job in range(jobs, 0, -1):
        mix_command.main([*arguments, "--job", str(job), "--num_jobs", str(jobs)])
    mix_command.main([*arguments, "--finish"])


def make_list(data: DataDir, folder: Path, config: Path) -> list[Mixture]:
    make_mixlist.main([str(data.folder), str(folder), "--config", str(config)])
    return read_mixlist(folder / "mixlist.tsv")


def digests(folder: Path) -> dict[str, str]:
    """Name in the set -> md5 of each audio file."""
    files = folder.rglob("*.flac")
    return {str(path.relative_to(folder)): hashlib.md5(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def writes(monkeypatch) -> list[str]:
    """Names of the audio files in the order in which they are written."""
    names = []

    def write(path, *arguments):
        names.append("/".join(path.parts[-2:]))
        return original(path, *arguments)

    original = render.audio.write
    monkeypatch.setattr(render.audio, "write", write)
    return names


def test_the_rendered_set(six, tmp_path, config, capsys):
    folder = tmp_path / "test"
    mixtures = make_list(six, folder, config)
    mix(six, folder, config)
    assert capsys.readouterr().out == (
        f"{folder}/mixlist.tsv: 12 mixtures of 6 targets\n{folder}: 12 of 12 mixtures rendered\n"
    )
    ids = [m.mix_id for m in mixtures]
    for table, kind in (("wav.scp", "mix"), ("ref.scp", "ref"), ("interf.scp", "interf")):
        assert read_table(folder / table) == [(x, str(folder / kind / f"{x}.flac")) for x in ids]
    assert read_table(folder / "queries") == [(f"{m.mix_id}#{k}", q) for m in mixtures for k, q in enumerate(m.queries)]
    wrong = [(f"{m.mix_id}#{k}", q) for m in mixtures for k, q in enumerate(six.captions_of(m.interferers[0].utt))]
    assert read_table(folder / "interf_queries") == wrong
    assert read_table(folder / "interf2labels") == [
        (m.mix_id, " ".join(six.labels_of(m.interferers[0].utt))) for m in read_mixlist(folder / "mixlist.tsv")
    ]
    assert read_table(folder / "task") == [(x, "extraction") for x in ids]
    assert read_table(folder / "utt2labels") == [(m.mix_id, " ".join(m.labels)) for m in mixtures]
    assert dict(read_table(folder / "labels")) == {"bell": "Bell", "dog": "Dog", "rain": "Rain"}
    assert len(digests(folder)) == 36 and soundfile.info(folder / "mix" / f"{ids[0]}.flac").subtype == "PCM_24"


def test_target_and_interference_sum_to_the_mixture(six, tmp_path, config):
    folder = tmp_path / "test"
    for mixture in make_list(six, folder, config):
        render.render(six, mixture, folder, None)
        waves = {
            kind: soundfile.read(folder / kind / f"{mixture.mix_id}.flac", dtype="int32")[0].astype(np.int64) >> 8
            for kind in ("mix", "ref", "interf")
        }
        assert np.abs(waves["ref"] + waves["interf"] - waves["mix"]).max() <= 1  # step of 24 bits
        ratio = 10 * np.log10(levels.energy(waves["ref"]) / levels.energy(waves["interf"]))
        assert ratio == pytest.approx(mixture.params["snr"], abs=1e-3)


def test_another_folder_renders_the_same_bits_from_the_gains_file(six, tmp_path, config, monkeypatch):
    first, second = tmp_path / "1" / "test", tmp_path / "2" / "test"
    make_list(six, first, config)
    mix(six, first, config)
    second.mkdir(parents=True)
    for name in ("mixlist.tsv", "gains.tsv"):
        shutil.copy(first / name, second / name)
    monkeypatch.setattr(levels, "gains", None)  # gains are read, not computed
    mix(six, second, config, jobs=2)
    assert digests(first) == digests(second)
    for path in first.rglob("*.flac"):
        assert np.array_equal(soundfile.read(path)[0], soundfile.read(second / path.relative_to(first))[0])
    assert (first / "gains.tsv").read_bytes() == (second / "gains.tsv").read_bytes()


def test_parallel_jobs_do_what_one_does(six, tmp_path, config):
    one, many = tmp_path / "1" / "test", tmp_path / "5" / "test"
    for folder, jobs in ((one, 1), (many, 5)):
        make_list(six, folder, config)
        mix(six, folder, config, jobs)
    assert digests(one) == digests(many)
    for name in ("gains.tsv", "queries", "interf_queries", "task"):
        assert (one / name).read_bytes() == (many / name).read_bytes()


def test_an_interrupted_render_goes_on(six, tmp_path, config, writes, monkeypatch):
    whole, folder = tmp_path / "whole" / "test", tmp_path / "test"
    ids = [m.mix_id for m in make_list(six, whole, config)]
    mix(six, whole, config)
    make_list(six, folder, config)
    writes.clear()
    recorded = render.audio.write

    def interrupted(*arguments):
        if len(writes) == 7:  # two mixtures and the interference of the third
            raise KeyboardInterrupt
        return recorded(*arguments)

    monkeypatch.setattr(render.audio, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mix(six, folder, config)
    assert sorted(path.stem for path in (folder / "mix").iterdir()) == ids[:2]
    with pytest.raises(LassError, match="12 mixtures are not rendered .*run stage mix again"):
        mix_command.main([str(six.folder), str(folder), "--config", str(config), "--finish"])
    monkeypatch.setattr(render.audio, "write", recorded)
    writes.clear()
    mix(six, folder, config)
    assert len(writes) == 30 and {name.split("/")[1].removesuffix(".flac") for name in writes} == set(ids[2:])
    assert digests(folder) == digests(whole)
    assert (folder / "gains.tsv").read_bytes() == (whole / "gains.tsv").read_bytes()
    writes.clear()
    monkeypatch.setattr(render, "sources", None)  # nor is a source read
    mix(six, folder, config)
    assert writes == []


def test_a_newer_source_is_rendered_again(six, tmp_path, config, writes):
    folder = tmp_path / "test"
    mixtures = make_list(six, folder, config)
    mix(six, folder, config)
    os.utime(six.wav["c3"], (4e9, 4e9))
    writes.clear()
    mix(six, folder, config)
    users = {m.mix_id for m in mixtures if "c3" in {m.target.utt, *(s.utt for s in m.interferers)}}
    assert 0 < len(users) < len(mixtures)
    assert sorted(writes) == sorted(f"{kind}/{x}.flac" for x in users for kind in ("mix", "ref", "interf"))


def test_finish_looks_at_the_audio(six, tmp_path, config):
    folder = tmp_path / "test"
    mixtures = make_list(six, folder, config)
    mix(six, folder, config)
    (folder / "mix" / f"{mixtures[4].mix_id}.flac").unlink()
    with pytest.raises(LassError, match=rf"1 mixtures are not rendered \({mixtures[4].mix_id}\)"):
        mix_command.main([str(six.folder), str(folder), "--config", str(config), "--finish"])


def test_a_new_list_drops_what_an_older_one_rendered(six, tmp_path, config, capsys):
    folder = tmp_path / "test"
    old = make_list(six, folder, config)
    mix(six, folder, config, jobs=12)
    before = digests(folder)
    capsys.readouterr()
    make_list(six, folder, config)
    assert capsys.readouterr().out == f"{folder}/mixlist.tsv: 12 mixtures, unchanged\n"
    assert digests(folder) == before and (folder / "gains.tsv").exists()
    config.write_text(CONFIG.replace("seed: 3", "seed: 4"), encoding="utf-8")
    assert make_list(six, folder, config) != old
    assert digests(folder) == {} and not (folder / "gains.tsv").exists()
    mix(six, folder, config, jobs=2)
    fresh = tmp_path / "fresh" / "test"
    make_list(six, fresh, config)
    mix(six, fresh, config)
    assert (folder / "gains.tsv").read_bytes() == (fresh / "gains.tsv").read_bytes()  # nothing of the old jobs
    assert digests(folder) == digests(fresh) != before


def test_damaged_gains(six, tmp_path, config):
    folder = tmp_path / "test"
    make_list(six, folder, config)
    mix(six, folder, config)
    path = folder / "gains.tsv"
    good = path.read_text()
    shutil.rmtree(folder / "mix")
    for text, message in (
        ("", "gains.tsv:1: the header must be mix_id gains clip"),
        (good.replace("\t1 ", "\t"), "has 2 gains for 3 sources; remove the file"),
        (good.replace("\t1 ", "\tone "), "holds what is no number; remove the file"),
        (good.replace("\t1 ", " 1 "), "gains.tsv:2: .* has not three columns; remove the file"),
    ):
        path.write_text(text)
        with pytest.raises(LassError, match=message):
            mix(six, folder, config)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("seed:", "sede:"), "mix.yaml: test: unknown key 'sede'; draw_mixlist takes level, query,"),
        (("test:", "valid:"), "mix.yaml: no section 'test'; it has valid"),
        (("  mixtures_per_target: 2\n", ""), "test: missing key 'mixtures_per_target', which draw_mixlist needs"),
        (("source:", "sauce:"), "query: unknown key 'sauce'"),
        (("rule: snr, low", "low"), "expected rule:"),
    ],
)
def test_wrong_set_yaml(six, tmp_path, config, change, message):
    config.write_text(CONFIG.replace(*change), encoding="utf-8")
    with pytest.raises(LassError, match=message):
        make_list(six, tmp_path / "test", config)
    assert not (tmp_path / "test").exists()


def test_wrong_jobs_and_section_of_the_mix_command(six, tmp_path, config):
    folder = tmp_path / "test"
    make_list(six, folder, config)
    arguments = [str(six.folder), str(folder), "--config", str(config)]
    with pytest.raises(LassError, match="job 0 of 2: jobs are counted from 1"):
        mix_command.main([*arguments, "--job", "0", "--num_jobs", "2"])
    with pytest.raises(LassError, match="no such mixture list"):
        mix_command.main([str(six.folder), str(tmp_path / "other"), "--config", str(config)])
    mix_command.main(arguments)
    config.write_text(CONFIG.replace("test:", "valid:"), encoding="utf-8")
    with pytest.raises(LassError, match="no section 'test'"):
        mix_command.main([*arguments, "--finish"])


def test_a_published_list(six, tmp_path, config, capsys):
    """Of its pairs those are kept whose clips are in the set; how many there are in all is noted."""
    config.write_text("test: {level: {rule: snr, low: 0, high: 0}, query: {source: labels}}\n")
    one, two, three = (six.utts(i) for i in range(3))
    pairs, folder = tmp_path / "pairs", tmp_path / "test"
    pairs.write_text(f"p-0 {one} {two}\np-1 {three} {one} {two}\np-2 {one} unheard\n")
    arguments = [str(six.folder), str(folder), "--config", str(config), "--pairs", str(pairs)]
    make_mixlist.main(arguments)
    assert f"{pairs}: 2 of 3 mixtures, those whose clips are all in {six.folder}" in capsys.readouterr().out
    assert (folder / "num_expected").read_text() == "3\n"
    found = read_mixlist(folder / "mixlist.tsv")
    clips = [(m.mix_id, m.target.utt, [s.utt for s in m.interferers]) for m in found]
    assert clips == [("p-0", one, [two]), ("p-1", three, [one, two])]
    assert found[0].params == {"snr": 0.0} and found[0].labels == tuple(six.labels_of(one))
    mix(six, folder, config)
    assert len(digests(folder)) == 6

    config.write_text(CONFIG)
    make_list(six, folder, config)  # drawn again: no part of a list
    assert not (folder / "num_expected").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [("p-0 a\n", "pairs: p-0 has no interferer"), ("p-0 x y\n", "pairs: no mixture has all its clips in .*; leave")],
)
def test_wrong_lists(content, message, six, tmp_path, config):
    config.write_text("test: {level: {rule: snr, low: 0, high: 0}, query: {source: labels}}\n")
    (tmp_path / "pairs").write_text(content)
    arguments = [str(six.folder), str(tmp_path / "test"), "--config", str(config), "--pairs", str(tmp_path / "pairs")]
    with pytest.raises(LassError, match=message):
        make_mixlist.main(arguments)
