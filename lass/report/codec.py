"""The table of a codec: what it keeps of a sound, at how many bits."""

from collections.abc import Mapping

from lass.report.markdown import escape, table

TITLES = {  # name -> title, which way is better
    "mel": "MEL-D (lower)",
    "lsd": "LSD (lower)",
    "lsd_audioldm": "LSD, audioldm_eval (lower)",
    "visqol": "ViSQOL (higher)",
}
NAMES = {"codec": "codec", "mel_floor": "80 mel bands, true phase"}
ABOUT = """\
Means over n clips at 16 kHz. MEL-D: sum over seven resolutions of the mean absolute difference of log10 mel magnitudes
(Kumar et al., "DAC", NeurIPS 2023, Sec. 3.5). LSD: log-spectral distance, log10 of powers; audioldm_eval's cuts 1120
samples from one signal alone. ViSQOL: v3, audio mode, of 1 to 4.73. Bits a second: tokens times bits of a token, over
seconds; entropy: what ideal coding of the tokens of each group would need. Used: part of the codebook entries that
occur. The second row is no codec: it keeps the magnitudes of 80 mel bands, and the phase as it was. Written by `lass
codec_report`."""


def page(found: Mapping, published: Mapping) -> str:
    """Markdown; ``published`` as ``conf/codecs.yaml`` has it."""
    codec = found["codec"]
    rates = {"codec": [f"{codec['bits_per_second']:.0f}", f"{codec['entropy_per_second']:.0f}", f"{codec['used']:.2f}"]}
    body = [
        [NAMES[name], found["n"], *(_cell(row[key], found["n"]) for key in TITLES), *rates.get(name, [""] * 3)]
        for name, row in found["systems"].items()
    ]
    for name, row in published["systems"].items():
        told = [f"{row[key]:.3f}" if key in row else "" for key in TITLES]
        body.append([f"paper: {name}", "", *told, row["bits"], "", ""])
    head = ("system", "n", *TITLES.values(), "bits/s", "entropy, bits/s", "used")
    of = f"Codec: {codec['class']}, {codec['parameters']:,} parameters, {codec['place']}."
    note = f"Paper rows: {published['source']}; {published['note']}"
    return "\n\n".join([f"# Codec: {escape(found['name'])}", ABOUT, table(head, body), escape(of), escape(note)]) + "\n"


def _cell(figure: Mapping, n: int) -> str:
    if figure["mean"] is None:
        return ""
    return f"{figure['mean']:.3f}" + (f" (n {figure['n']})" if figure["n"] < n else "")
