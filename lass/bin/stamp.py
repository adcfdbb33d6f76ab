"""Is a stage complete? lass stamp check|write STAMP [--option KEY=VALUE ...] [--output FILE ...] INPUT ..."""

import argparse
import sys
from pathlib import Path

from lass.errors import LassError
from lass.io import stamp


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass stamp", description=__doc__)
    parser.add_argument("action", choices=("check", "write"), help="check exits 0 if STAMP fits, 3 if it does not")
    parser.add_argument("stamp", type=Path)
    parser.add_argument("inputs", type=Path, nargs="*", help="manifests that the stage read")
    parser.add_argument("--option", action="append", default=[], metavar="KEY=VALUE", help="what the stage was asked")
    parser.add_argument("--output", type=Path, action="append", default=[], help="what must still exist")
    args = parser.parse_intermixed_args(argv)

    for option in args.option:
        if "=" not in option:
            raise LassError(f"--option {option!r}: write it as KEY=VALUE")
    options = dict(option.split("=", 1) for option in args.option)
    if args.action == "write":
        stamp.write(args.stamp, options, args.inputs)
    elif stamp.is_complete(args.stamp, options, args.inputs, args.output):
        print(f"{args.stamp.parent}: complete, nothing to do")
    else:
        sys.exit(3)


if __name__ == "__main__":
    main()
