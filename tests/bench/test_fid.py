"""FID is another library's number: what it is given, and what is said where it cannot be had."""

import sys
import types
import urllib.error

import pytest
import torch

from explorer.bench.fid import Pictures, fid
from explorer.errors import UserError


def library(monkeypatch, calculate):
    monkeypatch.setitem(
        sys.modules, "torch_fidelity", types.SimpleNamespace(calculate_metrics=calculate)
    )


def test_the_library_gets_bytes_in_three_colours_and_its_number_comes_back(monkeypatch):
    def calculate(input1, input2, fid, cuda, **options):
        for pictures, n in ((input1, 5), (input2, 7)):
            assert len(pictures) == n and pictures[0].dtype == torch.uint8
            assert pictures[0].shape == (3, 8, 8)
        assert fid and not cuda
        return {"frechet_inception_distance": 12.5}

    library(monkeypatch, calculate)
    assert fid(torch.zeros(5, 1, 8, 8), torch.ones(7, 3, 8, 8)) == 12.5


def test_black_is_0_white_255_and_what_lies_outside_is_clipped():
    shown = Pictures(torch.tensor([-2.0, -1, 0, 1, 3]).reshape(1, 1, 1, 5))[0]
    assert shown[0, 0].tolist() == [0, 0, 128, 255, 255]


def test_without_the_library_or_a_network_a_sentence_says_what_to_do(monkeypatch):
    images = torch.zeros(2, 1, 8, 8)
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(UserError, match="pip install torch-fidelity torchvision"):
        fid(images, images)

    def offline(**options):
        raise urllib.error.URLError("no route")

    library(monkeypatch, offline)
    with pytest.raises(UserError, match="no route.*Try again with a network"):
        fid(images, images)
