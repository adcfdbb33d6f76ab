"""The card of a folder that `lass import` wrote: whose weights these are, and how they are used."""

from lass.infer.card import USE, front_matter
from lass.infer.released import KINDS
from lass.report.markdown import code, escape, table

NOTE = """\
Weights of others, in this package's format; their values are unchanged. What is said here of the published file holds
if the imported one is that file: its checksum is below, the publisher's is not known here."""
ENCODER = """\
A configuration takes this folder as `encoder: {{class: {}, model: FOLDER}}`, and metrics as `--metric_models`."""
PART = """\
The folder of a part: `lass probe --part FOLDER`; `lass train_part --of audio=FOLDER` builds others on it; in Python
`lass.parts.folder.load_part("FOLDER").features(wave)` gives its features."""
CLAP = "`lass import audiosep ... --encoder` takes it, too. To transformers it is a ClapModel."
AUDIO = """\
A separator alone: it is asked with audio, and the encoder of its queries is not in this folder. `lass separate` refuses
it until `config.yaml` names, as `encoder:`, an encoder of audio queries of the size below; `lass import uss` with
`--encoder` and `--examples` makes a folder that can be asked."""
CLASSES = "A query names a class that CNN14 has heard; `lass.load(\"FOLDER\").encoder.classes` lists them."


def card(config: dict, condition: int = 0) -> str:
    """Markdown text for ``README.md``.

    Args:
        config: what the folder's ``config.yaml`` holds; of a query encoder its ``origin`` alone.
        condition: size of the query embedding, of a separator.
    """
    origin = config["origin"]
    release = KINDS[origin["kind"]]
    facts = [
        ("published as", release.published),
        ("imported from the file", origin["file"]),
        ("SHA-256 of that file", origin["sha256"]),
        ("licence", release.licence),
        ("trained on", release.trained_on),
    ]
    if "separator" in config:
        facts += [(key, value) for key, value in config["separator"].items()]
        facts.append(("queries in training", f"{release.conditions[condition]}: size {condition}"))
        facts.append(("query encoder", origin.get("encoder", "none in this folder")))
    elif "part" in config:
        facts += [(key, value) for key, value in config["part"].items()]
    else:
        facts.append(("tokenizer", f"{release.tokenizer}, which is not in the imported file"))
    parts = [
        *([front_matter(release.licence)] if "separator" in config else []),  # of a model, which the hub may get
        f"# {escape(release.title)}",
        NOTE,
        *("## Use", _use(config)),
        *("## Origin", table(("fact", "value"), facts, words=2)),
    ]
    return "\n\n".join(parts) + "\n"


def _use(config: dict) -> str:
    if "part" in config:
        return PART
    if "separator" not in config:
        kind = config["origin"]["kind"]
        return ENCODER.format(KINDS[kind].encoder) + (f" {CLAP}" if kind == "laion_clap" else "")
    if "encoder" not in config:
        return AUDIO
    if config["origin"]["kind"] == "uss":
        return code("lass separate mix.wav --text CLASS --model FOLDER -o separated.wav") + f"\n\n{CLASSES} {USE}"
    return code('lass separate mix.wav --text "a dog barks" --model FOLDER -o dog.wav') + f"\n\n{USE}"
