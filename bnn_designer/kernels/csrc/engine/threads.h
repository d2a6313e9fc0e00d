// The engine's own threads: they share the items of one group after another, and wait without sleeping in between.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace bnn {

// Runs item `item` of group `group` on thread 0 .. count() - 1; thread 0 is the caller of run().
using Work = std::function<void(int64_t group, int64_t item, int thread)>;

class EngineThreads {
 public:
  // `items[g]` is how many items group g has, fewer than 2^32; groups are fewer than 2^32 - 1.
  EngineThreads(int threads, std::vector<int64_t> items, Work work);
  ~EngineThreads();
  EngineThreads(const EngineThreads&) = delete;
  EngineThreads& operator=(const EngineThreads&) = delete;

  int count() const { return static_cast<int>(workers_.size()) + 1; }

  // Wakes the other threads, which stay awake while groups follow each other closely.
  void wake();

  // Returns once every item of the group is done.
  void run(int64_t group);

 private:
  void serve(int thread);
  bool take_one(int thread);

  const std::vector<int64_t> items_;
  const Work work_;
  // The group whose items are given out, plus 1, in the high half; the next item in the low half. Whoever takes an
  // item learns in the same step which group it is of, so a thread that comes late does no harm.
  std::atomic<uint64_t> ticket_{0};
  std::atomic<int64_t> done_{0};
  std::atomic<bool> stop_{false};
  std::atomic<int> asleep_{0};
  std::mutex mutex_;
  std::condition_variable awake_;
  std::vector<std::thread> workers_;
};

}  // namespace bnn
