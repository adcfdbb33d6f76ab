import os
import threading
from collections import Counter
from pathlib import Path

import pytest

from lass.errors import LassError
from lass.io import youtube
from lass.io.youtube import Clip, fetch_clips

PRIVATE = "Private video. Sign in if you've been granted access to this video"
REMOVED = "Video unavailable. This video has been removed by the uploader"
GEO = "Video unavailable. The uploader has not made this video available in your country"
AGE = "Sign in to confirm your age. This video may be inappropriate for some users."
BOT = "Sign in to confirm you’re not a bot. Use --cookies-from-browser or --cookies for the authentication."
BUSY = "Unable to download API page: HTTP Error 429: Too Many Requests"
FORMAT = "Requested format is not available. Use --list-formats for a list of available formats"
BROKEN = "Unable to download webpage: <urlopen error timed out>"


def clip(video: str) -> Clip:
    return Clip(f"Y{video}", video, 20, 30)


def videos(yt_dlp) -> list[str]:
    return sorted(video for video, _, _ in yt_dlp.calls())


def test_clips(yt_dlp, tmp_path):
    """Ids that begin with - or --, a folder that reads as a template; a rerun asks for nothing."""
    folder = tmp_path / "100%(id)s $(touch x); 'a"
    clips = [clip("-0123456789"), clip("--help-----"), Clip("Ya_1.5", "a" * 11, 1.5), Clip("Yb", "b" * 11)]
    assert fetch_clips(clips, folder, tmp_path / "missing.tsv") == {"found": 4}
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        f"{c.name}.flac": f"sound of {c.video}" for c in clips
    }
    cut = {video: given for video, given, _ in yt_dlp.calls() if "--download-sections" in given}
    sections = {video: given[given.index("--download-sections") + 1] for video, given in cut.items()}
    assert sections == {"-0123456789": "*20.000-30.000", "--help-----": "*20.000-30.000", "a" * 11: "*1.500-inf"}
    assert fetch_clips(clips, folder, tmp_path / "missing.tsv") == {"found": 4}
    assert not yt_dlp.calls() and not (tmp_path / "missing.tsv").exists()


def test_pictures(yt_dlp, tmp_path):
    fetch_clips([clip("a" * 11)], tmp_path / "clips", tmp_path / "missing.tsv", video=True)
    assert [path.name for path in (tmp_path / "clips").iterdir()] == ["Yaaaaaaaaaaa.mp4"]


@pytest.mark.parametrize("suffix", [".flac", ".mp4"])
def test_the_real_program_understands_the_command(suffix):
    """yt-dlp's own parser: the options stay within those it knows, and the address is the only argument."""
    import yt_dlp

    parsed = yt_dlp.parse_options(youtube._command(clip("-0123456789"), suffix)[1:])
    assert parsed.urls == ["https://www.youtube.com/watch?v=-0123456789"]
    options = parsed.ydl_opts
    assert list(options["download_ranges"]({}, None)) == [{"start_time": 20.0, "end_time": 30.0}]
    assert options["force_keyframes_at_cuts"] and options["outtmpl"]["default"] == "clip.%(ext)s"
    wanted = {".flac": ("FFmpegExtractAudio", "preferredcodec"), ".mp4": ("FFmpegVideoRemuxer", "preferedformat")}
    key, form = wanted[suffix]
    assert [step[form] for step in options["postprocessors"] if step["key"] == key] == [suffix[1:]]


def test_the_real_program_says_so():
    """The sentences that the recipes understand are those of the version that tools/setup.sh installs."""
    import yt_dlp.extractor.youtube._video as video

    assert youtube.NO_RUNTIME in Path(video.__file__).read_text(encoding="utf-8")
    assert FORMAT in Path(video.__file__).parents[2].joinpath("YoutubeDL.py").read_text(encoding="utf-8")


def test_missing_clips(yt_dlp, tmp_path):
    """Each reason; a rerun asks for those that can come back, and with cookies for those behind a login."""
    said = {"private-SSL": PRIVATE, "removed-429": REMOVED, "geo-country": GEO, "age-age-age": AGE, "login-login": BOT}
    said |= {"odd-odd-odd": "a new\tfault", "form-form-f": FORMAT}
    for video, line in said.items():
        yt_dlp.says(video, *[line] * 9)
    yt_dlp.says("busy-busy-b", *[BUSY] * 3)
    yt_dlp.says("broken-brok", BROKEN, BUSY, "")
    clips = [clip(video) for video in (*said, "busy-busy-b", "broken-brok", "there-there")]
    folder, missing = tmp_path / "clips", tmp_path / "new" / "missing.tsv"
    expected = dict.fromkeys(["private", "removed", "geo-blocked", "age", "login", "unknown", "format",
                              "throttled"], 1)  # fmt: skip
    expected["found"] = 2
    assert fetch_clips(clips, folder, missing) == expected
    assert Counter(videos(yt_dlp)) == Counter([*said, *["busy-busy-b"] * 3, *["broken-brok"] * 3, "there-there"])
    lines = [line.split("\t") for line in missing.read_text(encoding="utf-8").splitlines()]
    assert [line[0] for line in lines] == sorted(f"Y{video}" for video in [*said, "busy-busy-b"])
    assert ["Yprivate-SSL", "private-SSL", "private", PRIVATE] in lines
    assert ["Yodd-odd-odd", "odd-odd-odd", "unknown", "a new fault"] in lines
    assert sorted(path.name for path in folder.iterdir()) == ["Ybroken-brok.flac", "Ythere-there.flac"]

    del expected["throttled"]
    assert fetch_clips(clips, folder, missing) == {**expected, "found": 3}
    assert videos(yt_dlp) == ["busy-busy-b", "form-form-f", "geo-country", "odd-odd-odd"]

    cookies = tmp_path / "cookies.txt"
    cookies.write_text("secret")
    for video in ("age-age-age", "login-login"):
        yt_dlp.says(video, "")
    found = fetch_clips(clips, folder, missing, cookies=cookies)
    assert found == {"private": 1, "removed": 1, "geo-blocked": 1, "unknown": 1, "format": 1, "found": 5}
    calls = yt_dlp.calls()
    asked = ["age-age-age", "form-form-f", "geo-country", "login-login", "odd-odd-odd"]
    assert sorted(video for video, *_ in calls) == asked
    assert {content for *_, content in calls} == {"secret"} and cookies.read_text() == "secret"
    assert missing.read_text().count("\n") == 5 and not list(folder.glob(".*"))


