// What the commands on a route study have in common: the study, where its data lie, where the answer goes.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/output.hpp"
#include "irl/spectral_radius.hpp"
#include "irl/study.hpp"
#include "irl/study_fit.hpp"
#include "irl/study_model.hpp"
#include "irl/trips.hpp"

namespace softrl::cli {

struct LoadedStudy {  // study.trips.file is the file that was read
  irl::Study study;
  irl::RouteData data;
};

struct StudyArgument {
  std::filesystem::path study;
  std::filesystem::path data;
  std::filesystem::path json;
  irl::TripChoice trips{.prefix = "--"};
  bool strict = false;

  void add_to(CLI::App& command);

  // Reads it, with its training trips or the held-out ones. Throws std::runtime_error, "file:line: message", and if an
  // output would replace one of the inputs: these are --json and the study's files, and what else the command has.
  LoadedStudy read(irl::TripSet set = irl::TripSet::Train, std::vector<std::filesystem::path> outputs = {},
                   std::vector<std::filesystem::path> inputs = {}) const;

  std::filesystem::path folder() const;  // Of the study's files.
};

// --threads, --solver
void add_model_options(CLI::App& command, irl::ModelOptions& options);

// "7288 links, 20196 moves, 466 destinations, 1832 trips", and a line for each reason why others were left out.
std::string describe(const irl::RouteData& data);

// Those lines: each begins with the end of a line.
std::string describe(const irl::TripReport& report);

// Adds the same to an answer: trips_read, trips_left_out.
void add_trip_report(Json& json, const irl::TripReport& report);

// log_likelihood_over_all_paths, trips_outside, mean_links
Json to_json(const irl::CorridorCost& cost);

// {"lower": …, "upper": …}
Json to_json(const irl::SpectralRadius& radius);

}  // namespace softrl::cli
