"""Where rules come from, named once."""

from __future__ import annotations

GUIDE = 'Larq\'s guide "Building BNNs"'
FIRST_AND_LAST = 'Larq\'s guide "Building BNNs", figure of the first and last layers (CIFAR-10, best of 100 epochs)'
OPTIMIZATION = "LCE's guide to model optimization"
ZOO = "Larq Zoo"
KEY_CONCEPTS = "Larq's key concepts"
DERIVED = "derived"
