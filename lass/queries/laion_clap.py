"""Checkpoints of LAION's own CLAP package (laion_clap) as transformers' ClapModel.

All sizes come from the shapes of the weights, with feature fusion or without. What the two packages do otherwise than
each other, and what became of it:

* LayerNorm of RoBERTa: epsilon 1e-5 there; transformers' ClapConfig says 1e-12. It is set to 1e-5 here.
* Mel filters: 50 Hz to 14 kHz there (transformers' default begins at 0 Hz: set to 50 here), Slaney's without feature
  fusion, HTK's with it. The checkpoint holds the former; they are compared with those of transformers.
* STFT: by convolution in float32 there, by FFT in float64 here: mel spectra less than 2e-3 dB apart.
* Samples: rounded to 16 bits there where they come as an array, and not where they come as a tensor; never here.
* Waves above 10 s: a random 10 s there, and with feature fusion three more random parts; the middle 10 s here.
* Texts: cut at 77 tokens there and here (at 512 by AudioSep); what is padded is masked.

With random weights (test_laion_clap.py) the embeddings of both packages have a cosine of 1.000000, of texts and waves;
with samples rounded to 16 bits there it is above 0.9999.
"""

import re
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoTokenizer, ClapConfig, ClapFeatureExtractor, ClapModel, PreTrainedTokenizerBase

from lass.errors import LassError
from lass.io.checkpoint import mismatches
from lass.queries import htsat
from lass.queries.pretrained import find_folder, load

RATE, HOP = 48000, 480  # Hz, samples: of all released models, and told by no weight
FILTERS = "audio_branch.logmel_extractor.melW"
# The layers behind the embeddings, and what some versions save
UNUSED = re.compile(r"(text|audio)_transform\.|.*\.(position_ids|token_type_ids)$")
NAMES = (  # of laion_clap, of transformers
    (r"^text_branch\.", "text_model."),
    (r"_projection\.0\.", "_projection.linear1."),
    (r"_projection\.2\.", "_projection.linear2."),
)


def convert(weights: dict[str, Tensor], source: Path, tokenizer: str, folder: Path) -> None:
    """Write the folder that ``lass.queries.clap.Clap`` and transformers take.

    Args:
        weights: of laion_clap, without prefix.
        source: the checkpoint, for messages.
        tokenizer: folder or hub id of RoBERTa's; the checkpoint holds none.

    Raises:
        LassError: other towers than HTSAT and RoBERTa; weights are missing, unexpected or of another shape; there is no
            such tokenizer.
    """
    model, extractor = build(weights, source)
    parts = (model, extractor, _load_tokenizer(tokenizer, model.config.text_config.vocab_size))
    for part in parts:
        part.save_pretrained(folder)


def build(weights: dict[str, Tensor], source: Path) -> tuple[ClapModel, ClapFeatureExtractor]:
    """Weights of laion_clap, without prefix, as a model and the feature extractor for its waves."""
    try:
        config = _config(weights)
        with torch.device("meta"):
            model = ClapModel(config).eval()
    except Exception as error:  # names that are not there, sizes that no model has
        raise LassError(f"{source}: a LAION-CLAP of other towers than HTSAT and RoBERTa ({type(error).__name__}): give "
                        "one of those") from None
    positions = torch.arange(config.text_config.max_position_embeddings)[None]
    found = _rename(weights) | {
        "text_model.embeddings.position_ids": positions,
        "text_model.embeddings.token_type_ids": torch.zeros_like(positions),
    }
    if faults := mismatches(model.state_dict(), found):
        raise LassError(f"{source}: a LAION-CLAP that does not fit: {'; '.join(faults[:3])}; {len(faults)} faults "
                        "in all: give one of laion_clap's HTSAT and RoBERTa models")
    model.load_state_dict(found, assign=True)
    return model, _extractor(config, weights.get(FILTERS), source)


def _load_tokenizer(name: str, rows: int) -> PreTrainedTokenizerBase:
    """The RoBERTa tokenizer in a folder or of a hub id, for word embeddings of that many rows."""
    try:
        tokenizer = load(AutoTokenizer, find_folder(name, ["*.json", "*.txt"]), trust_remote_code=False)
    except LassError as error:
        raise LassError(f"--tokenizer {error}") from None
    ends = (tokenizer.bos_token_id, tokenizer.pad_token_id, tokenizer.eos_token_id)
    if len(tokenizer) != rows or ends != (0, 1, 2):
        raise LassError(f"--tokenizer {name}: a tokenizer of {len(tokenizer)} pieces for a RoBERTa of {rows}: give "
                        "roberta-base, or a folder that holds it")
    return tokenizer


def _config(weights: dict[str, Tensor]) -> ClapConfig:
    shape = {key: tuple(value.shape) for key, value in weights.items()}
    vocabulary, hidden = shape["text_branch.embeddings.word_embeddings.weight"]
    types, _ = shape["text_branch.embeddings.token_type_embeddings.weight"]
    if types != 1:
        raise ValueError("BERT has two")
    text = {
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "type_vocab_size": types,
        "max_position_embeddings": shape["text_branch.embeddings.position_embeddings.weight"][0],
        "num_hidden_layers": htsat.count(shape, r"text_branch\.encoder\.layer\.(\d+)\."),
        "num_attention_heads": hidden // 64,  # as all of RoBERTa
        "intermediate_size": shape["text_branch.encoder.layer.0.intermediate.dense.weight"][0],
        "layer_norm_eps": 1e-5,
    }
    audio = htsat.sizes(htsat.below(weights, "audio_branch."))
    return ClapConfig(text_config=text, audio_config=audio, projection_dim=shape["text_projection.2.weight"][0])


def _rename(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    heard = htsat.renamed(htsat.below(weights, "audio_branch."))
    renamed = {f"audio_model.audio_encoder.{key}": value for key, value in heard.items()}
    for key, value in weights.items():
        if UNUSED.match(key) or key.startswith("audio_branch."):
            continue
        for old, new in NAMES:
            key = re.sub(old, new, key)
        renamed[key] = value.float() if value.is_floating_point() else value
    return renamed


def _extractor(config: ClapConfig, filters: Tensor | None, source: Path) -> ClapFeatureExtractor:
    """What turns waves into log-mel spectra ``[frames, mels]`` in dB, checked against the filters of the checkpoint."""
    audio = config.audio_config
    longest = audio.spec_size**2 // audio.num_mel_bins * HOP // RATE  # s that the network's picture holds
    extractor = ClapFeatureExtractor(
        feature_size=audio.num_mel_bins, sampling_rate=RATE, hop_length=HOP, max_length_s=longest,
        fft_window_size=1024 if filters is None else 2 * (filters.shape[0] - 1), frequency_min=50, frequency_max=14000,
        truncation="fusion" if audio.enable_fusion else "rand_trunc", padding="repeatpad",
    )
    own = torch.from_numpy(extractor.mel_filters_slaney)
    if filters is not None and not (
        filters.shape == own.shape and torch.allclose(filters.double(), own, rtol=0, atol=1e-3 * float(own.max()))
    ):
        raise LassError(f"{source}: its mel filters are not those of 50 Hz to 14 kHz at 48 kHz that all released CLAP "
                        "models have: this one cannot be imported")
    return extractor
