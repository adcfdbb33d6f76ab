"""Clips of YouTube as a recipe fetches them: sounds, and where they are asked for pictures."""

from collections.abc import Collection
from pathlib import Path

from lass.data.present import MISSING
from lass.io.youtube import Clip, fetch_clips

PICTURES = "video"  # folder of the pictures


def fetch_videos(clips: Collection[Clip], root: Path, video: str, cookies: str, folder: str = "audio") -> None:
    """Fetch sounds to ``<root>/<folder>/<name>.flac``, with ``video`` pictures to ``<root>/video/<name>.mp4``.

    What cannot be had is listed in ``missing.tsv`` and ``missing_video.tsv`` of ``root``; see ``fetch_clips``.

    Args:
        video: "true" or "false".
        cookies: file of cookies, "" for none.

    Raises:
        LassError: see ``fetch_clips``.
    """
    jobs = {folder: (MISSING, False)} | ({PICTURES: (f"missing_{PICTURES}.tsv", True)} if video == "true" else {})
    for place, (missing, pictures) in jobs.items():
        counts = fetch_clips(clips, root / place, root / missing, pictures, Path(cookies) if cookies else None)
        print(f"{root / place}: {', '.join(f'{count} {what}' for what, count in sorted(counts.items()))}")

