"""egs/audiosep: all stages on the formatted sets of five recipes, which use their clips where they lie."""

import subprocess

import pytest

from lass.data.datadir import DataDir
from lass.io.table import read_table

from .conftest import SHORT_TRAINING, TINY_MODEL, make_formatted

PLACES = {"audioset": "all", "vggsound": "all", "audiocaps": "v1_all", "clotho": "part", "wavcaps": ""}


@pytest.fixture
def call(repository, environment):
    (repository / "conf" / "model" / "tiny.yaml").write_text(TINY_MODEL, encoding="utf-8")
    for corpus, place in PLACES.items():
        make_formatted(repository / "egs" / corpus, place, corpus in ("audioset", "vggsound", "audiocaps"),
                       corpus not in ("audioset", "vggsound"))
    clip = repository / "egs" / "wavcaps" / "data" / "train" / "utt2origin"  # a recording of Clotho's test
    clip.write_text(clip.read_text().replace("toy:wavcaps-train-0", "toy:clotho-test-0"))

    def run(*options: str) -> subprocess.CompletedProcess:
        run_sh = str(repository / "egs" / "audiosep" / "run.sh")
        command = [run_sh, "--model", "tiny", "--set", SHORT_TRAINING, *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=900, env=environment)

    return run


def test_all_stages(call, repository):
    done = call()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    recipe = repository / "egs" / "audiosep"
    sets = {name: DataDir(recipe / "data" / "clean" / name) for name in (*PLACES, "valid", "test")}
    assert {name: len(found) for name, found in sets.items()} == {
        "audioset": 6, "vggsound": 6, "audiocaps": 12, "clotho": 6, "wavcaps": 5, "valid": 24, "test": 18,
    }  # fmt: skip
    assert not (recipe / "data" / "flac").exists()
    assert sets["clotho"].wav["clotho-train-0"] == str(repository / "egs/clotho/data/flac/clotho-train-0.flac")
    assert sets["audioset"].captions_of("audioset-train-1") == ["Rain"] and not sets["clotho"].labels
    assert read_table(recipe / "data" / "clean" / "wavcaps" / "utt2origin")[0][1] == "toy:wavcaps-train-1"
    assert "| model" in (recipe / "RESULTS.md").read_text(encoding="utf-8")
    again = call()
    assert again.returncode == 0 and (again.stdout + again.stderr).count("nothing to do") >= 14


def test_as_in_the_paper(call, repository):
    """Clips of the test sets are trained on, those that choose are not; there is no test set of its own."""
    done = call("--leaks", "paper", "--stop_stage", "4")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    data = repository / "egs" / "audiosep" / "data" / "paper"
    assert len(DataDir(data / "wavcaps")) == 6 and not (data / "test").exists()


def test_audio_only(call, repository):
    """MERL's corpora; a row of its tables tells what is trained, and the experiment has its name."""
    egs = repository / "egs"
    (egs / "vggsound" / "data" / "all").rename(egs / "vggsound" / "data" / "all_without_audioset")
    rows = repository / "conf" / "variants" / "tiny.yaml"
    rows.write_text('B1: {data: {sets: [{dir: vggsound, query: {source: caption, template: "the sound of {}"}}]}}\n')
    done = call("--corpora", "audio_only", "--row", "B1", "--stop_stage", "6")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    data = egs / "audiosep" / "data" / "clean_audio_only"
    sets = {name: len(DataDir(data / name)) for name in ("audiocaps", "vggsound", "valid", "test")}
    assert sets == {"audiocaps": 6, "vggsound": 6, "valid": 12, "test": 18} and not (data / "audioset").exists()
    config = egs / "audiosep" / "exp" / "audiosep_tiny_B1_clean_audio_only" / "config.yaml"
    assert "template: the sound of {}" in config.read_text(encoding="utf-8")
    assert "no section 'B2'; it has B1" in call("--corpora", "audio_only", "--row", "B2", "--stage", "5").stderr


def test_sets_that_are_not_there(call, repository):
    (repository / "egs" / "clotho" / "data" / "part" / "train" / "utt2num_samples").unlink()
    done = call("--stop_stage", "2")
    assert done.returncode == 1
    assert "clotho/data/part/train: no formatted set: run stages 1 to 3 of egs/clotho" in done.stderr
