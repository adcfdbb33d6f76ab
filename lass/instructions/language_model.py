"""A causal language model on this machine, through transformers."""

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from lass.queries.pretrained import find_weights, load

LONGEST = 256  # tokens of an answer


class LanguageModel:
    """Args: ``model``, a folder as ``save_pretrained`` writes it or a hub id; ``device``."""

    def __init__(self, model: str, device: str = "cpu"):
        folder = find_weights(model)[0].parent
        self._tokenizer = load(AutoTokenizer, folder, trust_remote_code=False)
        network: PreTrainedModel = load(AutoModelForCausalLM, folder, trust_remote_code=False, weights_only=True)
        self._network = network.eval().requires_grad_(False).to(device)

    @torch.inference_mode()
    def answer(self, messages: list[dict[str, str]]) -> str:
        """The model's next message, the likeliest token each time."""
        if self._tokenizer.chat_template:
            text = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        else:
            text = "\n".join([message["content"] for message in messages] + [""])
        marks = not self._tokenizer.chat_template  # a template writes its own
        asked = self._tokenizer(text, return_tensors="pt", add_special_tokens=marks, return_token_type_ids=False)
        asked = asked.to(self._network.device)
        padding = self._tokenizer.pad_token_id or self._tokenizer.eos_token_id or 0
        told = self._network.generate(**asked, max_new_tokens=LONGEST, do_sample=False, pad_token_id=padding)
        return self._tokenizer.decode(told[0, asked["input_ids"].shape[1] :], skip_special_tokens=True)
