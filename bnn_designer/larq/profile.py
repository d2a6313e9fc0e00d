"""The table of a model: by Larq's numbers under Larq's names, and beside them what runs where the two differ.

Whatever carries a name of Larq's gives Larq's number, misleading ones included, so that figures compare with published
ones. What this room counts itself stands in ``macs_run``, ``params_trained``, `ModelProfile.differences` and
`ModelProfile.deployed`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cached_property

import keras

from bnn_designer.larq.calls import Calls, Unrecorded, record_calls
from bnn_designer.larq.deployed import Deployed, deployed, deployed_rows
from bnn_designer.larq.layer_profile import LayerProfile, OutputShape
from bnn_designer.larq.remarks import Difference, difference_of_layer, difference_of_training
from bnn_designer.larq.tables import Cell, memory_text, number_text


class ModelProfile(LayerProfile):
    """A model, layer by layer: of any kind, with models inside.

    Args:
        model: a model that is built.
        calls: of the model that this one is in; None: it is the whole.

    Attributes:
        layer_profiles: those of ``model.layers``; one of a model inside is a `ModelProfile`.
    """

    def __init__(self, model: keras.Model, calls: Calls | Unrecorded | None = None) -> None:
        self._layer = self._model = model
        self._calls = record_calls(model) if calls is None else calls
        self.name = model.name
        self.layer_profiles: list[LayerProfile] = [
            (ModelProfile if isinstance(layer, keras.Model) else LayerProfile)(layer, self._calls)
            for layer in model.layers
        ]

    @property
    def memory(self) -> int:
        """Bits of all weights."""
        return sum(profile.memory for profile in self.layer_profiles)

    @property
    def int8_fp_weights_memory(self) -> int:
        """Bits of all weights, had none more than 8."""
        return sum(profile.int8_fp_weights_memory for profile in self.layer_profiles)

    @property
    def fp_equivalent_memory(self) -> int:
        """Bits of all weights, had each 32."""
        return sum(profile.fp_equivalent_memory for profile in self.layer_profiles)

    def weight_count(self, bitwidth: int | None = None, trainable: bool | None = None) -> int:
        """How many weights have so many bits and are trained, or not; None takes either."""
        return sum(profile.weight_count(bitwidth, trainable) for profile in self.layer_profiles)

    def op_count(self, op_type: str | None = None, bitwidth: int | None = None) -> int:
        """Multiply-accumulates with operands of so many bits, of the layers that Larq counts.

        Raises:
            ValueError: ``op_type`` is not ``"mac"``.
        """
        return sum(profile.op_count(op_type, bitwidth) or 0 for profile in self.layer_profiles)

    @property
    def input_precision(self) -> int | None:
        """That of the first layer."""
        return self.layer_profiles[0].input_precision if self.layer_profiles else None

    @property
    def output_shape(self) -> OutputShape | None:
        """That of the last layer."""
        return self.layer_profiles[-1].output_shape if self.layer_profiles else None

    @property
    def unique_param_bidtwidths(self) -> Sequence[int]:
        """The widths of all weights; the name is Larq's."""
        return _union(profile.unique_param_bidtwidths for profile in self.layer_profiles)

    @property
    def unique_op_precisions(self) -> Sequence[int]:
        """The widths of all multiply-accumulates."""
        return _union(profile.unique_op_precisions for profile in self.layer_profiles)

    @property
    def params_trained(self) -> int:
        """The numbers that training changes, batch norms' among them, shared ones once."""
        return sum(math.prod(variable.shape) for variable in self._layer.trainable_weights)

    def difference(self) -> Difference | None:
        """That of a model inside another one, with the reasons of its layers."""
        larq = {bits: self.op_count("mac", bits) for bits in self.unique_op_precisions}
        inside = [f"{one.where}: {one.why}" for one in (profile.difference() for profile in self.layer_profiles) if one]
        return difference_of_layer(self._layer, self.calls, larq, self.macs_run, inside)

    def differences(self) -> list[Difference]:
        """Where Larq's figures mislead, in the order of the layers."""
        found = [difference_of_training(self._layer, self.weight_count(trainable=True), self.params_trained)]
        found += [profile.difference() for profile in self.layer_profiles]
        return [difference for difference in found if difference is not None]

    def generate_table(self, include_macs: bool = True) -> list[list[Cell]]:
        """The cells of Larq's table: a header, a row a layer, the totals."""
        config = {
            "param_bidtwidths": self.unique_param_bidtwidths,
            "mac_precisions": self.unique_op_precisions if include_macs else [],
            "param_units": 1,
            "memory_units": 8 * 1024,
            "mac_units": 1,
        }
        header: list[Cell] = [
            "Layer",
            "Input prec.\n(bit)",
            "Outputs",
            *(f"# {bits}-bit\nx {config['param_units']}" for bits in self.unique_param_bidtwidths),
            "Memory\n(kB)",
            *(f"{bits}-bit MACs" for bits in config["mac_precisions"]),  # type: ignore[attr-defined]
        ]
        rows = [profile.generate_table_row(config) for profile in self.layer_profiles]
        return [header, *rows, ["Total", "", "", *self._figures(config)]]

    @cached_property
    def deployed(self) -> Deployed:
        """What Larq Compute Engine makes of the model: file, arena and more; or why that is not known."""
        return deployed(self._model)

    def generate_deployed(self) -> list[list[Cell]]:
        """The cells of a table that Larq has not: deployed size and runtime memory, or why they are unknown."""
        return deployed_rows(self._model)

    def generate_summary(self, include_macs: bool = True) -> list[list[Cell]]:
        """The cells of Larq's second table: the totals of the model."""
        rows: list[list[Cell]] = [
            ["Total params", number_text(self.weight_count())],
            ["Trainable params", number_text(self.weight_count(trainable=True))],
            ["Non-trainable params", number_text(self.weight_count(trainable=False))],
            ["Model size", memory_text(self.memory)],
            ["Model size (8-bit FP weights)", memory_text(self.int8_fp_weights_memory)],
            ["Float-32 Equivalent", memory_text(self.fp_equivalent_memory)],
            ["Compression Ratio of Memory", self.memory / max(1e-8, self.fp_equivalent_memory)],
        ]
        if not include_macs:
            return rows
        macs = self.op_count("mac")
        rows.append(["Number of MACs", number_text(macs)])
        for bits, word in ((1, "binarized"), (2, "ternarized")):
            share = self.op_count("mac", bits) / max(1, macs)
            if share > 0:
                rows.append([f"Ratio of MACs that are {word}", f"{share:.4f}"])
        return rows


def _union(parts: Iterable[Sequence[int]]) -> list[int]:
    return sorted({bits for part in parts for bits in part})
