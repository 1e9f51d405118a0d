#include "continuous/checkpoint.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include <boost/crc.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "continuous/archive.hpp"
#include "continuous/deterministic_policy_gradient.hpp"
#include "continuous/soft_actor_critic.hpp"
#include "continuous/soft_q_learning.hpp"
#include "continuous/to_tensor.hpp"
#include "continuous/vector_environment.hpp"
#include "softrl/atomic_file.hpp"
#include "softrl/version.hpp"

namespace softrl::continuous {
namespace {

using torch::serialize::InputArchive;
using torch::serialize::OutputArchive;

constexpr std::size_t checkpoints_kept = 2;

// CRC-32C, as in TensorFlow's files. Torch keeps sums of its own in an archive but does not look at them.
using Checksum = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

void write(OutputArchive& archive, const std::string& key, std::int64_t value) {
  archive.write(key, torch::tensor(value, torch::kInt64));
}
void write(OutputArchive& archive, const std::string& key, const Eigen::VectorXd& values) {
  archive.write(key, to_tensor(values));
}
void write_rows(OutputArchive& archive, const std::string& key, const RowMatrix& rows) {
  write(archive, key, Eigen::VectorXd(rows.reshaped<Eigen::RowMajor>()));
}
void write(OutputArchive& archive, const std::string& key, const std::string& text) {
  archive.write(key, c10::IValue(text));
}

torch::Tensor read_tensor(InputArchive& archive, const std::string& key) {
  torch::Tensor tensor;
  archive.read(key, tensor);
  return tensor;
}
std::int64_t read_integer(InputArchive& archive, const std::string& key) {
  return read_tensor(archive, key).item<std::int64_t>();
}
Eigen::VectorXd read_vector(InputArchive& archive, const std::string& key) {
  const torch::Tensor tensor = read_tensor(archive, key).to(torch::kFloat64).contiguous();
  return Eigen::Map<const Eigen::VectorXd>(tensor.data_ptr<double>(), tensor.numel());
}
RowMatrix read_rows(InputArchive& archive, const std::string& key, int rows) {
  const Eigen::VectorXd values = read_vector(archive, key);
  if (values.size() % rows != 0) throw std::runtime_error(key + " has another size");
  return values.reshaped<Eigen::RowMajor>(rows, values.size() / rows);
}
std::string read_text(InputArchive& archive, const std::string& key) {
  c10::IValue value;
  archive.read(key, value);
  return value.toStringRef();
}

void write_replay(OutputArchive& archive, const ReplayBuffer& replay) {
  if (replay.file()) {
    replay.file()->flush();
    write(archive, "replay.file", fmt::format("{:016x}", replay.file()->id()));
    return write(archive, "replay.added", replay.added());
  }
  archive.write("replay.rows", replay.contents());
  write(archive, "replay.next", replay.next());
}

void read_replay(InputArchive& archive, ReplayBuffer& replay) {
  if (replay.file()) return replay.restore(read_integer(archive, "replay.added"));
  replay.restore(read_tensor(archive, "replay.rows"), read_integer(archive, "replay.next"));
}

void write_environments(OutputArchive& archive, const TrainingState& state) {
  const Environments::Snapshot snapshot = state.environments->snapshot();
  for (std::size_t i = 0; i < snapshot.copies.size(); ++i) {
    const Task::Snapshot& copy = snapshot.copies[i];
    const std::string name = fmt::format("environment{}.", i);
    write(archive, name + "state", copy.state);
    write(archive, name + "elapsed", static_cast<std::int64_t>(copy.elapsed));
    write(archive, name + "running", static_cast<std::int64_t>(copy.running));
    write(archive, name + "random", copy.random);
  }
  write_rows(archive, "observations", snapshot.observations);
  write(archive, "episode_returns", state.episode_returns);
  write(archive, "episode_lengths", state.episode_lengths);
}

void read_environments(InputArchive& archive, TrainingState& state) {
  const int copies = state.options.environments;
  Environments::Snapshot snapshot{.copies = std::vector<Task::Snapshot>(static_cast<std::size_t>(copies)),
                                  .observations = read_rows(archive, "observations", copies)};
  for (std::size_t i = 0; i < snapshot.copies.size(); ++i) {
    const std::string name = fmt::format("environment{}.", i);
    snapshot.copies[i] = {.state = read_vector(archive, name + "state"),
                          .elapsed = static_cast<int>(read_integer(archive, name + "elapsed")),
                          .running = read_integer(archive, name + "running") != 0,
                          .random = read_text(archive, name + "random")};
  }
  // Where an environment could not be saved, another episode than the run's first.
  state.environments->reset(Random(state.options.seed, "task", static_cast<std::uint64_t>(state.step)).bits());
  state.environments->restore(snapshot);
  state.observations = state.environments->last().observations;
  state.episode_returns = read_vector(archive, "episode_returns");
  state.episode_lengths = read_vector(archive, "episode_lengths");
  for (std::size_t i = 0; i < snapshot.copies.size(); ++i)
    if (const auto row = static_cast<Eigen::Index>(i); !snapshot.copies[i].running) {
      state.episode_returns(row) = state.episode_lengths(row) = 0.0;
      state.normalisation.state.discounted_returns(row) = 0.0;
      state.noise.restart(row);
    }
}

void write_moments(OutputArchive& archive, const std::string& key, const RunningMoments& moments) {
  write(archive, key + ".count", Eigen::VectorXd::Constant(1, moments.count));
  write(archive, key + ".mean", moments.mean);
  write(archive, key + ".squares", moments.squares);
}

RunningMoments read_moments(InputArchive& archive, const std::string& key) {
  return {.count = read_vector(archive, key + ".count")(0),
          .mean = read_vector(archive, key + ".mean"),
          .squares = read_vector(archive, key + ".squares")};
}

void write_normalisation(OutputArchive& archive, const Normalisation::State& state) {
  write_moments(archive, "normalisation.observations", state.observations);
  write_moments(archive, "normalisation.returns", state.returns);
  write(archive, "normalisation.discounted_returns", state.discounted_returns);
}

Normalisation::State read_normalisation(InputArchive& archive) {
  return {.observations = read_moments(archive, "normalisation.observations"),
          .returns = read_moments(archive, "normalisation.returns"),
          .discounted_returns = read_vector(archive, "normalisation.discounted_returns")};
}

// Of an environment that will not be there when the agent is read again.
void write_spaces(OutputArchive& archive, const Environments& environments) {
  write(archive, "observation_size", environments.observation_box().low.size());
  write(archive, "action_low", environments.action_box().low);
  write(archive, "action_high", environments.action_box().high);
}

void write_interval(OutputArchive& archive, const IntervalSums& interval) {
  write(archive, "interval.steps", interval.steps);
  write(archive, "interval.episodes", interval.episodes);
  write(archive, "interval.updates", interval.updates);
  write(archive, "interval.returns", Eigen::VectorXd::Constant(1, interval.returns));
  write(archive, "interval.lengths", Eigen::VectorXd::Constant(1, interval.lengths));
  archive.write("interval.metrics", interval.metrics);
}

void read_interval(InputArchive& archive, IntervalSums& interval) {
  interval.steps = read_integer(archive, "interval.steps");
  interval.episodes = read_integer(archive, "interval.episodes");
  interval.updates = read_integer(archive, "interval.updates");
  interval.returns = read_vector(archive, "interval.returns")(0);
  interval.lengths = read_vector(archive, "interval.lengths")(0);
  read_into(archive, "interval.metrics", interval.metrics);
}

void read_state(InputArchive& archive, TrainingState& state) {
  read_part(archive, "agent", *state.agent);
  if (state.normalisation.on()) state.normalisation.state = read_normalisation(archive);
  read_replay(archive, state.replay);
  state.step = read_integer(archive, "step");
  state.exploration.restore(read_text(archive, "exploration"));
  if (state.noise.on()) state.noise.x = read_rows(archive, "noise", state.options.environments);
  read_environments(archive, state);
  state.episodes = read_integer(archive, "episodes");
  const Eigen::VectorXd returns = read_vector(archive, "last_returns");
  state.last_returns.assign(returns.begin(), returns.end());
  read_interval(archive, state.interval);
  state.seconds = read_vector(archive, "seconds")(0);
  state.greatest_reward = read_vector(archive, "greatest_reward")(0);
}

// `target`: the file's final name, for messages.
void write_file(const std::filesystem::path& file, OutputArchive& archive, const std::filesystem::path& target) {
  std::ofstream out(file, std::ios::binary);
  Checksum sum;
  archive.save_to([&](const void* bytes, std::size_t size) {
    sum.process_bytes(bytes, size);
    out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
    return size;
  });
  const auto checksum = static_cast<std::uint32_t>(sum.checksum());
  out.write(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
  out.flush();
  if (!out) throw cannot_be_written(target);
}

// The archive's bytes. Throws if their sum is another than when they were written.
std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes(std::filesystem::file_size(file), '\0');
  std::uint32_t expected = 0;
  if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) || bytes.size() < sizeof(expected))
    throw std::runtime_error("cut short");
  const std::size_t size = bytes.size() - sizeof(expected);
  std::memcpy(&expected, bytes.data() + size, sizeof(expected));
  Checksum sum;
  sum.process_bytes(bytes.data(), size);
  if (sum.checksum() != expected) throw std::runtime_error("another checksum");
  bytes.resize(size);
  return bytes;
}

