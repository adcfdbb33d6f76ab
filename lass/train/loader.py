"""A loader that a resumed training continues exactly."""

from collections.abc import Callable, Iterator

from torch.utils.data import DataLoader, Dataset

from lass.train.interruption import spare_worker
from lass.train.ranks import share


class ConsumedSampler:
    """Yields the batches ``start``, ``start + 1``, ... of an endless set: of each, the share of one rank.

    Its length is that of the whole training, because Lightning goes on counting batches where it stopped.
    """

    def __init__(self, batch_size: int, batches: int, rank: int = 0, world_size: int = 1):
        self.batch_size, self.batches, self.start = batch_size, batches, 0
        self.rank, self.share = rank, share(batch_size, world_size)

    def __len__(self) -> int:
        return self.batches

    def __iter__(self) -> Iterator[list[int]]:
        for batch in range(self.start, self.batches):
            first = batch * self.batch_size + self.rank * self.share
            yield list(range(first, first + self.share))


class ResumableLoader(DataLoader):
    """Its state is the number of batches that the training has *consumed*, whatever the workers fetched ahead.

    Args:
        batches: those of this rank, as ``ConsumedSampler`` yields them.
        consumed: tells that number when a checkpoint is written.
        collate: examples -> batch.
    """

    def __init__(
        self, dataset: Dataset, batches: ConsumedSampler, consumed: Callable[[], int], num_workers: int,
        collate: Callable | None = None,
    ):  # fmt: skip
        super().__init__(
            dataset, batch_sampler=batches, num_workers=num_workers, worker_init_fn=spare_worker, collate_fn=collate
        )
        self.consumed = consumed

    def state_dict(self) -> dict:
        return {"consumed_batches": self.consumed()}

    def load_state_dict(self, state: dict) -> None:
        self.batch_sampler.start = state["consumed_batches"]
