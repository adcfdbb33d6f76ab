"""Is one system better than another on the same mixtures? lass compare SCORE_DIR OTHER_SCORE_DIR [--out FILE.json]."""

import argparse
import json
from pathlib import Path

from lass.errors import LassError


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass compare", description=__doc__)
    parser.add_argument("ours", type=Path, metavar="SCORE_DIR", help="what lass score --out wrote")
    parser.add_argument("theirs", type=Path, metavar="OTHER_SCORE_DIR", help="the same of another system")
    parser.add_argument("--out", type=Path, help="write the figures here, too, as JSON")
    args = parser.parse_args(argv)

    from lass.io.files import write_text
    from lass.metrics.registry import known
    from lass.score.aggregate import difference
    from lass.score.bootstrap import RULES
    from lass.score.results import read_scored

    (ours, items), (theirs, others) = (read_scored(folder) for folder in (args.ours, args.theirs))
    facts = [{**scored, "audio": scored.get("test_set", {}).get("audio")} for scored in (ours, theirs)]
    for key in ("set", "audio", "score_rate", "aggregate"):  # audio: as published, or rebuilt with other levels
        one, two = (found.get(key) for found in facts)
        if one != two:
            raise LassError(f"{args.theirs}: {key} is {two}, that of {args.ours} {one}: "
                            "compare two systems on one set, scored alike (lass score --rate)")
    rule = ours.get("aggregate", "mean")
    found = difference(items, others, rule)
    if not found:
        raise LassError(f"{args.theirs}: no mixture and metric that {args.ours} has a figure of, too")
    print(f"{ours['set']}: {args.ours} minus {args.theirs}, {RULES[rule][0]}, paired bootstrap")
    for metric, row in found.items():
        sure = "" if row["low"] <= 0 <= row["high"] else "   differs from 0"
        print(f"{known(metric).axis:16}{row['difference']:z9.2f}   95 % [{row['low']:z.2f}, {row['high']:z.2f}]   "
              f"{row['ours']:z.2f} and {row['theirs']:z.2f} on {row['n']} mixtures{sure}")
    if args.out:
        content = {"set": ours["set"], "ours": str(args.ours), "theirs": str(args.theirs), "aggregate": rule}
        write_text(args.out, json.dumps(content | {"metrics": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
