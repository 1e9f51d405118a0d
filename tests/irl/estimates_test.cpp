#include "irl/estimates.hpp"

#include <cmath>

#include <Eigen/Dense>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

RowMatrix random_matrix(int rows, int columns, std::uint64_t seed) {
  Random random(seed);
  RowMatrix matrix(rows, columns);
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) matrix(i, j) = random.normal();
  return matrix;
}

// What the scale is for data that tell all weights well.
Eigen::VectorXd scale_of(const Eigen::MatrixXd& information) { return information.diagonal().cwiseSqrt(); }

TEST(Covariances, AreTheInverseAndTheSandwich) {
  const RowMatrix root = random_matrix(10, 3, 1), scores = random_matrix(20, 3, 2);
  const Eigen::MatrixXd information = root.transpose() * root;
  const Covariances result = covariances(-information, scores, scale_of(information));
  const Eigen::MatrixXd inverse = information.inverse();
  EXPECT_LT((result.covariance - inverse).norm(), 1e-12);
  EXPECT_LT((result.robust_covariance - inverse * scores.transpose() * scores * inverse).norm(), 1e-11);
  EXPECT_TRUE(result.flat_directions.empty());
}

// If the scores' products sum to the information, as they do on average for a true model, the two are the same.
TEST(Covariances, AgreeWhenTheInformationEqualityHolds) {
  const RowMatrix scores = random_matrix(20, 4, 3);
  const Covariances result = covariances(-scores.transpose() * scores, scores, Eigen::VectorXd::Constant(4, 5.0));
  EXPECT_LT((result.covariance - result.robust_covariance).norm(), 1e-12);
}

// Scaling a feature scales its weight's error and neither the condition number nor what is identified.
TEST(Covariances, DoNotDependOnUnits) {
  const RowMatrix root = random_matrix(10, 3, 4), scores = random_matrix(20, 3, 5);
  const Eigen::Vector3d units(1e-6, 1.0, 1e9);
  const RowMatrix scaled_root = root * units.asDiagonal(), scaled_scores = scores * units.asDiagonal();
  const Covariances a = covariances(-root.transpose() * root, scores, scale_of(root.transpose() * root));
  const Covariances b = covariances(-scaled_root.transpose() * scaled_root, scaled_scores,
                                    scale_of(scaled_root.transpose() * scaled_root));
  EXPECT_NEAR(a.condition_number / b.condition_number, 1.0, 1e-9);
  for (int j = 0; j < 3; ++j)
    EXPECT_NEAR(std::sqrt(b.covariance(j, j)) * units(j) / std::sqrt(a.covariance(j, j)), 1.0, 1e-9);
}

// Column 2 is twice column 0: the data tell 1, but of 0 and 2 only the combination w0 + 2 w2.
TEST(Covariances, NameTheWeightsThatCannotBeToldApart) {
  RowMatrix root = random_matrix(10, 3, 6), scores = random_matrix(20, 3, 7);
  root.col(2) = 2.0 * root.col(0);
  scores.col(2) = 2.0 * scores.col(0);
  const Covariances result = covariances(-root.transpose() * root, scores, scale_of(root.transpose() * root));
  EXPECT_EQ(result.flat_directions, (std::vector<std::vector<int>>{{0, 2}}));
  EXPECT_TRUE(std::isnan(result.covariance(0, 0)) && std::isnan(result.robust_covariance(2, 1)));
  const Eigen::MatrixXd two = (root.leftCols(2).transpose() * root.leftCols(2)).inverse();
  EXPECT_NEAR(result.covariance(1, 1) / two(1, 1), 1.0, 1e-9);
  EXPECT_TRUE(result.inverse.allFinite());
}

// Three sets, of which any mixture is flat as well: named apart, whatever mixture the eigenvectors are.
TEST(Covariances, NameSetsApart) {
  RowMatrix root = random_matrix(12, 6, 9);
  root.col(2) = 2.0 * root.col(0);
  root.col(3) = -root.col(1);
  root.col(4).setZero();
  const Eigen::MatrixXd information = root.transpose() * root;
  Eigen::VectorXd scale = scale_of(information);
  scale(4) = 3.0;
  const Covariances result = covariances(-information, root, scale);
  EXPECT_THAT(result.flat_directions,
              testing::UnorderedElementsAre(std::vector{0, 2}, std::vector{1, 3}, std::vector{4}));
  EXPECT_FALSE(std::isnan(result.covariance(5, 5)));
}

TEST(Covariances, NameAWeightWithoutEffect) {
  RowMatrix root = random_matrix(10, 2, 8);
  root.col(1).setZero();
  const Covariances result = covariances(-root.transpose() * root, root, Eigen::Vector2d(3.0, 3.0));
  EXPECT_EQ(result.flat_directions, (std::vector<std::vector<int>>{{1}}));
  EXPECT_NEAR(result.covariance(0, 0) * root.col(0).squaredNorm(), 1.0, 1e-12);
}

TEST(Covariances, OfNoWeightsAreEmpty) {
  EXPECT_EQ(covariances(Eigen::MatrixXd(0, 0), RowMatrix(5, 0), Eigen::VectorXd(0)).covariance.size(), 0);
}

}  // namespace
}  // namespace softrl::irl
