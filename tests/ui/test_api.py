"""The named endpoints, called as a stranger's script calls them."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from explorer import sample as _  # noqa: F401  the public name exists
from explorer.experiment import Experiment, errors_of, run
from explorer.settings import from_query, to_query, unflatten

CLIENTS, MOVES = 20, 20


def connect(server) -> Client:
    return Client(server, verbose=False)


@pytest.fixture(scope="module")
def client(server):
    return connect(server)


def test_the_endpoints_have_names_and_named_arguments(client):
    api = client.view_api(return_format="dict")["named_endpoints"]
    assert {"/explore", "/sample", "/upload"} <= set(api)
    names = {p["parameter_name"] for p in api["/explore"]["parameters"]}
    assert {"data", "solver", "nfe", "samples", "seed", "s_churn", "timesteps_rho"} <= names
    assert all(p["parameter_has_default"] for p in api["/explore"]["parameters"])


def test_explore_returns_the_numbers_of_the_view(client):
    answer = client.predict(data="moons", data_dimension=2, solver="heun", nfe=17, samples=8,
                            api_name="/explore")
    r = run(unflatten(Experiment, {"data": "moons", "data.dimension": 2, "nfe": 17, "samples": 8}))
    assert answer["nfe"] == 17 and answer["steps"] == 9
    assert from_query(Experiment, answer["query"]) == r.experiment
    assert answer["mean_error"] == pytest.approx(float(errors_of(r).end.mean()), rel=1e-6)
    assert answer["sigma"] == pytest.approx(r.trajectory.sigma.tolist())
    assert sum(answer["share"]) == pytest.approx(1)


def test_sample_returns_the_samples(client):
    answer = client.predict(data="digits", nfe=9, samples=3, api_name="/sample")
    e = unflatten(Experiment, {"data": "digits", "nfe": 9, "samples": 3})
    assert answer["shape"] == [3, 1, 8, 8] and answer["nfe"] == 9
    np.testing.assert_allclose(answer["samples"], run(e).samples, rtol=1e-6, atol=1e-9)


def test_a_file_becomes_data(client, tmp_path):
    path = tmp_path / "points.npy"
    np.save(path, np.random.default_rng(0).normal(size=(40, 2)))
    digest = client.predict(file=handle_file(path), api_name="/upload")["digest"]
    answer = client.predict(data="upload", data_digest=digest, nfe=9, samples=4,
                            api_name="/sample")
    assert answer["shape"] == [4, 2]


@pytest.mark.parametrize("values, named", [
    ({"solver": "hune"}, "hune"), ({"nfe": 10.5}, "10.5"), ({"nfe": -1}, "-1"),
    ({"s_tmin": 3, "s_tmax": 1}, "S_tmin = 3"), ({"samples": 10**6}, "1000000"),
    ({"data": "upload", "data_digest": "0" * 16}, "0" * 16),
    ({"timesteps_sigma_min": 5, "timesteps_sigma_max": 2}, "swap"), ({"nfe": "many"}, "many"),
    ({"data": "digits", "samples": 4096, "nfe": 1023}, "4096 samples")],
    ids=lambda v: v if isinstance(v, str) else "")
def test_the_sentence_of_an_error_reaches_the_client(client, values, named):
    with pytest.raises((AppError, ValueError), match=named):
        client.predict(**values, api_name="/explore")
    assert client.predict(nfe=5, samples=2, api_name="/sample")["nfe"] == 5


def test_a_wrong_file_gives_its_sentence(client, tmp_path):
    path = tmp_path / "words.csv"
    path.write_text("no numbers\nhere at all\n")
    with pytest.raises((AppError, ValueError), match="words|number"):
        client.predict(file=handle_file(path), api_name="/upload")


def test_twenty_clients_at_once_get_each_their_own_answer(server):
    """Each answer is the one that this process computes for the same settings."""
    menu = [{"data": "moons", "data.dimension": 2, "samples": 4, "nfe": nfe, "seed": seed,
             "solver": solver} for nfe in (7, 11, 15) for seed in (0, 1) for solver in
            ("heun", "ddim", "euler")]
    expected = []
    for flat in menu:
        r = run(unflatten(Experiment, flat))
        expected.append((to_query(r.experiment), r.nfe, float(errors_of(r).end.mean())))

    def one(number: int) -> list[str]:
        client, hand, wrong = connect(server), random.Random(number), []
        for _ in range(MOVES):
            k = hand.randrange(len(menu))
            given = {name.replace(".", "_"): v for name, v in menu[k].items()}
            answer = client.predict(**given, api_name="/explore")
            query, nfe, error = expected[k]
            if (answer["query"], answer["nfe"]) != (query, nfe) or \
                    abs(answer["mean_error"] - error) > 1e-9 * error:
                wrong.append(f"{query}: {answer['query']}, {answer['mean_error']} != {error}")
        return wrong

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(one, range(CLIENTS), timeout=300))
    assert answers == [[]] * CLIENTS
