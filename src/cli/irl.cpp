// softrl irl: which rewards explain what somebody does in a finite MDP? Maximum-entropy inverse RL.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/argument_checks.hpp"
#include "cli/array_files.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/weight_options.hpp"
#include "irl/demonstrations.hpp"
#include "irl/maxent_irl.hpp"
#include "irl/mdp_study.hpp"
#include "softrl/atomic_file.hpp"
#include "softrl/check.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;
using tabular::Mdp;

std::string describe(const irl::Horizon& horizon) {
  switch (horizon.kind) {
    case irl::Horizon::Kind::Fixed:
      return fmt::format("fixed horizon of {}{}", counted(horizon.steps, "step"),
                         horizon.at_goal ? ", at a goal by then" : "");
    case irl::Horizon::Kind::Discounted:
      return fmt::format("discount {}", horizon.discount);
    case irl::Horizon::Kind::ToGoal:
      return "until the goal";
  }
  return "";
}

std::string describe(const irl::MdpStudy& study, const Mdp& mdp) {
  return fmt::format("{}: {}, {}, {}; {}, {}", study.mdp.string(), counted(mdp.states(), "state"),
                     counted(mdp.pairs(), "state-action"), counted(mdp.transitions(), "transition"),
                     to_string(study.model), describe(study.horizon));
}

// What `make` returns. What it finds that does not fit together is the study's.
template <class Make>
auto fitting(const fs::path& study, const Make& make) {
  try {
    return make();
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: {}", study.string(), error.what()));
  }
}

struct IrlFitCommand {
  fs::path study, demonstrations, json, values, policy, rewards;
  std::vector<std::string> start, fixed;
  std::string optimiser = std::string(to_string(irl::MaxEntIrlOptions{}.optimiser));
  std::optional<double> l1, l2;
  int max_iterations = irl::MaxEntIrlOptions{}.max_iterations;

  int run() const {
    irl::MdpStudy described = irl::read_mdp_study(study);
    if (!demonstrations.empty()) described.demonstrations = demonstrations;
    std::vector<fs::path> inputs = {study, described.mdp, described.demonstrations};
    for (const irl::MdpFeatureDefinition& feature : described.features)
      if (feature.source == irl::MdpFeatureDefinition::Source::File) inputs.push_back(feature.file);
    check_outputs({json, values, policy, rewards}, inputs);
    irl::MaxEntIrlOptions options{
        .start = parse_weights("--start", start),
        .fixed = parse_weights("--fix", fixed),
        .penalty = {.l1 = l1.value_or(described.penalty.l1), .l2 = l2.value_or(described.penalty.l2)},
        .optimiser = optimiser == to_string(irl::Optimiser::Lbfgs) ? irl::Optimiser::Lbfgs
                                                                   : irl::Optimiser::ExponentiatedGradient,
        .max_iterations = max_iterations,
        .prefix = "--"};
    const tabular::Model model = tabular::read_model(described.mdp);
    const auto shown = irl::read_demonstrations(described.demonstrations, model.mdp);
    fmt::print("{}\n{}\n", describe(described, model.mdp),
               counted(static_cast<std::int64_t>(shown.size()), "demonstration"));
    std::fflush(stdout);
    const auto begin = std::chrono::steady_clock::now();
    irl::MaxEntLikelihood likelihood = fitting(study, [&] {
      return irl::MaxEntLikelihood(model.mdp, irl::study_features(described, model), shown, described.model,
                                   described.horizon);
    });
    const irl::MaxEntFit fit = [&] {
      ProgressLine line("fit");
      options.progress = line.observer();
      return irl::maxent_irl(likelihood, options);
    }();
    const double seconds = seconds_since(begin);
    report(likelihood, options, fit, seconds);
    write_arrays(model.mdp, likelihood, fit);
    return fit.status == Status::Converged && fit.warnings.empty() ? 0 : 1;
  }

