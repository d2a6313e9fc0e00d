// The shared loop on real threads: every unit once, whoever comes late, and nothing touched after the return. The
// sanitizer this is built with does half of the checking: counts are no atomics, and a loop's data is freed behind it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "ops/shared_work.h"

namespace {

using Task = std::function<void()>;

// A pool whose tasks can be held back, as threads are that wake late.
class Pool {
 public:
  explicit Pool(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
  }
  ~Pool() {
    hold(false);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  void hold(bool held) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      held_ = held;
    }
    changed_.notify_all();
  }
  void schedule(Task task) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
  }

 private:
  void serve() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return (!tasks_.empty() && !held_) || (stop_ && tasks_.empty()); });
      if (tasks_.empty()) return;
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool held_ = false, stop_ = false;
  std::vector<std::thread> threads_;
};

[[noreturn]] void fail(const char* what, int64_t total, int64_t at) {
  std::printf("%s at %lld of %lld\n", what, static_cast<long long>(at), static_cast<long long>(total));
  std::fflush(stdout);
  std::_Exit(1);  // threads still run
}

// 0: nobody came to help; otherwise how many pieces others took.
int64_t loop(Pool* pool, int64_t threads, int64_t total, int64_t cycles) {
  const bnn::Pieces pieces = bnn::cut(total, cycles, threads);
  if (pieces.count > 8 * threads) fail("too many pieces", total, pieces.count);
  auto counts = std::make_unique<std::vector<int32_t>>(static_cast<size_t>(total), 0);
  std::vector<int32_t> by_others(static_cast<size_t>(pieces.count), 0);
  const std::thread::id caller = std::this_thread::get_id();
  bnn::share(total, pieces, threads - 1, [&](Task task) { pool->schedule(std::move(task)); },
             [&](int64_t begin, int64_t end) {
               if (begin < 0 || end <= begin || end > total) fail("a piece outside", total, begin);
               for (int64_t i = begin; i < end; ++i) ++(*counts)[static_cast<size_t>(i)];
               by_others[static_cast<size_t>(begin / pieces.length)] = std::this_thread::get_id() != caller;
             });
  for (int64_t i = 0; i < total; ++i) {
    if ((*counts)[static_cast<size_t>(i)] != 1) fail("not once", total, i);
  }
  int64_t helped = 0;
  for (const int32_t piece : by_others) helped += piece;
  return helped;
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t rounds = argc > 1 ? std::atoll(argv[1]) : 2000;
  std::mt19937_64 random(7);
  int64_t helped = 0;
  for (const int64_t threads : {1, 2, 3, 5}) {
    Pool pool(static_cast<int>(threads));
    for (int64_t round = 0; round < rounds; ++round) {
      pool.hold(false);
      helped += loop(&pool, threads, static_cast<int64_t>(random() % 5000), static_cast<int64_t>(random() % 20'000));
      pool.hold(true);  // helpers that begin when the loop's data is gone
      if (loop(&pool, threads, static_cast<int64_t>(random() % 500) + 1, 5'000) != 0) fail("helped while held", 0, 0);
    }
  }
  if (helped == 0) fail("nobody ever helped", 0, 0);
  std::printf("loops: %lld right, others took %lld pieces\n", static_cast<long long>(8 * rounds),
              static_cast<long long>(helped));
  return 0;
}
