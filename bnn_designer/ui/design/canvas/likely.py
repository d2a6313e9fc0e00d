"""Which blocks often come next: the first ones of the menu that adds a block.

A table by the block in front, "" for the image. It follows the guide "Building BNNs" and the presets: high precision
first and last, a shortcut around every binary convolution, a pool with its batch norm between the stages.
"""

from __future__ import annotations

LIKELY: dict[str, tuple[str, ...]] = {
    "": ("conv", "shortcut", "binary_conv"),
    "conv": ("shortcut", "binary_conv", "pool_bn"),
    "depthwise_conv": ("conv", "shortcut", "binary_conv"),
    "binary_conv": ("binary_conv", "pool_bn", "activation"),
    "binary_depthwise_conv": ("binary_conv", "conv", "pool_bn"),
    "shortcut": ("shortcut", "pool_bn", "global_pool"),
    "dense_block": ("pool_bn", "conv", "dense_block"),
    "repeat": ("pool_bn", "repeat", "global_pool"),
    "sequence": ("sequence", "pool_bn", "global_pool"),
    "branches": ("shortcut", "pool_bn", "global_pool"),
    "channel_scaling": ("shortcut", "pool_bn", "global_pool"),
    "pool_bn": ("shortcut", "binary_conv", "flatten"),
    "blur_pool": ("conv", "shortcut", "binary_conv"),
    "global_pool": ("head", "dense", "binary_dense"),
    "flatten": ("binary_dense", "dense", "head"),
    "binary_dense": ("binary_dense", "head", "dense"),
    "dense": ("head", "binary_dense", "dense"),
    "batch_norm": ("binary_conv", "shortcut", "activation"),
    "activation": ("shortcut", "binary_conv", "pool_bn"),
    "channel_shift": ("binary_conv", "binary_dense", "activation"),
    "dropout": ("dense", "head", "binary_dense"),
}
