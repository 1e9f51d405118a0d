// Chapter 10, second part: distributions over paths and what they have to do with the soft policy (docs/math.md 4.1 -
// 4.4, 4.7). The models are built in and so small that all their paths are listed.
#include <algorithm>
#include <cmath>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "tabular/finite_horizon.hpp"
#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {

using namespace theory;

namespace {

constexpr int layers = 3;
constexpr int instances = 5;

struct Path {
  std::vector<Index> pairs;
  double end_value;  // Of its terminal state.
};

// All paths of a deterministic model from `state`, which must have no loops.
std::vector<Path> all_paths(const Mdp& mdp, Index state) {
  if (mdp.is_terminal(state)) return {{.pairs = {}, .end_value = mdp.terminal_value(state)}};
  std::vector<Path> result;
  for (Index k = mdp.first_pair(state); k < mdp.first_pair(state + 1); ++k) {
    for (Path path : all_paths(mdp, mdp.successors(k).front())) {
      path.pairs.insert(path.pairs.begin(), k);
      result.push_back(std::move(path));
    }
  }
  return result;
}

// P(path) ∝ exp(Σ r / α), and log Z.
struct PathDistribution {
  VectorXd probability;
  double log_z;
};
PathDistribution path_distribution(const Mdp& mdp, const std::vector<Path>& paths, double temperature) {
  VectorXd exponent(static_cast<Index>(paths.size()));
  for (std::size_t i = 0; i < paths.size(); ++i) {
    double sum = paths[i].end_value;
    for (const Index k : paths[i].pairs) sum += mdp.reward(k);
    exponent(static_cast<Index>(i)) = sum / temperature;
  }
  const double log_z = log_sum_exp(as_span(exponent));
  return {.probability = (exponent.array() - log_z).exp(), .log_z = log_z};
}

VectorXd expected_counts(const Mdp& mdp, const std::vector<Path>& paths, const VectorXd& probability) {
  VectorXd counts = VectorXd::Zero(mdp.pairs());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    for (const Index k : paths[i].pairs) counts(k) += probability(static_cast<Index>(i));
  }
  return counts;
}

// The soft policy and its visits by the operators, with what they may be off by.
struct SoftVisits {
  Solution solution;
  VectorXd policy;
  Visitation visits;
  double error;
};
SoftVisits soft_visits(const TheorySetting& setting, const Problem& problem) {
  SoftVisits result{.solution = setting.solve(problem), .policy = {}, .visits = {}, .error = 0.0};
  const VectorXd q = setting.operators.action_values(problem, result.solution.values);
  result.policy = setting.operators.boltzmann(problem, q);
  result.visits = setting.operators.visitation(problem, result.policy);
  // log π is off by 2 δ/α for δ the error of Q, and by an exponential's rounding. A path takes no pair twice and has at
  // most `layers` of them, so the visits of a pair, a sum of path probabilities of at most 1, are off by as much for
  // each layer; doubled for what is not linear.
  const double q_error = result.solution.error_bound + backup_error(problem, largest(q));
  result.error = result.visits.error_bound + 2.0 * layers * (2.0 * q_error / problem.temperature + 4.0 * unit);
  return result;
}

// log Z_a / α-units of MaxEntPaths (docs/math.md 4.3), log Σ_k P(k|s,a) exp(r/α) Z_k, for a model without loops: as
// many sweeps as it has layers.
VectorXd path_action_values(const Mdp& mdp, double temperature) {
  VectorXd log_z = VectorXd::Zero(mdp.states()), log_za = VectorXd::Zero(mdp.pairs());
  for (const auto& [state, value] : mdp.terminal()) log_z(state) = value / temperature;
  for (int sweep = 0; sweep <= layers; ++sweep) {
    for (Index s = 0; s < mdp.states(); ++s) {
      for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
        std::vector<double> next, log_weights;
        const auto successors = mdp.successors(k);
        const auto probabilities = mdp.probabilities(k);
        for (std::size_t i = 0; i < successors.size(); ++i) {
          next.push_back(log_z(successors[i]));
          log_weights.push_back(probabilities.empty() ? 0.0 : std::log(probabilities[i]));
        }
        log_za(k) = mdp.reward(k) / temperature + log_sum_exp(next, log_weights);
      }
    }
    for (Index s = 0; s < mdp.states(); ++s) {
      if (!mdp.is_terminal(s)) log_z(s) = log_sum_exp(row(mdp, s, log_za));
    }
  }
  return log_za;
}

