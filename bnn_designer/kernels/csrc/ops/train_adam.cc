// One step of Adam (Kingma and Ba, arXiv 1412.6980, with epsilon as Keras has it) and the clip of the latent weights
// that follows it, in one pass over the variable, its two moments and its gradient.
#include <limits>

#include "ops/train.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/resource_mgr.h"
#include "tensorflow/core/framework/resource_var.h"

namespace bnn {
namespace {

using tensorflow::DT_FLOAT;
using tensorflow::Var;
using tensorflow::core::RefCountPtr;
using tensorflow::shape_inference::InferenceContext;

constexpr int kVariables = 3;
const char* const kNames[kVariables] = {"the variable", "its first moment", "its second moment"};

class Adam : public OpKernel {
 public:
  explicit Adam(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("rate_1", &step_.rate_1));
    OP_REQUIRES_OK(c, c->GetAttr("rate_2", &step_.rate_2));
    OP_REQUIRES_OK(c, c->GetAttr("epsilon", &step_.epsilon));
    OP_REQUIRES_OK(c, c->GetAttr("clip", &step_.clip));
    OP_REQUIRES(c, step_.clip >= 0,
                InvalidArgument(type_string(), ": clip is ", step_.clip, "; give more than 0, or 0 for none."));
    if (step_.clip == 0) step_.clip = std::numeric_limits<float>::infinity();
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &gradient = c->input(3), &alpha = c->input(4);
    OP_REQUIRES(c, alpha.NumElements() == 1,
                InvalidArgument(type_string(), ": alpha must be one number, got shape ", ShapeText(alpha), "."));
    RefCountPtr<Var> variables[kVariables];
    for (int i = 0; i < kVariables; ++i) {
      OP_REQUIRES_OK(c, LookupResource(c, HandleFromInput(c, i), &variables[i]));
      for (int j = 0; j < i; ++j) {
        OP_REQUIRES(c, variables[i].get() != variables[j].get(),
                    InvalidArgument(type_string(), ": ", kNames[j], " and ", kNames[i], " are one variable."));
      }
    }
    // In the order of their addresses, as everybody locks several variables.
    tensorflow::mutex* locks[kVariables];
    for (int i = 0; i < kVariables; ++i) locks[i] = variables[i]->mu();
    std::sort(locks, locks + kVariables);
    const tensorflow::mutex_lock first(*locks[0]), second(*locks[1]), third(*locks[2]);

    for (int i = 0; i < kVariables; ++i) {
      const Tensor& value = *variables[i]->tensor();
      OP_REQUIRES(c, variables[i]->is_initialized && value.dtype() == DT_FLOAT && value.shape() == gradient.shape(),
                  InvalidArgument(type_string(), ": ", kNames[i], " has shape ", ShapeText(value),
                                  " and the gradient ", ShapeText(gradient),
                                  ". All three variables must hold floats of the gradient's shape."));
    }
    // Where somebody still reads the old weights the new ones get memory of their own; nobody else reads moments.
    for (int i = 1; i < kVariables; ++i) OP_REQUIRES_OK(c, MakeUnshared(c, variables[i].get()));
    const bool in_place = variables[0]->copy_on_read_mode.load() || variables[0]->tensor()->RefCountIsOne();
    const Tensor weights = *variables[0]->tensor();
    Tensor updated = weights;
    if (!in_place) OP_REQUIRES_OK(c, c->allocate_temp(DT_FLOAT, weights.shape(), &updated));

    AdamStep step = step_;
    step.alpha = alpha.flat<float>()(0);
    const float *g = gradient.flat<float>().data(), *w = weights.flat<float>().data();
    float *m = variables[1]->tensor()->flat<float>().data(), *v = variables[2]->tensor()->flat<float>().data();
    float* to = updated.flat<float>().data();
    const int64_t count = gradient.NumElements(), block = kBlockBytes / 16;
    Parallel(c, (count + block - 1) / block, 3 * block, [&](int64_t begin, int64_t end) {
      const int64_t at = begin * block, last = std::min(count, end * block);
      train_table().adam(step, last - at, g + at, m + at, v + at, w + at, to + at);
    });
    if (!in_place) *variables[0]->tensor() = updated;
  }

 private:
  static absl::Status MakeUnshared(OpKernelContext* c, Var* variable) {
    Tensor* value = variable->tensor();
    if (variable->copy_on_read_mode.load() || value->RefCountIsOne()) return absl::OkStatus();
    Tensor copy;
    TF_RETURN_IF_ERROR(c->allocate_temp(DT_FLOAT, value->shape(), &copy));
    std::copy_n(value->flat<float>().data(), value->NumElements(), copy.flat<float>().data());
    *value = copy;
    return absl::OkStatus();
  }

  AdamStep step_{};
};

absl::Status NoOutputs(InferenceContext* c) { return absl::OkStatus(); }

REGISTER_KERNEL_BUILDER(Name("BnnResourceAdam").Device(DEVICE_CPU), Adam);

}  // namespace
}  // namespace bnn

REGISTER_OP("BnnResourceAdam")
    .Input("variable: resource")
    .Input("first_moment: resource")
    .Input("second_moment: resource")
    .Input("gradient: float")
    .Input("alpha: float")
    .Attr("rate_1: float")
    .Attr("rate_2: float")
    .Attr("epsilon: float")
    .Attr("clip: float = 0")
    .SetIsStateful()
    .SetShapeFn(bnn::NoOutputs)
    .Doc("A step of Adam; alpha is the learning rate with bias corrections, rates are 1 - beta, and weights end in "
         "[-clip, clip].");
