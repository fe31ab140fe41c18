"""What the bench says of networks follows their intervals."""

from explorer.analysis.intervals import Estimate
from explorer.analysis.quality import Quality
from explorer.bench.quality import compared, fid_words


def judged(frechet: tuple, precision: tuple, accuracy: tuple | None = None) -> Quality:
    of = lambda v: None if v is None else Estimate(*v, 1000)
    return Quality(of(frechet), of(precision), of((0.9, 0.88, 0.92)), of(accuracy))


def test_overlapping_intervals_show_no_better_training():
    """Fréchet 0.72 ± 0.39 and 0.76 ± 0.35 stood for “better” once."""
    new = judged((0.72, 0.33, 1.11), (0.69, 0.66, 0.72))
    old = judged((0.76, 0.41, 1.11), (0.61, 0.58, 0.64))
    assert compared({"new": new, "old": old}) == [
        "Fréchet: new and old cannot be told apart with 1,000 samples.",
        "Precision: new is better than old.",
        "Recall: new and old cannot be told apart with 1,000 samples.",
    ]


def test_a_smaller_distance_and_a_larger_share_are_better():
    near = judged((0.1, 0.05, 0.15), (0.5, 0.4, 0.6), (0.9, 0.88, 0.92))
    far = judged((0.9, 0.8, 1.0), (0.9, 0.8, 1.0), (0.5, 0.4, 0.6))
    said = compared({"near": near, "far": far})
    assert said[0] == "Fréchet: near is better than far."
    assert said[1] == "Precision: far is better than near."
    assert said[3] == "Class right: near is better than far."
    assert compared({"near": near}) == []


def test_fid_is_said_to_have_no_interval():
    said = fid_words(12.3456, 1000, 1797)
    assert said.startswith("FID 12.3 of 1,000 samples against 1,797: no interval")
