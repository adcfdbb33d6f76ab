"""Score a model on all registered test sets that are there: lass benchmark --model DIR --out OUT [--sets NAME ..].

The benchmark root (--root) holds lists and audio, see lass test_sets --help; sets are prepared in its folder sets. OUT
is laid out like an experiment (sep, score), and gets one table, benchmark.md and benchmark.json, and box plots of all
systems, boxes/<set>.png. A further run goes on where it stopped and does again only what changed.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lass.bin import score, separate
from lass.errors import LassError

if TYPE_CHECKING:
    from lass.data.testsets import TestSet
    from lass.report.published import PublishedRow

ORACLES = ("ideal_ratio_mask", "ideal_binary_mask")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="lass benchmark", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, help="model folder, or hub id org/name[@revision]")
    parser.add_argument("--out", type=Path, required=True, help="folder of estimates, scores and the table")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="sets of conf/sets, or yaml files; all without it")
    parser.add_argument("--root", type=Path, help="benchmark root (default: benchmark in the repository)")
    parser.add_argument("--metrics", help="names, commas between, in place of those of each set")
    parser.add_argument("--metric_models", nargs="+", default=[], metavar="KIND=MODEL", help="as of lass score: what "
                        "metrics listen with; without it those of a set that need it are left out")
    parser.add_argument("--tagger_accuracy", help="as of lass score: what rows say of the tagger")
    parser.add_argument("--template", help="how labels are put into queries (default: as the model's card, or plain)")
    parser.add_argument("--oracle", action="store_true", help="score ideal masks at the model's STFT, too")
    parser.add_argument("--removal", action="store_true", help="score the model asked to remove the interferer, too")
    parser.add_argument("--beside", type=Path, nargs="+", default=[], metavar="OUT2", help="folders of other runs: "
                        "their models are shown beside this one, by the names of the folders")
    parser.add_argument("--num_jobs", type=int, default=2, help="processes of mixing and scoring")
    parser.add_argument("--batch_size", type=int, default=8, help="mixtures that are separated at once")
    parser.add_argument("--device", default="auto", help="cpu, cuda, mps; auto is the first there is")
    args = parser.parse_args(argv)

    from lass.data import testsets
    from lass.data.testset_dir import prepare
    from lass.report import published

    root = args.root or testsets.ROOT
    sets = [testsets.find_set(name) for name in args.sets] if args.sets else list(testsets.registered().values())
    papers = {testset.name: published.rows(testset.published, testset.name) for testset in sets}
    absent = {}
    for testset in sets:
        folder = root / "sets" / testset.name
        try:
            if prepare(testset, root, folder, args.num_jobs):
                _run_set(testset, folder, args)
            else:
                absent[testset.name] = f"no audio below {root}"
        except LassError as error:  # what is missing, or what the model cannot be asked
            if args.sets:
                raise
            absent[testset.name] = str(error)
    if len(absent) == len(sets):
        raise LassError(f"{root}: none of {len(sets)} sets is there; lass test_sets --help tells what is looked for "
                        f"({next(iter(absent.values()))})")
    _write(args, papers, absent)


def _run_set(testset: "TestSet", folder: Path, args: argparse.Namespace) -> None:
    """Separate and score a set by all systems that are asked for; each of them is resumed, or has nothing to do."""
    metrics, left_out = _metrics(testset, args)
    if left_out:
        print(f"{testset.name}: not scored: {', '.join(left_out)} (lass metrics lists what there is; some need "
              "--metric_models)")
    for system, options, queries in _systems(testset, folder, args):
        out, estimates = args.out / "score" / testset.name / system, args.out / "sep" / testset.name / system
        scoring = [str(folder), "--out", str(out), "--system", system, "--queries", queries, "--metrics", metrics]
        scoring += ["--metric_models", *args.metric_models] if args.metric_models else []
        scoring += ["--tagger_accuracy", args.tagger_accuracy] if args.tagger_accuracy else []
        if options is None:
            source = ["--mixture", "--info", str(args.out / "sep" / testset.name / "model" / "info.json")]
        else:
            separate.main(["--set", str(folder), "--out", str(estimates), "--device", args.device,
                           "--batch_size", str(args.batch_size), *options])  # fmt: skip
            source = ["--est_scp", str(estimates / "wav.scp"), "--info", str(estimates / "info.json")]
        score.main([*scoring, *source, "--num_jobs", str(args.num_jobs)])


def _systems(testset: "TestSet", folder: Path, args: argparse.Namespace) -> Iterator[tuple[str, list[str] | None, str]]:
    """System, options of ``lass separate`` (None: nothing is separated), table of the queries that were asked."""
    model = ["--model", args.model]
    asked = [*model, "--template", _template(testset, args)]
    yield "model", asked, "queries"
    yield "mixture", None, "queries"  # at the rate of the model
    if (folder / "interf_queries").exists():
        yield "control_interferer", [*asked, "--control", "interferer"], "interf_queries"
    elif args.removal:
        print(f"{testset.name}: no removal: what the interferers would be asked with is not known")
    yield "control_constant", [*model, "--control", "constant"], "queries"
    if args.removal and (folder / "interf_queries").exists():
        yield "removal", [*asked, "--remove"], "interf_queries"
    for baseline in (*testset.baselines, *(ORACLES if args.oracle else ())):
        yield baseline, [*model, "--baseline", baseline], "queries"


def _template(testset: "TestSet", args: argparse.Namespace) -> str:
    """How labels are asked: as the run says, else the model's card, else plainly. Captions are asked as they are."""
    from lass import config
    from lass.infer import hub

    if testset.query != "label":
        return "{}"
    query = config.read_yaml(hub.find(args.model) / "config.yaml").get("query", {})
    own = query.get("template") if query.get("source") == "labels" else None
    return args.template or (own if isinstance(own, str) else "{}")


def _metrics(testset: "TestSet", args: argparse.Namespace) -> tuple[str, list[str]]:
    """Names of the metrics, commas between, and those of the set that cannot be had: unknown, or lacking a model."""
    from lass.metrics.registry import DEFAULT, METRICS

    if args.metrics:
        return args.metrics, []
    given = {text.partition("=")[0] for text in args.metric_models}
    names = testset.metrics or DEFAULT
    found = [name for name in names if name in METRICS and METRICS[name].listeners <= given]
    return ",".join(found or DEFAULT), [name for name in names if name not in found]


def _write(args: argparse.Namespace, papers: "dict[str, list[PublishedRow]]", absent: dict[str, str]) -> None:
    from lass.io.files import write_text
    from lass.report import benchmark
    from lass.report.results import Experiment

    own, others = Experiment(args.out), [Experiment(folder) for folder in args.beside]
    own.results = {name: systems for name, systems in own.results.items() if name in papers}
    rows = list(benchmark.scored_rows(own.results, others))
    for set_name, published in papers.items():
        rows += benchmark.published_rows(set_name, published)
    folder = Path(args.model)
    name = folder.resolve().parent.name if folder.name == "model" else folder.name  # exp/<name>/model
    boxes = benchmark.draw_boxes(args.out, own, others)
    write_text(args.out / "benchmark.json", json.dumps(benchmark.to_json(rows, absent), indent=1) + "\n")
    write_text(args.out / "benchmark.md", benchmark.page(name, rows, absent, boxes))
    print(f"wrote {args.out / 'benchmark.md'}, {args.out / 'benchmark.json'}: {len(own.results)} of {len(papers)} sets")


if __name__ == "__main__":
    main()
