"""``RESULTS.md`` from the ``results.json`` files of an experiment, and from nothing else."""

import json
from collections.abc import Mapping
from pathlib import Path

from lass.errors import LassError
from lass.report.markdown import code, escape, table

METRICS = {"sdr": "SDR", "sdri": "SDRi", "si_sdr": "SI-SDR", "si_sdri": "SI-SDRi"}
SYSTEMS = {  # rows in this order; systems of others follow by name
    "mixture": "mixture (unprocessed)",
    "model": "model",
    "control_interferer": "asked with the interferer's query",
    "control_constant": "asked with one constant query",
}
CONTROLS = ("control_interferer", "control_constant")
NEEDED = ("system", "set", "n_found", "n_expected", "metrics", "labels", "command", "commit", "versions")

Results = dict[str, dict[str, dict]]  # set -> system -> content of results.json


def collect(experiment: str | Path) -> Results:
    """Read ``<experiment>/score/<set>/<system>/results.json``.

    Raises:
        LassError: there is none, or one is damaged.
    """
    found: Results = {}
    for path in sorted(Path(experiment).glob("score/*/*/results.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            missing = [key for key in NEEDED if key not in content]
        except (ValueError, TypeError) as error:
            raise LassError(f"{path}: damaged ({error}): delete it and score again") from None
        if missing:
            raise LassError(f"{path}: has no {', '.join(missing)}: delete it and score again")
        found.setdefault(path.parents[1].name, {})[path.parent.name] = content
    if not found:
        raise LassError(f"{experiment}/score: no <set>/<system>/results.json: run stage score first")
    return {name: dict(sorted(systems.items(), key=_order)) for name, systems in found.items()}


def _order(entry: tuple[str, dict]) -> tuple[int, str]:
    known = list(SYSTEMS)
    return (known.index(entry[0]) if entry[0] in known else len(known), entry[0])


def document(experiment: str, results: Results, figures: Mapping[str, str]) -> str:
    """The whole of RESULTS.md; ``figures`` maps a set to the path of its figure."""
    parts = [
        f"# Results of {escape(experiment)}",
        "Means over mixtures in dB with their 95 % bootstrap interval; SDRi and SI-SDRi are the improvements over the "
        "unprocessed mixture. Written by `lass report` from `results.json` files.",
    ]
    for name, systems in results.items():
        parts += _set_section(name, systems)
        if name in figures:
            parts.append(f"Figure: {escape(figures[name])}")
    return "\n\n".join(parts) + "\n"


def _set_section(name: str, systems: dict[str, dict]) -> list[str]:
    whole = all(found["n_found"] == found["n_expected"] for found in systems.values())
    parts = [f"## {escape(name)}" if whole else f"## {escape(name)} (partial)"]
    parts.append(table(("system", "n/N", *METRICS.values(), "median SDRi"), map(_row, systems.values())))
    parts += [line for control in CONTROLS if (line := _control_line(systems, control))]
    if "model" in systems:
        parts += _label_section(systems["model"]["labels"])
    parts.append("### Where it comes from")
    parts.append(_facts(systems))
    commands = [c for found in systems.values() for c in (_separation(found).get("command"), found["command"]) if c]
    parts.append(code("\n".join(dict.fromkeys(map(str, commands)))))
    return parts


def _row(found: dict) -> list[str]:
    metrics = found["metrics"]
    means = ["{mean:z.2f} ({low:z.2f}, {high:z.2f})".format(**metrics[metric]) for metric in METRICS]
    count = f"{found['n_found']}/{found['n_expected']}"
    title = SYSTEMS.get(found["system"], found["system"])
    partial = "" if found["n_found"] == found["n_expected"] else " (partial)"
    return [title + partial, count, *means, f"{metrics['sdri']['median']:z.2f}"]


def _control_line(systems: dict[str, dict], control: str) -> str | None:
    """How far below the model a control lies; None when one of the two was not scored, or not on the same count."""
    if "model" not in systems or control not in systems:
        return None
    model, other = systems["model"], systems[control]
    if model["n_found"] != other["n_found"]:
        return f"Control \"{SYSTEMS[control]}\": scored on {other['n_found']} mixtures, the model on " \
               f"{model['n_found']}: not compared."
    gap = model["metrics"]["sdri"]["mean"] - other["metrics"]["sdri"]["mean"]
    side = "below" if gap >= 0 else "above"
    return f"Control \"{SYSTEMS[control]}\": {abs(gap):z.2f} dB SDRi {side} the model."


def _label_section(labels: dict[str, dict]) -> list[str]:
    if not labels:
        return []
    rows = [
        [row["name"], row["n"], *(f"{row[metric]:z.2f}" for metric in METRICS)]
        for row in sorted(labels.values(), key=lambda row: str(row["name"]))
    ]
    return ["### Model by label of the target", table(("label", "n", *METRICS.values()), rows)]


def _separation(found: dict) -> dict:
    separation = found.get("separation")
    return separation if isinstance(separation, dict) else {}


def _facts(systems: dict[str, dict]) -> str:
    """Facts of the model's row (or of the first, where no model was scored), a line each."""
    found = systems.get("model") or next(iter(systems.values()))
    rows: list[tuple[str, object]] = [("scored at", f"{found.get('score_rate')} Hz")]
    if found.get("model_rate"):
        rows.append(("model runs at", f"{found['model_rate']} Hz"))
    rows.append(("test set", found.get("set_dir")))
    for key, value in _separation(found).items():
        if key != "command":
            rows.append((f"separation: {key.replace('_', ' ')}", _plain(value)))
    rows.append(("scoring: commit", found["commit"]))
    rows.append(("scoring: versions", _plain(found["versions"])))
    if "bootstrap" in found:
        rows.append(("scoring: bootstrap", _plain(found["bootstrap"])))
    return table(("fact", "value"), rows, words=2)


def _plain(value: object) -> str:
    """A JSON value as one line of text."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return str(value)
