"""A table of figures that can be sorted and ticked: values in Python, drawn by a small component in the browser."""
