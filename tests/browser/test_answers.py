"""What the page makes of answers: lost ones, late ones, and rest once all are there."""

from .walk import MEASURED, NUDGE, PICTURE, SMALL

FAINT = "getComputedStyle(document.querySelector('.status')).opacity < 1"


def test_a_lost_server_is_said_and_the_picture_stays(walk):
    walk.open()
    picture = walk.page.evaluate(PICTURE)
    walk.page.route("**/component_server/**", lambda route: route.abort())
    walk.after(lambda: walk.page.evaluate(NUDGE, "nfe-"))
    walk.page.wait_for_selector("#headline[data-state=offline]")
    assert walk.page.inner_text("#chips").startswith("no server since ")
    said = walk.page.inner_text("#blame")
    asked = walk.value("nfe")
    assert (
        said
        == f"This is the last answer, for NFE = 9. Your NFE = {asked} is kept and will be sent."
    )
    assert walk.page.evaluate(PICTURE) == picture
    walk.page.wait_for_function(f"{FAINT} && document.body.dataset.offline")
    looks = lambda request: '"progress"' in (request.post_data or "")
    with walk.page.expect_request(looks):
        walk.page.click("text=Try now")
    walk.page.click("[data-page=train]")  # where no headline says it
    walk.page.evaluate("explorer.ask({})")
    walk.page.wait_for_function("document.querySelector('#problem-text').textContent")
    assert "did not answer" in walk.page.inner_text("#problem-text")
    walk.page.click("[data-page=explore]")
    walk.page.unroute("**/component_server/**")
    walk.page.wait_for_selector("#headline:not([data-state=offline])")
    walk.errors.clear()  # the browser's own lines about the lost requests
    walk.calm()
    assert walk.page.is_hidden("#problem")
    assert walk.query["nfe"] == str(asked)  # what was kept has been sent
    assert not walk.page.evaluate(FAINT)


FRAMES = """() => new Promise((done) => {  // that others ask for while ours follow one another
  let left = 30;
  const first = requestAnimationFrame(function next() {
    const id = requestAnimationFrame(left > 0 ? next : () => done(id - first - 30));
    left -= 1;
  });
})"""
OUT_AND_BACK = """() => {
  window.drawn = [];
  const seen = new MutationObserver(() => drawn.push(explorer.S.parts.path.key));
  seen.observe(document.body, {attributeFilter: ['data-drawn']});
  const plain = window.fetch, before = walk.asked;
  // back once the server has answered the first, which it would else leave for the second
  const back = () => (explorer.ask({'timesteps.sigma_max': 80}), () => walk.asked > before + 1);
  const turns = [back, () => () => drawn.length > 0];  // both under way at once
  // not in each frame, which would be taken for Gradio's loop and stopped
  const until = (true_) => new Promise((done) => {
    (function look() { true_() ? done() : requestIdleCallback(look); })();
  });
  window.fetch = async (...given) => {
    const explore = String(given[1]?.body).includes('"fn_name":"explore"');
    const turn = explore && turns.shift(), answer = await plain(...given);
    if (turn) await until(turn());
    return answer;
  };
  explorer.ask({'timesteps.sigma_max': 40});
}"""


def test_at_rest_nothing_asks_for_frames(walk):
    """Gradio's loading screen would count its seconds in every frame (assets/js/loader.js)."""
    walk.open(SMALL)
    # asked now and then: a question in each frame would hide the loop from who looks for it
    walk.page.wait_for_function("document.body.dataset.loader === 'ended'", polling=100)
    assert walk.page.evaluate(FRAMES) < 5  # a loop asks for 30


def test_an_answer_is_joined_to_what_was_held_when_it_was_asked(walk):
    """Out and back while the first is on its way: the paths on show are those of the view."""
    walk.open(SMALL)
    walk.page.wait_for_function(MEASURED)
    walk.calm()  # the better reference asks too, and would take the first turn
    before = walk.page.evaluate("explorer.S.parts.path.key")
    walk.page.evaluate(OUT_AND_BACK)
    walk.page.wait_for_function("drawn.length > 1")
    walk.calm()
    assert walk.page.evaluate("explorer.S.values['timesteps.sigma_max']") == 80
    first, second = walk.page.evaluate("drawn")[:2]
    assert first != before and second == before


REFUSED = "() => window.explorer?.S?.states.run?.state === 'refused'"


def test_nothing_waits_for_good_once_what_follows_is_refused(walk):
    """“Others are on their way” stayed, and “Measuring …” and “Waiting …” with it."""

    def answer(route):
        asked = route.request.post_data or ""
        if '"fn_name":"explore"' not in asked or '"want"' not in asked:
            return route.continue_()
        return route.fulfill(json={"problem": "No further than this."})

    walk.page.route("**/component_server/**", answer)
    walk.page.goto(f"{walk.server}?data=digits&model=network&nfe=79&samples=256")
    walk.page.wait_for_function(REFUSED)
    walk.calm()
    said = walk.page.inner_text("body")
    assert "a draft" in said and "on their way" not in said
    assert "Measuring" not in said and "Waiting for the exact" not in said
    assert walk.page.inner_text("#blame") == "No further than this."
    assert walk.page.inner_text("#problem-text") == "No further than this."
    assert "40 steps = 79 evaluations." in said and "not possible" not in said
    states = walk.page.evaluate("explorer.S.states")
    assert {states[p]["state"] for p in ("run", "loss", "path", "error")} == {"refused"}


SLOW = """() => {  // no answer before the headline says that it awaits one
  const plain = window.fetch, head = document.querySelector('#headline');
  const ink = () => getComputedStyle(document.querySelector('#value')).color;
  const chip = () => document.querySelector('#chips').innerText;
  const note = () => states.push([head.dataset.state, ink(), chip()]);
  window.states = [];
  note();
  const said = new Promise((done) => {
    const seen = new MutationObserver(() => { note(); done(); });
    seen.observe(head, {attributeFilter: ['data-state']});
  });
  window.fetch = async (...given) => {
    const answer = await plain(...given);
    await said;
    return answer;
  };
}"""


def test_on_a_slow_network_the_numbers_look_old_after_a_moment_until_the_answer_is_there(walk):
    walk.hasty().open(SMALL)
    walk.page.evaluate(SLOW)
    walk.after(lambda: walk.page.evaluate(NUDGE, "nfe-"))
    asked = walk.value("nfe")
    (before, plain, _), (name, faint, chip), *rest = walk.page.evaluate("states")
    assert name == "stale" and faint != plain
    assert chip.startswith("of NFE = 9") and f"asking for NFE = {asked}" in chip
    assert rest and rest[-1][0] == before and rest[-1][1] == plain
    assert walk.page.is_hidden("#problem") and walk.page.is_hidden("#standing")
