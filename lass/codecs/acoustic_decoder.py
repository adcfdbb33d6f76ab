"""Acoustic decoder of HSM-TSS, Sec. III-E and IV-C: local features -> codec tokens, frame by frame.

A transformer decoder (GPT-2's, of transformers) reads the features and then the frames so far, and tells all tokens of
the next frame at once. Paper: 12 layers, 8 heads, 1024, teacher forcing, cross-entropy. Features as a prefix, learned
positions and a frame's embedding as the sum of its tokens' are ours, as the paper tells nothing of them. It has an end
token, too; here the length is given, that of what is separated.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import DynamicCache, GPT2Config, GPT2Model

from lass.codecs.codec import Codec
from lass.codecs.sampling import Sampler
from lass.errors import LassError
from lass.layers.audiomae import PATCH, AudioMae
from lass.layers.fbank import HOP


class AcousticDecoder(nn.Module):
    """Local features ``[B, N, D]`` -> tokens ``[B, M, groups]`` of a codec.

    Args:
        audio: part that gives the features; frozen.
        codec: part whose tokens are told; frozen.
        width, layers, heads: of the transformer.
        dropout: in it.
    """

    def __init__(
        self, audio: AudioMae, codec: Codec, width: int = 1024, layers: int = 12, heads: int = 8, dropout: float = 0.1
    ):
        super().__init__()
        if audio.sample_rate != codec.sample_rate:
            raise LassError(f"AcousticDecoder: features at {audio.sample_rate} Hz, codec at {codec.sample_rate} Hz: "
                            "choose two of one rate")
        self.audio, self.codec = audio, codec
        self.sample_rate, self.seconds = codec.sample_rate, audio.seconds
        self.patches, self.frames = audio.grid[0] * audio.grid[1], self._frames(round(self.seconds * self.sample_rate))
        self.listen = nn.Linear(audio.width, width)
        self.start = nn.Parameter(0.02 * torch.randn(width))
        self.embedding = nn.Embedding(codec.groups * codec.codebook_size, width)
        nn.init.normal_(self.embedding.weight, std=0.02)  # GPT-2's
        self.transformer = GPT2Model(GPT2Config(
            vocab_size=1, bos_token_id=None, eos_token_id=None, n_positions=self.patches + self.frames, n_embd=width,
            n_layer=layers, n_head=heads, resid_pdrop=dropout, embd_pdrop=dropout, attn_pdrop=dropout,
        ))  # fmt: skip
        self.transformer.wte = nn.Identity()  # tokens are embedded above
        self.tell = nn.Linear(width, codec.groups * codec.codebook_size)

    def train(self, mode: bool = True) -> "AcousticDecoder":
        """The frozen parts stay in eval mode."""
        super().train(mode)
        self.audio.eval()
        self.codec.eval()
        return self

    def _frames(self, samples: int) -> int:
        return math.ceil(samples / self.codec.frame_size)

    def forward(self, features: Tensor, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits of each frame, given the true frames before it (teacher forcing).

        Args:
            features: ``[B, N, D]``.
            tokens: ``[B, M, groups]``.
            mask: ``[B, N]``, False for features of padding.

        Returns:
            ``[B, M, groups, codebook_size]``.
        """
        heard = torch.cat([self._prefix(features), self._embed(tokens[:, :-1])], dim=1)
        hidden, _ = self._step(heard, self._mask(features, mask), first=0, past=None)
        return self._logits(hidden[:, self.patches :])

    @torch.no_grad()
    def generate(
        self, features: Tensor, frames: int, temperature: float = 1.0, top_k: int = 50, seed: int = 0,
        mask: Tensor | None = None, cached: bool = True,
    ) -> Tensor:  # fmt: skip
        """Draw tokens frame by frame; an example is drawn alike alone and in a batch.

        Args:
            features: ``[B, N, D]``.
            frames: M.
            temperature, top_k, seed: see ``Sampler``.
            mask: ``[B, N]``, False for features of padding.
            cached: keep keys and values of what was read; False reads all anew for each frame, to compare with.

        Returns:
            ``[B, M, groups]``.
        """
        if frames > self.frames:
            raise LassError(f"AcousticDecoder: {frames} frames, made for {self.frames} ({self.seconds} s): cut it")
        sampler, mask = Sampler(temperature, top_k, seed), self._mask(features, mask)
        heard, first, past, drawn = self._prefix(features), 0, DynamicCache() if cached else None, []
        for _ in range(frames):
            hidden, past = self._step(heard, mask, first, past)
            drawn.append(sampler(self._logits(hidden[:, -1:])[:, 0]))
            said = self._embed(drawn[-1][:, None])
            first, heard = (first + heard.shape[1], said) if cached else (0, torch.cat([heard, said], dim=1))
        return torch.stack(drawn, dim=1)

    def _prefix(self, features: Tensor) -> Tensor:
        """``[B, N, D]`` -> ``[B, N + 1, width]``: the features, and the start of the frames."""
        if features.shape[1] != self.patches:
            raise LassError(f"AcousticDecoder: {features.shape[1]} features, not {self.patches}")
        return torch.cat([self.listen(features), self.start.expand(len(features), 1, -1)], dim=1)

    def _embed(self, tokens: Tensor) -> Tensor:
        """``[B, M, groups]`` -> ``[B, M, width]``."""
        groups = self.codec.codebook_size * torch.arange(self.codec.groups, device=tokens.device)
        return self.embedding(tokens + groups).sum(2)

    def _mask(self, features: Tensor, mask: Tensor | None) -> Tensor:
        """``[B, N + M]``: all frames are heard, of the features those of ``mask``."""
        heard = torch.ones(features.shape[:2], dtype=torch.bool, device=features.device) if mask is None else mask
        return functional.pad(heard, (0, self.frames), value=True)

    def _step(self, heard: Tensor, mask: Tensor, first: int, past: DynamicCache | None) -> tuple[Tensor, DynamicCache]:
        """Read ``heard``, whose places begin with ``first``, after what ``past`` holds."""
        end = first + heard.shape[1]
        places = torch.arange(first, end, device=heard.device).expand(len(heard), -1)
        found = self.transformer(
            inputs_embeds=heard, attention_mask=mask[:, :end], position_ids=places, past_key_values=past,
            use_cache=past is not None,
        )  # fmt: skip
        return found.last_hidden_state, found.past_key_values

    def _logits(self, hidden: Tensor) -> Tensor:
        return self.tell(hidden).unflatten(-1, (self.codec.groups, self.codec.codebook_size))

    def training_loss(self, batch: dict) -> dict[str, Tensor]:
        """Cross-entropy of the tokens of ``wave`` ``[B, T]`` given the features of the same, and how many are the most
        likely ones; frames and features behind the end of a clip (``samples`` ``[B]``) do not count."""
        wave = batch["wave"]
        with torch.no_grad():
            features = self.audio.features(wave)
            with torch.autocast(wave.device.type, enabled=False):  # near entries differ by less than bf16 tells apart
                tokens = self.codec.encode(wave)
        samples = torch.as_tensor(batch["samples"], device=wave.device)[:, None]
        patches = torch.arange(self.patches, device=wave.device) // self.audio.grid[1] * PATCH * HOP
        logits = self(features, tokens, patches < samples)
        counted = torch.arange(tokens.shape[1], device=wave.device) * self.codec.frame_size < samples
        logits, tokens = logits[counted].flatten(0, 1), tokens[counted].flatten()
        return {
            "loss": functional.cross_entropy(logits.float(), tokens),
            "accuracy": (logits.argmax(-1) == tokens).float().mean(),
        }
