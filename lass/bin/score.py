"""Score one system on a rendered test set: SDR, SDRi, SI-SDR, SI-SDRi in dB."""

import argparse
import json
import shlex
import sys
from pathlib import Path

from lass.errors import LassError


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="lass score", description=__doc__)
    p.add_argument("set_dir", type=Path, help="rendered test set: wav.scp, ref.scp, queries, ...")
    p.add_argument("--out", type=Path, required=True, help="folder of items.tsv and results.json")
    p.add_argument("--system", required=True, help="name of the system in the report, e.g. model")
    source = p.add_mutually_exclusive_group(required=True)
    source.add_argument("--est_scp", type=Path, help="estimates of any system: '<mix>#<k> <path>' or '<mix> <path>'")
    source.add_argument("--mixture", action="store_true", help="score the unprocessed mixtures")
    p.add_argument("--queries", default="queries", help="table of the set that was asked (control: interf_queries)")
    p.add_argument("--info", type=Path, help="JSON object with facts of the separating run, kept in results.json")
    p.add_argument("--num_workers", type=int, default=2, help="processes (default: %(default)s)")
    p.add_argument("--force", action="store_true", help="score again although nothing changed")
    return p


def read_info(path: Path | None) -> dict:
    """The JSON object of ``--info``, {} without one."""
    if path is None:
        return {}
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LassError(f"{path}: cannot be read as JSON ({error}): --info takes one JSON object") from None
    if not isinstance(info, dict):
        raise LassError(f"{path}: holds a {type(info).__name__}: --info takes one JSON object")
    return info


def main(argv: list[str] | None = None) -> None:
    argv = sys.argv[1:] if argv is None else argv
    args = parser().parse_args(argv)
    from lass.io import stamp
    from lass.io.files import write_text
    from lass.score import provenance, results, resume
    from lass.score.items import RenderedSet, unique_table

    testset = RenderedSet(args.set_dir, args.queries)
    set_name = args.set_dir.resolve().name
    inputs = testset.manifests + [path for path in (args.est_scp, args.info) if path]
    if args.est_scp:  # estimates of another model have the same names; the stamp beside them tells the models apart
        inputs.append(args.est_scp.parent / ".done")
    options = {"system": args.system, "set": set_name, "expected": testset.expected, "mixture": args.mixture}
    done, started, partial = args.out / ".done", args.out / ".started", args.out / "items.partial.tsv"
    outputs = [args.out / "items.tsv", args.out / "results.json"]
    if not args.force and stamp.is_complete(done, options, inputs, outputs):
        print(f"{args.out}: scored already, nothing to do")
        return

    separation = read_info(args.info)
    jobs = testset.jobs(unique_table(args.est_scp) if args.est_scp else None, str(args.est_scp))
    if not jobs:
        example = next(iter(testset.queries.values()))[0]
        raise LassError(f"{args.est_scp}: found 0 of {testset.expected} mixtures: its keys must be those of "
                        f"{testset.asked}, like {example!r}")

    done.unlink(missing_ok=True)
    if args.force or not stamp.is_complete(started, options, inputs):  # rows of other inputs are of no use
        partial.unlink(missing_ok=True)
        stamp.write(started, options, inputs)
    items = resume.measure_all(jobs, partial, args.num_workers)
    found = results.results(items, testset, args.system, set_name, separation)
    found |= {
        "est_scp": str(args.est_scp) if args.est_scp else None,
        "command": shlex.join(["lass", "score", *argv]),
        "commit": provenance.commit(),
        "versions": provenance.versions(),
    }
    write_text(outputs[0], resume.table(items))
    write_text(outputs[1], json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    stamp.write(done, options, inputs)
    partial.unlink()
    started.unlink()
    print(results.text(found))


if __name__ == "__main__":
    main()