  void report(const irl::MaxEntLikelihood& likelihood, const irl::MaxEntIrlOptions& options, const irl::MaxEntFit& fit,
              double seconds) const {
    const std::vector<std::string>& names = likelihood.features().names;
    const double nan = std::nan("");
    Json parameters = Json::array();
    Table table{.header = {"weight", "value", "std error", "robust", "t", "demonstrated", "expected"}};
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto j = static_cast<Eigen::Index>(i);
      const double value = fit.weights(j);
      const double error = fit.estimated[i] ? std::sqrt(fit.covariance(j, j)) : nan;
      const double robust = fit.estimated[i] ? std::sqrt(fit.robust_covariance(j, j)) : nan;
      parameters.push_back({{"name", names[i]},
                            {"value", number(value)},
                            {"std_error", number(error)},
                            {"robust_std_error", number(robust)},
                            {"t_value", number(value / error)},
                            {"estimated", bool(fit.estimated[i])},
                            {"demonstrated", number(fit.counted_features(j))},
                            {"expected", number(fit.expected_features(j))}});
      table.rows.push_back({names[i], decimals(value, 4), decimals(error, 4), decimals(robust, 4),
                            decimals(value / error, 2), decimals(fit.counted_features(j), 4),
                            decimals(fit.expected_features(j), 4)});
    }
    const double visit_mismatch = (fit.counted_visits - fit.expected_visits).cwiseAbs().maxCoeff();
    fmt::print("\n{}(demonstrated, expected: features per demonstration)\n", table.text());
    fmt::print(
        "log-likelihood of the actions {:.4f}, of random ones {:.4f}; feature mismatch {:.2g}, of visits to a "
        "state {:.2g}\n",
        fit.log_likelihood, fit.uniform_log_likelihood, fit.feature_mismatch, visit_mismatch);
    fmt::print("{} after {} of {} and {}, {} ({} stepped back from), {:.2f} s\n", to_string(fit.status),
               counted(fit.iterations, "iteration"), to_string(options.optimiser),
               counted(fit.newton_steps, "Newton step"), counted(fit.evaluations, "evaluation"), fit.infeasible_trials,
               seconds);
    for (const std::string& warning : fit.warnings) fmt::print("warning: {}\n", warning);
    std::fflush(stdout);
    write_json(json, {{"status", to_string(fit.status)},
                      {"model", to_string(likelihood.process().model())},
                      {"optimiser", to_string(options.optimiser)},
                      {"l1", number(options.penalty.l1)},
                      {"l2", number(options.penalty.l2)},
                      {"demonstrations", likelihood.demonstrations()},
                      {"objective", number(fit.objective)},
                      {"log_likelihood", number(fit.log_likelihood)},
                      {"uniform_log_likelihood", number(fit.uniform_log_likelihood)},
                      {"parameters", parameters},
                      {"feature_mismatch", number(fit.feature_mismatch)},
                      {"visit_mismatch", number(visit_mismatch)},
                      {"iterations", fit.iterations},
                      {"newton_steps", fit.newton_steps},
                      {"evaluations", fit.evaluations},
                      {"infeasible_trials", fit.infeasible_trials},
                      {"remaining_gain", number(fit.remaining_gain)},
                      {"condition_number", number(fit.condition_number)},
                      {"warnings", fit.warnings},
                      {"seconds", number(seconds)}});
  }

  void write_arrays(const Mdp& mdp, const irl::MaxEntLikelihood& likelihood, const irl::MaxEntFit& fit) const {
    const auto size = [](Eigen::Index n) { return static_cast<std::size_t>(n); };
    const std::size_t states = size(mdp.states()), actions = size(mdp.action_names());
    const bool fixed_horizon = likelihood.process().horizon().kind == irl::Horizon::Kind::Fixed;
    const auto layered = [&](std::size_t layers, std::vector<std::size_t> shape) {
      if (fixed_horizon) shape.insert(shape.begin(), layers);
      return shape;
    };
    const irl::SoftPolicy& soft = fit.policy;
    write_array(values, soft.values.data(), layered(size(soft.values.rows()), {states}));
    tabular::DenseTable tables(soft.policies.rows() * mdp.states(), mdp.action_names());
    for (int t = 0; t < static_cast<int>(soft.policies.rows()); ++t)
      tables.middleRows(t * mdp.states(), mdp.states()) =
          tabular::to_dense(mdp, likelihood.process().action_policy(soft.policy(t)));
    write_array(policy, tables.data(), layered(size(soft.policies.rows()), {states, actions}));
    const Eigen::VectorXd mean = irl::on_state_actions(mdp, likelihood.features()) * fit.weights;
    const tabular::DenseTable table = tabular::to_dense(mdp, mean);
    write_array(rewards, table.data(), {states, actions});
  }
};

struct IrlSimulateCommand {
  fs::path study, out;
  std::vector<std::string> weights;
  double temperature = 1.0;
  irl::SimulationOptions options;

