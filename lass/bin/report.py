"""Write RESULTS.md of an experiment, its figures, and a page to look at and listen to."""

import argparse
from dataclasses import asdict
from pathlib import Path


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="lass report", description=__doc__)
    p.add_argument("experiments", type=Path, nargs="+", metavar="experiment",
                   help="experiment directory: holds score/<set>/<system>/results.json; of further ones the row of the "
                        "model is added to the tables")
    p.add_argument("--out", type=Path, required=True, help="the RESULTS.md to write")
    p.add_argument("--figures", type=Path, help="folder of figures and index.html (needs the audio); none without it")
    p.add_argument("--paper", type=Path, help="yaml of published rows to show: {<set>: {rows, sources, note}}")
    p.add_argument("--force", action="store_true", help="write again although nothing changed")
    return p


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    from lass.io import stamp
    from lass.io.files import write_text
    from lass.report.document import document
    from lass.report.paper import read_paper
    from lass.report.results import Experiment

    first, *others = map(Experiment, args.experiments)
    paper = read_paper(args.paper) if args.paper else {}
    if unknown := paper.keys() - first.results.keys():
        print(f"{args.paper}: rows of sets that were not scored are left out: {', '.join(sorted(unknown))}")
    inputs = [path for folder in args.experiments for path in folder.glob("score/*/*/results.json")]
    outputs, shown, site = [args.out], [], None
    if args.figures:
        from lass.report.page.site import Site

        site = Site(args.figures, first, others, paper)
        inputs += site.inputs
        outputs += site.outputs
        shown = [str(path) for path in (site.page, *(figure.path for figure in site.drawn))]
    experiments = list(map(str, args.experiments))
    options = {"experiments": experiments, "out": args.out, "figures": args.figures,
               "paper": {name: list(map(asdict, rows)) for name, rows in paper.items()}}
    done = first.folder / "report" / ".done"
    if not args.force and stamp.is_complete(done, options, inputs, outputs):
        print(f"{args.out}: written already, nothing to do")
        return

    if site:
        site.write()
    write_text(args.out, document(first, others, paper, shown))
    stamp.write(done, options, inputs)
    print(f"wrote {', '.join([str(args.out), *shown])}")


if __name__ == "__main__":
    main()
