"""The table of a benchmark: every set that was found, every system on it, and the published rows beside them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import quote

from lass.metrics.registry import known, leading
from lass.report.figures import system_boxes
from lass.report.markdown import escape, table
from lass.report.plan import values_of_systems
from lass.report.published import PublishedRow
from lass.report.results import SYSTEMS, Experiment, Results, metrics_of
from lass.report.scores import definition, mean_and_interval, models_of, warnings

AUDIO = {"published": "published", "rebuilt": "rebuilt", "exact": "made from the list"}
BOXES = "boxes"  # folder of the box plots
AGGREGATES = {"mean": "mean", "class_mean": "mean of class means", "class_median": "mean of class medians"}
ABOUT = """\
Figures with their 95 % bootstrap interval; n of N mixtures were found. "rebuilt": the list has no gains, so that the
mixtures are others than the published ones. Hz: the rate of scoring, in brackets that of the model. "mean of class
medians": mean over classes of the median of each. The controls ask the model for what is not the target; ideal masks
know the target. Leaks: "clean" training left out what the test sets hold, "paper" kept it. Written by `lass
benchmark`."""


@dataclass(frozen=True)
class Row:
    """A system on a set.

    Attributes:
        metrics: name -> {mean, low, high, ..}, of published rows the mean alone.
        definitions: metric -> what was computed, with which networks.
        score_rate, model_rate: Hz.
        warnings: of scores that mean little.
    """

    set_name: str
    system: str
    kind: str  # "scored" or "published"
    metrics: dict[str, dict]
    n_found: int | None = None
    n_expected: int | None = None
    audio: str = ""
    query: str = ""
    aggregate: str = ""
    leak_policy: str = ""
    leaks: str = ""
    score_rate: int | None = None
    model_rate: int | None = None
    source: str = ""
    note: str = ""
    definitions: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def scored_rows(results: Results, others: Sequence[Experiment] = ()) -> Iterator[Row]:
    """The rows of all systems that were scored on registered sets, and of the models of others on these."""
    for set_name, systems in results.items():
        beside = [{**found, "system": name} for name, found in models_of(others, set_name)]
        for found in (*systems.values(), *beside):
            facts, separation = found.get("test_set", {}), found.get("separation", {})
            rule = separation.get("query_rule") or ("none" if found["system"] == "mixture" else "not known")
            yield Row(
                set_name, SYSTEMS.get(found["system"], found["system"]), "scored", found["metrics"],
                found["n_found"], found["n_expected"], AUDIO.get(facts.get("audio"), "not known"),
                rule.replace("queries of the set", str(facts.get("query", "queries of the set"))),
                AGGREGATES.get(found.get("aggregate"), "mean"), separation.get("leak_policy", ""),
                separation.get("leaks", ""), found.get("score_rate"), found.get("model_rate"),
                note=facts.get("note", ""),
                definitions={name: definition(name, [found]) for name in found["metrics"]}, warnings=warnings(found),
            )  # fmt: skip


def published_rows(set_name: str, rows: Sequence[PublishedRow]) -> Iterator[Row]:
    """The rows of papers about a set."""
    for row in rows:
        metrics = {name: {"mean": score} for name, score in row.metrics.items()}
        yield Row(set_name, row.system, "published", metrics, source=row.source, note=row.note)


def to_json(rows: Sequence[Row], absent: Mapping[str, str]) -> dict:
    """``{rows, absent}``: all that the page holds."""
    return {"rows": [asdict(row) for row in rows], "absent": dict(absent)}


def draw_boxes(out: Path, own: Experiment, others: Sequence[Experiment]) -> dict[str, str]:
    """Draw ``<out>/boxes/<set>.png``: how the leading metric of each system is distributed. Set -> title of it."""
    titles = {}
    for name, systems in own.results.items():
        metric = leading(metrics_of(systems.values()))
        if values := values_of_systems(name, metric, own, others):
            system_boxes.draw(out / BOXES / f"{name}.png", metric, values)
            titles[name] = known(metric).title
    return titles


def page(model: str, rows: Sequence[Row], absent: Mapping[str, str], boxes: Mapping[str, str]) -> str:
    """The benchmark as Markdown.

    Args:
        model: its name.
        absent: sets that were not scored, and why.
        boxes: sets with box plots, and the title of the metric there.
    """
    scored = [row for row in rows if row.kind == "scored"]
    metrics = list(dict.fromkeys(name for row in scored for name in row.metrics))
    header = ["set", "system", "audio", "asked with", "figure", "leaks", "Hz", "n/N"]
    header += [known(name).headline for name in metrics]
    body = [
        [row.set_name + (" (partial)" if row.n_found != row.n_expected else ""), row.system, row.audio, row.query,
         row.aggregate, row.leak_policy, _rates(row), f"{row.n_found}/{row.n_expected}",
         *(mean_and_interval(row.metrics.get(name)) for name in metrics)]
        for row in scored
    ]  # fmt: skip
    parts = [f"# Benchmark of {escape(model)}", ABOUT, table(header, body, words=7)]
    for name, title in boxes.items():
        parts.append(f"![{escape(name)}: {escape(title)} of each system]({BOXES}/{quote(name)}.png)")
    shown = dict.fromkeys(row.set_name for row in scored)
    parts += _bullets("Metrics", _definitions([row for row in rows if row.set_name in shown]))
    parts += _bullets("Warnings", [(row.set_name, text) for row in scored for text in row.warnings])
    heard = dict.fromkeys(row.leaks for row in scored if row.leaks)
    parts += _bullets("Leaks", [("what the training heard of the test sets", "; ".join(heard))] if heard else [])
    parts += _bullets("Notes", [(row.set_name, row.note) for row in scored if row.note])
    parts += _bullets("Sets that were not scored", absent.items())
    for set_name in shown:
        parts += _published(set_name, [row for row in rows if (row.set_name, row.kind) == (set_name, "published")])
    return "\n\n".join(parts) + "\n"


def _published(set_name: str, rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    metrics = list(dict.fromkeys(name for row in rows for name in row.metrics))
    body = [
        [row.system, row.source, row.note, *(_digits(row.metrics[name]["mean"]) if name in row.metrics else ""
                                              for name in metrics)]
        for row in rows
    ]
    header = ["system", "source", "note", *(known(name).headline for name in metrics)]
    return [f"## Published rows: {escape(set_name)}", table(header, body, words=3)]


def _rates(row: Row) -> str:
    return f"{row.score_rate or 'not known'}" + (f" ({row.model_rate})" if row.model_rate else "")


def _digits(score: float) -> str:
    """A published score with all of its digits, two at least."""
    return max(f"{score:.2f}", f"{score:.10g}", key=len)


def _definitions(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Title and definition of each metric of any row; of one that is published alone, why it is not computed."""
    named = dict.fromkeys((name, text) for row in rows for name, text in row.definitions.items())
    scored = {name for name, _ in named}
    others = dict.fromkeys(name for row in rows for name in row.metrics if name not in scored)
    return [(known(name).title, text) for name, text in (*named, *((name, known(name).definition) for name in others))]


def _bullets(title: str, lines: Iterable[tuple[str, str]]) -> list[str]:
    """A section of the lines ``name: text``, each of them once; none without any."""
    found = [f"* {escape(name)}: {escape(text)}" for name, text in dict.fromkeys(lines)]
    return [f"## {escape(title)}", "\n".join(found)] if found else []
