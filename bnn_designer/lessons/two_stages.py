"""A network small enough to train while one looks on, in one stage or in two: 16 signs in, 16 binary units, one answer.

The rule to be learned is that of a network of the same form with random signs for weights, on random inputs. A unit
gives the sign of its sum; the answer is the sign of the sum of the units. Gradients pass a sign where its input is
within one standard deviation, [-4, 4] (ste_sign, of the sum divided by 4), and the loss is the squared hinge.

In one stage the weights are the signs of latent ones, clipped to [-1, 1]. In two, the first stage takes the latent
weights as they are: the inputs of every layer are binary, the kernels are not. Each stage has the whole schedule, as in
:mod:`bnn_designer.training.stages`. All of it is adding, multiplying, dividing and comparing in a fixed order, so that
the browser, which trains it in ``ui/learn/web/staging.js``, gets the same numbers to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Inputs, and units of the hidden layer; the square root of both scales the sums.
SIZE, ROOT = 16, 4.0
#: Examples to train on, and to validate on; and of a step.
EXAMPLES, VALIDATION, BATCH = 256, 512, 8
EPOCHS = 24
#: What the first stage may have of them; 0: one stage.
FIRST_STAGES = (0, 6, 12, 18)
SEEDS = tuple(range(10))
#: The learning rate at the beginning of a stage, from which it falls in a straight line to 0.
RATE = 0.2
#: The rule's, so that every seed learns the same one.
_RULE_SEED = 12345


class Chance:
    """Even numbers in [0, 1): a linear congruential generator of 32 bits (Knuth's; Numerical Recipes, section 7.1)."""

    def __init__(self, seed: int) -> None:
        self._state = seed
        for _ in range(3):  # small seeds begin alike
            self.next()

    def next(self) -> float:
        self._state = (1664525 * self._state + 1013904223) % 2**32
        return self._state / 2**32

    def sign(self) -> float:
        return 1.0 if self.next() >= 0.5 else -1.0


@dataclass(frozen=True)
class Network:
    """Weights: ``hidden`` [SIZE][SIZE], a row a unit, and ``out`` [SIZE]."""

    hidden: list[list[float]]
    out: list[float]


@dataclass(frozen=True)
class Examples:
    """Inputs of -1 and 1, [N][SIZE], and what the rule says of each, -1 or 1."""

    inputs: list[list[float]]
    targets: list[float]


def rule() -> tuple[Examples, Examples]:
    """To train on, and to validate on."""
    chance = Chance(_RULE_SEED)
    network = Network([_signs(chance) for _ in range(SIZE)], _signs(chance))
    return _examples(chance, network, EXAMPLES), _examples(chance, network, VALIDATION)


def train(seed: int, first_stage: int) -> tuple[float, ...]:
    """Share of the validation that is right after each epoch, 0 to 1.

    Args:
        seed: of the first weights and of the order of the examples.
        first_stage: epochs with float kernels; 0: one stage. In them the accuracies are of that float network.
    """
    examples, validation = rule()
    chance = Chance(seed)
    network = Network([_small(chance) for _ in range(SIZE)], _small(chance))
    found = []
    for epoch in range(EPOCHS):
        in_floats = epoch < first_stage
        begun, ends = (0, first_stage) if in_floats else (first_stage, EPOCHS)
        order = _order(chance, EXAMPLES)
        for step in range(EXAMPLES // BATCH):
            done = (epoch - begun + step / (EXAMPLES // BATCH)) / (ends - begun)
            _step(network, examples, order[step * BATCH : (step + 1) * BATCH], RATE * (1 - done), in_floats)
        found.append(accuracy(used(network, in_floats), validation))
    return tuple(found)


def used(network: Network, in_floats: bool) -> Network:
    """What the layers multiply with."""
    if in_floats:
        return network
    return Network([[_sign(one) for one in row] for row in network.hidden], [_sign(one) for one in network.out])


def accuracy(network: Network, examples: Examples) -> float:
    """Share of the examples that the network gets right."""
    right = 0
    for inputs, target in zip(examples.inputs, examples.targets, strict=True):
        right += _sign(_answer(network, inputs)[1]) == target
    return right / len(examples.targets)


def _step(network: Network, examples: Examples, places: Sequence[int], rate: float, in_floats: bool) -> None:
    """One step of gradient descent on the latent weights, by the mean gradient of a batch; then the clip."""
    now = used(network, in_floats)
    hidden_slopes = [[0.0] * SIZE for _ in range(SIZE)]
    out_slopes = [0.0] * SIZE
    for place in places:
        inputs, target = examples.inputs[place], examples.targets[place]
        sums, answer = _answer(now, inputs)
        missing = 1 - target * answer
        if missing <= 0:
            continue
        slope = -2 * target * missing / ROOT
        for unit in range(SIZE):
            out_slopes[unit] += slope * _sign(sums[unit])
            if -1 <= sums[unit] <= 1:
                back = slope * now.out[unit] / ROOT
                row = hidden_slopes[unit]
                for index in range(SIZE):
                    row[index] += back * inputs[index]
    for unit in range(SIZE):
        network.out[unit] = _clipped(network.out[unit] - rate * out_slopes[unit] / BATCH)
        row, slopes = network.hidden[unit], hidden_slopes[unit]
        for index in range(SIZE):
            row[index] = _clipped(row[index] - rate * slopes[index] / BATCH)


def _answer(network: Network, inputs: Sequence[float]) -> tuple[list[float], float]:
    """The units' sums divided by the root, and the answer, likewise; added in order."""
    sums = []
    answer = 0.0
    for row, weight in zip(network.hidden, network.out, strict=True):
        total = 0.0
        for one, value in zip(row, inputs, strict=True):
            total += one * value
        total /= ROOT
        sums.append(total)
        answer += weight * _sign(total)
    return sums, answer / ROOT


def _examples(chance: Chance, network: Network, count: int) -> Examples:
    inputs = [_signs(chance) for _ in range(count)]
    return Examples(inputs, [_sign(_answer(network, one)[1]) for one in inputs])


def _signs(chance: Chance) -> list[float]:
    return [chance.sign() for _ in range(SIZE)]


def _small(chance: Chance) -> list[float]:
    return [chance.next() - 0.5 for _ in range(SIZE)]


def _order(chance: Chance, count: int) -> list[int]:
    """Fisher and Yates' shuffle, from the end."""
    places = list(range(count))
    for last in range(count - 1, 0, -1):
        other = int(chance.next() * (last + 1))
        places[last], places[other] = places[other], places[last]
    return places


def _sign(value: float) -> float:
    return 1.0 if value >= 0 else -1.0


def _clipped(value: float) -> float:
    return max(-1.0, min(1.0, value))
