"""A sweep along a setting in place of evaluations, as a part of a walk."""

from .walk import SWEPT

VALUES = """() => { const { data, _fullLayout } = document.querySelector('#fig-compare');
    const own = data.filter((t) => !t.name.includes('band')).flatMap((t) => t.x);
    return [...new Set(own)].join() + _fullLayout.xaxis.type; }"""


def goes_along_a_setting(walk):
    """In place of evaluations ρ: each value where it lies, the line at the view's own; the link has
    it, and a row opens its value."""
    page = walk.page
    page.click("#compare-words [data-opens=along]")
    page.select_option("#compare-along", "timesteps.rho")
    assert page.is_hidden("#compare-chips")
    page.fill("#compare-over", "1, 3, 9")
    page.keyboard.press("Enter")
    assert page.inner_text("#compare-count") == "6 cells"
    page.click("#compare-run")
    page.wait_for_function(
        f"document.querySelector('#fig-compare').data && ({VALUES})() === '1,3,9linear'"
    )
    walk.calm().page.wait_for_function(SWEPT)
    assert walk.query["along"] == "timesteps.rho" and walk.query["over"] == "1,3,9"
    where = page.locator("#compare-forest caption").first
    assert where.inner_text().startswith("At ρ = 9, 9 evaluations")
    page.locator(".nfe-line").press("Home")
    assert where.inner_text().startswith("At ρ = 1, 9 evaluations")
    assert "ρ = 1" in page.inner_text("#compare-title")
    page.locator("#compare-forest tbody a", has_text="DDIM").click()
    page.wait_for_function("explorer.S.values.solver === 'ddim'")
    assert walk.value("timesteps.rho") == 1 and walk.value("nfe") == 9
