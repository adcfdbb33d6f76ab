"""The registered test sets: every yaml is good, and fits the published lists."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from lass.bin import test_sets as command
from lass.data import testsets
from lass.data.published import fill
from lass.data.rendered import read_questions
from lass.data.testset_dir import prepare
from lass.data.testsets import find_set, read_set, registered
from lass.errors import LassError
from lass.io import audio
from lass.io.table import read_table
from lass.metrics.registry import METRICS
from lass.report.published import rows

LISTED = {  # sets of which the shared material has the lists: mixtures, clips that are targets, interferers
    "audiosep_audiocaps": (4820, 964, 957),
    "audiosep_audioset": (5270, 5270, 0),
    "audiosep_clotho": (5225, 1045, 1045),
    "audiosep_esc50": (2000, 2000, 1274),
    "audiosep_music": (5004, 556, 541),
    "audiosep_vggsound": (1000, 100, 1000),
    "lass_test": (1000, 200, 197),
}
TOY = {
    "title": "Toy",
    "expected": 4,
    "sample_rate": 8000,
    "aggregate": "class_median",
    "query": "label",
    "list": {
        "file": "toy.csv",
        "form": {
            "target": {"clip": "{target}.wav", "origin": "freesound:{target}"},
            "interferers": [{"clip": "{noise}.wav", "origin": "freesound:{noise}"}],
        },
    },
    "mix_id": "toy-{line:0>2}",
    "queries": ["{label}"],
    "label": "{label}",
    "audio": {"mixture": "toy/mix, a=b {line}.wav", "target": "toy/seg {line}.wav"},
    "mix": {"clips": "toy", "level": {"rule": "snr", "low": "{snr}", "high": "{snr}"}},
}
LINES = ["target,noise,label,snr", "1,2,a bell,5", "2,1,rain,-3", "3,1,a bell,0"]


@pytest.fixture
def root(shared, tmp_path) -> Path:
    """A benchmark root with the lists that the shared material has."""
    (tmp_path / "metadata").mkdir()
    for path in (shared / "data" / "metadata" / "audiosep_eval").glob("*.csv"):
        (tmp_path / "metadata" / path.name).symlink_to(path)
    for split in ("train", "val", "test"):
        name = tmp_path / "metadata" / f"audiocaps_{split}.csv"
        name.symlink_to(shared / "data" / "metadata" / "audiocaps" / f"{split}.csv")
    path = shared / "data" / "metadata" / "lass_test" / "evaluation_indexes.csv"
    (tmp_path / "metadata" / path.name).symlink_to(path)
    return tmp_path


@pytest.fixture
def toy(tmp_path):
    """Makes a yaml and a list; ``toy(aggregate="mean")`` with changes."""
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "toy.csv").write_text("\n".join(LINES) + "\n")

    def make(**changes):
        (tmp_path / "toy.yaml").write_text(yaml.safe_dump(TOY | changes))
        return find_set(str(tmp_path / "toy.yaml"))

    return make


def clip(seed: int, samples: int = 4000) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.3, 0.3, samples)


@pytest.mark.parametrize("name", registered())
def test_every_yaml(name):
    testset = find_set(name)
    assert testset.expected >= 250 and testset.sample_rate in (16000, 32000)
    assert testset.sources and testset.published
    assert all(row.source and row.metrics for row in rows(testset.published, name))
    assert set(testset.metrics) <= METRICS.keys()
    assert testset.mix or testset.audio


def test_the_sets_of_the_papers_are_there():
    counts = {name: testset.expected for name, testset in registered().items()}
    assert counts.items() >= {name: mixtures for name, (mixtures, *_) in LISTED.items()}.items()
    assert counts.items() >= {"voicebank_demand": 824, "lass_sub_test": 250, "dcase2024_task9": 3000,
                              "hsm_3sets": 1000, "hsm_music": 500, "audiocaps_mini": 500}.items()  # fmt: skip


@pytest.mark.parametrize("name", LISTED)
def test_published_lists(root, name):
    testset = find_set(name)
    lines = list(testset.captioned(root))
    assert len(lines) == testset.expected == LISTED[name][0]
    own = {(found.role, found.clip) for found in testset.heard(root)} if not testset.missing(root) else {
        (role, each.clip)
        for line in lines
        for role, each in zip(("target", "interferer", "interferer"), testset.list.form.clips(line))
    }
    assert tuple(Counter(role for role, _ in own)[role] for role in ("target", "interferer")) == LISTED[name][1:]


def test_captions_of_lass_test(root):
    testset = find_set("lass_test")
    captions = {line.fields["target_wav"]: line.fields["caption"] for line in testset.captioned(root)}
    assert len(captions) == 200 and all(captions.values())


def test_another_list_than_the_published_one(root):
    path = root / "metadata" / "esc50_eval.csv"
    content = path.read_text().replace("dog", "cat", 1)
    path.unlink()
    path.write_text(content)
    with pytest.raises(LassError, match="its MD5 is not 062865f29173d7b95a0f70be7b1e7da4"):
        list(find_set("audiosep_esc50").captioned(root))


def test_published_audio_is_read_as_it_is(toy, tmp_path):
    """Names with blanks, commas and =; a file of another rate or with two channels is converted, not refused."""
    (tmp_path / "data" / "toy").mkdir(parents=True)
    for line, rate, channels in ((1, 8000, 1), (2, 16000, 2)):
        for name, seed in ((f"mix, a=b {line}", 0), (f"seg {line}", 1)):
            wave = np.stack([clip(seed, rate // 2)] * channels, axis=1)
            soundfile.write(tmp_path / "data" / "toy" / f"{name}.wav", wave, rate)
    out = tmp_path / "out"
    assert prepare(toy(), tmp_path, out) == "published"
    mixtures = dict(read_table(out / "wav.scp"))
    assert mixtures["toy-01"] == str(tmp_path / "data" / "toy" / "mix, a=b 1.wav")
    assert list(mixtures) == ["toy-01", "toy-02"]
    assert {audio.info(path) for path in mixtures.values()} == {(8000, 1, 4000)}
    assert [(q.key, q.text) for q in read_questions(out)] == [("toy-01#0", "a bell"), ("toy-02#0", "rain")]
    assert dict(read_table(out / "interf_queries")) == {"toy-01#0": "rain", "toy-02#0": "a bell"}
    assert dict(read_table(out / "labels")) == {"a_bell": "a bell", "rain": "rain"}
    assert (out / "num_expected").read_text() == "4\n"
    facts = json.loads((out / "set.json").read_text())
    assert facts["audio"] == "published" and facts["aggregate"] == "class_median" and facts["query"] == "label"


def test_rebuilt_from_clips(toy, tmp_path):
    """Two of three lines have their clips; one clip is a flac. Levels are those of the list, or drawn without them."""
    (tmp_path / "clips" / "toy").mkdir(parents=True)
    soundfile.write(tmp_path / "clips" / "toy" / "1.flac", clip(1), 8000)
    soundfile.write(tmp_path / "clips" / "toy" / "2.wav", clip(2, 22050), 44100)
    out = tmp_path / "out"
    assert prepare(toy(), tmp_path, out, num_workers=2) == "rebuilt"
    for mix, snr in (("toy-01", 5), ("toy-02", -3)):
        mixture, target, rest = (audio.read(dict(read_table(out / table))[mix])[0]
                                 for table in ("wav.scp", "ref.scp", "interf.scp"))  # fmt: skip
        np.testing.assert_allclose(mixture, target + rest, atol=2e-6)
        assert 10 * np.log10(np.sum(target**2) / np.sum(rest**2)) == pytest.approx(snr, abs=0.01)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.flac")}
    assert prepare(toy(mix=TOY["mix"] | {"exact": True}), tmp_path, out) == "exact"
    assert before == {path: path.stat().st_mtime_ns for path in out.rglob("*.flac")}


def test_lass_sub_test_asks_each_mixture_in_five_ways(tmp_path):
    """By a list as its yaml describes it: two mixtures of one target, each with the captions of five people."""
    texts = [f'"a dog, as {name} hears it"' for name in "ABCDE"]
    head = "target_wav,noise_wav," + ",".join(f"caption_{k}" for k in range(1, 6))
    (tmp_path / "metadata").mkdir()
    lines = [head, ",".join(["aaa", "bbb", *texts]), ",".join(["aaa", "ccc", *texts])]
    (tmp_path / "metadata" / "lass_sub_test.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "clips" / "audiocaps").mkdir(parents=True)
    for seed, name in enumerate(("aaa", "bbb", "ccc")):
        soundfile.write(tmp_path / "clips" / "audiocaps" / f"Y{name}.wav", clip(seed), 32000)
    out = tmp_path / "out"
    assert prepare(find_set("lass_sub_test"), tmp_path, out) == "rebuilt"
    questions = read_questions(out)
    assert [q.key for q in questions] == [f"lass-sub-test-{i:04}#{k}" for i in (1, 2) for k in range(5)]
    assert [q.text for q in questions[:5]] == [text.strip('"') for text in texts]
    mixture, target, rest = (audio.read(dict(read_table(out / table))["lass-sub-test-0001"])[0]
                             for table in ("wav.scp", "ref.scp", "interf.scp"))  # fmt: skip
    assert np.abs(target).max() == pytest.approx(np.abs(rest).max(), rel=1e-4)  # peaks at 0 dB, as in LASS-Test


def test_no_audio(toy, tmp_path):
    assert prepare(toy(), tmp_path, tmp_path / "out") == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", LISTED)
def test_real_names(root, name):
    """The first lines of each real list, from published audio and from clips: commas, =, +, blanks, leading dashes."""
    testset = find_set(name)
    lines = list(testset.captioned(root))[:3]
    wave = clip(0, testset.sample_rate // 2)
    paths = [root / "data" / fill(testset.audio[key], line) for line in lines for key in testset.audio]
    if testset.mix:
        folder = root / "clips" / testset.mix.clips
        paths += [folder / each.clip for line in lines for each in testset.list.form.clips(line)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, wave, testset.sample_rate)
    for kind in ["published"] * bool(testset.audio) + ["rebuilt"] * bool(testset.mix):
        assert prepare(testset, root, root / kind) == kind
        assert {audio.info(path).sample_rate for _, path in read_table(root / kind / "wav.scp")} == {32000}
        asked = dict(read_table(root / kind / "queries"))
        assert len(asked) >= 3 and all(asked.values())
        if kind == "published":
            (root / "data").rename(root / "moved")


@pytest.mark.parametrize("line, message", [
    ("../../1,2,a bell,5", r"toy.csv:2: '../../1.wav' leads out of"),
    ("/1,2,a bell,5", "leads out of"),
    ("1,2,,5", "toy.csv:2: no text to ask toy with"),
    ("1,2,a bell,loud", "toy.csv:2: level .*'loud' is no number"),
])  # fmt: skip
def test_lists_that_are_not_to_be_trusted(toy, tmp_path, line, message):
    (tmp_path / "clips" / "toy").mkdir(parents=True)
    for name in "12":
        soundfile.write(tmp_path / "clips" / "toy" / f"{name}.wav", clip(1), 8000)
    (tmp_path / "metadata" / "toy.csv").write_text(f"{LINES[0]}\n{line}\n")
    with pytest.raises(LassError, match=message):
        prepare(toy(audio={}), tmp_path, tmp_path / "out")


@pytest.mark.parametrize("changes, message", [
    ({"aggregate": "median"}, "aggregate 'median' is not one of mean, class_mean, class_median"),
    ({"colour": "red"}, "unknown key 'colour'"),
    ({"list": {"form": "audiocaps"}}, "list: give file or glob"),
    ({"mix": TOY["mix"] | {"join": "add"}}, "mix: join is not one of sum, concat"),
    ({"expected": 2}, "toy: 3 mixtures are listed, 2 expected"),
    ({"mix_id": "toy"}, "id 'toy' is malformed or stands twice"),
])  # fmt: skip
def test_wrong_yaml(toy, tmp_path, changes, message):
    with pytest.raises(LassError, match=message):
        prepare(toy(**changes), tmp_path, tmp_path / "out")


def test_no_such_set():
    with pytest.raises(LassError, match="esc51: no test set .* audiosep_esc50"):
        find_set("esc51")
    with pytest.raises(LassError, match="cannot read"):
        read_set(Path("/none/x.yaml"))


def test_command(toy, tmp_path, capsys, monkeypatch):
    """It tells what is there, how to get the rest, and downloads what has an address."""
    command.main(["audiosep_esc50", "hsm_music", "--root", str(tmp_path)])
    printed = capsys.readouterr().out
    assert "audiosep_esc50: ESC-50 (AudioSep), 2000 mixtures at 32000 Hz, asked with label, mean" in printed
    assert "esc50_eval.csv: no such list; run lass test_sets --download" in printed
    assert "hsm_music.csv: no such list; it is not published" in printed
    fetched = []
    monkeypatch.setattr("lass.io.download.fetch", lambda url, path, md5: fetched.append((url, path, md5)))
    command.main(["audiosep_esc50", "hsm_music", "--root", str(tmp_path), "--download"])
    assert [path.name for _, path, _ in fetched] == ["esc50_eval.csv", "music_eval.csv"]
    assert all(url.startswith("https://") and len(md5) == 32 for url, _, md5 in fetched)
    assert testsets.ROOT.name == "benchmark"
