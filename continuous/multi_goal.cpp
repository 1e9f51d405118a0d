#include "continuous/multi_goal.hpp"
