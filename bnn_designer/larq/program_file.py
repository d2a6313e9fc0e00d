"""A program as a file: its head, ``build``, how it takes weights, and what it does when it is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bnn_designer.graph import Graph
from bnn_designer.larq.program_layers import quoted
from bnn_designer.larq.statements import INDENT, Statements

#: Names that programs have beside those of tensors.
TAKEN = ("image", "keras", "lq", "nn", "np", "ops", "sys", "BINARY", "Path", "build", "load_weights", "main")


@dataclass(frozen=True)
class Dialect:
    """How the programs of one receiver begin and end.

    Attributes:
        made: the end of the first line, behind the network's name.
        imports: of other projects, in order, and ``own`` of this one.
        summary: what prints the table of a ``{model}``.
    """

    made: str
    imports: tuple[str, ...]
    summary: str
    own: tuple[str, ...] = ()


def program_file(
    graph: Graph, statements: Statements, dialect: Dialect, helpers: Sequence[str] = (), weights: str | None = None
) -> str:
    """The whole text.

    Args:
        graph: what it builds.
        statements: the body of ``build``.
        dialect: of whom it is for.
        helpers: functions and classes that the body calls.
        weights: a file of arrays beside the program, ``.npz``, with the weights by ``layer/weight``; the program then
            loads it, and computes scores. None: it builds the network only.
    """
    title = graph.name.replace("\\", "").replace('"""', "'''").strip() or "untitled"
    head = [f'"""{title}, {dialect.made}; build() gives the Keras model."""', *_imports(dialect, weights is not None)]
    if weights is not None:
        head.append(_FILE.format(name=quoted(weights)))
    if statements.shared:
        operands = "".join(f"{INDENT}{quoted(name)}: {value},\n" for name, value in statements.shared)
        head.append(f"BINARY = {{\n{operands}}}")
    functions = [*helpers, _build(graph, statements)]
    if weights is not None:
        functions += [_LOAD_WEIGHTS, _MAIN.format(summary=dialect.summary.format(model="model")), _RUN.format("main()")]
    else:
        functions.append(_RUN.format(dialect.summary.format(model="build()")))
    return "\n\n".join(head) + "\n\n\n" + "\n\n\n".join(functions) + "\n"


def _imports(dialect: Dialect, with_weights: bool) -> list[str]:
    """A text for each group, in the order of ruff and isort."""
    numpy = ("import numpy as np",) if with_weights else ()
    others = sorted((*dialect.imports, *numpy), key=lambda line: (line.startswith("from"), line))
    standard = ("import sys", "from pathlib import Path") if with_weights else ()
    return ["\n".join(group) for group in (standard, others, dialect.own) if group]


def _build(graph: Graph, statements: Statements) -> str:
    shape, name = tuple(graph.input.shape), quoted(_model_name(graph.name))
    body = "\n".join(f"{INDENT}{line}" for line in statements.lines)
    return "\n".join(
        [
            "def build() -> keras.Model:",
            f'    """The network for images of {" x ".join(map(str, shape))} and {graph.classes} classes."""',
            f"    {statements.source} = image = keras.Input({shape})",
            body,
            f"    return keras.Model(image, {statements.output}, name={name})",
        ]
    )


def _model_name(name: str) -> str:
    # As the design's own model is called; Keras has it in paths.
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name) or "model"


_FILE = """\
WEIGHTS = Path(__file__).with_name({name})
# Images that are computed at once.
BATCH = 250"""

# Keras 2 calls a weight by its layer and the number of an output too, such as conv/kernel:0.
_LOAD_WEIGHTS = '''\
def load_weights(model: keras.Model, path: Path = WEIGHTS) -> keras.Model:
    """Gives each layer its weights, which the file has under the names of both."""
    with np.load(path) as saved:
        for layer in model.layers:
            names = [weight.name.split("/")[-1].split(":")[0] for weight in layer.weights]
            layer.set_weights([saved[f"{layer.name}/{name}"] for name in names])
    return model'''

_MAIN = '''\
def main() -> None:
    """Prints the table of the network; given IMAGES.npy SCORES.npy, writes the scores of these images instead."""
    model = load_weights(build())
    if len(sys.argv) != 3:
        {summary}
        return
    images = np.load(sys.argv[1])
    batches = [images[first : first + BATCH] for first in range(0, len(images), BATCH)]
    np.save(sys.argv[2], np.concatenate([np.asarray(model(batch, training=False)) for batch in batches]))'''

_RUN = 'if __name__ == "__main__":\n    {}'
