// Runs a fuzz target over every file of the folders and files given, once each, and over a few mutations that are
// cheap to make without a fuzzer: the empty input, every truncation of small files and single flipped bytes.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

std::size_t runs = 0;

void RunOne(const Input& input) {
  // A private copy of the exact size, so that a read past the end is one past an allocation.
  const Input copy(input.begin(), input.end());
  (void)LLVMFuzzerTestOneInput(copy.data(), copy.size());
  ++runs;
}

void RunFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  Input input{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  RunOne(input);
  const std::size_t step = input.size() / 256 + 1;
  for (std::size_t n = 0; n < input.size(); n += step) {
    RunOne(Input(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(n)));
    Input flipped = input;
    flipped[n] ^= static_cast<std::uint8_t>(1U << (n % 8U));
    RunOne(flipped);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  RunOne({});
  for (int i = 1; i < argc; ++i) {
    const std::filesystem::path path(argv[i]);
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (!entry.is_regular_file()) continue;
        RunFile(entry.path());
        ++files;
      }
    } else {
      RunFile(path);
      ++files;
    }
  }
  if (files == 0) {
    std::fprintf(stderr, "no corpus file found\n");
    return 1;
  }
  std::printf("%zu files, %zu runs, 0 failed\n", files, runs);
  return 0;
}
