#!/usr/bin/env python3
"""Copy a data directory without what `lass validate` objects to: utils/fix_data.py SET OUT --need captions"""

import argparse
from pathlib import Path

from lass.data.mend import mend
from lass.errors import run


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path, help="data directory")
    parser.add_argument("out", type=Path, help="the new one: sorted, each id once, without bad lines")
    parser.add_argument("--need", nargs="+", default=[], metavar="TABLE", help="a clip stays if it is in all of these")
    parser.add_argument("--dry_run", action="store_true", help="check, say what would be written, write nothing")
    args = parser.parse_args(argv)
    print(*mend(args.set, args.out, args.need, args.dry_run), sep="\n")


if __name__ == "__main__":
    run(main, "fix_data.py")
