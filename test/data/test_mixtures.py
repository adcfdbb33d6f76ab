"""Training mixtures made on the fly."""

import pickle
from collections import Counter

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from lass.data.datadir import DataDir, Row, write_data_dir
from lass.data.mixtures import MAX_CROPS, TrainingMixtures
from lass.errors import LassError

RATE = 8000  # Hz
SETTINGS = {
    "query": {"source": "caption", "template": ["{}", "hear {}"]},
    "segment": 0.1,
    "level": {"rule": "snr", "low": -5, "high": 5},
    "interferers": 1,
    "sample_rate": RATE,
    "seed": 0,
}


def mixtures(data: DataDir | list[dict], **changes) -> TrainingMixtures:
    sets = data if isinstance(data, list) else [{"dir": data.folder}]
    return TrainingMixtures(sets, **(SETTINGS | changes))


def targets(found: TrainingMixtures, epoch: int) -> list[str]:
    return [found[epoch * len(found) + i]["utt"].split(" + ")[0] for i in range(len(found))]


def assert_equal_examples(one: dict, other: dict) -> None:
    assert one.keys() == other.keys()
    for key, value in one.items():
        same = torch.equal(value, other[key]) if isinstance(value, torch.Tensor) else value == other[key]
        assert same, key


def level_db(wave: torch.Tensor) -> float:
    return float(10 * torch.log10(wave.double().square().mean()))


def test_an_example(six):
    found = mixtures(six)
    for n in range(12):
        example = found[n]
        mixture, target = example["mixture"], example["target"]
        assert mixture.shape == target.shape == (1, 800) and mixture.dtype == target.dtype == torch.float32
        one, other = example["utt"].split(" + ")
        assert six.labels_of(one) != six.labels_of(other)
        assert example["query"].removeprefix("hear ") in six.captions_of(one)
        assert -5.001 <= level_db(target) - level_db(mixture - target) <= 5.001
        assert mixture.abs().max() <= 1.0 and example["redraws"].tolist() == [0, 0]


def test_all_sources_and_what_they_are_asked_by(six):
    plain, found = (mixtures(six, interferers=2, ask_all=all_sources) for all_sources in (False, True))
    for n in range(6):
        example, others = found[n], found[n]["others"]
        names = example["utt"].split(" + ")
        assert len(others) == 2 and "others" not in plain[n]
        torch.testing.assert_close(example["target"] + sum(o["target"] for o in others), example["mixture"])
        for name, other in zip(names[1:], others):
            assert other["query"].removeprefix("hear ") in six.captions_of(name) and other["asked"] == "text"
    batch = next(iter(DataLoader(found, batch_size=3)))
    assert [o["target"].shape for o in batch["others"]] == [(3, 1, 800)] * 2 and len(batch["others"][1]["query"]) == 3


def test_examples_depend_on_seed_epoch_and_index_alone(six):
    found = mixtures(six)
    ordered = [found[n] for n in range(18)]
    for n in np.random.default_rng(0).permutation(18):
        assert_equal_examples(mixtures(six)[int(n)], ordered[n])
    mixed = mixtures(six, seed=1)
    assert sum(torch.equal(mixed[n]["mixture"], ordered[n]["mixture"]) for n in range(18)) == 0
    assert not any(torch.equal(a["mixture"], b["mixture"]) for a, b in zip(ordered[:6], ordered[6:12]))


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_examples_do_not_depend_on_workers(six, workers):
    found = mixtures(six)
    loader = DataLoader(found, batch_sampler=[[0, 1, 2], [3, 4, 5], [6, 7, 8]], num_workers=workers)
    for number, batch in enumerate(loader):
        for k in range(3):
            assert_equal_examples({key: value[k] for key, value in batch.items()}, found[3 * number + k])


def test_workers_that_are_spawned_can_have_it(six):
    found = mixtures(six, interferers=2)
    again = pickle.loads(pickle.dumps(found))
    for n in (0, 5, 13):
        assert_equal_examples(again[n], found[n])


def test_each_clip_is_the_target_once_an_epoch(six):
    found = mixtures(six)
    assert len(found) == 6
    orders = [targets(found, epoch) for epoch in range(8)]
    assert all(sorted(order) == sorted(utt for utt, _ in six.wav) for order in orders)
    assert len(set(map(tuple, orders))) > 4


