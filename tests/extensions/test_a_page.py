"""A page is its body, its script and one line; tab, link, back button and resume find it."""

from explorer.ui import pages


def test_the_frame_has_its_tab_and_its_body(installed):
    html = pages.template()
    assert '<button data-page="toy">Toy</button>' in html and "A page of its own" in html
    assert pages.config()["pages"][-1] == "toy"


def test_its_tab_opens_it_and_draws_the_view(visit):
    page = visit("data=moons&nfe=15&samples=16")
    assert page.locator("main.toy").is_hidden()
    page.get_by_role("button", name="Toy", exact=True).click()
    assert page.locator("main.toy").is_visible()
    assert page.locator("#toy-steps").inner_text() == "8"
    assert page.locator("#toy-visits").inner_text() == "1"


def test_a_link_opens_it_with_what_it_keeps_there_and_leads_back(visit):
    page = visit("data=moons&nfe=15&samples=16&tab=toy&word=river")
    page.wait_for_function("() => document.querySelector('#toy-steps').textContent === '8'")
    assert page.locator("main.toy").is_visible()
    assert page.locator("#toy-word").input_value() == "river"
    page.locator("#toy-word").fill("sea")
    page.wait_for_function("() => location.search.includes('word=sea')")
    assert "tab=toy" in page.url and "nfe=15" in page.url
    page.reload()
    page.wait_for_function("() => document.querySelector('#toy-steps')?.textContent === '8'")
    assert page.locator("#toy-word").input_value() == "sea"


def test_it_is_resumed_whenever_it_comes_on_show(visit):
    page = visit("samples=16&nfe=15&tab=toy")
    page.wait_for_function("() => document.querySelector('#toy-visits').textContent === '1'")
    page.get_by_role("button", name="Explore", exact=True).click()
    page.get_by_role("button", name="Toy", exact=True).click()
    page.wait_for_function("() => document.querySelector('#toy-visits').textContent === '2'")
