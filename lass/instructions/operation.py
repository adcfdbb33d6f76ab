"""What an instruction asks for, and the schema that every parser's answer is held against."""

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from lass.errors import LassError

TASKS = ("extraction", "removal")
LONGEST = 1000  # characters of an instruction; that of a query, too (lass.infer.model)
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_DETERMINERS = {"a", "an", "the", "this", "that", "these", "those", "all", "any", "some", "my", "your", "our"}


class Operation(NamedTuple):
    """One thing to do: ``task`` is "extraction" or "removal", ``description`` what of, in the instruction's words."""

    task: str
    description: str


def check_instruction(text: str) -> None:
    """Raise a LassError for an instruction that is none: without a word, or longer than ``LONGEST``."""
    if not words(text):
        raise LassError(f"instruction {text[:40]!r}: no word in it: say what to extract or remove")
    if len(text) > LONGEST:
        raise LassError(f"an instruction of {len(text)} characters ({text[:40]!r} ..): say it in {LONGEST}")


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return _WORD.findall(unicodedata.normalize("NFC", text).lower().replace("’", "'"))


def normalised(description: str) -> str:
    """Two descriptions that differ in case, punctuation or a leading article are alike: "The dog!" is "dog"."""
    found = words(description)
    while len(found) > 1 and found[0] in _DETERMINERS:
        found = found[1:]
    return " ".join(found)


def is_part(description: str, instruction: str) -> bool:
    """Whether the description's words stand one after the other in the instruction."""
    wanted, given = words(description), words(instruction)
    return bool(wanted) and any(given[i : i + len(wanted)] == wanted for i in range(len(given)))


def read_answer(answer: str, instruction: str) -> list[Operation]:
    """The operations of a language model's answer, which is untrusted: JSON of one shape, in the instruction's words.

    Args:
        answer: JSON list of ``{"task": "extraction" | "removal", "description": str}``, with nothing before or after it
            but blanks and a Markdown fence.

    Raises:
        LassError: the answer has another shape, or says what the instruction does not.
    """
    text = re.sub(r"^```(?:json)?\s*|\s*```$", "", answer.strip())
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        raise LassError(f"answer {answer[:60]!r}: not JSON") from None
    if not isinstance(entries, list) or not entries:
        raise LassError(f"answer {answer[:60]!r}: not a list of operations")
    return unrepeated([_read_entry(entry, instruction) for entry in entries])


def _read_entry(entry: object, instruction: str) -> Operation:
    if not isinstance(entry, dict) or set(entry) != {"task", "description"}:
        raise LassError(f"answer {str(entry)[:60]!r}: not {{task, description}}")
    task, description = entry["task"], entry["description"]
    if task not in TASKS:
        raise LassError(f"answer: task {str(task)[:60]!r} is not one of {', '.join(TASKS)}")
    if not isinstance(description, str) or not is_part(description, instruction):
        raise LassError(f"answer: description {str(description)[:60]!r} is no part of the instruction")
    return Operation(task, " ".join(description.split()))


def unrepeated(operations: Sequence[Operation]) -> list[Operation]:
    """The operations without those that repeat one before them."""
    found: dict[tuple[str, str], Operation] = {}
    for operation in operations:
        found.setdefault((operation.task, normalised(operation.description)), operation)
    return list(found.values())
