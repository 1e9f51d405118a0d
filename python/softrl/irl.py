"""Maximum-entropy inverse RL on any finite MDP; for road networks see softrl.routes.

    fit = softrl.irl.maxent_irl(mdp, features, [(states, actions), ...], horizon=50)
    print(fit, fit.std_error, fit.feature_mismatch)
"""

from ._exact.irl import IrlFit, maxent_irl

__all__ = ["IrlFit", "maxent_irl"]
