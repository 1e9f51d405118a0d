// Links, destinations and the ends of trips by their names.
#pragma once
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "irl/route_model.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

// All throw std::invalid_argument, saying which name, if there is no such thing.
class EndsFinder {
 public:
  // `data` must outlive this object, and its network stay as it is.
  explicit EndsFinder(RouteData& data);

  int link(const std::string& name) const;

  // A trip that has passed these links so far; its destination is −1. Throws also if one cannot move from a link to the
  // next, or there is none.
  Trip beginning(const std::vector<std::string>& links) const;

  // Where a destination is a link, one that the data do not know yet is added to them.
  int destination(const std::string& name);

  // Throws also if the destination cannot be reached from the origin.
  TripEnds ends(const std::string& origin, const std::string& destination);

 private:
  RouteData* data_;
  std::unordered_map<std::string, int> links_, destinations_;
  std::map<int, std::vector<bool>> reached_from_;  // by destination
};

}  // namespace softrl::irl
