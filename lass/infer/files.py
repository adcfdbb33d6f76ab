"""Separation from file to file, block by block."""

import contextlib
from collections.abc import Sequence

from tqdm import tqdm

from lass.infer.chunks import Seams, paired
from lass.infer.model import Model
from lass.infer.outputs import Job
from lass.io.blocks import Form, Writer, reading, subtype_for, writing


def separate_file(
    model: Model, job: Job, texts: Sequence[str], remove: bool = False, negative: str | None = None
) -> list[str]:
    """Separate one file with all queries in one pass, in memory that does not grow with its length.

    Outputs have the rate, channels and samples of the input, and its subtype where their kind of file has it. Residual
    = mixture - estimate in float64, before either is rounded to its file.

    Returns:
        a line about each output.
    """
    seams = Seams()
    with reading(job.source) as (form, blocks), contextlib.ExitStack() as stack:
        pairs = paired(blocks, lambda wave: model.stream(wave, form.sample_rate, texts, remove, negative, seams))
        total = None if form.frames is None else form.frames / form.sample_rate
        bar = stack.enter_context(tqdm(total=total, desc=job.source, unit="s", unit_scale=True, delay=2, disable=None))
        outputs = [[stack.enter_context(_opened(path, form)) for path in paths] for paths in job.outputs]
        for mixture, estimates in pairs:
            for estimate, writers in zip(estimates, outputs):
                for writer, wave in zip(writers, (estimate, mixture - estimate)):
                    writer.write(wave)
            bar.update(mixture.shape[1] / form.sample_rate)
    notes = "" if seams.level is None else f", seams {seams.level:.1f} dB"
    notes += ", not sample-aligned with the mixture" if model.separator.generative else ""
    return [_line(writer, form) + notes for writers in outputs for writer in writers]


def _opened(path: str, form: Form) -> contextlib.AbstractContextManager[Writer]:
    return writing(path, form._replace(subtype=subtype_for(path, form.subtype)))


def _line(writer: Writer, form: Form) -> str:
    seconds = f"{writer.frames / form.sample_rate:.2f} s, {form.sample_rate} Hz"
    return f"{writer.name}: {seconds}, {form.channels} channel(s), {writer.clipped} samples clipped"