def test_a_kill_loses_no_line(yt_dlp, tmp_path, monkeypatch):
    """The lines stand before the run ends; one that was cut is asked for again."""
    yt_dlp.says("removed-429", REMOVED)
    missing = tmp_path / "missing.tsv"
    monkeypatch.setattr(youtube, "write_text", lambda *_: None)
    fetch_clips([clip("removed-429")], tmp_path / "clips", missing)
    assert missing.read_text() == f"Yremoved-429\tremoved-429\tremoved\t{REMOVED}\n"
    missing.write_text(missing.read_text() + "Yother-other\tother-other\tremo")
    yt_dlp.calls()
    fetch_clips([clip("removed-429"), clip("other-other")], tmp_path / "clips", missing)
    assert videos(yt_dlp) == ["other-other"]


def test_interrupt(yt_dlp, tmp_path, monkeypatch):
    """What runs is ended with what it started, nothing half is left, and what was found out is kept."""
    yt_dlp.says("hang-hang-h", "hang")
    yt_dlp.says("removed-429", REMOVED)
    hangs, note = yt_dlp.place / "hangs", youtube._note

    def noted(*args) -> None:
        note(*args)
        while not hangs.exists():
            threading.Event().wait(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(youtube, "_note", noted)
    with pytest.raises(KeyboardInterrupt):
        fetch_clips([clip("removed-429"), clip("hang-hang-h")], tmp_path / "clips", tmp_path / "missing.tsv", jobs=2)
    with pytest.raises(ProcessLookupError):
        os.kill(int(hangs.read_text()), 0)
    assert not list((tmp_path / "clips").iterdir())
    assert (tmp_path / "missing.tsv").read_text().startswith("Yremoved-429\t")


def test_a_clip_that_takes_too_long(yt_dlp, tmp_path, monkeypatch):
    yt_dlp.says("hang-hang-h", *["hang"] * 3)
    monkeypatch.setattr(youtube, "TIMEOUT", 0.4)
    assert fetch_clips([clip("hang-hang-h")], tmp_path / "clips", tmp_path / "missing.tsv") == {"network": 1}
    assert len(yt_dlp.calls()) <= 3 and not list((tmp_path / "clips").iterdir())


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        (Clip("a", "short"), "'short' is no id of a YouTube video"),
        (Clip("a", "$(touch me)"), "is no id"),
        (Clip("../a", "a" * 11), "'../a': no name for a file"),
        (Clip("-a", "a" * 11), "'-a': no name for a file; begin with a letter"),
        (Clip("a", "a" * 11, 30, 20), "from 30 to 20 s is no part of a video"),
        (Clip("a", "a" * 11, float("nan")), "from nan"),
    ],
)
def test_wrong_clips(wrong, match, yt_dlp, tmp_path):
    with pytest.raises(LassError, match=match):
        fetch_clips([wrong], tmp_path / "clips", tmp_path / "missing.tsv")
    assert not yt_dlp.calls()


def test_faults_of_the_machine_are_no_faults_of_clips(yt_dlp, tmp_path, monkeypatch):
    missing = tmp_path / "missing.tsv"
    with pytest.raises(LassError, match="--cookies /nowhere: no such file"):
        fetch_clips([], tmp_path / "clips", missing, cookies=Path("/nowhere"))
    yt_dlp.says("a" * 11, "Postprocessing: ffprobe and ffmpeg not found. Please install or provide the path")
    with pytest.raises(LassError, match="cuts clips with ffmpeg: install both"):
        fetch_clips([clip("a" * 11)], tmp_path / "clips", missing)
    yt_dlp.says("b" * 11, f"{FORMAT}; WARNING: No supported JavaScript runtime could be found.")
    with pytest.raises(LassError, match="Requested format is not available.*; it needs deno for YouTube: run tools"):
        fetch_clips([clip("b" * 11)], tmp_path / "clips", missing)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LassError, match="no command yt-dlp: run tools/setup.sh"):
        fetch_clips([], tmp_path / "clips", missing)
    assert not missing.exists()
