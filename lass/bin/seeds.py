"""One table of trainings that were run with several seeds: lass seeds ROW=EXP,EXP ... --set test --out FILE.md."""

import argparse
from pathlib import Path

from lass.errors import LassError


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass seeds", description=__doc__)
    parser.add_argument("rows", nargs="+", metavar="ROW=EXP[,EXP...]",
                        help="name of a row, and the experiment folders of its seeds")
    parser.add_argument("--set", required=True, dest="set_name", help="the test set")
    parser.add_argument("--title", default="Results over seeds", help="of the document")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    args = parser.parse_args(argv)

    from lass.io.files import write_text
    from lass.report.results import Experiment
    from lass.report.seeds import runs_of, seeds_document

    rows = {}
    for text in args.rows:
        name, _, folders = text.partition("=")
        if not name or not all(folders.split(",")):
            raise LassError(f"{text!r}: expected ROW=EXP,EXP, as in text=exp/text_seed1,exp/text_seed2")
        rows[name] = runs_of([Experiment(Path(folder)) for folder in folders.split(",")], args.set_name)
    write_text(args.out, seeds_document(args.title, args.set_name, rows))
    print(f"wrote {args.out}")


if __name__ == "__main__":
    main()
