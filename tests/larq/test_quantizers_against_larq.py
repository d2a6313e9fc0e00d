"""Larq itself beside its home on Keras 3: quantizers, activations, optimizers, metric and schedules, number by number.

Set BNN_LARQ_PYTHON to a Python that has it (larq 0.14.0 with TensorFlow 2.15); it need not be the one that runs the
tests. ``pytest -rP`` prints how many numbers were compared of each name.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import bnn_designer.larq as lq

LARQ_PYTHON = os.environ.get("BNN_LARQ_PYTHON")
SCRIPT = Path(__file__).with_name("larq_results.py")
pytestmark = pytest.mark.skipif(not LARQ_PYTHON, reason="BNN_LARQ_PYTHON names no Python with larq")

CLIPS = [0.5, 1.0, 1.3, None]
#: Module, name, and the arguments to make it with.
FUNCTIONS: list[tuple[str, str, list[dict[str, Any]]]] = [
    ("quantizers", "SteSign", [{"clip_value": clip} for clip in CLIPS]),
    ("quantizers", "ste_sign", [{}, {"clip_value": None}]),
    ("quantizers", "ApproxSign", [{}]),
    ("quantizers", "approx_sign", [{}]),
    ("quantizers", "SteHeaviside", [{"clip_value": clip} for clip in CLIPS]),
    ("quantizers", "ste_heaviside", [{}]),
    ("quantizers", "SwishSign", [{}, {"beta": 1.0}, {"beta": 10.0}]),
    ("quantizers", "swish_sign", [{}]),
    ("quantizers", "MagnitudeAwareSign", [{"clip_value": clip} for clip in CLIPS]),
    (
        "quantizers",
        "SteTern",
        [
            *({"clip_value": clip} for clip in CLIPS),
            {"threshold_value": 0.5},
            {"threshold_value": 0.0},
            {"ternary_weight_networks": True},
            {"ternary_weight_networks": True, "clip_value": None},
        ],
    ),
    ("quantizers", "ste_tern", [{}, {"threshold_value": 0.25, "clip_value": None}]),
    ("quantizers", "DoReFa", [{"k_bit": k, "mode": mode} for k in (1, 2, 3, 8) for mode in ("activations", "weights")]),
    ("quantizers", "NoOp", [{"precision": 1}]),
    ("activations", "hard_tanh", [{}]),
    ("activations", "leaky_tanh", [{}, {"alpha": 0.5}]),
    ("math", "sign", [{}]),
    ("math", "heaviside", [{}]),
    ("constraints", "WeightClip", [{}, {"clip_value": 0.5}]),
]
#: Ties of thresholds, clips and steps; both zeros; numbers beside them; what is not finite.
SPECIAL = [0.0, -0.0, 0.05, -0.05, 0.25, 0.5, -0.5, 1.0, -1.0, 1.3, -1.3, 2.0, 0.0 + 2**-30, 1 / 6, 1e30]
SPECIAL += [float(np.nextafter(np.float32(value), np.float32(9))) for value in (0.05, 0.5, 1.0, 1.3)]


def written(values: Any) -> dict[str, Any]:
    values = np.asarray(values, np.float32)
    return {"values": [repr(float(value)) for value in values.ravel()], "shape": list(values.shape)}


def inputs() -> list[np.ndarray]:
    """Kernels of convolutions and dense layers, on both sides of 1; ties; NaN; all zeros."""
    rng = np.random.default_rng(7)
    shapes = [(3, 3, 4, 5), (1, 1, 2, 3), (6, 7), (5, 1)]
    kernels = [scale * rng.normal(size=shape) for shape in shapes for scale in (0.1, 1.0)]
    special = np.array([*SPECIAL, -SPECIAL[-1]])
    ties = [special.reshape(-1, 1), rng.permutation(np.resize(special[:14], 42)).reshape(2, 3, 7)]
    return [np.float32(x) for x in (*kernels, *ties, [[np.nan, 1.0], [0.5, -2.0]], np.zeros((2, 3)))]


def upstream(x: np.ndarray) -> np.ndarray:
    return np.random.default_rng(x.size).normal(size=x.shape).astype(np.float32)


def function_cases() -> dict[str, Any]:
    cases = {}
    for module, name, arguments in FUNCTIONS:
        for i, one in enumerate(arguments):
            given = [{"x": written(x), "upstream": written(upstream(x))} for x in inputs()]
            cases[f"{name}/{i}"] = {"module": module, "name": name, "arguments": one, "inputs": given}
    return cases


def optimizer_cases() -> dict[str, Any]:
    cases = {}
    for seed, (threshold, gamma, sgd) in enumerate(
        [(1e-8, 1e-4, None), (0.25, 0.5, None), (0.0, 1.0, None), (1e-6, 1e-3, 0.1), (0.125, 0.25, 0.1)]
    ):
        rng = np.random.default_rng(seed)
        # in eighths, so that products with the average are often equal to the threshold
        variables = [np.round(rng.uniform(-1, 1, (4, 5)) * 8) / 8, rng.normal(size=3)][: 1 if sgd is None else 2]
        gradients = [[np.round(rng.normal(size=v.shape) * 4) / 4 for v in variables] for _ in range(5)]
        cases[f"Bop/{seed}" if sgd is None else f"CaseOptimizer/{seed}"] = {
            "threshold": threshold,
            "gamma": gamma,
            "sgd": sgd,
            "variables": [written(values) for values in variables],
            "gradients": [[written(values) for values in step] for step in gradients],
        }
    return cases


def flip_cases() -> dict[str, Any]:
    cases = {}
    for seed, (dtype, reset) in enumerate([("int8", None), ("int8", 3), ("int16", None), ("float32", 2)]):
        rng = np.random.default_rng(seed)
        steps = [written(rng.integers(-1, 2, (3, 4)) * rng.choice([1.0, 0.5])) for _ in range(6)]
        cases[f"FlipRatio/{seed}"] = {"dtype": dtype, "reset": reset, "steps": steps}
    return cases


def schedule_cases() -> dict[str, Any]:
    return {
        f"HyperparameterScheduler/{parameters}-{update_freq}": {
            "start": 0.25,
            "parameters": parameters,
            "update_freq": update_freq,
        }
        for parameters in ("one", "two")
        for update_freq in ("epoch", "step")
    }


@pytest.fixture(scope="module")
def larq_s(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """All of Larq's results, of one process."""
    assert LARQ_PYTHON is not None
    folder = tmp_path_factory.mktemp("larq")
    request = {
        kind: [{"key": key, **case} for key, case in cases.items()]
        for kind, cases in (
            ("functions", function_cases()),
            ("optimizers", optimizer_cases()),
            ("flips", flip_cases()),
            ("schedules", schedule_cases()),
        )
    }
    (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
    command = [LARQ_PYTHON, str(SCRIPT), str(folder / "request.json"), str(folder / "results.npz")]
    # Without this Python's paths: they lead to libraries of another TensorFlow.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert run.returncode == 0, run.stderr[-2000:]
    with np.load(folder / "results.npz") as results:
        return dict(results)


def same(ours: Any, theirs: np.ndarray, case: str) -> int:
    """How many numbers are the same: to 1e-5 of each, NaN where they have NaN."""
    ours = np.asarray(ours)
    assert ours.shape == theirs.shape, case
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7, err_msg=case)
    return int(theirs.size)


