"""The phrases that ``lass.instructions.rules`` knows: patterns of whole clauses, in the order in which they are tried.

What the group ``extraction`` or ``removal`` catches is extracted or removed, what ``mentioned`` catches is what a later
"it" stands for, ``opposite`` gets the task that the clause before has not. Case is ignored.
"""

from collections.abc import Sequence

from lass.instructions.verbs import EXTRACTING, EXTRACTING_WITH, REMOVING, REMOVING_WITH, doing, done, either

_E, _R = r"(?P<extraction>.+)", r"(?P<removal>.+)"

SOUNDS = r"(?:sound effects?|sounds?|noises?|audio)"
MIXTURE = (
    r"(?:(?:this|the|that|my|our|an?|attached|whole|original|clean|instrumental|audio|sound) )*"
    r"(?:recording|audio|clip|file|mix|mixture|track|song|version|interview|podcast|rest|sample|video|tape|take)"
)
OF_MIXTURE = rf"(?:(?:in|from|on|of) {MIXTURE}|(?:in|from|on) (?:there|here|it))"
ALL = (
    r"(?:all|everything|anything|every)(?: of (?:it|that))?(?: that)?(?: (?:the )?(?:other )?"
    rf"(?:{SOUNDS}|instruments?|voices))?(?: {OF_MIXTURE})?"
)
BUT = (
    r"(?:,? (?:but|except(?:ing)?(?: for)?|apart from|aside from|other than|besides|minus|save for|(?:just )?not|"
    r"(?:that |which )?(?:is|are) not|(?:that |which )?(?:isn|aren)'?t|(?:that|which)'s not))"
)
NOT = r"(?:do not|don'?t|never|not|without|avoid|should not|shouldn'?t|nobody should|cannot|can'?t|won'?t)"
MODAL = r"(?:(?:should|must|can|could|needs?|has|have|had|is|are|was|were|may|ought|be|will|to) ?)+"


def _opening(verbs: Sequence[str], particles: dict[str, list[str]], more: str) -> str:
    """What opens a clause of a task."""
    with_particle = [rf"{doing(verbs)} {particle}(?: of)?" for particle, verbs in particles.items()]
    return r"(?:(?:only|just|simply|please|also|always) )*" + either([*with_particle, more, doing(verbs)])


def _ended(verbs: Sequence[str], particles: dict[str, list[str]], more: str) -> str:
    """What ends a passive clause of a task."""
    return either([*(f"{done(verbs)} {particle}" for particle, verbs in particles.items()), done(verbs), more])


def _closed(particles: dict[str, list[str]], task: str) -> list[str]:
    """Clauses whose particle stands at the end: take the dog out."""
    return [rf"{doing(verbs)} (?P<{task}>.+) {particle}(?: of .+)?" for particle, verbs in particles.items()]


REMOVE = _opening(REMOVING, REMOVING_WITH, r"get(?:ting)? ride? of|do(?:ing)? away with")
EXTRACT = _opening(
    EXTRACTING,
    EXTRACTING_WITH,
    r"(?:give|let|get|show) me(?: hear| have| listen to)?|listen(?:ing)? to|gimme|lemme hear|focus(?:ing)? on|"
    r"(?:looking|after) for|interested in|(?:a|the) version with",
)
REMOVED = _ended(REMOVING, REMOVING_WITH, "gone|go|silent|disappear")
EXTRACTED = _ended(EXTRACTING, EXTRACTING_WITH, "audible|stay|remain")

_WHAT = r"(?:what|all|the (?:only |one )?(?:thing|sound|noise)s?)(?: that)?"
_THERE = r"(?:is there|are there|there's|there is|there are|where's|where is|(?:i|we) (?:can )?hear)"

