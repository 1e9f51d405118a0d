#include "continuous/checkpoint.hpp"

#include <cstring>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/crc.hpp>
#include <fmt/format.h>

#include "softrl/atomic_file.hpp"

namespace softrl::continuous {
namespace {

using torch::serialize::InputArchive;
using torch::serialize::OutputArchive;

// CRC-32C, as in TensorFlow's files. Torch keeps sums of its own in an archive but does not look at them.
using Checksum = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

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
                       .running = read_integer(archive, "task.running") != 0,
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

void write_file(const std::filesystem::path& file, OutputArchive& archive) {
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
  if (!out) throw std::runtime_error(fmt::format("{}: cannot be written", file.string()));
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

// Both are lists of "key = value" lines with the same keys.
void check_same_options(const std::filesystem::path& file, const std::string& saved, const std::string& now) {
  std::istringstream saved_lines(saved), now_lines(now);
  for (std::string then, here; std::getline(saved_lines, then) && std::getline(now_lines, here);) {
    if (then != here && !here.starts_with("steps = "))
      throw std::runtime_error(fmt::format("{}: \"{}\", but the run was made with \"{}\": only steps may change",
                                           (file.parent_path() / "config.toml").string(), here, then));
  }
}

}  // namespace

TrainingState::TrainingState(const TrainingOptions& chosen)
    : options(chosen),
      task(make_task(chosen.task)),
      agent(task->observation_size(), task->action_size(), options.agent, options.seed),
      replay(options.replay_capacity, task->observation_size(), task->action_size()),
      exploration(options.seed, "exploration"),
      observation(task->reset(Random(options.seed, "task").bits())) {}

void save_checkpoint(const std::filesystem::path& file, const TrainingState& state) {
  OutputArchive archive, agent;
  write(archive, "options", to_toml(state.options));
  state.agent.save(agent);
  archive.write("agent", agent);
  write_replay(archive, state.replay);
  const Task::Snapshot task = state.task->snapshot();
  write(archive, "task.state", task.state);
  write(archive, "task.elapsed", static_cast<std::int64_t>(task.elapsed));
  write(archive, "task.running", static_cast<std::int64_t>(task.running));
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
  write_atomically(file, [&](const std::filesystem::path& temporary) { write_file(temporary, archive); });
}

void load_checkpoint(const std::filesystem::path& file, TrainingState& state) {
  if (!std::filesystem::is_regular_file(file))
    throw std::runtime_error(fmt::format("{}: no such checkpoint", file.string()));
  const auto or_damaged = [&](auto read) {
    try {
      return read();
    } catch (const std::exception&) {  // Torch's messages run over pages
      throw std::runtime_error(fmt::format("{}: not a checkpoint, or damaged", file.string()));
    }
  };
  InputArchive archive;
  const std::string options = or_damaged([&] {
    const std::string bytes = read_file(file);
    archive.load_from(bytes.data(), bytes.size());
    return read_text(archive, "options");
  });
  check_same_options(file, options, to_toml(state.options));
  or_damaged([&] { read_state(archive, state); });
}

}  // namespace softrl::continuous
