"""Score one system on a rendered test set, by metrics that are asked for by name (lass metrics lists them).

The set is scored in --num_jobs parts: all of them here, a process each, or each by a command of its own (--job J, what
a launcher runs), after which --finish writes the results. What a killed run has scored is kept.

Estimates of a model of a lower rate than the set are scored at its rate: reference and mixture are resampled, too.
"""

import argparse
import functools
import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lass.errors import LassError
from lass.io.scratch import scratch_folder
from lass.metrics import registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lass.score.items import Item


OUTPUTS = ("items.tsv", "results.json")


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="lass score", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("set_dir", type=Path, nargs="?", help="rendered test set: wav.scp, ref.scp, queries, ...")
    p.add_argument("--set", metavar="NAME", help="in its place, a registered test set (lass test_sets lists them)")
    p.add_argument("--root", type=Path, help="benchmark root, where the audio of --set is")
    p.add_argument("--out", type=Path, required=True, help="folder of items.tsv and results.json")
    p.add_argument("--system", required=True, help="name of the system in the report, e.g. model")
    kinds = ", ".join(f"{kind} ({what})" for kind, what in registry.LISTENERS.items())
    source = p.add_mutually_exclusive_group(required=True)
    source.add_argument("--est_scp", type=Path, help="estimates of any system: '<mix>#<k> <path>' or '<mix> <path>'")
    source.add_argument("--mixture", action="store_true", help="score the unprocessed mixtures")
    p.add_argument("--queries", default="queries", help="table of the set that was asked (control: interf_queries)")
    p.add_argument("--info", type=Path, help="JSON object with facts of the separating run, kept in results.json; with "
                   "--mixture that of a model beside it, at whose rate it is scored, too")
    p.add_argument("--rate", type=int, metavar="HZ", help="score at this rate (default: the lower one of the set's and "
                   "the model's, which --info tells)")
    p.add_argument("--metrics", default=",".join(registry.DEFAULT), help="names, commas between (default: %(default)s)")
    p.add_argument("--metric_models", nargs="+", default=[], metavar="KIND=MODEL",
                   help=f"networks of semantic metrics: folder, hub id or file; kinds: {kinds}")
    p.add_argument("--tagger_accuracy", help="what rows say of the tagger, e.g. 'mAP 0.431 on AudioSet'")
    p.add_argument("--device", default="cpu", help="of these networks (default: %(default)s)")
    p.add_argument("--scratch", type=scratch_folder, metavar="DIR", help="on a disk of this machine: the set is copied "
                   "there, and read from there")
    p.add_argument("--num_jobs", type=int, default=2, help="parts of the work (default: %(default)s)")
    p.add_argument("--job", type=int, help="score this part alone, counted from 1, and write no results")
    p.add_argument("--finish", action="store_true", help="write the results of parts that were scored")
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
    metrics = registry.parse(args.metrics)
    if not 1 <= (1 if args.job is None else args.job) <= args.num_jobs:
        raise LassError(f"job {args.job} of {args.num_jobs}: jobs are counted from 1")
    models = registry.models(metrics, args.metric_models)
    if (args.set is None) == (args.set_dir is None):
        raise LassError("give a rendered test set, or --set NAME")
    from lass.io import stamp
    from lass.score import resume, results
    from lass.score.items import RenderedSet, unique_table

    if args.set:
        args.set_dir = registered_set(args.set, args.root, args.num_jobs)
    testset, info = RenderedSet(args.set_dir, args.queries, args.scratch), read_info(args.info)
    testset.score_rate = score_rate(args, info, testset.rate)
    info = {} if args.mixture else info
    inputs = testset.manifests + [path for path in (args.est_scp, args.info) if path and args.est_scp]
    if args.est_scp:  # estimates of another model have the same names; the stamp beside them tells the models apart
        inputs.append(args.est_scp.parent / ".done")
    files = [path for model in models.values() for path in (Path(model), Path(model, "config.json"))]
    inputs += filter(Path.is_file, files)
    options = {"system": args.system, "set": args.set_dir.resolve().name, "expected": testset.expected,
               "mixture": args.mixture, "metrics": metrics, "models": models, "accuracy": args.tagger_accuracy}
    options |= {"rate": testset.score_rate} if testset.score_rate != testset.rate else {}
    done = args.out / ".done"
    if not args.force and stamp.is_complete(done, options, inputs, [args.out / name for name in OUTPUTS]):
        print(f"{args.out}: scored already, nothing to do")
        return

    described = any(registry.METRICS[metric].reads for metric in metrics)
    jobs = testset.jobs(unique_table(args.est_scp) if args.est_scp else None, str(args.est_scp), described)
    if not jobs:
        example = next(iter(testset.queries.values()))[0]
        raise LassError(f"{args.est_scp}: found 0 of {testset.expected} mixtures: its keys must be those of "
                        f"{testset.asked}, like {example!r}")
    done.unlink(missing_ok=True)
    parts = args.out / f"{resume.PARTS}{stamp.digest(options, inputs)}"
    listening = functools.partial(open_listeners, models, args.device, args.tagger_accuracy) if models else dict
    if args.job:
        resume.measure_part(jobs, metrics, parts, args.job, args.num_jobs, listening)
        return
    if not args.finish:
        if args.force:
            shutil.rmtree(parts, ignore_errors=True)
        resume.measure_parts(jobs, metrics, parts, args.num_jobs, listening)
    items = resume.collect(jobs, metrics, parts)
    found = results.results(items, testset, args.system, args.set_dir.resolve().name, info)
    found["metrics"] |= results.of_set(metrics, parts, items)
    found["listeners"] = resume.listeners(parts)
    found["command"] = shlex.join(["lass", "score", *(word for word in argv if word != "--finish")])
    _write(args, found, items)
    stamp.write(done, options, inputs)
    for folder in args.out.glob(f"{resume.PARTS}*"):
        shutil.rmtree(folder)


