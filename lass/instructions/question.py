"""From the operations of an instruction to what a separator is asked."""

from collections.abc import Sequence
from typing import NamedTuple

from lass.errors import LassError
from lass.instructions.operation import Operation, normalised


class Question(NamedTuple):
    """The arguments of ``Model.separate`` of these names."""

    texts: list[str]
    remove: bool
    negative: str | None

    def __str__(self) -> str:
        wanted = " and, apart from it, ".join(f'"{text}"' for text in self.texts)
        if self.remove:
            return f"the mixture without {wanted}"
        return wanted + (f' in what is left of the mixture without "{self.negative}"' if self.negative else "")


def question(operations: Sequence[Operation]) -> Question:
    """What separates as the operations say.

    Extractions are asked for each by itself. Removals are joined to one text, "A and B": alone, the mixture without it
    is the answer; beside extractions, it is taken out before those are asked.

    Raises:
        LassError: one sound is to be extracted and removed.
    """
    wanted = [operation.description for operation in operations if operation.task == "extraction"]
    unwanted = [operation.description for operation in operations if operation.task == "removal"]
    for both in sorted({normalised(text) for text in wanted} & {normalised(text) for text in unwanted}):
        raise LassError(f"the instruction asks to extract and to remove {both!r}: say one of them, or use --text")
    removed = " and ".join(unwanted)
    if wanted:
        return Question(wanted, False, removed or None)
    return Question([removed], True, None)
