"""From the operators of a Larq Compute Engine file to the graph of layers, with their weights.

What a design cannot say is collected, operator by operator, so that one look shows all of it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bnn_designer.errors import BrokenRule
from bnn_designer.graph import Graph, Tensor, ops
from bnn_designer.graph.graph import INPUT_NAME
from bnn_designer.larq.built import Array, Built, ReadFile, norm, read_as
from bnn_designer.larq.lce.call import MEND, Call, Made, Value
from bnn_designer.larq.lce.flat import Damaged
from bnn_designer.larq.lce.network import Network, Operator, network_in_file
from bnn_designer.larq.lce.operators import OPERATORS
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.reading import NotADesign

_REMAKE = "Make the file anew with Larq Compute Engine's converter"


def read_file(path: Path) -> ReadFile:
    """Opens a ``.tflite`` file of Larq Compute Engine as a design.

    Raises:
        BnnDesignerError: there is no such file, or it is no ``.tflite`` file.
        NotADesign: some operators do not map; its ``problems`` name each, with the reason.
        DesignError: the operators map one by one, but no blocks have their connections.
    """
    reader = _Reader(path.stem, network_in_file(path))
    return read_as(path, reader.read(), reader.built)


class _Reader:
    def __init__(self, name: str, network: Network) -> None:
        self._name = name
        self._network = network
        self.built = Built(name)
        #: By number of the file's tensor; None: what makes it could not be read.
        self._known: dict[int, Value | None] = {}
        self._readers = Counter(number for operator in network.operators for number in operator.inputs)
        #: Factors of the batch norms that are a multiplication so far, by their names.
        self._factors: dict[str, Array] = {}
        self._problems: list[BrokenRule] = []

    def read(self) -> Graph:
        source = self._source()
        for number, operator in enumerate(self._network.operators):
            self._run(operator, f"operator {number} ({operator.kind})")
        if not self._problems:
            value = self._known.get(self._network.outputs[0])
            self._problems += self.built.end(None if value is None or value.signs else value.tensor)
        if self._problems:
            raise NotADesign(self._name, self._problems)
        return self.built.graph(source)

    def _source(self) -> Tensor:
        network, where = self._network, f"model '{self._name}'"
        if len(network.inputs) != 1 or len(network.outputs) != 1 or min(network.inputs + network.outputs) < 0:
            rule = f"it has {len(network.inputs)} inputs and {len(network.outputs)} outputs"
            raise NotADesign(self._name, [LayerError(where, rule, "Take a model from one image to its classes")])
        image = network.tensors[network.inputs[0]]
        if len(image.shape) != 4 or image.shape[0] != 1 or min(image.shape) < 1 or image.type != "float32":
            rule = f"its input is {image.type} of the shape {image.shape}"
            mend = "Convert a model of one image of float32 at a time, (1, height, width, channels)"
            raise NotADesign(self._name, [LayerError(where, rule, mend)])
        source = Tensor(INPUT_NAME, image.shape[1:])
        self._known[network.inputs[0]] = Value(source)
        return source

    def _run(self, operator: Operator, where: str) -> None:
        """The operator's layers, or a problem."""
        try:
            value = self._made(operator, where)
        except BrokenRule as error:
            self._problems.append(error)
            value = None
        except Damaged as error:
            self._problems.append(LayerError(where, f"its part of the file is damaged: {error}", _REMAKE))
            value = None
        self._known |= dict.fromkeys(operator.outputs, value)

    def _made(self, operator: Operator, where: str) -> Value | None:
        if operator.kind not in OPERATORS:
            raise LayerError(where, "no block of a design computes that", MEND)
        if len(operator.outputs) != 1 or min(operator.outputs) < 0:
            raise LayerError(where, f"it has {len(operator.outputs)} outputs", _REMAKE)
        tensors = self._network.tensors
        values = []
        for number in operator.inputs:
            if number >= 0 and tensors[number].content is None:
                if number not in self._known:
                    raise LayerError(where, "it reads what nothing before it makes", _REMAKE)
                if self._known[number] is None:  # what is before it is in the list already
                    return None
            values.append(self._known.get(number))
        read = tuple(tensors[number] if number >= 0 else None for number in operator.inputs)
        call = Call(where, operator, read, tuple(values), tensors[operator.outputs[0]])
        sources = tuple(value for value in values if value is not None)
        call.must(bool(sources), "it reads constants alone, or nothing")
        made = OPERATORS[operator.kind](call)
        value = self._shifted(call, made, sources) or self._applied(call, made, sources)
        self._check_shape(call, value)
        return value

    def _shifted(self, call: Call, made: Made, sources: tuple[Value, ...]) -> Value | None:
        """The batch norm that a multiplication and this addition are together; None: they are none."""
        name = sources[0].tensor.name
        if not made.steps or not isinstance(made.steps[0].op, ops.ChannelShift) or name not in self._factors:
            return None
        if self._readers[call.operator.inputs[0]] + self._readers[call.operator.inputs[1]] != 2:  # one of a constant
            return None
        self.built.weights[name] = norm(self._factors.pop(name), made.steps[0].weights()[0]).weights
        return self._applied(call, Made(made.steps[1:]), sources)

    def _applied(self, call: Call, made: Made, sources: tuple[Value, ...]) -> Value:
        tensors = tuple(source.tensor for source in sources)
        for step in made.steps:
            tensors = (self.built.add(step, tensors, call.where),)
            if call.operator.kind == "MUL" and isinstance(step.op, ops.BatchNorm):
                self._factors[tensors[0].name] = step.weights()[0]
        return Value(tensors[0], made.signs)

    def _check_shape(self, call: Call, value: Value) -> None:
        """Holds the layer's shape to the file's; a vector is one pixel there, and 32 signs are a number."""
        shape, found = value.tensor.shape, call.output.shape[1:]
        wanted = shape[:-1] + ((-(-shape[-1] // 32),) if call.output.type == "int32" else shape[-1:])
        if len(shape) == 1:
            found = found[-1:] if all(size == 1 for size in found[:-1]) else found
        if found != wanted or call.output.shape[:1] != (1,):
            rule = f"the file says that it makes {call.output.shape}, and what it computes is {(1, *wanted)}"
            raise LayerError(call.where, rule, _REMAKE)
