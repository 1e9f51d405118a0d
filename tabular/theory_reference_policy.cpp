// Chapter 6: an entropy bonus against a KL penalty to the uniform or another policy (docs/math.md 1, "base measure").
#include <cmath>

#include <fmt/format.h>

#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {

using namespace theory;

namespace {

Problem kl_to_uniform(const Mdp& mdp, double temperature) {
  return {.mdp = mdp, .temperature = temperature, .measure = BaseMeasure::kl_to(mdp, base_policy(mdp, {}))};
}

}  // namespace

// To the reference policy of the setting, if it has one that takes every action.
Theorem kl_charges_action_counts(const TheorySetting& setting) {
  Theorem theorem{.id = "kl_charges_action_counts",
                  .name = "KL charges -alpha log mu(a|s) a step",
                  .source = "[PGQL] section 3; math.md 1",
                  .statement = "|V_KL(r) - V_entropy(r + alpha log mu)| = 0; log mu = -log|A(s)| for KL to uniform"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (const auto reason = too_large_to_iterate(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const double temperature = setting.options.temperature;
  const VectorXd& given = setting.options.base_measure.log_weights;
  const bool use_given = given.size() > 0 && given.allFinite();
  const Problem penalised = use_given ? setting.problem() : kl_to_uniform(setting.mdp, temperature);
  const Solution kl = setting.solve(penalised);
  if (const auto reason = uncertified(kl); !reason.empty()) return skip(std::move(theorem), reason);
  const VectorXd& log_weights = penalised.measure.log_weights;
  const Mdp charged = with_rewards(setting.mdp, rewards_of(setting.mdp) + temperature * log_weights);
  const Solution entropy = setting.solve({.mdp = charged, .temperature = temperature});
  const Solution plain = setting.solve({.mdp = setting.mdp, .temperature = temperature});
  // The charge itself is rounded, once for every step of a walk.
  const double charge_error = 4.0 * unit * (setting.mdp.largest_reward() + temperature * largest(log_weights)) *
                              longest_walk(setting.mdp, kl.policy);

  std::vector<double> state, difference, shift;
  for (Index s = 0; s < setting.mdp.states(); ++s) {
    if (setting.mdp.is_terminal(s)) continue;
    state.push_back(s);
    difference.push_back(kl.values(s) - entropy.values(s));
    shift.push_back(kl.values(s) - plain.values(s));
  }
  theorem.measured_on = fmt::format("{} states, KL to {}", setting.mdp.states(),
                                    use_given ? "the reference policy given" : "the uniform policy");
  theorem.plot = {
      .x_label = "state",
      .y_label = "difference from V_KL",
      .curves = {line("to the charged entropy bonus: rounding alone", state, difference, Curve::Style::Points),
                 line("to the plain entropy bonus", state, shift, Curve::Style::Points)}};
  return conclude(std::move(theorem), largest(kl.values - entropy.values),
                  kl.error_bound + entropy.error_bound + charge_error);
}

// Four states of three actions each, and no end.
Theorem kl_shift(const TheorySetting& setting) {
  Theorem theorem{.id = "kl_shift",
                  .name = "KL is a shift: equal action sets, no end",
                  .source = "math.md 1",
                  .statement = "|V_KL - V_entropy + alpha log|A| / (1 - discount)| = 0, and one policy"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const double temperature = setting.options.temperature;
  Random random(setting.options.seed, theorem.id);
  double measured = 0.0, allowance = 0.0;
  std::vector<double> discounts, shifts, predictions;
  constexpr int instances = 10, states = 4, actions = 3;
  for (int i = 0; i < instances; ++i) {
    const double discount = 0.95 * (i + 1.0) / instances;
    MdpBuilder builder(discount);
    for (int s = 0; s < states; ++s) {
      builder.add_state();
      for (int a = 0; a < actions; ++a) {
        const double p = random.uniform();
        builder.add_action(temperature * random.normal(), {{static_cast<Index>(random.below(states)), p},
                                                           {static_cast<Index>(random.below(states)), 1.0 - p}});
      }
    }
    const Mdp mdp = std::move(builder).build();
    const Solution kl = setting.solve(kl_to_uniform(mdp, temperature));
    const Solution entropy = setting.solve({.mdp = mdp, .temperature = temperature});
    const double shift = -temperature * std::log(actions) / (1.0 - discount);
    const double error = kl.error_bound + entropy.error_bound + 16.0 * unit * std::abs(shift);
    measured = worst(measured, largest(VectorXd((kl.values - entropy.values).array() - shift)));
    // A policy moves by at most as much as its Q, over the temperature; here in reward units like the values.
    measured = worst(measured, temperature * largest(kl.policy - entropy.policy));
    allowance =
        worst(allowance, 4.0 * error + 4.0 * backup_error(kl_to_uniform(mdp, temperature), largest(entropy.values)));
    discounts.push_back(discount);
    shifts.push_back(kl.values(0) - entropy.values(0));
    predictions.push_back(shift);
  }
  theorem.measured_on =
      fmt::format("{} random models of {} states and {} actions, discounts up to 0.95", instances, states, actions);
  theorem.plot = {.x_label = "discount",
                  .y_label = "V_KL - V_entropy",
                  .curves = {line("measured in state 0", discounts, shifts, Curve::Style::Points),
                             line("-alpha log|A| / (1 - discount)", discounts, predictions, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

// Two ways to break the condition, each with a policy known in closed form at discount 1/2.
//   Unequal numbers: state 0 moves to a loop of one action, or to one of two, all rewards 0. Values 0 and 2 α log 2
//   under the entropy bonus, so P(two) : P(one) = 2 : 1; both 0 under KL, so 1 : 1. An end: one state that ends or
//   stays, rewards 0. Under the entropy bonus x = exp(V/α) solves x = 1 + √x, so √x is the golden ratio g and P(end) =
//   1/g²; under KL V = 0 and P(end) = 1/2.
Theorem kl_is_no_shift(const TheorySetting& setting) {
  Theorem theorem{.id = "kl_is_no_shift",
                  .name = "KL is no shift otherwise",
                  .source = "math.md 1",
                  .statement = "differences of action probabilities from 2/3 - 1/2 and 1/g^2 - 1/2 = 0"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const double temperature = setting.options.temperature;
  constexpr double discount = 0.5;

  MdpBuilder unequal_builder(discount);
  unequal_builder.add_state();
  unequal_builder.add_action(0.0, 1);
  unequal_builder.add_action(0.0, 2);
  unequal_builder.add_state();
  unequal_builder.add_action(0.0, 1);
  unequal_builder.add_state();
  unequal_builder.add_action(0.0, 2);
  unequal_builder.add_action(0.0, 2);
  const Mdp unequal = std::move(unequal_builder).build();
  MdpBuilder ending_builder(discount);
  ending_builder.add_state();
  ending_builder.add_action(0.0, 1);
  ending_builder.add_action(0.0, 0);
  ending_builder.add_terminal_state();
  const Mdp ending = std::move(ending_builder).build();

  const double golden = 0.5 * (1.0 + std::sqrt(5.0));
  double measured = 0.0, allowance = 0.0;
  std::vector<double> entropy_bars, kl_bars;
  const auto compare = [&](const Mdp& mdp, Index pair, std::string on, double expected) {
    const Problem plain{.mdp = mdp, .temperature = temperature};
    const Solution entropy = setting.solve(plain), kl = setting.solve(kl_to_uniform(mdp, temperature));
    const double difference = entropy.policy(pair) - kl.policy(pair);
    const double error =
        (2.0 * (entropy.error_bound + kl.error_bound) + 4.0 * backup_error(plain, largest(entropy.values))) /
        temperature;
    attain(theorem, std::move(on), difference, expected, error);
    measured = worst(measured, std::abs(difference - expected));
    allowance = worst(allowance, error);
    entropy_bars.push_back(entropy.policy(pair));
    kl_bars.push_back(kl.policy(pair));
  };
  compare(unequal, 1, "one action against two: P(the state with two)", 2.0 / 3.0 - 0.5);
  compare(ending, 0, "an end: P(end)", 1.0 / (golden * golden) - 0.5);

  theorem.measured_on = "two built-in models at discount 1/2";
  theorem.plot = {.x_label = "",
                  .y_label = "probability",
                  .categories = {"P(two actions ahead)", "P(end)"},
                  .curves = {line("entropy bonus", entropy_bars), line("KL to uniform", kl_bars)}};
  return conclude(std::move(theorem), measured, allowance);
}

}  // namespace softrl::tabular
