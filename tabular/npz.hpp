// NumPy's files: .npy, one array, and .npz, a zip archive of them. Real and integer arrays of any width are read into
// double and Index, in C or Fortran order; little-endian, as on every machine this runs on.
//
// All throw std::runtime_error "file: what is wrong", for an array of an archive "file: name: what is wrong": not such
// a file, cut off or damaged, objects or text in place of numbers, indices with a fraction or beyond 32 bits.
#pragma once
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tabular/mdp.hpp"

namespace softrl::tabular {

template <class T>
struct NumpyArray {
  std::vector<std::size_t> shape;
  std::vector<T> values;  // Row-major.
};

NumpyArray<double> read_npy(const std::filesystem::path& file);

class NpzReader {
 public:
  explicit NpzReader(std::filesystem::path file);
  ~NpzReader();
  NpzReader(const NpzReader&) = delete;
  NpzReader& operator=(const NpzReader&) = delete;

  bool has(std::string_view name) const;
  void refuse_unknown(std::initializer_list<std::string_view> known) const;  // Any other array is an error.
  NumpyArray<double> reals(std::string_view name) const;
  NumpyArray<Index> indices(std::string_view name) const;

  // One-dimensional ones, and a scalar (no dimension, or one entry).
  std::vector<double> real_vector(std::string_view name) const;
  std::vector<Index> index_vector(std::string_view name) const;
  double number(std::string_view name) const;

  [[noreturn]] void fail(std::string_view name, std::string_view message) const;
  [[noreturn]] void fail(std::string_view message) const;

 private:
  struct Archive;
  std::filesystem::path file_;
  std::unique_ptr<Archive> archive_;
};

// Collects arrays, which must live until write().
class NpzWriter {
 public:
  void add(std::string_view name, std::span<const double> values, const std::vector<std::size_t>& shape);
  void add(std::string_view name, std::span<const Index> values, const std::vector<std::size_t>& shape);
  void add(std::string_view name, std::span<const double> values) { add(name, values, {values.size()}); }
  void add(std::string_view name, std::span<const Index> values) { add(name, values, {values.size()}); }

  // Not atomically; write_atomically() around it does.
  void write(const std::filesystem::path& file) const;

 private:
  struct Entry {
    std::string name, header;
    std::span<const std::byte> data;
  };
  std::vector<Entry> entries_;
};

}  // namespace softrl::tabular
