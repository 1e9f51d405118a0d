#include "continuous/checkpoint.hpp"

#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "softrl/atomic_file.hpp"

namespace softrl::continuous {
namespace {

using torch::serialize::InputArchive;
using torch::serialize::OutputArchive;

torch::Tensor to_tensor(const Eigen::VectorXd& x) {
  torch::Tensor tensor = torch::empty({x.size()}, torch::kFloat64);
  std::copy(x.begin(), x.end(), tensor.data_ptr<double>());
  return tensor;
}

void write(OutputArchive& archive, const std::string& key, std::int64_t value) {
  archive.write(key, torch::tensor(value, torch::kInt64));
}
void write(OutputArchive& archive, const std::string& key, const Eigen::VectorXd& values) {
  archive.write(key, to_tensor(values));
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
std::string read_text(InputArchive& archive, const std::string& key) {
  c10::IValue value;
  archive.read(key, value);
  return value.toStringRef();
}

void write_replay(OutputArchive& archive, const ReplayBuffer& replay) {
  const Batch contents = replay.contents();
  archive.write("replay.observations", contents.observations);
  archive.write("replay.actions", contents.actions);
  archive.write("replay.rewards", contents.rewards);
  archive.write("replay.next_observations", contents.next_observations);
  archive.write("replay.continues", contents.continues);
  write(archive, "replay.next", replay.next());
}

void read_replay(InputArchive& archive, ReplayBuffer& replay) {
  replay.restore({.observations = read_tensor(archive, "replay.observations"),
                  .actions = read_tensor(archive, "replay.actions"),
                  .rewards = read_tensor(archive, "replay.rewards"),
                  .next_observations = read_tensor(archive, "replay.next_observations"),
                  .continues = read_tensor(archive, "replay.continues")},
                 read_integer(archive, "replay.next"));
}

void read_state(InputArchive& archive, TrainingState& state) {
  InputArchive agent;
  archive.read("agent", agent);
  state.agent.load(agent);
  read_replay(archive, state.replay);
  state.task->restore({.state = read_vector(archive, "task.state"),
                       .elapsed = static_cast<int>(read_integer(archive, "task.elapsed")),
                       .random = read_text(archive, "task.random")});
  state.exploration.restore(read_text(archive, "exploration"));
  state.observation = read_vector(archive, "observation");
  state.step = read_integer(archive, "step");
  state.episodes = read_integer(archive, "episodes");
  state.episode_return = read_vector(archive, "episode_return")(0);
  state.episode_length = read_integer(archive, "episode_length");
  const Eigen::VectorXd returns = read_vector(archive, "last_returns");
  state.last_returns.assign(returns.begin(), returns.end());
  state.seconds = read_vector(archive, "seconds")(0);
}

}  // namespace

TrainingState::TrainingState(const TrainingOptions& options)
    : task(make_task(options.task)),
      agent(task->observation_size(), task->action_size(), options.agent, options.seed),
      replay(options.replay_capacity, task->observation_size(), task->action_size()),
      exploration(options.seed, "exploration"),
      observation(task->reset(Random(options.seed, "task").bits())) {}

void save_checkpoint(const std::filesystem::path& file, const TrainingState& state) {
  OutputArchive archive, agent;
  state.agent.save(agent);
  archive.write("agent", agent);
  write_replay(archive, state.replay);
  const Task::Snapshot task = state.task->snapshot();
  write(archive, "task.state", task.state);
  write(archive, "task.elapsed", static_cast<std::int64_t>(task.elapsed));
  write(archive, "task.random", task.random);
  write(archive, "exploration", state.exploration.state());
  write(archive, "observation", state.observation);
  write(archive, "step", state.step);
  write(archive, "episodes", state.episodes);
  write(archive, "episode_return", Eigen::VectorXd::Constant(1, state.episode_return));
  write(archive, "episode_length", state.episode_length);
  const std::vector<double> returns(state.last_returns.begin(), state.last_returns.end());
  write(archive, "last_returns",
        Eigen::VectorXd(Eigen::Map<const Eigen::VectorXd>(returns.data(), static_cast<Eigen::Index>(returns.size()))));
  write(archive, "seconds", Eigen::VectorXd::Constant(1, state.seconds));
  write_atomically(file, [&](const std::filesystem::path& temporary) { archive.save_to(temporary.string()); });
}

void load_checkpoint(const std::filesystem::path& file, TrainingState& state) {
  if (!std::filesystem::is_regular_file(file))
    throw std::runtime_error(fmt::format("{}: no such checkpoint", file.string()));
  try {
    InputArchive archive;
    archive.load_from(file.string());
    read_state(archive, state);
  } catch (const std::exception&) {  // Torch's messages run over pages
    throw std::runtime_error(fmt::format(
        "{}: not a readable checkpoint of this configuration: damaged, or of another shape", file.string()));
  }
}

}  // namespace softrl::continuous
