"""Figure: loss and validation of trainings, from their tensorboard files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.lines import Line2D

from lass.report.figures.plotting import COLOURS, legend, new_figure, save, tidy

LOSS, VALIDATION, VALIDATION_LOSS = "train/loss", "valid/sdri", "valid/loss"
TITLES = {LOSS: "training loss", VALIDATION: "validation SDRi (dB)", VALIDATION_LOSS: "validation loss"}
BEST = {VALIDATION: (np.argmax, "{:z.2f} dB"), VALIDATION_LOSS: (np.argmin, "{:.4f}")}  # which weights were kept
PARTS = 40  # the loss is averaged over a window of so small a part of the training

Curve = tuple[np.ndarray, np.ndarray]  # steps done, values; both [n]


def event_files(experiment: Path) -> list[Path]:
    """Tensorboard files of an experiment, oldest first."""
    return sorted((experiment / "tb").glob("events.out.tfevents.*"))


def is_logged(experiment: Path) -> bool:
    """Did a training log one of the curves? Reads no further than to the first value."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    return any(
        value.tag in TITLES
        for path in event_files(experiment)
        for event in EventFileLoader(str(path)).Load()
        for value in event.summary.value
    )


def read_curves(experiment: Path) -> dict[str, Curve]:
    """Tag -> curve, without values that are not finite; of steps done twice, after a kill, the last value counts."""
    from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator

    events = EventAccumulator(str(experiment / "tb"), size_guidance={SCALARS: 0})  # 0: keeps all
    events.Reload()
    curves = {}
    for tag in TITLES.keys() & set(events.Tags()[SCALARS]):
        values = {event.step + 1: event.value for event in events.Scalars(tag)}  # Lightning counts from step 0
        steps = np.array([step for step in sorted(values) if np.isfinite(values[step])], dtype=int)
        curves[tag] = steps, np.array([values[step] for step in steps])
    return {tag: curve for tag, curve in curves.items() if curve[0].size}


def smooth(curve: Curve) -> Curve:
    """Moving mean over a fortieth of the curve."""
    steps, values = curve
    width = max(1, len(values) // PARTS)
    kernel = np.full(width, 1 / width)
    return np.convolve(steps, kernel, "valid"), np.convolve(values, kernel, "valid")


def draw(path: Path, experiments: Sequence[tuple[str, Path]]) -> None:
    """Draw the loss above and the validation below; a star marks the step whose weights were kept, the best.

    Args:
        experiments: name, folder.
    """
    curves = [(name, read_curves(folder)) for name, folder in experiments]
    tags = [tag for tag in TITLES if any(tag in found for _, found in curves)]
    figure = new_figure(7, 1 + 2.5 * len(tags))
    panels = dict(zip(tags, figure.subplots(len(tags), sharex=True, squeeze=False)[:, 0]))
    handles = []
    for number, (name, found) in enumerate(curves):
        colour = COLOURS[number % len(COLOURS)]
        handles.append(Line2D([], [], color=colour))
        if LOSS in found:
            if len(curves) == 1:
                panels[LOSS].plot(*found[LOSS], color=colour, alpha=0.25, linewidth=0.7)
            panels[LOSS].plot(*smooth(found[LOSS]), color=colour)
        for tag in BEST.keys() & found.keys():
            best, text = BEST[tag]
            steps, values = found[tag]
            panels[tag].plot(steps, values, ".-", color=colour)
            place = steps[best(values)], values[best(values)]
            panels[tag].plot(*place, "*", color=colour, markersize=14, markeredgecolor="black")
            below = {"xytext": (0, -14), "textcoords": "offset points", "ha": "center", "va": "top"}
            panels[tag].annotate(f"{text.format(place[1])}, step {place[0]}", place, fontsize=8, **below)
    for tag in tags:
        panels[tag].set_ylabel(TITLES[tag])
        tidy(panels[tag], "both")
    panels[tags[0]].set_title("Training; star: the step whose weights were kept", fontsize=10, loc="left")
    panels[tags[-1]].set_xlabel("step")
    if len(handles) > 1:
        legend(panels[tags[0]], handles, [name for name, _ in curves], loc="best")
    save(figure, path)
