"""Published weights as folders that this package reads: what `lass import` does."""

import re
from collections.abc import Sequence
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor
from tqdm import tqdm

from lass import config as configuration
from lass.data.datadir import DataDir
from lass.data.examples import draw_examples, read_example
from lass.errors import LassError
from lass.infer.folder import CARD, ENCODER, write_sums
from lass.infer.import_card import card
from lass.infer.released import KINDS, query_size, recognise
from lass.io.checkpoint import mismatches, read_weights
from lass.io.files import sha256, write_text
from lass.layers import audiomae_weights
from lass.parts.folder import CONFIG, build_part
from lass.queries import laion_clap, lassnet_text, ms_clap_model
from lass.queries.clap import Clap
from lass.queries.clip import Clip
from lass.queries.panns import Panns
from lass.queries.pretrained import find_weights
from lass.separators.separator import Separator

SEPARATOR = "ss_model."  # prefixes in the Lightning checkpoints of AudioSep, the DCASE baseline and USS
CLAP = "query_encoder.model."
TEXT = "text_embedder."  # of LASS-Net
CLIPSEP_NIT = "lass.separators.clipsep.CLIPSepNIT"
NOISE = "pit_nets."  # noise masks of CLIPSep-NIT
FINETUNED_BERT = "lass.queries.finetuned_bert.FinetunedBert"
NOT_SEPARATOR = ("query_encoder.", "query_net.", "query_condition_extractor.", "anchor_segment_detector.")
STFT = re.compile(r"base\.i?stft\.")  # DFT matrices and windows: window and hop tell them


def import_clap(kind: str, source: Path, folder: Path, tokenizer: str) -> None:
    """Write a checkpoint of a CLAP into an empty folder, as the encoder of its kind takes it.

    Args:
        tokenizer: folder or hub id of the tokenizer, which the checkpoint lacks.

    Raises:
        LassError: it is another kind of file, or there is no tokenizer.
    """
    convert = {"laion_clap": laion_clap.convert, "ms_clap": ms_clap_model.convert}[kind]
    convert(_read(source, kind), source, tokenizer, folder)
    write_sums(folder, folder.iterdir())
    write_text(folder / CARD, card({"origin": _origin(kind, source)}))


def import_part(kind: str, source: str, folder: Path) -> None:
    """Write a checkpoint of AudioMAE into an empty folder, which becomes that of a part.

    Args:
        source: the file, a folder that holds it, or a hub id.

    Raises:
        LassError: it is another kind of file, or weights do not fit.
    """
    path = Path(source) if Path(source).is_file() else _weights_in(source)
    arguments, own = audiomae_weights.convert(_read(path, kind), str(path))
    spec = {"class": KINDS[kind].part, **arguments}
    with torch.device("meta"):
        expected = build_part(spec).state_dict()
    config = {"origin": _origin(kind, path), "part": spec}
    _save(_whole(expected, own, path), folder)
    write_text(folder / CARD, card(config))
    write_text(folder / CONFIG, configuration.dump(config))


def _weights_in(source: str) -> Path:
    """The only checkpoint in a folder, or of a hub id."""
    folder = Path(source)
    files = sorted(folder.glob("*.pth")) if folder.is_dir() else []
    files = files or find_weights(source)
    if len(files) > 1:
        raise LassError(f"{source}: holds {', '.join(path.name for path in files)}: give the one that is meant")
    return files[0]