@pytest.mark.parametrize(("module", "name", "arguments"), FUNCTIONS, ids=[name for _, name, _ in FUNCTIONS])
def test_forward_and_gradient(
    larq_s: dict[str, np.ndarray], module: str, name: str, arguments: list[dict[str, Any]]
) -> None:
    numbers = 0
    for i, one in enumerate(arguments):
        ours = getattr(getattr(lq, module), name)
        function = ours(**one) if isinstance(ours, type) else lambda x, ours=ours, one=one: ours(x, **one)
        for j, x in enumerate(inputs()):
            source = tf.constant(x)
            with tf.GradientTape() as tape:
                tape.watch(source)
                y = function(source)
            gradient = tape.gradient(y, source, output_gradients=tf.constant(upstream(x)))
            case, key = f"{name}({one}) of {x.tolist()}", f"{name}/{i}/{j}"
            numbers += same(y, larq_s[f"{key}/y"], case)
            gradient = tf.zeros_like(source) if gradient is None else gradient
            numbers += same(gradient, larq_s[f"{key}/gradient"], f"gradient of {case}")
    print(f"{name}: {len(arguments) * len(inputs())} tensors, {numbers} numbers as Larq's")


def read(values: dict[str, Any]) -> np.ndarray:
    return np.array([float(value) for value in values["values"]], np.float32).reshape(values["shape"])


@pytest.mark.parametrize("key", optimizer_cases())
def test_steps_of_optimizers(larq_s: dict[str, np.ndarray], key: str) -> None:
    case = optimizer_cases()[key]
    variables = [keras.Variable(read(values), name=f"v{i}") for i, values in enumerate(case["variables"])]
    optimizer: Any = lq.optimizers.Bop(threshold=case["threshold"], gamma=case["gamma"])
    if case["sgd"] is not None:
        sgd = keras.optimizers.SGD(case["sgd"], momentum=0.5)
        optimizer = lq.optimizers.CaseOptimizer((lambda v: v.name == "v0", optimizer), default_optimizer=sgd)
    numbers = 0
    for step, gradients in enumerate(case["gradients"]):
        optimizer.apply([tf.constant(read(values)) for values in gradients], variables)
        for i, variable in enumerate(variables):
            numbers += same(variable.numpy(), larq_s[f"{key}/{step}/{i}"], f"{key}, step {step}")
    print(f"{key}: {len(case['gradients'])} steps, {numbers} numbers as Larq's")


@pytest.mark.parametrize("key", flip_cases())
def test_flip_ratios(larq_s: dict[str, np.ndarray], key: str) -> None:
    case = flip_cases()[key]
    metric = lq.metrics.FlipRatio(values_dtype=case["dtype"])
    for step, values in enumerate(case["steps"]):
        if step == case["reset"]:
            metric.reset_state()
        metric.update_state(read(values))
        same(metric.result(), larq_s[f"{key}/{step}"], f"{key}, step {step}")
    print(f"{key}: {len(case['steps'])} steps as Larq's")


@pytest.mark.parametrize("key", schedule_cases())
def test_schedules(larq_s: dict[str, np.ndarray], key: str) -> None:
    case = schedule_cases()[key]
    start = case["start"]
    schedule = (lambda t: start / (1 + t)) if case["parameters"] == "one" else lambda t, value: value / 2 + start * t
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(start), "mse")
    scheduler = lq.callbacks.HyperparameterScheduler(schedule, "learning_rate", update_freq=case["update_freq"])
    history = model.fit(np.ones((4, 2)), np.ones(4), batch_size=2, epochs=3, verbose=0, callbacks=[scheduler]).history
    print(f"{key}: {same(history['learning_rate'], larq_s[key], key)} epochs as Larq's")
