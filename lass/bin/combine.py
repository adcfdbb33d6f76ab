"""Join rendered sets, or folders of their estimates, to one: lass combine OUT PART PART ..."""

import argparse
from pathlib import Path

from lass.io import stamp


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass combine", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("parts", type=Path, nargs="+", help="folders that have no mixture in common")
    args = parser.parse_args(argv)

    from lass.data.combine import combine

    inputs = [part / ".done" for part in args.parts]
    if stamp.is_complete(args.out / ".done", {}, inputs, [args.out / "wav.scp"]):
        print(f"{args.out}: combined, nothing to do")
        return
    (args.out / ".done").unlink(missing_ok=True)
    print(f"{args.out}: {combine(args.parts, args.out)} entries of {len(args.parts)} parts")
    stamp.write(args.out / ".done", {}, inputs)


if __name__ == "__main__":
    main()
