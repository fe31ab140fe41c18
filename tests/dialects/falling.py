"""Lists of noise levels that fall, drawn at random, and one that is published."""

import math

from hypothesis import strategies as st

from explorer.dialects.edits import GAP

# Align Your Steps, Sabour et al. 2024, for Stable Diffusion
AYS = (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029)


@st.composite
def falling(draw, most=40):
    """A list that falls by at least GAP² a step, so that every step can be split."""
    n = draw(st.integers(2, most))
    drops = draw(st.lists(st.floats(math.log(GAP**2) + 1e-9, 0.3), min_size=n - 1, max_size=n - 1))
    sigma, levels = draw(st.floats(20.0, 1000.0)), []
    for drop in [*drops, 0.0]:
        levels.append(sigma)
        sigma *= math.exp(-drop)
    return tuple(levels) + draw(st.sampled_from([(), (0.0,)]))


def above_zero(sigmas):
    return tuple(s for s in sigmas if s > 0)
