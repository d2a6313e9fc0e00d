// The portable tables by name, for a set that has none of its own of a kind. They run on every processor.
#pragma once

#include "isa/implementation.h"

namespace bnn {

extern const ConvTable portable_convolution;
extern const EngineLoops portable_engine;
extern const GradientTable portable_gradients;
extern const TrainTable portable_training;
extern const PeakLoop portable_peak;

}  // namespace bnn
