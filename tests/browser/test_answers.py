"""What the page makes of answers: lost ones, late ones, and rest once all are there."""

from .walk import MEASURED, NUDGE, PICTURE, SMALL


def test_a_lost_server_is_said_and_the_picture_stays(walk):
    walk.open()
    picture = walk.page.evaluate(PICTURE)
    walk.page.route("**/component_server/**", lambda route: route.abort())
    walk.after(lambda: walk.page.evaluate(NUDGE, "nfe-"))
    assert "did not answer" in walk.page.inner_text("#problem-text")
    assert walk.page.evaluate(PICTURE) == picture
    walk.page.unroute("**/component_server/**")
    walk.errors.clear()  # the browser's own line about the lost request
    walk.after(lambda: walk.page.evaluate(NUDGE, "nfe-"))
    assert walk.page.is_hidden("#problem")


def test_at_rest_nothing_asks_for_frames(walk):
    """Gradio's loading screen would count its seconds in every frame (assets/js/loader.js)."""
    walk.open(SMALL)
    walk.page.wait_for_timeout(4000)
    frames = walk.page.evaluate("""() => new Promise((done) => {
      const first = requestAnimationFrame(() => {});
      setTimeout(() => done(requestAnimationFrame(() => {}) - first), 1500); })""")
    assert frames < 20  # a loop would have made 90


def test_an_answer_is_joined_to_what_was_held_when_it_was_asked(walk):
    """Out and back while the first answer is on its way: the paths shown are those of the view."""
    walk.open(SMALL)
    walk.page.wait_for_function(MEASURED)
    before = walk.page.evaluate("explorer.S.parts.path.key")
    walk.page.evaluate("""() => {
      window.drawn = [];
      new MutationObserver(() => drawn.push(explorer.S.parts.path.key))
        .observe(document.body, {attributeFilter: ['data-drawn']});
      const fetch_ = window.fetch, delays = [400, 800];  // so that both are on their way at once
      window.fetch = async (...given) => {
        const answer = await fetch_(...given);
        if (String(given[1]?.body).includes('"fn_name":"explore"'))
          await new Promise((done) => setTimeout(done, delays.shift() ?? 0));
        return answer;
      };
      explorer.ask({'timesteps.sigma_max': 40});
      setTimeout(() => explorer.ask({'timesteps.sigma_max': 80}), 1); }""")
    walk.page.wait_for_timeout(2500)
    walk.calm()
    assert walk.page.evaluate("explorer.S.values['timesteps.sigma_max']") == 80
    first, second = walk.page.evaluate("drawn")[:2]
    assert first != before and second == before
