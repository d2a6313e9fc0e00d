// An instruction set: open this file first. What one offers (Implementation), which ones there are and which one runs,
// and what the struct of a set must have. docs/adding-an-instruction-set.md says how to add one, step by step.
//
// The loops are written once, in templates: <part>_template.h makes the table of <part> from a struct with the steps
// that differ. The files of a set, <set>.cc and <set>_training.cc, define those structs, and are alone compiled with the
// set's flags (kernels/toolchain.py). So whatever they include has internal linkage and uses no std:: template: the
// linker must never merge code of one set's file into another's.
//
// The contract of the structs. Vectors are GCC's and Clang's (vector_size); "lanes" are the numbers in one. Counts are
// int64_t where nothing else is said. Everything is static; a set's steps must give the same bits as every other's.
//
// Convolution, make_conv_table<Isa>() of conv_template.h
//   kUnit, kRows, kUnits        filters of a unit, and the register tile: rows, and units side by side, of one count()
//   Weight, kWeightsPerWord     a kernel in tile order is [unit][word][kWeightsPerWord * kUnit] of these
//   Rows, prepare(a, rows, scratch) -> Rows
//                               how count() reads rows: RowPieces (conv_table.h) as they are, or copied into `scratch`,
//                               kScratchBytesPerWord bytes for each word of them; has from_row(row)
//   tile_word(lanes, out)       one word of kUnit filters -> kWeightsPerWord * kUnit weights
//   count<Rows, Units>(a, w, w_stride, row_words, out)
//                               out[r][f] = popcount(row r xor filter f) over row_words words, for 1 <= Rows <= kRows and
//                               1 <= Units <= kUnits; w_stride weights lie between units. A row of `out` has Units * kUnit
//                               numbers, filled up to whole vectors of kLanes, on 64 bytes. Must not overflow for any row
//   signs64(x, nan) -> uint64_t bit i where x[i] <= kBelowZero; sets `nan` where one of the 64 is NaN
//   signs_tail(x, count, nan)   the same of fewer; reads no further
//   NanSeen, any(nan) -> bool   zero-initialized: none seen
//   kLanes, kPackVectors        8 or 16; vectors that pack_kernel takes at once, a power of two
//   Floats, Ints, Bits          kLanes floats, kLanes int32_t, and an unsigned integer of kLanes bits
//   add_signs(v, bit, words)    words |= bit where v <= kBelowZero
//   see_nan(a, b, nan)          sets `nan` where a or b has one
//   and of the epilogue:
//   sums_below(a, b) -> Bits    a < b
//   at_most(a, b) -> Bits       a <= b, false for NaN
//   clamp(low, high, v)         v = min(max(v, low), high), NaN staying NaN
//   where_negative(other, v)    v = other where v < 0
//   round(v)                    nothing to the processor, but the compiler may not look through it: so it cannot join a
//                               product and a sum into one operation with one rounding, which only some sets have
//
// Engine's float loops, make_engine_loops<Isa>() of engine_template.h, and float peak, make_peak<Isa>()
//   kLanes, Lanes               a vector of floats, the widest that pays
//   kRows, kUnits               the register tile: rows, and vectors of filters side by side
//   kByElement                  whether it multiplies a vector by a number that stands in another: then kLanes numbers of
//                               a row are read at once, by load(from) -> Lanes
//
// Gradients by lookup, make_gradient_table<Isa>() of lookup_template.h (gradient_table.h has the method)
//   kGroups, kFlips             groups of a chunk; signs of a group beside the one that is taken out, at most 4
//   kChunkSigns                 kGroups * (kFlips + 1)
//   kChunkTableBytes[planes], kChunkIndexBytes       of one chunk: a row's table, a unit's index
//   kRows[planes], kUnits[planes]                    the register tile, powers of two; [0] is not used
//   largest(g, count), largest_of(g, rows, bits)     the largest |g| as bits; PlainLargest has both
//   row_table, rows_tables      floats -> table; plain_parts() and plain_rows_tables() do it for a set with a build_table
//   index_unit(flips, last, bit, index, start)       signs of 16 outputs -> index; start += what takes the bias back
//   tile<Planes, Rows, Units>(t, chunks, index, start)   the sums of Rows rows and Units units
//   A set may replace pack_mask, apply_mask and finish_kernel in its table.
//
// Training passes, Train<Isa>::table() of train_template.h
//   kLanes                      of a vector
//   Floats, Ints, Bytes         kLanes floats, int32_t and uint8_t
//   square_root(v)              of each lane, rounded correctly
#pragma once

#include "isa/conv_table.h"
#include "isa/cpu.h"
#include "isa/engine_loops.h"
#include "isa/gradient_table.h"
#include "isa/peak.h"
#include "isa/train_table.h"

namespace bnn {

// All that one instruction set offers. A table may be another set's that runs wherever this one does: portable.h names
// the portable ones.
struct Implementation {
  const char* name;  // what BNN_KERNELS calls it
  Features needs;    // of the processor: kCompiledFor of the set's own files
  const ConvTable& convolution;
  const EngineLoops& engine;
  const GradientTable& gradients;
  const TrainTable& training;
  const PeakLoop& peak;

  bool supported() const;  // by this processor
};

// Those in this library, best first; portable is last.
extern const Implementation* const kImplementations[];
extern const int kImplementationCount;

// The one to run: the one BNN_KERNELS names, else the best this processor has. Decided once, at the first call.
// Null if BNN_KERNELS names none that can run here; choice_error() then says why and how to mend it.
const Implementation* chosen_implementation();
const char* choice_error();

// The named one if it is in this library and this processor can run it, else null.
const Implementation* find_implementation(const char* name);

}  // namespace bnn
