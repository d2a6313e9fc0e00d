"""Keras 3 layers, quantizers and constraints of binarized networks, and graph to ``keras.Model``.

Importing this imports TensorFlow and registers every class with Keras (package ``bnn_designer``), so that
``keras.saving.load_model`` finds them, and the compiled ops with TensorFlow if they are built, so that
``tf.saved_model.load`` reads a model that was exported with them.
"""

import keras

from bnn_designer.errors import BnnDesignerError

if keras.config.backend() != "tensorflow":
    raise BnnDesignerError(
        f"bnn_designer.nn: Keras runs on the backend '{keras.config.backend()}', and the layers need TensorFlow. "
        "Set KERAS_BACKEND=tensorflow in the environment before Python starts."
    )

from bnn_designer.kernels.register import register_if_built
from bnn_designer.nn.batch_norm import BatchNormalization
from bnn_designer.nn.binary_optimizers import Bop, CaseOptimizer
from bnn_designer.nn.channels import ChannelShift, PadChannels, ScaleChannels
from bnn_designer.nn.constraints import WeightClip, weight_clip
from bnn_designer.nn.context import get_training_metrics, metrics_scope, quantized_scope
from bnn_designer.nn.depthwise import Binomial, QuantDepthwiseConv2D
from bnn_designer.nn.engine import EngineChoice, EngineWarning
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.export import exporting
from bnn_designer.nn.few_bits import DoReFa, Int8, SteTern, ste_tern
from bnn_designer.nn.flip_ratio import FlipRatio
from bnn_designer.nn.gates import RealToBinaryGate, SqueezeExcite
from bnn_designer.nn.latent import binary_kernels, latent_kernels
from bnn_designer.nn.layers import QuantConv1D, QuantConv2D, QuantConv3D, QuantDense
from bnn_designer.nn.max_pool import MaxPooling2D
from bnn_designer.nn.model import binary_kernel_layers, build_model, engines, gradients_of
from bnn_designer.nn.optimizers import Adam
from bnn_designer.nn.quantizers import NoOp
from bnn_designer.nn.reactnet import ChannelScale, RPReLU, RSign
from bnn_designer.nn.scaled_signs import DorefaSign, MagnitudeAwareSign, XnorWeightScale
from bnn_designer.nn.separable import QuantSeparableConv1D, QuantSeparableConv2D
from bnn_designer.nn.signs import (
    ApproxSign,
    SteHeaviside,
    SteSign,
    SwishSign,
    approx_sign,
    ste_heaviside,
    ste_sign,
    swish_sign,
)
from bnn_designer.nn.stored_kernels import StoredKernel, stored_kernels
from bnn_designer.nn.transposed import QuantConv2DTranspose, QuantConv3DTranspose

register_if_built()

__all__ = [
    "Adam",
    "ApproxSign",
    "BatchNormalization",
    "Binomial",
    "Bop",
    "CaseOptimizer",
    "ChannelScale",
    "ChannelShift",
    "DoReFa",
    "DorefaSign",
    "EngineChoice",
    "EngineWarning",
    "FlipRatio",
    "Int8",
    "LayerError",
    "MagnitudeAwareSign",
    "MaxPooling2D",
    "NoOp",
    "PadChannels",
    "QuantConv1D",
    "QuantConv2D",
    "QuantConv2DTranspose",
    "QuantConv3D",
    "QuantConv3DTranspose",
    "QuantDense",
    "QuantDepthwiseConv2D",
    "QuantSeparableConv1D",
    "QuantSeparableConv2D",
    "RPReLU",
    "RSign",
    "RealToBinaryGate",
    "ScaleChannels",
    "SqueezeExcite",
    "SteHeaviside",
    "SteSign",
    "SteTern",
    "StoredKernel",
    "SwishSign",
    "WeightClip",
    "XnorWeightScale",
    "approx_sign",
    "binary_kernel_layers",
    "binary_kernels",
    "build_model",
    "engines",
    "exporting",
    "get_training_metrics",
    "gradients_of",
    "latent_kernels",
    "metrics_scope",
    "quantized_scope",
    "ste_heaviside",
    "ste_sign",
    "ste_tern",
    "stored_kernels",
    "swish_sign",
    "weight_clip",
]
