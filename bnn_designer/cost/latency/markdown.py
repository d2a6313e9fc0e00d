"""How each network is predicted by a model that never saw it: ``python -m bnn_designer.cost.latency.markdown``.

Prints the tables of docs/latency.md, in Markdown.
"""

from __future__ import annotations

from collections.abc import Iterator

from bnn_designer.cost.devices.catalogue import DEVICES
from bnn_designer.cost.latency.devices import SOURCES, latency_model
from bnn_designer.cost.latency.model import LatencyModel, LeftOut
from bnn_designer.units import percent_text

#: Networks that are alike; one that is left out alone is predicted by its siblings.
FAMILIES = {
    "AlexNets": ("binary-alexnet", "xnor-net"),
    "ResNets-18": ("bi-real-net", "binary-resnet-e18", "real-to-binary-net"),
    "BinaryDenseNets": (
        "binary-densenet-28",
        "binary-densenet-37",
        "binary-densenet-37-dilated",
        "binary-densenet-45",
    ),
    "MeliusNet": ("melius-net-22",),
    "QuickNets": ("quicknet-small", "quicknet", "quicknet-large"),
}


def tables() -> Iterator[str]:
    """The lines: errors, coefficients, every network as it is predicted when left out, then whole families left out."""
    models = {DEVICES[key].name: latency_model(key) for key in SOURCES}
    yield from _table("device", "networks", "parameters", "mean error, held out", "largest", "shown with a figure")
    for name, model in models.items():
        mean, largest = _errors(model.left_out)
        shown = f"± {percent_text(model.mean_error, 0)}, at worst {percent_text(model.max_error, 0)}"
        yield _row(name, str(len(model.samples)), _parameters(model), mean, largest, shown)
    yield ""
    yield from _table("device", "binary MACs", "float MACs", "bytes of activations", "an operator")
    for name, model in models.items():
        # Coefficients are ms for one: 1 / ms is k/s, and 1e-6 / ms G/s.
        rates = [f"{1e-6 / value:.3g} G/s" if value else "no part" for value in model.coefficients[:3]]
        yield _row(name, *rates, f"{1000 * model.coefficients[3]:.3g} µs")
    for name, model in models.items():
        yield ""
        yield from _table(f"{name}: network", "measured, ms", "predicted when held out, ms", "error")
        for one in model.left_out:
            yield _row(
                one.name, f"{one.measured_ms:g}", f"{one.predicted_ms:.1f}", f"{100 * one.relative_error:+.0f} %"
            )
    yield ""
    yield from _table("Pixel 1: family held out", "mean error", "largest")
    for family, left_out in families_left_out().items():
        yield _row(family, *_errors(left_out))


def families_left_out() -> dict[str, tuple[LeftOut, ...]]:
    """How the networks of each family are predicted on a Pixel 1 by a model that saw none of them."""
    samples = latency_model("pixel-1").samples
    found = {}
    for family, names in FAMILIES.items():
        model = LatencyModel.fit([one for one in samples if one.name not in names])
        members = (one for one in samples if one.name in names)
        found[family] = tuple(LeftOut(one.name, one.ms, model.predict(one.work)) for one in members)
    return found


def _errors(left_out: tuple[LeftOut, ...]) -> tuple[str, str]:
    """Mean and largest error, without signs."""
    sizes = [abs(one.relative_error) for one in left_out]
    return percent_text(sum(sizes) / len(sizes), 0), percent_text(max(sizes), 0)


def _parameters(model: LatencyModel) -> str:
    return "1, a factor" if model.base is not None else str(len(model.coefficients))


def _table(*titles: str) -> Iterator[str]:
    yield _row(*titles)
    yield "|" + "---|" * len(titles)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print("\n".join(tables()))
