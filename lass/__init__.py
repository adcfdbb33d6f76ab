"""Text-queried audio source separation: separate what you describe.

    import lass
    separator = lass.load("exp/mini_resunet30_small/model")
    target = separator.separate(wave, 44100, "a bell rings")  # [T] or [C, T], as wave
    bell, dog = separator.separate(wave, 44100, ["a bell rings", "a dog barks"])
"""

__version__ = "0.1.0"


def load(folder: str, device: str = "auto", bf16: bool = False):
    """Load a model folder (``config.yaml``, ``model.safetensors``, tokenizer files).

    Args:
        folder: the folder that training or ``lass pack`` wrote, or a hub id ``org/name[@revision]`` to download.
        device: "cpu", "cuda", "mps", ...; "auto" is the first there is of CUDA, MPS and CPU.
        bf16: compute in bfloat16: faster, with an error some 30 dB below the estimate.

    Returns:
        lass.infer.model.Model, with ``separate(wave, sample_rate, query)``, ``wave`` being ``[T]`` or ``[C, T]``, and
        ``stream(blocks, sample_rate, query)`` for waves longer than memory, which come and go in blocks ``[C, n]``.
    """
    from lass.infer.model import Model  # torch is heavy, ``import lass`` is not

    return Model.load(folder, device, bf16)
