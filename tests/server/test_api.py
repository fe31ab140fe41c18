"""The named endpoints, called as a stranger's script calls them."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from explorer.core.solvers import DDIM, RK2
from explorer.lab.error import errors_of
from explorer.lab.experiment import Experiment, run
from explorer.settings import from_query, to_query, unflatten
from explorer.study.sweep import error_against_nfe

CLIENTS, MOVES = 20, 2  # each of 8 views is asked for five times, by a quarter of the clients


def connect(server) -> Client:
    return Client(server, verbose=False)


@pytest.fixture(scope="module")
def client(server):
    return connect(server)


def test_the_endpoints_have_names_and_named_arguments(client):
    api = client.view_api(return_format="dict")["named_endpoints"]
    assert {"/explore", "/sample", "/sweep", "/upload"} <= set(api)
    assert {"solvers", "budgets", "nfe"} <= {
        p["parameter_name"] for p in api["/sweep"]["parameters"]
    }
    names = {p["parameter_name"] for p in api["/explore"]["parameters"]}
    assert {"data", "solver", "nfe", "samples", "seed", "s_churn", "timesteps_rho"} <= names
    assert all(p["parameter_has_default"] for p in api["/explore"]["parameters"])


def test_explore_returns_the_numbers_of_the_view(client):
    answer = client.predict(
        data="moons", data_dimension=2, solver="heun", nfe=17, samples=8, api_name="/explore"
    )
    r = run(unflatten(Experiment, {"data": "moons", "data.dimension": 2, "nfe": 17, "samples": 8}))
    assert answer["nfe"] == 17 and answer["steps"] == 9
    assert from_query(Experiment, answer["query"]) == r.experiment
    settled = errors_of(r, exact=True)
    assert answer["mean_error"] == pytest.approx(float(settled.end.mean()), rel=1e-6)
    assert answer["end_error"]["median"] == pytest.approx(settled.middle.value, rel=1e-6)
    assert answer["end_error"]["samples"] == 8
    assert answer["end_error"]["low"] < answer["end_error"]["median"] < answer["end_error"]["high"]
    assert answer["blame"]["paths"] >= 8 and all(1 <= s <= 8 for s in answer["blame"]["steps"])
    assert answer["versus"]["solver"] == "euler" and answer["versus"]["nfe"] == 17
    assert answer["sigma"] == pytest.approx(r.trajectory.sigma.tolist())
    assert sum(answer["share"]) == pytest.approx(1)


@pytest.mark.parametrize(
    "values, why",
    [
        ({"solver": "euler_a"}, "New noise"),
        ({"repeats": 1, "nfe": 21}, "New noise"),
        ({"nfe": 1}, "at least 2 steps"),
    ],
    ids=["ancestral", "restart", "one step"],
)
def test_explore_says_why_there_is_no_error(client, values, why):
    answer = client.predict(
        **{"data": "moons", "data_dimension": 2, "nfe": 9, "samples": 4, **values},
        api_name="/explore",
    )
    assert answer["mean_error"] is None and why in answer["why"] and answer["nfe"] >= 1


def test_an_ancestral_solver_without_new_noise_is_ddim_and_has_an_error(client):
    flat = {"data": "moons", "data_dimension": 2, "nfe": 9, "samples": 4}
    quiet = client.predict(**flat, solver="euler_a", solver_eta=0, api_name="/explore")
    assert quiet["mean_error"] > 0


def test_a_list_may_be_pasted_as_another_tool_prints_it(client):
    answer = client.predict(
        data="diracs",
        samples=2,
        timesteps="custom",
        api_name="/explore",
        timesteps_levels="sigmas = torch.tensor([14.6, 5.8, 0.9, 0.03, 0.0])",
    )
    assert answer["sigma"] == [14.6, 5.8, 0.9, 0.03, 0.0] and "final 0" in answer["notes"][0]
    with pytest.raises((AppError, ValueError), match="no number"):
        client.predict(timesteps="custom", timesteps_levels="10, five, 1", api_name="/explore")


def test_sample_returns_the_samples(client):
    answer = client.predict(data="digits", nfe=9, samples=3, api_name="/sample")
    e = unflatten(Experiment, {"data": "digits", "nfe": 9, "samples": 3})
    assert answer["shape"] == [3, 1, 8, 8] and answer["nfe"] == 9
    np.testing.assert_allclose(answer["samples"], run(e).samples, rtol=1e-6, atol=1e-9)


def test_a_sweep_has_named_arguments_and_the_rows_of_the_page(client):
    base = {
        "data": "moons",
        "data.dimension": 2,
        "samples": 16,
        "solver": "rk2",
        "solver.alpha": 0.7,
    }
    answer = client.predict(
        **{k.replace(".", "_"): v for k, v in base.items()},
        solvers="rk2, ddim",
        budgets="5, 9, 17",
        api_name="/sweep",
    )
    rows = list(error_against_nfe(unflatten(Experiment, base), [RK2(0.7), DDIM()], (5, 9, 17)))
    assert [(r["name"], r["nfe"]) for r in answer["rows"]] == [(r.name, r.nfe) for r in rows]
    assert [r["mean_error"] for r in answer["rows"]] == pytest.approx([r.mean for r in rows])
    assert set(answer["orders"]) == {"RK2 α = 0.7", "DDIM"}
    assert answer["orders"]["DDIM"]["nominal"] == 1
    assert from_query(Experiment, answer["query"]) == unflatten(Experiment, base)


@pytest.mark.parametrize(
    "values, named",
    [
        ({"solvers": "heun, hune"}, "hune"),
        ({"solvers": " , "}, "at least one solver"),
        ({"grids": "rho, cosine"}, "cosine"),
        ({"budgets": "5, many"}, "many"),
        ({"budgets": "0"}, "1 to 1023"),
        ({"budgets": ""}, "1 to 24"),
        ({"nfe": -1}, "-1"),
        ({"timesteps": "custom"}, "typed list"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_bad_sweep_is_refused_in_a_sentence(client, values, named):
    with pytest.raises((AppError, ValueError), match=named):
        client.predict(**values, api_name="/sweep")


def test_a_file_becomes_data(client, tmp_path):
    path = tmp_path / "points.npy"
    np.save(path, np.random.default_rng(0).normal(size=(40, 2)))
    digest = client.predict(file=handle_file(path), api_name="/upload")["digest"]
    answer = client.predict(data="upload", data_digest=digest, nfe=9, samples=4, api_name="/sample")
    assert answer["shape"] == [4, 2]


@pytest.mark.parametrize(
    "values, named",
    [
        ({"solver": "hune"}, "hune"),
        ({"nfe": 10.5}, "10.5"),
        ({"nfe": -1}, "-1"),
        ({"s_tmin": 3, "s_tmax": 1}, "S_tmin = 3"),
        ({"samples": 10**6}, "1000000"),
        ({"data": "upload", "data_digest": "0" * 16}, "0" * 16),
        ({"timesteps_sigma_min": 5, "timesteps_sigma_max": 2}, "swap"),
        ({"nfe": "many"}, "many"),
        ({"data": "digits", "samples": 4096, "nfe": 1023}, "4096 samples"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_the_sentence_of_an_error_reaches_the_client(client, values, named):
    with pytest.raises((AppError, ValueError), match=named):
        client.predict(**values, api_name="/explore")
    assert client.predict(nfe=5, samples=2, api_name="/sample")["nfe"] == 5


def test_a_wrong_file_gives_its_sentence(client, tmp_path):
    path = tmp_path / "words.csv"
    path.write_text("no numbers\nhere at all\n")
    with pytest.raises((AppError, ValueError), match="words|number"):
        client.predict(file=handle_file(path), api_name="/upload")


@pytest.mark.slow
def test_twenty_clients_at_once_get_each_their_own_answer(server):
    """Each answer is the one that this process computes for the same settings."""
    menu = [
        {
            "data": "moons",
            "data.dimension": 2,
            "samples": 4,
            "nfe": nfe,
            "seed": seed,
            "solver": solver,
        }
        for nfe in (7, 11)
        for seed in (0, 1)
        for solver in ("heun", "ddim")
    ]
    expected = []
    for flat in menu:
        r = run(unflatten(Experiment, flat))
        expected.append((to_query(r.experiment), r.nfe, float(errors_of(r, exact=True).end.mean())))

    def one(number: int) -> list[str]:
        client, hand, wrong = connect(server), random.Random(number), []
        for _ in range(MOVES):
            k = hand.randrange(len(menu))
            given = {name.replace(".", "_"): v for name, v in menu[k].items()}
            answer = client.predict(**given, api_name="/explore")
            query, nfe, error = expected[k]
            if (answer["query"], answer["nfe"]) != (query, nfe) or abs(
                answer["mean_error"] - error
            ) > 1e-9 * error:
                wrong.append(f"{query}: {answer['query']}, {answer['mean_error']} != {error}")
        return wrong

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(one, range(CLIENTS), timeout=300))
    assert answers == [[]] * CLIENTS


def test_the_answer_can_be_asked_again(client):
    """The settings that come back, and the link, describe the same run."""
    first = client.predict(
        data="diracs", samples=4, nfe=11, solver="rk2", solver_alpha=0.7, api_name="/explore"
    )
    assert "solver.alpha=0.7" in first["query"]
    given = {k.replace(".", "_"): v for k, v in first["settings"].items()}
    again = client.predict(**given, api_name="/explore")
    assert (again["query"], again["mean_error"]) == (first["query"], first["mean_error"])


def test_the_default_view_costs_35_evaluations(client):
    answer = client.predict(api_name="/explore")
    assert answer["query"] == "" and answer["nfe"] == 35 and 0 < answer["mean_error"] < 1


def test_xray_answers_with_runs_faults_and_a_mended_list(client):
    given = [t * 3 / (1 + 2 * t) for t in [k / 20 for k in range(20, -1, -1)]]
    twice = [t * 3 / (1 + 2 * t) for t in given]
    answer = client.predict(str(twice), model="sd3", api_name="/xray")
    assert answer["what"] == "list of flow times" and answer["runs"][0]["levels"][0] == "inf"
    (fault,) = answer["faults"]
    assert fault["kind"] == "double_shift" and fault["severity"] == "wrong"
    assert fault["mend"]["sigmas"] == pytest.approx(given, abs=1e-9)
    assert client.predict(str(given), model="sd3", api_name="/xray")["faults"] == []
    with pytest.raises(AppError, match=r"No numbers.*Looked for: .*ComfyUI workflow"):
        client.predict("nothing at all", api_name="/xray")
    with pytest.raises(AppError, match="Unknown model family 'sd9'"):
        client.predict("1, 0.5, 0", model="sd9", api_name="/xray")