// `saved` as to_toml() wrote it, perhaps before some of the options were known.
void check_same_options(const std::filesystem::path& file, const std::string& saved, const TrainingOptions& now) {
  TrainingOptions then = training_options(Config::parse(saved, file.string()));
  then.steps = now.steps;
  std::istringstream lines_then(to_toml(then)), lines_now(to_toml(now));
  for (std::string was, is; std::getline(lines_then, was) && std::getline(lines_now, is);) {
    if (was != is)
      throw std::runtime_error(fmt::format("{}: \"{}\", but the run was made with \"{}\": only steps may change",
                                           (file.parent_path() / "config.toml").string(), is, was));
  }
}

// The steps of the checkpoints in a folder, newest first.
std::vector<std::int64_t> checkpoint_steps(const std::filesystem::path& folder) {
  std::vector<std::int64_t> steps;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    std::int64_t step = 0;
    const char* const end = name.data() + name.size();
    if (!name.starts_with("checkpoint-") || !entry.is_regular_file()) continue;
    const auto [rest, error] = std::from_chars(name.data() + std::string_view("checkpoint-").size(), end, step);
    if (error == std::errc() && std::string_view(rest, end) == ".pt") steps.push_back(step);
  }
  std::sort(steps.begin(), steps.end(), std::greater<>());
  return steps;
}

