"""First weights of a network."""

from torch import nn


def xavier(network: nn.Module) -> None:
    """Xavier-uniform weights and no biases in all convolutions and linear layers, as in the released separators."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
