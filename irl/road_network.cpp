#include "irl/road_network.hpp"
