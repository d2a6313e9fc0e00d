// Gradients by lookup and training passes in plain C++: the table's entries are whole integers, one lookup for all planes. Clear rather than fast: what the other
// instruction sets are measured against.
#pragma GCC optimize("fp-contract=off")  // train_template.h says why
#include <cmath>

#include "isa/lookup_template.h"
#include "isa/portable.h"
#include "isa/train_template.h"

namespace bnn {
namespace {

struct PortableLookup : PlainLargest {
  static constexpr int64_t kGroups = 4;
  static constexpr int kFlips = static_cast<int>(kGroupSigns) - 1;
  static constexpr int64_t kChunkSigns = kGroups * kGroupSigns;
  static constexpr int64_t kEntries = 1 << kFlips;
  static constexpr int64_t kTableBytes = kGroups * kEntries * static_cast<int64_t>(sizeof(int32_t));
  static constexpr int64_t kChunkTableBytes[] = {0, kTableBytes, kTableBytes, kTableBytes};
  static constexpr int64_t kChunkIndexBytes = kGroups * kUnitOutputs;
  static constexpr int kRows[] = {0, 1, 1, 1}, kUnits[] = {0, 1, 1, 1};

  static void row_table(const float* g, int64_t count, int64_t groups, float up, const Rounding& rounding,
                        uint32_t position, int32_t* scratch, uint8_t* table) {
    plain_parts<PortableLookup>(g, count, groups, up, rounding, position, scratch);
    build_table(scratch, groups, groups / kGroups, rounding.planes, table);
  }
  static void rows_tables(const float* g, const int64_t* offsets, int64_t count, int64_t groups, int64_t rows,
                          const float* up, const Rounding& rounding, int32_t* scratch, uint8_t* table) {
    plain_rows_tables<PortableLookup>(g, offsets, count, groups, rows, up, rounding, scratch, table);
  }

  // index [group][output]: the number of the entry in the low bits, the last sign above them.
  static void index_unit(const uint64_t (*flips)[kFlips], const uint64_t* last, int bit, uint8_t* index,
                         int32_t*) {
    for (int64_t j = 0; j < kGroups; ++j) {
      for (int o = 0; o < kUnitOutputs; ++o) {
        unsigned entry = static_cast<unsigned>(last[j] >> (bit + o) & 1) << kFlips;
        for (int i = 0; i < kFlips; ++i) entry |= static_cast<unsigned>(flips[j][i] >> (bit + o) & 1) << i;
        *index++ = static_cast<uint8_t>(entry);
      }
    }
  }

  static void build_table(const int32_t* parts, int64_t groups, int64_t chunks, int planes, uint8_t* table) {
    const int32_t bias = 1 << (8 * planes - 1);  // these entries are signed and need none
    for (int64_t chunk = 0; chunk < chunks; ++chunk, table += kTableBytes) {
      auto* out = reinterpret_cast<int32_t*>(table);
      for (int64_t j = 0; j < kGroups; ++j, ++parts) {
        for (int64_t entry = 0; entry < kEntries; ++entry) {
          int32_t value = parts[kFlips * groups] - bias;
          for (int64_t i = 0; i < kFlips; ++i) value -= (entry >> i & 1) * parts[i * groups];
          *out++ = value;
        }
      }
    }
  }

  template <int Planes, int Rows, int Units>
  static void tile(const TileRows& t, int64_t chunks, const uint8_t* index, const int32_t*) {
    const auto* table = reinterpret_cast<const int32_t*>(t.tables + t.sources[0] * t.table_bytes);
    int64_t sums[kUnitOutputs] = {};
    for (int64_t chunk = 0; chunk < chunks; ++chunk, table += kGroups * kEntries) {
      for (int64_t j = 0; j < kGroups; ++j) {
        for (int64_t o = 0; o < kUnitOutputs; ++o) {
          const uint8_t at = *index++;
          const int32_t value = table[j * kEntries + at % kEntries];
          sums[o] += at >= kEntries ? -value : value;
        }
      }
    }
    float* out = t.sums + t.targets[0] * t.sums_stride;
    const float scale = t.scales[t.sources[0]];
    for (int64_t o = 0; o < kUnitOutputs; ++o) out[o] = __builtin_fmaf(static_cast<float>(sums[o]), scale, out[o]);
  }
};

struct PortablePasses {
  static constexpr int kLanes = 4;
  typedef float Floats __attribute__((vector_size(16)));
  typedef int32_t Ints __attribute__((vector_size(16)));
  typedef uint8_t Bytes __attribute__((vector_size(4)));
  static Floats square_root(Floats v) {
    for (int i = 0; i < kLanes; ++i) v[i] = std::sqrt(v[i]);
    return v;
  }
};

}  // namespace

constexpr GradientTable portable_gradients = make_gradient_table<PortableLookup>();
constexpr TrainTable portable_training = Train<PortablePasses>::table();

}  // namespace bnn
