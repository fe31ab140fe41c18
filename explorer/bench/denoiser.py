"""The ideal denoiser against its two matrix products alone, and the memory it takes.

    D(x; σ) = softmax((x · y − |y|²/2)/σ²) Y        baseline: x Yᵀ and p Y with p at hand
"""
