"""What the pages show and do. Streamlit and Plotly live here and nowhere else in the package; TensorFlow never does.

``drafts``, ``partial``, ``outline``, ``moves``, ``memory``, ``picture``, ``charts``, ``cost_table``, ``fields`` and
``progress`` are plain functions of values; the ``*_view`` modules draw with Streamlit.
"""
