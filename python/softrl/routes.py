"""Route preferences from observed trips: maximum-entropy inverse RL, known to transport science as the recursive logit.

    truth = softrl.routes.generate_city(folder)
    result = softrl.routes.fit(folder / "study.toml")
    print(result, result.std_error, result.status)
"""

from ._exact.irl import Model, RouteFit, RouteLikelihood, fit, generate_city, likelihood, likelihood_ratio, vuong

__all__ = ["Model", "RouteFit", "RouteLikelihood", "fit", "generate_city", "likelihood", "likelihood_ratio", "vuong"]