std::filesystem::path checkpoint_file(const std::filesystem::path& folder, std::int64_t step) {
  return folder / fmt::format("checkpoint-{:09}.pt", step);
}

Normalisation make_normalisation(const TrainingOptions& options, int observation_size) {
  return {options.normalise_observations, options.normalise_rewards, discount(options), options.environments,
          observation_size};
}

int size_of(const BoxSpace& box) { return static_cast<int>(box.low.size()); }

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

}  // namespace

std::unique_ptr<Agent> make_agent(const TrainingOptions& options, int observation_size, int action_size) {
  const torch::TensorOptions type = torch::TensorOptions(torch::kFloat32).device(options.device);
  return std::visit(
      [&](const auto& agent) -> std::unique_ptr<Agent> {
        using Options = std::remove_cvref_t<decltype(agent)>;
        if constexpr (std::is_same_v<Options, SoftQLearningOptions>)
          return std::make_unique<SoftQLearning>(observation_size, action_size, agent, options.seed, type);
        else if constexpr (std::is_same_v<Options, SoftActorCriticOptions>)
          return std::make_unique<SoftActorCritic>(observation_size, action_size, agent, options.seed, type);
        else
          return std::make_unique<DeterministicPolicyGradient>(observation_size, action_size, agent, options.seed,
                                                               type);
      },
      options.agent);
}

