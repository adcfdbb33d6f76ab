from pathlib import Path

from corpora import GONE
from lass.data.present import reasons_of
from lass.data.video_clips import fetch_videos
from lass.io.youtube import Clip

CLIPS = [Clip("Y-0123456789", "-0123456789", 30, 40), Clip("Ygone-gone-g", "gone-gone-g", 0, 10)]


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_sounds_and_pictures(yt_dlp, tmp_path, capsys):
    yt_dlp.says("gone-gone-g", GONE, GONE)
    cookies = tmp_path / "cookies.txt"
    cookies.write_text("secret")
    root = tmp_path / "root"
    fetch_videos(CLIPS, root, "false", "", "some/folder")
    assert names(root) == ["missing.tsv", "some/folder/Y-0123456789.flac"]
    assert reasons_of(root) == {"Ygone-gone-g": "removed"}
    assert capsys.readouterr().out == f"{root}/some/folder: 1 found, 1 removed\n"
    fetch_videos(CLIPS, root, "true", str(cookies))
    assert names(root)[:3] == ["audio/Y-0123456789.flac", "missing.tsv", "missing_video.tsv"]
    assert names(root / "video") == ["Y-0123456789.mp4"] and yt_dlp.calls()[-1][2] == "secret"
