"""Instructions by rules: a sentence is cut into clauses where a phrase tells a task; the rest is the description.

No rule reads what stands in quotation marks: it is a description as it is.
"""

import difflib
import re
from collections.abc import Iterator, Sequence

from lass.instructions.operation import Operation, check_instruction, is_part, unrepeated, words
from lass.instructions.phrases import AFTER, AROUND, BEFORE, MIXTURE, PATTERNS
from lass.instructions.verbs import EXTRACTING, REMOVING, doing, either, forms

_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|(?<!\w)'([^']+)'(?!\w)")
_HIDDEN = re.compile(r"\0(\d+)\0")
_CALLED = re.compile(r"\b(?:as|is|of|called|named|like) $", re.I)
_SENTENCE = re.compile(r"[.!?]+(?=\s|$)|[;\n]")
_JOINT = re.compile(  # between two clauses
    r",? (?:and|but|then|while|yet)\b,? ?(?!nothing else)|[,:] |"
    rf" (?=(?:by {doing(REMOVING)}|with no|instead of|minus|-|\+|without (?:the|any|that|this|my|{doing(REMOVING)})) )",
    re.I,
)
_CONTRAST = re.compile(r"(?:not|no|without|minus|with no)\b", re.I)
_PATTERNS = [re.compile(pattern, re.I) for pattern in PATTERNS]
_BEFORE = re.compile(either(BEFORE) + r"\s*", re.I)
_AFTER = re.compile(r"[\s,]+" + either(AFTER) + "$", re.I)
_AROUND = re.compile(either(AROUND) + r"\s*", re.I)
_MADE = re.compile(r"(?:the )?(?:sound|noise) (?P<source>.+) (?:makes?|is making)", re.I)
_NO_SOUND = re.compile(
    rf"(?:{MIXTURE}|everything|nothing|all(?: of it)?|file|one|\w+ files|(?:how|what).* (?:like|sounds?))", re.I
)
_APART = re.compile(r"\b(?:separately|individually|one by one)\b", re.I)
_PARTS = re.compile(rf"(?:\s*(?:,|\band\b|{_APART.pattern}))+\s*", re.I)
_PRONOUN = re.compile(r"(?:only )?(?:it|that|this|them|him|her)", re.I)
_TYPED = re.compile(r"(?:^|[,.;!] |\b(?:and|but|you|u|please|plese|to|then) )(?:please |just )?(\w{5,})", re.I)
_VERBS = sorted({form for verb in (*REMOVING, *EXTRACTING) for form in forms(verb)[:2]} | {"please"})
_TYPO = 0.75  # likeness of a verb and what was typed


def parse(text: str) -> list[Operation]:
    """The operations that an instruction names; the whole text is extracted where no phrase tells a task.

    Raises:
        LassError: an instruction without a word, or one that is too long.
    """
    check_instruction(text)
    plain = re.sub(r"[\x00-\x09\x0b-\x1f]", " ", text).replace("’", "'")
    for read in dict.fromkeys((_TYPED.sub(_mended, _TYPED.sub(_mended, plain)), plain)):
        found = _read(read)
        if found and all(is_part(operation.description, plain) for operation in found):
            return unrepeated(found)
    return [Operation("extraction", " ".join(plain.split()))]


def _mended(match: re.Match) -> str:
    """A verb that was mistyped at the beginning of a clause."""
    typed = match[1].lower()
    near = [] if typed in _VERBS else difflib.get_close_matches(typed, _VERBS, 1, _TYPO)
    return match[0][: match.start(1) - match.start()] + near[0] if near and near[0][0] == typed[0] else match[0]


def _read(text: str) -> list[Operation]:
    quotes: list[str] = []

    def hide(match: re.Match) -> str:
        quotes.append(next(filter(None, match.groups())))
        return f"\0{len(quotes) - 1}\0"

    operations, mentioned = [], ""
    for sentence in _SENTENCE.split(_QUOTED.sub(hide, text)):
        for task, description in _tasks(list(_clauses(sentence.strip()))):
            mentioned = description = mentioned if _PRONOUN.fullmatch(description) else description
            if task != "mentioned" and words(description):
                operations.append(Operation(task, _shown(description, quotes)))
    if not operations:
        rest = quotes[0] if quotes else _described(" ".join(text.split()))
        return [Operation("extraction", rest)] if rest else []
    return operations


def _shown(description: str, quotes: Sequence[str]) -> str:
    """A description with what was hidden: of 'what I call "a bang"' the quotation, of 'a man shouting "no"' all."""
    hidden = _HIDDEN.search(description)
    if hidden and (hidden.start() == 0 or _CALLED.search(description[: hidden.start()])):
        return quotes[int(hidden[1])]
    return _HIDDEN.sub(lambda match: f'"{quotes[int(match[1])]}"', description)


def _clauses(sentence: str) -> Iterator[str]:
    """Cut a sentence before each clause that tells a task."""
    joints = list(_JOINT.finditer(sentence))
    begin = 0
    for joint, following in zip(joints, [*joints[1:], None]):
        clause, rest = sentence[joint.end() : following and following.start()], sentence[joint.end() :]
        negated = begin == 0 and re.match(r"not\b", sentence, re.I)  # not the tuba, the trombone
        if negated or _match(clause) or _match(rest):
            yield sentence[begin : joint.start()]
            begin = joint.end()
    yield sentence[begin:]


def _tasks(clauses: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Task and description of each clause of a sentence, where it has them."""
    last = "extraction"
    for number, clause in enumerate(clauses):
        if match := _match(clause):
            found = {task: match[task] for task in match.groupdict() if match[task]}
        elif any(map(_CONTRAST.match, clauses[number + 1 : number + 2])) or (number and _CONTRAST.match(clauses[0])):
            found = {"extraction": clause}  # the trombone, not the tuba
        else:
            continue
        for task, text in found.items():
            if task == "opposite":
                task = "removal" if last == "extraction" else "extraction"
            last = task
            parts = _PARTS.split(text) if _APART.search(clause) else [text]
            yield from ((task, description) for part in parts if (description := _described(part)))


def _match(clause: str) -> re.Match | None:
    """The first pattern that a clause follows, without what stands around it if possible."""
    core = clause.strip(" ,:")
    while (opening := _BEFORE.match(core)) and opening.end() < len(core):
        core = core[opening.end() :]
    for text in dict.fromkeys((_cut(core), core, clause.strip(" ,"))):
        for pattern in _PATTERNS:
            if match := pattern.fullmatch(text):
                return match
    return None


def _cut(text: str) -> str:
    """A clause without what may stand behind it."""
    text = text.strip(" ,.!?")
    while (closing := _AFTER.search(text)):
        text = text[: closing.start()].strip(" ,")
    return text


def _described(text: str) -> str:
    """The description in a part of a clause; "" where it is only the mixture."""
    text = _cut(text)
    while (opening := _AROUND.match(text)) and opening.end() < len(text):
        text = text[opening.end() :]
    made = _MADE.fullmatch(text)
    text = made["source"] if made else text
    return "" if _NO_SOUND.fullmatch(text) else text
