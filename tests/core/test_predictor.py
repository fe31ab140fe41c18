"""AMED's predictor: its size, its ranges, its start and what it looks at."""

import pytest
import torch

from explorer.core.predictor import Predictor, embedding, plain_features

from .problems import normal, tensor

# ---- g_φ -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given, count",
    [
        ((0, 0), 8929),
        ((0.01, 0), 8950),
        ((0, 0.2), 8950),
        ((0.01, 0.2), 8971),
        ((0.01, 0, False), 106),
    ],
)
def test_parameters_as_published(given, count):
    p = Predictor(*given)
    assert sum(v.numel() for v in p.parameters()) == count
    names = {n.split(".")[0] for n, _ in p.named_parameters()}
    assert names == {"map_layer0", "fc_r"} | ({"enc_layer0", "enc_layer1"} if p.look else set()) | (
        {"fc_scale_dir"} if given[0] else set()
    ) | ({"fc_scale_time"} if given[1] else set())


def test_ranges_and_start_as_published():
    g = torch.Generator().manual_seed(0)
    p = Predictor(0.01, 0.2, generator=g)
    r, c, a = p(100 * torch.randn(500, 64, generator=g), 80.0, 9.7)
    assert ((r > 0) & (r < 1)).all() and r.std() > 0.2
    assert ((c >= 0.99) & (c <= 1.01)).all() and c.std() > 0.001
    assert ((a >= 0.8) & (a <= 1.2)).all() and a.std() > 0.02
    for layer in p.children():
        assert not layer.bias.any()
    assert p.enc_layer0.weight.std().item() == pytest.approx(64**-0.5, rel=0.05)
    assert p.map_layer0.weight.abs().max() <= (6 / 16) ** 0.5


def test_without_heads_c_and_a_are_1():
    r, c, a = Predictor(0, 0)(torch.zeros(3, 64), 80.0, 9.7)
    assert r.shape == (3,) and (c, a) == (1.0, 1.0)


def test_the_embedding_is_sines_then_cosines_of_the_raw_level():
    found = embedding(torch.tensor([0.0, 3.0]))
    assert found[0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    k = torch.arange(4) / 3
    angle = 3 * (1 / 10000) ** k
    torch.testing.assert_close(found[1], torch.cat([angle.sin(), angle.cos()]))


def test_without_features_all_samples_share_r():
    p = Predictor(0.01, 0, look=False)
    r, c, _ = p(None, 80.0, 9.7, count=4)
    assert len(r) == 4 and len(set(r.tolist())) == len(set(c.tolist())) == 1


def test_features_of_an_exact_denoiser_follow_the_sample():
    for shape in ((3,), (1, 4, 4), (3, 2, 2)):
        x = normal(5, *shape)
        h = plain_features(x, tensor(0.7)[0], 0.3 * x)
        assert h.shape == (5, 64) and h.std(0).min() > 0
        each = plain_features(x, tensor(0.7).expand(5), 0.3 * x)
        assert torch.equal(h, each)
        torch.testing.assert_close(plain_features(x[1:2], tensor(0.7)[0], 0.3 * x[1:2]), h[1:2])
