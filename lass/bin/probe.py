"""What can be read from frozen features? lass probe --part DIR --train SET.. --test SET --out DIR; or --join OUT..

Accuracy of a linear classifier on the local features of an AudioMAE (HSM-TSS, Table VII), beside those of an encoder
that was never trained and of log-mel statistics.
"""

import argparse
import json
from pathlib import Path

from lass.errors import LassError

PUBLISHED = Path(__file__).parents[2] / "conf" / "probe.yaml"


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass probe", description=__doc__)
    parser.add_argument("--part", type=Path, metavar="DIR", help="folder of an AudioMAE")
    parser.add_argument("--train", type=Path, nargs="+", metavar="SET_DIR", help="clips of one label each")
    parser.add_argument("--test", type=Path, metavar="SET_DIR", help="the classifier is tested on these")
    parser.add_argument("--join", type=Path, nargs="+", metavar="OUT", help="outputs of probes of the folds of a "
                        "corpus, for one table over all of their clips")
    parser.add_argument("--published", metavar="NAME", help=f"rows of {PUBLISHED.name} to set beside, such as esc50")
    parser.add_argument("--out", type=Path, required=True, help="folder for results.json and table.md")
    args = parser.parse_args(argv)
    if not args.join and not (args.part and args.train and args.test):
        parser.error("give --part, --train and --test; or --join")

    from lass.config import read_section
    from lass.io.files import write_text
    from lass.report.probe import SYSTEMS, page
    from lass.score.probe import summary
    from lass.score.provenance import measured_by

    published = read_section(PUBLISHED, args.published) if args.published else None
    if args.join:
        items, runs = joined(args.join)
    else:
        from lass.infer.probe import probe

        items, run = probe(args.part, args.train, args.test)
        runs = [run]
    found = summary(items, runs)
    write_text(args.out / "results.json", json.dumps(found, indent=1) + "\n")
    write_text(args.out / "table.md", page(found, published) + measured_by("probe", argv))
    for system, row in found["systems"].items():
        print(f"{SYSTEMS[system]}: {100 * row['accuracy']:.1f} % of {found['n_found']} of {found['n_expected']} clips")


def joined(folders: list[Path]) -> tuple[list[dict], list[dict]]:
    """Items and runs of several probes; no clip may be in two of them."""
    items, runs = [], []
    for folder in folders:
        try:
            found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
            items += found["items"]
            runs += found["runs"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LassError(f"{folder}: no results.json of a probe, or a damaged one ({error!r}): probe "
                            "again") from None
    utts = [item["utt"] for item in items]
    if len(set(utts)) < len(utts):
        raise LassError(f"--join {' '.join(map(str, folders))}: clips are in two of these probes: give each fold once")
    return items, runs


if __name__ == "__main__":
    main()