def score_rate(args: argparse.Namespace, info: dict, set_rate: int) -> int:
    """Hz: what was asked for, or the lower one of the set's and the model's."""
    own = set_rate if info.get("model_rate") is None else info["model_rate"]
    if type(own) is not int or own < 1:
        raise LassError(f"{args.info}: model_rate {own!r}: expected Hz, or null where there is no model")
    if args.rate is not None and not 1 <= args.rate <= set_rate:
        raise LassError(f"--rate {args.rate}: expected Hz, at most the set's {set_rate}")
    return args.rate or min(set_rate, own)


def registered_set(name: str, root: Path | None, num_workers: int) -> Path:
    """The rendered set of a registered one, made below the benchmark root if need be."""
    from lass.data.testset_dir import prepare
    from lass.data.testsets import ROOT, find_set

    testset = find_set(name)
    folder = (root or ROOT) / "sets" / testset.name
    if not prepare(testset, root or ROOT, folder, num_workers):
        raise LassError(f"{root or ROOT}: no audio of {name}; lass test_sets --help tells where it is looked for")
    return folder


def open_listeners(models: dict[str, str], device: str, tagger_accuracy: str | None) -> dict:
    """The networks that metrics listen with; what they are made with is imported where they are needed."""
    from lass.infer import listeners

    return listeners.open_listeners(models, device, tagger_accuracy)


def _write(args: argparse.Namespace, found: dict, items: "Sequence[Item]") -> None:
    from lass.io.files import write_text
    from lass.score import provenance, resume, results

    found |= {
        "est_scp": str(args.est_scp) if args.est_scp else None,
        "commit": provenance.commit(),
        "versions": provenance.versions(),
    }
    contents = resume.table(items), json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    for name, content in zip(OUTPUTS, contents):
        write_text(args.out / name, content)
    print(results.text(found))


if __name__ == "__main__":
    main()
