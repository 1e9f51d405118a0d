#include "tabular/npz.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zip.h>

#include "softrl/excerpt.hpp"

namespace softrl::tabular {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view magic = "\x93NUMPY";

// Fills the buffer as far as there is data, and returns how many bytes that were.
using Source = std::function<std::size_t(char*, std::size_t)>;
using Fail = std::function<void(const std::string&)>;  // Throws.

struct Header {
  char kind;          // 'f', 'i', 'u' or 'b'.
  std::size_t width;  // Bytes of an element.
  bool fortran_order;
  std::vector<std::size_t> shape;
  std::size_t count = 1;
};

std::string read_bytes(const Source& source, std::size_t size, const Fail& fail) {
  std::string bytes(size, '\0');
  if (source(bytes.data(), size) != size) fail("ends within its header");
  return bytes;
}

// What stands behind `key` in the header, a Python dict such as {'descr': '<f8', 'fortran_order': False, 'shape':
// (3,)}.
std::string_view value_of(std::string_view dict, std::string_view key, const Fail& fail) {
  auto at = dict.find(fmt::format("'{}'", key));
  if (at == std::string_view::npos) at = dict.find(fmt::format("\"{}\"", key));
  const auto colon = at == std::string_view::npos ? at : dict.find(':', at);
  const auto begin = colon == std::string_view::npos ? colon : dict.find_first_not_of(' ', colon + 1);
  if (begin == std::string_view::npos) fail(fmt::format("has no '{}' in its header", key));
  return dict.substr(begin);
}

std::vector<std::size_t> parse_shape(std::string_view text, const Fail& fail) {
  std::vector<std::size_t> shape;
  const auto close = text.find(')');
  if (!text.starts_with('(') || close == std::string_view::npos) fail("has no shape in its header");
  const char *at = text.data() + 1, *const end = text.data() + close;
  while (at != end) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    std::size_t length = 0;
    const auto [stop, error] = std::from_chars(at, end, length);
    if (error != std::errc()) fail("has a shape that is not made of numbers");
    at = stop != end && *stop == 'L' ? stop + 1 : stop;  // as Python 2 wrote them
    shape.push_back(length);
  }
  return shape;
}

Header read_header(const Source& source, const Fail& fail) {
  const std::string start = read_bytes(source, magic.size() + 2, fail);
  if (!start.starts_with(magic)) fail("is not in NumPy's format");
  const int version = start[magic.size()];
  if (version < 1 || version > 3) fail(fmt::format("has version {} of NumPy's format; 1 to 3 are known", version));
  std::size_t length = 0;
  const std::string length_bytes = read_bytes(source, version == 1 ? 2 : 4, fail);
  for (std::size_t i = 0; i < length_bytes.size(); ++i)
    length |= static_cast<std::size_t>(static_cast<unsigned char>(length_bytes[i])) << (8 * i);
  if (length > 65536) fail("has a header longer than any array of numbers needs");
  const std::string dict = read_bytes(source, length, fail);

  Header header;
  const std::string_view type = value_of(dict, "descr", fail);
  const char quote = type.front();
  const auto close = type.find(quote, 1);
  if ((quote != '\'' && quote != '"') || close == std::string_view::npos) fail("must hold numbers, not records");
  const std::string_view code = type.substr(1, close - 1);
  static constexpr std::array<std::string_view, 11> known{"f4", "f8", "i1", "i2", "i4", "i8",
                                                          "u1", "u2", "u4", "u8", "b1"};
  const bool sized = code.size() == 3 && std::find(known.begin(), known.end(), code.substr(1)) != known.end();
  if (!sized) fail(fmt::format("must hold real numbers or integers, but is of NumPy's type '{}'", excerpt(code)));
  if (code.front() == '>' && code.back() != '1') fail("is big-endian; NumPy's astype('<f8') makes it readable");
  header.kind = code[1];
  header.width = static_cast<std::size_t>(code[2] - '0');
  header.fortran_order = value_of(dict, "fortran_order", fail).starts_with("True");
  header.shape = parse_shape(value_of(dict, "shape", fail), fail);
  for (const std::size_t length_of_axis : header.shape) {
    constexpr std::size_t most = std::size_t{1} << 40;
    if (length_of_axis > most || (length_of_axis > 0 && header.count > most / length_of_axis))
      fail("has a shape larger than any memory");
    header.count *= length_of_axis;
  }
  return header;
}

