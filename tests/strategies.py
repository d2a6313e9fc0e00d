"""Hypothesis strategies: documents, designs that lower to a graph, edits, and JSON values of any kind."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from bnn_designer.design import Design, edits, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.quantization import QUANTIZERS, KernelConstraint, Quantizer
from bnn_designer.design.validation import MAX_BLOCKS
from bnn_designer.design.vocabulary import Pair
from bnn_designer.errors import is_control

input_quantizers = st.none() | st.sampled_from(
    [
        *(Quantizer(name=name) for name, facts in QUANTIZERS.items() if not facts.scales),
        Quantizer(name="ste_sign", clip_value=1.3),
        Quantizer(name="dorefa", k_bit=3),
    ]
)
kernel_quantizers = input_quantizers | st.sampled_from(
    [Quantizer(name=name) for name, facts in QUANTIZERS.items() if facts.scales]
)
constraints = st.none() | st.sampled_from([KernelConstraint(), KernelConstraint(clip_value=1.25)])
functions = st.sampled_from(["relu", "prelu", "rprelu", "hard_tanh", "unit_clip", "sigmoid"])
activations = st.none() | functions
batch_norms = st.builds(
    b.BatchNormOptions,
    center=st.booleans(),
    scale=st.booleans(),
    momentum=st.floats(0, 0.999),
    epsilon=st.floats(1e-6, 1),
)
optional_batch_norms = st.none() | batch_norms
#: Ids that no block gets by itself.
ids = st.from_regex(r"[A-Z][A-Za-z0-9_-]{0,8}", fullmatch=True)
#: What people may write: no character that does something to a terminal.
texts = st.text(st.characters(codec="utf-8").filter(lambda c: not is_control(c)), max_size=80)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def _sizes(largest: int) -> st.SearchStrategy[Pair]:
    return st.tuples(st.integers(1, largest), st.integers(1, largest))


def _windows(size: Pair, padding: str, largest: int) -> st.SearchStrategy[Pair]:
    """Sizes of a window over an image of ``size``: such as fit into it, or, with "same" padding, any."""
    if padding == "same":
        side = st.integers(1, largest) | st.sampled_from([5, 7])
        return st.tuples(side, side)
    return st.tuples(*(st.integers(1, min(largest, pixels)) for pixels in size))


@st.composite
def _tails(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "use_bias": draw(st.booleans()),
        "batch_norm": draw(optional_batch_norms),
        "activation": draw(activations),
        "order": draw(st.sampled_from(["batch_norm_first", "activation_first"])),
    }


@st.composite
def _quantized(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "input_quantizer": draw(input_quantizers),
        "kernel_quantizer": draw(kernel_quantizers),
        "kernel_constraint": draw(constraints),
    }


@st.composite
def convs(
    draw: st.DrawFn, size: Pair = (8, 8), paddings: tuple[str, ...] = ("same", "valid"), filters: int | None = None
) -> b.BinaryConv | b.Conv:
    """A binary or full-precision convolution of an input of ``size``."""
    padding = draw(st.sampled_from(paddings))
    kernel = draw(_windows(size, padding, 3))
    fits = padding == "same" or all(2 * (k - 1) + 1 <= s for k, s in zip(kernel, size, strict=True))
    dilated = draw(st.booleans()) and fits
    strides = (1, 1) if dilated else draw(_sizes(3))
    if strides[0] == 1 and _after_windows(size, kernel, strides, padding)[1] == 1:
        strides = (1, 1)  # of one channel, TensorFlow reads beyond its memory here (docs/limits.md)
    common: dict[str, Any] = {
        "filters": filters or draw(st.integers(1, 12)),
        "kernel_size": kernel,
        "strides": strides,
        "dilation": (2, 2) if dilated else (1, 1),
        "padding": padding,
    } | draw(_tails())
    if draw(st.booleans()):
        return b.BinaryConv(**common, **draw(_quantized()), pad_values=draw(st.sampled_from([0, 1])))
    return b.Conv(**common)


@st.composite
def depthwise_convs(draw: st.DrawFn, size: Pair = (8, 8)) -> b.BinaryDepthwiseConv | b.DepthwiseConv:
    """A depthwise convolution of an input of ``size``, with "same" padding."""
    stride = draw(st.integers(1, 3))
    common: dict[str, Any] = {
        "kernel_size": draw(_windows(size, "same", 3)),
        "strides": (stride, stride),
    } | draw(_tails())
    if draw(st.booleans()):
        return b.BinaryDepthwiseConv(**common, **draw(_quantized()), pad_values=draw(st.sampled_from([0, 1])))
    return b.DepthwiseConv(**common)


@st.composite
def dense_blocks(draw: st.DrawFn, size: Pair = (8, 8)) -> b.DenseBlock:
    kernel = draw(_windows(size, "same", 3))
    layers, growth = draw(st.integers(1, 3)), draw(st.integers(1, 6))
    return b.DenseBlock(
        layers=layers, growth=growth, kernel_size=kernel, batch_norm=draw(batch_norms), **draw(_quantized())
    )


@st.composite
def dense_layers(draw: st.DrawFn, units: int | None = None) -> b.BinaryDense | b.Dense:
    common = {"units": units or draw(st.integers(1, 20))} | draw(_tails())
    return b.BinaryDense(**common, **draw(_quantized())) if draw(st.booleans()) else b.Dense(**common)


@st.composite
def pools(draw: st.DrawFn, size: Pair = (8, 8), paddings: tuple[str, ...] = ("same", "valid")) -> b.PoolBatchNorm:
    """A pool over an input of ``size``."""
    padding = draw(st.sampled_from(paddings))
    return b.PoolBatchNorm(
        pool=draw(st.sampled_from(["max", "average"])),
        pool_size=draw(_windows(size, padding, 4)),
        strides=draw(st.none() | _sizes(3)),
        padding=padding,
        batch_norm=draw(optional_batch_norms),
        order=draw(st.sampled_from(["pool_first", "batch_norm_first"])),
    )


small_blocks = st.one_of(
    st.builds(b.BatchNorm, batch_norm=batch_norms),
    st.builds(b.Activation, function=functions),
    st.builds(b.ChannelShift),
    st.builds(b.Dropout, rate=st.floats(0, 0.9)),
    st.builds(b.BlurPool, stride=st.integers(1, 3), kernel_size=st.sampled_from([2, 3, 5])),
    st.builds(b.PoolBatchNorm, pool=st.just("global_average"), batch_norm=optional_batch_norms),
    st.builds(b.Flatten),
    st.builds(b.GlobalPool),
    st.builds(b.Head, classifier=st.sampled_from(["dense", "none"]), use_bias=st.booleans()),
)


def shortcuts_around(bodies: st.SearchStrategy[b.Block]) -> st.SearchStrategy[b.Shortcut]:
    return st.builds(
        b.Shortcut,
        body=st.lists(bodies, max_size=3).map(tuple),
        merge=st.sampled_from(["add", "concatenate", "add_to_last_channels"]),
        on_shape_change=st.sampled_from(["refuse", "pointwise", "average_pool_pointwise", "average_pool_duplicate"]),
        batch_norm=optional_batch_norms,
    )


def containers_around(bodies: st.SearchStrategy[b.Block]) -> st.SearchStrategy[b.Block]:
    """Blocks of every kind that holds blocks."""
    body = st.lists(bodies, max_size=3).map(tuple)
    return st.one_of(
        shortcuts_around(bodies),
        st.builds(b.Sequence, body=body),
        st.builds(b.Repeat, body=body, times=st.integers(1, 4)),
        st.builds(b.Branches, body=body, merge=st.sampled_from(["add", "concatenate"])),
        st.builds(b.ChannelScaling, body=body, reduction=st.integers(1, 16)),
    )


#: Any block, without an id; its neighbors need not fit it.
blocks: st.SearchStrategy[b.Block] = st.recursive(
    convs() | depthwise_convs() | dense_blocks() | dense_layers() | pools() | small_blocks,
    containers_around,
    max_leaves=4,
)


@st.composite
def designs(draw: st.DrawFn, max_blocks: int = 5) -> Design:
    """Any document: it can be saved and edited, and need not make sense as a network."""
    body = draw(st.lists(blocks, max_size=max_blocks))
    # Some blocks have ids and labels of their own.
    for index, block_id in enumerate(draw(st.lists(ids, unique=True, max_size=len(body)))):
        body[index] = body[index].model_copy(update={"id": block_id, "label": draw(texts)})
    return Design(
        name=draw(texts.filter(bool)),
        input_shape=draw(st.tuples(st.integers(1, 64), st.integers(1, 64), st.integers(1, 8))),
        classes=draw(st.integers(1, 100)),
        blocks=tuple(body),
    )


def _after_windows(size: Pair, kernel: Pair, strides: Pair, padding: str, dilation: Pair = (1, 1)) -> Pair:
    if padding == "same":
        return -(-size[0] // strides[0]), -(-size[1] // strides[1])
    reach = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
    return (size[0] - reach[0]) // strides[0] + 1, (size[1] - reach[1]) // strides[1] + 1


@st.composite
def _image_blocks(
    draw: st.DrawFn, size: Pair, depth: int, paddings: tuple[str, ...] = ("same", "valid")
) -> tuple[b.Block, Pair]:
    """A block that fits an image of ``size``, and the size that it makes of it."""
    kinds = ["conv", "conv", "depthwise", "pool", "dense_block", "small"]
    kinds += ["blur"] if "valid" in paddings else []  # as the maximum before a blur is
    kind = draw(st.sampled_from([*kinds, "shortcut", "container"] if depth > 0 else kinds))
    if kind == "conv":
        conv = draw(convs(size, paddings))
        return conv, _after_windows(size, conv.kernel_size, conv.strides, conv.padding, conv.dilation)
    if kind == "pool":
        pool = draw(pools(size, paddings))
        return pool, _after_windows(size, pool.pool_size, pool.strides or pool.pool_size, pool.padding)
    if kind == "shortcut":
        body, after = draw(image_chains(size, depth - 1, paddings=("same",)))
        change = draw(st.sampled_from(["pointwise", "average_pool_pointwise"]))  # a duplicate fits few channels
        return b.Shortcut(body=body, on_shape_change=change, batch_norm=draw(optional_batch_norms)), after
    if kind == "depthwise":
        depthwise = draw(depthwise_convs(size))
        return depthwise, _after_windows(size, depthwise.kernel_size, depthwise.strides, "same")
    if kind == "blur":
        stride = draw(st.integers(1, min(3, *size)))
        blur = b.BlurPool(stride=stride, kernel_size=draw(st.sampled_from([2, 3, 5])))
        left = (size[0] - stride + 1, size[1] - stride + 1)  # by the maximum before it
        return blur, _after_windows(left, (blur.kernel_size,) * 2, (stride, stride), "same")
    if kind == "dense_block":
        return draw(dense_blocks(size)), size
    if kind == "container":
        return draw(_containers(size, depth, paddings))
    norm, function = draw(batch_norms), draw(functions)
    small = [b.BatchNorm(batch_norm=norm), b.Activation(function=function), b.ChannelShift(), b.Dropout(rate=0.25)]
    return draw(st.sampled_from(small)), size


@st.composite
def _containers(draw: st.DrawFn, size: Pair, depth: int, paddings: tuple[str, ...]) -> tuple[b.Block, Pair]:
    """A block that holds others, is no shortcut that adds, and fits an image of any channels."""
    same_size = st.builds(b.BatchNorm, batch_norm=batch_norms) | st.builds(
        b.BinaryConv, filters=st.integers(1, 8), kernel_size=st.just((1, 1)), pad_values=st.sampled_from([0, 1])
    )
    kind = draw(st.sampled_from(["sequence", "repeat", "concatenate", "branches", "scaling"]))
    if kind == "sequence":
        body, after = draw(image_chains(size, depth - 1, paddings))
        return b.Sequence(body=body), after
    row = tuple(draw(st.lists(same_size, min_size=1, max_size=3)))
    if kind == "repeat":
        return b.Repeat(body=row, times=draw(st.integers(1, 3))), size
    if kind == "concatenate":
        return b.Shortcut(body=row, merge="concatenate"), size
    if kind == "branches":
        return b.Branches(body=(*row, b.Sequence()), merge="concatenate"), size
    return b.ChannelScaling(body=row, reduction=1), size


@st.composite
def image_chains(
    draw: st.DrawFn, size: Pair, depth: int = 2, paddings: tuple[str, ...] = ("same", "valid"), longest: int = 3
) -> tuple[tuple[b.Block, ...], Pair]:
    """Blocks that fit behind an image of ``size`` in turn, and the size after them."""
    chain = []
    for _ in range(draw(st.integers(1, longest))):
        block, size = draw(_image_blocks(size, depth, paddings))
        chain.append(block)
    return tuple(chain), size


@st.composite
def networks(draw: st.DrawFn, longest: int = 4) -> Design:
    """A design that lowers: image blocks, a flatten or global pool, perhaps dense layers, a head."""
    side = st.integers(1, 4) | st.integers(3, 20)  # some are smaller than the windows over them
    size = draw(st.tuples(side, side))
    classes = draw(st.integers(1, 12))
    chain, _ = draw(image_chains(size, longest=longest))
    to_vector = draw(st.sampled_from([b.Flatten(), b.GlobalPool()]))
    vectors = tuple(draw(st.lists(dense_layers() | st.builds(b.BatchNorm), max_size=2)))
    end: tuple[b.Block, ...] = (b.Head(use_bias=draw(st.booleans())),)
    if draw(st.booleans()):
        end = (draw(dense_layers(units=classes)), b.Head(classifier="none"))
    return Design(
        name="network",
        input_shape=(*size, draw(st.integers(1, 5))),
        classes=classes,
        blocks=(*chain, to_vector, *vectors, *end),
    )


@st.composite
def edits_of(draw: st.DrawFn, design: Design) -> edits.Edit:
    """An edit that the design allows; some are several in a row."""
    if draw(st.integers(0, 4)):
        return draw(single_edits_of(design))
    made = []
    for _ in range(draw(st.integers(1, 3))):
        made.append(draw(single_edits_of(design)))
        design = edits.apply_edit(design, made[-1])
    return edits.Several(edits=tuple(made))


@st.composite
def single_edits_of(draw: st.DrawFn, design: Design) -> edits.SingleEdit:
    """An edit that the design allows."""
    present = list(walk(design.blocks))
    add_edits = st.builds(edits.Add, block=blocks)
    rename = st.builds(edits.UpdateDesign, changes=st.fixed_dictionaries({"name": texts.filter(bool)}))
    if not present or len(present) > MAX_BLOCKS // 4:
        return draw(add_edits | rename)
    _, block = draw(st.sampled_from(present))
    by_id = {"block_id": st.just(block.id)}
    choices: list[st.SearchStrategy[Any]] = [
        add_edits,
        rename,
        st.builds(edits.Remove, **by_id),
        st.builds(edits.Duplicate, **by_id),
        st.builds(edits.Update, **by_id, changes=st.fixed_dictionaries({"label": texts})),
        st.builds(
            edits.WrapInShortcut,
            block_ids=st.just((block.id,)),
            kind=st.sampled_from(["shortcut", "sequence", "repeat", "branches", "channel_scaling"]),
        ),
        places(design, without=block.id).map(lambda place: edits.Move(block_id=block.id, **place)),
        places(design).flatmap(lambda place: blocks.map(lambda new: edits.Add(block=new, **place))),
    ]
    if isinstance(block, b.Container):
        choices.append(st.builds(edits.Unwrap, **by_id))
    return draw(st.one_of(choices))


@st.composite
def places(draw: st.DrawFn, design: Design, without: str = "") -> dict[str, Any]:
    """A parent and an index in it, among the blocks that stay when the block ``without`` is taken out."""
    taken_out = {block.id for _, block in walk((design.find(without),))} if without else set()
    parents: dict[str | None, tuple[b.Block, ...]] = {None: design.blocks}
    for _, block in walk(design.blocks):
        if isinstance(block, b.Container) and block.id not in taken_out:
            parents[block.id] = block.body
    parent = draw(st.sampled_from(list(parents)))
    siblings = [block for block in parents[parent] if block.id != without]
    return {"parent": parent, "index": draw(st.none() | st.integers(0, len(siblings)))}
