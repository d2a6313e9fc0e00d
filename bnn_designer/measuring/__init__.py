"""Timing packed networks, comparing them with Keras and measuring this machine: one at a time on a machine.

A page calls :mod:`start`, reads :mod:`job` for how far it is, and shows the :mod:`record` that is kept with the run.
Only the worker and ``checkpoint`` import TensorFlow, and nothing imports Streamlit.
"""
