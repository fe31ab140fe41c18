"""A result is found by its question, in any process, or not at all."""

import os

from explorer.store.results import Results, digest_of


def test_an_answer_is_found_by_its_question(tmp_path):
    Results(tmp_path / "s").put("solver=heun&nfe=35", {"error": [0.25, None]})
    kept = Results(tmp_path / "s")
    assert kept.get("solver=heun&nfe=35") == {"error": [0.25, None]}
    assert "solver=heun&nfe=35" in kept
    assert kept.get("solver=heun&nfe=36") is None and "solver=heun&nfe=36" not in kept


def test_a_later_answer_replaces_the_former(tmp_path):
    kept = Results(tmp_path)
    kept.put("σ", 1)
    kept.put("σ", 2)
    kept.put("τ", 3)
    assert sorted(kept) == [("σ", 2), ("τ", 3)]
    assert not list(tmp_path.rglob(".*"))


def test_a_damaged_file_is_no_answer(tmp_path):
    kept = Results(tmp_path)
    for words in (b"", b"\x80\x81", b'{"key": "a", "va', b"[1]", b'{"value": 1}'):
        kept.put("a", 1)
        kept.path("a").write_bytes(words)
        assert kept.get("a") is None and list(kept) == []
    kept.put("b", 1)
    os.replace(kept.path("b"), kept.path("a"))
    assert kept.get("a") is None, "an answer to another question"


def test_any_text_is_a_question_and_none_leaves_the_folder(tmp_path):
    kept = Results(tmp_path / "in")
    for key in ("../../x", "/etc/passwd", "a" * 5000, "\0", ""):
        kept.put(key, key)
        assert kept.get(key) == key
    assert {p.parts[-3] for p in tmp_path.rglob("*.json")} == {"in"}


def test_a_digest_is_sha256():
    # FIPS 180-2, B.1
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest_of("abc") == digest_of(b"abc") == known
