"""The Design page: a cell of Table 1 goes into the view, or into the form of the Train page."""

SHOWN = "() => document.querySelectorAll('#design-body .cell svg').length"
NOW = "explorer.S.values"
TOGETHER = """() => [...document.querySelectorAll('.cells .formula :is(sub, sup)')].every((e) =>
  new Set([...e.getClientRects()].map((r) => Math.round(r.top))).size < 2)"""


def now(walk, key):
    return walk.page.evaluate(f"{NOW}['{key}']")


def test_a_cell_goes_where_it_can_be_tried(walk):
    walk.hasty().open("data=digits&samples=8&nfe=9&timesteps.rho=5&tab=design&section=constructor")
    page = walk.page
    page.wait_for_function(f"() => ({SHOWN})() === 36")  # nine rows of four columns
    assert page.evaluate(
        """() => [...document.querySelectorAll('#design-body .cell svg')].every((svg) =>
        svg.querySelector('.its')?.getBoundingClientRect().width > 1)"""
    )  # each with its curve in sight
    assert page.locator("#design-note").inner_text().count("Digits 8×8") == 1
    drawn = "() => document.querySelector('#design-body .curve').getClientRects().length"
    assert page.evaluate(drawn) == 1  # no rule of another page hides it

    for width in (1366, 1100, 768):  # where an exponent would stand on two lines
        page.set_viewport_size({"width": width, "height": 768})
        page.wait_for_function(f"innerWidth === {width} && ({TOGETHER})()")
    page.set_viewport_size({"width": 390, "height": 844})  # on a phone, too
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-column]')].every((b) => b.offsetWidth > 120)"
    )
    page.set_viewport_size({"width": 1440, "height": 900})

    page.locator("[data-row=sigma][data-of=vp]").click()
    page.wait_for_function(f"() => {NOW}['schedule.beta_d'] === 19.9")
    assert now(walk, "schedule") == "vp" and now(walk, "schedule.scaling") == "none"
    assert now(walk, "timesteps.rho") == 5  # what was not clicked stays
    assert page.locator("[data-body=explore]").first.is_visible()

    page.get_by_role("button", name="Design", exact=True).click()
    page.locator("[data-row=scale][data-of=vp]").click()
    page.wait_for_function(f"() => {NOW}['schedule.scaling'] === 'vp'")
    page.get_by_role("button", name="Design", exact=True).click()
    page.locator("[data-column=iddpm]").click()
    page.wait_for_function(f"() => {NOW}['timesteps.j_0'] === 8")
    assert (now(walk, "schedule"), now(walk, "solver")) == ("edm", "ddim")
    page.wait_for_function("() => location.search.includes('timesteps=iddpm')")

    page.get_by_role("button", name="Design", exact=True).click()
    page.locator("[data-row=skip][data-of=ve]").click()
    page.wait_for_function("() => document.querySelector('#train-precond').value === 've'")
    page.get_by_role("button", name="Design", exact=True).click()
    page.locator("[data-row=lambda][data-of=iddpm]").click()
    page.wait_for_function("() => document.querySelector('#train-loss').value === 'iddpm'")
    assert page.locator("#train-precond").input_value() == "ve"

    page.get_by_role("button", name="Design", exact=True).click()
    page.get_by_role("button", name="Effective target").click()
    page.wait_for_function("() => location.search.includes('section=target')")
    assert page.locator("#design-body canvas").count() == 6 * 8
    painted = page.evaluate(
        """() => [...document.querySelectorAll('#design-body canvas')].every((c) =>
            new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size > 3)"""
    )
    assert painted

    page.get_by_role("button", name="Configurations A to F").click()
    page.locator("[data-network=digits-ladder-c]").click()
    page.wait_for_function(f"() => {NOW}['model.checkpoint'] === 'digits-ladder-c'")
    assert now(walk, "data") == "digits" and now(walk, "model") == "network"
    names = page.evaluate(
        "[...document.querySelector('#network-checkpoint').options].map((o) => o.value)"
    )
    told = {n for n in names if n.startswith("digits-ladder")}
    assert told == {f"digits-ladder-{x}" for x in "acf"}  # its ends, and the one that is open


def test_a_server_that_does_not_answer_is_a_sentence_and_the_next_visit_asks_again(walk):
    sentence = "It is busy."
    refuse = lambda route: (
        route.fulfill(json={"problem": sentence})
        if '"fn_name":"design"' in (route.request.post_data or "")
        else route.fallback()
    )
    walk.page.route("**/component_server**", refuse)
    walk.hasty().open("samples=8&nfe=5&tab=design")
    walk.page.get_by_text(sentence).wait_for()
    walk.page.unroute("**/component_server**", refuse)
    walk.page.get_by_role("button", name="Explore", exact=True).click()
    walk.page.get_by_role("button", name="Design", exact=True).click()
    walk.page.wait_for_function(f"() => ({SHOWN})() === 36")
    assert not walk.page.locator("#design-problem").is_visible()
