from __future__ import annotations

from hypothesis import given

from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.ui.memory import moments
from tests.strategies import networks


@given(networks())
def test_the_categories_sum_to_the_live_bytes(design: Design) -> None:
    memory = cost(design).runtime_memory
    assert [moment.live_bytes for moment in moments(cost(design))] == [step.live_bytes for step in memory.steps]


def test_a_shortcut_keeps_its_tensor_while_the_binary_convolution_runs() -> None:
    moment = next(moment for moment in moments(cost(preset("bi-real-cifar"))) if moment.layer == "binary_conv_1")
    image, tensor, signs = 32 * 32 * 3 * 4, 32 * 32 * 32 * 4, 32 * 32 * 32 // 8
    assert moment.bytes_by_category == {
        "binary": signs,
        "other float": image + tensor,  # the image, and what the convolution makes
        "float, kept by shortcuts": tensor,
    }


def test_a_network_without_shortcuts_keeps_nothing_for_them() -> None:
    assert all(
        not moment.bytes_by_category["float, kept by shortcuts"] for moment in moments(cost(preset("binarynet")))
    )
