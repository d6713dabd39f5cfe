// ExecuTorch programs behind five C functions, so that Python can run them without torch.
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

using executorch::aten::ScalarType;
using executorch::aten::SizesType;
using executorch::extension::Module;
using executorch::extension::TensorPtr;
using executorch::runtime::Error;

struct Program {
  explicit Program(const char* path) : module(path) {}
  Module module;
  std::vector<uint8_t> image;
  TensorPtr input;
  std::vector<std::vector<uint8_t>> outputs;
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

// Copies the only input: so many bytes of the given shape and type, a number of scalar_type.fbs.
void lfe_set_input(void* program, const uint8_t* values, size_t bytes, int type,
                   const int32_t* shape, size_t rank) {
  auto& opened = *static_cast<Program*>(program);
  std::vector<SizesType> sizes(shape, shape + rank);
  opened.image.assign(values, values + bytes);
  opened.input = executorch::extension::from_blob(opened.image.data(), sizes,
                                                  static_cast<ScalarType>(type));
}

// Runs one inference on the input that was set.
int lfe_invoke(void* program) {
  auto& opened = *static_cast<Program*>(program);
  const auto results = opened.module.forward(opened.input);
  if (!results.ok()) return static_cast<int>(results.error());
  opened.outputs.clear();
  for (const auto& result : *results) {
    const auto tensor = result.toTensor();
    const auto* values = static_cast<const uint8_t*>(tensor.const_data_ptr());
    opened.outputs.emplace_back(values, values + tensor.nbytes());
  }
  return 0;
}

// Copies an output by its number; -1 where it has another size in bytes.
int lfe_output(void* program, size_t number, uint8_t* values, size_t bytes) {
  const auto& opened = *static_cast<Program*>(program);
  if (number >= opened.outputs.size() || opened.outputs[number].size() != bytes) return -1;
  std::memcpy(values, opened.outputs[number].data(), bytes);
  return 0;
}

void lfe_close(void* program) { delete static_cast<Program*>(program); }

}  // extern "C"
