"""The report of a network: whole, the same each time, and nothing in it that asks or runs anything."""

from __future__ import annotations

import re

from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.export import Curves, Material, export_to, target_named

CURVES = Curves((1, 2), (0.5, 0.75), (0.4, 0.625), (2.0, 1.0), (2.1, float("nan")))


def page(design: Design, curves: Curves | None = None, weights: str = "") -> str:
    written = export_to(target_named("report"), Material.of_model(design, None, weights, curves=curves)).written
    assert list(written.files) == ["report.html"]
    return written.files["report.html"].decode()


def test_a_report_has_what_is_known_of_the_network() -> None:
    design = preset("bi-real-cifar")
    report, text = cost(design), page(design, CURVES, "run 12345678")
    assert page(design, CURVES, "run 12345678") == text
    assert f"<td>{report.larq.params:,}: " in text
    assert f"the peak, {report.timeline.peak.live_bytes:,} bytes, is in {report.timeline.peak.name}." in text
    assert "Its weights are from run 12345678." in text
    assert "2 epochs; the highest validation accuracy is 62.50 %, after epoch 2" in text
    titles = re.findall("<h2>(.*?)</h2>", text)
    assert titles == ["Figures", "Training", "Blocks", "Memory while one image is run", "What runs in bits", "Advice"]


def test_a_report_asks_nobody_and_runs_nothing() -> None:
    """Whatever a name says; an untrained network with advice."""
    name = "<script>alert(1)</script>"
    blocks = (b.BinaryConv(filters=8, label="<img src=x onerror=alert(1)>"), b.GlobalPool(), b.Head())
    text = page(Design(name=name, blocks=blocks))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</h1>" in text
    assert "<script" not in text
    assert "<img" not in text
    assert not re.search(r'(src|href)="(?!#network")', text)
    assert set(re.findall(r"https?://[^\s\"<)]*", re.sub(r"<small>.*?</small>", "", text))) <= {
        "http://www.w3.org/2000/svg"
    }
    assert "It is untrained." in text
    assert re.search("<li><b>(error|warning|hint)</b> binary_conv_1: ", text)
