"""Separate one file (lass separate mix.wav --text "a dog barks" --model DIR -o dog.wav) or a test set (--set DIR)."""

import argparse
import json
import shlex
import shutil
import sys
from pathlib import Path

from lass.errors import LassError
from lass.infer import hub
from lass.io import stamp

CONTROLS = ("none", "interferer", "constant")
SUBTYPES = {".wav": "PCM_24", ".flac": "PCM_24", ".ogg": "VORBIS", ".mp3": "MPEG_LAYER_III"}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass separate", description=__doc__)
    parser.add_argument("wave", type=Path, nargs="?", help="an audio file: any rate, channels and length")
    parser.add_argument("--text", help="what to separate")
    parser.add_argument("-o", "--output", type=Path, help="where the estimate goes")
    parser.add_argument("--set", type=Path, help="a rendered test set instead of one file")
    parser.add_argument("--out", type=Path, help="folder of the set's estimates")
    parser.add_argument("--control", choices=CONTROLS, default="none", help="ask the set with the wrong query")
    parser.add_argument("--constant_query", default="a sound", help="what --control constant asks")
    parser.add_argument("--batch_size", type=int, default=8)
    parser.add_argument("--model", required=True, help="model folder, or hub id org/name[@revision]")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda")
    args = parser.parse_args(argv)

    if args.set and args.out and not args.wave:
        _separate_set(args, sys.argv[1:] if argv is None else argv)
    elif args.wave and args.text and args.output and not args.set:
        _separate_file(args)
    else:
        raise LassError("give a file, --text and -o, or --set and --out")


def _separate_file(args: argparse.Namespace) -> None:
    subtype = SUBTYPES.get(args.output.suffix.lower())
    if subtype is None:
        raise LassError(f"{args.output}: unknown kind of file: end the name in {', '.join(SUBTYPES)}")

    from lass.infer.model import Model
    from lass.io import audio

    wave, rate = audio.read(args.wave)
    estimate = Model.load(args.model, args.device).separate(wave, rate, args.text)
    clipped = audio.write(args.output, estimate, rate, subtype)
    channels, samples = estimate.shape
    print(f"{args.output}: {samples / rate:.2f} s, {rate} Hz, {channels} channel(s), {clipped} samples clipped")


def _separate_set(args: argparse.Namespace, argv: list[str]) -> None:
    folder = hub.find(args.model)
    options = {"control": args.control, "constant_query": args.constant_query}
    manifests = [args.set / "mixlist.tsv", args.set / "gains.tsv", folder / "model.safetensors"]
    manifests += [args.set / name for name in ("queries", "interf_queries", "wav.scp")]
    done, started = args.out / ".done", args.out / ".started"
    if stamp.is_complete(done, options, manifests, [args.out / "wav.scp"]):
        print(f"{args.out}: separated, nothing to do")
        return
    if not stamp.is_complete(started, options, manifests):  # estimates of another model or set are not resumed
        if (args.out / "audio").exists() and not started.exists():
            raise LassError(f"{args.out}: holds a folder audio/ that is none of ours; give another --out")
        shutil.rmtree(args.out / "audio", ignore_errors=True)
        done.unlink(missing_ok=True)
        stamp.write(started, options, manifests)

    from lass.data.rendered import read_questions
    from lass.infer.model import Model
    from lass.infer.sets import separate_set
    from lass.io.files import write_text
    from lass.score.provenance import commit

    questions = read_questions(args.set, "interf_queries" if args.control == "interferer" else "queries")
    if args.control == "constant":
        questions = [question._replace(text=args.constant_query) for question in questions]
    model = Model.load(folder, args.device)
    clipped = separate_set(model, questions, args.out, args.batch_size)
    print(f"{args.out}: {len(questions)} of {len(questions)} queries separated, {clipped} samples clipped")
    facts = {
        "command": shlex.join(["lass", "separate", *argv]),
        "commit": commit(),
        "model": args.model,
        "model_rate": model.sample_rate,
        "query_rule": {"none": "queries of the set", "interferer": "queries of the interferer"}.get(
            args.control, f"constant: {args.constant_query}"
        ),
        "training seed": model.config["seed"],
        "training data": ", ".join(entry["dir"] for entry in model.config["data"]["sets"]),
    }
    write_text(args.out / "info.json", json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
    stamp.write(done, options, manifests)


if __name__ == "__main__":
    main()
