"""The loop and its record: counts, recording, cancelling, errors."""

import pytest
import torch

from explorer.core.ode import Ode
from explorer.core.sampling import Churn, Noise, sample, steps
from explorer.core.schedules import EDM, SCHEDULES, VP
from explorer.core.solvers import DDIM, RK2, SOLVERS, Euler, Heun
from explorer.core.timesteps import Rho
from explorer.errors import Cancelled, UserError

from .problems import mixture, normal, tensor

DENOISER, NOISE = mixture(d=3), normal(6, 3)
TO_SIGMA_MIN = Rho().sigmas(9)
TO_ZERO = torch.cat([TO_SIGMA_MIN, tensor(0.0)])


class Counted:
    """A denoiser that remembers at which levels it was called."""

    def __init__(self):
        self.shape, self.levels = DENOISER.shape, []

    def __call__(self, x, sigma):
        self.levels.append(float(sigma))
        return DENOISER(x, sigma)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(
    "solver, to_zero, to_sigma_min",
    [(Euler(), 9, 8), (DDIM(), 9, 8), (Heun(), 17, 16), (RK2(alpha=0.5), 17, 16)],
    ids=["euler", "ddim", "heun", "rk2"],
)
def test_evaluations_are_measured(solver, to_zero, to_sigma_min, schedule):
    """N steps to 0 cost Euler N and Heun 2N − 1; to σ_min N − 1 and 2(N − 1); D at the end one."""
    for grid, denoise, expected in (
        (TO_ZERO, False, to_zero),
        (TO_SIGMA_MIN, False, to_sigma_min),
        (TO_SIGMA_MIN, True, to_sigma_min + 1),
        (TO_ZERO, True, to_zero),
    ):
        denoiser = Counted()
        result = sample(denoiser, NOISE, grid, solver, SCHEDULES[schedule](), denoise=denoise)
        assert result.nfe == len(denoiser.levels) == expected
        assert result.evaluated.tolist() == denoiser.levels


