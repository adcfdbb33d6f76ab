"""The mini corpus: 300 clips of twelve synthetic sound families, made and captioned here, so nothing is downloaded.

Word and signal cannot disagree: a clip first draws a word for each of its parameters ("low", "quick"), then the number
from the range that the word stands for. Everything about a clip follows from (SEED, utterance id).
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lass.data.datadir import Row
from lass.errors import LassError
from lass.io import audio
from lass.io.files import sha256, write_text

_spec = importlib.util.spec_from_file_location("egs_mini_sounds", Path(__file__).with_name("sounds.py"))
sounds = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sounds)

SEED = 0
SPLITS = {"train": 16, "valid": 3, "test": 6}  # clips a family
CONTAINERS = (("wav", 44100, 1), ("wav", 44100, 2), ("flac", 22050, 1), ("flac", 44100, 2))  # by turns


@dataclass(frozen=True)
class Family:
    """One kind of sound. ``words``: parameter of ``sound`` -> word in captions -> (lowest, highest) value."""

    name: str
    noun: str  # in every caption of this family and in none of another
    sound: sounds.Sound
    words: dict[str, dict[str, tuple]]
    phrases: tuple[str, ...]


FAMILIES = {
    "sweep": Family(
        "Sine sweep", "sweep", sounds.sweep,
        {
            "pace": {"slow": (0.6, 1.0), "quick": (2.0, 3.5)},
            "start": {"low": (150, 300), "high": (700, 1200)},
            "octaves": {"rising": (1.5, 2.3), "falling": (-2.3, -1.5)},
        },
        (
            "a {octaves} sweep of a pure tone",
            "{pace} sweeps of a {start} tone, {octaves} each time",
            "a {start} {octaves} sweep repeats {pace}ly",
            "{octaves} sine sweeps, {pace} and {start}",
        ),
    ),
    "string": Family(
        "Plucked string", "string", sounds.string,
        {
            "pace": {"slow": (1.4, 2.2), "quick": (4.0, 6.5)},
            "pitch": {"low": (90, 150), "high": (280, 420)},
            "brightness": {"mellow": (0.12, 0.25), "bright": (0.7, 1.0)},
        },
        (
            "a {pitch} string is plucked {pace}ly",
            "{brightness} notes of a plucked string",
            "a {brightness} plucked string plays {pitch} notes",
            "someone {pace}ly plucks {pitch} strings",
        ),
    ),
    "bell": Family(
        "Bell", "bell", sounds.bell,
        {
            "pace": {"slow": (0.8, 1.2), "quick": (2.5, 4.0)},
            "pitch": {"low": (200, 320), "high": (700, 1100)},
            "ring": {"long": (0.7, 1.1), "short": (0.15, 0.25)},
        },
        (
            "a {pitch} bell rings {pace}ly",
            "a bell is struck {pace}ly, with a {ring} ring",
            "{pace} strokes of a {pitch} bell",
            "a {pitch}-pitched bell with a {ring} decay",
        ),
    ),
    "engine": Family(
        "Engine", "engine", sounds.engine,
        {
            "firing": {"low-revving": (24, 36), "high-revving": (65, 100)},
            "roughness": {"smooth": (0.0, 0.15), "rough": (0.7, 1.0)},
            "drift": {"runs steadily": (-0.03, 0.03), "speeds up": (0.4, 0.7), "slows down": (-0.45, -0.3)},
        },
        (
            "a {firing} engine {drift}",
            "a {roughness} engine {drift}",
            "the {roughness} rumble of a {firing} engine",
            "a {firing}, {roughness} engine is running",
        ),
    ),
    "noise": Family(
        "Noise burst", "noise", sounds.noise,
        {
            "pace": {"slow": (1.2, 1.8), "quick": (4.0, 7.0)},
            "duty": {"short": (0.2, 0.3), "long": (0.55, 0.75)},
            "attack": {"abrupt": (0.01, 0.03), "soft-edged": (0.4, 0.5)},
        },
        (
            "{pace} bursts of white noise",
            "{duty}, {attack} bursts of noise",
            "white noise comes in {duty} bursts",
            "{attack} noise bursts repeat {pace}ly",
        ),
    ),
    "click": Family(
        "Clicking", "click", sounds.click,
        {
            "pace": {"slow": (2.0, 3.2), "fast": (8.0, 14.0)},
            "pitch": {"dull": (900, 1500), "sharp": (3000, 5500)},
        },
        (
            "a {pace} regular clicking",
            "{pitch} clicks at a {pace}, steady rate",
            "a {pitch} click repeats like a {pace} metronome",
            "{pace} and {pitch} clicking",
            "evenly spaced {pitch} clicks",
        ),
    ),
    "vowel": Family(
        "Sung vowel", "vowel", sounds.vowel,
        {
            "pace": {"slow": (0.7, 1.1), "quick": (2.5, 3.5)},
            "pitch": {"low": (95, 140), "high": (210, 300)},
            "vibrato": {"steady": (0.0, 0.003), "wavering": (0.03, 0.05)},
            "formants": {word: (np.multiply(0.96, f), np.multiply(1.04, f)) for word, f in sounds.VOWELS.items()},
        },
        (
            "a {pitch} voice sings the vowel {formants}",
            "the vowel {formants} is sung in {pace} notes",
            "a {vibrato} voice holds the vowel {formants}",
            "a {pitch}, {vibrato} sung vowel",
        ),
    ),
    "siren": Family(
        "Two-tone siren", "siren", sounds.siren,
        {
            "pace": {"slow": (1.2, 2.0), "quick": (5.0, 8.0)},
            "pitch": {"low": (380, 520), "high": (850, 1150)},
            "tilt": {"harsh": (0.7, 1.0), "mellow": (2.2, 3.0)},
        },
        (
            "a {pitch} two-tone siren",
            "a siren alternates {pace}ly between two tones",
            "a {tilt} siren with {pace} changes",
            "the {tilt} alarm of a {pitch} siren",
        ),
    ),
    "bird": Family(
        "Bird whistle", "bird", sounds.bird,
        {
            "pace": {"slow": (2.0, 3.0), "quick": (6.0, 9.0)},
            "pitch": {"low": (2000, 2700), "high": (4000, 5500)},
            "trill": {"plain": (0.0, 0.0), "warbling": (0.03, 0.06)},
        },
        (
            "a bird chirps {pace}ly",
            "{pace}, {pitch} whistles of a bird",
            "a {trill} bird whistle, {pitch} in pitch",
            "the {trill} chirps of a bird",
        ),
    ),
    "wind": Family(
        "Wind", "wind", sounds.wind,
        {
            "gust": {"steady": (0.1, 0.25), "gusty": (0.8, 0.9)},
            "centre": {"deep": (180, 300), "howling": (700, 1100)},
            "width": {"hollow": (0.15, 0.25), "rushing": (0.7, 1.0)},
        },
        (
            "a {gust} wind blows",
            "a {centre} wind with a {width} sound",
            "the {width} sound of {gust} wind",
            "a {gust}, {centre} wind",
        ),
    ),
    "drum": Family(
        "Drum", "drum", sounds.drum,
        {
            "pace": {"slow": (1.0, 1.6), "quick": (3.5, 6.0)},
            "pitch": {"deep": (42, 60), "high": (95, 140)},
            "ring": {"dry": (0.05, 0.08), "booming": (0.18, 0.28)},
        },
        (
            "a {pitch} drum beats {pace}ly",
            "{pace} beats of a {ring} drum",
            "a {ring}, {pitch} drum",
            "someone hits a {ring} drum {pace}ly",
        ),
    ),
    "crackle": Family(
        "Crackling", "crackl", sounds.crackle,
        {
            "density": {"sparse": (8, 12), "dense": (30, 50)},
            "pitch": {"woody": (500, 900), "crisp": (2200, 3800)},
        },
        (
            "{density} crackling",
            "a {pitch} crackle, {density} and irregular",
            "{pitch} crackling like a fire",
            "{density}, {pitch} crackles",
            "something crackles with {pitch} snaps",
        ),
    ),
}


@dataclass(frozen=True)
class Clip:
    """All that is drawn before the sound itself."""

    utt: str
    slug: str  # of the family: key of FAMILIES, label id
    split: str
    captions: tuple[str, str]
    values: dict  # parameter of the family's sound -> number
    seconds: float
    suffix: str
    rate: int  # Hz
    channels: int


def draw_clip(slug: str, index: int, split: str) -> Clip:
    """Words, captions, numbers and container of clip ``index`` of a family, from (SEED, utterance id) alone."""
    family, utt = FAMILIES[slug], f"mini-{slug}-{index:03d}"
    rng = np.random.default_rng([SEED, 0, *utt.encode()])
    words = {parameter: str(rng.choice(list(ranges))) for parameter, ranges in family.words.items()}
    values = {parameter: rng.uniform(*family.words[parameter][word]) for parameter, word in words.items()}
    first, second = (str(phrase).format(**words) for phrase in rng.choice(family.phrases, 2, replace=False))
    suffix, rate, channels = CONTAINERS[index % len(CONTAINERS)]
    if split == "train" and index % 8 == 4:
        suffix = "ogg"  # lossy, so never a reference that is scored
    return Clip(utt, slug, split, (first, second), values, rng.uniform(3.0, 5.0), suffix, rate, channels)


def draw_clips() -> list[Clip]:
    """All clips of the corpus; the splits take the indices of a family in turn, so they share none."""
    splits = [split for split, count in SPLITS.items() for _ in range(count)]
    return [draw_clip(slug, index, split) for slug in FAMILIES for index, split in enumerate(splits)]


def synthesise(clip: Clip) -> np.ndarray:
    """The clip's samples, float32 ``[C, T]``: no DC, peak 0.5 to 0.85; the second channel is a weaker copy."""
    rng = np.random.default_rng([SEED, 1, *clip.utt.encode()])
    wave = FAMILIES[clip.slug].sound(rng, clip.rate, int(clip.seconds * clip.rate), **clip.values)
    ramp = np.minimum(1.0, np.arange(len(wave)) / (0.01 * clip.rate))  # 10 ms in and out
    wave = wave * ramp * ramp[::-1]
    wave -= wave.mean()
    wave *= rng.uniform(0.5, 0.85) / np.abs(wave).max()
    pan = np.array([1.0, rng.uniform(0.6, 0.9)])[: clip.channels]
    return (pan[:, None] * wave).astype(np.float32)


