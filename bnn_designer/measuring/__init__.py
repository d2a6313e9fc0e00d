"""Packing trained runs and measuring this machine, each in a process of its own, one at a time.

A page calls :mod:`start`, reads :mod:`job` for how far it is, and shows the :mod:`record` that is kept with the run.
Nothing here but the worker imports TensorFlow, and nothing imports Streamlit.
"""
