"""A folder of a dataset on the Hugging Face hub, fetched by the list that the hub's API gives of it."""

import json
from pathlib import Path, PurePosixPath

from lass.errors import LassError
from lass.io.download import Remote, fetch_all


def fetch_folder(listing: Path, url: str, folder: Path, jobs: int = 4) -> None:
    """Download the files that ``listing`` names to ``folder``, each checked by the SHA-256 that stands there.

    Args:
        listing: what ``url`` gave: JSON, one entry a file, ``path`` and for large ones ``lfs.oid``.
        url: ``https://huggingface.co/api/datasets/<owner>/<name>/tree/<revision>/<folder>``.

    Raises:
        LassError: no such list, a name that would leave the folder, or see ``fetch_all``.
    """
    base = url.replace("/api/datasets/", "/datasets/").replace("/tree/", "/resolve/")
    files = []
    try:
        for entry in json.loads(listing.read_text(encoding="utf-8")):
            if entry["type"] == "file":
                name = PurePosixPath(entry["path"]).name
                if name in ("", ".."):
                    raise ValueError(entry["path"])
                files.append(Remote(f"{base}/{name}", folder / name, entry.get("lfs", {}).get("oid", "")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise LassError(f"{listing}: not the hub's list of a folder ({error!r}): delete it and run again") from None
    fetch_all(files, jobs)
