"""The names that ``from bnn_designer import ...`` gives, whoever imported what before, and what they cost."""

from __future__ import annotations

import subprocess
import sys

import pytest

import bnn_designer
from bnn_designer import api

PUBLIC = [name for name in bnn_designer.__all__ if name != "__version__"]
BOTH_ROOM_AND_FUNCTION = ["cost", "export"]


def prints(program: str) -> str:
    """What a program prints in a Python of its own, where nothing was imported yet."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_they_are_those_of_the_room() -> None:
    assert {*PUBLIC, "Trained"} == set(api.__all__)
    for name in PUBLIC:
        if name not in BOTH_ROOM_AND_FUNCTION:
            assert getattr(bnn_designer, name) is getattr(api, name)
    assert set(PUBLIC) <= set(dir(bnn_designer))
    with pytest.raises(AttributeError, match="no attribute 'sell'"):
        bnn_designer.sell  # noqa: B018
    with pytest.raises(ImportError):
        from bnn_designer import sell  # noqa: F401


def test_the_import_loads_nothing_and_a_figure_no_tensorflow() -> None:
    loaded = "import sys; print(sorted({name.split('.')[0] for name in sys.modules} & {'pydantic', 'tensorflow'}))"
    assert prints(f"import bnn_designer; {loaded}") == "[]"
    costs = "from bnn_designer import Network, cost, export, train; cost(Network.load('binarynet'))"
    assert prints(f"{costs}; {loaded}") == "['pydantic']"


@pytest.mark.parametrize("first", ["import bnn_designer.cost", "import bnn_designer.cost.larq"])
def test_a_room_with_the_name_of_a_function_is_both(first: str) -> None:
    """A package that was imported hides the name of its parent: the same program must not depend on that."""
    program = "from bnn_designer import cost, Network; net = Network.load('binarynet'); print(cost(net).larq.macs)"
    assert int(prints(f"{first}; {program}")) == bnn_designer.cost(api.Network.load("binarynet")).larq.macs


def test_the_room_is_still_one() -> None:
    import bnn_designer.cost as room

    assert room.DeployOptions is not None
    assert room.__name__ == "bnn_designer.cost"
