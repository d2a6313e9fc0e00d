"""A design as a program: what a person would write with Keras and Larq's names, one line a layer."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Sequence

from bnn_designer.design.document import Design
from bnn_designer.errors import BnnDesignerError, BrokenRule, DesignError
from bnn_designer.graph import Graph, Layer, lower, ops
from bnn_designer.larq.opened import OpenedDesign
from bnn_designer.larq.program_layers import CALLS, Call, not_in_larq, quoted

#: The tensor that only the next line reads.
_RUNNING = "x"
_LINE_LENGTH = 120
_INDENT = "    "


class NotInLarq(BnnDesignerError):  # noqa: N818 - what the design is
    """A design with layers that Larq has not; ``problems`` has every reason, in running order."""

    def __init__(self, design: str, problems: Sequence[BrokenRule]) -> None:
        lines = "".join(f"\n- {problem}" for problem in problems)
        super().__init__(f"{design}: no program of Larq's builds it.{lines}")
        self.problems = tuple(problems)


def program(design: Design | OpenedDesign, for_larq: bool = False) -> str:
    """The Python program that builds the design's network.

    It has a function ``build`` that gives the Keras model, with a layer under each name that the design's own model
    has, and prints the table of the model when it is run.

    Args:
        design: the document, or what a model was opened as.
        for_larq: for Larq 0.14 itself, on Keras 2, instead of this package's layers on Keras 3.

    Raises:
        DesignError: the design cannot be lowered.
        NotInLarq: with ``for_larq``, where Larq has no such layers or quantizers; names each.
    """
    if isinstance(design, OpenedDesign):
        design = design.design
    graph = lower(design)
    if for_larq:
        mend = "Change that block, or write the program for this package"
        missing = ((layer.path, not_in_larq(layer.op)) for layer in graph.layers)
        problems = [DesignError(path, f"Larq does not have {what}", mend) for path, what in missing if what]
        if problems:
            raise NotInLarq(design.name, problems)
    return _Program(graph, for_larq).text()


class _Program:
    def __init__(self, graph: Graph, for_larq: bool) -> None:
        self._graph = graph
        self._for_larq = for_larq
        self._variables = self._named_variables()
        calls = [CALLS[type(layer.op)](layer.op, self._rank(layer)) for layer in graph.layers]
        self._binary = _common(calls)
        self._lines = [
            line for layer, call in zip(graph.layers, calls, strict=True) for line in self._line(layer, call)
        ]

    def text(self) -> str:
        """The whole program."""
        graph = self._graph
        title = graph.name.replace("\\", "").replace('"""', "'''").strip() or "untitled"
        body = "\n".join(f"{_INDENT}{line}" for line in self._lines)
        output, name = self._variables[graph.output.name], quoted(_model_name(graph.name))
        shape, source = tuple(graph.input.shape), self._variables[graph.input.name]
        operands = [f'    "{name}": {value},' for name, value in self._binary or ()]
        constants = ["BINARY = {", *operands, "}", "", ""] if operands else []
        imports = ["import larq as lq", "from tensorflow import keras"]
        if not self._for_larq:
            imports = ["import keras", "", "import bnn_designer.larq as lq"]
            if re.search(r"\bnn\.", body):
                imports += ["from bnn_designer import nn"]
        whom = "as BNN Designer wrote it for Larq 0.14" if self._for_larq else "as BNN Designer wrote it"
        parts = [
            f'"""{title}, {whom}; build() gives the Keras model."""',
            "",
            *imports,
            "",
            *(constants or [""]),
            "def build() -> keras.Model:",
            f'    """The network for images of {" x ".join(map(str, shape))} and {graph.classes} classes."""',
            f"    {source} = image = keras.Input({shape})",
            body,
            f"    return keras.Model(image, {output}, name={name})",
            "",
            "",
            'if __name__ == "__main__":',
            "    lq.models.summary(build())",
        ]
        return "\n".join(parts) + "\n"

    def _named_variables(self) -> dict[str, str]:
        """The variable of each tensor: the running one where only the next layer reads it, else one of its own."""
        graph = self._graph
        following = dict(zip([graph.input.name, *(layer.name for layer in graph.layers)], graph.layers, strict=False))
        taken = {_RUNNING, "image", "keras", "lq", "nn", "BINARY", "build"}
        found = {}
        for name in graph.tensors:
            users = graph.users[name]
            if not users or (users == (following.get(name),) and users[0].inputs == (name,)):
                found[name] = _RUNNING
                continue
            plain = re.sub(r"\W", "_", name, flags=re.ASCII)
            plain = plain if plain[:1].isalpha() and not keyword.iskeyword(plain) else f"layer_{plain}"
            while plain in taken:
                plain += "_"
            taken.add(plain)
            found[name] = plain
        return found

    def _rank(self, layer: Layer) -> int:
        return len(self._graph.tensors[layer.inputs[0]].shape)

    def _line(self, layer: Layer, call: Call) -> list[str]:
        """The statement of one layer; where it would be long, with an argument a line."""
        inputs = [self._variables[name] for name in layer.inputs]
        # Merging layers take a list.
        merges = isinstance(layer.op, ops.Add | ops.Concatenate | ops.ScaleChannels)
        read = f"[{', '.join(inputs)}]" if merges else inputs[0]
        operands = [f"{name}={value}" for name, value in call.operands]
        if call.operands and call.operands == self._binary:
            operands = ["**BINARY"]
        arguments = [*call.arguments, *operands, f"name={quoted(layer.name)}"]
        opening, closing = f"{self._variables[layer.name]} = {call.name}(", f")({read})"
        line = f"{opening}{', '.join(arguments)}{closing}"
        if len(line) + len(_INDENT) <= _LINE_LENGTH:
            return [line]
        lines = [opening, *(f"{_INDENT}{argument}," for argument in arguments)]
        if len(closing) + len(_INDENT) <= _LINE_LENGTH:
            return [*lines, closing]
        return [*lines, ")([", *(f"{_INDENT}{name}," for name in inputs), "])"]


def _common(calls: list[Call]) -> tuple[tuple[str, str], ...] | None:
    """How most quantized layers do it; None where a name for that would make the program no shorter."""
    found = Counter(call.operands for call in calls if len(call.operands) > 1).most_common(1)
    return found[0][0] if found and found[0][1] > 1 else None


def _model_name(name: str) -> str:
    # As the design's own model is called; Keras has it in paths.
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name) or "model"
