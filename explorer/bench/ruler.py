"""The cursor of the Schedules page: arrow keys along fifty steps, six rulers and five lists."""

from ..dialects.exports import digits
from ..ui.schedules.asked import pack

MOVES = 60
LISTS = "yours;edm;comfy:karras;comfy:beta;comfy:simple"
STEP = """
(key) => new Promise((done) => {
  const cursor = document.querySelector('#sch-cursor'), started = performance.now();
  cursor.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
  const work = performance.now() - started;
  requestAnimationFrame(() => setTimeout(() => done([work, performance.now() - started]), 0));
})
"""


def moves(chromium, url: str, size: dict) -> tuple[list[tuple[float, float]], int]:
    """((ms of work, ms to the next frame) of each move, questions to the page's server part)."""
    text = f"sigmas = [{digits([14.6 * (0.03 / 14.6) ** (i / 49) for i in range(50)])}, 0.0]"
    context = chromium.new_context(viewport=size, reduced_motion="reduce")
    page = context.new_page()
    calls: list[str] = []
    page.goto(f"{url}?tab=schedules&paste={pack(text)}&paste.lists={LISTS}&paste.at=0")
    page.wait_for_function("() => document.body.dataset.schedules === 'read'", timeout=120_000)
    page.wait_for_function("() => document.body.classList.contains('ready')", timeout=120_000)
    page.on("request", lambda request: calls.append(request.post_data or ""))
    page.focus("#sch-cursor")
    there = MOVES * 2 // 3
    found = [page.evaluate(STEP, "ArrowRight" if i < there else "ArrowLeft") for i in range(MOVES)]
    context.close()
    asked = sum('"fn_name":"schedules"' in body for body in calls)
    return [tuple(pair) for pair in found], asked
