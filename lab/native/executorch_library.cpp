// ExecuTorch programs behind four C functions, so that Python can run them without torch.
//
// Built against the headers and libraries of the package executorch for the machine that is to
// run it. Every function returns 0, or ExecuTorch's error code.

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include <executorch/extension/module/module.h>
#include <executorch/extension/tensor/tensor.h>

// The package has no header for its thread pool.
namespace executorch::extension::threadpool {
class ThreadPool {
 public:
  bool _unsafe_reset_threadpool(uint32_t threads);
};
ThreadPool* get_threadpool();
}  // namespace executorch::extension::threadpool

namespace {

using executorch::aten::SizesType;
using executorch::extension::Module;
using executorch::extension::TensorPtr;
using executorch::runtime::Error;

struct Program {
  explicit Program(const char* path) : module(path) {}
  Module module;
  std::vector<float> image;
  TensorPtr input;
  std::vector<float> logits;
};

}  // namespace

extern "C" {

// Loads a program and its method "forward"; *program is freed by lfe_close.
int lfe_open(const char* path, uint32_t threads, void** program) {
  executorch::extension::threadpool::get_threadpool()->_unsafe_reset_threadpool(threads);
  auto opened = std::make_unique<Program>(path);
  const Error error = opened->module.load_forward();
  if (error == Error::Ok) *program = opened.release();
  return static_cast<int>(error);
}

// Copies the input, float32 of the given shape.
void lfe_set_input(void* program, const float* values, const int32_t* shape, size_t rank) {
  auto& opened = *static_cast<Program*>(program);
  std::vector<SizesType> sizes(shape, shape + rank);
  size_t count = 1;
  for (const SizesType size : sizes) count *= size;
  opened.image.assign(values, values + count);
  opened.input = executorch::extension::from_blob(opened.image.data(), sizes);
}

// Runs one inference on the input that was set.
int lfe_invoke(void* program) {
  auto& opened = *static_cast<Program*>(program);
  const auto results = opened.module.forward(opened.input);
  if (!results.ok()) return static_cast<int>(results.error());
  const auto tensor = results->at(0).toTensor();
  const float* values = tensor.const_data_ptr<float>();
  opened.logits.assign(values, values + tensor.numel());
  return 0;
}

// Copies the first output, float32; -1 where it has another number of values.
int lfe_output(void* program, float* values, size_t count) {
  const auto& opened = *static_cast<Program*>(program);
  if (opened.logits.size() != count) return -1;
  std::memcpy(values, opened.logits.data(), count * sizeof(float));
  return 0;
}

void lfe_close(void* program) { delete static_cast<Program*>(program); }

}  // extern "C"
