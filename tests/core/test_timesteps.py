"""Noise levels: falling, with the right ends, and the numbers of the papers."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.timesteps import IDDPM, TIMESTEPS, VE, VP, Custom, LogSNR, Mixed, Rho, VPTime
from explorer.errors import UserError

from .problems import tensor

FLOW = {"flow", "flow_size"}  # from ∞, by their time: tests/core/test_infinity.py
RANGED = {name: cls for name, cls in TIMESTEPS.items() if name not in {"custom", *FLOW}}


@pytest.mark.parametrize("n", [2, 3, 7, 18, 40, 256])
@pytest.mark.parametrize("name", RANGED)
def test_levels_fall_from_sigma_max_to_sigma_min(name, n):
    grid = RANGED[name]()
    sigmas = grid.sigmas(n)
    assert sigmas.shape == (n,) and sigmas.dtype == torch.float64
    assert (sigmas.diff() < 0).all() and (sigmas > 0).all()
    if name != "iddpm":  # those stop at the nearest level inside the range
        assert float(sigmas[0]) == pytest.approx(grid.sigma_max, rel=1e-9)
        assert float(sigmas[-1]) == pytest.approx(grid.sigma_min, rel=1e-9)


@pytest.mark.parametrize("name", RANGED)
def test_one_step_starts_at_the_top(name):
    grid = RANGED[name]()
    sigmas = grid.sigmas(1)
    assert sigmas.shape == (1,) and float(sigmas[0]) == float(grid.sigmas(2)[0])


@pytest.mark.parametrize("name", RANGED)
def test_a_range_that_runs_upwards_is_refused(name):
    with pytest.raises(UserError, match="must be below"):
        RANGED[name](sigma_max=1.0, sigma_min=2.0)


@given(
    st.floats(math.log(2), math.log(1000)),
    st.floats(math.log(1e-4), math.log(0.03)),
    st.integers(1, 60),
)
@settings(max_examples=60, deadline=None)
def test_any_wide_range_falls_all_the_way(high, low, n):
    for cls in RANGED.values():
        sigmas = cls(sigma_max=math.exp(high) * 0.999, sigma_min=math.exp(low) * 1.0001).sigmas(n)
        assert (sigmas.diff() < 0).all() and sigmas.isfinite().all() and (sigmas > 0).all()


@pytest.mark.parametrize("make", [VP, VPTime, Mixed, lambda **ends: Mixed(other="vp", **ends)])
def test_vp_time_needs_a_range_that_vp_can_span(make):
    with pytest.raises(UserError, match="No VP schedule runs from σ = 80 to 0.1; .* 0.03 work"):
        make(sigma_max=80.0, sigma_min=0.1)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_a_setting_accepts_falls_all_the_way(data):
    high = math.exp(data.draw(st.floats(math.log(0.51), math.log(999.0))))
    low = min(math.exp(data.draw(st.floats(math.log(1.1e-4), math.log(9.9)))), high / 1.0011)
    ends = {"sigma_max": high, "sigma_min": low}
    grid = data.draw(
        st.sampled_from(
            [
                (Rho, {"rho": st.floats(1, 20)}),
                (VE, {}),
                (LogSNR, {}),
                (VP, {}),
                (VPTime, {"rho": st.floats(1, 4)}),
                (
                    Mixed,
                    {
                        "w": st.floats(0, 1),
                        "rho": st.floats(1, 20),
                        "other": st.sampled_from(list(Mixed.OTHERS)),
                    },
                ),
            ]
        )
    )
    try:
        made = grid[0](**ends, **{k: data.draw(v) for k, v in grid[1].items()})
    except UserError as error:
        assert "No VP schedule" in str(error)
        return
    sigmas = made.sigmas(data.draw(st.integers(2, 1024)))
    assert sigmas.isfinite().all() and (sigmas.diff() < 0).all()
    # at 1e-4, σ² = 1e-8 is the rest of terms of 1e-3 and the root halves what they lose
    assert float(sigmas[0]) == pytest.approx(high, rel=1e-9)
    assert float(sigmas[-1]) == pytest.approx(low, rel=1e-9)


def test_ends_that_nearly_touch_are_refused():
    with pytest.raises(UserError, match="must be below"):
        Rho(sigma_max=1.0, sigma_min=math.nextafter(1.0, 0))


def test_edm_grid_of_18():
    expected = tensor(
        80,
        57.585985,
        40.785574,
        28.374585,
        19.352453,
        12.910082,
        8.400935,
        5.315195,
        3.256822,
        1.923340,
        1.088171,
        0.585348,
        0.296442,
        0.139516,
        0.059947,
        0.022935,
        0.007528,
        0.002,
    )
    torch.testing.assert_close(Rho().sigmas(18), expected, rtol=0, atol=6e-7)


def test_vp_and_ve_grids_of_10():
    vp = tensor(
        152.16697,
        53.309847,
        21.095624,
        9.403197,
        4.680640,
        2.549430,
        1.461972,
        0.822899,
        0.381702,
        0.010486,
    )
    ve = tensor(
        100, 38.815334, 15.066302, 5.848035, 2.269935, 0.881083, 0.341995, 0.132747, 0.051526, 0.02
    )
    # the default ends are themselves printed to six decimals
    torch.testing.assert_close(VP().sigmas(10), vp, rtol=1e-6, atol=6e-7)
    torch.testing.assert_close(VE().sigmas(10), ve, rtol=0, atol=6e-7)


GOLDEN = {  # schedules of the AMED reference code from 80 to 0.002, shared/golden/samplers.npz
    "polynomial": (
        Rho(sigma_max=80.0, sigma_min=0.002),
        {
            6: (
                80,
                24.408341786580095,
                5.838947631011886,
                0.9654169263318955,
                0.08508720268939021,
                0.002,
            ),
            10: {1: 42.41518931851267, 5: 1.501741979068008, 8: 0.020435334553438746},
            18: {1: 57.58598472124816, 9: 1.9233398370400518, 16: 0.0075280199627840785},
        },
    ),
    "logsnr": (
        LogSNR(),
        {
            6: (
                80,
                9.608995471851447,
                1.1541599247257706,
                0.1386289686310293,
                0.01665106414803746,
                0.002,
            ),
            10: {1: 24.646201110333365, 5: 0.22201892311392468, 8: 0.0064918726940403435},
            18: {1: 42.89242254953019, 9: 0.2928905001857526, 16: 0.003730262607928927},
        },
    ),
    "time_uniform": (
        VPTime(rho=1.0),
        {
            6: (
                80,
                16.50620633265823,
                4.7463379579046014,
                1.7541111733745074,
                0.6502159050842388,
                0.002,
            ),
            10: {1: 31.89798824912306, 5: 2.159923888826051, 8: 0.3401173892955351},
            18: {1: 48.514705725566074, 9: 2.4468244889765742, 16: 0.1775467276962816},
        },
    ),
}


@pytest.mark.parametrize("name, n", [(k, n) for k, v in GOLDEN.items() for n in v[1]])
def test_golden_schedules(name, n):
    grid, golden = GOLDEN[name][0], GOLDEN[name][1][n]
    sigmas = grid.sigmas(n).tolist()
    for i, sigma in golden.items() if isinstance(golden, dict) else enumerate(golden):
        assert sigmas[i] == pytest.approx(sigma, rel=1e-10)


def test_vp_time_of_7():
    linear = tensor(80, 20.9656, 6.95028, 2.82371, 1.28668, 0.527181, 0.002)
    quadratic = tensor(80, 8.67252, 2.30436, 0.926268, 0.384322, 0.109855, 0.002)
    # printed by a float32 code, whose own end is off by more: 0.002013
    torch.testing.assert_close(VPTime(rho=1).sigmas(7), linear, rtol=1e-4, atol=0)
    torch.testing.assert_close(VPTime(rho=2).sigmas(7), quadratic, rtol=1e-4, atol=0)
    assert torch.equal(VPTime(rho=1).sigmas(7), VP(sigma_max=80.0, sigma_min=0.002).sigmas(7))


def test_logsnr_of_7_is_the_geometric_grid():
    expected = tensor(80, 13.67981, 2.339214, 0.4, 0.068399, 0.011696, 0.002)
    torch.testing.assert_close(LogSNR().sigmas(7), expected, rtol=1e-5, atol=0)  # six decimals
    torch.testing.assert_close(LogSNR().sigmas(40), VE(80.0, 0.002).sigmas(40), rtol=1e-13, atol=0)


@pytest.mark.parametrize("other", Mixed.OTHERS)
def test_a_mixture_runs_from_one_grid_to_the_other(other):
    a, b = Rho(rho=5.0).sigmas(9), Mixed.OTHERS[other](sigma_max=80.0, sigma_min=0.002).sigmas(9)
    assert torch.equal(Mixed(w=0, rho=5.0, other=other).sigmas(9), a)
    assert torch.equal(Mixed(w=1, rho=5.0, other=other).sigmas(9), b)
    torch.testing.assert_close(
        Mixed(w=0.25, rho=5.0, other=other).sigmas(9).log(),
        0.75 * a.log() + 0.25 * b.log(),
        rtol=0,
        atol=1e-13,
    )


def test_rho_1_is_uniform_and_large_rho_tends_to_geometric():
    gaps = Rho(rho=1).sigmas(10).diff()
    torch.testing.assert_close(gaps, gaps[:1].expand(9), rtol=1e-9, atol=0)
    geometric = VE(80.0, 0.002).sigmas(9).log()
    away = [float((Rho(rho=r).sigmas(9).log() - geometric).abs().max()) for r in (5, 10, 20)]
    assert away[0] / away[1] == pytest.approx(2, abs=0.5)  # the distance falls as 1/ρ
    assert away[1] / away[2] == pytest.approx(2, abs=0.3)


def test_iddpm_levels():
    u = IDDPM().levels()
    assert len(u) == 1001 and u[-1] == 0
    expected = tensor(
        20291.17,
        641.662,
        320.830,
        213.886,
        160.414,
        128.330,
        106.941,
        91.6625,
        80.2037,
        71.2912,
        64.1611,
        58.3273,
        53.4657,
    )
    torch.testing.assert_close(u[:13], expected, rtol=5e-6, atol=0)
    torch.testing.assert_close(u[998:1000], tensor(0.009350, 0.006425), rtol=1e-4, atol=0)


def test_iddpm_levels_follow_the_recursion():
    grid = IDDPM(steps=100)
    u, j = grid.levels(), torch.arange(101, dtype=torch.float64)
    alpha_bar = torch.sin(torch.pi / 2 * j / (100 * (grid.c_2 + 1))) ** 2
    for k in range(100, 0, -1):
        ratio = max(float(alpha_bar[k - 1] / alpha_bar[k]), grid.c_1)
        expected = ((float(u[k]) ** 2 + 1) / ratio - 1) ** 0.5
        assert float(u[k - 1]) == pytest.approx(expected, rel=1e-8)


def test_iddpm_leaves_out_its_first_levels():
    """EDM's rule: σ_i = u_⌊j₀ + (M − 1 − j₀)/(N − 1) i + 1/2⌋; σ_max = 81 comes to the same."""
    u = IDDPM().levels()
    for n in (5, 18, 100):
        index = [math.floor(8 + (1000 - 1 - 8) / (n - 1) * i + 0.5) for i in range(n)]
        assert torch.equal(IDDPM(j_0=8).sigmas(n), u[index])
        assert torch.equal(IDDPM(j_0=8, sigma_max=1000.0).sigmas(n), IDDPM().sigmas(n))
    assert float(IDDPM(j_0=100).sigmas(2)[0]) == float(u[100])
    with pytest.raises(UserError, match="j₀ = 99 leaves out all of M = 100 levels; at most 98"):
        IDDPM(steps=100, j_0=99)
    with pytest.raises(UserError, match="after the first 950"):
        IDDPM(j_0=950).sigmas(60)


