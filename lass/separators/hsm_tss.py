"""HSM-TSS (arXiv:2505.21025): separation in feature space, first of the global, then of the local feature.

Q-Audio, the query encoder, gives the global feature of a sound and the tokens of a caption, its AudioMAE the local
feature, T5's vocabulary the token of the task; all of them are frozen. The acoustic decoder makes the local feature
audible; without one a model gives features alone.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from lass.errors import LassError
from lass.separators.global_semantic import GlobalSemantic, Text
from lass.separators.local_semantic import LocalSemantic
from lass.separators.separator import Separator


class HsmTss(Separator):
    """Both stages or one of them: each is trained alone, then both together.

    Args:
        encoder: Q-Audio; one that only reads (FLAN-T5) makes "Ours single", which has no first stage (Sec. V-A).
        audio: AudioMAE, where the encoder has none.
        decoder: acoustic decoder with its codec, which is trained for itself.
        global_layers: of the first stage, 0 for none (Sec. IV-C, as below).
        local_layers: of the second stage, 0 for none.
        width: of both; the paper tells that of the second.
        heads: of both; the paper tells those of the second.
        dropout: in both; ours.
        p_gt: how often the second stage is given the true global feature in training; 1 while it is trained alone.
        freeze_global: train the second stage alone, behind a first one that ``--init`` brings.
        sampling: of the decoder: seed, temperature, top_k; else as it has them.
    """

    sample_rate = 16000
    tasks = ("extraction", "removal")
    generative = True
    reads_tokens = True
    criterion = "loss"

    def __init__(
        self,
        encoder: nn.Module,
        audio: nn.Module | None = None,
        decoder: nn.Module | None = None,
        global_layers: int = 6,
        local_layers: int = 12,
        width: int = 768,
        heads: int = 8,
        dropout: float = 0.1,
        p_gt: float = 0.1,
        freeze_global: bool = False,
        sampling: Mapping | None = None,
    ):
        super().__init__()
        self.single = not hasattr(encoder, "embed_patches")
        if self.single and (audio is None or global_layers):
            raise LassError(f"separator: {type(encoder).__name__} hears nothing: give audio: {{model: DIR}} (AudioMAE) "
                            "and global_layers: 0, or choose Q-Audio as the encoder")
        audio = audio or encoder.audio
        self.window = audio.seconds  # all clips are cut or padded to that (Sec. IV-A)
        _check_decoder(decoder, audio)
        # Frozen, and in no state of this module: the folder of a model brings them along.
        self.frozen = {"encoder": encoder, "audio": audio, "decoder": decoder}
        self.p_gt, self.sampling = p_gt, dict(sampling or {})
        text, blocks = (encoder.token_dim, encoder.word_dim), {"width": width, "heads": heads, "dropout": dropout}
        condition = 0 if self.single else encoder.dim
        self.global_stage = self.local_stage = None
        if global_layers:
            self.global_stage = GlobalSemantic(encoder.dim, *text, layers=global_layers, **blocks)
        if local_layers:
            patches = audio.grid[0] * audio.grid[1]
            self.local_stage = LocalSemantic(audio.width, patches, *text, condition, layers=local_layers, **blocks)
        self.needs_init = freeze_global and self.global_stage is not None
        if self.needs_init:
            self.global_stage.requires_grad_(False)

    @property
    def audible(self) -> bool:
        """Whether there are both stages and a decoder, so that ``forward`` gives waves."""
        return self.frozen["decoder"] is not None and self.local_stage is not None and (
            self.single or self.global_stage is not None
        )

    def forward(self, mixture: Tensor, query) -> Tensor:
        if not self.audible:
            raise LassError("this model gives features and no waves: train both stages together with the folder of an "
                            "acoustic decoder, separator.decoder.model")

        def separate(clips: Tensor) -> Tensor:
            asked = self.read(query.repeat_interleave(len(clips) // len(mixture)))
            return self.sound(self.separate_features(*self.hear(clips), asked)[1])

        return self.by_clips(mixture, separate)

    def by_clips(self, wave: Tensor, make: Callable[[Tensor], Tensor]) -> Tensor:
        """``[B, C, T]`` -> the same, as ``make`` gives it of its clips ``[n, samples]``."""
        batch, channels, samples = wave.shape
        clips = cut(wave.reshape(batch * channels, samples), self.samples)
        return make(clips.flatten(0, 1)).reshape(batch, channels, -1)[..., :samples]

    @property
    def samples(self) -> int:
        """Of a clip."""
        return round(self.window * self.sample_rate)

    def sound(self, local: Tensor) -> Tensor:
        """Local features ``[B, N, C]`` -> waves ``[B, samples]``, as the acoustic decoder makes them up."""
        decoder = self.frozen["decoder"].to(local.device)
        return self._decoded(decoder.generate(local.float(), decoder.frames, **self.sampling))

    def coded(self, wave: Tensor) -> Tensor:
        """Waves ``[B, samples]`` as the codec gives them back."""
        return self._decoded(self.frozen["decoder"].to(wave.device).codec.encode(wave))

    def _decoded(self, tokens: Tensor) -> Tensor:
        wave = self.frozen["decoder"].codec.decode(tokens)
        return functional.pad(wave, (0, self.samples - wave.shape[-1]))  # a negative pad cuts

    def separate_features(
        self, mixture_global: Tensor | None, mixture_local: Tensor, text: Text
    ) -> tuple[Tensor | None, Tensor | None]:
        """What ``hear`` found of a mixture -> the same of the target, as both stages predict it."""
        found = self.global_stage(mixture_global, text) if self.global_stage else None
        return found, self.local_stage(mixture_local, text, found) if self.local_stage else None

    def training_loss(self, batch: dict) -> dict[str, Tensor]:
        """The yaml's loss on the features, and what it is made of where there are both stages."""
        mixture, target = (self.hear(cut(batch[name].mean(1), self.samples)[:, 0]) for name in ("mixture", "target"))
        text = self.read(batch["query"])
        found_global = self.global_stage(mixture[0], text) if self.global_stage else None
        found_local = None
        if self.local_stage:
            found_local = self.local_stage(mixture[1], text, self.switched(found_global, target[0]))
        losses = {"loss": self.loss((found_global, found_local), target)}
        if self.global_stage and self.local_stage:
            losses["global"] = self.loss((found_global, None), target).detach()
            losses["local"] = self.loss((None, found_local), target).detach()
        return losses

    def switched(self, found: Tensor | None, true: Tensor | None) -> Tensor | None:
        """What the second stage is given: the true global feature, where nothing was found or, in training, with
        probability ``p_gt`` for each example; else what was found (Sec. III-D)."""
        if found is None or true is None:
            return true
        drawn = torch.rand(len(found)) if self.training else torch.ones(len(found))  # on the CPU: alike on all machines
        return torch.where((drawn < self.p_gt).to(found.device)[:, None], true, found)

    @torch.no_grad()
    def hear(self, wave: Tensor) -> tuple[Tensor | None, Tensor]:
        """Clips ``[B, samples]`` -> global features ``[B, D]``, none in "Ours single", and local ones ``[B, N, C]``."""
        with torch.autocast(wave.device.type, enabled=False):
            patches = self.frozen["audio"].to(wave.device).features(wave.float())
            return None if self.single else self.frozen["encoder"].embed_patches(patches), patches

    @torch.no_grad()
    def read(self, query) -> Text:
        """A query with tokens -> caption and task, as both stages read them."""
        if query.tokens is None:
            raise LassError("a query without the tokens of its text: HSM-TSS is asked by text alone")
        return {"caption": (query.tokens, query.mask), "task": self.frozen["encoder"].embed_words(query.task)}


def _check_decoder(decoder: nn.Module | None, audio: nn.Module) -> None:
    """Raise a LassError for an acoustic decoder that was trained on features of another AudioMAE."""
    if decoder is None:
        return
    theirs, ours = decoder.audio.state_dict(), audio.state_dict()
    if theirs.keys() != ours.keys() or not all(torch.equal(theirs[key].cpu(), ours[key].cpu()) for key in ours):
        raise LassError("separator.decoder: an acoustic decoder of other features than the encoder's: train it with "
                        "the AudioMAE that Q-Audio was trained with")


def cut(wave: Tensor, samples: int) -> Tensor:
    """``[B, T]`` -> clips ``[B, n, samples]``, the last one with silence at its end."""
    padded = functional.pad(wave, (0, -wave.shape[-1] % samples))
    return padded.unflatten(-1, (-1, samples))
