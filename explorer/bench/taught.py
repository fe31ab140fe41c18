"""The page as a reader has it: in a lesson, a slider grown, on a slow machine, with a full stage.

Moves of ρ go round the same five pages in turn, so that what the machine does meanwhile is the same
for each.  The slow one is throttled by Chromium's own switch, four times.
"""

from contextlib import suppress
from itertools import pairwise

from .report import percentile, table, verdict

LESSON, ANSWER = "lesson=why-rho-7&at=2&timesteps.rho=3", "answer=rho"
PAGES = {  # what is open -> its link, how many times slower the browser's processor is made
    "plain": ("", 1),
    "lesson docked": (LESSON, 1),
    "answer curve open": (ANSWER, 1),
    "lesson and curve": (f"{LESSON}&{ANSWER}", 1),
    "throttled 4 ×": ("", 4),
}
POINTS, SECONDS = 4096, 4  # the most samples there are; of play
FRAMES = """
(ms) => new Promise((done) => {
  const found = [];
  const look = (at) => {
    found.push(at);
    at - found[0] < ms ? requestAnimationFrame(look) : done(found);
  };
  if (document.querySelector('#play').getAttribute('aria-label') === 'Play')
    document.querySelector('#play').click();
  requestAnimationFrame(look);
})
"""


def opened(chromium, url: str, query: str, size: dict, watch: str, slower: int = 1):
    """A page of its own with this link, at rest; its visitor has been here before."""
    context = chromium.new_context(viewport=size, reduced_motion="reduce")
    page = context.new_page()
    page.add_init_script(watch)
    page.add_init_script("localStorage.setItem('visited', 'yes')")
    page.goto(f"{url}?{query}")
    page.wait_for_function(
        "() => document.body.classList.contains('ready') && explorer.S.parts.error",
        timeout=120_000,
    )
    if slower > 1:
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    return page


def moves(chromium, url: str, size: dict, watch: str, move, values) -> dict[str, list[float]]:
    """ms from slider to pixels of each move of ρ, by what is open; move(page, key, value)."""
    pages = {
        name: opened(chromium, url, query, size, watch, slower)
        for name, (query, slower) in PAGES.items()
    }
    found: dict[str, list[float]] = {name: [] for name in pages}
    for name, page in pages.items():
        move(page, "timesteps.rho", 5.5)  # the first move of a page is another one
        if "curve" in name:
            with suppress(Exception):
                page.wait_for_selector(".row.grown .answer-curve", timeout=20_000)
    for value in values:
        for name, page in pages.items():
            page.bring_to_front()
            found[name].append(move(page, "timesteps.rho", value))
    for page in pages.values():
        page.context.close()
    return found


def frames(chromium, url: str, size: dict) -> tuple[int, int]:
    """(frames drawn, frames dropped) while the stage plays all the samples there are.

    Dropped is each sixtieth of a second that goes by without one.
    """
    page = chromium.new_context(viewport=size).new_page()
    page.add_init_script("localStorage.setItem('visited', 'yes')")
    page.goto(f"{url}?data.dimension=2&samples={POINTS}")
    page.wait_for_function("() => document.body.classList.contains('ready')", timeout=120_000)
    page.wait_for_timeout(3000)
    at = page.evaluate(FRAMES, 1000 * SECONDS)
    page.context.close()
    gaps = [b - a for a, b in pairwise(at)]
    return len(gaps), sum(max(0, round(gap * 60 / 1000) - 1) for gap in gaps)


def tell(times: dict[str, list[float]], opened: float, frames: tuple[int, int]) -> None:
    """Print what was measured; opened: ms to the first paint."""
    two = lambda found: [f"{percentile(found, q):.1f} ms" for q in (0.5, 0.95)]
    rows = [(name, len(found), *two(found)) for name, found in times.items()]
    table(("ρ to pixels", "moves", "p50", "p95"), rows)
    print()
    both, plain = times["lesson and curve"], percentile(times["plain"], 0.5)
    verdict("with lesson and curve, p50", percentile(both, 0.5), 55, " ms")
    verdict("with lesson and curve, p95", percentile(both, 0.95), 100, " ms")
    verdict("with them over without, p50", percentile(both, 0.5) / plain, 1.25, " x")
    verdict("throttled 4 ×, p50", percentile(times["throttled 4 ×"], 0.5), 200, " ms")
    verdict("first paint after opening", opened, 1000, " ms")
    verdict(f"frames dropped of {sum(frames)}, {POINTS} points", frames[1], 0)
