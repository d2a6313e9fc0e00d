"""Runs Larq, in the Python that has it: reads a request from a file of JSON, and writes numpy arrays.

    python larq_results.py REQUEST.json RESULTS.npz

Nothing of this project is imported here: what is compared must not be one's own.
"""

import json
import sys
from pathlib import Path

import larq
import numpy as np
import tensorflow as tf

request = json.loads(Path(sys.argv[1]).read_text())
results = {}


def array(values, dtype="float32"):
    """JSON has no NaN or infinity in it that all readers know: they come as words."""
    return np.array([float(value) for value in values["values"]], dtype).reshape(values["shape"])


def value_and_gradient(function, x):
    x, upstream = tf.constant(array(x["x"])), tf.constant(array(x["upstream"]))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    gradient = tape.gradient(y, x, output_gradients=upstream)
    return y, tf.zeros_like(x) if gradient is None else gradient


def is_first(variable):
    return variable.name.startswith("v0")


for case in request["functions"]:
    function = getattr(getattr(larq, case["module"]), case["name"])
    if isinstance(function, type):
        function = function(**case["arguments"])
    else:
        plain, arguments = function, case["arguments"]

        def function(x, plain=plain, arguments=arguments):
            return plain(x, **arguments)

    for i, x in enumerate(case["inputs"]):
        y, gradient = value_and_gradient(function, x)
        results[f"{case['key']}/{i}/y"], results[f"{case['key']}/{i}/gradient"] = y.numpy(), gradient.numpy()

for case in request["optimizers"]:
    variables = [tf.Variable(array(values), name=f"v{i}") for i, values in enumerate(case["variables"])]
    bop = larq.optimizers.Bop(threshold=case["threshold"], gamma=case["gamma"])
    optimizer = bop
    if case["sgd"] is not None:
        sgd = tf.keras.optimizers.legacy.SGD(case["sgd"], momentum=0.5)
        optimizer = larq.optimizers.CaseOptimizer((is_first, bop), default_optimizer=sgd)
    for step, gradients in enumerate(case["gradients"]):
        pairs = [(tf.constant(array(g)), variable) for g, variable in zip(gradients, variables, strict=True)]
        optimizer.apply_gradients(pairs)
        for i, variable in enumerate(variables):
            results[f"{case['key']}/{step}/{i}"] = variable.numpy()

for case in request["flips"]:
    metric = larq.metrics.FlipRatio(values_dtype=case["dtype"])
    for step, values in enumerate(case["steps"]):
        if step == case["reset"]:
            metric.reset_state()
        metric.update_state(array(values))
        results[f"{case['key']}/{step}"] = metric.result().numpy()


class Rate:
    """A schedule out of the request, of one argument or two."""

    def __init__(self, case):
        self.case = case

    def one(self, t):
        return self.case["start"] / (1 + t)

    def two(self, t, value):
        return value / 2 + self.case["start"] * t


for case in request["schedules"]:
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,))])
    model.compile(tf.keras.optimizers.legacy.SGD(case["start"]), "mse")
    schedule = getattr(Rate(case), case["parameters"])
    scheduler = larq.callbacks.HyperparameterScheduler(schedule, "learning_rate", update_freq=case["update_freq"])
    history = model.fit(np.ones((4, 2)), np.ones(4), batch_size=2, epochs=3, verbose=0, callbacks=[scheduler]).history
    results[case["key"]] = np.array(history["learning_rate"])

np.savez(sys.argv[2], **results)
