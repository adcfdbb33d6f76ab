"""Cache of frozen text embeddings: one a distinct text, in Kaldi archives."""

import hashlib
import itertools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import kaldiio
import numpy as np
from tqdm import tqdm

from lass.errors import LassError
from lass.io.arrays import read_array
from lass.io.files import atomic_path
from lass.io.table import MappedTable, read_table, write_table
from lass.queries.encoder import QueryEncoder

_TEXTS_A_PART = 1000
_VALUE = re.compile(r"(part-[0-9a-f]{32}\.ark):([0-9]{1,12})")


def cache_name(encoder: QueryEncoder) -> str:
    """Folder name of an encoder's cache: its id, the hash of its weights, and its norm."""
    name = f"{encoder.identity()}-{'unit' if encoder.normalised else 'raw'}"
    return re.sub(r"[^A-Za-z0-9._+=-]", "_", name)


class TextEmbeddingCache:
    """Embeddings ``[D]`` (float32) by text, of one encoder (see ``cache_name``); texts come with their template filled.

    ``part-*.ark`` hold the vectors and ``text_emb.scp`` says where: ``<key> <ark>:<offset>``, the key being the first
    128 bits of the text's SHA-256 and the ark lying in this folder. A part that is not merged into that table yet,
    because its writer was killed, has a ``part-*.scp`` of its own. One writer at a time; any number of readers.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._open()

    def __contains__(self, text: str) -> bool:
        return self._find(text) is not None

    def __getitem__(self, text: str) -> np.ndarray:
        """Embedding ``[D]`` of ``text``. Raises LassError when it is not there, or its archive is damaged."""
        value = self._find(text)
        if value is None:
            raise LassError(f"{self.folder}: no embedding of {text!r}: run stage embed on the set that holds it")
        match = _VALUE.fullmatch(value)
        if match is None:
            raise LassError(f"{self.folder}/text_emb.scp: not '<part>.ark:<offset>' ({value!r}): {self._rebuild}")
        return read_array(self.folder / match[1], int(match[2]), self._rebuild)

    def missing(self, texts: Iterable[str]) -> list[str]:
        """The distinct texts that have no embedding yet, in order of appearance."""
        wanted = {_key(text): text for text in texts}
        # One pass over the table: 2.5 million look-ups would take ten minutes.
        for key, _ in itertools.chain(self._unmerged.items(), self._table or ()):
            wanted.pop(key, None)
        return list(wanted.values())

    def add(self, encoder: QueryEncoder, texts: Iterable[str], batch_size: int = 64) -> None:
        """Encode what is missing. A kill loses at most the part in work; the next call goes on behind it."""
        if not encoder.frozen:
            raise LassError(f"{type(encoder).__name__} trains with the separator: its embeddings cannot be cached")
        texts = self.missing(texts)
        with tqdm(total=len(texts), desc=f"embed {self.folder.name}", unit="text") as progress:
            for start in range(0, len(texts), _TEXTS_A_PART):
                part = texts[start : start + _TEXTS_A_PART]
                self._write_part(part, _encode(encoder, part, batch_size, progress))
        self._merge()
        self._open()

    @property
    def _rebuild(self) -> str:
        return f"remove {self.folder} and run stage embed again"

    def _open(self) -> None:
        merged = self.folder / "text_emb.scp"
        self._unmerged = {key: value for part in self._part_tables() for key, value in read_table(part)}
        self._table = MappedTable(merged) if merged.exists() else None

    def _part_tables(self) -> list[Path]:
        return sorted(self.folder.glob("part-*.scp"))

    def _find(self, text: str) -> str | None:
        key = _key(text)
        if key in self._unmerged:
            return self._unmerged[key]
        line = None if self._table is None else self._table.find(key)
        return None if line is None else self._table.value(line)

    def _write_part(self, texts: Sequence[str], embeddings: np.ndarray) -> None:
        """Archive first, then its table: a part without a table does not exist."""
        name = f"part-{_key(texts[0])}"
        rows = []
        with atomic_path(self.folder / f"{name}.ark") as temporary, open(temporary, "wb") as ark:
            for text, embedding in zip(texts, embeddings, strict=True):
                ark.write(f"{_key(text)} ".encode())
                rows.append((_key(text), f"{name}.ark:{ark.tell()}"))
                kaldiio.matio.write_array(ark, embedding)
        write_table(self.folder / f"{name}.scp", rows)

    def _merge(self) -> None:
        """Fold all part tables into the one table, then remove them: a kill in between only repeats the folding."""
        tables = self._part_tables()
        if tables:
            rows = dict(self._table or ())
            for table in tables:
                rows.update(read_table(table))
            write_table(self.folder / "text_emb.scp", rows.items())
        for table in tables:
            table.unlink()


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def _encode(encoder: QueryEncoder, texts: Sequence[str], batch_size: int, progress: tqdm) -> np.ndarray:
    batches = []
    for start in range(0, len(texts), batch_size):
        batch = texts[start : start + batch_size]
        embeddings = encoder.encode_text(batch).embedding.float().cpu().numpy()
        if not np.isfinite(embeddings).all():
            worst = batch[int(np.isfinite(embeddings).all(axis=1).argmin())]
            raise LassError(f"{encoder.identity()}: embedding of {worst!r} is not finite: remove or reword the text")
        batches.append(embeddings)
        progress.update(len(batch))
    return np.concatenate(batches)  # [len(texts), D]
