"""Many different views in one process: what stays in memory."""

import random

from .report import resident, verdict

MB = 1e6


def memory(views: int, device: str) -> None:
    """Make many different views in this process; memory must not grow after the first 50."""
    from ..lab.experiment import use_device
    from ..server.message import message

    use_device(device)
    hand, early = random.Random(0), 0
    warm = min(50, views)
    for i in range(1, views + 1):
        answer = message({"values": _any_view(hand), "want": ["data", "path", "run", "error"]})
        if "problem" in answer:
            print(f"view {i}: {answer['problem']}")
        if i == warm:
            early = resident()
        if i % 50 == 0 or i == views:
            print(f"{i:5d} views: {resident() / MB:6.0f} MB", flush=True)
    late = resident()
    print(f"after {warm} views {early / MB:.0f} MB, after {views} views {late / MB:.0f} MB")
    verdict("growth of the resident set", abs(late - early) / MB, 200, " MB")


def _any_view(hand: random.Random) -> dict:
    return {
        "data": hand.choice(["spiral", "moons", "swissroll", "rings", "digits", "diracs", "grid"]),
        "solver": hand.choice(["heun", "euler", "ddim", "rk2"]),
        "nfe": hand.randrange(10, 60),
        "samples": hand.randrange(32, 300),
        "seed": hand.randrange(1000),
        "timesteps.rho": hand.uniform(2, 12),
        "timesteps.sigma_max": hand.uniform(20, 200),
        "s_churn": hand.choice([0, 0, 0, 20.0]),
    }
