"""A loader that a resumed training continues exactly."""

from collections.abc import Callable, Iterator

from torch.utils.data import DataLoader, Dataset


class ConsumedSampler:
    """Yields the batches ``start``, ``start + 1``, ... of an endless set.

    Its length is that of the whole training, because Lightning goes on counting batches where it stopped.
    """

    def __init__(self, batch_size: int, batches: int):
        self.batch_size, self.batches, self.start = batch_size, batches, 0

    def __len__(self) -> int:
        return self.batches

    def __iter__(self) -> Iterator[list[int]]:
        for batch in range(self.start, self.batches):
            yield list(range(batch * self.batch_size, (batch + 1) * self.batch_size))


class ResumableLoader(DataLoader):
    """Its state is the number of batches that the training has *consumed*, whatever the workers fetched ahead.

    Args:
        consumed: tells that number when a checkpoint is written.
    """

    def __init__(self, dataset: Dataset, batch_size: int, batches: int, consumed: Callable[[], int], num_workers: int):
        super().__init__(dataset, batch_sampler=ConsumedSampler(batch_size, batches), num_workers=num_workers)
        self.consumed = consumed

    def state_dict(self) -> dict:
        return {"consumed_batches": self.consumed()}

    def load_state_dict(self, state: dict) -> None:
        self.batch_sampler.start = state["consumed_batches"]
