"""Other tools' names of time steps: in the menu, found by search, in the link, undone, compared."""

from .walk import SMALL


def test_a_list_is_chosen_in_the_menu_found_by_name_and_undone(walk):
    walk.hasty().open(f"{SMALL}&solver=euler&nfe=19")
    page = walk.page
    walk.after(lambda: page.select_option("#slot-timesteps", "comfy:ddim_uniform"))
    assert walk.query["timesteps"] == "comfy"
    assert walk.query["timesteps.scheduler"] == "ddim_uniform"
    budget = page.inner_text("#help-budget")
    assert "20 steps = 20 evaluations" in budget and "20 levels when asked for 19" in budget
    assert "ComfyUI ddim_uniform" in page.inner_text("#help-design")
    page.click("#step-cards")
    assert page.locator("#pop .card").count() > 50
    page.fill("#pop .find", "bong")
    walk.after(lambda: page.click("#pop .card"))
    assert page.input_value("#slot-timesteps") == "res4lyf:bong_tangent"
    assert "σ = ∞" in page.inner_text("#help-schedule")
    walk.after(lambda: page.click("#undo"))
    assert page.input_value("#slot-timesteps") == "comfy:ddim_uniform"
    walk.open(f"{SMALL}&page=compare&grids=vp,a1111:beta,nonsense:x")
    pressed = page.locator("#compare-grids [aria-pressed=true]").all_inner_texts()
    assert pressed == ["VP time", "A1111 Beta"]
    page.click("#compare-words [data-opens=grids]")
    page.select_option("#compare-tools", "published:gits")
    assert page.locator("#compare-grids [aria-pressed=true]").count() == 3
    page.wait_for_function("decodeURIComponent(location.search).includes('beta,published:gits')")
