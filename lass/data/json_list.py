"""Lists of captioned clips in JSON, ``{.., "data": [{..}, {..}]}``, read one clip at a time."""

from collections.abc import Iterator
from pathlib import Path

from lass.errors import LassError


def read_clips(path: Path, needed: tuple[str, ...]) -> Iterator[dict]:
    """The entries of ``data``, in their order; a list of any length streams past.

    Raises:
        LassError: not such a file, or an entry without one of the ``needed`` keys.
    """
    import ijson

    number = 0
    try:
        with open(path, "rb") as file:
            for number, clip in enumerate(ijson.items(file, "data.item", use_float=True), 1):
                if not isinstance(clip, dict) or (missing := [key for key in needed if clip.get(key) is None]):
                    lacking = missing[0] if isinstance(clip, dict) else "keys"
                    raise LassError(f"{path}: clip {number} has no {lacking}: get the list again")
                yield clip
    except OSError as error:
        raise LassError(f"{path}: cannot open ({error.strerror}): get the list") from None
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise LassError(f"{path}: damaged after clip {number} ({error}): get the list again") from None
    if not number:
        raise LassError(f"{path}: no clips below 'data': another list, or a damaged one")