VectorXd path_policy(const Mdp& mdp, double temperature) {
  VectorXd policy = path_action_values(mdp, temperature);
  for (Index s = 0; s < mdp.states(); ++s) {
    if (mdp.is_terminal(s)) continue;
    const double log_z = log_sum_exp(row(mdp, s, policy));
    auto own = policy.segment(mdp.first_pair(s), mdp.action_count(s));
    own = (own.array() - log_z).exp();
  }
  return policy;
}

}  // namespace

// Three ways to the counts: all paths, the linear solve, and the backward and forward passes of Algorithm 1.
Theorem log_partition_gradient(const TheorySetting& setting) {
  Theorem theorem{
      .id = "log_partition_gradient",
      .name = "log Z is the soft value, its gradient the counts",
      .source = "[IRL] (2), (6), Algorithm 1; math.md 4.1, 4.2, 4.4",
      .statement = "max(|V(s0)/alpha - log Z|, |visits - sum P(path) count|) = 0, three ways to the visits"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const double temperature = setting.options.temperature;
  Random random(setting.options.seed, theorem.id);
  double measured = 0.0, allowance = 0.0;
  std::vector<double> enumerated, solved, passed;
  for (int i = 0; i < instances; ++i) {
    const Mdp mdp = layered_instance(layers, temperature, 1.0, true, random);
    const Problem problem{.mdp = mdp, .temperature = temperature};
    const auto paths = all_paths(mdp, 0);
    const PathDistribution distribution = path_distribution(mdp, paths, temperature);
    const VectorXd counts = expected_counts(mdp, paths, distribution.probability);
    const SoftVisits soft = soft_visits(setting, problem);

    const StepModels steps(mdp, layers);
    const auto backward = backward_induction(steps, {.temperature = temperature});
    const auto forward = finite_horizon_visitation(steps, backward.policy);
    const VectorXd pass = forward.pairs.colwise().sum().transpose();

    measured = worst(measured, std::abs(soft.solution.values(0) / temperature - distribution.log_z));
    measured = worst(measured, largest(soft.visits.pairs - counts));
    measured = worst(measured, largest(pass - counts));
    const double passes = 8.0 * layers * (backward.error_bound / temperature + forward.relative_error + unit);
    allowance =
        worst(allowance, soft.error + passes + soft.solution.error_bound / temperature +
                             unit * static_cast<double>(paths.size() + 64) * (2.0 + std::abs(distribution.log_z)));
    for (Index k = 0; k < mdp.pairs(); ++k) {
      enumerated.push_back(counts(k));
      solved.push_back(soft.visits.pairs(k));
      passed.push_back(pass(k));
    }
  }
  theorem.measured_on = fmt::format("{} random deterministic models of {} layers, all paths listed", instances, layers);
  theorem.plot = {.x_label = "expected count by listing all paths",
                  .y_label = "visits of the soft policy",
                  .curves = {line("linear solve", enumerated, solved, Curve::Style::Points),
                             line("backward and forward pass", enumerated, passed, Curve::Style::Points),
                             line("equal", enumerated, enumerated, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

// The likelihood is concave; Newton's method with all paths listed finds its maximum, where the forward pass must give
// the features of the demonstrations. Among all path distributions with these features, the demonstrations' own for
// one, the model's has the most entropy, by exactly KL(demonstrations, model).
Theorem feature_matching(const TheorySetting& setting) {
  Theorem theorem{.id = "feature_matching",
                  .name = "At the maximum of the likelihood features match",
                  .source = "[IRL] (1), (6); math.md 4.1, 4.6",
                  .statement = "|sum visits f - demonstrated features| = 0 at the maximum"};
  Random random(setting.options.seed, theorem.id);
  constexpr double temperature = 1.0;
  constexpr int features = 2;
  double measured = 0.0, allowance = 0.0;
  std::vector<double> iterations, mismatch;
  for (int i = 0; i < instances; ++i) {
    const Mdp shape = layered_instance(layers, 1.0, 1.0, true, random);
    const auto paths = all_paths(shape, 0);
    const auto count = static_cast<Index>(paths.size());
    Eigen::MatrixXd f(shape.pairs(), features), path_features = Eigen::MatrixXd::Zero(count, features);
    for (double& x : f.reshaped()) x = random.uniform(-1.0, 1.0);
    for (Index p = 0; p < count; ++p) {
      for (const Index k : paths[static_cast<std::size_t>(p)].pairs) path_features.row(p) += f.row(k);
    }
    VectorXd demonstrated(count);
    for (double& x : demonstrated) x = 0.1 + random.uniform();
    demonstrated /= demonstrated.sum();
    const VectorXd target = path_features.transpose() * demonstrated;

    VectorXd theta = VectorXd::Zero(features), probability(count);
    double gradient_size = infinity;
    constexpr int most_iterations = 60;
    for (int iteration = 0; iteration < most_iterations; ++iteration) {
      const VectorXd exponent = path_features * theta;
      probability = (exponent.array() - log_sum_exp(as_span(exponent))).exp();
      const VectorXd mean = path_features.transpose() * probability, gradient = target - mean;
      gradient_size = largest(gradient);
      if (i == 0) {
        iterations.push_back(iteration);
        mismatch.push_back(gradient_size);
      }
      if (gradient_size < 1e-14) break;
      const Eigen::MatrixXd centred = path_features.rowwise() - mean.transpose();
      const Eigen::MatrixXd covariance = centred.transpose() * probability.asDiagonal() * centred;
      VectorXd step = covariance.ldlt().solve(gradient);
      step *= std::min(1.0, 1.0 / std::max(1e-300, largest(step)));  // far out, Newton's step may be too long
      theta += step;
    }

    const Mdp mdp = with_rewards(shape, f * theta, TerminalValues::Zero);
    const SoftVisits soft = soft_visits(setting, {.mdp = mdp, .temperature = temperature});
    measured = worst(measured, largest(f.transpose() * soft.visits.pairs - target));

    // What is left of the gradient, and rounding, with |f| ≤ 1 and so |f_path| ≤ layers:
    //   an exponent θ·f_path, a sum of products of sums;     a probability, by two exponents, log Z and an exponential;
    //   a mean over paths, of these and of `count` terms;    a reward θ·f, which acts on the visits as a Q does.
    const double terms = static_cast<double>(count), pairs = static_cast<double>(shape.pairs());
    const double weight = features * largest(theta);
    const double exponent_error = unit * (layers + features + 2.0) * layers * weight;
    const double probability_error = 2.0 * exponent_error + unit * (terms + 8.0 + 4.0 * layers * weight);
    const double mean_error = layers * (probability_error + 2.0 * unit * (terms + layers + 2.0));
    const double visit_error = soft.error + 4.0 * layers * layers * unit * (features + 1.0) * weight;
    const double left = gradient_size + mean_error;
    allowance = worst(allowance, left + pairs * (visit_error + 2.0 * unit * layers));
    if (i > 0) continue;
    // H(p) − H(d) − KL(d, p) = Σ (d − p) log p = θ·(target − mean); the sums have terms of up to |log p| or |log d|.
    const double gap = entropy(as_span(probability)) - entropy(as_span(demonstrated));
    const double logarithm = std::max(largest(probability.array().log()), largest(demonstrated.array().log()));
    attain(theorem, "entropy of the model less that of the demonstrations = KL(demonstrations, model)", gap,
           kl_divergence(as_span(demonstrated), as_span(probability)),
           weight * left + (2.0 + logarithm) * probability_error + 6.0 * unit * (terms + 3.0) * logarithm);
  }
  theorem.measured_on =
      fmt::format("{} random deterministic models of {} layers, {} features, demonstrations on all paths", instances,
                  layers, features);
  theorem.plot = {.x_label = "Newton step",
                  .y_label = "largest mismatch of features",
                  .log_y = true,
                  .curves = {line("first model", iterations, mismatch)}};
  return conclude(std::move(theorem), measured, allowance);
}

// Two links of cost 1 each for paths 1 and 2, which part at the second, and one link of cost 2 for path 3. On the way
// back all three part at once.
Theorem label_bias(const TheorySetting& setting) {
  Theorem theorem{.id = "label_bias",
                  .name = "The action model depends on where paths part",
                  .source = "[IRL] Figure 2, (7); math.md 4.7",
                  .statement = "|P - (1/3, 1/3, 1/3)| = 0 for MaxEnt, |P - (1/4, 1/4, 1/2)| = 0 for exp(hard Q)"};
  constexpr double temperature = 1.0;
  MdpBuilder there_builder(1.0), back_builder(1.0);
  there_builder.add_state();
  there_builder.add_action(-1.0, 1);  // to where paths 1 and 2 part
  there_builder.add_action(-2.0, 2);  // path 3
  there_builder.add_state();
  there_builder.add_action(-1.0, 2);
  there_builder.add_action(-1.0, 2);
  there_builder.add_terminal_state();
  there_builder.set_initial({1.0, 0.0, 0.0});
  back_builder.add_state();
  for (int path = 0; path < 3; ++path) back_builder.add_action(-2.0, 1);
  back_builder.add_terminal_state();
  const Mdp there = std::move(there_builder).build(), back = std::move(back_builder).build();

  double measured = 0.0, allowance = 0.0;
  std::vector<std::vector<double>> bars;
  const auto compare = [&](const Mdp& mdp, double solved_at, std::string on, const std::vector<double>& expected) {
    const Problem problem{.mdp = mdp, .temperature = temperature};
    const Solution solution = setting.solve({.mdp = mdp, .temperature = solved_at});
    const VectorXd q = setting.operators.action_values(problem, solution.values);
    const VectorXd policy = setting.operators.boltzmann(problem, q);
    const bool forked = mdp.pairs() == 4;
    const std::vector<double> paths = forked
                                          ? std::vector<double>{policy(0) * policy(2), policy(0) * policy(3), policy(1)}
                                          : std::vector<double>{policy(0), policy(1), policy(2)};
    const double error = 8.0 * (solution.error_bound + backup_error(problem, largest(q)));
    for (std::size_t i = 0; i < paths.size(); ++i) measured = worst(measured, std::abs(paths[i] - expected[i]));
    attain(theorem, std::move(on), paths[2], expected[2], error);
    allowance = worst(allowance, error);
    bars.push_back(paths);
  };
  const double third = 1.0 / 3.0;
  compare(there, temperature, "MaxEnt there: P(path 3)", {third, third, third});
  compare(back, temperature, "MaxEnt back: P(path 3)", {third, third, third});
  compare(there, 0.0, "action model there: P(path 3)", {0.25, 0.25, 0.5});
  compare(back, 0.0, "action model back: P(path 3)", {third, third, third});

  theorem.measured_on = "three paths of equal cost, built in";
  theorem.plot = {.x_label = "",
                  .y_label = "probability",
                  .categories = {"path 1", "path 2", "path 3"},
                  .curves = {line("MaxEnt, there and back", bars[0]), line("action model, there", bars[2]),
                             line("action model, back", bars[3])}};
  return conclude(std::move(theorem), measured, allowance);
}

Theorem paths_equal_causal(const TheorySetting& setting) {
  Theorem theorem{.id = "paths_equal_causal",
                  .name = "Paths and causal MaxEnt agree without chance",
                  .source = "[IRL] (2)-(5); [Z10]; math.md 4.3",
                  .statement = "|P_paths(a|s) - P_causal(a|s)| = 0 for deterministic moves"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const double temperature = setting.options.temperature;
  Random random(setting.options.seed, theorem.id);
  double measured = 0.0, allowance = 0.0;
  std::vector<double> equal_paths, equal_causal, other_paths, other_causal;
  for (int i = 0; i < instances; ++i) {
    for (const bool deterministic : {true, false}) {
      const Mdp mdp = layered_instance(layers, temperature, 1.0, deterministic, random);
      const Problem problem{.mdp = mdp, .temperature = temperature};
      const Solution solution = setting.solve(problem);
      const VectorXd q = setting.operators.action_values(problem, solution.values);
      const VectorXd causal = setting.operators.boltzmann(problem, q), paths = path_policy(mdp, temperature);
      for (Index k = 0; k < mdp.pairs(); ++k) {
        (deterministic ? equal_paths : other_paths).push_back(paths(k));
        (deterministic ? equal_causal : other_causal).push_back(causal(k));
      }
      if (!deterministic) continue;
      measured = worst(measured, largest(causal - paths));
      allowance =
          worst(allowance, 4.0 * (solution.error_bound + layers * backup_error(problem, largest(q))) / temperature);
    }
  }
  theorem.measured_on = fmt::format("{} random deterministic models of {} layers", instances, layers);
  theorem.plot = {.x_label = "P_causal(a|s)",
                  .y_label = "P_paths(a|s)",
                  .curves = {line("deterministic moves", equal_causal, equal_paths, Curve::Style::Points),
                             line("stochastic moves", other_causal, other_paths, Curve::Style::Points),
                             line("equal", {0.0, 1.0}, {0.0, 1.0}, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

// A sure 0 against an even chance of +α and −α. Over paths the gamble weighs cosh 1, an optimist's view; its expected
// logarithm is 0, so causal MaxEnt is indifferent.
Theorem paths_differ_from_causal(const TheorySetting& setting) {
  Theorem theorem{.id = "paths_differ_from_causal",
                  .name = "Paths MaxEnt gambles, causal MaxEnt does not",
                  .source = "[IRL] (4); [Z10]; math.md 4.3",
                  .statement = "|P_paths - P_causal - (cosh 1 / (1 + cosh 1) - 1/2)| = 0 for a gamble of +-alpha"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const double temperature = setting.options.temperature;
  MdpBuilder builder(1.0);
  builder.add_state();
  builder.add_action(0.0, 3);
  builder.add_action(0.0, {{1, 0.5}, {2, 0.5}});
  builder.add_state();
  builder.add_action(temperature, 3);
  builder.add_state();
  builder.add_action(-temperature, 3);
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  const Problem problem{.mdp = mdp, .temperature = temperature};
  const Solution solution = setting.solve(problem);
  const VectorXd q = setting.operators.action_values(problem, solution.values);
  const VectorXd causal = setting.operators.boltzmann(problem, q), paths = path_policy(mdp, temperature);
  const double error =
      4.0 * (solution.error_bound + layers * backup_error(problem, largest(q))) / temperature + 64.0 * unit;
  const double gamble = std::cosh(1.0) / (1.0 + std::cosh(1.0));
  attain(theorem, "P(gamble) over paths", paths(1), gamble, error);
  attain(theorem, "P(gamble), causal", causal(1), 0.5, error);

  theorem.measured_on = "a sure 0 against an even chance of +alpha and -alpha, built in";
  theorem.plot = {
      .x_label = "",
      .y_label = "probability",
      .categories = {"sure", "gamble"},
      .curves = {line("paths MaxEnt", {paths(0), paths(1)}), line("causal MaxEnt", {causal(0), causal(1)})}};
  return conclude(std::move(theorem), std::abs(paths(1) - causal(1) - (gamble - 0.5)), 2.0 * error);
}

}  // namespace softrl::tabular
