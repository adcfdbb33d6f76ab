"""The verbs that tell a task, as regular expressions for ``lass.instructions.rules``."""

from collections.abc import Iterable

_IRREGULAR = {  # gerund and participle
    "bring": ("bringing", "brought"), "cut": ("cutting", "cut"), "find": ("finding", "found"),
    "get": ("getting", "got"), "grab": ("grabbing", "grabbed"), "hear": ("hearing", "heard"),
    "keep": ("keeping", "kept"), "leave": ("leaving", "left"), "lose": ("losing", "lost"), "rm": ("rm", "rm"),
    "drop": ("dropping", "dropped"), "scrub": ("scrubbing", "scrubbed"), "shut": ("shutting", "shut"),
    "split": ("splitting", "split"), "stop": ("stopping", "stopped"), "strip": ("stripping", "stripped"),
    "take": ("taking", "taken"), "throw": ("throwing", "thrown"), "want": ("wanting", "wanted"),
}  # fmt: skip

REMOVING = (
    "remove delete erase eliminate mute silence suppress drop discard ditch exclude subtract kill scrub cut strip lose "
    "stop block reduce attenuate minimise minimize rm omit skip cancel banish reject purge quieten hush dampen lower"
).split()
REMOVING_WITH = {  # take out the dog, take the dog out
    "out": "take tune filter edit cut wipe leave fade strip block clean get scrub drown weed mute cancel".split(),
    "away": "take strip throw wipe".split(),
    "off": "turn switch shut".split(),
    "up": ["clean"],
    "down": ["turn"],
}
EXTRACTING = (
    "extract isolate separate keep retain preserve save grab fetch solo play amplify maximise maximize boost pick find "
    "hear want get show leave capture recover obtain enhance select emphasise emphasize highlight return output "
    "spotlight"
).split()
EXTRACTING_WITH = {
    "out": "pull single pick bring separate split".split(), "off": ["split"], "in": ["leave", "keep"], "up": ["turn"],
}  # fmt: skip


def forms(verb: str) -> tuple[str, str, str]:
    """Imperative, gerund and participle."""
    stem = verb.removesuffix("e")
    return verb, *_IRREGULAR.get(verb, (stem + "ing", stem + "ed"))


def doing(verbs: Iterable[str]) -> str:
    """A pattern of their imperatives and gerunds."""
    return either(form for verb in verbs for form in forms(verb)[:2])


def done(verbs: Iterable[str]) -> str:
    """A pattern of their participles."""
    return either(forms(verb)[2] for verb in verbs)


def either(patterns: Iterable[str]) -> str:
    """A pattern of any of them, tried in this order."""
    return f"(?:{'|'.join(patterns)})"
