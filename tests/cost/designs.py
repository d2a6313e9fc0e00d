"""Random designs that LCE can run, for laws."""

from __future__ import annotations

from hypothesis import strategies as st

from bnn_designer.design import Design
from bnn_designer.design import blocks as b

NORM = b.BatchNormOptions()


@st.composite
def convs(draw: st.DrawFn, filters: int | None = None, strides: int | None = None) -> b.Block:
    """A binary convolution with any tail; with ``filters`` and ``strides`` 1 it keeps the shape."""
    return b.BinaryConv(
        filters=filters or draw(st.sampled_from([8, 32, 40, 64])),
        kernel_size=draw(st.sampled_from([1, 3])),
        strides=strides or draw(st.sampled_from([1, 1, 2])),
        pad_values=draw(st.sampled_from([0, 1])),
        batch_norm=draw(st.sampled_from([None, NORM])),
        activation=draw(st.sampled_from([None, "relu", "prelu"])),
        order=draw(st.sampled_from(["batch_norm_first", "activation_first"])),
    )


@st.composite
def bodies(draw: st.DrawFn, channels: int) -> tuple[b.Block, ...]:
    """Blocks that keep the shape."""
    return tuple(draw(convs(filters=channels, strides=1)) for _ in range(draw(st.integers(1, 3))))


@st.composite
def designs(draw: st.DrawFn) -> Design:
    """A stem, stages of convolutions, shortcuts and pools, and a head."""
    blocks: list[b.Block] = [b.Conv(filters=32, batch_norm=NORM, activation=draw(st.sampled_from([None, "relu"])))]
    channels = 32
    for _ in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(["conv", "shortcut", "pool", "bn"]))
        if kind == "conv":
            block = draw(convs())
            channels = block.filters
            blocks.append(block)
        elif kind == "shortcut":
            blocks.append(b.Shortcut(body=draw(bodies(channels))))
        elif kind == "pool":
            order = draw(st.sampled_from(["pool_first", "batch_norm_first"]))
            norm = draw(st.sampled_from([None, NORM]))
            blocks.append(b.PoolBatchNorm(padding="same", order=order, batch_norm=norm))
        else:
            blocks.append(b.BatchNorm())
    blocks += draw(st.sampled_from([[b.GlobalPool()], [b.Flatten(), b.BinaryDense(units=32, batch_norm=NORM)]]))
    # Five strides of 2 leave 4 x 4 pixels, enough for any kernel.
    return Design(name="random", input_shape=(128, 128, 3), blocks=(*blocks, b.Head(classifier="dense")))
