"""A value that cannot be: marked at its field, whoever gave it, while everything else goes on."""

from .walk import SMALL

STALE = "document.body.dataset.stale ?? ''"


def row(walk, key: str):
    return walk.page.locator(f'[data-key="{key}"]:not([hidden])')


def give(walk, key: str, text: str):
    box = row(walk, key).locator("input[type=text]")
    box.fill(text)
    walk.after(lambda: box.press("Enter"))


def test_one_value_out_of_range_freezes_nothing(walk):
    """σ_min = 100 was refused, unmarked, and so was every later edit of anything else."""
    walk.hasty().open(SMALL).unfold()
    give(walk, "timesteps.sigma_min", "100")
    least = row(walk, "timesteps.sigma_min")
    box = least.locator("input[type=text]")
    assert "100" in least.locator(".why").inner_text()
    assert "0.0001 to 10" in least.locator(".why").inner_text()
    assert box.get_attribute("aria-invalid") == "true" and box.input_value() == "100"
    assert box.get_attribute("aria-describedby") == least.locator(".why").get_attribute("id")
    assert walk.page.get_attribute("#headline", "data-state") in ("settled", "draft")
    give(walk, "nfe", "11")  # another control, while it stands
    assert walk.query["nfe"] == "11" and walk.page.evaluate("explorer.S.shown.nfe") == 11
    assert box.input_value() == "100" and least.locator(".why").count() == 1
    give(walk, "timesteps.sigma_min", "0.01")
    assert walk.value("timesteps.sigma_min") == 0.01 and least.locator(".why").count() == 0
    # limits that hang on each other: the one that was moved is marked
    give(walk, "timesteps.sigma_max", "1")
    give(walk, "timesteps.sigma_min", "2")
    assert "below σ_max = 1" in least.locator(".why").inner_text()
    assert row(walk, "timesteps.sigma_max").locator(".why").count() == 0
    give(walk, "s_churn", "10")
    give(walk, "s_tmin", "60")
    assert "lies above S_tmax" in row(walk, "s_tmin").locator(".why").inner_text()
    assert walk.value("s_churn") == 10 and "s_tmin" not in walk.query
    walk.after(lambda: walk.page.click('[data-group="schedule"] .reset[data-group]'))
    assert walk.page.locator(".row.wrong, .row .why").count() == 0


def test_a_link_with_a_value_out_of_range_keeps_all_others(walk):
    long = "timesteps.sigma_max=14.614642&s_tmin=0.00123456"
    wrong = "timesteps.sigma_min=100&s_noise=7"
    walk.hasty().open(f"data=moons&samples=16&nfe=9&sigma=1&{wrong}&{long}")
    assert walk.value("data") == "moons" and walk.value("nfe") == 9
    assert walk.value("timesteps.sigma_min") == 0.002
    for key, given in {"timesteps.sigma_min": "100", "s_noise": "7"}.items():
        assert row(walk, key).locator(".why").is_visible()  # its group is open
        assert row(walk, key).locator("input[type=text]").input_value() == given
    assert "The rest of the link holds." in walk.page.inner_text("#problem-text")
    # many digits have room in their field, or the whole number is its title
    for key, shown in {"timesteps.sigma_max": "14.6146", "s_tmin": "0.00123456"}.items():
        box = row(walk, key).locator("input[type=text]")
        assert box.input_value() == shown
        cut = box.evaluate("(e) => e.scrollWidth > e.clientWidth")
        assert box.get_attribute("title") == (shown if key == "s_tmin" else None)
        assert not cut or key == "s_tmin"


def test_data_that_cannot_be_shown_leave_the_menu_on_those_that_are(walk):
    """“MNIST, CIFAR-10 …” stood over the drawing, as if that were them."""
    walk.hasty().open(SMALL).unfold()
    before = walk.page.inner_text("#help-data")
    walk.choose("#slot-data", "published")
    assert walk.page.is_visible("#problem") and walk.page.inner_text("#problem-text")
    assert walk.page.input_value("#slot-data") == "moons" == walk.query["data"]
    assert walk.page.inner_text("#help-data") == before
    assert walk.page.evaluate(STALE) == ""
    walk.choose("#slot-data", "upload")  # what waits for a file does not go back
    assert walk.page.input_value("#slot-data") == "upload" and walk.page.evaluate(STALE) == "all"
    assert walk.page.inner_text("#chips") == "of Two moons"
    walk.after(lambda: walk.page.click("#versus [data-act=back]"))
    assert walk.page.input_value("#slot-data") == "moons" and walk.page.evaluate(STALE) == ""
