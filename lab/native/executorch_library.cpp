// ExecuTorch programs behind seven C functions, so that Python can run and trace them without torch.
//
// Built against the headers and libraries of the package executorch for the machine that is to
// run it. Every function returns 0, or ExecuTorch's error code.

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <executorch/extension/module/module.h>
#include <executorch/extension/tensor/tensor.h>
#include <executorch/runtime/core/event_tracer.h>
#include <executorch/runtime/platform/platform.h>

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
using executorch::runtime::EventTracer;
using executorch::runtime::EventTracerEntry;
using executorch::runtime::Result;

// Writes down what each op took, a line "NANOSECONDS NAME" each: those outside delegates as they
// end, and XNNPACK's, which it tells of after it ran.
class LineTracer final : public EventTracer {
 public:
  std::string lines;

  void create_event_block(const char*) override {}
  EventTracerEntry start_profiling(const char* name, int32_t chain, uint32_t handle) override {
    return start(name, chain, handle);
  }
  EventTracerEntry start_profiling_delegate(const char* name, int32_t) override {
    return start(name ? name : "", -1, 0);
  }
  void end_profiling(EventTracerEntry entry) override { end(entry); }
  void end_profiling_delegate(EventTracerEntry entry, const void*, size_t) override { end(entry); }
  void log_profiling_delegate(const char* name, int32_t, uint64_t start, uint64_t end, const void*,
                              size_t) override {
    add(name ? name : "", end - start);
  }

  // What is neither a time nor wanted.
  void track_allocation(uint32_t, size_t) override {}
  uint32_t track_allocator(const char*) override { return 0; }
  Result<bool> log_evalue(const executorch::runtime::EValue&,
                          executorch::runtime::LoggedEValueType) override {
    return false;
  }
  Result<bool> log_intermediate_output_delegate(const char*, int32_t,
                                                const executorch::aten::Tensor&) override {
    return false;
  }
  Result<bool> log_intermediate_output_delegate(
      const char*, int32_t,
      const executorch::runtime::ArrayRef<executorch::aten::Tensor>) override {
    return false;
  }
  Result<bool> log_intermediate_output_delegate(const char*, int32_t, const int&) override {
    return false;
  }
  Result<bool> log_intermediate_output_delegate(const char*, int32_t, const bool&) override {
    return false;
  }
  Result<bool> log_intermediate_output_delegate(const char*, int32_t, const double&) override {
    return false;
  }
  void set_delegation_intermediate_output_filter(
      executorch::runtime::EventTracerFilterBase*) override {}

 private:
  std::vector<std::string> names_;

  EventTracerEntry start(const char* name, int32_t chain, uint32_t handle) {
    EventTracerEntry entry{};
    entry.event_id = static_cast<int64_t>(names_.size());
    entry.chain_id = chain;
    entry.debug_handle = handle;
    names_.emplace_back(name);
    entry.start_time = et_pal_current_ticks();
    return entry;
  }

  void end(const EventTracerEntry& entry) {
    const uint64_t now = et_pal_current_ticks();
    add(names_[static_cast<size_t>(entry.event_id)].c_str(), now - entry.start_time);
  }

  void add(const char* name, uint64_t ticks) {
    const auto ratio = et_pal_ticks_to_ns_multiplier();
    lines += std::to_string(ticks * ratio.numerator / ratio.denominator) + ' ' + name + '\n';
  }
};

struct Program {
  explicit Program(const char* path) : module(path) {}
  Program(const char* path, std::unique_ptr<LineTracer> given)
      : tracer(given.get()),
        module(path, Module::LoadMode::File, std::move(given)) {}
  LineTracer* tracer = nullptr;  // the module's
  Module module;
  std::string trace;
  std::vector<uint8_t> image;
  TensorPtr input;
  std::vector<std::vector<uint8_t>> outputs;
};

int load(std::unique_ptr<Program> opened, uint32_t threads, void** program) {
  executorch::extension::threadpool::get_threadpool()->_unsafe_reset_threadpool(threads);
  const Error error = opened->module.load_forward();
  if (error == Error::Ok) *program = opened.release();
  return static_cast<int>(error);
}

}  // namespace

extern "C" {

// Loads a program and its method "forward"; *program is freed by lfe_close.
int lfe_open(const char* path, uint32_t threads, void** program) {
  return load(std::make_unique<Program>(path), threads, program);
}

// The same with a tracer, for lfe_trace.
int lfe_open_traced(const char* path, uint32_t threads, void** program) {
  auto tracer = std::make_unique<LineTracer>();
  return load(std::make_unique<Program>(path, std::move(tracer)), threads, program);
}

// What ops took since the last call, a line "NANOSECONDS NAME" each; it lasts until the next call.
const char* lfe_trace(void* program) {
  auto& opened = *static_cast<Program*>(program);
  opened.trace = std::move(opened.tracer->lines);
  opened.tracer->lines.clear();
  return opened.trace.c_str();
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
