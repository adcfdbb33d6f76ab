"""The card of a model folder: what it was made from and what it scored."""

import json
from pathlib import Path

from lass import config as configuration
from lass.report.markdown import escape, table

METRICS = ("sdr", "sdri", "si_sdr", "si_sdri")


def card(experiment: Path, licence: str) -> str:
    """Markdown text for ``<experiment>/model/README.md``, from the experiment's own files."""
    config = configuration.read_yaml(experiment / "model" / "config.yaml")
    name = experiment.resolve().name
    separator = {key: value for key, value in config["separator"].items() if key != "class"}
    facts = [
        ("separator", config["separator"]["class"]),
        ("its sizes (rates in Hz, window and hop in samples)", json.dumps(separator)),
        ("query encoder", config["encoder"]["class"]),
        ("queries in training", json.dumps(config["query"])),
        ("training sets", ", ".join(entry["dir"] for entry in config["data"]["sets"])),
        ("chosen on", config["data"]["valid"]),
        ("licence of the training data", licence),
        ("commit", (experiment / "git.txt").read_text(encoding="utf-8").strip()),
        ("leak policy", "no clip of a test set is in a training or validation set of this recipe"),
    ]
    parts = [
        f"# {escape(name)}",
        "Text-queried audio source separation. Use it with",
        f'```\nlass separate mix.wav --text "a dog barks" --model {name} -o dog.wav\n```',
        table(("fact", "value"), facts, words=2),
    ]
    for path in sorted(experiment.glob("score/*/model/results.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        rows = [[name, *(f"{found['metrics'][name][key]:.2f}" for key in ("mean", "low", "high"))] for name in METRICS]
        parts.append(f"## {escape(found['name'])}: {found['n_found']} of {found['n_expected']} mixtures, dB")
        parts.append(table(("metric", "mean", "95 % from", "to"), rows))
    return "\n\n".join(parts) + "\n"
