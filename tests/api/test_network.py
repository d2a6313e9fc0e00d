"""A network as a value: what goes in comes out, and an edit gives another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnn_designer import Network
from bnn_designer.cost import cost
from bnn_designer.design import Design, load_design
from bnn_designer.design.edits import Remove, Update, UpdateDesign
from bnn_designer.design.links import link_to
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.errors import BnnDesignerError, DesignError


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.load("binarynet")


@pytest.mark.parametrize("name", ["binarynet", "reactnet-a", "har-1d"])
def test_file_and_link_give_back_what_was_saved(name: str, tmp_path: Path) -> None:
    network = Network.load(name)
    network.save(tmp_path / "net.json")
    assert Network.load(tmp_path / "net.json") == network
    assert Network.load(network.link()) == network
    assert network.link("https://class.example/") == link_to(preset(name), "https://class.example/")


def test_it_is_a_design_and_equal_to_one(network: Network, tmp_path: Path) -> None:
    """From both sides; unequal to another, and to what is none."""
    assert network == preset("binarynet")
    assert preset("binarynet") == network
    assert hash(network) == hash(preset("binarynet"))
    assert network != preset("bi-real-cifar")
    assert network != "binarynet"
    assert cost(network).to_data() == cost(preset("binarynet")).to_data()
    network.save(tmp_path / "net.json")
    assert (tmp_path / "net.json").read_text() == preset("binarynet").to_json()
    assert type(load_design(tmp_path / "net.json")) is Design


def test_an_edit_gives_another_network(network: Network) -> None:
    first = network.blocks[0].id
    edited = network.edited(
        UpdateDesign(changes={"input_shape": (28, 28, 1)}), Update(block_id=first, changes={"filters": 64})
    )
    assert type(edited) is Network
    assert (edited.input_shape, edited.find(first).model_dump()["filters"]) == ((28, 28, 1), 64)
    assert network == preset("binarynet")
    assert type(network.edited()) is Network
    with pytest.raises(DesignError, match="no block 'nobody'"):
        network.edited(Remove(block_id="nobody"))


def test_a_file_is_replaced_only_where_asked(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text("mine")
    with pytest.raises(BnnDesignerError, match=r"net\.json"):
        network.save(path)
    assert path.read_text() == "mine"
    network.save(str(path), overwrite=True)
    assert Network.load(path) == network


@pytest.mark.parametrize("source", ["no-such-preset", "no-such-file.json", "http://localhost:8501/?design=x"])
def test_what_is_no_network_is_told(source: str) -> None:
    with pytest.raises(DesignError):
        Network.load(source)
    assert "no-such-preset" not in PRESETS
