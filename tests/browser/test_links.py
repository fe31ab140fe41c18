"""Links in a real browser: a view opens again, whoever sends it; nonsense is said."""

from urllib.parse import parse_qs

import pytest

from .test_axe import LIST
from .test_headline import Held
from .walk import CLIPBOARD, NUDGE, READY, SMALL, SWEPT, compare


def test_the_first_view_says_what_it_found(walk):
    walk.hasty().open("")
    assert walk.page.title() == "Diffusion Sampler Explorer"
    walk.page.wait_for_function("document.querySelector('#title').textContent.includes('error')")
    assert "Heun, 35 evaluations" in walk.page.inner_text("#title")
    assert "NFE 35" in walk.page.inner_text("#status")
    assert walk.page.locator("#rows tr").count() == 18
    assert set(walk.query) <= {"sigma", "pick"}  # only what differs from the default


def test_a_link_restores_the_view_and_so_does_a_refresh(walk):
    query = (
        "data=moons&samples=16&nfe=12&solver=rk2&solver.alpha=0.7&timesteps.rho=4"
        "&s_churn=8&schedule=vp&what=D&measure=kappa&weight=vp&sigma=0.5"
    )
    walk.hasty().open(query)
    for _ in range(2):
        assert walk.value("solver.alpha") == 0.7 and walk.value("timesteps.rho") == 4
        assert walk.value("schedule") == "vp" and walk.value("s_churn") == 8
        assert walk.page.input_value('[data-key="nfe"] input[type=text]') == "12"
        assert walk.page.evaluate("explorer.S.what") == "D"
        assert walk.page.evaluate("explorer.S.sigma") == pytest.approx(0.5)
        assert walk.page.is_checked('#frame input[value="vp"]')
        assert {k: v for k, v in walk.query.items() if k != "pick"} == {
            k: v[0] for k, v in parse_qs(query).items()
        } | {"timesteps.rho": walk.query["timesteps.rho"], "s_churn": walk.query["s_churn"]}
        walk.page.reload()
        walk.page.wait_for_function(READY)
        walk.calm()


def test_the_link_is_copied(walk):
    walk.hasty().open()
    walk.page.evaluate(NUDGE, "timesteps-rho-rho")
    walk.calm()
    walk.page.click("#copy")
    walk.page.wait_for_function(CLIPBOARD % "text === location.href")
    assert "timesteps.rho" in walk.page.url


@pytest.mark.parametrize(
    "query, named",
    [
        ("solver=hune", "hune"),
        ("nfe=NaN&colour=red", "nan"),
        ("data=upload&data.digest=0123456789abcdef", "upload"),
    ],
)
def test_a_link_with_nonsense_opens_the_default_view_with_a_sentence(walk, query, named):
    walk.hasty().open(query)
    walk.page.wait_for_selector("#problem:not([hidden])")
    assert named in walk.page.inner_text("#problem-text")
    assert walk.page.locator("#rows tr").count() == 18
    walk.page.click("#problem button")
    assert walk.page.is_hidden("#problem")


LATE = {  # what of a link is not there with its first answer -> the request for it
    f"{SMALL}&pin=nfe%3D9%26samples%3D16&pinname=1:mine": '"page":"","id":0',
    f"samples=8&nfe=9&tab=schedules&paste={LIST}&paste.copy=diffusers": '"fn_name":"schedules"',
    "samples=16&nfe=9&lesson=why-rho-7&at=2": '"fn_name":"lesson"',
}


def test_the_address_keeps_what_of_a_link_is_on_its_way(walk):
    """Whoever loads the page again, or copies its address, before all is there loses nothing."""
    walk.hasty()
    for link, words in LATE.items():
        late = Held(walk.page, words)
        asks = lambda request, words=words: words in (request.post_data or "").replace(" ", "")
        with walk.page.expect_request(asks):
            walk.page.goto(f"{walk.server}?{link}")
            walk.page.wait_for_function(READY)
        walk.page.wait_for_function("!document.body.dataset.writing")
        said = parse_qs(link)
        assert late.kept and {k: parse_qs(walk.page.url.split("?")[1]).get(k) for k in said} == said
        late.let_go()
        walk.calm()


def test_a_link_restores_what_is_compared(walk):
    rows = compare(walk, "compare=sweep&solvers=heun,lms&budgets=5,9,17")
    walk.page.wait_for_function(SWEPT)
    assert rows.count() == 2 and "LMS" in rows.nth(1).inner_text()
    pressed = walk.page.locator("#compare-solvers [aria-pressed=true]")
    assert [b.get_attribute("data-name") for b in pressed.all()] == ["heun", "lms"]
    walk.page.click("#compare-words [data-opens=solvers]")
    walk.page.click("#compare-solvers [data-name=ddim]")
    walk.page.click("#compare-words [data-opens=grids]")
    walk.page.click("#compare-grids [data-name=logsnr]")
    walk.page.click("#compare-words [data-opens=along]")
    walk.page.click("#budgets-more summary")
    walk.page.fill("#compare-budgets", "5, 11")
    walk.page.keyboard.press("Escape")
    walk.page.click("#compare-distance")
    walk.page.wait_for_function("location.href.includes('compare=distance')")
    walk.page.wait_for_function(SWEPT)
    assert walk.query["solvers"] == "heun,ddim,lms" and walk.query["budgets"] == "5,11"
    assert walk.query["grids"] == "logsnr"
    title = walk.page.inner_text("#compare-title")
    walk.page.reload()
    walk.page.wait_for_function(READY)
    walk.page.wait_for_function(
        "(t) => document.querySelector('#compare-title').textContent === t", arg=title
    )
    assert walk.page.input_value("#compare-budgets") == "5, 11" and pressed.count() == 3
    assert walk.page.get_attribute("#compare-grids [data-name=logsnr]", "aria-pressed") == "true"
