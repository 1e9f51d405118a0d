#include "tabular/mdp.hpp"
