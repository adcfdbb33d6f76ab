"""The frames of a training set's videos, embedded before the training (stage embed)."""

from pathlib import Path

from lass.data.datadir import FRAMES, DataDir
from lass.errors import LassError
from lass.io.files import write_text
from lass.io.table import write_table
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
    places = [(utt, place) for utt, video in data.video if (place := cache.place(video))]
    reasons = [f"{utt}\t{cache.failures[video]}\n" for utt, video in data.video if video in cache.failures]
    write_text(data.folder / FAILED, "utt\treason\n" + "".join(reasons))
    if not places:
        raise LassError(f"{data.folder / FAILED}: none of {len(reasons)} videos can be used: see there")
    write_table(data.folder / FRAMES, places)
    failed = f"; {len(reasons)} failed, see {data.folder / FAILED}" if reasons else ""
    return f"{data.folder / FRAMES}: frames of {len(places)} of {len(data)} clips{failed}"