template <class Stored>
Stored stored_at(const char* data) {
  Stored value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

// Calls `take` with the element as a double or an integer.
template <class Take>
void visit(const Header& header, const char* data, const Take& take) {
  switch (header.kind) {
    case 'f':
      return header.width == 8 ? take(stored_at<double>(data)) : take(static_cast<double>(stored_at<float>(data)));
    case 'i':
      switch (header.width) {
        case 1:
          return take(std::int64_t{stored_at<std::int8_t>(data)});
        case 2:
          return take(std::int64_t{stored_at<std::int16_t>(data)});
        case 4:
          return take(std::int64_t{stored_at<std::int32_t>(data)});
        default:
          return take(stored_at<std::int64_t>(data));
      }
    default:
      switch (header.width) {
        case 1:
          return take(std::uint64_t{stored_at<std::uint8_t>(data)});
        case 2:
          return take(std::uint64_t{stored_at<std::uint16_t>(data)});
        case 4:
          return take(std::uint64_t{stored_at<std::uint32_t>(data)});
        default:
          return take(stored_at<std::uint64_t>(data));
      }
  }
}

template <class T>
T converted(const Header& header, const char* data, const Fail& fail) {
  T result{};
  visit(header, data, [&](auto stored) {
    if constexpr (std::is_same_v<T, double>) {
      result = static_cast<double>(stored);
    } else if constexpr (std::is_same_v<decltype(stored), double>) {
      // Integers kept as floats, as MATLAB and careless scripts do.
      if (!(stored == std::floor(stored)) || !(std::abs(stored) <= std::numeric_limits<Index>::max()))
        fail(fmt::format("must hold integers of 32 bits, got {}", stored));
      result = static_cast<Index>(stored);
    } else {
      if (!std::in_range<Index>(stored)) fail(fmt::format("must hold integers of 32 bits, got {}", stored));
      result = static_cast<Index>(stored);
    }
  });
  return result;
}

// Fortran's order into C's.
template <class T>
std::vector<T> reordered(const std::vector<T>& values, const std::vector<std::size_t>& shape) {
  std::vector<T> result(values.size());
  std::vector<std::size_t> position(shape.size(), 0);
  for (const T& value : values) {
    std::size_t at = 0;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) at = at * shape[axis] + position[axis];
    result[at] = value;
    for (std::size_t axis = 0; axis < shape.size() && ++position[axis] == shape[axis]; ++axis) position[axis] = 0;
  }
  return result;
}

// `most_bytes` bounds what a header may claim, before memory is given to it.
template <class T>
NumpyArray<T> read_array(const Source& source, std::size_t most_bytes, const Fail& fail) {
  const Header header = read_header(source, fail);
  if (header.count > most_bytes / header.width) fail("ends before its last element");
  NumpyArray<T> array{.shape = header.shape, .values = {}};
  array.values.reserve(header.count);
  std::vector<char> buffer(std::min<std::size_t>(header.count, 1 << 16) * header.width);
  while (array.values.size() < header.count) {
    const std::size_t wanted = std::min(buffer.size(), (header.count - array.values.size()) * header.width);
    if (source(buffer.data(), wanted) != wanted) fail("ends before its last element");
    for (std::size_t i = 0; i < wanted; i += header.width)
      array.values.push_back(converted<T>(header, buffer.data() + i, fail));
  }
  char beyond = 0;
  if (source(&beyond, 1) != 0) fail("goes on behind its last element");
  if (header.fortran_order && header.shape.size() > 1) array.values = reordered(array.values, header.shape);
  return array;
}

std::string header_text(std::string_view type, const std::vector<std::size_t>& shape) {
  std::string dict = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", type,
                                 fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  constexpr std::size_t preamble = 10, alignment = 64;
  dict.append(alignment - 1 - (preamble + dict.size()) % alignment, ' ');
  dict += '\n';
  std::string text(magic);
  text += {'\x01', '\x00', static_cast<char>(dict.size() & 0xFF), static_cast<char>(dict.size() >> 8)};
  return text + dict;
}

}  // namespace

NumpyArray<double> read_npy(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file))
    throw std::runtime_error(fmt::format("{}: cannot be read", file.string()));
  in.seekg(0, std::ios::end);
  const auto size = static_cast<std::size_t>(in.tellg());
  in.seekg(0);
  const Source source = [&](char* data, std::size_t count) {
    in.read(data, static_cast<std::streamsize>(count));
    return static_cast<std::size_t>(in.gcount());
  };
  return read_array<double>(source, size, [&](const std::string& message) {
    throw std::runtime_error(fmt::format("{}: {}", file.string(), message));
  });
}

struct NpzReader::Archive {
  struct Close {
    void operator()(zip_t* zip) const { zip_discard(zip); }
    void operator()(zip_file_t* entry) const { zip_fclose(entry); }
  };
  std::unique_ptr<zip_t, Close> zip;

  std::optional<zip_uint64_t> find(std::string_view name) const {
    const auto found = zip_name_locate(zip.get(), fmt::format("{}.npy", name).c_str(), 0);
    return found < 0 ? std::nullopt : std::optional(static_cast<zip_uint64_t>(found));
  }

