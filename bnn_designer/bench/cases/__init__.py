"""Which rows there are, before any is measured: a table a module that measures, and nothing here imports TensorFlow."""
