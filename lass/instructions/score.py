"""How often a parser understands the instructions of a file as they are meant."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from lass.errors import LassError
from lass.instructions.operation import TASKS, Operation, is_part, normalised


class Accuracy(NamedTuple):
    """Over ``total`` instructions: those with all ``tasks`` right, and those with the descriptions right as well."""

    total: int
    exact: int
    tasks: int


def read_instructions(path: Path) -> list[tuple[str, list[Operation]]]:
    """Lines ``<instruction> TAB <task>: <description> [TAB ..]``. Raises LassError with file and line."""
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LassError(f"{path}: cannot be read ({error}): give a file of instructions") from None
    return [_read_line(line, f"{path}:{number}") for number, line in enumerate(lines, 1)]


def _read_line(line: str, where: str) -> tuple[str, list[Operation]]:
    text, *fields = line.split("\t")
    operations = [Operation(*field.partition(": ")[::2]) for field in fields]
    for operation in operations:
        if operation.task not in TASKS or not is_part(operation.description, text):
            told = f"{operation.task}: {operation.description}"
            raise LassError(f"{where}: {told!r} is not '<task>: <part of the instruction>': mend it")
    if not operations:
        raise LassError(f"{where}: not '<instruction> TAB <task>: <description>' ({line[:60]!r}): mend or remove it")
    return text, operations


def accuracy(
    instructions: Sequence[tuple[str, list[Operation]]], parse: Callable[[str], list[Operation]]
) -> tuple[Accuracy, list[tuple[str, list[Operation]]]]:
    """Parse all; the order of operations does not count, nor case, punctuation and articles of descriptions.

    Returns:
        the counts, and each instruction that was not understood exactly, with what was.
    """
    exact = tasks = 0
    wrong = []
    for text, meant in instructions:
        found = parse(text)
        same = _key(found) == _key(meant)
        exact += same
        tasks += Counter(o.task for o in found) == Counter(o.task for o in meant)
        if not same:
            wrong.append((text, found))
    return Accuracy(len(instructions), exact, tasks), wrong


def _key(operations: Sequence[Operation]) -> Counter:
    return Counter((operation.task, normalised(operation.description)) for operation in operations)