std::unique_ptr<Environments> make_environments(const TrainingOptions& options, CustomList custom) {
  if (!is_custom(options.task)) {
    if (!custom.empty()) throw std::invalid_argument(fmt::format("{} is a task: no custom environments", options.task));
    return std::make_unique<VectorEnvironment>(*make_task(options.task), options.environments, options.threads);
  }
  if (custom.empty())
    throw std::invalid_argument(
        fmt::format("{} is not a task but an environment of the caller's own: only a program that has it can train "
                    "(in Python: softrl.train, softrl.resume)",
                    options.task));
  check_size("list of environments", static_cast<std::int64_t>(custom.size()), options.environments);
  return std::make_unique<CustomEnvironments>(options.task, std::move(custom));
}

TrainingState::TrainingState(const TrainingOptions& chosen, CustomList custom)
    : options(chosen),
      environments(make_environments(chosen, std::move(custom))),
      observations(environments->reset(Random(chosen.seed, "task").bits())),
      episode_returns(Eigen::VectorXd::Zero(chosen.environments)),
      episode_lengths(Eigen::VectorXd::Zero(chosen.environments)),
      agent(make_agent(chosen, size_of(environments->observation_box()), size_of(environments->action_box()))),
      normalisation(make_normalisation(chosen, size_of(environments->observation_box()))),
      replay(options.replay_capacity, size_of(environments->observation_box()), size_of(environments->action_box())),
      exploration(options.seed, "exploration"),
      noise{.theta = chosen.exploration_ou_theta,
            .sigma = chosen.exploration_ou_sigma,
            .x = RowMatrix::Zero(chosen.environments, size_of(environments->action_box()))} {
  normalisation.see_start(observations);
  interval.metrics = torch::zeros({static_cast<std::int64_t>(agent->metric_names().size())},
                                  torch::TensorOptions(torch::kFloat64).device(options.device));
}

void use_replay_file(TrainingState& state, const std::filesystem::path& folder, ReplayFile which) {
  const TrainingOptions& options = state.options;
  if (options.replay_file.empty()) return;
  const int observation_size = size_of(state.environments->observation_box());
  const int action_size = size_of(state.environments->action_box());
  const auto kept = static_cast<std::int64_t>(checkpoints_kept);
  const std::int64_t rows = options.replay_capacity + kept * (options.checkpoint_interval + options.environments);
  const std::int64_t width = ReplayBuffer::row_width(observation_size, action_size);
  const std::filesystem::path file = folder / options.replay_file;
  state.replay = ReplayBuffer(
      options.replay_capacity, observation_size, action_size,
      which == ReplayFile::New ? MappedRows::create(file, rows, width) : MappedRows::open(file, rows, width));
}

std::filesystem::path save_checkpoint(const std::filesystem::path& folder, const TrainingState& state) {
  OutputArchive archive;
  write(archive, "options", to_toml(state.options));
  write_part(archive, "agent", *state.agent);
  write_replay(archive, state.replay);
  write_environments(archive, state);
  if (is_custom(state.options.task)) write_spaces(archive, *state.environments);
  if (state.normalisation.on()) write_normalisation(archive, state.normalisation.state);
  write(archive, "exploration", state.exploration.state());
  if (state.noise.on()) write_rows(archive, "noise", state.noise.x);
  write(archive, "step", state.step);
  write(archive, "episodes", state.episodes);
  const std::vector<double> returns(state.last_returns.begin(), state.last_returns.end());
  write(archive, "last_returns",
        Eigen::VectorXd(Eigen::Map<const Eigen::VectorXd>(returns.data(), static_cast<Eigen::Index>(returns.size()))));
  write_interval(archive, state.interval);
  write(archive, "seconds", Eigen::VectorXd::Constant(1, state.seconds));
  write(archive, "greatest_reward", Eigen::VectorXd::Constant(1, state.greatest_reward));
  const std::filesystem::path file = checkpoint_file(folder, state.step);
  write_atomically(file, [&](const std::filesystem::path& temporary) { write_file(temporary, archive, file); });
  const std::vector<std::int64_t> steps = checkpoint_steps(folder);
  for (std::size_t i = checkpoints_kept; i < steps.size(); ++i)
    std::filesystem::remove(checkpoint_file(folder, steps[i]));
  return file;
}

