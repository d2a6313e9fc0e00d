"""Documents of older schemas: read as today's, meaning the same."""

from __future__ import annotations

import json

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.migrations import SCHEMA_VERSION, migrate
from bnn_designer.design.quantization import Quantizer

# bi-real-cifar's first blocks as schema 1 wrote them.
VERSION_1 = {
    "schema_version": 1,
    "name": "old",
    "input_shape": [32, 32, 3],
    "classes": 10,
    "blocks": [
        {
            "kind": "shortcut",
            "id": "shortcut_1",
            "label": "",
            "body": [
                {
                    "kind": "binary_conv",
                    "id": "binary_conv_1",
                    "label": "",
                    "use_bias": False,
                    "batch_norm": {"center": True, "scale": True, "momentum": 0.9, "epsilon": 0.001},
                    "activation": None,
                    "order": "batch_norm_first",
                    "filters": 3,
                    "kernel_size": [3, 3],
                    "strides": [1, 1],
                    "dilation": [1, 1],
                    "padding": "same",
                    "input_quantizer": "approx_sign",
                    "kernel_quantizer": "ste_sign",
                    "kernel_constraint": "weight_clip",
                    "pad_values": 1,
                }
            ],
            "on_shape_change": "average_pool_pointwise",
            "batch_norm": None,
        }
    ],
}


def test_a_document_of_version_1_means_the_same() -> None:
    design = Design.from_data(VERSION_1)
    assert design.schema_version == SCHEMA_VERSION == 2
    (shortcut,) = design.blocks
    conv = b.BinaryConv(
        id="binary_conv_1", filters=3, input_quantizer=Quantizer(name="approx_sign"), batch_norm=b.BatchNormOptions()
    )
    assert shortcut == b.Shortcut(
        id="shortcut_1", body=(conv,), merge="add", on_shape_change="average_pool_pointwise", batch_norm=None
    )
    assert conv.groups == 1
    assert Design.from_json(design.to_json()) == design


def test_migration_leaves_its_input() -> None:
    before = json.dumps(VERSION_1)
    assert migrate(VERSION_1)["schema_version"] == 2
    assert json.dumps(VERSION_1) == before


def test_what_cannot_be_migrated_comes_back_as_it_is() -> None:
    for version in (0, 3, "1", True, None):
        assert migrate({"schema_version": version}) == {"schema_version": version}
    assert migrate({}) == {}
