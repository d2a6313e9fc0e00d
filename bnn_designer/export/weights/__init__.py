"""Weights by themselves, with kernels as they are multiplied."""
