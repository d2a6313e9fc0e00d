// Batch norm in training mode and its gradient, each in two passes over memory.
//
// With n rows, per channel: mean = sum x / n, variance = sum (x - mean)^2 / n, rstd = 1 / sqrt(variance + epsilon),
//   y = gamma (x - mean) rstd + beta.
// With p = sum dy and q = sum dy (x - mean):
//   dbeta = p,  dgamma = q rstd,  dx = gamma rstd (dy - p / n - (x - mean) rstd^2 q / n)
// (Ioffe and Szegedy, arXiv 1502.03167, section 3, with dvariance and dmean put in).
//
// A pass sums each block of rows in float, and the blocks' sums in double, in order. Blocks have means of their own;
// the squares around the common one are the sum of (squares of a block + its rows (its mean - mean)^2).
#include <cmath>

#include "ops/train.h"
#include "tensorflow/core/framework/op.h"

namespace bnn {
namespace {

using tensorflow::DT_FLOAT;
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

struct Rows {
  int64_t rows, channels, block, blocks;
  explicit Rows(const Tensor& x)
      : channels(x.dim_size(x.dims() - 1)) {
    rows = x.NumElements() / channels;
    block = sum_rows(channels);
    blocks = (rows + block - 1) / block;
  }
  int64_t first(int64_t b) const { return b * block; }
  int64_t count(int64_t b) const { return std::min(block, rows - first(b)); }
};

absl::Status CheckInput(const std::string& op, const Tensor& x) {
  if (x.dims() < 2) {
    return InvalidArgument(op, ": the input must have at least 2 dimensions, [batch, ..., channels], got shape ",
                           ShapeText(x), ". Add a batch dimension.");
  }
  if (x.NumElements() == 0) {
    return InvalidArgument(op, ": the input is empty, its shape is ", ShapeText(x),
                           ", and nothing has no mean. Leave empty batches out.");
  }
  return absl::OkStatus();
}

absl::Status CheckChannels(const std::string& op, const char* name, const Tensor& values, const Tensor& x) {
  if (values.dims() == 1 && values.dim_size(0) == x.dim_size(x.dims() - 1)) return absl::OkStatus();
  return InvalidArgument(op, ": ", name, " has shape ", ShapeText(values), " and the input ", ShapeText(x),
                         ". Give ", name, " one value for each of the input's channels (its last dimension).");
}

const float* Values(const Tensor& tensor) { return tensor.flat<float>().data(); }
float* Values(Tensor* tensor) { return tensor->flat<float>().data(); }

class BatchNorm : public OpKernel {
 public:
  explicit BatchNorm(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("epsilon", &epsilon_));
    OP_REQUIRES(c, epsilon_ >= 0, InvalidArgument(type_string(), ": epsilon is ", epsilon_, "; give 0 or more."));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &gamma = c->input(1), &beta = c->input(2);
    OP_REQUIRES_OK(c, CheckInput(type_string(), x));
    OP_REQUIRES_OK(c, CheckChannels(type_string(), "gamma", gamma, x));
    OP_REQUIRES_OK(c, CheckChannels(type_string(), "beta", beta, x));
    const Rows s(x);
    const TensorShape vector({s.channels});
    Tensor *y = nullptr, *mean = nullptr, *variance = nullptr, *rstd = nullptr, partial, affine;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    OP_REQUIRES_OK(c, c->allocate_output(1, vector, &mean));
    OP_REQUIRES_OK(c, c->allocate_output(2, vector, &variance));
    OP_REQUIRES_OK(c, c->allocate_output(3, vector, &rstd));
    OP_REQUIRES_OK(c, c->allocate_temp(DT_FLOAT, TensorShape({s.blocks, 2, s.channels}), &partial));
    OP_REQUIRES_OK(c, c->allocate_temp(DT_FLOAT, TensorShape({2, s.channels}), &affine));
    const TrainTable& table = train_table();
    const float* from = Values(x);
    float* sums = Values(&partial);
    Parallel(c, s.blocks, s.block * s.channels, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        float* mine = sums + 2 * b * s.channels;
        table.moments(from + s.first(b) * s.channels, s.count(b), s.channels, mine, mine + s.channels);
      }
    });
    float *scale = Values(&affine), *shift = scale + s.channels;
    for (int64_t i = 0; i < s.channels; ++i) {
      double sum = 0, squares = 0;
      for (int64_t b = 0; b < s.blocks; ++b) sum += static_cast<double>(s.count(b)) * sums[2 * b * s.channels + i];
      const double center = sum / s.rows;
      for (int64_t b = 0; b < s.blocks; ++b) {
        const double apart = sums[2 * b * s.channels + i] - center;
        squares += sums[(2 * b + 1) * s.channels + i] + s.count(b) * apart * apart;
      }
      Values(mean)[i] = static_cast<float>(center);
      Values(variance)[i] = static_cast<float>(squares / s.rows);
      Values(rstd)[i] = static_cast<float>(1 / std::sqrt(squares / s.rows + epsilon_));
      scale[i] = Values(rstd)[i] * Values(gamma)[i];
      shift[i] = Values(beta)[i] - Values(mean)[i] * scale[i];
    }
    Parallel(c, s.blocks, s.block * s.channels / 2, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        const int64_t at = s.first(b) * s.channels;
        table.normalize(from + at, s.count(b), s.channels, scale, shift, Values(y) + at);
      }
    });
  }

 private:
  float epsilon_;
};