PATTERNS = [
    # all but
    rf"{EXTRACT} {ALL}{BUT} {_R}",
    rf"{REMOVE} {ALL}{BUT} {_E}",
    rf"{doing(sum(REMOVING_WITH.values(), []))} {ALL} {either(REMOVING_WITH)}{BUT} {_E}",
    rf"(?:{EXTRACT} )?(?:nothing|no other {SOUNDS}) (?:but|except|other than) {_E}",
    rf"{ALL} {MODAL}{REMOVED}{BUT} {_E}",
    rf"{ALL} {MODAL}{EXTRACTED}{BUT} {_R}",
    rf"{ALL}{BUT} {_R}",
    # what, whose, it: the verb at the end, or not at all
    rf"(?:it's|it is|what) {_E} (?:that )?i(?: do|'d)?(?: like| want| need| am after)(?: to (?:hear|keep|have))?",
    rf"(?:it's|it is) {_R} that {MODAL}(?:go|be {REMOVED})",
    rf"{_WHAT} (?:i|we) (?:do not|don'?t) (?:want|need|like) is {_R}",
    rf"{_WHAT} (?:bothers|annoys|disturbs) (?:me|us) is {_R}",
    rf"{_WHAT} (?:i|we) (?:want|need|like|am after)(?: to (?:hear|keep|have))?(?: now)? is {_E}",
    rf"{_R} is (?:what|all|the (?:thing|sound)) (?:that )?(?:i|we) (?:want gone|do not want|don'?t want)",
    rf"{_E} is (?:what|all|the (?:thing|sound)) (?:that )?(?:i|we)(?: want| need| am after|'m after).*",
    rf"what does {_E} sound like",
    rf"(?:what|all|the only thing)(?: that)? (?:should )?(?:remains?|is left|be left|stays?)(?: there)? {MODAL}{_E}",
    # not
    rf"{NOT} (?:touch|lose|harm|affect) {_E}",
    rf"{NOT} {REMOVE} {_E}",
    rf"{NOT} (?:let me |want to |like to )*(?:{EXTRACT}|stand|like|need|care (?:for|about)) {_R}",
    rf"(?:never mind|hate|dislike|forget(?: about)?|tired of|sick of) {_R}",
    rf"leave {_E} alone",
    rf"{_R[:-1]}?)(?: i| we)? (?:do not|don'?t) (?:want|need)",
    rf"(?:make sure )?{_R} (?:isn'?t|is not|aren'?t) (?:audible|heard|there)",
    # the verb behind the description
    rf"(?:need|want|prefer|like|have|with) {_R} (?:to be )?{REMOVED}",
    rf"(?:need|want|prefer|like|have) {_E} (?:to be )?{EXTRACTED}(?: {OF_MIXTURE})?",
    rf"(?:make|let|have) {_R} (?:disappear|go away|go|stop|vanish|inaudible|be gone)",
    rf"let {_E} through",
    rf"bring {_R} to silence",
    rf"get {_R} out(?: of .+)?",
    *_closed(EXTRACTING_WITH, "extraction"),
    *_closed(REMOVING_WITH, "removal"),
    rf"{_R}: (?:remove|removal|out|off|no|drop|delete)",
    rf"{_E}: (?:keep|extract|extraction|in|on|yes)",
    rf"{_R[:-1]}?) {MODAL}{REMOVED}",
    rf"{_E[:-1]}?) {MODAL}{EXTRACTED}",
    # the verb before it
    rf"(?:separate|isolate|split|distinguish|tell) {_E} from (?!{MIXTURE}\b|it\b|here\b){_R}",
    rf"(?:prefer|rather|want|have|hear)(?: to hear| have)? {_E} (?:instead of|rather than|over|than) {_R}",
    rf"{REMOVE}:? {_R}",
    rf"{EXTRACT}:? {_E}",
    rf"(?:extraction|target|wanted|yes to|need|like|love|prefer|have|with|one with|just|only)(?: ?[:=])? {_E}",
    rf"(?:instead of|rather than) {_R[:-1]}?),? {EXTRACT} {_E}",
    rf"(?:removal|unwanted|no to|no more|none of|no|less of|less|without|minus|instead of)\b ?[:=]? ?{_R}",
    rf"- ?{_R}",
    rf"\+ ?{_E}",
    r"not (?P<opposite>.+)",
    rf"{_E} (?:only|alone|by (?:itself|themselves)|on (?:its|their|her|his) own|in isolation|and nothing else|in)",
    rf"{_R} (?:off|out|gone|away)",
    # not a task
    rf"(?:why |where )?{_THERE} (?P<mentioned>.+)",
    r"(?P<mentioned>.+) (?:ruined|ruins|spoils|spoiled|bothers|disturbs) .+",
]  # fmt: skip

BEFORE = [  # what may stand before a clause
    r"(?:by|hey|hi|hello|ok|okay|so|basically|um|uh|well|actually|please|pls|kindly|quickly|now|first|then|also|and|"
    r"but|maybe|thanks|sorry|computer|alexa|siri|rather|simply|yet|while|finally|next)\b[,:!]?",
    r"(?:can|could|would|will|may|should) (?:you|u|we|i)\b(?: maybe| please| mind| be so kind as to| kindly)*",
    r"(?:is there any way|is it possible|would it be possible|what i need is|my goal is|my task is) to",
    r"there (?:should|must) (?:only )?be(?= no)",
    r"how (?:do|can|could|would) (?:i|you|we)",
    r"(?:i|we)(?:'d| would|'m| am)? ?(?:really |just |only )?(?:want|like|love|need|wish|prefer|have|trying|going)?"
    r"(?: you)?(?: only)? to",
    r"(?:i|we)\b(?:'d| would|'m| am)?(?: really| just| only)?(?: want| like| need)?(?= (?:it |only |just )*"
    r"(?:want|like|need|prefer|have|do|don|can|should|hate|love|looking|interested|rather|never|would))",
    r"(?:i|we)(?: really| just| only)*(?= (?:want|need))",
    r"(?:wanna|lemme|let's|do me a favou?r and|be a dear and|thank you for|thanks for|help me(?: to)?|"
    r"on second thought|i appreciate it if you|make sure(?: that)?|if possible|if you can|what would it sound like if|"
    r"what if|which sounds remain if|have(?= less| no| only| just)|let(?=.* be ))\b,?",
    r"(?:can|could|may|should|will)\b(?= the| all| my| that| this)",
    r"for (?:my|a|the|an) [\w ]+?(?:,| (?=i need))",
    rf"(?:in|from) {MIXTURE},?",
]  # fmt: skip
AFTER = [  # what may stand behind it
    r"(?:please|thanks|thank you|thanks a lot|pls|thx|for me|to nothing|completely|entirely|as well|too|separately|now|"
    r"at all|anymore|instead|alone|by (?:itself|themselves)|on (?:its|their|her|his) own|in isolation|and nothing else|"
    r"only|to be heard)",
    OF_MIXTURE,
    rf"(?:somewhere|right|back) {OF_MIXTURE}",
]
AROUND = [  # what may open a description and is none
    r"(?:the|an?),? (?:uh|um|er)\b,?",
    r"(?:only|just|nothing but|both|out|of|on|for|to|about|simply|uh|like|have|hear|me|so that|is|sound|entirely)\b,?",
    rf"(?:(?:the|any|all|only|that|every|a|clean) )*(?:{SOUNDS}|part|recording|version|instances?) "
    r"(?:made by|coming from|of|from|where|with|when)\b",
]
