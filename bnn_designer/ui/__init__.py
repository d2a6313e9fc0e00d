"""What the pages show and do: a room a page, and what they share.

Streamlit and Plotly live here and nowhere else in the package; TensorFlow never does. The ``*_view`` modules draw with
Streamlit; the others are plain functions of values.
"""
