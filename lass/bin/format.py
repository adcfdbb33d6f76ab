"""Convert a set to mono FLAC: lass format SRC_DIR DST_DIR --store FOLDER [--job J --num_jobs N | --finish].

With --in_place in place of --store the clips are of that form already, and are used where they lie.
"""

import argparse
from pathlib import Path

from lass.errors import LassError


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass format", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, metavar="SRC_DIR", help="data directory with the corpus' own files")
    parser.add_argument("target", type=Path, metavar="DST_DIR", help="data directory to write")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--store", type=Path, help="folder of the converted files, <utt>.flac")
    where.add_argument("--in_place", action="store_true", help="convert nothing, write DST_DIR only")
    parser.add_argument("--rate", type=int, default=32000, metavar="HZ", help="of the store; recipes have 32000, the "
                        "default; another one for test sets of a model of that rate, in a store of their own")
    parser.add_argument("--job", type=int, help="convert only the share of this job (1, 2, ..), then --finish")
    parser.add_argument("--num_jobs", type=int, default=1)
    parser.add_argument("--finish", action="store_true", help="write DST_DIR from what the jobs converted")
    parser.add_argument("--max_failed", type=int, default=0, help="files that may fail (they are left out)")
    args = parser.parse_args(argv)
    if args.finish and args.job is not None:
        raise LassError("--job converts and --finish gathers: give one of them, or none for both in one process")
    if args.in_place and args.rate != 32000:
        raise LassError(f"--rate {args.rate} with --in_place: clips that stay where they are keep their rate: --store")
    if args.job is None and args.num_jobs != 1:
        raise LassError(f"--num_jobs {args.num_jobs} without --job: give the number of this job")

    from lass.data import format as format_stage

    if not (args.finish or args.in_place):
        job = 1 if args.job is None else args.job
        done = format_stage.convert(args.source, args.target, args.store, job, args.num_jobs, args.rate)
        print(f"{args.target}: {done}")
    if args.job is None:
        clips = format_stage.gather(args.source, args.target, args.store, args.max_failed)
        print(f"{args.target}: {clips} clips {'where they lie' if args.in_place else f'in {args.store}'}")


if __name__ == "__main__":
    main()
