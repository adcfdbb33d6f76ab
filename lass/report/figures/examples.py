"""Figure: spectrograms of the best, the median and the worst mixture of a set."""

from pathlib import Path

from lass.metrics.registry import known
from lass.report.figures import spectrogram
from lass.report.figures.plotting import wrap
from lass.report.scored import ScoredSet

WIDTH = 46  # characters above a panel


def draw(path: Path, scored: ScoredSet) -> None:
    """Draw mixture, target and estimate of the first example of each kind, and what removal gives where it was scored.

    Raises:
        LassError: the audio is not where the set's tables say.
    """
    items = {chosen.item.mix_id: chosen.item for chosen in scored.chosen}
    rows = []
    metric = known(scored.metric)
    for which, (example, *_) in scored.results["examples"].items():
        item = items[example["mix_id"]]
        clip = scored.rendered.read(item.mix_id)
        query = wrap(f"“{scored.rendered.query(item.mix_id)}”", WIDTH)
        value = f"{metric.title} {item.values[scored.metric]:z.1f} {metric.unit}".rstrip()
        titles = (
            wrap(f"{which}: mixture {item.mix_id}", WIDTH),
            wrap(f"target {scored.rendered.name(item.labels)}", WIDTH),
            f"estimate, {value}, asked for\n{query}",
        )
        rows.append(list(zip(titles, (clip.mixture, clip.target, clip.estimate))))
        if scored.removal and scored.removal.has(item.mix_id):  # it may have been stopped before
            rows[-1].append(("asked to remove the interferer", scored.removal.read(item.mix_id).estimate))
    spectrogram.draw(path, rows, clip.rate)