def import_separator(
    kind: str, source: Path, folder: Path, encoder: str | None, tokenizer: str, examples: Sequence[Path] = ()
) -> None:
    """Write a checkpoint of another kind into an empty folder, which becomes a model folder.

    Args:
        encoder: folder or hub id of a ClapModel, in place of the query encoder in the checkpoint; of uss a checkpoint
            of CNN14, without which the separator stays alone.
        tokenizer: as for ``import_clap``, if the query encoder in the checkpoint is used.
        examples: data directories; their labels are the classes that uss is asked with.

    Raises:
        LassError: it is another kind of file, weights do not fit, or there is no query encoder, tokenizer or label.
    """
    weights = _read(source, kind)
    release = KINDS[kind]
    own = {key.removeprefix(SEPARATOR): value for key, value in weights.items() if not key.startswith(NOT_SEPARATOR)}
    own = {key: value for key, value in own.items() if not STFT.match(key)}
    condition, first = query_size(own), own.get("base.pre_conv.weight")
    channels = first.shape[1] if first is not None and first.dim() == 4 else 1
    config = {
        "origin": _origin(kind, source) | {"trained_on": release.trained_on},
        "query": {"source": release.query},
        "separator": {"class": release.network, **release.separator, "channels": channels},
    }
    _save(_separator(config, condition, own, source), folder)
    if release.query == "caption":
        config["encoder"] = {"class": "lass.queries.clap.Clap", "model": ENCODER}
        config["origin"]["encoder"] = _bring_encoder(weights, source, folder / ENCODER, encoder, tokenizer, condition)
    elif encoder is not None:
        config["query"] = {"source": "labels"}
        config["encoder"] = {"class": "lass.queries.panns.Panns", "model": encoder}
        config["origin"]["encoder"] = _bring_classes(folder, encoder, examples, condition)
    _finish(config, folder, condition)


def import_lassnet(source: Path, folder: Path, tokenizer: str) -> None:
    """Write a checkpoint of LASS-Net into an empty folder, which becomes a model folder.

    Args:
        tokenizer: folder or hub id of BERT's tokenizer, which the checkpoint lacks.

    Raises:
        LassError: it is another kind of file, weights do not fit, or there is no tokenizer.
    """
    weights = _read(source, "lassnet")
    release = KINDS["lassnet"]
    (condition,) = release.conditions
    config = {
        "origin": _origin("lassnet", source) | {"trained_on": release.trained_on},
        "query": {"source": release.query},
        "encoder": {"class": FINETUNED_BERT, "model": ENCODER, "dim": condition, "start": "[CLS]"},
        "separator": {"class": release.network, **release.separator},
    }
    text = {key.removeprefix(TEXT): value for key, value in weights.items() if key.startswith(TEXT)}
    text = lassnet_text.convert(text, condition, source, tokenizer, folder / ENCODER)
    state = {f"encoder.{key}": value for key, value in text.items()}
    own = {key: value for key, value in weights.items() if not key.startswith(TEXT)}
    _save(state | _separator(config, condition, own, source), folder)
    config["origin"]["encoder"] = "BERT-mini in the imported file, with BERT's tokenizer (Apache-2.0)"
    _finish(config, folder, condition)


def import_clipsep(source: Path, folder: Path, encoder: str) -> None:
    """Write a checkpoint of CLIPSep, or of CLIPSep-NIT, into an empty folder, which becomes a model folder.

    Args:
        encoder: folder or hub id of the CLIP that asks it, which the checkpoint lacks.

    Raises:
        LassError: it is another kind of file, weights do not fit, or there is no such CLIP.
    """
    weights = _read(source, "clipsep")
    release = KINDS["clipsep"]
    (condition,) = release.conditions
    network = CLIPSEP_NIT if any(key.startswith(NOISE) for key in weights) else release.network
    config = {
        "origin": _origin("clipsep", source) | {"trained_on": release.trained_on},
        "query": {"source": release.query, "template": "a photo of {}"},  # of the released evaluation
        "encoder": {"class": "lass.queries.clip.Clip", "model": ENCODER, "normalised": False},
        "separator": {"class": network, **release.separator},
    }
    _save(_separator(config, condition, weights, source), folder)
    clip = Clip(encoder, normalised=False)
    _check_size(encoder, "CLIP", clip.dim, condition)
    clip.save_pretrained(folder / ENCODER)
    config["origin"]["encoder"] = f"{clip.identity()}, not in the imported file"
    _finish(config, folder, condition)


