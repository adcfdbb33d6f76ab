"""What a training may hear of the registered test sets: nothing ("clean"), or whatever its sets hold ("paper")."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from lass.data.datadir import Row
from lass.data.leaks import Heard, Leak, TestSounds
from lass.data.testsets import TestSet
from lass.errors import LassError
from lass.io.files import write_text

POLICIES = ("clean", "paper")
REPORT, PAIRS = "leak_policy", "leaks.tsv"  # files of a data directory


class LeakPolicy:
    """Filters training sets by the origins of all registered test sets, targets and interferers.

    Args:
        policy: "clean" leaves clips out, "paper" keeps and names them.
        sets: the test sets.
        root: benchmark root with their lists. Those of a source, as "youtube", are read when the first clip of that
            source comes. Under "clean" they must be there, but for lists that nobody published.
    """

    def __init__(self, policy: str, sets: Iterable[TestSet], root: Path):
        if policy not in POLICIES:
            raise LassError(f"--leaks {policy}: expected {' or '.join(POLICIES)}")
        self.policy, self.sets, self.root = policy, list(sets), root
        self._sounds: dict[str, TestSounds] = {}
        self._absent: set[str] = set()  # test sets that could not be compared

    def filter(self, name: str, rows: Iterable[Row], folder: Path) -> Iterator[Row]:
        """The clips of a training set that may be heard; when all are through, the report is written to ``folder``."""
        clips, left, unknown, leaks = 0, 0, 0, []
        for row in rows:
            found = self._leaks(name, row) if row.origin else []
            leaks += found
            clips, left = clips + 1, left + (not found or self.policy == "paper")
            unknown += not row.origin
            if not found or self.policy == "paper":
                yield row
        if clips and not left:
            raise LassError(f"{folder}: all {clips} clips of {name} are heard in test sets ({_sets(leaks)}): train on "
                            "other data, or say --leaks paper, which stands beside each score")
        write_text(folder / REPORT, self._report(clips, unknown, leaks) + "\n")
        write_text(folder / PAIRS, "".join(f"{leak}\n" for leak in leaks))

    def _report(self, clips: int, unknown: int, leaks: list[Leak]) -> str:
        utts = len({leak.train.clip for leak in leaks})
        text = f"{self.policy}: {utts} of {clips} clips are heard in test sets"
        if leaks:
            text += f" ({_sets(leaks)}) and {'left out' if self.policy == 'clean' else 'kept'}"
        if unknown:
            text += f"; of {unknown} the origin is not known"
        if self._absent:
            text += f"; not compared, their lists are missing: {', '.join(sorted(self._absent))}"
        return text

    def _leaks(self, name: str, row: Row) -> list[Leak]:
        source = row.origin.partition(":")[0]
        if source not in self._sounds:
            self._sounds[source] = TestSounds(heard for each in self.sets for heard in self._heard(each, source))
        sounds = self._sounds[source]
        return sounds.leaks(Heard(name, "clip", row.utt, row.origin)) if sounds.has(row.origin) else []

    def _heard(self, testset: TestSet, source: str) -> Iterator[Heard]:
        if source not in testset.sources:
            return
        if missing := testset.missing(self.root):
            if self.policy == "clean":
                raise LassError(f"--leaks clean needs the list of each test set; {missing[0]}; or say --leaks paper")
            self._absent.add(testset.name)
        else:
            yield from testset.heard(self.root)


def _sets(leaks: list[Leak]) -> str:
    return ", ".join(sorted({leak.test.set_name for leak in leaks}))


def report_of(folder: Path) -> str:
    """What stands in the report of a data directory; "not known" where none was written."""
    path = folder / REPORT
    return path.read_text(encoding="utf-8").strip() if path.exists() else "not known"