  int run() const {
    const irl::MdpStudy described = irl::read_mdp_study(study);
    check_outputs({out}, {study, described.mdp});
    check_count("--count", options.count, 1);
    check_count("--max-steps", options.max_steps, 1);
    const std::vector<irl::NamedWeight> named = parse_weights("--weights", weights);
    if (named.empty() && !(temperature > 0.0 && std::isfinite(temperature)))
      throw std::invalid_argument(fmt::format("--temperature must be positive, got {}", temperature));
    const tabular::Model model = tabular::read_model(described.mdp);
    const Mdp& mdp = model.mdp;
    irl::MaxEntProcess process =
        fitting(study, [&] { return irl::MaxEntProcess(mdp, described.model, described.horizon); });
    Eigen::VectorXd rewards(process.choices().pairs());
    if (named.empty()) {
      for (tabular::Index k = 0; k < mdp.pairs(); ++k)
        for (std::size_t i = 0; i < mdp.successors(k).size(); ++i)
          rewards(process.choice(k, mdp.first_transition(k) + static_cast<tabular::Index>(i))) =
              mdp.reward(k) / temperature;
    } else {
      const irl::MdpFeatures features = irl::study_features(described, model);
      const Eigen::VectorXd theta = irl::all_named_weights(features.names, "--weights", named);
      rewards =
          (process.pairs().empty() ? irl::on_state_actions(mdp, features) : irl::on_transitions(mdp, features)) * theta;
    }
    const irl::SoftPolicy policy = process.solve(rewards);
    if (!policy.feasible)
      throw std::invalid_argument(
          "with these rewards there is no behaviour of finite value: on the way to a goal every loop must cost more "
          "than the entropy it gathers; lower --temperature, or raise the costs");
    const auto drawn = irl::simulate(mdp, process, policy, options);
    irl::write_demonstrations(out, drawn);
    std::size_t steps = 0, cut = 0;
    for (const irl::Demonstration& demonstration : drawn) {
      steps += demonstration.actions.size();
      cut += mdp.is_terminal(demonstration.states.back()) ? 0 : 1;
    }
    fmt::print("{}\n{} of {:.1f} steps on average, {} of them cut or ended by the horizon: {}\n",
               describe(described, mdp), counted(static_cast<std::int64_t>(drawn.size()), "demonstration"),
               static_cast<double>(steps) / static_cast<double>(drawn.size()), cut, out.string());
    return 0;
  }
};

}  // namespace

void add_irl(CLI::App& app, Run& run) {
  CLI::App* irl = app.add_subcommand("irl", "Rewards that explain demonstrations in any finite MDP");
  irl->require_subcommand(1);

  const auto fit = std::make_shared<IrlFitCommand>();
  CLI::App* command = irl->add_subcommand("fit", "Weights of reward features by maximum entropy, with standard errors");
  const std::string study_help = "Study file (TOML): the MDP, its features, the demonstrations";
  command->add_option("study", fit->study, study_help)->required();
  command->add_option("--demonstrations", fit->demonstrations, "CSV file in place of the study's");
  add_weights(*command, "--start", fit->start, "Where the search starts, for some or all weights");
  add_weights(*command, "--fix", fit->fixed, "Weights that are not estimated");
  command->add_option("--optimiser", fit->optimiser, "How to search")
      ->check(CLI::IsMember({"lbfgs", "exponentiated_gradient"}))
      ->capture_default_str();
  command->add_option("--l1", fit->l1, "L1 penalty, in nats (default: the study's, else 0)");
  command->add_option("--l2", fit->l2, "L2 penalty, in nats (default: the study's, else 0)");
  command->add_option("--max-iterations", fit->max_iterations, "Limit of the search")
      ->capture_default_str()
      ->check(must_be_integer);
  command->add_option("--json", fit->json, "Write the result to this file");
  command->add_option("--values", fit->values, "Write V = log Z [S] to this .npy file; [N+1, S] for a fixed horizon");
  command->add_option("--policy", fit->policy, "Write the policy [S, A] to this .npy file; [N, S, A] likewise");
  command->add_option("--rewards", fit->rewards, "Write the rewards [S, A] to this .npy file");
  command->callback([fit, &run] { run = [fit] { return fit->run(); }; });

  const auto simulate = std::make_shared<IrlSimulateCommand>();
  command = irl->add_subcommand("simulate", "Demonstrations of somebody with known rewards");
  command->add_option("study", simulate->study, study_help)->required();
  command->add_option("--out", simulate->out, "CSV file to write")->required();
  add_weights(*command, "--weights", simulate->weights, "A value for every weight (default: the MDP's own rewards)");
  command
      ->add_option("--temperature", simulate->temperature, "What the MDP's own rewards are divided by, in reward units")
      ->capture_default_str();
  command->add_option("--count", simulate->options.count, "Demonstrations")
      ->capture_default_str()
      ->check(must_be_integer);
  command->add_option("--max-steps", simulate->options.max_steps, "Where a demonstration is cut")
      ->capture_default_str()
      ->check(must_be_integer);
  command->add_option("--seed", simulate->options.seed, "Seed of the random numbers")
      ->capture_default_str()
      ->check(must_be_natural_number);
  command->callback([simulate, &run] { run = [simulate] { return simulate->run(); }; });
}

}  // namespace softrl::cli
