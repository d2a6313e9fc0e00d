"""How long one image takes: a model of the work of the deployed program, fitted to measured networks.

The time is a sum of four parts, each a coefficient that is not negative times an amount of work: binary
multiply-accumulates, float ones, bytes of activations that operators read and write, and operators run. Weights are no
part of their own: of float weights each is read once for at least one float MAC, and binary ones are few. Errors are
relative ones, so that a network of 17 ms counts as much as one of 175 ms.

What the model is worth is measured by leaving each network out, fitting it to the others, and predicting the one left
out. The mean of these errors goes with every figure; there is no estimate without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields
from functools import cached_property
from typing import Any

from bnn_designer.cost.latency.nnls import nonnegative_least_squares
from bnn_designer.graph.passes.program import Program
from bnn_designer.units import count_text, ms_text, percent_text

#: Fewer networks can be fitted, but then there is nothing to leave out and no error to show.
LEAST_SAMPLES = 2


@dataclass(frozen=True)
class Work:
    """What a program does for one image, as far as the model knows.

    Attributes:
        binary_macs: XNOR-popcount multiply-accumulates.
        float_macs: all others.
        activation_bytes: what operators read and write of the tensors between them, each time they do.
        operators: how many are run.
    """

    binary_macs: int
    float_macs: int
    activation_bytes: int
    operators: int


#: What the parts of :class:`Work` are called.
TERM_NAMES = {
    "binary_macs": "binary MACs",
    "float_macs": "float MACs",
    "activation_bytes": "bytes of activations",
    "operators": "operators",
}


def work(program: Program, *, folded: bool = False) -> Work:
    """The work of a program.

    Args:
        program: what LCE runs.
        folded: leave out operators that depend on no image. A converter may compute those once; the one that the
            published figures were measured with did.
    """
    parts = [astuple(one) for one in operator_works(program, folded=folded).values()]
    return Work(*(sum(part[place] for part in parts) for place in range(len(fields(Work)))))


def operator_works(program: Program, *, folded: bool = False) -> dict[str, Work]:
    """The work of each operator that is counted, by its name; :func:`work` is their sum, and has the arguments."""
    moving = {program.input.name}
    counted = []
    for op in program.operators:
        depends = any(name in moving for name in op.inputs)
        if depends:
            moving.add(op.output.name)
        if depends or not folded:
            counted.append(op)
    sizes = {name: value.size_bytes for name, value in program.values.items()}
    return {
        op.name: Work(
            binary_macs=op.macs if op.is_binary else 0,
            float_macs=0 if op.is_binary else op.macs,
            activation_bytes=sum(sizes[name] for name in op.inputs if not folded or name in moving)
            + op.output.size_bytes,
            operators=1,
        )
        for op in counted
    }


@dataclass(frozen=True)
class Sample:
    """A network whose latency was measured."""

    name: str
    work: Work
    ms: float


@dataclass(frozen=True)
class LeftOut:
    """How a network is predicted by a model that never saw it."""

    name: str
    measured_ms: float
    predicted_ms: float

    @property
    def relative_error(self) -> float:
        """0.1: predicted 10 % too slow; -0.1: 10 % too fast."""
        return self.predicted_ms / self.measured_ms - 1


@dataclass(frozen=True)
class LatencyModel:
    """Milliseconds from work.

    Attributes:
        samples: what it was fitted to.
        coefficients: milliseconds for one of each part of :class:`Work`, in its order.
        left_out: how each sample is predicted by a model of the others.
        base: the model of another device whose coefficients these are, times one factor; None for a model of its own.
    """

    samples: tuple[Sample, ...]
    coefficients: tuple[float, ...]
    left_out: tuple[LeftOut, ...]
    base: LatencyModel | None = None

    @classmethod
    def fit(cls, samples: Sequence[Sample]) -> LatencyModel:
        """Fits a coefficient for every part of the work.

        Raises:
            ValueError: fewer than 2 samples, or a latency that is not positive.
        """
        _check(samples)
        left_out = tuple(
            LeftOut(one.name, one.ms, _predicted(_coefficients(_without(samples, one.name)), one.work))
            for one in samples
        )
        return cls(tuple(samples), _coefficients(samples), left_out)

    @classmethod
    def scaled(cls, samples: Sequence[Sample], base: LatencyModel) -> LatencyModel:
        """Fits one factor between another device's model and these samples, for too few samples to fit more.

        A network that is left out is left out of the other device's samples too.

        Raises:
            ValueError: fewer than 2 samples, or a latency that is not positive.
        """
        _check(samples)
        left_out = []
        for one in samples:
            shape = _coefficients(_without(base.samples, one.name))
            left_out.append(LeftOut(one.name, one.ms, _predicted(_scale(_without(samples, one.name), shape), one.work)))
        return cls(tuple(samples), _scale(samples, base.coefficients), tuple(left_out), base)

    def predict(self, amount: Work) -> float:
        """Milliseconds for one image; :meth:`estimate` gives them with their error."""
        return _predicted(self.coefficients, amount)

    @cached_property
    def mean_error(self) -> float:
        """Mean of the relative errors of networks left out, without signs.

        A scaled model adds that of the model it scales: its few samples say nothing about other kinds of network.
        """
        own = sum(abs(one.relative_error) for one in self.left_out) / len(self.left_out)
        return own + (self.base.mean_error if self.base else 0)

    @cached_property
    def max_error(self) -> float:
        """The largest of the relative errors of networks left out; of a scaled model, with that of its base."""
        own = max(abs(one.relative_error) for one in self.left_out)
        return own + (self.base.max_error if self.base else 0)

    def beyond(self, amount: Work) -> tuple[str, ...]:
        """Where an amount of work lies outside of all samples, in words; empty for an interpolation."""
        found = []
        for field in fields(Work):
            known = [getattr(one.work, field.name) for one in self.samples]
            value = getattr(amount, field.name)
            if not min(known) <= value <= max(known):
                span = " to ".join(count_text(bound) for bound in sorted({min(known), max(known)}))
                found.append(f"{count_text(value)} {TERM_NAMES[field.name]}, fitted on {span}")
        return tuple(found)

    def estimate(self, device: str, source: str, amount: Work) -> Estimate:
        """The latency of a program on a device, with its error."""
        return Estimate(
            device,
            self.predict(amount),
            self.mean_error,
            self.max_error,
            len(self.samples),
            self.beyond(amount),
            source,
        )


@dataclass(frozen=True)
class Estimate:
    """A latency that is not measured.

    Attributes:
        device: what it is of.
        ms: milliseconds for one image, one thread.
        mean_error: mean relative error of networks left out, such as 0.12.
        max_error: the largest relative error of a network left out.
        samples: how many measured networks the model was fitted to.
        extrapolated: in which parts of its work the program lies outside of those networks; the error may be larger.
        source: where the measured latencies are from, and how the model was fitted.
    """

    device: str
    ms: float
    mean_error: float
    max_error: float
    samples: int
    extrapolated: tuple[str, ...]
    source: str

    def __str__(self) -> str:
        """``27 ms ± 12 %``, and whether it is extrapolated; two digits, as errors are of 10 % and more."""
        beyond = ", extrapolated" if self.extrapolated else ""
        return f"{ms_text(self.ms, 2)} ± {percent_text(self.mean_error, 0)}{beyond}"

    def to_data(self) -> dict[str, Any]:
        """As ``cost --json`` prints it in ``latency``."""
        return {
            "device": self.device,
            "state": "estimated",
            "ms": self.ms,
            "mean_relative_error": self.mean_error,
            "max_relative_error": self.max_error,
            "samples": self.samples,
            "extrapolated": list(self.extrapolated),
            "source": self.source,
        }


@dataclass(frozen=True)
class NoLatency:
    """Why there is no latency.

    Attributes:
        device: what it would be of.
        state: ``unknown``: nothing was published; ``unsupported``: LCE cannot run the design; ``not calibrated``.
        reason: one sentence.
    """

    device: str
    state: str
    reason: str

    def __str__(self) -> str:
        return f"{self.state}: {self.reason}"

    def to_data(self) -> dict[str, Any]:
        return asdict(self)


def _check(samples: Sequence[Sample]) -> None:
    if len({one.name for one in samples}) < LEAST_SAMPLES:
        raise ValueError(f"{len(samples)} samples; at least {LEAST_SAMPLES} networks, or there is no error to show")
    for one in samples:
        if not one.ms > 0:
            raise ValueError(f"{one.name} takes {one.ms} ms; a latency is positive")


def _without(samples: Sequence[Sample], name: str) -> tuple[Sample, ...]:
    return tuple(one for one in samples if one.name != name)


def _coefficients(samples: Sequence[Sample]) -> tuple[float, ...]:
    """Divided by its latency, every sample aims at 1, and what is left over is its relative error."""
    rows = [[amount / one.ms for amount in astuple(one.work)] for one in samples]
    return nonnegative_least_squares(rows, [1.0] * len(rows))


def _scale(samples: Sequence[Sample], shape: tuple[float, ...]) -> tuple[float, ...]:
    rows = [[_predicted(shape, one.work) / one.ms] for one in samples]
    (factor,) = nonnegative_least_squares(rows, [1.0] * len(rows))
    return tuple(factor * coefficient for coefficient in shape)


def _predicted(coefficients: tuple[float, ...], amount: Work) -> float:
    return sum((each * count for each, count in zip(coefficients, astuple(amount), strict=True)), 0.0)
