"""Clotho 2.1: K. Drossos, S. Lipping, T. Virtanen, "Clotho: an Audio Captioning Dataset", ICASSP 2020."""

import html
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from lass.data.corpus import Corpus
from lass.data.datadir import Row
from lass.data.held_out import held_out
from lass.data.published import Clip, Form, read_form
from lass.errors import LassError

TRAINING = ("development", "validation")  # merged to train, as AudioSep (Sec. IV-A4) does
HELD_OUT = 0.05  # of both, by origin, for --valid part
CAPTIONS = Form(Clip("{file_name}"))  # of the lists of captions; origins stand in the metadata
CORPUS = Corpus.read(Path(__file__).parents[1] / "conf" / "corpus.yaml")


def download(root: Path, valid: str) -> None:
    """Fetch archives, captions and metadata."""
    _check(valid)
    CORPUS.fetch(root)


def expected(root: Path, valid: str) -> dict[str, int]:
    """Numbers of clips as published; those of a part of our own are in no publication."""
    numbers = {"test": CORPUS.clips["evaluation"]}
    if _check(valid) == "published":
        numbers |= {"train": CORPUS.clips["development"], "valid": CORPUS.clips["validation"]}
    return numbers


def prepare(root: Path, valid: str) -> dict[str, list[Row]]:
    """Test on evaluation. What is tested is heard in no other set, and what is chosen on not in training."""
    _check(valid)
    evaluation, development, validation = (_rows(root, split) for split in ("evaluation", *TRAINING))
    if valid == "part":
        both = development + validation
        held = held_out({row.origin or row.utt for row in both}, HELD_OUT)
        validation = [row for row in both if (row.origin or row.utt) in held]
        development = [row for row in both if (row.origin or row.utt) not in held]
    sets, heard = {"test": evaluation, "valid": validation, "train": development}, set()
    for name, rows in sets.items():
        sets[name] = [row for row in rows if row.origin not in heard]
        heard |= {row.origin for row in rows if row.origin}
    return sets


def _check(valid: str) -> str:
    if valid not in ("part", "published"):
        raise LassError(f"--valid {valid}: expected part (of development and validation) or published")
    return valid


def _rows(root: Path, split: str) -> list[Row]:
    """The clips of a split. Ids are numbers, because names hold anything, and some stand in two splits."""
    form, folder = read_form("clotho_metadata"), CORPUS.path(root, f"{split}_audio")
    found = [clip for line in form.lines(CORPUS.path(root, f"{split}_metadata")) for clip in form.clips(line)]
    origins = _by_name((clip.clip, clip.origin) for clip in found)
    files = _by_name((path.name, str(path)) for path in folder.iterdir())
    rows = []
    for number, line in enumerate(CAPTIONS.lines(CORPUS.path(root, f"{split}_captions")), 1):
        name = line.fields["file_name"]
        if "/" in name:
            raise LassError(f"{line.where}: {name!r} is no name of a file: get the list again")
        audio, origin = (table.get(name) or table.get(_plain(name), "") for table in (files, origins))
        captions = [" ".join(line.fields[f"caption_{k}"].split()) for k in range(1, 6)]
        rows.append(Row(f"clotho-{split}-{number:04d}", audio or str(folder / name), captions, origin=origin))
    return rows


def _by_name(entries: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By the name, and by how it reads plainly, where that is not a name as well."""
    known = dict(entries)
    return {_plain(name): value for name, value in known.items()} | known


def _plain(name: str) -> str:
    """A name as it is looked up: lists and archives differ in HTML entities, blanks at the ends, forms of accents."""
    stem, dot, suffix = html.unescape(unicodedata.normalize("NFC", name)).rpartition(".")
    return f"{stem.strip()}{dot}{suffix.strip()}"
