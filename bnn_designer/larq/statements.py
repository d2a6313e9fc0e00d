"""The body of a program: a statement for each layer of a graph, and the variables between them."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterable

from bnn_designer.graph import Graph, Layer, ops
from bnn_designer.larq.program_layers import Call, quoted

INDENT = "    "
_LINE_LENGTH = 120
#: The tensor that only the next line reads.
_RUNNING = "x"


class Statements:
    """What builds a graph's layers, in running order.

    Attributes:
        lines: the statements, not indented.
        shared: how most quantized layers do it, as arguments; empty where a name for that would make the program no
            shorter. The statements have it as ``**BINARY``.
        source: the variable of the image, and ``output`` that of the scores.
    """

    def __init__(self, graph: Graph, call: Callable[[Layer], Call], taken: Iterable[str]) -> None:
        """Of a graph whose layers ``call`` writes, in a program that has the names ``taken``."""
        self._variables = _named_variables(graph, {_RUNNING, *taken})
        calls = [call(layer) for layer in graph.layers]
        self.shared = _common(calls)
        self.lines = [
            line for layer, one in zip(graph.layers, calls, strict=True) for line in self._statements(layer, one)
        ]
        self.source, self.output = self._variables[graph.input.name], self._variables[graph.output.name]

    def _statements(self, layer: Layer, call: Call) -> list[str]:
        """What one layer takes: its own statement, and one for each part of it that is a layer by itself."""
        variable, inputs = self._variables[layer.name], [self._variables[name] for name in layer.inputs]
        # Merging layers take a list.
        merges = isinstance(layer.op, ops.Add | ops.Concatenate | ops.ScaleChannels)
        read = f"[{', '.join(inputs)}]" if merges else inputs[0]
        if call.reads:
            read = call.reads.format(*inputs)
        operands = [f"{name}={value}" for name, value in call.operands]
        if call.operands and call.operands == self.shared:
            operands = ["**BINARY"]
        if call.is_function:
            lines = [f"{variable} = {call.name}({', '.join([read, *call.arguments])})"]
        else:
            arguments = [*call.arguments, *operands, f"name={quoted(layer.name)}"]
            lines = _line(variable, call.name, arguments, read, inputs)
        for part, name in call.behind:
            lines += _line(variable, name, [f"name={quoted(f'{layer.name}.{part}')}"], variable, [variable])
        return lines


def _line(variable: str, name: str, arguments: list[str], read: str, inputs: list[str]) -> list[str]:
    """One statement; where it would be long, with an argument a line."""
    opening, closing = f"{variable} = {name}(", f")({read})"
    line = f"{opening}{', '.join(arguments)}{closing}"
    if len(line) + len(INDENT) <= _LINE_LENGTH:
        return [line]
    lines = [opening, *(f"{INDENT}{argument}," for argument in arguments)]
    if len(closing) + len(INDENT) <= _LINE_LENGTH:
        return [*lines, closing]
    return [*lines, ")([", *(f"{INDENT}{name}," for name in inputs), "])"]


def _named_variables(graph: Graph, taken: set[str]) -> dict[str, str]:
    """The variable of each tensor: the running one where only the next layer reads it, else one of its own."""
    following = dict(zip([graph.input.name, *(layer.name for layer in graph.layers)], graph.layers, strict=False))
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


def _common(calls: list[Call]) -> tuple[tuple[str, str], ...]:
    found = Counter(call.operands for call in calls if len(call.operands) > 1).most_common(1)
    return found[0][0] if found and found[0][1] > 1 else ()
