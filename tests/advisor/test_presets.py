"""What the advisor says of each preset, judged by hand: no false alarms, and what the networks really do otherwise."""

from __future__ import annotations

from collections import Counter

import pytest

from bnn_designer.advisor import advise, fix_all
from bnn_designer.design.presets import PRESETS
from bnn_designer.graph import lower

# Number of blocks with a finding, by rule. Why each is right:
# - relu-feeds-sign: Group-Net's stem ends in a ReLU and a max pool, and the five bases of the first group take signs of
#   that: their first convolutions see nothing but +1. The preset is to be mended, not the rule.
# - pad-values: Larq Zoo's networks, but for QuickNet, pad signs with zeros.
# - batch-norm-momentum: BinaryNet has 0.999, Bi-Real Net 0.8, QuickNet's stem and Real-to-Binary Net Keras' 0.99.
# - shortcut: networks like VGG and AlexNet have none; Group-Net's bypass two convolutions in a row.
# - pool-and-batch-norm: pools between two binary layers; in Bi-Real Net, batch norm, pool and sign in the stem.
# - packed-chain: pool, batch norm, sign between two binary layers, the first of which is padded with zeros.
# - relu-before-batch-norm: XNOR-Net's last binary layer is followed by batch norm and ReLU.
# - window-size: 1x1 kernels on 32 or 64 channels.
# - one-binary-operand: DoReFa-Net's inputs have 2 bits.
EXPECTED: dict[str, dict[str, int]] = {
    "binarynet": {
        "first-and-last-layer": 2,
        "binary-dense": 3,
        "pad-values": 5,
        "packed-chain": 2,
        "pool-and-batch-norm": 2,
        "shortcut": 5,
        "trainable-batch-norm": 8,
        "batch-norm-momentum": 9,
    },
    "bi-real-cifar": {},
    "vgg-small-bnn": {"shortcut": 5, "pool-and-batch-norm": 2},
    "xnor-net-cifar": {"shortcut": 5, "pool-and-batch-norm": 2, "relu-before-batch-norm": 1},
    "binary-densenet-cifar": {"pad-values": 3},
    "melius-net-cifar": {"pad-values": 6},
    "quicknet-cifar": {"batch-norm-momentum": 2},
    "reactnet-cifar": {"pad-values": 6, "window-size": 4},
    "har-1d": {},
    "binary-alexnet": {
        "first-and-last-layer": 2,
        "binary-dense": 3,
        "pad-values": 4,
        "packed-chain": 1,
        "pool-and-batch-norm": 1,
        "shortcut": 4,
        "trainable-batch-norm": 7,
    },
    "xnor-net": {
        "pad-values": 4,
        "packed-chain": 2,
        "pool-and-batch-norm": 2,
        "shortcut": 6,
        "trainable-batch-norm": 6,
        "relu-before-batch-norm": 1,
    },
    "dorefa-net": {"one-binary-operand": 6},
    "bi-real-net": {"batch-norm-momentum": 20, "pool-and-batch-norm": 1, "pad-values": 16},
    "group-net-18": {"pool-and-batch-norm": 1, "shortcut": 8, "pad-values": 80},
    "binary-resnet-e18": {"pad-values": 16},
    "binary-densenet-28": {"pad-values": 4},
    "binary-densenet-37": {"pad-values": 4},
    "binary-densenet-37-dilated": {"pad-values": 4},
    "binary-densenet-45": {"pad-values": 4},
    "melius-net-22": {"pad-values": 8},
    "real-to-binary-net": {"batch-norm-momentum": 20, "pad-values": 16},
    "reactnet-a": {"pad-values": 13, "window-size": 2},
    "quicknet-small": {"batch-norm-momentum": 3},
    "quicknet": {"batch-norm-momentum": 3},
    "quicknet-large": {"batch-norm-momentum": 3},
}


@pytest.mark.parametrize("name", PRESETS)
def test_findings_of_a_preset(name: str) -> None:
    findings = advise(PRESETS[name]())
    assert Counter(finding.rule for finding in findings) == EXPECTED[name]
    assert all(finding.path and finding.message and finding.evidence for finding in findings)


@pytest.mark.parametrize("name", PRESETS)
def test_no_fix_is_left_on_a_fixed_preset(name: str) -> None:
    fixed = fix_all(PRESETS[name]())
    lower(fixed.design)
    assert not [finding for finding in fixed.left if finding.fix or finding.severity == "error"]
