"""A model and its folder: ``config.yaml``, ``model.safetensors``, tokenizer files. No pickle is needed to use it."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from lass import config as configuration
from lass.errors import LassError
from lass.infer import hub
from lass.infer.chunks import Seams, Windows, join, paired, with_fade, with_margins
from lass.infer.folder import ENCODER, SUMS, check_sums, write_sums
from lass.io import audio, blocks as audio_blocks
from lass.io.checkpoint import mismatches
from lass.io.files import atomic_path, write_text
from lass.parts.folder import copy_part
from lass.parts.spec import parts_of
from lass.queries.encoder import QueryEncoder, check_texts
from lass.queries.query import Query
from lass.separators.build import build_separator
from lass.separators.separator import Separator

STEP = 8.0  # s that a window adds, between the margins of a network with a receptive field
OVERLAP = 2.0  # s, at most a fifth of a window; of a network without one
LONGEST_QUERY = 1000  # characters; the encoders hear no more than some 64 to 512 word pieces


class Model:
    """A separator with its query encoder.

    Args:
        config: resolved configuration; of it the folder keeps what building needs.
        bf16: let the separator compute in bfloat16: faster, with an error some 30 dB below the estimate.
        folder: where relative folders of the separator's parts start.
    """

    def __init__(
        self, config: dict, encoder: QueryEncoder, separator: Separator, device: str = "cpu", bf16: bool = False,
        folder: Path = Path("."),
    ):  # fmt: skip
        self.config, self.device, self.bf16, self.folder = config, torch.device(device), bf16, folder
        self.encoder, self.separator = encoder.to(self.device).eval(), separator.to(self.device).eval()

    @property
    def sample_rate(self) -> int:
        """Rate of the separator (Hz)."""
        return self.separator.sample_rate

    def save(self, folder: Path) -> None:
        """Write the folder; ``config.yaml`` makes it loadable, the checksums of the new files come last."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SUMS).unlink(missing_ok=True)  # those of an older model must not stand beside new weights
        with atomic_path(folder / "model.safetensors") as temporary:
            safetensors.torch.save_file({k: v.contiguous() for k, v in self._state().items()}, temporary)
        self.encoder.save_assets(folder)
        brought = {"encoder": {"model": ENCODER}} if (folder / ENCODER).exists() else {}
        for name, place in parts_of(self.config.get("separator", {})).items():
            copy_part(self.folder / place, folder / name)
            brought = configuration.merge(brought, {"separator": {name: {"model": name}}})
        write_text(folder / "config.yaml", configuration.dump(configuration.merge(self.config, brought)))
        write_sums(folder)

    def _state(self) -> dict[str, Tensor]:
        parts = {"encoder": self.encoder, "separator": self.separator}
        return {f"{part}.{key}": value for part, module in parts.items() for key, value in module.state_dict().items()}

    @classmethod
    def load(cls, folder: str | Path, device: str = "auto", bf16: bool = False) -> "Model":
        """Read a folder, or a hub id ``org/name[@revision]``.

        Raises LassError with what is damaged, missing, unexpected or of another shape.
        """
        try:
            return cls._read(hub.find(folder), device, bf16)
        except OSError as error:
            reason = error.strerror or error
            raise LassError(f"{error.filename or folder}: cannot be read ({reason}): copy the model folder again, or "
                            "correct the rights") from None

    @classmethod
    def _read(cls, folder: Path, device: str, bf16: bool) -> "Model":
        if not (folder / "config.yaml").exists():
            raise LassError(f"{folder}: not a model folder (no config.yaml); training writes one to exp/<name>/model")
        check_sums(folder)
        config = configuration.read_yaml(folder / "config.yaml")
        encoder = configuration.build(_located(config, folder), "encoder", QueryEncoder)
        encoder.load_assets(folder)  # some have their dim from there
        separator = build_separator(config, encoder, folder)
        model = cls(config, encoder, separator, _device(device), bf16, folder)
        model._load_state(folder / "model.safetensors")
        return model

    def _load_state(self, path: Path) -> None:
        try:
            found = safetensors.torch.load_file(path)
        except (OSError, SafetensorError) as error:
            raise LassError(f"{path}: cannot be read ({error}); copy the model folder again") from None
        own = self._state()
        if faults := mismatches(own, found):
            raise LassError(f"{path}: does not fit config.yaml: {'; '.join(faults[:5])}; {len(faults)} faults in all")
        for key, value in own.items():
            value.copy_(found[key])

    @torch.inference_mode()
    def estimate(self, mixtures: Tensor, texts: Sequence[str], task: str = "extraction") -> Tensor:
        """``[B, C, T]`` at the model's rate and B queries -> ``[B, C, T]``, in one piece."""
        return self._apply(mixtures, self.query(texts, task))

    def _apply(self, mixtures: Tensor, query: Query) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            return self.separator(mixtures.to(self.device), query).float().cpu()

    def separate_batch(
        self, waves: np.ndarray, sample_rate: int, texts: Sequence[str], remove: bool = False
    ) -> np.ndarray:
        """``[B, C, T]`` at any rate (Hz) and B queries -> ``[B, C, T]`` at that rate, in one piece.

        With ``remove``: ``waves`` without what the queries say.
        """
        trained = remove and "removal" in self.separator.tasks
        own = torch.from_numpy(resample(waves, sample_rate, self.sample_rate))
        found = self.estimate(own, texts, "removal") if trained else self.estimate(own, texts)
        estimate = resample(found.numpy(), self.sample_rate, sample_rate, waves.shape[-1])
        return waves - estimate if remove and not trained else estimate

    def separate(
        self, wave: np.ndarray, sample_rate: int, query: str | Sequence[str], remove: bool = False,
        negative: str | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Separate what ``query`` describes.

        Args:
            wave: ``[T]`` or ``[C, T]``, any rate, channels and length.
            sample_rate: Hz.
            query: for example "a dog barks"; or Q of them.
            remove: give the rest instead, ``wave`` without it.
            negative: what is taken out of ``wave`` before anything is asked.

        Returns:
            float32 of the shape of ``wave``, at the same rate; for a list of Q queries ``[Q, T]`` or ``[Q, C, T]``.
        """
        wave = np.asarray(wave, dtype=np.float32)
        if wave.ndim not in (1, 2) or not wave.size:
            raise LassError(f"a wave of shape {wave.shape}: expected [T] or [C, T] with at least one sample")
        found = self.stream([np.atleast_2d(wave)], sample_rate, query, remove, negative)
        found = np.concatenate(list(found), axis=-1)
        return found.reshape(*found.shape[:-2], *wave.shape)

    def stream(
        self, blocks: Iterable[np.ndarray], sample_rate: int, query: str | Sequence[str], remove: bool = False,
        negative: str | None = None, seams: Seams | None = None,
    ) -> Iterator[np.ndarray]:  # fmt: skip
        """``separate`` for a wave that comes in blocks: memory does not grow with its length.

        A network with a receptive field gives what it would give of the whole wave. Any other is asked in windows,
        which are cross-faded and differ from that.

        Args:
            blocks: ``[C, n]`` each, n as it comes; they are taken as they are needed.
            sample_rate, query, remove, negative: as in ``separate``.
            seams: counts how far the windows differ where they are cross-faded.

        Yields:
            blocks ``[C, n]``, for a list of Q queries ``[Q, C, n]``, of other n than those of ``blocks`` and some
            windows later; joined, they are as long.
        """
        texts = [query] if isinstance(query, str) else list(query)
        check_queries(texts if negative is None else [*texts, negative])
        removes = "removal" in self.separator.tasks
        trained = remove and removes
        wanted = [self.query([text], "removal" if trained else "extraction") for text in texts]
        unwanted = [] if negative is None else [self.query([negative], "removal" if removes else "extraction")]
        seams = Seams() if seams is None else seams

        def ask(queries: list[Query], blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
            own = audio_blocks.resampled(blocks, sample_rate, self.sample_rate)
            joined = join(own, lambda part: self._separate_window(part, queries), self._windows(), seams)
            return audio_blocks.resampled(joined, self.sample_rate, sample_rate)

        def estimates(blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
            if unwanted:
                pairs = paired(blocks, lambda b: ask(unwanted, b))
                blocks = (found if removes else both - found for both, found in pairs)
            return ask(wanted, blocks)

        def outputs() -> Iterator[np.ndarray]:
            for mixture, estimate in paired(map(_checked, blocks), estimates, len(wanted)):
                estimate = estimate.reshape(-1, *mixture.shape)
                found = mixture - estimate if remove and not trained else estimate
                yield found[0] if isinstance(query, str) else found

        return outputs()

    @torch.inference_mode()
    def query(self, texts: Sequence[str], task: str = "extraction") -> Query:
        """B texts and what to do with what they say -> B queries."""
        return dataclasses.replace(self.encoder.encode_text(texts), task=[task] * len(texts)).to(self.device)

    def _windows(self) -> Windows:
        rate, field = self.sample_rate, self.separator.receptive_field
        if field is None:
            window = self.separator.window
            return with_fade(round(window * rate), round(min(OVERLAP, window / 5) * rate))
        return with_margins(round(STEP * rate), field, self.separator.grid)

    @torch.inference_mode()
    def _separate_window(self, part: np.ndarray, queries: Sequence[Query]) -> np.ndarray:
        """``[C, n]`` and Q queries -> ``[Q * C, n]``; one query and one channel after the other, to save memory."""
        channels = 1 if self.separator.channels == 1 else len(part)
        groups = torch.from_numpy(part)[None].split(channels, dim=1)
        return torch.cat([self._apply(group, query) for query in queries for group in groups], dim=1)[0].numpy()


def check_queries(texts: Sequence[str]) -> None:
    """Raise a LassError for queries that cannot be asked: none, an empty one, one that no encoder hears to its end."""
    check_texts(texts)
    for text in texts:
        if len(text) > LONGEST_QUERY:
            raise LassError(f"a query of {len(text)} characters ({text[:40]!r} ..): say it in {LONGEST_QUERY}")


def _checked(block: np.ndarray) -> np.ndarray:
    block = np.asarray(block)
    if block.ndim != 2:
        raise LassError(f"a block of shape {block.shape}: expected [C, n]")
    if not np.isfinite(block).all():
        raise LassError("the wave holds NaN or infinite samples")
    return block


def _located(config: dict, folder: Path) -> dict:
    """The configuration with the place of an encoder that lies in the model folder."""
    if "encoder" not in config:
        query = config.get("query")
        source = query.get("source") if isinstance(query, dict) else "its own"
        raise LassError(f"{folder}: a separator alone, which needs an encoder of {source} queries to be asked by "
                        "(README.md tells which): choose another model")
    spec = config["encoder"]
    if isinstance(spec, dict) and spec.get("model") == ENCODER:
        spec = spec | {"model": str(folder / ENCODER)}
    return config | {"encoder": spec}


def resample(wave: np.ndarray, from_rate: int, to_rate: int, samples: int = 0) -> np.ndarray:
    """``[..., T]`` at another rate, cut or padded to ``samples``, which two resamplings miss by one; at least one."""
    wave = audio.resample(wave, from_rate, to_rate)
    samples = samples or max(1, wave.shape[-1])
    return np.pad(wave[..., :samples], [(0, 0)] * (wave.ndim - 1) + [(0, max(0, samples - wave.shape[-1]))])


def _device(name: str) -> str:
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:  # torch without CUDA raises the latter
        raise LassError(f"device {name!r} cannot be used ({str(error).splitlines()[0]}): give auto or cpu") from None
    return name
