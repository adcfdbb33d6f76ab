"""Group vector quantisation: each slice of a latent vector becomes the nearest entry of a codebook of its own."""

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional

DECAY = 0.99  # of the running means that the entries are: van den Oord et al., NeurIPS 2017, appendix A.1
DEAD = 0.1  # share of an even use below which an entry is given up; ours
BORN = 0.2  # share that a new one begins with: never chosen, it is given up after 69 batches; ours


class GroupQuantiser(nn.Module):
    """VQ-VAE's quantiser (van den Oord et al., NeurIPS 2017) in groups.

    Entries are running means of the slices that chose them. One that is hardly chosen any more is put where a slice
    of the batch lies; all begin so.

    Args:
        width: channels of a latent vector.
        groups: slices; must divide ``width``.
        codebook_size: entries of a codebook.
    """

    def __init__(self, width: int, groups: int, codebook_size: int):
        super().__init__()
        self.groups = groups
        self.register_buffer("entries", torch.zeros(groups, codebook_size, width // groups))
        self.register_buffer("uses", torch.zeros(groups, codebook_size))  # running mean, in slices a batch

    def forward(self, latent: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Latent vectors -> tokens, what is decoded, commitment loss; in training the codebooks follow.

        Args:
            latent: ``[B, N, width]``.

        Returns:
            tokens ``[B, N, groups]``; entries ``[B, N, width]`` whose gradient passes straight to ``latent``; mean
            square distance of latent vectors to their entries.
        """
        if self.training:
            self._follow(self._sliced(latent.detach()))
        tokens = self.tokens(latent)
        found = self.lookup(tokens)
        commitment = functional.mse_loss(latent, found)
        return tokens, latent + (found - latent).detach(), commitment

    def tokens(self, latent: Tensor) -> Tensor:
        """``[B, N, width]`` -> number of the nearest entry in each group, ``[B, N, groups]``."""
        return self._nearest(self._sliced(latent)).T.unflatten(0, latent.shape[:2])

    def lookup(self, tokens: Tensor) -> Tensor:
        """``[B, N, groups]`` -> the entries, ``[B, N, width]``."""
        return self.entries[torch.arange(self.groups, device=tokens.device), tokens].flatten(2)

    def _sliced(self, latent: Tensor) -> Tensor:
        """``[B, N, width]`` -> ``[groups, B * N, width / groups]``."""
        return latent.float().flatten(0, 1).unflatten(1, (self.groups, -1)).transpose(0, 1)

    @torch.no_grad()
    def _nearest(self, slices: Tensor) -> Tensor:
        """``[groups, M, d]`` -> ``[groups, M]``: |x - e|^2 without |x|^2, which is the same for all entries."""
        lengths = self.entries.square().sum(-1)[:, None]
        return torch.baddbmm(lengths, slices, self.entries.transpose(1, 2), alpha=-2).argmin(-1)

    @torch.no_grad()
    def _follow(self, slices: Tensor) -> None:
        """Move the entries to the means of the slices that choose them; give up those that are hardly chosen."""
        even = slices.shape[1] * _processes() / self.entries.shape[1]  # uses of an entry if all were used alike
        self._revive(slices, even)
        groups = self.entries.shape[1] * torch.arange(self.groups, device=slices.device)
        chosen = self._nearest(slices) + groups[:, None]  # among the entries of all groups
        ones = torch.ones_like(slices[..., 0])
        uses = torch.zeros_like(self.uses.flatten()).index_add_(0, chosen.flatten(), ones.flatten())
        sums = torch.zeros_like(self.entries.flatten(0, 1)).index_add_(0, chosen.flatten(), slices.flatten(0, 1))
        uses, sums = _over_all(uses).view_as(self.uses), _over_all(sums).view_as(self.entries)
        means = self.uses[..., None] * self.entries * DECAY + (1 - DECAY) * sums
        self.uses.mul_(DECAY).add_(uses, alpha=1 - DECAY)
        self.entries.copy_(means / self.uses[..., None])

    def _revive(self, slices: Tensor, even: float) -> None:
        drawn = slices[:, torch.randint(slices.shape[1], (self.entries.shape[1],), device=slices.device)]
        if distributed.is_initialized():
            distributed.broadcast(drawn, 0)
        dead = self.uses < DEAD * even
        self.entries.copy_(torch.where(dead[..., None], drawn, self.entries))
        self.uses.masked_fill_(dead, BORN * even)


def _processes() -> int:
    return distributed.get_world_size() if distributed.is_initialized() else 1


def _over_all(x: Tensor) -> Tensor:
    """The sum over all processes of a training."""
    if distributed.is_initialized():
        distributed.all_reduce(x)
    return x