def test_weights(six, clip_set):
    other = clip_set({f"d{i}": ("wind", np.sin(np.arange(2000) * (i + 1) / 20)) for i in range(4)}, "other")
    found = mixtures([{"dir": six.folder, "weight": 0.5}, {"dir": other.folder, "weight": 2}])
    assert len(found) == 3 + 8
    epochs = [Counter(targets(found, epoch)) for epoch in range(2)]
    for epoch in epochs:
        assert {utt: epoch[utt] for utt, _ in other.wav} == {"d0": 2, "d1": 2, "d2": 2, "d3": 2}
    assert all(epochs[0][utt] + epochs[1][utt] == 1 for utt, _ in six.wav)  # the other half comes next


def test_a_query_rule_for_one_of_the_sets(six, clip_set):
    other = clip_set({"d0": ("wind", np.sin(np.arange(2000) / 9))}, "other")
    rule = {"source": "labels", "template": "sound of {}"}
    found = mixtures([{"dir": six.folder}, {"dir": other.folder, "query": rule}])
    queries = {example["utt"].split(" + ")[0]: example["query"] for example in map(found.__getitem__, range(7))}
    assert queries.pop("d0") == "sound of Wind"
    assert all(query.removeprefix("hear ") in six.captions_of(utt) for utt, query in queries.items())
    assert set(found.texts()) == {
        "sound of Wind", *(f"{start}{x}" for utt, _ in six.wav for x in six.captions_of(utt) for start in ("", "hear "))
    }  # fmt: skip


def test_relative_folders_start_from_the_root(six, tmp_path):
    assert len(TrainingMixtures([{"dir": "clips"}], **SETTINGS, root=tmp_path)) == 6


def test_several_interferers_have_labels_of_their_own(six):
    found = mixtures(six, interferers=2)
    for n in range(12):
        utts = found[n]["utt"].split(" + ")
        assert len({label for utt in utts for label in six.labels_of(utt)}) == 3


def test_clips_that_share_one_of_their_labels_are_not_mixed(six, tmp_path):
    """Each has three labels, two of them those of its neighbours: what fits c0 is c3."""
    labels = [{f"l{(i + k) % 6}": str((i + k) % 6) for k in range(3)} for i in range(6)]
    rows = [Row(utt, path, ["x"], own) for (utt, path), own in zip(six.wav, labels)]
    write_data_dir(tmp_path / "tagged", rows)
    found = mixtures(DataDir(tmp_path / "tagged"))
    pairs = {frozenset(found[n]["utt"].split(" + ")) for n in range(30)}
    assert pairs == {frozenset({f"c{i}", f"c{i + 3}"}) for i in range(3)}


def test_sets_without_labels_mix_other_clips(six, tmp_path):
    write_data_dir(tmp_path / "plain", [Row(utt, path, ["x"]) for utt, path in six.wav])
    found = mixtures(DataDir(tmp_path / "plain"))
    for n in range(30):
        one, other = found[n]["utt"].split(" + ")
        assert one != other


def test_silent_crops_are_drawn_again_and_counted(clip_set):
    wave = np.zeros(8000)
    wave[-400:] = 0.5 * np.sin(np.arange(400))  # 1 of 10 crops hears it
    data = clip_set({"a": ("bell", wave), "b": ("dog", np.sin(np.arange(4000) / 7) / 2)})
    found = mixtures(data)
    counts = np.array([found[n]["redraws"].numpy() for n in range(40)])
    assert counts[:, 0].sum() > 20 and all(level_db(found[n]["target"]) > -60.1 for n in range(40))
    assert np.array_equal(counts[:, 1] * MAX_CROPS <= counts[:, 0], np.full(40, True))


def test_silent_clips_are_replaced_and_counted(clip_set):
    tone = np.sin(np.arange(4000) / 7) / 2
    data = clip_set({"a": ("bell", tone), "b": ("dog", -tone), "quiet": ("wind", np.full(4000, 9e-4))})
    found = mixtures(data)
    for epoch in range(5):
        for i, utt in enumerate(targets(found, epoch)):
            assert utt != "quiet"
            example = found[epoch * 3 + i]
            assert "quiet" not in example["utt"]
            crops, clips = example["redraws"].tolist()
            assert crops == MAX_CROPS * clips
    assert sum(int(found[n]["redraws"][1]) for n in range(3)) >= 1  # the target that was replaced


def test_short_clips_are_padded(clip_set):
    short = 0.3 * np.cos(np.arange(100))
    data = clip_set({"a": ("bell", short), "b": ("dog", np.sin(np.arange(4000) / 7) / 4)})
    found = mixtures(data, level={"rule": "snr", "low": 0, "high": 0})
    example = found[targets(found, 0).index("a")]
    assert example["target"].shape == (1, 800)
    assert torch.equal(example["target"][0, 100:], torch.zeros(700))
    assert example["target"][0, :100].numpy() == pytest.approx(short, abs=1 / 32768)


