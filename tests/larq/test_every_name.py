"""Every public name of Larq: here with Larq's arguments and attributes, or in the document with the reason why not."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.larq import public_names

HERE = Path(__file__).parent
DOCUMENT = (HERE.parents[1] / "docs" / "moving-from-larq.md").read_text(encoding="utf-8")
LARQ = json.loads((HERE / "larq_names.json").read_text())

#: What is not here; the document says why of each.
NOT_HERE = {
    ("models", "LayersTable"),
    ("models", "SummaryTable"),
    ("models", "sanitize_table"),
    ("quantized_variable", "QuantizedVariableSpec"),
}
#: What is here with other arguments; the document says why of each.
OTHER_ARGUMENTS = {
    ("layers", "QuantLocallyConnected1D"),
    ("layers", "QuantLocallyConnected2D"),
    ("models", "WeightProfile"),
}
NO_ATTRIBUTES = {("quantized_variable", "QuantizedVariable", "from_variable")}
NAMES = [(module, name) for module, names in LARQ.items() if module != "source" for name in names]


def ours(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"bnn_designer.larq.{module}"), name)


def taken(thing: Any) -> dict[str, Any]:
    parameters = inspect.signature(thing).parameters.values()
    return {one.name: "required" if one.default is one.empty else one.default for one in parameters}


@pytest.mark.parametrize(("module", "name"), [one for one in NAMES if one not in NOT_HERE])
def test_a_name_takes_what_it_takes_in_larq(module: str, name: str) -> None:
    """Every argument in Larq's order, with Larq's default; ours may take more, by name."""
    found, expected = ours(module, name), LARQ[module][name]
    missing = [one for one in expected["attributes"] if (module, name, one) not in NO_ATTRIBUTES]
    assert [one for one in missing if not hasattr(found, one)] == []
    if expected["arguments"] is None or (module, name) in OTHER_ARGUMENTS:
        return
    arguments = {key: list(value) if isinstance(value, tuple) else value for key, value in taken(found).items()}
    assert [[key, arguments[key]] for key in arguments if key in dict(expected["arguments"])] == expected["arguments"]


def test_what_is_not_here_is_not_here() -> None:
    for module, name in NOT_HERE:
        with pytest.raises((AttributeError, ImportError)):
            ours(module, name)


def test_the_document_has_every_name() -> None:
    assert [one for one in NAMES if f"`{'.'.join(one)}`" not in DOCUMENT] == []


@pytest.mark.skipif(not os.environ.get("BNN_LARQ_PYTHON"), reason="BNN_LARQ_PYTHON names no Python that has Larq")
def test_larq_itself_has_these_names() -> None:
    command = [os.environ["BNN_LARQ_PYTHON"], public_names.__file__]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert json.loads(done.stdout) == LARQ
