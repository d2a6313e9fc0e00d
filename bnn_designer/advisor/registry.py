"""All rules, in the order of the advisor's findings about one block. To add one: write its function, list it here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bnn_designer.advisor import activation, chains, idle, normalization, packing, pool, precision, shortcuts
from bnn_designer.advisor.finding import Found
from bnn_designer.advisor.subject import Subject


@dataclass(frozen=True)
class Rule:
    """A rule of the field.

    Attributes:
        id: its name.
        title: the rule, in a few words.
        check: gives a finding for each block that does not follow it; blocks that run several times may come again.
    """

    id: str
    title: str
    check: Callable[[Subject], Iterator[Found]]


#: What a design that does not lower breaks.
NOT_A_NETWORK = "design"

#: One of the guide is not among them, since no document can break it: quantize a layer's inputs, not its outputs.
RULES: tuple[Rule, ...] = (
    Rule("relu-feeds-sign", "no ReLU before a sign", activation.relu_feeds_sign),
    Rule("binary-groups", "32 channels per group in grouped binary convolutions", packing.groups),
    Rule("first-and-last-layer", "first and last layer in high precision", precision.first_and_last_layer),
    Rule("batch-norm-after-binary", "a batch norm after every binary layer", normalization.batch_norm_after_binary),
    Rule("weight-clipping", "latent weights clipped where the gradient ends", precision.weight_clipping),
    Rule("one-binary-operand", "BWN and BAN layers run no XNOR kernel", precision.one_binary_operand),
    Rule("binary-dense", "binary dense layers as 1x1 binary convolutions", packing.binary_dense),
    Rule("pad-values", "binary layers padded with ones", packing.padding_with_ones),
    Rule("pool-and-batch-norm", "the order of max pool and batch norm", pool.max_pool_and_batch_norm),
    Rule("packed-chain", "binary chains that stay in bits", chains.packed_chain),
    Rule("relu-before-batch-norm", "binary layer, ReLU, batch norm", activation.relu_before_batch_norm),
    Rule("shortcut", "a shortcut around every binary convolution", shortcuts.shortcut_around_every_convolution),
    Rule("shortcut-shape", "average pool and 1x1 convolution in shortcuts", shortcuts.shortcut_with_change_of_shape),
    Rule("trainable-batch-norm", "trainable beta and gamma", normalization.trainable_batch_norm),
    Rule("batch-norm-momentum", "batch norm momentum 0.9", normalization.batch_norm_momentum),
    Rule("bias-before-batch-norm", "no bias before a batch norm", normalization.bias_before_batch_norm),
    Rule("default-sign", "ste_sign (and Adam) by default", precision.default_sign),
    Rule("input-channels", "input channels in words of 32", packing.input_channels),
    Rule("output-channels", "output channels in tiles of 8", packing.output_channels),
    Rule("window-size", "windows near a multiple of 128", packing.window_size),
    Rule("changes-nothing", "no block that changes nothing", idle.changes_nothing),
)