def test_iddpm_grid_uses_levels_of_the_network():
    grid = IDDPM()
    u = grid.levels()
    assert all((u == s).any() for s in grid.sigmas(18))
    inside = u[(u >= 0.002) & (u <= 81)]
    assert len(inside) == 992 and float(grid.sigmas(18)[0]) == float(u[8])
    assert torch.equal(grid.sigmas(992), inside)
    with pytest.raises(UserError, match="at most 992"):
        grid.sigmas(993)


def test_custom_list_stands_as_typed_without_its_zero():
    assert Custom(levels=(5.0, 1.0, 0.1, 0.0)).sigmas(99).tolist() == [5.0, 1.0, 0.1]
    assert Custom(levels=[5, 1, 0.1]).sigmas().tolist() == [5.0, 1.0, 0.1]
    grid = Custom(levels=(5.0, 1.0, 0.1, 0.0))
    assert (grid.sigma_max, grid.sigma_min) == (5.0, 0.1)


@pytest.mark.parametrize(
    "levels, message",
    [
        ((), "at least two"),
        ((1.0,), "at least two"),
        ((1.0, 0.0), "at least two"),
        ((1.0, 2.0), "2 does not lie below 1"),
        ((2.0, 1.0, 1.0), "1 does not lie below 1"),
        ((2.0, 0.0, 1.0), "1 does not lie below 0"),
        ((2.0, 1e-5), "1e-05 is below"),
        ((2000.0, 1.0), "2000"),
        ((2.0, -1.0), "-1"),
        ((2.0, float("nan")), "nan"),
        (("2", "1"), "'2'"),
        ("2,1", "'2,1'"),
        ((2.0, True), "True"),
        (tuple(range(513, 0, -1)), "at most 512"),
    ],
)
def test_a_bad_list_is_refused_with_the_reason(levels, message):
    with pytest.raises(UserError, match=message):
        Custom(levels=levels)
