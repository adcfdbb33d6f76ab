"""egs/hsm_tss: all stages on the formatted sets of other recipes; tags tell which clips may be mixed."""

import json
import subprocess

import pytest
import yaml

from lass.data.datadir import DataDir
from lass.data.mixlist import read_mixlist

from .conftest import RATE, SHORT_TRAINING, TINY_MODEL, make_formatted

PLACES = {"audiocaps": "v1_all", "clotho": "published", "esc50": "esc50_fold5", "fsd50k": "", "wavcaps": "",
          "musicinstr": ""}  # fmt: skip
TESTS = ("hsm_audiocaps", "hsm_clotho", "hsm_fsd50k", "hsm_music", "hsm_3sets")
PUBLISHED_LSD = {"hsm_audiocaps": "2.14", "hsm_clotho": "1.62", "hsm_fsd50k": "4.31", "hsm_music": "1.62",
                 "hsm_3sets": "3.04"}  # fmt: skip  # of AudioSep, Tables II and IV
# One of Freesound, a whole one, a part of one, one of 60 s and a sample, and one of YouTube; no name tells the sixth.
WAVCAPS = ["FreeSound-1", "BBC_Sound_Effects-7", "BBC_Sound_Effects-8-0", "SoundBible-9", "AudioSet_SL-x"]


def write_ontology(recipe, path) -> None:
    """All labels that the recipe knows words for, two steps below a root, and two below Dog."""
    names = list(yaml.safe_load((recipe / "local" / "words.yaml").read_text(encoding="utf-8"))["words"])
    children = {"Sounds": ["Things"], "Things": names[:], "Dog": ["Bark", "Howl"]}
    names += ["Sounds", "Things", "Bark", "Howl"]
    entries = [{"id": f"/m/{name}", "name": name, "child_ids": [f"/m/{child}" for child in children.get(name, ())]}
               for name in names]  # fmt: skip
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(entries), encoding="utf-8")


@pytest.fixture
def call(repository, environment):
    egs = repository / "egs"
    (repository / "conf" / "model" / "tiny.yaml").write_text(TINY_MODEL, encoding="utf-8")
    for corpus, place in PLACES.items():
        make_formatted(egs / corpus, place, corpus != "clotho", corpus not in ("fsd50k", "musicinstr"))
    write_ontology(egs / "hsm_tss", egs / "fsd50k" / "downloads" / "ontology.json")
    for table in ("wav.scp", "captions", "text", "utt2labels", "utt2origin", "utt2num_samples"):
        path = egs / "wavcaps" / "data" / "train" / table
        text = path.read_text()
        for k, name in enumerate(WAVCAPS):
            text = text.replace(f"toy:wavcaps-train-{k}", f"toy:{name.split('-')[1]}")
            for end in " #":
                text = text.replace(f"wavcaps-train-{k}{end}", f"wavcaps-{name}{end}")
        text = text.replace(f"wavcaps-SoundBible-9 {RATE}", f"wavcaps-SoundBible-9 {60 * RATE + 1}")
        path.write_text("".join(sorted(text.splitlines(keepends=True))))

    def run(*options: str) -> None:
        command = [str(egs / "hsm_tss" / "run.sh"), "--model", "tiny", "--set", SHORT_TRAINING, *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, env=environment)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]

    return run


def test_all_stages(call, repository):
    call("--leaks", "paper", "--removal", "true")
    recipe = repository / "egs" / "hsm_tss"
    data = recipe / "data" / "paper"
    sets = {name: DataDir(data / name) for name in ("audiocaps", "clotho", "fsd50k", "wavcaps", "esc50", "valid")}
    assert {name: len(found) for name, found in sets.items()} == {
        "audiocaps": 6, "clotho": 6, "fsd50k": 6, "wavcaps": 2, "esc50": 18, "valid": 18,
    }  # fmt: skip
    assert [utt for utt, _ in sets["wavcaps"].wav] == ["wavcaps-AudioSet_SL-x", "wavcaps-BBC_Sound_Effects-7"]
    assert sets["clotho"].captions_of("clotho-train-1") == ["a rain sounds"]
    assert sets["clotho"].labels_of("clotho-train-1") == ["rain"] == sets["fsd50k"].labels_of("fsd50k-train-1")
    assert sets["esc50"].captions_of("esc50-train-0") == ["Dog"] and not (recipe / "data" / "flac").exists()
    assert "a dog sounds\tDog\n" in (recipe / "data" / "tags.tsv").read_text(encoding="utf-8")
    for name, clips in {"hsm_audiocaps": 6, "hsm_fsd50k": 6, "hsm_music": 6, "hsm_3sets": 18}.items():
        pairs = read_mixlist(data / "mix" / name / "mixlist.tsv")
        clip_set = DataDir(data / name)
        assert len(pairs) == clips and all(abs(pair.params["snr"]) <= 15 for pair in pairs)
        assert all(not set(clip_set.labels_of(pair.target.utt)) & set(clip_set.labels_of(pair.interferers[0].utt))
                   for pair in pairs)  # fmt: skip
    results = (recipe / "RESULTS.md").read_text(encoding="utf-8")
    assert len(list(recipe.glob("exp/*/*.tar.gz"))) == 1
    for name in TESTS:
        heading = name.replace("_", "\\_")
        assert f"\n## {heading}\n" in results, results
        part = results.split(f"\n## {heading}\n")[1].split("\n## ")[0]
        assert "AudioSep" in part and PUBLISHED_LSD[name] in part, part
    score = json.loads(next(recipe.glob("exp/*/score/hsm_music/removal/results.json")).read_text())
    assert score["score_rate"] == 16000 and score["separation"]["query_rule"].startswith("removal: "), score


def test_clean_and_a_table_that_is_kept(call, repository):
    """ESC-50 is left out; tags that stand in the table, of a language model as it may be, are used as they are."""
    recipe = repository / "egs" / "hsm_tss"
    (recipe / "data").mkdir()
    (recipe / "data" / "tags.tsv").write_text("a dog sounds\tdog howl\tnight\n")
    call("--stop_stage", "3")
    found = DataDir(recipe / "data" / "clean" / "clotho")
    assert found.labels_of("clotho-train-0") == ["dog_howl", "night"] and found.labels["dog_howl"] == "dog howl"
    assert not (recipe / "data" / "clean" / "esc50").exists()
