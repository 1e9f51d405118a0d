// Models in .npz files: our own arrays, QuantEcon's state-action pairs, and dense tables (docs/formats.md).
#pragma once
#include <filesystem>
#include <optional>

#include "tabular/mdp.hpp"
#include "tabular/npz.hpp"

namespace softrl::tabular {

// The arrays, not yet checked as a process; `discount` in place of the file's. Throw as NpzReader.
MdpArrays read_own_npz(const NpzReader& npz, std::optional<double> discount);
MdpArrays read_quantecon_npz(const NpzReader& npz, std::optional<double> discount);
MdpArrays read_dense_npz(const NpzReader& npz, std::optional<double> discount);

// Not atomically.
void write_own_npz(const std::filesystem::path& file, const Mdp& mdp);
void write_quantecon_npz(const std::filesystem::path& file, const Mdp& mdp);
void write_dense_npz(const std::filesystem::path& file, const Mdp& mdp);  // T[S,A,S], R[S,A]

}  // namespace softrl::tabular
