"""Render a mixture list: lass mix DATA_DIR SET_DIR --config conf/mix.yaml [--job J --num_jobs N | --finish]."""

import argparse
from pathlib import Path

from lass import config
from lass.errors import LassError


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass mix", description=__doc__)
    parser.add_argument("data_dir", type=Path, help="the formatted set of single clips that the list draws from")
    parser.add_argument("set_dir", type=Path, help="the test set; holds mixlist.tsv")
    parser.add_argument("--job", type=int, default=1, help="render the J-th share of the list")
    parser.add_argument("--num_jobs", type=int, default=1)
    parser.add_argument("--finish", action="store_true", help="gather the gains and write the tables of the set")
    parser.add_argument("--config", type=Path, required=True, help="yaml with the query rule of the set")
    args = parser.parse_args(argv)

    if not 1 <= args.job <= args.num_jobs:
        raise LassError(f"job {args.job} of {args.num_jobs}: jobs are counted from 1")

    from lass.data.asking import QueryRule
    from lass.data.datadir import DataDir
    from lass.data.mixlist import read_mixlist
    from lass.data.render import read_gains, render, write_gains, write_set

    data = DataDir(args.data_dir)
    mixtures = read_mixlist(args.set_dir / "mixlist.tsv")
    gains_path = args.set_dir / "gains.tsv"
    gains = read_gains(gains_path)
    parts = args.set_dir / ".mix"
    if not args.finish:
        from tqdm import tqdm

        share = mixtures[args.job - 1 :: args.num_jobs]
        bar = tqdm(share, desc=f"mix {args.set_dir.name}", unit="mixture", mininterval=1.0)
        lines = [render(data, mixture, args.set_dir, gains.get(mixture.mix_id)) for mixture in bar]
        write_gains(parts / f"gains.{args.job}.tsv", lines)
        return
    for part in sorted(parts.glob("gains.*.tsv")):
        gains = read_gains(part) | gains
    wanted = {m.mix_id for m in mixtures}
    rendered = {path.stem for path in (args.set_dir / "mix").glob("*.flac")}
    if missing := sorted(wanted - set(gains) | wanted - rendered):
        raise LassError(f"{args.set_dir}: {len(missing)} mixtures are not rendered ({missing[0]}); run stage mix again")
    write_gains(gains_path, [gains[mix_id] for mix_id in wanted])
    section = config.read_section(args.config, args.set_dir.name)
    rule = QueryRule.of(section.get("query"), f"{args.config}: {args.set_dir.name}.query")
    write_set(data, mixtures, rule, args.set_dir)
    print(f"{args.set_dir}: {len(mixtures)} of {len(mixtures)} mixtures rendered")


if __name__ == "__main__":
    main()
