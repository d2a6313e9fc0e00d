"""OpenVINO's intermediate representation (version 11), written without OpenVINO.

The .xml has layers with typed ports, and edges between ports; constants are places in the .bin. Ports and their shapes
are written as OpenVINO itself saves them (``ov.save_model``); it infers the shapes anew when it reads a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: Constants begin at multiples of it: a cache line, which is what the plugin's own buffers are aligned to.
_ALIGNMENT = 64
_ELEMENTS = {"float32": "f32", "int64": "i64", "int32": "i32", "int8": "i8"}
_PRECISIONS = {"f32": "FP32", "i64": "I64", "i32": "I32", "i8": "I8", "u1": "BIN", "boolean": "BOOL"}


@dataclass(frozen=True)
class Output:
    """A layer's output."""

    layer: int
    port: int
    shape: tuple[int, ...]
    element: str = "f32"


@dataclass
class IR:
    """A model while it is written.

    Attributes:
        layers: the text of each.
        edges: the text of each.
        constants: the .bin.
    """

    layers: list[str] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)
    constants: bytearray = field(default_factory=bytearray)
    _known: dict[tuple[str, tuple[int, ...], bytes], Output] = field(default_factory=dict)

    def layer(
        self,
        kind: str,
        name: str,
        inputs: Sequence[Output],
        shape: tuple[int, ...] | None,
        data: Mapping[str, object] | None = None,
        version: str = "opset1",
        element: str = "f32",
        tensor: str = "",
    ) -> Output:
        """A layer.

        Args:
            kind: OpenVINO's name of the operation.
            name: no two layers have one.
            inputs: what it reads.
            shape: of its output; None: it has none.
            data: its attributes.
            version: the set of operations that has it.
            element: of the output.
            tensor: by which a program finds the output.
        """
        number = len(self.layers)
        attributes = "".join(f" {key}={quoteattr(str(value))}" for key, value in (data or {}).items())
        lines = [f'<layer id="{number}" name={quoteattr(name)} type="{kind}" version="{version}">']
        if attributes:
            lines.append(f"\t<data{attributes} />")
        if inputs:
            ports = [_port(port, one.shape, one.element) for port, one in enumerate(inputs)]
            lines += ["\t<input>", *(line for port in ports for line in port), "\t</input>"]
        if shape is not None:
            lines += ["\t<output>", *_port(len(inputs), shape, element, tensor), "\t</output>"]
        lines.append("</layer>")
        self.layers.append("\n".join(f"\t\t{line}" for line in lines))
        for port, one in enumerate(inputs):
            self.edges.append(
                f'\t\t<edge from-layer="{one.layer}" from-port="{one.port}" to-layer="{number}" to-port="{port}" />'
            )
        return Output(number, len(inputs), shape or (), element)

    def constant(self, array: Array) -> Output:
        """Numbers, once for all that read them."""
        return self._constant(_ELEMENTS[array.dtype.name], array.shape, np.ascontiguousarray(array).tobytes())

    def bits(self, positive: Array) -> Output:
        """Bits, eight a byte with the first one lowest and without gaps between rows, as the plugin reads them."""
        return self._constant("u1", positive.shape, np.packbits(positive.reshape(-1), bitorder="little").tobytes())

    def text(self, name: str) -> str:
        """The .xml."""
        layers, edges = "\n".join(self.layers), "\n".join(self.edges)
        return (
            f'<?xml version="1.0"?>\n<net name={quoteattr(name)} version="11">\n\t<layers>\n{layers}\n\t</layers>\n'
            f"\t<edges>\n{edges}\n\t</edges>\n\t<rt_info />\n</net>\n"
        )

    def _constant(self, element: str, shape: tuple[int, ...], data: bytes) -> Output:
        key = (element, shape, data)
        if key not in self._known:
            offset = len(self.constants)
            self.constants += data + bytes(-len(data) % _ALIGNMENT)
            place = {"element_type": element, "shape": _comma(shape), "offset": offset, "size": len(data)}
            self._known[key] = self.layer("Const", f"constant_{len(self._known)}", (), shape, place, element=element)
        return self._known[key]


def _comma(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


def _port(number: int, shape: tuple[int, ...], element: str, tensor: str = "") -> list[str]:
    names = f" names={quoteattr(tensor)}" if tensor else ""
    opening = f'\t\t<port id="{number}" precision="{_PRECISIONS[element]}"{names}'
    if not shape:
        return [f"{opening} />"]
    return [f"{opening}>", *(f"\t\t\t<dim>{size}</dim>" for size in shape), "\t\t</port>"]
