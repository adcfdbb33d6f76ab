"""A model and its folder: ``config.yaml``, ``model.safetensors``, tokenizer files. No pickle is needed to use it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from lass import config as configuration
from lass.errors import LassError
from lass.infer import hub
from lass.infer.chunks import overlap_add
from lass.infer.folder import SUMS, check_sums, write_sums
from lass.io import audio
from lass.io.files import atomic_path, write_text
from lass.queries.encoder import QueryEncoder
from lass.separators.separator import Separator

WINDOW, OVERLAP = 30.0, 2.0  # s; memory does not grow with the length of a file


class Model:
    """A separator with its query encoder.

    Args:
        config: resolved configuration; of it the folder keeps what building needs.
    """

    def __init__(self, config: dict, encoder: QueryEncoder, separator: Separator, device: str = "cpu"):
        self.config, self.device = config, torch.device(device)
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
        write_text(folder / "config.yaml", configuration.dump(self.config))
        write_sums(folder)

    def _state(self) -> dict[str, Tensor]:
        parts = {"encoder": self.encoder, "separator": self.separator}
        return {f"{part}.{key}": value for part, module in parts.items() for key, value in module.state_dict().items()}

    @classmethod
    def load(cls, folder: str | Path, device: str = "auto") -> "Model":
        """Read a folder, or a hub id ``org/name[@revision]``.

        Raises LassError with what is damaged, missing, unexpected or of another shape.
        """
        folder = hub.find(folder)
        if not (folder / "config.yaml").exists():
            raise LassError(f"{folder}: not a model folder (no config.yaml); training writes one to exp/<name>/model")
        check_sums(folder)
        config = configuration.read_yaml(folder / "config.yaml")
        encoder = configuration.build(config, "encoder", QueryEncoder)
        separator = configuration.build(config, "separator", Separator, condition=encoder.dim)
        encoder.load_assets(folder)
        model = cls(config, encoder, separator, _device(device))
        model._load_state(folder / "model.safetensors")
        return model

    def _load_state(self, path: Path) -> None:
        try:
            found = safetensors.torch.load_file(path)
        except (FileNotFoundError, SafetensorError) as error:
            raise LassError(f"{path}: cannot be read ({error}); copy the model folder again") from None
        own = self._state()
        faults = [f"missing {key}" for key in own if key not in found]
        faults += [f"unexpected {key}" for key in found if key not in own]
        faults += [
            f"{key} is {list(found[key].shape)}, expected {list(own[key].shape)}"
            for key in own
            if key in found and found[key].shape != own[key].shape
        ]
        if faults:
            raise LassError(f"{path}: does not fit config.yaml: {'; '.join(faults[:5])}; {len(faults)} faults in all")
        for key, value in own.items():
            value.copy_(found[key])

    @torch.inference_mode()
    def estimate(self, mixtures: Tensor, texts: Sequence[str]) -> Tensor:
        """``[B, C, T]`` at the model's rate and B queries -> ``[B, C, T]``, in one piece."""
        query = self.encoder.encode_text(texts).to(self.device)
        return self.separator(mixtures.to(self.device), query).float().cpu()

    def separate_batch(self, waves: np.ndarray, sample_rate: int, texts: Sequence[str]) -> np.ndarray:
        """``[B, C, T]`` at any rate (Hz) and B queries -> ``[B, C, T]`` at that rate, in one piece."""
        own = _resample(waves, sample_rate, self.sample_rate)
        estimate = self.estimate(torch.from_numpy(own), texts).numpy()
        return _resample(estimate, self.sample_rate, sample_rate, waves.shape[-1])

    def separate(self, wave: np.ndarray, sample_rate: int, query: str) -> np.ndarray:
        """Separate what ``query`` describes.

        Args:
            wave: ``[T]`` or ``[C, T]``, any rate, channels and length.
            sample_rate: Hz.
            query: for example "a dog barks".

        Returns:
            float32 of the shape of ``wave``, at the same rate.
        """
        wave = np.asarray(wave, dtype=np.float32)
        if wave.ndim not in (1, 2) or not wave.size:
            raise LassError(f"a wave of shape {wave.shape}: expected [T] or [C, T] with at least one sample")
        if not np.isfinite(wave).all():
            raise LassError("the wave holds NaN or infinite samples")
        own = _resample(np.atleast_2d(wave), sample_rate, self.sample_rate)
        one = lambda part: self.estimate(torch.from_numpy(part)[None], [query])[0].numpy()  # noqa: E731
        window, overlap = round(WINDOW * self.sample_rate), round(OVERLAP * self.sample_rate)
        estimate = _resample(overlap_add(own, one, window, overlap), self.sample_rate, sample_rate, wave.shape[-1])
        return estimate.reshape(wave.shape)


def _resample(wave: np.ndarray, from_rate: int, to_rate: int, samples: int = 0) -> np.ndarray:
    """``[..., T]`` at another rate, cut or padded to ``samples``, which two resamplings miss by one; at least one."""
    wave = audio.resample(wave, from_rate, to_rate)
    samples = samples or max(1, wave.shape[-1])
    return np.pad(wave[..., :samples], [(0, 0)] * (wave.ndim - 1) + [(0, max(0, samples - wave.shape[-1]))])


def _device(name: str) -> str:
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:  # torch without CUDA raises the latter
        raise LassError(f"device {name!r} cannot be used ({str(error).splitlines()[0]}): give auto or cpu") from None
    return name
