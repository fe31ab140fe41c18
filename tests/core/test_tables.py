"""Tables of noise levels: the closed forms, zero terminal SNR, steps and levels both ways."""

import math

import numpy as np
import pytest

from explorer.core import tables
from explorer.errors import UserError

from ..rows import each

SD = ("scaled_linear", 0.00085, 0.012)


def test_each_name_is_its_closed_form():
    i = np.arange(1000) / 999
    forms = {
        "linear": 1e-4 + i * (0.02 - 1e-4),
        "sqrt_linear": 1e-4 + i * (0.02 - 1e-4),
        "scaled_linear": (1e-2 + i * (0.02**0.5 - 1e-2)) ** 2,
        "sqrt": np.sqrt(1e-4 + i * (0.02 - 1e-4)),
        "sigmoid": 1e-4 + (0.02 - 1e-4) / (1 + np.exp(6 - 12 * i)),
    }
    for name, form in forms.items():
        np.testing.assert_allclose(tables.betas(name), form, rtol=1e-12, err_msg=name)


def test_the_cosine_schedule_gives_back_its_alphas_until_the_cap():
    bar = tables.alphas_cumprod(tables.betas("cosine"))
    assert (tables.betas("cosine") == tables.betas("squaredcos_cap_v2")).all()
    t = np.arange(1, 1001) / 1000
    meant = (
        np.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2 / math.cos(0.008 / 1.008 * math.pi / 2) ** 2
    )
    np.testing.assert_allclose(bar[:-1], meant[:-1], rtol=1e-9)
    assert bar[-1] == pytest.approx(0.001 * bar[-2]), "the last β is capped at 0.999"


def test_stable_diffusions_ends_are_the_known_ones():
    # recorded of ComfyUI, which computes in float32: 2e-6
    sigma = tables.Table.of(*SD).sigmas
    assert sigma[0] == pytest.approx(0.0291671582, rel=2e-6)
    assert sigma[-1] == pytest.approx(14.6146412, rel=2e-6)


def test_given_betas_and_given_alphas_are_one_table():
    beta = [0.1, 0.2, 0.5]
    bar = tables.alphas_cumprod(beta)
    np.testing.assert_allclose(bar, [0.9, 0.72, 0.36], rtol=1e-15)
    np.testing.assert_allclose(tables.sigmas(bar), np.sqrt([1 / 9, 0.28 / 0.72, 0.64 / 0.36]))
    np.testing.assert_allclose(tables.alphas_cumprod(1 - np.array([0.9, 0.8, 0.5])), bar)


@pytest.mark.parametrize("name", tables.BETAS)
def test_zero_terminal_snr_ends_at_pure_noise_and_keeps_the_first(name):
    bar = tables.alphas_cumprod(tables.betas(name))
    scaled = tables.zero_terminal_snr(bar)
    assert scaled[-1] == 0 and scaled[0] == pytest.approx(bar[0], rel=1e-12)
    assert (np.diff(scaled) < 0).all()
    assert math.isinf(tables.sigmas(scaled)[-1]) and np.isfinite(tables.sigmas(scaled)[:-1]).all()
    # even in √ᾱ: the same middle of the whole, Lin et al. 2024, Alg. 1
    part = lambda a: (np.sqrt(a[500]) - np.sqrt(a[-1])) / (np.sqrt(a[0]) - np.sqrt(a[-1]))
    assert part(scaled) == pytest.approx(part(bar), rel=1e-9)


@pytest.mark.parametrize("zero_snr", [False, True])
def test_a_step_and_its_level_belong_together(zero_snr):
    table = tables.Table.of(*SD, zero_snr=zero_snr)
    k = np.concatenate([np.arange(1000), np.linspace(0, 999, 777)])
    np.testing.assert_allclose(table.timestep(table.sigma(k)), k, atol=1e-8)
    np.testing.assert_array_equal(
        table.sigma(np.arange(1000))[:-1], np.exp(np.log(table.sigmas[:-1]))
    )
    assert table.sigma(999) == pytest.approx(table.sigmas[-1])  # ∞ with zero terminal SNR
    assert (np.diff(table.sigma(np.linspace(0, 999, 5000))) > 0).all()
    half = math.sqrt(table.sigmas[10] * table.sigmas[11])
    assert table.sigma(10.5) == pytest.approx(half, rel=1e-12)
    assert table.timestep(half) == pytest.approx(10.5)