def test_published_costs():
    for n, nfe in ((18, 35), (40, 79), (256, 511)):
        grid = torch.cat([Rho().sigmas(n), tensor(0.0)])
        assert sample(DENOISER, NOISE[:1], grid, Heun()).nfe == nfe


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", SOLVERS)
def test_the_record_fits_together(name, schedule):
    schedule = SCHEDULES[schedule]()
    solver = SOLVERS[name]()
    result = sample(DENOISER, NOISE, TO_ZERO, solver, schedule, noises=Noise(0, 6, (3,)))
    n = len(TO_ZERO) - 1
    assert torch.equal(result.sigma, TO_ZERO) and torch.equal(result.t, schedule.time(TO_ZERO))
    assert result.x.shape == (n + 1, 6, 3) and result.denoised.shape == (n, 6, 3)
    torch.testing.assert_close(result.x[0], 80 * NOISE, rtol=1e-12, atol=0)
    assert torch.equal(result.x[-1], result.samples)
    if hasattr(solver, "correct"):  # evaluated at the arrival, then corrected
        asked = result.x
        assert all((result.x_hat[i] != result.x[i]).all() for i in range(1, n))
    else:
        asked = result.x_hat  # no churn
        torch.testing.assert_close(asked, result.x[:-1], rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(result.sigma_hat, TO_ZERO[:-1], rtol=1e-9, atol=0)
    for i in range(n):
        answer = DENOISER(asked[i], result.sigma_hat[i])
        torch.testing.assert_close(result.denoised[i], answer, rtol=1e-9, atol=1e-9)
        noise = (result.x_hat[i] - result.denoised[i]) / result.sigma_hat[i]
        torch.testing.assert_close(result.noise[i], noise, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", SOLVERS)
def test_denoising_at_the_end_is_a_ddim_step_to_zero(name):
    solver = SOLVERS[name]()
    short, result = (
        sample(DENOISER, NOISE, TO_SIGMA_MIN, solver, noises=Noise(0, 6, (3,)), denoise=denoise)
        for denoise in (False, True)
    )
    tail = sample(DENOISER, short.samples / 0.002, tensor(0.002, 0.0), DDIM())
    torch.testing.assert_close(result.samples, tail.samples, rtol=1e-12, atol=1e-12)
    assert result.nfe == short.nfe + 1 and float(result.sigma[-1]) == 0
    assert torch.equal(result.x[:-1], short.x) and torch.equal(result.x[-1], result.samples)
    assert len(result.x_hat) == len(result.denoised) == len(result.sigma) - 1
    # the record of the last evaluation: where it was made, what it answered, at which level
    assert torch.equal(result.x_hat[-1], short.samples)
    torch.testing.assert_close(
        result.denoised[-1], DENOISER(short.samples, tensor(0.002)), rtol=1e-12, atol=1e-12
    )
    assert float(result.sigma_hat[-1]) == float(result.evaluated[-1]) == TO_SIGMA_MIN[-1]
    assert torch.equal(result.denoised[:-1], short.denoised)


def test_the_end_of_a_run_to_sigma_min_is_unscaled():
    edm, vp = (sample(DENOISER, NOISE, Rho().sigmas(400), Heun(), s).samples for s in (EDM(), VP()))
    assert (edm - vp).abs().max() < 1e-2


@pytest.mark.parametrize("denoise", [False, True])
@pytest.mark.parametrize("name", SOLVERS)
def test_recording_less_changes_no_sample(name, denoise):
    runs = []
    for keep in (None, 2, 0, 99):
        noise = Noise(0, 6, (3,))
        runs.append(
            sample(
                DENOISER,
                noise.start,
                TO_SIGMA_MIN,
                SOLVERS[name](),
                VP(),
                Churn(5.0, 0.05, 50.0),
                noise,
                denoise=denoise,
                keep=keep,
            )
        )
    whole, two, none, many = runs
    for run in runs:
        assert torch.equal(run.samples, whole.samples) and run.nfe == whole.nfe
    for path in ("x", "x_hat", "denoised"):
        assert torch.equal(getattr(two, path), getattr(whole, path)[:, :2])
        assert getattr(none, path).shape[1] == 0 and getattr(many, path).shape[1] == 6


def test_a_bounded_record_holds_no_view_of_the_whole_batch():
    result = sample(DENOISER, NOISE, TO_ZERO, Heun(), keep=2)
    assert all(
        v.untyped_storage().nbytes() == v.nbytes for v in (result.x, result.x_hat, result.denoised)
    )


def test_watch_sees_each_step_and_can_cancel():
    seen = []
    sample(DENOISER, NOISE, TO_ZERO, Heun(), watch=lambda i, p: seen.append((i, float(p.sigma))))
    assert [i for i, _ in seen] == list(range(9))
    assert [s for _, s in seen] == TO_ZERO[:-1].tolist()

    denoiser = Counted()

    def stop(i, point):
        if i == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        sample(denoiser, NOISE, TO_ZERO, Heun(), watch=stop)
    assert len(denoiser.levels) == 3 * 2 + 1


def test_steps_is_lazy():
    ode = Ode(DENOISER)
    points = steps(ode, Heun(), 80 * NOISE, TO_ZERO)
    assert ode.nfe == 0
    next(points)
    assert ode.nfe == 1
    next(points)
    assert ode.nfe == 3


def test_velocity_of_sigma_t_is_the_predicted_noise():
    ode = Ode(DENOISER)
    point = ode.evaluate(NOISE, tensor(0.5)[0])
    torch.testing.assert_close(ode.velocity(point), point.noise, rtol=1e-12, atol=1e-12)


def test_a_level_per_sample():
    ode, levels = Ode(DENOISER, VP()), torch.logspace(-1, 1, 6, dtype=torch.float64)
    t = VP().time(levels).reshape(6, 1)
    point = ode.evaluate(NOISE * VP().scale(t), t)
    expected = torch.cat([DENOISER(NOISE[i : i + 1], s) for i, s in enumerate(levels)])
    torch.testing.assert_close(point.denoised, expected, rtol=1e-8, atol=1e-10)
    assert ode.velocity(point).shape == NOISE.shape


def test_single_precision_state():
    double = sample(DENOISER, NOISE, TO_ZERO, Heun())
    single = sample(DENOISER.to(dtype=torch.float32), NOISE.float(), TO_ZERO, Heun())
    assert single.samples.dtype == single.x.dtype == torch.float32
    torch.testing.assert_close(single.samples.double(), double.samples, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", SOLVERS)
def test_a_denoiser_may_answer_in_another_precision(name):
    """The state stays in its own: the run is that of the same answers in double."""

    class Single:
        shape = DENOISER.shape

        def __call__(self, x, sigma):
            return DENOISER(x, sigma).float()

    class Double(Single):
        def __call__(self, x, sigma):
            return super().__call__(x, sigma).double()

    for denoise in (False, True):
        single, double = (
            sample(
                d, NOISE, TO_SIGMA_MIN, SOLVERS[name](), noises=Noise(0, 6, (3,)), denoise=denoise
            )
            for d in (Single(), Double())
        )
        for path in ("x", "x_hat", "denoised", "samples"):
            found = getattr(single, path)
            assert found.dtype == torch.float64 and torch.equal(found, getattr(double, path))


@pytest.mark.parametrize(
    "sigmas",
    [(1.0,), (1.0, 2.0), (1.0, 1.0), (1.0, -0.1), (), (1.0, float("nan")), (1.0, 0.0, 0.0)],
)
def test_levels_that_do_not_fall_are_refused(sigmas):
    with pytest.raises(UserError, match="sigmas must fall"):
        sample(DENOISER, NOISE, tensor(*sigmas), Heun())


def test_no_gradient_is_kept():
    noise = NOISE.clone().requires_grad_()
    assert not sample(DENOISER, noise, TO_ZERO, Heun()).samples.requires_grad
