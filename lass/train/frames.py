"""The frames of a training set's videos, embedded before the training (stage embed)."""

from collections.abc import Mapping
from pathlib import Path

from lass.data.datadir import FRAMES, DataDir
from lass.errors import LassError
from lass.io.files import write_text
from lass.io.table import MappedTable, write_table
from lass.queries.encoder import QueryEncoder
from lass.queries.frames import FrameEmbeddingCache

FAILED = "failed_videos.tsv"


def embed_frames(encoder: QueryEncoder, data: DataDir, folder: Path) -> str:
    """Write ``image_emb.scp`` of the clips whose videos can be used, and ``failed_videos.tsv`` of the others.

    Args:
        folder: the cache of the encoder's frames.

    Returns:
        one line for people.

    Raises:
        LassError: no videos, or none that can be used.
    """
    if data.video is None:
        raise LassError(f"{data.folder}: has no video.scp, but the query rule asks by image: give videos to the rows "
                        "of local/data.py, or the set text_ratio: 1.0")
    cache = FrameEmbeddingCache(folder)
    cache.add(encoder, (video for _, video in data.video))
    failed = list_failures(data.folder / FAILED, data.video, cache.failures)
    if failed and not any(video in cache for _, video in data.video):
        raise LassError(f"{data.folder / FAILED}: none of {failed} videos can be used: see there")
    places = ((utt, place) for utt, video in data.video if (place := cache.place(video)))
    found = write_table(data.folder / FRAMES, places)
    told = f"; {failed} failed, see {data.folder / FAILED}" if failed else ""
    return f"{data.folder / FRAMES}: frames of {found} of {len(data)} clips{told}"


def list_failures(path: Path, files: MappedTable, failures: Mapping[str, str]) -> int:
    """Write ``path``, why which clips of a table have no embedding; returns how many these are."""
    reasons = [f"{utt}\t{failures[name]}\n" for utt, name in files if name in failures] if failures else []
    write_text(path, "utt\treason\n" + "".join(reasons))
    return len(reasons)
