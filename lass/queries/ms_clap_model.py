"""The network of Microsoft's CLAP (MS-CLAP), from the published weights, and the folder that holds them.

Two were published: of 2022 (BERT and CNN14, Elizalde et al., ICASSP 2023) and of 2023 (GPT-2 and HTSAT, Elizalde et
al., ICASSP 2024). Which one, and all sizes, follow from names and shapes. What the package msclap 1.3.4 does otherwise:

* Waves above the length that it was trained with: a random part there, the middle here.
* GPT-2 pads with "!", and msclap takes each "!" of a text for padding when it looks for the last token: not here.
* Mel filters of 2023 are those of 32 kHz although waves have 44.1 kHz; the checkpoint holds them, and so it is here.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoTokenizer, BertConfig, BertModel, ClapAudioConfig, ClapAudioModel, GPT2Config, GPT2Model

from lass.errors import LassError
from lass.io.checkpoint import mismatches
from lass.io.files import write_text
from lass.layers.cnn14 import Cnn14, LogMel
from lass.queries import htsat
from lass.queries.htsat import below
from lass.queries.pretrained import find_folder, load

RATE, HOP = 44100, 320  # Hz, samples: told by no weight
HEAD = 64  # dimensions of an attention head, in all of GPT-2 and BERT
FILTERS = "logmel_extractor.melW"
END = " <|endoftext|>"  # what msclap appends to a text for GPT-2


class Projection(nn.Module):
    """Two layers with a way around the second, ``[B, inputs]`` -> ``[B, outputs]``."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.linear1 = nn.Linear(inputs, outputs, bias=False)
        self.linear2 = nn.Linear(outputs, outputs, bias=False)
        self.layer_norm = nn.LayerNorm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = self.linear1(x)
        return self.layer_norm(x + self.linear2(functional.gelu(x)))


class Htsat(nn.Module):
    """Waves ``[B, T]`` -> embeddings ``[B, E]`` of HTSAT, with mel filters ``[bins, mels]``."""

    def __init__(self, config: ClapAudioConfig, filters: Tensor):
        super().__init__()
        self.logmel_extractor = LogMel(filters)
        self.register_buffer("window", torch.hann_window(2 * len(filters) - 2), persistent=False)
        self.network = ClapAudioModel(config)

    def forward(self, wave: Tensor) -> Tensor:
        spectrum = torch.stft(wave, len(self.window), HOP, window=self.window, return_complex=True)
        mel = self.logmel_extractor(spectrum.abs().square().transpose(1, 2))
        return self.network(mel[:, None]).pooler_output


