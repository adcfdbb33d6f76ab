"""Name the training clips that a test set holds, too: lass check_leaks --train SOUNDS .. --test SOUNDS ..

SOUNDS is a data directory; FORM:FILE, a published list and how it is written (conf/lists/FORM.yaml); the name of a test
set (conf/sets), or "all" of them, whose lists are in --root. Origins are compared: a video by its id and by time, an
upload to Freesound by its number; with --audio the samples of data directories, too. Each pair is a line of seven
columns: training set, clip and origin, test set, role, clip and origin. Exit code 1: there are such pairs.
"""

import argparse
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from lass.errors import LassError

if TYPE_CHECKING:
    from lass.data.leaks import Heard


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="lass check_leaks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", nargs="+", required=True, metavar="SOUNDS")
    parser.add_argument("--test", nargs="+", required=True, metavar="SOUNDS")
    parser.add_argument("--audio", action="store_true", help="compare the samples of data directories as well")
    parser.add_argument("--root", type=Path, help="benchmark root, see lass test_sets --help")
    args = parser.parse_args(argv)

    from lass.data.leaks import TestSounds, without_origin

    tests = TestSounds(chain.from_iterable(_heard(name, args, unknown=True) for name in args.test))
    found: dict[tuple[str, str, str], set[str]] = {}
    printed = set()
    for clip in chain.from_iterable(_heard(name, args) for name in args.train):
        for leak in tests.leaks(clip):
            found.setdefault((leak.train.set_name, leak.test.set_name, leak.test.role), set()).add(leak.test.clip)
            if leak not in printed:
                print(leak)
                printed.add(leak)
    for train in args.train:
        if Path(train).exists() and not args.audio and (unknown := without_origin(Path(train))) > 0:
            print(f"{train}: of {unknown} clips the origin is not known, they are compared with nothing",
                  file=sys.stderr)  # fmt: skip
    for (test, role), clips in tests.clips.items():
        unknown = len(tests.unknown.get((test, role), ()))
        more = f"; of {unknown} the origin is not known" if unknown else ""
        for train in args.train:
            leaked = len(found.get((train, test, role), ()))
            print(f"{leaked} of {len(clips)} {role}s of {test} are heard in {train}{more}", file=sys.stderr)
    if found:
        raise LassError(f"{len(printed)} pairs hold the same sound: leave the clips of column 2 out of the training")


def _heard(name: str, args: argparse.Namespace, unknown: bool = False) -> Iterator["Heard"]:
    from lass.data import leaks, testsets
    from lass.data.published import read_form

    if Path(name).exists():
        return leaks.of_data_dir(Path(name), args.audio, unknown)
    form, colon, path = name.partition(":")
    if colon:
        return leaks.of_list(read_form(form), Path(path), name)
    sets = testsets.registered().values() if name == "all" else [testsets.find_set(name)]
    return chain.from_iterable(each.heard(args.root or testsets.ROOT) for each in sets)


if __name__ == "__main__":
    main()
