// Networks and broken programs from a file (engine_cases.py writes it), run by the engine through its C interface,
// without Python, so that it can be built with sanitizers: test_engine FILE THREADS... Every array of a program lies in
// a piece of memory of just its size. Prints a line for each instruction set; what is not as the file says ends the
// program with 1.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "isa/implementation.h"

namespace bnn {
class Engine;
}

extern "C" {
bnn::Engine* bnn_engine_new(const char* isa, int threads, int64_t arena_bytes, int64_t image_floats,
                            int64_t result_floats, char* text, int64_t size);
void bnn_engine_free(bnn::Engine* engine);
int bnn_engine_add(bnn::Engine* engine, int64_t source, const int64_t* geometry, int64_t part_count,
                   const int64_t* parts, const int64_t* blobs, int64_t step_count, const int64_t* steps,
                   const float* limits, char* text, int64_t size);
int bnn_engine_finish(bnn::Engine* engine, char* text, int64_t size);
void bnn_engine_run(bnn::Engine* engine, int64_t images, const float* image, int64_t image_floats, float* result,
                    int64_t result_floats, double* seconds);
}

namespace {

// What the engine should do with a program.
enum class Wanted : int64_t { kOutputs = 0, kRefusal = 1, kEither = 2 };

struct Group {
  int64_t source;
  std::vector<int64_t> geometry, parts, blobs, steps;  // as bnn_engine_add() takes them
  std::vector<float> limits;
};

struct Case {
  std::string name, refusal;
  Wanted wanted;
  int64_t arena_bytes, image_floats, result_floats, images;
  std::vector<float> image, outputs;
  std::vector<Group> groups;
  std::vector<std::unique_ptr<char[]>> arrays;
};

class Reader {
 public:
  explicit Reader(const char* path) : file_(std::fopen(path, "rb")) {
    if (file_ == nullptr) stop();
  }
  ~Reader() { std::fclose(file_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  int64_t number() {
    int64_t value;
    bytes(&value, sizeof(value));
    return value;
  }

  template <class T>
  std::vector<T> list(int64_t count) {
    std::vector<T> values(static_cast<size_t>(count));
    bytes(values.data(), values.size() * sizeof(T));
    return values;
  }

  std::string text() {
    const std::vector<char> letters = list<char>(number());
    return {letters.begin(), letters.end()};
  }

  // The address of an array in memory of its own; 0 where there is none.
  int64_t array(Case& made) {
    const int64_t size = number();
    if (size < 0) return 0;
    made.arrays.emplace_back(new char[static_cast<size_t>(size)]);
    bytes(made.arrays.back().get(), static_cast<size_t>(size));
    return reinterpret_cast<int64_t>(made.arrays.back().get());
  }

 private:
  [[noreturn]] static void stop() {
    std::printf("the file of cases cannot be read\n");
    std::exit(1);
  }
  void bytes(void* to, size_t count) {
    if (count != 0 && std::fread(to, 1, count, file_) != count) stop();
  }
  std::FILE* file_;
};

Group read_group(Reader& reader, Case& made) {
  Group group;
  group.source = reader.number();
  group.geometry = reader.list<int64_t>(16);
  group.parts = reader.list<int64_t>(2 * reader.number());
  for (int i = 0; i < 2; ++i) group.blobs.push_back(reader.array(made));
  const int64_t steps = reader.number();
  for (int64_t i = 0; i < steps; ++i) {
    group.steps.push_back(reader.number());
    group.steps.push_back(reader.number());
    for (int j = 0; j < 2; ++j) group.steps.push_back(reader.array(made));
    for (const float limit : reader.list<float>(2)) group.limits.push_back(limit);
  }
  return group;
}

Case read_case(Reader& reader) {
  Case made;
  made.name = reader.text();
  made.wanted = static_cast<Wanted>(reader.number());
  made.refusal = reader.text();
  made.arena_bytes = reader.number();
  made.image_floats = reader.number();
  made.result_floats = reader.number();
  made.images = reader.number();
  made.image = reader.list<float>(made.images * made.image_floats);
  made.outputs = reader.list<float>(made.wanted == Wanted::kOutputs ? made.images * made.result_floats : 0);
  const int64_t groups = reader.number();
  for (int64_t i = 0; i < groups; ++i) made.groups.push_back(read_group(reader, made));
  return made;
}

[[noreturn]] void fail(const Case& one, const char* isa, int threads, const std::string& what) {
  std::printf("%s: %s, %d threads: %s\n", isa, one.name.c_str(), threads, what.c_str());
  std::exit(1);
}

// The outputs; empty where the engine refused, with the reason in `refusal`.
std::vector<float> run(const Case& one, const char* isa, int threads, std::string& refusal) {
  char text[400] = "";
  constexpr int64_t kSize = sizeof(text);
  bnn::Engine* engine =
      bnn_engine_new(isa, threads, one.arena_bytes, one.image_floats, one.result_floats, text, kSize);
  bool ready = engine != nullptr;
  for (size_t i = 0; ready && i < one.groups.size(); ++i) {
    const Group& g = one.groups[i];
    const auto parts = static_cast<int64_t>(g.parts.size() / 2), steps = static_cast<int64_t>(g.steps.size() / 4);
    ready = bnn_engine_add(engine, g.source, g.geometry.data(), parts, g.parts.data(), g.blobs.data(), steps,
                           g.steps.data(), g.limits.data(), text, kSize) != 0;
  }
  ready = ready && bnn_engine_finish(engine, text, kSize) != 0;
  std::vector<float> outputs;
  if (ready) {
    outputs.resize(static_cast<size_t>(one.images * one.result_floats));
    std::vector<double> seconds(one.groups.size());
    bnn_engine_run(engine, one.images, one.image.data(), one.image_floats, outputs.data(), one.result_floats,
                   seconds.data());
  } else {
    refusal = text;
  }
  bnn_engine_free(engine);
  return outputs;
}

bool near(float actual, float expected) { return std::fabs(actual - expected) <= 1e-4f + 1e-3f * std::fabs(expected); }

void check_outputs(const Case& one, const char* isa, int threads, const std::vector<float>& found,
                   const std::vector<float>& first) {
  for (size_t i = 0; i < found.size(); ++i) {
    if (near(found[i], one.outputs[i])) continue;
    fail(one, isa, threads,
         "output " + std::to_string(i) + " is " + std::to_string(found[i]) + " and should be " +
             std::to_string(one.outputs[i]));
  }
  if (std::memcmp(found.data(), first.data(), found.size() * sizeof(float)) != 0) {
    fail(one, isa, threads, "the outputs depend on the number of threads");
  }
}

void check(const std::vector<Case>& cases, const char* isa, const std::vector<int>& threads) {
  int64_t equal = 0, refused = 0, harmless = 0, ran = 0;
  for (const Case& one : cases) {
    std::vector<float> first;
    std::string refusal;
    for (const int count : threads) {
      refusal.clear();
      const std::vector<float> found = run(one, isa, count, refusal);
      if (one.wanted == Wanted::kEither) continue;
      if (one.wanted == Wanted::kRefusal) {
        if (refusal.find(one.refusal) == std::string::npos || refusal.empty()) {
          fail(one, isa, count, "'" + refusal + "' does not say '" + one.refusal + "'");
        }
        continue;
      }
      if (found.empty()) fail(one, isa, count, "refused: " + refusal);
      if (first.empty()) first = found;
      check_outputs(one, isa, count, found, first);
    }
    ++(one.wanted == Wanted::kOutputs ? equal : one.wanted == Wanted::kRefusal ? refused : harmless);
    ran += one.wanted == Wanted::kEither && refusal.empty();
  }
  std::printf("%s: %lld equal, %lld refused, %lld harmless, run: %lld\n", isa, static_cast<long long>(equal),
              static_cast<long long>(refused), static_cast<long long>(harmless), static_cast<long long>(ran));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::printf("test_engine FILE THREADS...\n");
    return 2;
  }
  Reader reader(argv[1]);
  std::vector<Case> cases;
  for (int64_t left = reader.number(); left > 0; --left) cases.push_back(read_case(reader));
  std::vector<int> threads;
  for (int i = 2; i < argc; ++i) threads.push_back(std::atoi(argv[i]));
  for (int i = 0; i < bnn::kImplementationCount; ++i) {
    const char* isa = bnn::kImplementations[i]->name;
    if (bnn::kImplementations[i]->supported()) {
      check(cases, isa, threads);
    } else {
      std::printf("%s: not on this processor\n", isa);
    }
  }
  return 0;
}
