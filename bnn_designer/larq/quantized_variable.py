"""The class of kernels that know their quantizer (``larq.quantized_variable``).

Where it differs from Larq's: it is a variable of Keras, as all of a layer are, and the layer that makes one tells it
of its quantizer, so that there is no ``from_variable``; layers of one's own say which by ``_get_quantizer``
(`bnn_designer.larq.layers_base`).
"""

from bnn_designer.nn.kernel_variables import QuantizedVariable

__all__ = ["QuantizedVariable"]
