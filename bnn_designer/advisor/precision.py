"""Rules about the bits of weights and activations, and about how both are trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bnn_designer.advisor.finding import Evidence, Fix, Found
from bnn_designer.advisor.sources import FIRST_AND_LAST, KEY_CONCEPTS, OPTIMIZATION
from bnn_designer.advisor.subject import Subject, quantized
from bnn_designer.design.blocks import Quantized
from bnn_designer.design.edits import Update
from bnn_designer.design.vocabulary import FLOAT_BITS
from bnn_designer.graph import Layer, ops
from bnn_designer.units import precision_text

#: First and last layers of fewer bits than this cost accuracy; 8 bits are taken as high precision.
HIGH_PRECISION_BITS = 8

FULL_PRECISION = {"input_quantizer": None, "kernel_quantizer": None, "kernel_constraint": None}
_MEASURED = Evidence(
    "Best accuracy on CIFAR-10 with first and last layer at full precision 83.94 %, with binary weights 81.86 %, with "
    "binary weights and activations 66.49 %.",
    FIRST_AND_LAST,
)


def full_precision_changes(block: Any) -> dict[str, Any]:
    """The fields that make a block's operands floats; only zeros pad a float convolution without another operator."""
    return FULL_PRECISION | ({"pad_values": 0} if hasattr(block, "pad_values") else {})


def first_and_last_layer(subject: Subject) -> Iterator[Found]:
    """First and last layer stay in high precision, weights and activations."""
    ends = ((layer, word) for layer, word in ((subject.first, "first"), (subject.last, "last")) if layer)
    for layer, word in ends:
        op, block = quantized(layer), subject.blocks[layer.block_id]
        low = [
            f"its {what} have {precision_text(bits)}"
            for what, bits in (("weights", op.kernel_bits), ("inputs", op.input_bits))
            if bits < HIGH_PRECISION_BITS
        ]
        if not low or not isinstance(block, Quantized):
            continue
        fix = subject.offer(
            f"Keep the {word} layer in full precision",
            Update(block_id=layer.block_id, changes=full_precision_changes(block)),
        )
        yield Found(
            layer.block_id,
            "warning",
            f"This is the {word} layer, and {' and '.join(low)}; first and last layers should stay in high precision.",
            (_MEASURED,),
            fix,
        )


def one_binary_operand(subject: Subject) -> Iterator[Found]:
    """Only one of weights and inputs binary: said by its name, because no XNOR kernel runs."""
    for layer in subject.products:
        op = quantized(layer)
        depthwise = isinstance(op, ops.DepthwiseConv2D) and op.is_binary
        if (op.kernel_bits == 1) == (op.input_bits == 1) and not depthwise:
            continue
        if layer in (subject.first, subject.last):
            continue  # the rule about these layers says what to do
        if depthwise:
            yield Found(
                layer.block_id,
                "hint",
                "LCE has no binary depthwise convolution: signs are unpacked, and no XNOR kernel runs.",
                (Evidence("LceBconv2d is its only operator that multiplies signs.", "LCE 0.16.0"),),
            )
            continue
        yield Found(layer.block_id, "hint", _named(op), (_NAMES,), choices=_choices(subject, layer))


_NAMES = Evidence("XNOR and popcount need both operands of one bit; any other mix is computed in float.", KEY_CONCEPTS)


def _named(op: ops.QuantizedOp) -> str:
    weights, inputs = (
        "float" if bits == FLOAT_BITS else f"of {precision_text(bits)}" for bits in (op.kernel_bits, op.input_bits)
    )
    name = {"BWN": " (a BWN layer)", "BAN": " (a BAN layer)"}.get(op.precision, "")
    return f"Weights are {weights} and inputs {inputs}{name}: no XNOR kernel runs, and the products are float."


def _choices(subject: Subject, layer: Layer) -> tuple[Fix, ...]:
    both = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"}
    changes = {"Make both binary": both, "Make both float": full_precision_changes(subject.blocks[layer.block_id])}
    offers = (subject.offer(label, Update(block_id=layer.block_id, changes=one)) for label, one in changes.items())
    return tuple(offer for offer in offers if offer is not None)


def weight_clipping(subject: Subject) -> Iterator[Found]:
    """A binary kernel's latent weights are kept where the pretended gradient is not zero."""
    for layer in subject.products:
        op = quantized(layer)
        quantizer, constraint = op.kernel_quantizer, op.kernel_constraint
        end = quantizer.gradient_end if quantizer is not None and quantizer.bits == 1 else None
        if quantizer is None or end is None:
            continue
        if constraint is not None and constraint.clip_value <= end:
            continue
        where = f"clipped at {constraint.clip_value:g} only" if constraint else "not clipped"
        clip = {"name": "weight_clip", "clip_value": end}
        yield Found(
            layer.block_id,
            "warning",
            f"Latent weights are {where}; beyond {end:g} the gradient of {quantizer.name} is 0, and they starve.",
            (
                Evidence(
                    "A weight quantizer without a kernel constraint may starve weights: their gradient is always zero.",
                    "Larq layers_base.py",
                ),
            ),
            subject.offer(
                f"Clip weights at {end:g}", Update(block_id=layer.block_id, changes={"kernel_constraint": clip})
            ),
        )


def default_sign(subject: Subject) -> Iterator[Found]:
    """ste_sign by default, with Adam; a smooth or triangular gradient of the weights has no published gain here."""
    for layer in subject.products:
        op, changes = quantized(layer), {}
        if op.input_quantizer is not None and op.input_quantizer.name == "swish_sign":
            changes["input_quantizer"] = "ste_sign"
        if op.kernel_quantizer is not None and op.kernel_quantizer.name in ("swish_sign", "approx_sign"):
            changes["kernel_quantizer"] = "ste_sign"
        if not changes:
            continue
        names = " and ".join(f"{field} {getattr(op, field)}" for field in changes)
        yield Found(
            layer.block_id,
            "hint",
            f"{names}: begin with ste_sign, and try others once that trains well.",
            (
                Evidence(
                    "Adam and ste_sign are the default; Bop is the alternative, without latent weights.", OPTIMIZATION
                ),
                Evidence("approx_sign is for inputs: Bi-Real Net.", "arXiv 1808.00278"),
            ),
            subject.offer("Use ste_sign", Update(block_id=layer.block_id, changes=changes)),
        )
