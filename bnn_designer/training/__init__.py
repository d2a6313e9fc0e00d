"""CIFAR-10, recipes and the training loop.

Only ``loop`` and ``augment`` import TensorFlow.
"""