  template <class T>
  NumpyArray<T> read(std::string_view name, const Fail& fail) const {
    const auto index = find(name);
    if (!index) fail("is missing");
    zip_stat_t stat;
    zip_stat_init(&stat);
    const std::unique_ptr<zip_file_t, Close> entry(zip_fopen_index(zip.get(), *index, 0));
    if (zip_stat_index(zip.get(), *index, 0, &stat) != 0 || !entry)
      fail(fmt::format("cannot be unpacked: {}", zip_strerror(zip.get())));
    // Deflate packs 1032 bytes into one at best, so a larger claim is not true.
    constexpr zip_uint64_t best_ratio = 1032, slack = 4096;
    if (stat.size / best_ratio > stat.comp_size + slack) fail("claims a size that its data cannot have");
    const Source source = [&](char* data, std::size_t count) {
      std::size_t got = 0;
      while (got < count) {
        const zip_int64_t now = zip_fread(entry.get(), data + got, count - got);
        if (now < 0) fail(fmt::format("is damaged: {}", zip_file_strerror(entry.get())));
        if (now == 0) break;
        got += static_cast<std::size_t>(now);
      }
      return got;
    };
    return read_array<T>(source, stat.size, fail);
  }
};

NpzReader::NpzReader(std::filesystem::path file) : file_(std::move(file)), archive_(std::make_unique<Archive>()) {
  if (!std::filesystem::is_regular_file(file_)) fail("cannot be read");
  int error = 0;
  archive_->zip.reset(zip_open(file_.c_str(), ZIP_RDONLY, &error));
  if (archive_->zip) return;
  zip_error_t description;
  zip_error_init_with_code(&description, error);
  const std::string reason = zip_error_strerror(&description);
  zip_error_fini(&description);
  fail("is not a whole .npz archive: " + reason);
}

NpzReader::~NpzReader() = default;

void NpzReader::fail(std::string_view name, std::string_view message) const {
  throw std::runtime_error(fmt::format("{}: {}: {}", file_.string(), name, message));
}

void NpzReader::fail(std::string_view message) const {
  throw std::runtime_error(fmt::format("{}: {}", file_.string(), message));
}

bool NpzReader::has(std::string_view name) const { return archive_->find(name).has_value(); }

void NpzReader::refuse_unknown(std::initializer_list<std::string_view> known) const {
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive_->zip.get(), 0); ++i) {
    const char* const entry = zip_get_name(archive_->zip.get(), static_cast<zip_uint64_t>(i), 0);
    std::string_view name = entry == nullptr ? "" : entry;
    if (name.ends_with(".npy")) name.remove_suffix(4);
    if (std::find(known.begin(), known.end(), name) == known.end())
      fail(excerpt(name), fmt::format("is not an array of this format; its arrays are {}", fmt::join(known, ", ")));
  }
}

NumpyArray<double> NpzReader::reals(std::string_view name) const {
  return archive_->read<double>(name, [&](const std::string& message) { fail(name, message); });
}

NumpyArray<Index> NpzReader::indices(std::string_view name) const {
  return archive_->read<Index>(name, [&](const std::string& message) { fail(name, message); });
}

std::vector<double> NpzReader::real_vector(std::string_view name) const {
  auto array = reals(name);
  if (array.shape.size() != 1) fail(name, fmt::format("must have one dimension, got {}", array.shape.size()));
  return std::move(array.values);
}

std::vector<Index> NpzReader::index_vector(std::string_view name) const {
  auto array = indices(name);
  if (array.shape.size() != 1) fail(name, fmt::format("must have one dimension, got {}", array.shape.size()));
  return std::move(array.values);
}

double NpzReader::number(std::string_view name) const {
  const auto array = reals(name);
  if (array.values.size() != 1) fail(name, fmt::format("must be one number, got {}", array.values.size()));
  return array.values.front();
}

void NpzWriter::add(std::string_view name, std::span<const double> values, const std::vector<std::size_t>& shape) {
  entries_.push_back({fmt::format("{}.npy", name), header_text("<f8", shape), std::as_bytes(values)});
}

void NpzWriter::add(std::string_view name, std::span<const Index> values, const std::vector<std::size_t>& shape) {
  entries_.push_back({fmt::format("{}.npy", name), header_text("<i4", shape), std::as_bytes(values)});
}

void NpzWriter::write(const std::filesystem::path& file) const {
  const auto check = [&](bool fine, zip_t* zip) {
    if (fine) return;
    const std::string reason = zip == nullptr ? "" : fmt::format(": {}", zip_strerror(zip));
    if (zip != nullptr) zip_discard(zip);
    throw std::runtime_error(fmt::format("{}: cannot be written{}", file.string(), reason));
  };
  zip_t* const zip = zip_open(file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  check(zip != nullptr, nullptr);
  for (const Entry& entry : entries_) {
    // libzip does not write to what it is given.
    const auto fragment = [](const void* data, std::size_t size) {
      return zip_buffer_fragment_t{static_cast<zip_uint8_t*>(const_cast<void*>(data)), size};
    };
    const std::array parts{fragment(entry.header.data(), entry.header.size()),
                           fragment(entry.data.data(), entry.data.size())};
    zip_source_t* const source = zip_source_buffer_fragment(zip, parts.data(), parts.size(), 0);
    check(source != nullptr, zip);
    const zip_int64_t index = zip_file_add(zip, entry.name.c_str(), source, ZIP_FL_OVERWRITE);
    if (index < 0) zip_source_free(source);
    check(index >= 0, zip);
    check(zip_set_file_compression(zip, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0) == 0, zip);
  }
  check(zip_close(zip) == 0, zip);
}

}  // namespace softrl::tabular
