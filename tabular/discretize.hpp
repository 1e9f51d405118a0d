// A task with continuous states and actions as an Mdp, so that the exact solvers can be the truth against which learned
// agents are measured.
//
// States become the nodes of a grid over a box; the successor of a node falls between nodes and is shared among the
// corners of its cell by multilinear interpolation, whose weights act as transition probabilities. Actions become the
// midpoints of cells; the base measure gives each cell its volume, so that
//     V(s) = α log Σ_a vol(a) exp(Q(s,a)/α)  ≈  α log ∫ exp(Q(s,a)/α) da,
// the soft value of differential entropy (docs/math.md 1, 5).
#pragma once
#include <functional>
#include <vector>

#include <Eigen/Core>

#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

struct Axis {
  double low, high;  // low < high
  int points;        // Nodes of a state axis, both ends included (≥ 2); cells of an action axis (≥ 1).
};

// The nodes of a box, numbered with the last axis fastest.
class StateGrid {
 public:
  explicit StateGrid(std::vector<Axis> axes);
  Index size() const { return size_; }
  Eigen::VectorXd point(Index node) const;  // [d]
  // The 2^d corners around `x` (clipped to the box) with their weights: those of weight 0 are left out.
  std::vector<Successor> interpolate(const Eigen::VectorXd& x) const;
  // Σ weight(node) values(node) over those corners.
  double interpolate(const Eigen::VectorXd& values, const Eigen::VectorXd& x) const;

 private:
  std::vector<Axis> axes_;
  Index size_;
};

// The midpoints of equal cells of a box, numbered with the last axis fastest.
class ActionGrid {
 public:
  explicit ActionGrid(std::vector<Axis> axes);
  Index size() const { return size_; }
  Eigen::VectorXd point(Index cell) const;  // [d]
  double cell_volume() const;

 private:
  std::vector<Axis> axes_;
  Index size_;
};

struct Outcome {
  Eigen::VectorXd next_state;  // [d]
  double reward = 0.0;
  bool terminated = false;  // The value of what follows is 0.
};
using Dynamics = std::function<Outcome(const Eigen::VectorXd& state, const Eigen::VectorXd& action)>;

// One of several outcomes of a law with chance in it: a quadrature rule for the noise, say.
struct PossibleOutcome {
  double probability;  // ≥ 0; those of one state and action sum to 1
  Outcome outcome;
};
using ChanceDynamics =
    std::function<std::vector<PossibleOutcome>(const Eigen::VectorXd& state, const Eigen::VectorXd& action)>;

struct DiscretizedTask {
  Mdp mdp;               // State i is node i of `states`, action j is cell j of `actions`; every action in every state.
  Index end;             // One terminal state of value 0 after the nodes: where `terminated` leads.
  BaseMeasure lebesgue;  // log cell volume for every pair: pass it to the solver.
  StateGrid states;
  ActionGrid actions;
};

// Asks `dynamics` once for every node and cell, in order. Throws std::invalid_argument if an outcome is not finite or
// not of the states' dimension, naming node and cell.
DiscretizedTask discretize(const Dynamics& dynamics, const StateGrid& states, const ActionGrid& actions,
                           double discount);
// The same for a law with chance: rewards are averaged, and shares of the same node are added up.
DiscretizedTask discretize(const ChanceDynamics& dynamics, const StateGrid& states, const ActionGrid& actions,
                           double discount);

}  // namespace softrl::tabular
