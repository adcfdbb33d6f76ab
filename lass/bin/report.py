"""Write RESULTS.md of an experiment, and one spectrogram figure a set."""

import argparse
from pathlib import Path


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="lass report", description=__doc__)
    p.add_argument("experiment", type=Path, help="experiment directory: holds score/<set>/<system>/results.json")
    p.add_argument("--out", type=Path, required=True, help="the RESULTS.md to write")
    p.add_argument("--figures", type=Path, help="folder of the figures (needs the audio); none without it")
    p.add_argument("--force", action="store_true", help="write again although nothing changed")
    return p


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    from lass.io import stamp
    from lass.io.files import write_text
    from lass.report.results import collect, document

    results = collect(args.experiment)
    figures = {}
    if args.figures:
        scored = [name for name, systems in results.items() if systems.get("model", {}).get("est_scp")]
        figures = {name: args.figures / f"{name}.png" for name in scored}
    inputs = list(args.experiment.glob("score/*/*/results.json"))
    options = {"out": args.out, "figures": args.figures}
    done, outputs = args.experiment / "report" / ".done", [args.out, *figures.values()]
    if not args.force and stamp.is_complete(done, options, inputs, outputs):
        print(f"{args.out}: written already, nothing to do")
        return

    if figures:
        from lass.report.spectrogram import draw_set

        for name, path in figures.items():
            draw_set(path, results[name]["model"], args.experiment / "score" / name / "model" / "items.tsv")
    name = args.experiment.resolve().name
    write_text(args.out, document(name, results, {key: str(path) for key, path in figures.items()}))
    stamp.write(done, options, inputs)
    print(f"wrote {', '.join(map(str, outputs))}")


if __name__ == "__main__":
    main()
