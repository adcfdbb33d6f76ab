"""The files of a model folder, and the checksums that tell a damaged one."""

import fnmatch
import re
from collections.abc import Iterable
from pathlib import Path

from lass.errors import LassError
from lass.io.files import sha256, write_text
from lass.queries import ENCODER

PARTS = (ENCODER, f"{ENCODER}/audio", f"{ENCODER}/text", "audio",  # of the encoder and the separator, and theirs
         "decoder", "decoder/audio", "decoder/codec", "decoder/codec/model")
PATTERNS = ("config.yaml", "model.safetensors", "tokenizer.*", "classes.*", "pca.*",  # what loading reads
            *(f"{part}/*.{suffix}" for part in PARTS for suffix in ("json", "txt", "yaml", "model", "safetensors")))
CARD, SUMS = "README.md", "SHA256SUMS"


def belongs(name: str) -> bool:
    """True for the name of a file that loading may read, as seen from the folder."""
    return any(fnmatch.fnmatchcase(name, p) and name.count("/") == p.count("/") for p in PATTERNS)


def name_in(folder: Path, path: Path) -> str:
    """``folder/encoder/config.json`` -> ``encoder/config.json``."""
    return path.relative_to(folder).as_posix()


def files(folder: Path) -> list[Path]:
    """The files that loading may read, sorted; whatever else lies there is none of the model's."""
    return sorted({path for pattern in PATTERNS for path in folder.glob(pattern) if path.is_file()})


def shared_files(folder: Path) -> list[Path]:
    """The files that are handed on, in an archive or to the hub: card, checksums and what loading reads.

    Raises:
        LassError: one that every packed model has is missing.
    """
    missing = [name for name in (*PATTERNS[:2], CARD, SUMS) if not (folder / name).is_file()]
    if missing:
        raise LassError(f"{folder}: has no {', '.join(missing)}: run lass pack first")
    return [folder / CARD, folder / SUMS, *files(folder)]


def write_sums(folder: Path, paths: Iterable[Path] | None = None) -> None:
    """Write ``SHA256SUMS``, of the given files or of those that loading reads, in the format of ``sha256sum -c``."""
    listed = files(folder) if paths is None else sorted(paths)
    write_text(folder / SUMS, "".join(f"{sha256(path)}  {name_in(folder, path)}\n" for path in listed))


def check_sums(folder: Path) -> None:
    """Compare the files that loading reads with ``SHA256SUMS``, where there is one.

    A name that it lists is compared and never opened.

    Raises:
        LassError: a file differs, is missing or is not listed.
    """
    path = folder / SUMS
    if not path.exists():
        return
    lines = re.findall(r"^([0-9a-f]{64}) [ *](.+)$", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    listed = {name: digest for digest, name in lines}
    found = {name_in(folder, path): sha256(path) for path in files(folder)}
    wrong = sorted(name for name in listed | found if listed.get(name) != found.get(name))
    if wrong:
        names = ", ".join(repr(name[:80]) for name in wrong[:3])
        raise LassError(f"{folder}: {names}: not the content that {SUMS} tells ({len(wrong)} of {len(listed | found)} "
                        f"files): copy or download the folder again, or remove {SUMS} if the change is yours")
