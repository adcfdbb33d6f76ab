"""Separate files (lass separate mix.wav --text "a dog barks" --model DIR -o dog.wav) or a test set (--set DIR).

IN: wav, flac, ogg or mp3 of any rate, channels and length; a folder, for all such files in it and below; - for a wav
from standard input. An output has rate, channels and length of its input, and its bits a sample where the kind of file
has them (else wav and flac have 24).

OUT: for one IN a file, or - for a wav to standard output; otherwise a folder, where outputs have the names of their
inputs (wav stays wav, flac stays flac, all else becomes wav). Two or more --text are answered in one pass and added to
the names: -o out.wav gives out_a-dog-barks.wav and out_wind.wav; --residual adds out_wind_residual.wav.

--instruction "keep the birds, drop the engine" in place of --text, --remove and --negative: what is to be extracted is
asked for, each by itself; what is to be removed is taken out before, or, where nothing is to be extracted, gives the
mixture without it. What was understood is printed.

A network that hears the whole file is run in windows: "seams" tells how far they differ where they are cross-faded.
"""

import argparse
import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lass.errors import LassError
from lass.infer import hub
from lass.instructions import parser as instructions
from lass.io import stamp
from lass.io.scratch import scratch_folder
from lass.queries import ANYTHING

if TYPE_CHECKING:
    from lass.infer.sets import Separation
    from lass.queries.encoder import QueryEncoder

CONTROLS = ("none", "interferer", "constant")
BASELINES = ("ideal_ratio_mask", "ideal_binary_mask", "wiener", "true_features", "true_tokens")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="lass separate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("inputs", metavar="IN", nargs="*", help="audio files, folders, or -")
    parser.add_argument("--text", action="append", help="what to separate; may be given several times")
    parser.add_argument("--remove", action="store_true", help="give the rest; of a set: without its interferer")
    parser.add_argument("--negative", metavar="TEXT", help="what to take out of the mixture before --text is asked")
    parser.add_argument("--instruction", help="what to do, in place of --text, --remove and --negative")
    instructions.add_options(parser)
    parser.add_argument("--residual", action="store_true", help="also write mixture minus output, as <name>_residual")
    parser.add_argument("-o", "--output", metavar="OUT", help="a file, a folder, or -")
    parser.add_argument("--set", type=Path, help="a rendered test set instead of files")
    parser.add_argument("--out", type=Path, help="folder of the set's estimates")
    parser.add_argument("--begin", action="store_true", help="only forget estimates of another model, before jobs")
    parser.add_argument("--job", type=int, metavar="J", help="make the share of this job (1, 2, ..) of the estimates; "
                        "the command without --job then finishes")
    parser.add_argument("--num_jobs", type=int, default=1, metavar="N")
    parser.add_argument("--control", choices=CONTROLS, default="none", help="ask the set with the wrong query")
    parser.add_argument("--constant_query", default=ANYTHING, help="what --control constant asks")
    parser.add_argument("--template", default="{}", help="how the set's queries are put, as 'this is the sound of {}'")
    parser.add_argument("--baseline", choices=BASELINES, help="instead of the model: a mask that knows the target, at "
                        "the model's STFT; the Wiener filter for speech, which needs no --model; what an hsm_tss makes "
                        "audible of the target's own features, or its codec of the target")
    parser.add_argument("--scratch", type=scratch_folder, metavar="DIR", help="on a disk of this machine: the set is "
                        "copied there and read from there, and each estimate comes out whole")
    parser.add_argument("--batch_size", type=int, default=8, help="mixtures of the set at once")
    parser.add_argument("--model", help="model folder, or hub id org/name[@revision]")
    parser.add_argument("--device", default="auto", help="cpu, cuda, mps; auto is the first there is of cuda, mps, cpu")
    parser.add_argument("--bf16", action="store_true", help="faster, with an error some 30 dB below the estimate")
    args = parser.parse_args(argv)

    if args.instruction is not None:
        args = _instructed(args)
    if not args.model and args.baseline != "wiener":
        raise LassError("--model: give a model folder, or a hub id org/name[@revision]")
    if args.baseline and args.bf16:
        raise LassError(f"--bf16 with --baseline {args.baseline}: baselines are computed in float32: leave it out")
    if args.template.count("{}") != 1:
        raise LassError(f"--template {args.template!r}: must hold '{{}}' once")
    if args.set and args.out and not args.inputs:
        _separate_set(args, sys.argv[1:] if argv is None else argv)
    elif args.inputs and args.text and args.output and not args.set:
        _separate_files(args)
    else:
        raise LassError("give a file, --text and -o, or --set and --out")


def _instructed(args: argparse.Namespace) -> argparse.Namespace:
    """The options that ask what ``--instruction`` says."""
    from lass.instructions.question import question

    if args.set or args.text or args.remove or args.negative is not None:
        raise LassError("--instruction: says it all, of files: leave out --text, --remove, --negative and --set")
    asked = question(instructions.of_options(args)(args.instruction))
    print(f"understood: {asked}", file=sys.stderr)
    return argparse.Namespace(**vars(args) | {"text": asked.texts} | asked._asdict())


def _separate_files(args: argparse.Namespace) -> None:
    from lass.infer.files import separate_file
    from lass.infer.model import Model, check_queries
    from lass.infer.outputs import plan
    from lass.io.blocks import PIPE, WriteError

    check_queries(args.text if args.negative is None else [*args.text, args.negative])
    jobs = plan(args.inputs, args.text, args.output, args.residual)
    model = Model.load(args.model, args.device, args.bf16)
    failed = 0
    for job in jobs:
        try:
            lines = separate_file(model, job, args.text, args.remove, args.negative)
        except LassError as error:
            if len(jobs) == 1 or isinstance(error, WriteError):  # the next output would fail alike
                raise
            failed += 1
            lines = [f"failed: {error}"]
        print(*lines, sep="\n", file=sys.stderr if args.output == PIPE else sys.stdout, flush=True)
    if failed:
        raise LassError(f"{failed} of {len(jobs)} files failed, the others are in {args.output}")


