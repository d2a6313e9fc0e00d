#include "engine/threads.h"

#include <chrono>
#include <utility>

#include "engine/pause.h"

namespace bnn {
namespace {

// How long a thread without work looks for some before it sleeps: longer than any gap between groups, shorter than
// what anybody would notice on an idle processor.
constexpr auto kPatience = std::chrono::microseconds(300);
// Looks between two glances at the clock.
constexpr int kLooks = 64;

constexpr uint64_t ticket_of(int64_t group) { return static_cast<uint64_t>(group + 1) << 32; }

}  // namespace

EngineThreads::EngineThreads(int threads, std::vector<int64_t> items, Work work)
    : items_(std::move(items)), work_(std::move(work)) {
  for (int thread = 1; thread < threads; ++thread) {
    workers_.emplace_back([this, thread] { serve(thread); });
  }
}

EngineThreads::~EngineThreads() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  awake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void EngineThreads::wake() {
  if (workers_.empty() || asleep_.load() == 0) return;
  // A thread that is about to sleep right now may miss this; then it sleeps through one image.
  std::lock_guard<std::mutex> lock(mutex_);
  awake_.notify_all();
}

// Looks first: taking counts up, and must not do so while there is nothing to take.
bool EngineThreads::take_one(int thread) {
  uint64_t ticket = ticket_.load(std::memory_order_acquire);
  for (int look = 0; look < 2; ++look) {
    const int64_t group = static_cast<int64_t>(ticket >> 32) - 1;
    const auto item = static_cast<int64_t>(ticket & 0xffffffff);
    if (group < 0 || item >= items_[static_cast<size_t>(group)]) return false;
    if (look == 1) {
      work_(group, item, thread);
      done_.fetch_add(1, std::memory_order_release);
      return true;
    }
    ticket = ticket_.fetch_add(1, std::memory_order_acq_rel);
  }
  return false;
}

void EngineThreads::run(int64_t group) {
  const int64_t items = items_[static_cast<size_t>(group)];
  if (workers_.empty() || items == 1) {
    for (int64_t item = 0; item < items; ++item) work_(group, item, 0);
    return;
  }
  done_.store(0, std::memory_order_relaxed);
  ticket_.store(ticket_of(group), std::memory_order_seq_cst);
  while (take_one(0)) {
  }
  for (int looks = 0; done_.load(std::memory_order_acquire) != items; ++looks) {
    if (looks < 20000) {
      pause();
    } else {
      std::this_thread::yield();  // whoever has the last item lost its processor
    }
  }
}

void EngineThreads::serve(int thread) {
  using Clock = std::chrono::steady_clock;
  auto since = Clock::now();
  while (!stop_.load(std::memory_order_relaxed)) {
    bool worked = false;
    for (int look = 0; look < kLooks; ++look) {
      if (take_one(thread)) {
        worked = true;
      } else {
        pause();
      }
    }
    if (worked) {
      since = Clock::now();
    } else if (Clock::now() - since > kPatience) {
      std::unique_lock<std::mutex> lock(mutex_);
      if (stop_) return;  // said with the lock held, so it is not missed
      asleep_.fetch_add(1);
      awake_.wait(lock);
      asleep_.fetch_sub(1);
      lock.unlock();
      since = Clock::now();
    }
  }
}

}  // namespace bnn
