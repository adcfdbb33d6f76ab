"""WavCaps: X. Mei et al., "WavCaps: A ChatGPT-Assisted Weakly-Labelled Audio Captioning Dataset", TASLP 2024."""

import json
import math
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from lass.data.corpus import Corpus
from lass.data.datadir import Row
from lass.data.held_out import held_out
from lass.data.json_list import read_clips
from lass.errors import LassError
from lass.io.archives import unpack
from lass.io.hub_folder import fetch_folder

CORPUS = Corpus.read(Path(__file__).parents[1] / "conf" / "corpus.yaml")
ORIGINS = {"AudioSet_SL": "youtube", "FreeSound": "freesound", "BBC_Sound_Effects": "bbc", "SoundBible": "soundbible"}
HELD_OUT = 0.0025  # of all recordings for valid, and as many for test: none is published


def download(root: Path, sources: str, blacklists: str, longest: str) -> None:
    """Fetch lists and archives, of all sources about 0.8 TB, and unpack them."""
    chosen = _sources(sources)
    CORPUS.fetch(root, [*chosen, *(f"{source}_archives" for source in chosen), *_blacklists(blacklists)])
    for source in chosen:
        listing, archives = CORPUS.files[f"{source}_archives"], root / "Zip_files" / source
        if not (root / source).exists():
            fetch_folder(root / listing.name, listing.url, archives)
            unpack(archives / f"{source}.zip", root / source)


def prepare(root: Path, sources: str, blacklists: str, longest: str) -> dict[str, Iterator[Row]]:
    """Three sets by origin; clips above ``longest`` s are cut into equal parts, those of blacklists left out."""
    chosen, limit = _sources(sources), _seconds(longest)
    left_out = _read_blacklists(root, _blacklists(blacklists))
    origins: set[str] = set()
    for source in chosen:
        names = [name for name, _, _ in _clips(CORPUS.path(root, source))]
        listed = sum((source, name) in left_out for name in names)
        origins |= {_origin(source, name) for name in names if (source, name) not in left_out}
        print(f"{source}: {len(names)} clips listed, {CORPUS.clips[source]} published, {listed} on blacklists")
    valid = held_out(origins, HELD_OUT)
    test = held_out(origins - valid, HELD_OUT)
    held = valid | test
    chosen_by = {"train": lambda origin: origin not in held, "valid": valid.__contains__, "test": test.__contains__}
    return {name: _rows(root, chosen, limit, left_out, wanted) for name, wanted in chosen_by.items()}


def _sources(text: str) -> list[str]:
    chosen = text.split()
    if unknown := set(chosen) - ORIGINS.keys() or (not chosen and {""}):
        raise LassError(f"--sources {text}: {min(unknown)!r} is none of {', '.join(ORIGINS)}")
    return chosen


def _blacklists(text: str) -> list[str]:
    names = [f"exclude_{name}" for name in text.split() if name != "none"]
    if unknown := [name for name in names if name not in CORPUS.files]:
        known = ", ".join(name.removeprefix("exclude_") for name in CORPUS.files if name.startswith("exclude_"))
        raise LassError(f"--blacklists {text}: no {unknown[0].removeprefix('exclude_')!r}; there are {known}, or none")
    return names


def _seconds(longest: str) -> float:
    try:
        if 0 < (seconds := float(longest)) < math.inf:
            return seconds
    except ValueError:
        pass
    raise LassError(f"--longest {longest}: expected a number of seconds")


def _read_blacklists(root: Path, names: list[str]) -> set[tuple[str, str]]:
    """(source, name of the clip) of all that is to be left out."""
    found = set()
    for path in (CORPUS.path(root, name) for name in names):
        try:
            lists = json.loads(path.read_text(encoding="utf-8"))
            found |= {("AudioSet_SL", _name(clip)) for clip in lists["AudioSet"]}
            found |= {("FreeSound", _name(clip)) for clip in lists["FreeSound"]}
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise LassError(f"{path}: not a blacklist of WavCaps ({error!r}): get it again") from None
    return found


def _name(clip_id: str | int) -> str:
    """The name of a clip's file without ending: ids of AudioSet_SL have one, "Yb0RFKhbpFJA.wav"."""
    return str(clip_id).removesuffix(".wav")


def _rows(
    root: Path, sources: list[str], longest: float, left_out: set, wanted: Callable[[str], bool]
) -> Iterator[Row]:
    """The clips whose origins are ``wanted``."""
    for source in sources:
        folder = _flac_folder(root, source)
        for name, caption, duration in _clips(CORPUS.path(root, source)):
            origin = _origin(source, name)
            if (source, name) not in left_out and wanted(origin):
                for k, segment in enumerate(_parts(duration, longest)):
                    utt = f"wavcaps-{source}-{name}" + (f"-{k}" if segment else "")
                    yield Row(utt, f"{folder}/{name}.flac", [caption], origin=origin, segment=segment)


def _origin(source: str, name: str) -> str:
    """Of AudioSet_SL the whole video: the lists do not tell its part."""
    return f"youtube:{name[1:]}" if source == "AudioSet_SL" else f"{ORIGINS[source]}:{name}"


def _clips(path: Path) -> Iterator[tuple[str, str, float]]:
    """Name, caption and duration (s) of each clip of a list."""
    for number, clip in enumerate(read_clips(path, ("id", "caption", "duration")), 1):
        name, duration = _name(clip["id"]), clip["duration"]
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or not isinstance(duration, int | float):
            raise LassError(f"{path}: clip {number}: {name[:80]!r} is no name of a file, or its duration is no number: "
                            "get the list again")
        yield name, " ".join(str(clip["caption"]).split()), duration


def _parts(duration: float, longest: float) -> list[tuple[float, float] | None]:
    """Equal parts, in seconds, of at most ``longest``; None for a clip that needs no cut."""
    count = math.ceil(duration / longest)
    if count <= 1:
        return [None]
    length = duration / count
    return [(k * length, (k + 1) * length) for k in range(count)]


def _flac_folder(root: Path, source: str) -> str:
    """The first folder with FLAC files at or below ``root/source``: the archives hold the publisher's whole path."""
    for folder, _, files in os.walk(root / source):
        if any(file.endswith(".flac") for file in files):
            return folder
    raise LassError(f"{root / source}: no FLAC files there: run stage 1 without --root, or leave it out of --sources")