class MsClapModel(nn.Module):
    """Frozen MS-CLAP.

    Attributes:
        heard: samples at 44.1 kHz that it was trained with: 5 s (2022) or 7 s (2023).
        max_tokens: to which texts are cut: 100 or 77.
        vocabulary: number of tokens.
        end: what is to be appended to texts.

    Raises:
        LassError: weights are missing, unexpected or of another shape; ``source`` names them.
    """

    def __init__(self, weights: Mapping[str, Tensor], source: str):
        super().__init__()
        self._source = source
        try:
            text, audio = below(weights, "caption_encoder."), below(weights, "audio_encoder.")
            self.text_model = self._text(below(text, "base."))
            self.text_projection = self._projection(below(text, "projection."))
            self.audio_model = self._audio(below(audio, "base."))
            self.audio_projection = self._projection(below(audio, "projection."))
        except (KeyError, ValueError, IndexError, TypeError, RuntimeError) as error:
            raise LassError(f"{source}: no MS-CLAP ({type(error).__name__}: {str(error)[:100]}): give "
                            "CLAP_weights_2022.pth or CLAP_weights_2023.pth") from None
        self.eval().requires_grad_(False)
        self.causal = isinstance(self.text_model, GPT2Model)
        self.end = END if self.causal else ""
        self.vocabulary = self.text_model.config.vocab_size
        self.max_tokens = min(77 if self.causal else 100, self.text_model.config.max_position_embeddings)
        self.heard = RATE * (5 if isinstance(self.audio_model, Cnn14) else 7)

    def embed_text(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Tokens and mask ``[B, N]`` -> ``[B, D]``: of the last token by GPT-2, of the first by BERT."""
        hidden = self.text_model(ids, attention_mask=mask).last_hidden_state
        place = mask.sum(1) - 1 if self.causal else torch.zeros_like(mask[:, 0])
        return self.text_projection(hidden[torch.arange(len(ids)), place])

    def embed_audio(self, wave: Tensor) -> Tensor:
        """``[B, heard]`` -> ``[B, D]``."""
        found = self.audio_model(wave)
        return self.audio_projection(found.embedding if isinstance(self.audio_model, Cnn14) else found)

    def _text(self, weights: dict[str, Tensor]) -> nn.Module:
        if "wte.weight" in weights:
            (vocabulary, width), places = weights["wte.weight"].shape, len(weights["wpe.weight"])
            network = GPT2Model(GPT2Config(
                vocab_size=vocabulary, n_positions=places, n_embd=width, n_head=max(1, width // HEAD),
                n_layer=htsat.count(weights, r"h\.(\d+)\."), bos_token_id=vocabulary - 1, eos_token_id=vocabulary - 1,
            ))  # fmt: skip
            kept = {key: x for key, x in weights.items() if not key.endswith((".attn.bias", ".attn.masked_bias"))}
        else:
            (vocabulary, width) = weights["embeddings.word_embeddings.weight"].shape
            network = BertModel(BertConfig(
                vocab_size=vocabulary, hidden_size=width, num_attention_heads=max(1, width // HEAD),
                num_hidden_layers=htsat.count(weights, r"encoder\.layer\.(\d+)\."),
                intermediate_size=len(weights["encoder.layer.0.intermediate.dense.bias"]),
                max_position_embeddings=len(weights["embeddings.position_embeddings.weight"]),
            ), add_pooling_layer=False)  # fmt: skip
            kept = {key: x for key, x in weights.items() if not key.startswith(("pooler.", "embeddings.position_ids"))}
        return self._filled(network, kept)

    def _audio(self, weights: dict[str, Tensor]) -> nn.Module:
        if not (own := below(weights, "htsat.")):
            return Cnn14.of(weights, self._source)
        network = Htsat(ClapAudioConfig(**htsat.sizes(own)), torch.zeros_like(own[FILTERS]))
        renamed = {f"network.audio_encoder.{key}": value for key, value in htsat.renamed(own).items()}
        return self._filled(network, renamed | {FILTERS: own[FILTERS]})

    def _projection(self, weights: dict[str, Tensor]) -> Projection:
        return self._filled(Projection(*weights["linear1.weight"].shape[::-1]), weights)

    def _filled(self, network: nn.Module, weights: Mapping[str, Tensor]) -> nn.Module:
        if faults := mismatches(network.state_dict(), weights):
            raise LassError(f"{self._source}: an MS-CLAP that does not fit: {'; '.join(faults[:3])}; {len(faults)} "
                            "faults in all: give the published file")
        network.load_state_dict(weights)
        return network


def convert(weights: Mapping[str, Tensor], source: Path, tokenizer: str, folder: Path) -> None:
    """Write the folder that ``lass.queries.ms_clap.MsClap`` takes.

    Args:
        weights: of msclap.
        source: the checkpoint, for messages.
        tokenizer: folder or hub id of that of GPT-2 or BERT; the checkpoint holds none.

    Raises:
        LassError: no MS-CLAP, or another tokenizer than that of its text encoder.
    """
    model = MsClapModel(weights, str(source))
    tokens = load(AutoTokenizer, find_folder(tokenizer, ["*.json", "*.txt"]), trust_remote_code=False)
    if len(tokens) != model.vocabulary:
        raise LassError(f"--tokenizer {tokenizer}: {len(tokens)} pieces for a text encoder of {model.vocabulary}: give "
                        f"{'gpt2' if model.causal else 'bert-base-uncased'}, or a folder that holds it")
    if model.causal:
        tokens.pad_token = tokens.pad_token or "!"  # as msclap; what is padded is never looked at
    tokens.save_pretrained(folder)
    safetensors.torch.save_file({key: x.float().clone() if x.is_floating_point() else x.clone()
                                 for key, x in weights.items()}, folder / "model.safetensors")  # fmt: skip
    facts = {"model_type": "ms_clap", "vocab_size": model.vocabulary,
             "projection_dim": len(model.text_projection.layer_norm.bias)}
    write_text(folder / "config.json", json.dumps(facts, indent=1) + "\n")
