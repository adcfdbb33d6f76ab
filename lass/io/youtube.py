"""Clips of YouTube videos by the command ``yt-dlp``; what is gone is listed with its reason and not asked for again."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from lass.errors import LassError
from lass.io.files import write_text
from lass.io.parallel import in_parallel

PROGRAM = "yt-dlp"
TIMEOUT = 900  # s for one clip
POLL = 0.2  # s between two looks at an interrupt
DELAYS = (5, 30, 120)  # s before each new try after a fault of the network
# What YouTube says through yt-dlp (its extractor youtube/_video.py), the first that fits: "Private video. Sign in if
# ..." is no matter of the login, "Video unavailable. ... in your country" none of the removal.
REASONS = {
    "private": r"private",
    "geo-blocked": r"in your country|your location|geo.?restrict",
    "age": r"confirm your age|age.restricted|inappropriate",
    "throttled": r"HTTP Error 429|too many requests|rate.limited|try again later",
    "format": r"requested format|no video formats",
    "login": r"not a bot|sign in|log ?in|members.only|join this channel|requires payment|cookies",
    "removed": r"video unavailable|not available$|not available\.|no longer available|removed|terminated|deleted"
    r"|does not exist|copyright",
    "network": r"timed? ?out|connection|HTTP Error 5\d\d|getaddrinfo|name resolution|IncompleteRead|SSL"
    r"|unable to download",
}
RETRIED = {"throttled", "network"}  # at once, after a time
GONE = {"private", "removed"}  # no rerun brings them back
WITH_COOKIES = {"age", "login"}  # a rerun can bring them back, given the cookies of an account
PREFIX = re.compile(r"ERROR: (\[[^]]*\] ([\w-]{11}: )?)?")  # an id can spell a reason
SETUP = re.compile(r"ffmpeg.*(not found|not installed)|no such option|ffprobe.*not found", re.IGNORECASE)
NO_RUNTIME = "No supported JavaScript runtime"  # a warning; without one YouTube tells of few formats, or of none


@dataclass(frozen=True)
class Clip:
    """A part of a video, in seconds, or all of it, and the name of its file here, without the ending."""

    name: str
    video: str
    start: float | None = None
    end: float | None = None


def fetch_clips(
    clips: Iterable[Clip],
    folder: Path,
    missing: Path,
    video: bool = False,
    cookies: Path | None = None,
    jobs: int = 4,
) -> Counter:
    """Put the sound of clips as ``<name>.flac`` into ``folder``, or sound and pictures (``video``) as ``<name>.mp4``.

    Clips that are there are left as they are. For one that cannot be had, ``missing`` gets the line
    ``<name> <video> <reason> <message>``, separated by tabs; a later run asks again for those that can come back, and
    for those behind a login or an age limit once it is given ``cookies``. An interrupted run keeps what it has.

    Args:
        clips: read once, as they are needed.
        cookies: a file in Netscape format, as a browser exports it; it is read, never written.
        jobs: clips at once; YouTube throttles those who ask for many.

    Returns:
        how many are "found", and how many are missing for each reason.

    Raises:
        LassError: no yt-dlp, no ffmpeg (which it cuts with), no deno (which it needs to be told of formats), no cookies
            file, an id or name that is none.
    """
    if not shutil.which(PROGRAM):
        raise LassError(f"no command {PROGRAM}: run tools/setup.sh, and source tools/env.sh")
    if cookies and not cookies.is_file():
        raise LassError(f"--cookies {cookies}: no such file; export it from a browser in Netscape format")
    folder.mkdir(parents=True, exist_ok=True)
    suffix = ".mp4" if video else ".flac"
    lines = _read(missing)
    counts: Counter = Counter()
    asked = _asked(clips, folder, suffix, lines, cookies, counts)
    work = partial(_fetch, folder=folder, suffix=suffix, cookies=cookies)
    try:
        with contextlib.closing(in_parallel(work, asked, jobs)) as ended:
            for clip, fault in tqdm(ended, desc=f"clips of {folder.name}", unit="clip", disable=None):
                if isinstance(fault, LassError):
                    raise fault
                _note(clip, fault, missing, lines, counts)
    finally:
        if lines or missing.exists():
            write_text(missing, "".join(line for _, line in sorted(lines.items())))
    return counts


def _asked(
    clips: Iterable[Clip], folder: Path, suffix: str, lines: dict[str, str], cookies: Path | None, counts: Counter
) -> Iterator[Clip]:
    """The clips that are neither there nor out of reach; counts the others."""
    for clip in clips:
        _check(clip)
        reason = lines[clip.name].split("\t")[2] if clip.name in lines else ""
        if (folder / f"{clip.name}{suffix}").exists():
            lines.pop(clip.name, None)
            counts["found"] += 1
        elif reason in GONE or (reason in WITH_COOKIES and not cookies):
            counts[reason] += 1
        else:
            yield clip


def _check(clip: Clip) -> None:
    if not re.fullmatch(r"[0-9A-Za-z_-]{11}", clip.video):
        raise LassError(f"clip {clip.name!r}: {clip.video!r} is no id of a YouTube video (11 letters, digits, - or _)")
    if not re.fullmatch(r"\w[\w.+-]{0,200}", clip.name, re.ASCII):
        raise LassError(f"{clip.name!r}: no name for a file; begin with a letter, such as Y before the id")
    if clip.start is not None and not 0 <= clip.start < (clip.end if clip.end is not None else float("inf")):
        raise LassError(f"clip {clip.name}: from {clip.start} to {clip.end} s is no part of a video")


def _read(missing: Path) -> dict[str, str]:
    """The lines of an earlier run by clip. The last one counts; one cut by a kill is left out."""
    text = missing.read_text(encoding="utf-8", errors="replace") if missing.exists() else ""
    lines = (line for line in text.splitlines(keepends=True) if line.endswith("\n") and line.count("\t") == 3)
    return {line.split("\t")[0]: line for line in lines}


def _note(clip: Clip, fault: tuple[str, str] | None, missing: Path, lines: dict[str, str], counts: Counter) -> None:
    """Append the line at once, so that a kill does not lose it."""
    if fault is None:
        counts["found"] += 1
        lines.pop(clip.name, None)
        return
    reason, message = fault
    counts[reason] += 1
    lines[clip.name] = "\t".join([clip.name, clip.video, reason, message]) + "\n"
    missing.parent.mkdir(parents=True, exist_ok=True)
    with open(missing, "a", encoding="utf-8") as f:
        f.write(lines[clip.name])


def _fetch(
    clip: Clip, stop: threading.Event, folder: Path, suffix: str, cookies: Path | None
) -> tuple[str, str] | None:
    """None when the file is there, else the reason and what yt-dlp said."""
    for delay in (*DELAYS, None):
        with tempfile.TemporaryDirectory(prefix=".clip.", dir=folder) as temporary:
            fault = _ask(clip, Path(temporary), suffix, cookies, stop)
            if fault is None:
                os.replace(Path(temporary) / f"clip{suffix}", folder / f"{clip.name}{suffix}")
                return None
        if fault[0] not in RETRIED or delay is None or stop.wait(delay):
            return fault
    return fault


def _ask(clip: Clip, folder: Path, suffix: str, cookies: Path | None, stop: threading.Event) -> tuple[str, str] | None:
    command = _command(clip, suffix)
    if cookies:  # a copy, because yt-dlp writes to the file when it ends
        shutil.copyfile(cookies, folder / "cookies.txt")
        command[1:1] = ["--cookies", "cookies.txt"]
    with open(folder / "errors", "w+", encoding="utf-8", errors="replace") as errors:
        silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": errors}
        process = subprocess.Popen(command, cwd=folder, start_new_session=True, **silent)
        in_time = _wait(process, stop)
        errors.seek(0)
        lines = errors.readlines()
    said = [PREFIX.sub("", " ".join(line.split())) for line in lines if line.startswith("ERROR")] or ["no message"]
    if not in_time:
        return "network", f"stopped after {TIMEOUT} s"
    path = folder / f"clip{suffix}"
    if process.returncode == 0 and path.exists() and path.stat().st_size:
        return None
    if SETUP.search(said[-1]):
        raise LassError(f"{PROGRAM}: {said[-1]}; yt-dlp cuts clips with ffmpeg: install both")
    reason = _reason(said[-1])
    if reason == "format" and any(NO_RUNTIME in line for line in lines):
        raise LassError(f"{PROGRAM}: {said[-1]}; it needs deno for YouTube: run tools/setup.sh, or install it")
    return reason, said[-1][:300]


def _command(clip: Clip, suffix: str) -> list[str]:
    """Run in a folder of the clip: a path in --output would be read as a template."""
    command = [PROGRAM, "--ignore-config", "--no-playlist", "--no-progress", "--no-cache-dir", "--no-mtime"]
    command += ["--socket-timeout", "30", "--retries", "3", "--output", "clip.%(ext)s"]
    if suffix == ".mp4":  # pictures of at most 360 lines: the models see 224 x 224
        command += ["--format", "bv*[height<=360]+ba/b[height<=360]/b", "--remux-video", "mp4"]
    else:
        command += ["--format", "ba/b", "--extract-audio", "--audio-format", "flac"]
    if clip.start is not None:
        end = "inf" if clip.end is None else f"{clip.end:.3f}"
        command += ["--download-sections", f"*{clip.start:.3f}-{end}", "--force-keyframes-at-cuts"]
    return [*command, "--", f"https://www.youtube.com/watch?v={clip.video}"]


def _wait(process: subprocess.Popen, stop: threading.Event) -> bool:
    """Whether it ended by itself; else it and what it started are killed, as they are when the run is interrupted."""
    for _ in range(round(TIMEOUT / POLL)):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL)
            return True
        if stop.is_set():
            break
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return False


def _reason(message: str) -> str:
    found = (reason for reason, pattern in REASONS.items() if re.search(pattern, message, re.IGNORECASE))
    return next(found, "unknown")
