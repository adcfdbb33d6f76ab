"""Check data directories: lass validate [--read_audio] [--rate 32000] data/<set> ..."""

import argparse
from pathlib import Path

from lass.errors import LassError


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass validate", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="data/<set>")
    parser.add_argument("--read_audio", action="store_true", help="decode every file (truncated files, NaN samples)")
    parser.add_argument("--rate", type=int, metavar="HZ", help="sample rate that every file must have")
    args = parser.parse_args(argv)

    from lass.data.datadir import summary
    from lass.data.validate import validate

    bad = []
    for folder in args.folders:
        problems = validate(folder, args.read_audio, args.rate)
        if problems:
            print(*problems, sep="\n")
            bad.append(str(folder))
        else:
            print(summary(folder))
    if bad:
        raise LassError(f"{' '.join(bad)}: mend the lines above, or local/data.py that wrote them")


if __name__ == "__main__":
    main()