namespace {

// read(archive) of the newest checkpoint that is whole; a sentence for each damaged one.
std::vector<std::string> read_newest(const std::filesystem::path& folder, const TrainingOptions& wanted,
                                     const std::function<void(InputArchive&)>& read) {
  const std::vector<std::int64_t> steps = checkpoint_steps(folder);
  if (steps.empty()) throw std::runtime_error(fmt::format("{}: there is no checkpoint", folder.string()));
  std::vector<std::string> skipped;
  for (const std::int64_t step : steps) {
    const std::filesystem::path file = checkpoint_file(folder, step);
    InputArchive archive;
    std::string bytes, options;
    try {
      bytes = read_file(file);
      archive.load_from(bytes.data(), bytes.size());
      options = read_text(archive, "options");
    } catch (const std::exception&) {  // Torch's messages run over pages
      skipped.push_back(fmt::format("{}: not a checkpoint, or damaged", file.string()));
      continue;
    }
    check_same_options(file, options, wanted);
    try {
      read(archive);
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("{}: was written by another version of softrl than this, {}: {}",
                                           file.string(), version, first_line(error.what())));
    }
    return skipped;
  }
  throw std::runtime_error(fmt::format("{}", fmt::join(skipped, "\n")));
}

}  // namespace

std::vector<std::string> load_checkpoint(const std::filesystem::path& folder, TrainingState& state) {
  std::string replay_file;
  const std::vector<std::string> skipped = read_newest(folder, state.options, [&](InputArchive& archive) {
    read_state(archive, state);
    if (state.replay.file()) replay_file = read_text(archive, "replay.file");
  });
  if (state.replay.file() && replay_file != fmt::format("{:016x}", state.replay.file()->id()))
    throw std::runtime_error(
        fmt::format("{}: is the replay of another run", (folder / state.options.replay_file).string()));
  return skipped;
}

SavedAgent load_agent(const std::filesystem::path& folder, const TrainingOptions& options) {
  std::optional<SavedAgent> saved;
  std::vector<std::string> skipped = read_newest(folder, options, [&](InputArchive& archive) {
    int observation_size = 0;
    BoxSpace box;
    if (is_custom(options.task)) {
      observation_size = static_cast<int>(read_integer(archive, "observation_size"));
      box = {.low = read_vector(archive, "action_low"), .high = read_vector(archive, "action_high")};
    } else {
      const auto task = make_task(options.task);
      observation_size = task->observation_size();
      box = task->action_box();
    }
    saved = SavedAgent{.step = read_integer(archive, "step"),
                       .action_box = box,
                       .agent = make_agent(options, observation_size, size_of(box)),
                       .normalisation = make_normalisation(options, observation_size),
                       .skipped_checkpoints = {}};
    read_part(archive, "agent", *saved->agent);
    if (saved->normalisation.on()) saved->normalisation.state = read_normalisation(archive);
  });
  saved->skipped_checkpoints = std::move(skipped);
  return std::move(*saved);
}

void remove_checkpoints_after(const std::filesystem::path& folder, std::int64_t step) {
  for (const std::int64_t later : checkpoint_steps(folder))
    if (later > step) std::filesystem::remove(checkpoint_file(folder, later));
}

}  // namespace softrl::continuous