@pytest.mark.parametrize("zero_snr", [False, True])
def test_rounding_takes_the_nearest_entry_in_log_sigma(zero_snr):
    table = tables.Table.of(*SD, zero_snr=zero_snr)
    s = table.sigmas
    assert [table.nearest(v) for v in s] == list(range(1000))
    assert list(table.nearest(s[:5])) == [0, 1, 2, 3, 4]
    for share, step in ((0.4, 20), (0.6, 21)):
        assert table.nearest(s[20] * (s[21] / s[20]) ** share) == step
    assert (table.nearest(0), table.nearest(1e-9)) == (0, 0)
    assert table.nearest(math.inf) == 999
    assert table.nearest(1e6) == (998 if zero_snr else 999), "only ∞ is the step of pure noise"


def test_beyond_the_ends_the_ends_are_meant():
    table = tables.Table.of(*SD)
    assert (table.sigma(-3), table.sigma(5000)) == (table.sigma(0), table.sigma(999))
    assert (table.timestep(0), table.timestep(1e-4)) == (0, 0)
    assert (table.timestep(80), table.timestep(math.inf)) == (999, 999)


def test_the_time_of_flow_matching_and_its_shift():
    t = np.linspace(0, 1, 101)
    sigma = tables.flow_sigma(t)
    assert sigma[0] == 0 and math.isinf(sigma[-1]) and sigma[50] == 1
    np.testing.assert_allclose(tables.flow_time(sigma), t, rtol=1e-15)
    for alpha in (0.3, 1, 1.15, 3, 17):
        moved = tables.shifted(t, alpha)
        assert (moved[0], moved[-1]) == (0, 1)
        # a shift multiplies σ; 1 − t cancels near 1
        np.testing.assert_allclose(tables.flow_sigma(moved)[:-1], alpha * sigma[:-1], rtol=1e-11)
    np.testing.assert_allclose(tables.shifted(tables.shifted(t, 3), 2), tables.shifted(t, 6))


def test_the_dynamic_shift_goes_by_the_size_of_the_picture():
    assert tables.mu_of(256) == 0.5 and tables.mu_of(4096) == pytest.approx(1.15)
    assert tables.mu_of(2176) == pytest.approx(0.825)
    assert tables.alpha_of(1.15) == pytest.approx(3.158, abs=1e-3)  # Flux at 1024 × 1024
    assert tables.alpha_of(0) == 1


def refused(words, call):
    with pytest.raises(UserError, match=words):
        call()


def test_what_is_no_table_is_refused_in_a_sentence():
    each(
        [
            ("Known: linear", lambda: tables.betas("quad")),
            ("from 2 to 10000; got 1000000000", lambda: tables.betas("linear", steps=10**9)),
            ("got nan", lambda: tables.betas("linear", math.nan)),
            ("beta_end must lie between 0 and 1; got 2", lambda: tables.betas("linear", 0.1, 2)),
            ("got hello", lambda: tables.betas("linear", "hello")),
            ("between 0 and 1", lambda: tables.alphas_cumprod([0.1, 1.2])),
            ("between 0 and 1", lambda: tables.alphas_cumprod([0.1, math.nan])),
            ("between 0 and 1", lambda: tables.alphas_cumprod([1, 0.5])),
            ("one list", lambda: tables.alphas_cumprod([])),
            ("that falls", lambda: tables.zero_terminal_snr([0.5])),
            ("from 0 to 1", lambda: tables.sigmas([0.5, 1.5])),
            ("got 1.2", lambda: tables.flow_sigma([0.5, 1.2])),
            ("got nan", lambda: tables.flow_sigma(math.nan)),
            ("got -1", lambda: tables.flow_time(-1)),
            ("above 0; got 0", lambda: tables.shifted(0.5, 0)),
            ("got inf", lambda: tables.alpha_of(math.inf)),
            ("both 256", lambda: tables.mu_of(300, 256, 256)),
        ],
        lambda row: refused(*row),
        lambda row: row[0],
    )


def test_towards_infinity_1_over_sigma_goes_evenly_to_0():
    table = tables.Table.of("scaled_linear", 0.00085, 0.012, zero_snr=True)
    for part in (0.25, 0.5, 0.9):
        between = float(table.sigma(998 + part))
        assert between == pytest.approx(table.sigmas[998] / (1 - part), rel=1e-9)
        assert float(table.timestep(between)) == pytest.approx(998 + part, abs=1e-9)


def test_mu_is_within_100():
    assert tables.alpha_of(100) == math.exp(100)
    with pytest.raises(UserError, match="from -100 to 100; got 101"):
        tables.alpha_of(101)
