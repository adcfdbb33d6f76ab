"""The card of a model folder: what it is, how it is used, what it was made from, what it scored."""

import inspect
import json
import re
import shlex
from pathlib import Path

import yaml

from lass import config as configuration
from lass.data.asking import TrainingRule
from lass.infer.folder import ENCODER
from lass.infer.model import Model
from lass.report.markdown import code, escape, table
from lass.report.results import collect
from lass.report.scores import control_lines, score_table

# Of the identifiers that the hub knows: huggingface.co/docs/hub/repositories-licenses
KNOWN = re.compile(
    r"apache-2\.0|mit|cc0-1\.0|cc-by-(2\.0|2\.5|3\.0|4\.0)|cc-by-sa-[34]\.0|cc-by-nd-4\.0|"
    r"cc-by-nc-[234]\.0|cc-by-nc-sa-[234]\.0|cc-by-nc-nd-[34]\.0"
)
USE = """\
`--model` and `lass.load` take this folder, or the id `org/name` of a hub repository that holds it. Any sample rate,
number of channels and length; the output has those of the input. `sha256sum -c SHA256SUMS` checks the files, and so
does loading."""
SCORES = """\
Means over n of the N mixtures of a set, with their 95 % bootstrap interval; SDRi and SI-SDRi are the improvements over
the unprocessed mixture, in dB. The controls are this model asked with a query that does not describe the target: how
far they lie below tells how much it heeds the query."""


def card(experiment: Path, licence: str) -> str:
    """Markdown text for ``<experiment>/model/README.md``, from the experiment's own files."""
    name = experiment.resolve().name
    model = Model.load(experiment / "model", "cpu")
    text = (model.encoder.classes or ["a dog barks"])[0]
    command = f"lass separate mix.wav --text {shlex.quote(text)} --model {shlex.quote(name)} -o separated.wav"
    python = (
        "import lass, soundfile\n"
        'mixture, sample_rate = soundfile.read("mix.wav")\n'
        f"separated = lass.load({name!r}).separate(mixture.T, sample_rate, {text!r})"
    )
    parts = [
        front_matter(licence) + f"\n# {escape(name)}",
        "Text-queried audio source separation: a recording and a sentence go in, what that describes comes out.",
        *("## Use", code(command), code(python), USE),
        *("## Origin", table(("fact", "value"), _facts(model, experiment, licence), words=2)),
        *("## Scores", *_scores(experiment)),
    ]
    return "\n\n".join(parts) + "\n"


def front_matter(licence: str) -> str:
    """What the hub reads: a yaml block between two lines of dashes."""
    name = re.sub(r"[^a-z0-9.]+", "-", licence.lower()).strip("-.")
    data = {
        "library_name": "lass",
        "pipeline_tag": "audio-to-audio",
        "tags": ["audio", "audio-source-separation", "text-queried"],
        **({"license": name} if KNOWN.fullmatch(name) else {"license": "other", "license_name": name or "see-below"}),
    }
    return f"---\n{yaml.safe_dump(data, sort_keys=False)}---"


def _facts(model: Model, experiment: Path, licence: str) -> list[tuple[str, object]]:
    config = model.config
    sizes = _arguments(config, "separator")
    counts = [sum(p.numel() for p in part.parameters()) for part in (model.separator, model.encoder)]
    facts = [
        ("separator", config["separator"]["class"]),
        ("parameters", f"{sum(counts):,}: {counts[0]:,} of the separator, {counts[1]:,} of the query encoder"),
        ("sample rate", f"{model.sample_rate} Hz"),
        *((f"STFT {key}", _duration(sizes[key], model.sample_rate)) for key in ("window", "hop") if key in sizes),
        ("arguments of the separator", json.dumps(sizes)),
        ("query encoder", f"{config['encoder']['class']}, {model.encoder.identity()}"),
        ("arguments of the query encoder", json.dumps(_arguments(config, "encoder"))),
        ("queries in training", _queries(config)),
        ("training sets", ", ".join(str(entry["dir"]) for entry in config["data"]["sets"])),
        ("training mixtures", json.dumps({k: v for k, v in config["data"].items() if k not in ("sets", "valid")})),
        ("checkpoint chosen on", config["data"]["valid"]),
        ("most restrictive licence of the training data", licence),
        ("leak policy", "no source recording is in two of the sets for training, validation and test: "
                        "lass data compares their origins"),
        *((f"registered test sets heard in {folder}", what) for folder, what in config.get("leaks", {}).items()),
        ("seed", config["seed"]),
        ("commit", (experiment / "git.txt").read_text(encoding="utf-8")),
    ]
    if model.encoder.classes:
        facts.append(("classes, one of which a query must name", ", ".join(model.encoder.classes)))
    if "init" in config:
        origin = f"{config['init']['model']}, weights {config['init']['sha256']}"
        facts.append(("started from", f"{origin}: the licence and the data of that model count, too"))
    if model.encoder.frozen and not (model.folder / ENCODER).is_dir():
        facts.append(("not in this folder", "weights of the query encoder: config.yaml tells where they are read"))
    return facts


def _arguments(config: dict, part: str) -> dict:
    """What a part was built with: its yaml, and the defaults where that says nothing."""
    parameters = inspect.signature(configuration.check_part(config, part)).parameters
    own = [name for name in parameters if name not in configuration.PARTS[part]]
    return {name: config[part].get(name, parameters[name].default) for name in own}


def _duration(samples: int, sample_rate: int) -> str:
    return f"{samples} samples, {1000 * samples / sample_rate:.1f} ms"


def _queries(config: dict) -> str:
    """How the queries of each training set were written."""
    texts = []
    for entry in config["data"]["sets"]:
        rule = TrainingRule.of_set(entry, config["query"])
        what = rule.source if rule.source == "caption" else f"labels (pick: {rule.pick})"
        ratio = f" ({rule.text_ratio:.0%} of the examples, the others by {rule.otherwise})"
        written = " or ".join(json.dumps(text, ensure_ascii=False) for text in rule.templates)
        written += f", and in the words of {rule.paraphrases}" if rule.paraphrases else ""
        texts.append(f"{what}, written {written}{ratio if rule.text_ratio < 1.0 else ''}")
    return "; ".join(dict.fromkeys(texts))


def _scores(experiment: Path) -> list[str]:
    if not any(experiment.glob("score/*/*/results.json")):
        return ["No test set was scored."]
    parts = [SCORES]
    for name, systems in collect(experiment).items():
        parts += [f"### {escape(name)}", table(*score_table(systems, (), ())), *control_lines(systems)]
    return parts
