import dataclasses
import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from fixtures.scripts import load_script
from lass.data.datadir import DataDir, write_data_dir
from lass.errors import LassError
from lass.io import audio

data = load_script("egs/mini/local/data.py")

RATE = 16000
FAMILIES = list(data.FAMILIES)
CLIPS = data.draw_clips()


def captions_of_grammar(family) -> set[str]:
    """Every caption that a family can get."""
    choices = itertools.product(*family.words.values())
    return {p.format(**dict(zip(family.words, words, strict=True))) for words in choices for p in family.phrases}


def play(slug: str, samples: int, seed: int = 0, **words: str) -> np.ndarray:
    """A family's sound with the middle of the ranges of ``words``; other parameters have their first word."""
    ranges = data.FAMILIES[slug].words
    values = {p: np.mean(ranges[p][words.get(p, next(iter(ranges[p])))], axis=0) for p in ranges}
    return data.FAMILIES[slug].sound(np.random.default_rng(seed), RATE, samples, **values)


def centroid(wave: np.ndarray) -> float:
    """Centre of gravity (Hz) of the power spectrum."""
    power = np.abs(np.fft.rfft(wave)) ** 2
    return float(np.fft.rfftfreq(len(wave), 1 / RATE) @ power / power.sum())


def window_levels(wave: np.ndarray, rate: int) -> np.ndarray:
    """RMS (dBFS) of all 2 s windows, 50 ms apart."""
    energy = np.concatenate([[0.0], np.cumsum(wave.astype(np.float64) ** 2)])
    return 10 * np.log10((energy[2 * rate :: rate // 20] - energy[: -2 * rate : rate // 20]) / (2 * rate) + 1e-20)


@pytest.fixture
def small(monkeypatch):
    """The corpus cut to three families, one training and one test clip each."""
    monkeypatch.setattr(data, "FAMILIES", {slug: data.FAMILIES[slug] for slug in ("noise", "click", "drum")})
    monkeypatch.setattr(data, "SPLITS", {"train": 1, "test": 1})


def files(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_counts_ids_and_splits():
    assert len(FAMILIES) == 12 and len(CLIPS) == len({c.utt for c in CLIPS}) == 300
    for slug in FAMILIES:
        splits = [c.split for c in CLIPS if c.slug == slug]
        assert splits == ["train"] * 16 + ["valid"] * 3 + ["test"] * 6
    assert all(re.fullmatch(rf"mini-{c.slug}-\d\d\d", c.utt) for c in CLIPS)
    numbers = {tuple(np.hstack(list(c.values.values())).round(12)) for c in CLIPS}
    assert len(numbers) == 300, "two clips have the same parameters"
    assert all(3.0 <= c.seconds <= 5.0 for c in CLIPS)


def test_containers():
    kinds = {(c.suffix, c.rate, c.channels) for c in CLIPS}
    assert kinds == {*data.CONTAINERS, ("ogg", 44100, 1)}
    assert {c.split for c in CLIPS if c.suffix == "ogg"} == {"train"}


@pytest.mark.parametrize("slug", FAMILIES)
def test_captions_follow_the_grammar(slug):
    clips = [c for c in CLIPS if c.slug == slug]
    grammar = captions_of_grammar(data.FAMILIES[slug])
    captions = [caption for c in clips for caption in c.captions]
    assert len(captions) == 50 and set(captions) <= grammar
    assert len(set(captions)) >= 8
    assert all(c.captions[0] != c.captions[1] for c in clips)
    for caption in grammar:
        nouns = [f.noun for f in data.FAMILIES.values() if re.search(rf"\b{f.noun}", caption)]
        assert nouns == [data.FAMILIES[slug].noun], caption
        assert not re.search(r"\ba [aeiou]|[{}]|  ", caption), caption


@pytest.mark.parametrize("slug", FAMILIES)
def test_words_of_a_parameter_do_not_overlap(slug):
    for ranges in data.FAMILIES[slug].words.values():
        for (low, high), (other_low, other_high) in itertools.combinations(ranges.values(), 2):
            assert np.all(low <= high) and np.any((high < other_low) | (other_high < low))


def test_a_caption_names_only_words_that_were_drawn():
    for clip in CLIPS:
        words = data.FAMILIES[clip.slug].words
        for caption, (parameter, ranges) in itertools.product(clip.captions, words.items()):
            for word, (lowest, highest) in ranges.items():
                inside = np.all((lowest <= clip.values[parameter]) & (clip.values[parameter] <= highest))
                assert inside or not re.search(rf"\b{word}(ly)?\b", caption), (caption, parameter, clip.values)


@pytest.mark.parametrize("slug", FAMILIES)
def test_levels_and_no_audio_shared_between_splits(slug):
    clips = [data.draw_clip(slug, index, split) for index, split in ((0, "train"), (17, "valid"), (22, "test"))]
    waves = [data.synthesise(clip) for clip in clips]
    for clip, wave in zip(clips, waves, strict=True):
        assert wave.dtype == np.float32 and wave.shape == (clip.channels, int(clip.seconds * clip.rate))
        assert 0.5 * 0.98 <= np.abs(wave).max() <= 0.86
        assert np.abs(wave.mean(axis=1)).max() < 1e-5
        levels = window_levels(wave.mean(axis=0), clip.rate)
        assert levels.min() > -60
        assert np.mean(levels > levels.max() - 20) >= 0.6
    for one, other in itertools.combinations(waves, 2):
        length = min(one.shape[1], other.shape[1])
        assert np.abs(np.corrcoef(one[0, :length], other[0, :length])[0, 1]) < 0.9


@pytest.mark.parametrize("slug", FAMILIES)
@pytest.mark.parametrize("end", [0, 1])
def test_sounds_at_the_ends_of_their_ranges(slug, end):
    family, samples = data.FAMILIES[slug], RATE + 7
    for word in (0, -1):
        values = {p: list(ranges.values())[word][end] for p, ranges in family.words.items()}
        wave = family.sound(np.random.default_rng(1), RATE, samples, **values)
        assert wave.shape == (samples,) and np.isfinite(wave).all() and wave.std() > 1e-4 * np.abs(wave).max()
        np.testing.assert_array_equal(wave, family.sound(np.random.default_rng(1), RATE, samples, **values))


@pytest.mark.parametrize(
    ("slug", "parameter"),
    [
        ("sweep", "start"), ("string", "brightness"), ("bell", "pitch"), ("click", "pitch"), ("siren", "pitch"),
        ("bird", "pitch"), ("wind", "centre"), ("drum", "pitch"), ("crackle", "pitch"),
    ],
)  # fmt: skip
def test_higher_words_sound_higher(slug, parameter):
    lower, higher = data.FAMILIES[slug].words[parameter]
    low, high = (centroid(play(slug, 2 * RATE, **{parameter: word})) for word in (lower, higher))
    assert high > 1.2 * low


@pytest.mark.parametrize(("slug", "parameter"), [("string", "pitch"), ("vowel", "pitch"), ("engine", "firing")])
def test_periodic_sounds_have_the_pitch_of_their_word(slug, parameter):
    for word, (lowest, highest) in data.FAMILIES[slug].words[parameter].items():
        wave = play(slug, RATE // 2, **{parameter: word})
        correlation = np.fft.irfft(np.abs(np.fft.rfft(wave, 2 * len(wave))) ** 2)
        lags = np.arange(int(RATE / (2.1 * highest)), int(RATE / (0.85 * lowest)))  # melodies: -2 to +12 semitones
        peak = correlation[lags].max()
        assert peak > 0.3 * correlation[0]
        assert correlation[lags[0]] < 0.95 * peak and correlation[lags[-1]] < 0.95 * peak, "no peak inside"


@pytest.mark.parametrize(("direction", "sign"), [("rising", 1), ("falling", -1)])
def test_sweeps_go_where_their_word_says(direction, sign):
    wave = play("sweep", 2 * RATE, octaves=direction, pace="slow")
    period = int(RATE / 0.8)  # middle of the slow range
    first = int(0.1 * period)
    early = centroid(wave[first : first + period // 4])
    late = centroid(wave[first + period // 2 : first + 3 * period // 4])
    assert sign * (late - early) > 100


@pytest.mark.parametrize("slug", ["noise", "click", "drum"])
@pytest.mark.parametrize("pace", [0, 1])
def test_events_come_at_the_rate_of_their_word(slug, pace):
    word, (lowest, highest) = list(data.FAMILIES[slug].words["pace"].items())[pace]
    envelope = np.abs(play(slug, 4 * RATE, pace=word)).reshape(-1, RATE // 50).max(axis=1)  # 20 ms frames
    loud = envelope > 0.3 * envelope.max()
    events = np.count_nonzero(loud[1:] & ~loud[:-1]) + loud[0]
    assert 4 * lowest - 1 <= events <= 4 * highest + 1


def test_same_seed_same_bytes(tmp_path, small, monkeypatch):
    for root in ("one", "two"):
        data.download(tmp_path / root)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert len(files(tmp_path / "one")) == 6 + 1
    clip = data.draw_clip("drum", 0, "train")
    wave = data.synthesise(clip)
    assert not np.allclose(wave, data.synthesise(dataclasses.replace(clip, utt="mini-drum-001")))
    monkeypatch.setattr(data, "SEED", 1)
    assert not np.allclose(wave, data.synthesise(clip))
    assert data.draw_clip("drum", 0, "train").values != clip.values


def test_resumes_after_an_interruption(tmp_path, small, monkeypatch):
    data.download(tmp_path / "whole")
    write, calls = audio.write, []

    def interrupted(path, *arguments, **options):
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return write(path, *arguments, **options)

    monkeypatch.setattr(audio, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.download(tmp_path / "cut")
    with pytest.raises(LassError, match=re.escape(f"{calls[2]}: missing; run the download stage")):
        data.prepare(tmp_path / "cut")
    data.download(tmp_path / "cut")
    assert len(calls) == 3 + 4, "only the clips that were missing are made"
    assert files(tmp_path / "cut") == files(tmp_path / "whole")


def test_clips_of_other_code_are_made_anew(tmp_path, small):
    data.download(tmp_path)
    expected = files(tmp_path)
    for path in tmp_path.rglob("mini-*"):
        path.write_bytes(b"of another version")
    data.download(tmp_path)
    assert files(tmp_path) != expected, "present clips of the same version are left alone"
    (tmp_path / "made_by.sha256").write_text("another version\n")
    data.download(tmp_path)
    assert files(tmp_path) == expected


def test_rows_make_data_directories(tmp_path, small):
    data.download(tmp_path / "corpus")
    sets = data.prepare(tmp_path / "corpus")
    assert {name: len(rows) for name, rows in sets.items()} == {"train": 3, "test": 3}
    row = next(row for row in sets["test"] if row.utt == "mini-drum-001")
    assert row.labels == {"drum": "Drum"} and row.origin == "mini:drum-001" and len(row.captions) == 2
    assert audio.info(row.audio)[:2] == (44100, 2)
    write_data_dir(tmp_path / "data", sets["test"])
    written = DataDir(tmp_path / "data")
    assert len(written) == 3 and written.captions_of("mini-drum-001") == row.captions


def test_an_ogg_clip_is_the_same_sound(tmp_path):
    clip = data.draw_clip("siren", 4, "train")
    path, wave = data.clip_path(tmp_path, clip), data.synthesise(clip)
    audio.write(path, wave, clip.rate, subtype="VORBIS")
    decoded, rate = audio.read_whole(path)
    assert rate == clip.rate and decoded.shape == wave.shape and np.abs(decoded).max() < 1
    assert np.corrcoef(decoded[0], wave[0])[0, 1] > 0.99
