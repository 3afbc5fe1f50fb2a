#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace keelson {

/// Runs `work(0..count-1)` on at most `threads` threads; returns when all have ended. For work that waits for others.
template <typename Work>
void in_parallel(std::size_t count, Work work, std::size_t threads = 8) {
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < std::min(count, threads); ++i)
    workers.emplace_back([&] {
      for (std::size_t job = next++; job < count; job = next++) work(job);
    });
  for (std::thread& worker : workers) worker.join();
}

}  // namespace keelson
