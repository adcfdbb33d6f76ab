"""A rendered test set (contract 2), read back."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lass.data.datadir import UTT_ID
from lass.errors import LassError
from lass.io.scratch import copy_in
from lass.io.table import read_table


class Question(NamedTuple):
    """One query of one mixture."""

    key: str  # <mix>#<k>
    mix_id: str
    text: str
    mixture: str  # scp values
    reference: str


def read_questions(folder: Path, queries: str = "queries", scratch: Path | None = None) -> list[Question]:
    """All questions of a set.

    Args:
        queries: the table to ask from; ``interf_queries`` asks for the interferer instead.
        scratch: where the audio is copied to and read from, see ``lass.io.scratch``.
    """
    folder = Path(folder)
    mixtures, references = (dict(read_table(copy_in(folder / name, scratch))) for name in ("wav.scp", "ref.scp"))
    found = []
    for key, text in read_table(folder / queries):
        mix_id, _, number = key.rpartition("#")
        if not (UTT_ID.fullmatch(mix_id) and number.isdecimal()):  # it becomes a file name
            raise LassError(f"{folder / queries}: malformed key {key!r}: expected <mix>#<k>")
        for table, name in ((mixtures, "wav.scp"), (references, "ref.scp")):
            if mix_id not in table:
                raise LassError(f"{folder / queries}: {key} asks for a mixture that {name} lacks; run stage mix")
        found.append(Question(key, mix_id, text, mixtures[mix_id], references[mix_id]))
    return found


def asked_by_labels(
    questions: Sequence[Question], folder: Path, join: str, table: str = "utt2labels"
) -> list[Question]:
    """The same questions of the set ``folder``, put as the names of the target's labels, with ``join`` between them.

    Args:
        table: the labels of each mixture; ``interf2labels`` are those of the interferer.
    """
    missing = [name for name in (table, "labels") if not (Path(folder) / name).is_file()]
    if missing:
        raise LassError(f"{Path(folder) / missing[0]}: no such file, but the model is asked by labels: choose a set "
                        "with labels (of a registered one, lass test_sets tells the lists that it takes), or a model "
                        "that reads captions")
    labels, names = (dict(read_table(Path(folder) / name)) for name in (table, "labels"))
    found = []
    for question in questions:
        known = [names[label] for label in labels.get(question.mix_id, "").split() if label in names]
        if not known:
            raise LassError(f"{Path(folder) / table}: no labels with names for {question.mix_id}, and the model is "
                            "asked by labels: complete the set, or choose another")
        found.append(question._replace(text=join.join(known)))
    return found
