"""The table of scores of a set: its systems, the models of other experiments, rows of papers."""

from collections.abc import Mapping, Sequence

from lass.metrics.registry import known, leading
from lass.report.published import PublishedRow
from lass.report.results import CONTROLS, SYSTEMS, Experiment, main_system, metrics_of


def score_table(
    systems: Mapping[str, dict], others: Sequence[tuple[str, dict]], paper: Sequence[PublishedRow]
) -> tuple[tuple[str, ...], list[list[str]]]:
    """Header and rows: a column a metric that any of the systems was scored by or a paper row has, and the median of
    the leading one.

    Args:
        systems: system -> ``results.json``.
        others: name of another experiment, ``results.json`` of its model.
    """
    metrics = metrics_of([*systems.values(), *(found for _, found in others)])
    metrics += dict.fromkeys(name for row in paper for name in row.metrics if name not in metrics)
    rows = [_row(SYSTEMS.get(found["system"], found["system"]), found, metrics) for found in systems.values()]
    rows += [_row(name, found, metrics) for name, found in others]
    for row in paper:
        rows.append([f"paper: {row.system}", "", *(figure(row.metrics.get(metric)) for metric in metrics), ""])
    titles = [known(metric).title for metric in metrics]
    return ("system", "n/N", *titles, f"median {known(leading(metrics)).title}"), rows


def _row(title: object, found: dict, metrics: Sequence[str]) -> list[str]:
    means = [mean_and_interval(found["metrics"].get(metric)) for metric in metrics]
    count = f"{found['n_found']}/{found['n_expected']}"
    partial = "" if _is_whole(found) else " (partial)"
    median = found["metrics"].get(leading(metrics), {}).get("median")
    return [f"{title}{partial}", count, *means, figure(median)]


def mean_and_interval(row: Mapping | None) -> str:
    """Mean and interval, if it has one; what is undefined, and for how many mixtures, is said."""
    if row is None:
        return ""
    left_out = f"undefined {row['undefined']}" if "undefined" in row else ""
    if row["mean"] is None:
        return left_out
    interval = "({low:z.2f}, {high:z.2f})".format(**row) if "low" in row else ""
    return " ".join(filter(None, (figure(row["mean"]), interval, left_out)))


def figure(value: float | None) -> str:
    """A figure of a table, "" where there is none."""
    return "" if value is None else f"{value:z.2f}"


def definitions(found: Sequence[dict], paper: Sequence[PublishedRow] = ()) -> list[str]:
    """A line for each metric that was used: title, unit, which way is better, what was computed and with what network;
    then for those of paper rows alone.

    Then warnings of scores that mean little.
    """
    used = metrics_of(found)
    lines = [f"{known(name).headline}: {definition(name, found)}" for name in used]
    alone = dict.fromkeys(name for row in paper for name in row.metrics if name not in used)
    lines += [f"{known(name).headline}, of paper rows alone: {known(name).definition}" for name in alone]
    return lines + [f"Warning: {line}" for row in found for line in warnings(row)]


def definition(name: str, found: Sequence[dict]) -> str:
    """What a metric computes, and the networks that it listened with; of a tagger that tells its accuracy."""
    networks = {row.get("listeners", {}).get(kind) for row in found for kind in known(name).listeners}
    by = "; by " + " and by ".join(sorted(filter(None, networks))) if any(networks) else ""
    return f"{known(name).definition}{by}"


def warnings(found: dict) -> list[str]:
    """What is to be said of a model that hears less than the set holds, and of a generative one."""
    name, lines = SYSTEMS.get(found["system"], found["system"]), []
    own, rate = found.get("score_rate"), found.get("set_rate")
    if own and rate and own < rate:
        lines.append(f"{name} is scored at {own} Hz, reference and mixture resampled, on a set of {rate} Hz: what is "
                     f"above {own // 2} Hz does not count.")
    separation = found.get("separation")
    compared = [known(metric).title for metric in found["metrics"] if known(metric).aligned]
    if compared and isinstance(separation, dict) and separation.get("generative") is True:
        lines.append(f"{name} generates its output, which is not aligned with the mixture sample by sample: "
                     f"{', '.join(compared)} say little about it.")
    return lines


def set_title(name: str, systems: Mapping[str, dict]) -> str:
    """Name of a set; "(partial)" when a system was not scored on all mixtures of its list."""
    return name if all(map(_is_whole, systems.values())) else f"{name} (partial)"


def _is_whole(found: dict) -> bool:
    return found["n_found"] == found["n_expected"]


def models_of(others: Sequence[Experiment], set_name: str) -> list[tuple[str, dict]]:
    """Name of each experiment that scored the set, and ``results.json`` of its model."""
    scored = [(other.name, other.results.get(set_name, {})) for other in others]
    return [(name, systems[main]) for name, systems in scored if (main := main_system(systems))]


def paper_lines(paper: Sequence[PublishedRow]) -> list[str]:
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
    metric = leading(list(model["metrics"]))
    means = [found["metrics"].get(metric, {}).get("mean") for found in (model, other)]
    if None in means:
        return f'Control "{SYSTEMS[control]}": no {known(metric).title} of both: not compared.'
    gap, unit = means[0] - means[1], known(metric).unit
    side = "below" if gap >= 0 else "above"
    amount = f"{abs(gap):z.2f} {unit}".rstrip()
    return f'Control "{SYSTEMS[control]}": {amount} {known(metric).title} {side} the model.'
