"""A design's degrees of freedom: each point is a network, and the design's own point is the design."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.compare import network_key
from bnn_designer.compare.dimensions import VaryError
from bnn_designer.compare.freedom import Space, freedom
from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower

NAMES = ("binarynet", "bi-real-cifar", "melius-net-cifar", "quicknet-cifar", "binary-densenet-cifar")


@cache
def space(name: str) -> Space:
    return freedom(preset(name))


@settings(max_examples=60)
@given(st.sampled_from(NAMES), st.data())
def test_each_point_is_a_network_that_json_keeps(name: str, data: st.DataObject) -> None:
    found = space(name)
    point = {degree.name: data.draw(st.sampled_from(degree.values), degree.name) for degree in found.degrees}
    design = found.at(point)
    lower(design)
    assert network_key(Design.from_json(design.to_json())) == network_key(found.at(point))


@pytest.mark.parametrize("name", NAMES)
def test_the_own_point_is_the_design_and_each_single_change_another_network(name: str) -> None:
    found = space(name)
    assert found.at(found.own) == preset(name)
    assert found.changes(found.own) == "as it is"
    for degree in found.degrees:
        keys = {network_key(found.at(found.own | {degree.name: value})) for value in degree.values}
        assert len(keys) == len(degree.values) > 1


def test_a_point_of_another_space_is_refused() -> None:
    found = space("binarynet")
    with pytest.raises(VaryError, match="a point has a value for each of"):
        found.at({})
    with pytest.raises(VaryError, match=r"shortcuts=four: choose one of as-is"):
        found.at(found.own | {"shortcuts": "four"})