@pytest.mark.parametrize("rate", [16000, 11025, 6000])
def test_clips_of_another_rate_are_resampled(clip_set, rate):
    time = np.arange(rate) / rate
    data = clip_set({x: (x, np.sin(2 * np.pi * f * time) / 4) for x, f in (("a", 500), ("b", 1250))}, rate=rate)
    found = mixtures(data, segment=0.2)
    for n in range(4):
        example = found[n]
        target, utt = example["target"][0], example["utt"][0]
        assert target.shape == (1600,)
        spectrum = np.abs(np.fft.rfft(target.numpy() * np.hanning(1600)))
        assert np.argmax(spectrum) * RATE / 1600 == {"a": 500, "b": 1250}[utt]
        assert level_db(target) == pytest.approx(10 * np.log10(1 / 32), abs=0.1)


def test_speed_perturbation(clip_set):
    tone = np.sin(2 * np.pi * 500 * np.arange(8000) / RATE) / 4
    data = clip_set({"a": ("bell", tone), "b": ("dog", tone)})
    for speed, wanted in (([2, 2], (1000, 1000)), ([0.5, 0.5], (250, 250)), ([0.8, 1.25], (400, 625))):
        waves = [example["target"][0].numpy() for example in map(mixtures(data, speed=speed).__getitem__, range(20))]
        assert all(wave.shape == (800,) and np.abs(wave[-20:]).max() > 0.1 for wave in waves)  # nothing is padded
        found = [np.argmax(np.abs(np.fft.rfft(wave * np.hanning(800), 8000))) for wave in waves]
        assert wanted[0] - 2 <= min(found) <= max(found) <= wanted[1] + 2
        assert len(set(found)) > 10 or wanted[0] == wanted[1]


def test_crops_come_from_all_of_the_clip(clip_set):
    ramp = np.linspace(0.1, 0.9, 8000)
    data = clip_set({"a": ("bell", ramp), "b": ("dog", np.full(8000, 0.01))})
    found = mixtures(data, level={"rule": "snr", "low": 20, "high": 20})
    starts = [float(found[n]["target"][0, 0]) for n in range(80) if found[n]["utt"].startswith("a")]
    assert min(starts) < 0.25 and max(starts) > 0.65


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"level": {"rule": "snr"}}, "expected rule"),
        ({"speed": [1.2, 0.8]}, r"data.speed: \[1.2, 0.8\] is not \[lowest, highest\]"),
        ({"speed": [0, 1]}, "both above 0"),
        ({"speed": 1.1}, "data.speed: 1.1 is not"),
        ({"interferers": 0}, "a mixture needs at least one"),
        ({"query": {"source": "text"}}, "source 'text' is not one of"),
        ({"query": {"sauce": "text"}}, "query: unknown key 'sauce'"),
    ],
)
def test_wrong_settings_end_at_once(six, changes, message):
    with pytest.raises(LassError, match=message):
        mixtures(six, **changes)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"wieght": 1}, "data.sets: unknown key 'wieght'; known are dir, weight, query"),
        ({"weight": 0}, "weight 0 is not a number above 0"),
        ({"weight": "2"}, "weight '2' is not a number"),
        ({"weight": 0.01}, "data.sets: no clips to train on"),
    ],
)
def test_wrong_sets(six, entry, message):
    with pytest.raises(LassError, match=message):
        mixtures([{"dir": six.folder} | entry])


def test_sets_without_folder(tmp_path):
    with pytest.raises(LassError, match=r"data.sets: \{'weight': 1\} has no dir"):
        mixtures([{"weight": 1}])
    with pytest.raises(LassError, match="none/wav.scp: cannot open"):
        mixtures([{"dir": tmp_path / "none"}])
    with pytest.raises(LassError, match="data.sets: no clips to train on"):
        mixtures([])


def test_no_partner(clip_set):
    tone = np.sin(np.arange(4000) / 7) / 2
    data = clip_set({"a": ("bell", tone), "b": ("bell", tone)})
    with pytest.raises(LassError, match=r"clips: no clip to mix with \['[ab]'\] in 100 draws: too few labels"):
        mixtures(data)[0]


def test_nothing_but_silence(clip_set):
    data = clip_set({x: (x, np.zeros(900)) for x in ("a", "b")})
    with pytest.raises(LassError, match="or too many silent clips"):
        mixtures(data)[0]
