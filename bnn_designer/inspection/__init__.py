"""What is inside a trained network: weights, what is binarized, sums, answers.

A page starts a :mod:`job` and shows the :mod:`report` that it leaves in the run's folder. ``looking`` and ``worker``
are in a process of their own, with TensorFlow; all else is numpy and plain values.
"""