def _separate_set(args: argparse.Namespace, argv: list[str]) -> None:
    folder = hub.find(args.model) if args.model else None
    options = {"control": args.control, "constant_query": args.constant_query}
    options |= {"task": "removal"} if args.remove else {}
    options |= {"bf16": True} if args.bf16 else {}
    options |= {"baseline": args.baseline} if args.baseline else {}
    options |= {"template": args.template} if args.template != "{}" else {}
    manifests = [folder / "model.safetensors"] if folder else []
    manifests += [args.set / name for name in ("mixlist.tsv", "gains.tsv", "queries", "interf_queries", "wav.scp")]
    done, started = args.out / ".done", args.out / ".started"
    if stamp.is_complete(done, options, manifests, [args.out / "wav.scp"]):
        print(f"{args.out}: separated, nothing to do")
        return
    going_on = stamp.is_complete(started, options, manifests)
    if args.job is not None and not (going_on and 1 <= args.job <= args.num_jobs):
        raise LassError(f"--job {args.job} of {args.num_jobs}: jobs are counted from 1, and come after --begin with "
                        "the same options")
    if not going_on:  # estimates of another model or set are not resumed
        if (args.out / "audio").exists() and not started.exists():
            raise LassError(f"{args.out}: holds a folder audio/ that is none of ours; give another --out")
        shutil.rmtree(args.out / "audio", ignore_errors=True)
        done.unlink(missing_ok=True)
        stamp.write(started, options, manifests)
    if args.begin:
        return

    from lass.data.rendered import asked_by_labels, read_questions
    from lass.infer.sets import separate_set
    from lass.io.files import write_text
    from lass.score.provenance import commit

    wrong = args.remove or args.control == "interferer"
    questions = read_questions(args.set, "interf_queries" if wrong else "queries", args.scratch)
    separate, facts, encoder = _system(args, folder)
    if encoder and "labels" in encoder.modalities:
        questions = asked_by_labels(questions, args.set, encoder.join, "interf2labels" if wrong else "utt2labels")
    if args.control == "constant":
        questions = [question._replace(text=args.constant_query) for question in questions]
    questions = [question._replace(text=args.template.replace("{}", question.text)) for question in questions]
    if args.job is not None:
        separate_set(separate, questions, args.out, args.batch_size, args.job, args.num_jobs, args.scratch)
        return
    clipped = separate_set(separate, questions, args.out, args.batch_size, scratch=args.scratch)
    print(f"{args.out}: {len(questions)} of {len(questions)} queries separated, {clipped} samples clipped")
    facts = {"command": shlex.join(["lass", "separate", *argv]), "commit": commit(), "model": args.model, **facts}
    write_text(args.out / "info.json", json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
    stamp.write(done, options, manifests)


def _system(args: argparse.Namespace, folder: Path | None) -> tuple["Separation", dict, "QueryEncoder | None"]:
    """What separates the set, the facts about it that stand in a report, and the encoder of what it is asked."""
    from lass.infer import baselines
    from lass.infer.model import Model
    from lass.infer.sets import by_model

    if args.baseline == "wiener":
        return baselines.by_wiener, {"model_rate": None, "query_rule": "none"}, None
    model = Model.load(folder, args.device, args.bf16)
    if args.baseline in baselines.DECODED:
        facts = {"model_rate": model.sample_rate, "generative": True, "query_rule": "none: the target is known"}
        return baselines.by_decoder(args.baseline, model), facts, None
    if args.baseline:
        stft = baselines.stft_of(model)
        facts = {"model_rate": model.sample_rate, "query_rule": "none: the target is known",
                 "mask": f"{args.baseline}, window {stft.n_fft}, hop {stft.hop} at {model.sample_rate} Hz"}
        return baselines.by_mask(args.baseline, stft, model.sample_rate), facts, None
    rules = {"none": "queries of the set", "interferer": "queries of the interferer"}
    rule = rules.get(args.control, f"constant: {args.constant_query}")
    rule = "removal: queries of the interferer" if args.remove else rule
    if "labels" in model.encoder.modalities:
        rule = rule.replace("queries", "labels")
    facts = {
        "model_rate": model.sample_rate,
        "precision": "bf16" if args.bf16 else "float32",
        "generative": model.separator.generative,
        "query_rule": rule + (f', asked as "{args.template}"' if args.template != "{}" else ""),
        "training seed": model.config.get("seed", "not known"),
        "training data": _training_data(model.config),
        **_leaks(model.config),
    }
    return by_model(model, args.remove), facts, model.encoder


def _leaks(config: dict) -> dict[str, str]:
    """The leak policy of the training, and what it did to each training set."""
    reports = config.get("leaks", {})
    policies = sorted({text.partition(":")[0] for text in reports.values()})
    text = "; ".join(f"{name}: {report}" for name, report in reports.items())
    return {"leak_policy": " and ".join(policies) or "not known", "leaks": text or "not known"}


def _training_data(config: dict) -> str:
    if "origin" in config:  # weights of others
        return config["origin"]["trained_on"]
    return ", ".join(entry["dir"] for entry in config["data"]["sets"])


if __name__ == "__main__":
    main()
