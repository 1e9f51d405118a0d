// Models in files, in our own format and in those of other systems; docs/formats.md describes each with an example.
#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tabular/gridworld.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

enum class ModelFormat {
  Npz,        // Our own arrays, .npz.
  QuantEcon,  // Its state-action-pair form, .npz.
  Dense,      // T[S,A,S] or P[A,S,S] with R, .npz.
  Prism,      // PRISM's explicit files, .tra with its neighbours.
  Storm,      // Storm's dialect of them.
  Drn,        // Storm's DRN.
  Gridworld,  // A map in TOML.
};

// "npz", "quantecon", "dense", "prism", "storm", "drn", "gridworld".
std::string_view to_string(ModelFormat format);
std::optional<ModelFormat> model_format_named(std::string_view name);
std::span<const ModelFormat> all_model_formats();

struct ReadModelOptions {
  std::optional<ModelFormat> format = {};  // Recognised by suffix and content unless given.
  std::optional<double> discount = {};     // In place of the file's; 1 where a file (prism, storm, drn) has none.
  // prism, storm, drn: the label of terminal states; empty: "terminal" where the file has it, else "target". States of
  // label "deadlock" and those without transitions are terminal as well.
  std::string terminal_label = {};
  std::string reward_model = {};  // drn: which one; empty: the only one.
};

struct Model {
  Mdp mdp;
  ModelFormat format;
  std::optional<Gridworld> gridworld;  // Where the file is one.
};

// Throws std::runtime_error "file:line: what is wrong", for .npz "file: array: what is wrong"; std::invalid_argument if
// an option is out of range or does not apply.
Model read_model(const std::filesystem::path& file, const ReadModelOptions& options = {});

// Writes whole files only. `format` is recognised by the suffix unless given: .npz is our own, .tra PRISM's.
// `gridworld` is what a .toml needs. Throws std::runtime_error if a file cannot be written, std::invalid_argument if
// the format cannot carry the model: a gridworld that was none, a start distribution that is not uniform over some
// states in prism, storm and drn (which do not carry the discount either, see docs/formats.md).
void write_model(const std::filesystem::path& file, const Mdp& mdp, std::optional<ModelFormat> format = {},
                 const Gridworld* gridworld = nullptr);

// The format that write_model() uses. Throws std::invalid_argument if the suffix says none.
ModelFormat format_to_write(const std::filesystem::path& file, std::optional<ModelFormat> format = {});

// All files that write_model() makes for that name.
std::vector<std::filesystem::path> model_files(const std::filesystem::path& file,
                                               std::optional<ModelFormat> format = {});

}  // namespace softrl::tabular
