"""A recording dropped on the Schedules page: its strips, its plane, its schedule, a denser run."""

from ..recorder import loops
from .test_schedules import is_now, text

KEY = "() => document.body.dataset.recording?.trim().split(' ').length === {}"


def inked(walk, canvas: str) -> int:
    """Pixels that are not empty."""
    return walk.page.evaluate(
        """(id) => { const c = document.querySelector(id);
          const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
          return data.reduce((sum, v, i) => sum + (i % 4 === 3 && v > 0), 0); }""",
        canvas,
    )


def test_a_recording_opens_with_strips_plane_and_xray_and_beside_a_denser_one(walk, tmp_path):
    loops.run(tmp_path / "run.jsonl", 12, thumbnails=True)
    loops.run(tmp_path / "denser.jsonl", 48)
    loops.run(tmp_path / "other.jsonl", 48, seed=1)
    walk.hasty().open("samples=8&nfe=9&tab=schedules")
    page = walk.page
    is_now(walk, "empty")
    page.set_input_files("#sch-file", tmp_path / "run.jsonl")
    page.wait_for_function(KEY.format(1))
    assert "A loop, 13 steps" in text(walk, "#rec-title")
    assert "a recording of a run" in text(walk, "#sch-what") and "none" in text(walk, "#sch-counts")
    heads = page.locator("#rec-over .strip-head b")
    assert heads.all_inner_texts() == ["Time steps", "Curvature", "Out of plane"]
    assert inked(walk, "#rec-strips") > 1000 and inked(walk, "#rec-plane") > 200
    assert page.locator("#rec-film figure").count() == 13
    assert text(walk, "#rec-read-curvature").startswith("EDM ")

    page.locator("#rec-over select").select_option("angle")
    assert text(walk, "#rec-read-curvature").endswith(" rad")
    page.set_input_files("#rec-beside-file", tmp_path / "denser.jsonl")
    page.wait_for_function(KEY.format(2))
    assert heads.count() == 4 and "Beside 49 steps of the same noise" in text(walk, "#rec-beside")
    assert page.locator("#rec-table tbody tr").count() == 14

    page.wait_for_function("() => location.search.includes('paste.beside=')")
    page.reload()  # the link names both by their digests
    page.wait_for_function(KEY.format(2))
    assert heads.count() == 4 and "paste.recording=" in page.url
    page.set_input_files("#rec-beside-file", tmp_path / "other.jsonl")
    page.wait_for_function(
        "() => document.querySelector('#rec-beside').innerText.includes('not of')"
    )
    page.set_input_files("#rec-beside-file", {"name": "a.txt", "mimeType": "", "buffer": b"{}"})
    page.wait_for_function("() => !document.querySelector('#sch-problem').hidden")
    assert "a.txt is no recording" in text(walk, "#sch-problem")
    page.locator("#sch-clear").click()
    page.wait_for_function("() => document.querySelector('#rec').hidden")
