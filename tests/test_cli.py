"""The command line: numbers on stdout, a sentence and exit code 2 for what cannot work."""

import json
import os
import re
import socket
import subprocess
import sys

import numpy as np
import pytest

from explorer.bench import BENCHES
from explorer.bench import main as bench
from explorer.bench.page import ROOT
from explorer.cli import main
from explorer.commands.listen import free_port, read_auth
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, run
from explorer.settings import unflatten

LINE = ["data=diracs", "samples=4", "nfe=9", "--device", "cpu"]  # its reference costs least
FAST = ["data=moons", "data.dimension=2", "samples=4", "nfe=9", "--device", "cpu"]


def test_sample_prints_the_numbers(capsys):
    assert main(["sample", *LINE, "solver=rk2", "solver.alpha=0.7"]) == 0
    out = json.loads(capsys.readouterr().out)
    assert out["nfe"] == 9 and out["steps"] == 5 and out["mean_error"] > 0
    assert "solver.alpha=0.7" in out["query"]


@pytest.mark.slow
def test_a_list_may_be_pasted_as_another_tool_prints_it(capsys):
    pasted = "timesteps.levels=tensor([14.6, 5.8, 0.9, 0.03, 0.0])"
    assert main(["sample", *LINE, "timesteps=custom", pasted]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["steps"] == 4 and "final 0 is taken off" in said.err
    assert main(["sample", *LINE, "timesteps=custom", "timesteps.levels=999 666 333 0"]) == 0
    assert "Read as timesteps of Stable Diffusion" in capsys.readouterr().err


def test_sample_saves_what_it_made(tmp_path, capsys):
    path = tmp_path / "out.npz"
    assert main(["sample", *FAST, "--out", str(path)]) == 0
    e = unflatten(Experiment, {"data": "moons", "data.dimension": 2, "samples": 4, "nfe": 9})
    with np.load(path) as file:
        assert file["x"].shape == (6, 4, 2) and file["sigma"].shape == (6,)
        np.testing.assert_array_equal(file["samples"], run(e).samples)


@pytest.mark.parametrize("settings", [["solver=euler_a"], ["repeats=1", "nfe=21"], ["nfe=1"]])
def test_a_run_without_a_path_to_compare_is_made_and_saved_and_says_why(settings, tmp_path, capsys):
    path = tmp_path / "out.npz"
    assert main(["sample", *FAST, *settings, "--out", str(path)]) == 0
    out = json.loads(capsys.readouterr().out)
    assert out["mean_error"] is None and ("reference path" in out["why"] or "2 steps" in out["why"])
    with np.load(path) as file:
        assert file["samples"].shape == (4, 2)


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["sample", "nfe=9", "--out", "/nowhere/at/all/x.npz"], "/nowhere/at/all"),
        (["sample", "solver=hune"], "hune"),
        (["sample", "nfe=-3"], "-3"),
        (["sample", "nfe"], "key=value"),
        (["sample", "colour=red"], "colour"),
        (["sample", "nfe=9", "--device", "abacus"], "abacus"),
        (["dream"], "dream"),
        (["sample", "data=digits", "samples=4096", "nfe=1023", "--device", "cpu"], "4096 samples"),
        (["bench", "ui", "--moves", "-1"], "at least 0"),
    ],
)
def test_what_cannot_work_gives_a_sentence_and_two(arguments, named, capsys):
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert named in said.err + said.out and "Traceback" not in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "--port", "abc"],
        ["serve", "--colour"],
        ["serve", "--port", "99999"],
        ["serve", "--threads", "0"],
        ["serve", "--auth", "nobody"],
        ["serve", "--device", "tpu"],
        ["serve", "--queue-size", "0"],
        ["serve", "--max-work", "-1"],
        ["bench", "everything"],
    ],
)
def test_bad_options_end_with_two(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        raise SystemExit(main(arguments))
    assert end.value.code == 2
    assert capsys.readouterr().err.strip()


def test_help_lists_the_options(capsys):
    with pytest.raises(SystemExit) as end:
        main(["serve", "--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0
    for option in (
        "host",
        "port",
        "device",
        "share",
        "auth",
        "queue-size",
        "max-work",
        "max-upload",
    ):
        assert f"--{option}" in text
    assert main([]) == 0 and main(["--help"]) == 0
    assert re.search(r"serve.*sample.*bench", capsys.readouterr().out, re.DOTALL)


@pytest.mark.parametrize("name", BENCHES)
def test_every_bench_has_help(name, capsys):
    with pytest.raises(SystemExit) as end:
        bench([name, "--help"])
    assert end.value.code == 0 and "--device" in capsys.readouterr().out


def test_a_taken_port_leads_to_the_next_free_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        if port > 65000:
            pytest.skip("no room above this port")
        assert port < free_port("127.0.0.1", port) < port + 100


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_out_of_range_is_named(port):
    with pytest.raises(UserError, match=str(port)):
        free_port("127.0.0.1", port)


def test_an_address_that_is_not_ours_is_named():
    with pytest.raises(UserError, match="192.0.2.1"):  # reserved for documentation: RFC 5737
        free_port("192.0.2.1", 7990)


def test_passwords_come_from_the_line_or_a_file(tmp_path):
    file = tmp_path / "users"
    file.write_text("ada:lovelace\n\nalan:turing:1936\n")
    assert read_auth(None) is None
    assert read_auth("ada:love:lace") == [("ada", "love:lace")]
    assert read_auth(str(file)) == [("ada", "lovelace"), ("alan", "turing:1936")]
    file.write_text("ada\n")
    for wrong in ("ada", ":", "ada:", ":x", "", str(file)):
        with pytest.raises(UserError, match="user:password"):
            read_auth(wrong)


@pytest.mark.slow
def test_python_m_explorer_runs_from_the_root():
    done = subprocess.run(
        [sys.executable, "-m", "explorer", "sample", *FAST],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ,
    )
    assert done.returncode == 0 and json.loads(done.stdout)["nfe"] == 9, done.stderr


def test_train_ends_with_a_checkpoint_and_a_table(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    words = [
        "train",
        "config=E",
        "data=spiral",
        "data.dimension=2",
        "network.width=16",
        "network.depth=1",
        "kimg=0.64",
        "name=tiny",
        "--threads",
        "1",
        "--device",
        "cpu",
    ]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert "640 of 640" in told and "ideal" in told
    assert (tmp_path / "models" / "tiny" / "weights.safetensors").is_file()
    assert not list((tmp_path / "training").iterdir())
    assert main(words) == 2
    assert "already there" in capsys.readouterr().err
    assert main([*words, "--replace"]) == 0


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["config=Z"], "'Z'"),
        (["data=hune"], "'hune'"),
        (["kimg"], "key=value"),
        (["data=digits", "name=../up"], "cannot be called"),
        (["kimg=0"], "out of range"),
        (["data=spiral", "augment=0.5"], "augment=0"),
        (["--threads", "0"], "--threads"),
        (["classifier", "data=spiral"], "labelled images"),
        (["classifier", "steps=x"], "whole numbers"),
    ],
)
def test_train_says_what_cannot_work(words, sentence, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    assert main(["train", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_bench_quality_prints_a_row_for_data_and_network(capsys):
    assert (
        main(
            [
                "bench",
                "quality",
                "--networks",
                "digits-f",
                "--samples",
                "60",
                "--nfe",
                "5",
                "--device",
                "cpu",
            ]
        )
        == 0
    )
    told = capsys.readouterr().out
    assert "not FID" in told and "data: Digits" in told
    row = next(line for line in told.splitlines() if line.startswith("digits-f"))
    assert row.split()[1:3] == ["0", "5"] and re.search(r"\d \(\S+–\S+\)", row)


def test_bench_training_prints_a_ratio(capsys):
    assert main(["bench", "training", "--data", "spiral", "--rounds", "2", "--device", "cpu"]) == 0
    ratio = float(capsys.readouterr().out.rsplit("ratio ", 1)[1])
    assert 0.2 < ratio < 50  # two steps on a busy machine say no more
