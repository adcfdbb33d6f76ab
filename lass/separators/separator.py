"""What every separator is (contract 3)."""

from collections.abc import Callable

from torch import Tensor, nn


class Separator(nn.Module):
    """Base class. A subclass sets ``sample_rate`` and implements ``forward``.

    Attributes:
        sample_rate: Hz.
        tasks: what it was made to do, of "extraction" and "removal".
        generative: True when estimates are not sample-aligned with the mixture.
        channels: of the mixtures it takes; 1 means a mono network, which sees C channels as a batch of C.
        receptive_field: samples on one side that an output sample depends on, None when not bounded usefully.
        grid: samples; a mixture that begins a multiple of it later has the same estimate, as much later.
        window: s; what a network without a receptive field is given at once of a longer wave.
        reads_tokens: True when it reads the tokens of a query, which no cache of embeddings holds.
        criterion: what its best checkpoint has: the highest "sdri" or the lowest "loss" on the validation set.
        needs_init: True when a training must start from the weights of a model.
        asks_all: True when ``training_loss`` also wants the other sources of a mixture, and their queries.
        loss: (estimate, target) -> scalar; set from the yaml when a training starts.
    """

    sample_rate: int
    tasks: tuple[str, ...] = ("extraction",)
    generative: bool = False
    channels: int = 1
    receptive_field: int | None = None
    grid: int = 1
    window: float = 30.0
    reads_tokens: bool = False
    criterion: str = "sdri"
    needs_init: bool = False
    asks_all: bool = False
    loss: Callable[[Tensor, Tensor], Tensor] | None = None

    def forward(self, mixture: Tensor, query) -> Tensor:
        """``[B, C, T]`` samples and a ``Query`` of B -> the estimated target ``[B, C, T]``."""
        raise NotImplementedError

    def training_loss(self, batch: dict) -> dict[str, Tensor]:
        """The yaml's loss on the estimate, and what else is worth logging.

        Args:
            batch: ``mixture`` and ``target`` [B, C, T] and ``query``; with ``asks_all`` also ``others``: for each other
                source ``target`` and ``query``.
        """
        return {"loss": self.loss(self(batch["mixture"], batch["query"]), batch["target"])}
