#include "tabular/mdp_files.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "softrl/atomic_file.hpp"
#include "softrl/check.hpp"
#include "tabular/drn_format.hpp"
#include "tabular/explicit_format.hpp"
#include "tabular/npz_models.hpp"

namespace softrl::tabular {
namespace {

namespace fs = std::filesystem;

struct Named {
  ModelFormat format;
  std::string_view name;
};
constexpr std::array<Named, 7> names{{{ModelFormat::Npz, "npz"},
                                      {ModelFormat::QuantEcon, "quantecon"},
                                      {ModelFormat::Dense, "dense"},
                                      {ModelFormat::Prism, "prism"},
                                      {ModelFormat::Storm, "storm"},
                                      {ModelFormat::Drn, "drn"},
                                      {ModelFormat::Gridworld, "gridworld"}}};

// By the suffix: of the .npz formats our own, of the .tra ones PRISM's.
std::optional<ModelFormat> format_of_suffix(const fs::path& file) {
  const std::string suffix = file.extension().string();
  if (suffix == ".npz") return ModelFormat::Npz;
  if (suffix == ".tra") return ModelFormat::Prism;
  if (suffix == ".drn") return ModelFormat::Drn;
  if (suffix == ".toml") return ModelFormat::Gridworld;
  return std::nullopt;
}

// By what the file begins with, for other suffixes.
std::optional<ModelFormat> format_of_content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || fs::is_directory(file)) throw std::runtime_error(fmt::format("{}: cannot be read", file.string()));
  std::string start(4096, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(in.gcount()));
  if (start.starts_with("PK")) return ModelFormat::Npz;
  if (start.find("@type:") != start.npos) return ModelFormat::Drn;
  if (start.starts_with("mdp") || start.starts_with("dtmc")) return ModelFormat::Storm;
  if (start.find("map") != start.npos && start.find('=') != start.npos) return ModelFormat::Gridworld;
  return std::nullopt;
}

ModelFormat recognised(const fs::path& file) {
  if (const auto format = format_of_suffix(file)) return *format;
  if (const auto format = format_of_content(file)) return *format;
  throw std::runtime_error(
      fmt::format("{}: is of no known format (.npz, .tra, .drn or .toml); the option format names one", file.string()));
}

// Which of the three it is, by the arrays it has.
ModelFormat npz_format(const NpzReader& npz) {
  if (npz.has("action_offsets")) return ModelFormat::Npz;
  if (npz.has("s_indices")) return ModelFormat::QuantEcon;
  if (npz.has("T") || npz.has("P")) return ModelFormat::Dense;
  npz.fail("has neither action_offsets (our own arrays), nor s_indices (QuantEcon's), nor T or P (dense tables)");
}

bool is_npz(ModelFormat format) {
  return format == ModelFormat::Npz || format == ModelFormat::QuantEcon || format == ModelFormat::Dense;
}

bool is_explicit(ModelFormat format) { return format == ModelFormat::Prism || format == ModelFormat::Storm; }

ExplicitDialect dialect_of(ModelFormat format) {
  return format == ModelFormat::Prism ? ExplicitDialect::Prism : ExplicitDialect::Storm;
}

struct Arrays {
  MdpArrays arrays;
  ModelFormat format;
};

Arrays read_arrays(const fs::path& file, ModelFormat format, const ReadModelOptions& options) {
  if (is_npz(format)) {
    const NpzReader npz(file);
    if (!options.format) format = npz_format(npz);
    switch (format) {
      case ModelFormat::QuantEcon:
        return {read_quantecon_npz(npz, options.discount), format};
      case ModelFormat::Dense:
        return {read_dense_npz(npz, options.discount), format};
      default:
        return {read_own_npz(npz, options.discount), format};
    }
  }
  LabelledProcess process;
  if (format == ModelFormat::Drn) {
    process = read_drn(file, options.reward_model);
  } else {
    ExplicitProcess read = read_explicit(file);
    process = std::move(read.process);
    format = read.dialect == ExplicitDialect::Prism ? ModelFormat::Prism : ModelFormat::Storm;
  }
  process.arrays.discount = options.discount.value_or(1.0);
  return {to_arrays(std::move(process), options.terminal_label), format};
}

