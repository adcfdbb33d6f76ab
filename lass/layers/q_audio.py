"""Q-Audio behind its frozen encoders, and what it is trained with: HSM-TSS (arXiv:2505.21025), Sec. III-B 2.

The three objectives are BLIP-2's (arXiv:2301.12597), Sec. 3.1. Where HSM-TSS tells nothing: the text's part in the
contrastive loss is the mean of its tokens (T5 has no [CLS]); both are projected to D features, BLIP-2's way.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from lass.layers.q_former import QFormer, contrastive_mask, generation_mask, matching_mask

TEMPERATURE = 0.07  # at the start, as BLIP-2 and CLIP
COLDEST = 0.01  # as CLIP


class QAudioNetwork(nn.Module):
    """Q-Former with its projections and heads.

    Args:
        audio_width, text_width: features of the patches and of the text encoder's states.
        vocabulary: pieces of the text encoder's tokenizer.
        dim: D of the embeddings.
        width, layers, heads, dropout: see ``QFormer``.
    """

    def __init__(
        self, audio_width: int, text_width: int, vocabulary: int, dim: int = 768, width: int = 768, layers: int = 2,
        heads: int = 12, dropout: float = 0.1,
    ) -> None:  # fmt: skip
        super().__init__()
        self.former = QFormer(audio_width, text_width, width, layers, heads, dropout)
        self.audio_projection, self.text_projection = nn.Linear(width, dim), nn.Linear(width, dim)
        self.match = nn.Linear(width, 2)
        self.words = nn.Linear(width, vocabulary)
        self.log_temperature = nn.Parameter(torch.tensor(math.log(TEMPERATURE)))

    def embed_audio(self, patches: Tensor) -> Tensor:
        """``[B, P, Ca]`` -> the global feature ``[B, D]``, of any norm."""
        return self.audio_projection(self.former.hear(patches))

    def embed_text(self, states: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """``[B, N, Ct]``, ``[B, N]`` (True for a token) -> embedding ``[B, D]``, of any norm; tokens ``[B, N, C]``."""
        tokens = self.former.read(states, words)
        return self.text_projection(_mean(tokens, words)), tokens

    def contrast(self, patches: Tensor, states: Tensor, words: Tensor, alike: Tensor) -> tuple[Tensor, Tensor]:
        """Each clip is to be nearest to its text, and each text to its clip.

        Args:
            alike: ``[B, B]``, True where a text is no negative of a clip; the diagonal is.

        Returns:
            loss, similarities of clips (rows) with texts over the temperature ``[B, B]``.
        """
        query, tokens = self.former(patches, states, contrastive_mask(words))
        audio = functional.normalize(self.audio_projection(query), dim=-1)
        text = functional.normalize(self.text_projection(_mean(tokens, words)), dim=-1)
        similarity = audio @ text.T / self.log_temperature.exp().clamp_min(COLDEST)
        own = torch.eye(len(alike), dtype=torch.bool, device=alike.device)
        logits = similarity.masked_fill(alike & ~own, -torch.inf)
        right = torch.arange(len(logits), device=logits.device)
        loss = (functional.cross_entropy(logits, right) + functional.cross_entropy(logits.T, right)) / 2
        return loss, similarity.detach()

    def decide(self, patches: Tensor, states: Tensor, words: Tensor, alike: Tensor, similarity: Tensor) -> Tensor:
        """Does the text fit the clip? Of each fitting pair, and of each clip and text with a hard negative."""
        everyone = torch.arange(len(patches), device=patches.device)
        rows = everyone[~alike.all(1)]
        clips = torch.cat([everyone, rows, hard_negatives(similarity.T[rows], alike[rows])])
        texts = torch.cat([everyone, hard_negatives(similarity[rows], alike[rows]), rows])
        query, _ = self.former(patches[clips], states[texts], matching_mask(words[texts]))
        fits = (torch.arange(len(clips), device=clips.device) < len(everyone)).long()
        return functional.cross_entropy(self.match(query), fits)

    def write(self, patches: Tensor, past: Tensor, words: Tensor, ids: Tensor) -> Tensor:
        """The text is to be told from the clip, piece by piece.

        Args:
            past: states of the pieces before each, ``[B, N, Ct]``: none may know of what comes.
            ids: the pieces ``[B, N]``.
        """
        _, text = self.former(patches, past, generation_mask(words))
        return functional.cross_entropy(self.words(text[words]), ids[words])


def hard_negatives(similarity: Tensor, alike: Tensor) -> Tensor:
    """Draw one column for each row ``[R, B]`` that is not ``alike``, by the softmax of the similarity: ``[R]``."""
    chances = similarity.float().masked_fill(alike, -torch.inf).softmax(dim=1)
    return torch.multinomial(chances, 1).squeeze(1)


def _mean(tokens: Tensor, words: Tensor) -> Tensor:
    """Over the tokens that are not padding: ``[B, N, C]`` -> ``[B, C]``."""
    weights = words.unsqueeze(-1).to(tokens.dtype)
    return (tokens * weights).sum(dim=1) / weights.sum(dim=1)