def clip_path(root: Path, clip: Clip) -> Path:
    """Where the clip's audio lies."""
    return root / "audio" / clip.split / f"{clip.utt}.{clip.suffix}"


def download(root: Path) -> None:
    """Make the clips that ``root`` lacks (20 s for all); clips of another version of this code are made anew."""
    clips = draw_clips()
    version, made_by = root / "made_by.sha256", f"{sha256(__file__)} {sha256(sounds.__file__)}\n"
    if not version.exists() or version.read_text(encoding="utf-8") != made_by:
        for clip in clips:
            clip_path(root, clip).unlink(missing_ok=True)
        write_text(version, made_by)
    for clip in tqdm(clips, desc="mini clips", unit="clip"):
        path = clip_path(root, clip)
        if not path.exists():
            audio.write(path, synthesise(clip), clip.rate, subtype="VORBIS" if clip.suffix == "ogg" else "PCM_16")


def prepare(root: Path) -> dict[str, list[Row]]:
    """Rows of the sets train, valid and test. LassError names the first clip that is missing."""
    rows = {split: [] for split in SPLITS}
    for clip in draw_clips():
        path = clip_path(root, clip)
        if not path.exists():
            raise LassError(f"{path}: missing; run the download stage to make it")
        labels = {clip.slug: FAMILIES[clip.slug].name}
        origin = clip.utt.replace("mini-", "mini:", 1)
        rows[clip.split].append(Row(clip.utt, str(path), list(clip.captions), labels, origin))
    return rows