class BatchNormGrad : public OpKernel {
 public:
  explicit BatchNormGrad(OpKernelConstruction* c) : OpKernel(c) {}

  void Compute(OpKernelContext* c) override {
    const Tensor &dy = c->input(0), &x = c->input(1), &gamma = c->input(2), &mean = c->input(3), &rstd = c->input(4);
    OP_REQUIRES_OK(c, CheckInput(type_string(), x));
    OP_REQUIRES(c, dy.shape() == x.shape(),
                InvalidArgument(type_string(), ": the output's gradient has shape ", ShapeText(dy), " and the input ",
                                ShapeText(x), ". They must be equal."));
    OP_REQUIRES_OK(c, CheckChannels(type_string(), "gamma", gamma, x));
    OP_REQUIRES_OK(c, CheckChannels(type_string(), "mean", mean, x));
    OP_REQUIRES_OK(c, CheckChannels(type_string(), "rstd", rstd, x));
    const Rows s(x);
    Tensor *dx = nullptr, *dgamma = nullptr, *dbeta = nullptr, partial, factors;
    // Each value of dy is read before dx is written in its place.
    OP_REQUIRES_OK(c, c->forward_input_or_allocate_output({0}, 0, x.shape(), &dx));
    OP_REQUIRES_OK(c, c->allocate_output(1, TensorShape({s.channels}), &dgamma));
    OP_REQUIRES_OK(c, c->allocate_output(2, TensorShape({s.channels}), &dbeta));
    OP_REQUIRES_OK(c, c->allocate_temp(DT_FLOAT, TensorShape({s.blocks, 2, s.channels}), &partial));
    OP_REQUIRES_OK(c, c->allocate_temp(DT_FLOAT, TensorShape({3, s.channels}), &factors));
    const TrainTable& table = train_table();
    const float *gradient = Values(dy), *from = Values(x), *center = Values(mean);
    float *sums = Values(&partial), *a = Values(&factors), *mean_dy = a + s.channels, *b_factor = mean_dy + s.channels;
    Parallel(c, s.blocks, s.block * s.channels, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        float* mine = sums + 2 * b * s.channels;
        const int64_t at = s.first(b) * s.channels;
        table.gradient_sums(gradient + at, from + at, s.count(b), s.channels, center, mine, mine + s.channels);
      }
    });
    for (int64_t i = 0; i < s.channels; ++i) {
      double p = 0, q = 0;
      for (int64_t b = 0; b < s.blocks; ++b) {
        p += sums[2 * b * s.channels + i];
        q += sums[(2 * b + 1) * s.channels + i];
      }
      const double r = Values(rstd)[i];
      Values(dgamma)[i] = static_cast<float>(q * r);
      Values(dbeta)[i] = static_cast<float>(p);
      a[i] = static_cast<float>(Values(gamma)[i] * r);
      mean_dy[i] = static_cast<float>(p / s.rows);
      b_factor[i] = static_cast<float>(Values(gamma)[i] * r * r * r * q / s.rows);
    }
    Parallel(c, s.blocks, s.block * s.channels, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        const int64_t at = s.first(b) * s.channels;
        table.input_gradient(gradient + at, from + at, s.count(b), s.channels, a, mean_dy, b_factor, center,
                             Values(dx) + at);
      }
    });
  }
};

absl::Status BatchNormForwardShape(InferenceContext* c) {
  ShapeHandle x;
  if (c->RankKnown(c->input(0)) && c->Rank(c->input(0)) < 2) {
    return InvalidArgument("BnnBatchNorm: the input must have at least 2 dimensions, [batch, ..., channels], got ",
                           c->DebugString(c->input(0)), ". Add a batch dimension.");
  }
  TF_RETURN_IF_ERROR(c->WithRankAtLeast(c->input(0), 2, &x));
  c->set_output(0, x);
  for (int i = 1; i < 4; ++i) c->set_output(i, c->Vector(c->Dim(x, -1)));
  return absl::OkStatus();
}

absl::Status BatchNormBackwardShape(InferenceContext* c) {
  c->set_output(0, c->input(1));
  for (int i = 1; i < 3; ++i) c->set_output(i, c->input(2));
  return absl::OkStatus();
}

REGISTER_KERNEL_BUILDER(Name("BnnBatchNorm").Device(DEVICE_CPU), BatchNorm);
REGISTER_KERNEL_BUILDER(Name("BnnBatchNormGrad").Device(DEVICE_CPU), BatchNormGrad);

}  // namespace
}  // namespace bnn

REGISTER_OP("BnnBatchNorm")
    .Input("input: float")
    .Input("gamma: float")
    .Input("beta: float")
    .Output("output: float")
    .Output("mean: float")
    .Output("variance: float")
    .Output("rstd: float")
    .Attr("epsilon: float")
    .SetShapeFn(bnn::BatchNormForwardShape)
    .Doc("Batch norm over all but the last dimension with the batch's own mean and (biased) variance.");

REGISTER_OP("BnnBatchNormGrad")
    .Input("output_gradient: float")
    .Input("input: float")
    .Input("gamma: float")
    .Input("mean: float")
    .Input("rstd: float")
    .Output("input_gradient: float")
    .Output("gamma_gradient: float")
    .Output("beta_gradient: float")
    .SetShapeFn(bnn::BatchNormBackwardShape)
    .Doc("The gradients of BnnBatchNorm's output; its mean, variance and rstd have none.");
