"""The table of scores of a set: its systems, the models of other experiments, rows of papers."""

import math
from collections.abc import Mapping, Sequence

from lass.report.paper import PaperRow
from lass.report.results import CONTROLS, METRICS, SYSTEMS, Experiment, main_system

HEADER = ("system", "n/N", *METRICS.values(), "median SDRi")


def score_rows(
    systems: Mapping[str, dict], others: Sequence[tuple[str, dict]], paper: Sequence[PaperRow]
) -> list[list[str]]:
    """Rows under ``HEADER``, dB.

    Args:
        systems: system -> ``results.json``.
        others: name of another experiment, ``results.json`` of its model.
    """
    rows = [_row(SYSTEMS.get(found["system"], found["system"]), found) for found in systems.values()]
    rows += [_row(name, found) for name, found in others]
    for row in paper:
        values = [getattr(row, metric) for metric in METRICS]
        rows.append([f"paper: {row.system}", "", *("" if math.isnan(x) else f"{x:z.2f}" for x in values), ""])
    return rows


def _row(title: object, found: dict) -> list[str]:
    metrics = found["metrics"]
    means = ["{mean:z.2f} ({low:z.2f}, {high:z.2f})".format(**metrics[metric]) for metric in METRICS]
    count = f"{found['n_found']}/{found['n_expected']}"
    partial = "" if _is_whole(found) else " (partial)"
    return [f"{title}{partial}", count, *means, f"{metrics['sdri']['median']:z.2f}"]


def set_title(name: str, systems: Mapping[str, dict]) -> str:
    """Name of a set; "(partial)" when a system was not scored on all mixtures of its list."""
    return name if all(map(_is_whole, systems.values())) else f"{name} (partial)"


def _is_whole(found: dict) -> bool:
    return found["n_found"] == found["n_expected"]


def models_of(others: Sequence[Experiment], set_name: str) -> list[tuple[str, dict]]:
    """Name of each experiment that scored the set, and ``results.json`` of its model."""
    scored = [(other.name, other.results.get(set_name, {})) for other in others]
    return [(name, systems[main]) for name, systems in scored if (main := main_system(systems))]


def paper_lines(paper: Sequence[PaperRow]) -> list[str]:
    """Where the rows of papers come from, a line each."""
    return [f"paper: {row.system}: {row.source}" + (f"; {row.note}" if row.note else "") for row in paper]


def control_lines(systems: Mapping[str, dict]) -> list[str]:
    """How far below the model each control lies; of those that were scored, with the model."""
    return [
        _control_line(control, systems["model"], systems[control])
        for control in CONTROLS
        if "model" in systems and control in systems
    ]


def _control_line(control: str, model: dict, other: dict) -> str:
    if model["n_found"] != other["n_found"]:
        return f"Control \"{SYSTEMS[control]}\": scored on {other['n_found']} mixtures, the model on " \
               f"{model['n_found']}: not compared."
    gap = model["metrics"]["sdri"]["mean"] - other["metrics"]["sdri"]["mean"]
    side = "below" if gap >= 0 else "above"
    return f"Control \"{SYSTEMS[control]}\": {abs(gap):z.2f} dB SDRi {side} the model."
