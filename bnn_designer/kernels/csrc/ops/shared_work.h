// A loop that its caller shares with whichever threads of a pool come in time. No TensorFlow here.
//
// A pool's own loop gives each of its threads a part and sleeps until all are done: a thread that takes 50 us to wake
// holds everybody up for as long, which is half of what a small convolution takes. Here pieces lie on a pile. The
// caller takes pieces at once; helpers take what is left when they come, and nobody waits for one that comes late.
// Which thread computes a piece is chance, so pieces must not depend on each other.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "engine/pause.h"

namespace bnn {

// How 0 .. total is cut: pieces of `length` units, the last one shorter.
struct Pieces {
  int64_t length, count;
};

// A piece costs a few microseconds at least, so that taking it from the pile costs nothing beside it. Eight pieces a
// thread, so that one that comes late or loses its processor leaves little for the others to wait for.
inline Pieces cut(int64_t total, int64_t cycles, int64_t threads) {
  constexpr int64_t kLeastCycles = 10'000, kPiecesPerThread = 8;
  const int64_t least = kLeastCycles / std::max<int64_t>(cycles, 1) + 1;
  const int64_t even = (total + kPiecesPerThread * threads - 1) / (kPiecesPerThread * threads);
  const int64_t length = std::max<int64_t>(1, threads > 1 ? std::max(least, even) : total);
  return {length, (total + length - 1) / length};
}

// Runs function(begin, end) over the pieces of 0 .. total, on this thread and on up to `helpers` tasks given to
// schedule(task), and returns when all are done. A task that begins after that touches nothing of the caller's.
template <class Schedule, class Function>
void share(int64_t total, const Pieces& pieces, int64_t helpers, const Schedule& schedule, const Function& function) {
  if (total == 0) return;
  helpers = std::min(helpers, pieces.count - 1);
  if (helpers <= 0) {
    function(int64_t{0}, total);
    return;
  }
  struct Pile {
    std::atomic<int64_t> next{0}, done{0};
  };
  const auto pile = std::make_shared<Pile>();
  const auto work = [pile, total, pieces, &function] {
    for (;;) {
      const int64_t piece = pile->next.fetch_add(1, std::memory_order_relaxed);
      if (piece >= pieces.count) return;
      // `function` is still there: its owner waits below for this piece.
      function(piece * pieces.length, std::min(total, (piece + 1) * pieces.length));
      pile->done.fetch_add(1, std::memory_order_release);
    }
  };
  for (int64_t i = 0; i < helpers; ++i) schedule(work);
  work();
  constexpr int kPatience = 2000;  // looks, about as long as a piece takes
  for (int looks = 0; pile->done.load(std::memory_order_acquire) != pieces.count; ++looks) {
    if (looks < kPatience) {
      pause();
    } else {
      std::this_thread::yield();  // whoever has the last piece lost its processor
    }
  }
}

}  // namespace bnn