void check_applies(const ReadModelOptions& options, ModelFormat format) {
  if (options.discount) check_in_range("discount", *options.discount, 0.0, 1.0);
  if (!options.terminal_label.empty() && !is_explicit(format) && format != ModelFormat::Drn)
    throw std::invalid_argument("terminal_label is for the formats with labels: prism, storm and drn");
  if (!options.reward_model.empty() && format != ModelFormat::Drn)
    throw std::invalid_argument("reward_model is for the format drn");
}

}  // namespace

std::string_view to_string(ModelFormat format) {
  return std::find_if(names.begin(), names.end(), [&](const Named& n) { return n.format == format; })->name;
}

std::optional<ModelFormat> model_format_named(std::string_view name) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const Named& n) { return n.name == name; });
  return found == names.end() ? std::nullopt : std::optional(found->format);
}

std::span<const ModelFormat> all_model_formats() {
  static constexpr std::array all{ModelFormat::Npz,   ModelFormat::QuantEcon, ModelFormat::Dense,    ModelFormat::Prism,
                                  ModelFormat::Storm, ModelFormat::Drn,       ModelFormat::Gridworld};
  return all;
}

ModelFormat format_to_write(const fs::path& file, std::optional<ModelFormat> format) {
  if (format) return *format;
  if (const auto by_suffix = format_of_suffix(file)) return *by_suffix;
  throw std::invalid_argument(
      fmt::format("{}: the suffix says no format (.npz, .tra, .drn or .toml), and none is named", file.string()));
}

Model read_model(const fs::path& file, const ReadModelOptions& options) {
  const ModelFormat format = options.format ? *options.format : recognised(file);
  check_applies(options, format);
  if (format == ModelFormat::Gridworld) {
    Gridworld world = read_gridworld(file);
    Mdp mdp = gridworld_mdp(world, options.discount.value_or(world.discount));
    return {std::move(mdp), format, std::move(world)};
  }
  // What the formats do not check themselves is wrong with the file, too.
  try {
    Arrays read = read_arrays(file, format, options);
    return {Mdp(std::move(read.arrays)), read.format, std::nullopt};
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: {}", file.string(), error.what()));
  }
}

std::vector<fs::path> model_files(const fs::path& file, std::optional<ModelFormat> format) {
  const ModelFormat chosen = format_to_write(file, format);
  return is_explicit(chosen) ? explicit_files(file, dialect_of(chosen)) : std::vector{file};
}

void write_model(const fs::path& file, const Mdp& mdp, std::optional<ModelFormat> format, const Gridworld* gridworld) {
  const ModelFormat chosen = format_to_write(file, format);
  switch (chosen) {
    case ModelFormat::Npz:
      return write_atomically(file, [&](const fs::path& temporary) { write_own_npz(temporary, mdp); });
    case ModelFormat::QuantEcon:
      return write_atomically(file, [&](const fs::path& temporary) { write_quantecon_npz(temporary, mdp); });
    case ModelFormat::Dense:
      return write_atomically(file, [&](const fs::path& temporary) { write_dense_npz(temporary, mdp); });
    case ModelFormat::Drn:
      return write_atomically(file, to_drn(mdp));
    case ModelFormat::Gridworld: {
      if (gridworld == nullptr)
        throw std::invalid_argument("only what was read from a gridworld can be written as one");
      Gridworld world = *gridworld;
      world.discount = mdp.discount();
      return write_atomically(file, to_toml(world));
    }
    case ModelFormat::Prism:
    case ModelFormat::Storm:
      for (const auto& [path, text] : to_explicit(mdp, file, dialect_of(chosen))) write_atomically(path, text);
  }
}

}  // namespace softrl::tabular