def _separator(config: dict, condition: int, own: dict[str, Tensor], source: Path) -> dict[str, Tensor]:
    """The state of a model with the weights ``own``, which must have the names and shapes of its separator's."""
    with torch.device("meta"):  # names and shapes alone
        expected = configuration.build(config, "separator", Separator, condition=condition).state_dict()
    return {f"separator.{key}": value for key, value in _whole(expected, own, source).items()}


def _whole(expected: dict[str, Tensor], own: dict[str, Tensor], source: Path) -> dict[str, Tensor]:
    """The weights ``own``, which must have the names and shapes of ``expected``."""
    if faults := mismatches(expected, own):
        raise LassError(f"{source}: not whole, or not as published: {'; '.join(faults[:3])}; {len(faults)} faults in "
                        "all: get the published file")
    return {key: own[key].to(value.dtype).contiguous() for key, value in expected.items()}


def _save(state: dict[str, Tensor], folder: Path) -> None:
    safetensors.torch.save_file(state, folder / "model.safetensors")


def _finish(config: dict, folder: Path, condition: int) -> None:
    write_text(folder / "config.yaml", configuration.dump(config))
    write_sums(folder)
    write_text(folder / CARD, card(config, condition))


def _read(source: Path, kind: str) -> dict[str, Tensor]:
    """Weights that look like those of ``kind``."""
    weights = read_weights(source)
    words, found = recognise(weights, SEPARATOR)
    if found != kind:
        way_out = f"import it as kind {found}" if found else "no kind takes it"
        raise LassError(f"{source}: looks like {words}, not like kind {kind}: {way_out}")
    return weights


def _origin(kind: str, source: Path) -> dict[str, str]:
    return {"kind": kind, "file": source.name, "sha256": sha256(source)}


def _bring_encoder(
    weights: dict[str, Tensor], source: Path, folder: Path, encoder: str | None, tokenizer: str, condition: int
) -> str:
    """Write the query encoder into the model folder; returns what it is."""
    if encoder is not None:
        brought = Clap(encoder)
        brought.save_pretrained(folder)
        origin = brought.identity()
    elif own := {key.removeprefix(CLAP): value for key, value in weights.items() if key.startswith(CLAP)}:
        laion_clap.convert(own, source, tokenizer, folder)
        origin = "LAION-CLAP (CC0-1.0) in the imported file, with RoBERTa's tokenizer (MIT)"
    else:
        raise LassError(f"{source}: holds no query encoder: give --encoder CLAP, the folder that lass import "
                        "laion_clap music_speech_audioset_epoch_15_esc_89.98.pt --out CLAP writes")
    _check_size(encoder or source, "CLAP", Clap(str(folder)).dim, condition)
    return origin


def _bring_classes(folder: Path, encoder: str, examples: Sequence[Path], condition: int) -> str:
    """Write what CNN14 hears in example clips of each class into the model folder; returns what it is."""
    panns = Panns(encoder)
    panns.to("cuda" if torch.cuda.is_available() else "cpu")
    rate = panns.sample_rate  # reads the file
    _check_size(encoder, "CNN14", panns.dim, condition)
    clips = draw_examples([DataDir(path) for path in examples], panns.examples, seed=0)
    with tqdm(clips, desc="embed classes", unit="clip", delay=2, disable=None) as progress:
        panns.hear((name, torch.from_numpy(read_example(path, rate))) for name, path in progress)
    panns.save_assets(folder)
    names = ", ".join(path.resolve().name for path in examples)
    return (f"{panns.identity()}, not in the imported file: {len(panns.classes)} classes, known by {len(clips)} clips "
            f"of {names}")


def _check_size(encoder: str | Path, what: str, dim: int, condition: int) -> None:
    if dim != condition:
        raise LassError(f"{encoder}: a {what} with embeddings of size {dim}, and the separator takes {condition}: give "
                        "another with --encoder")
