"""From slider to pixels in a real browser, beside the same figures through gr.Plot.

The default view at 1440 × 900 in headless Chromium.  A move sets a range input and dispatches its
`input` event; the clock stops after the frame in which the last panel has been drawn.  What follows
of itself, the error against a finer reference, is not waited for: the next move overtakes it.
"""

import random
import statistics

from . import first, ruler, taught, views
from .page import browser, served
from .report import percentile, table, verdict

SIZE = {"width": 1440, "height": 900}
SLIDERS = {  # what a hand does with the default view: (low, high) of the values it visits
    "timesteps.rho": (2, 12),
    "nfe": (11, 79),
    "timesteps.sigma_max": (20, 300),
    "timesteps.sigma_min": (0.001, 0.02),
    "s_churn": (5, 60),
    "samples": (64, 512),
}
CURSOR_MOVES, OPENINGS, BASELINE_MOVES = 60, 3, 12

WATCH = """
window.bench = {asked: 0, answered: 0, requests: 0, flying: 0};
const fetch_ = window.fetch;
window.fetch = async (...given) => {
  const body = given[1]?.body, explore = typeof body === 'string'
    && body.includes('"fn_name":"explore"') && !/"want":\\["(exact|more)"/.test(body);
  bench.requests += 1;
  bench.flying += 1;
  if (explore) bench.asked += 1;
  try { return await fetch_(...given); }
  finally { bench.flying -= 1; if (explore) { bench.answered += 1; bench.look?.(); } }
};
new MutationObserver(() => {
  if (document.body?.classList.contains('ready')) bench.ready ??= performance.now();
}).observe(document,
  {subtree: true, childList: true, attributes: true, attributeFilter: ['class']});
"""
MOVE = """
([key, value]) => {
  const range = [...document.querySelectorAll(`[data-key="${key}"] input[type=range]`)]
    .find((r) => r.offsetParent && !r.disabled), position = explorer.place(key, value);
  bench.before = bench.asked;
  bench.drawn = [];  // ms of each drawing of this move; those of an older one began before it
  const started = performance.now() - 1;
  explorer.times.push = function (ms) {
    if (performance.now() - ms >= started) bench.drawn.push(ms);
    bench.look?.();
    return Array.prototype.push.call(this, ms);
  };
  range.value = position;
  range.dispatchEvent(new Event('input', {bubbles: true}));
}
"""
SETTLED = """
() => new Promise((done) => {
  bench.look = () => {
    const asked = bench.asked - bench.before, ms = bench.drawn[asked - 1];
    if (!asked || bench.asked !== bench.answered || ms == null) return;
    bench.look = null;
    done(ms);
  };
  bench.look();
})
"""
CURSOR = """
(value) => new Promise((done) => {
  const scrub = document.querySelector('#scrub'), started = performance.now();
  scrub.value = value;
  scrub.dispatchEvent(new Event('input', {bubbles: true}));
  const worked = performance.now() - started;
  requestAnimationFrame(() => setTimeout(() => done([worked, performance.now() - started]), 0));
})
"""
PLOTS = """
(mark) => {
  const titles = [...document.querySelectorAll('.js-plotly-plot .gtitle')];
  return titles.filter((t) => t.textContent.includes(mark)).length === 7;
}
"""
PLOT_MOVE = (
    """
([value, mark]) => new Promise((done) => {
  const shown = """
    + PLOTS.strip()
    + """;
  const range = document.querySelector('#rho input[type=range]'), started = performance.now();
  const look = () => shown(mark) ? setTimeout(() => done(performance.now() - started), 0)
    : requestAnimationFrame(look);
  range.value = value;
  range.dispatchEvent(new Event('input', {bubbles: true}));
  requestAnimationFrame(look);
})
"""
)


def options(command) -> None:
    """Declare what `bench ui` may be given."""
    command.add_argument("--moves", type=int, default=60, help="slider moves in all")
    command.add_argument(
        "--views",
        type=int,
        default=0,
        help="instead, make so many different views and watch the memory",
    )
    command.add_argument(
        "--network",
        action="store_true",
        help="instead, from slider to the first picture of the digits network",
    )

    command.add_argument(
        "--taught",
        action="store_true",
        help="instead, with a lesson and an answer curve open, throttled, and with a full stage",
    )


def measure(given) -> None:
    """Print the page's delays against gr.Plot's, or with --views the memory it keeps."""
    if given.views:
        return views.memory(given.views, given.device)
    if given.network:
        return _network(given.moves, given.device)
    if given.taught:
        return _taught(given.moves, given.device)
    with browser() as chromium:
        with served(device=given.device) as app:
            opened = [_opening(chromium, app.url) for _ in range(OPENINGS + 1)][1:]
            moves, cursor, asked = _page(chromium, app.url, given.moves)
            along, more = ruler.moves(chromium, app.url, SIZE)
        with served(("-m", "explorer.bench.plot_baseline"), given.device) as plain:
            baseline = _plots(chromium, plain.url)
    rows = [(name, len(values), *_two(values)) for name, values in moves.items()]
    every = [v for values in moves.values() for v in values]
    ours = moves["timesteps.rho"]
    rows += [
        ("all sliders", len(every), *_two(every)),
        ("ρ through gr.Plot", len(baseline), *_two(baseline)),
        ("cursor: work alone", len(cursor), *_two([c[0] for c in cursor])),
        ("cursor: to the next frame", len(cursor), *_two([c[1] for c in cursor])),
        ("ruler: work alone", len(along), *_two([c[0] for c in along])),
        ("ruler: to the next frame", len(along), *_two([c[1] for c in along])),
    ]
    table(("slider to pixels", "moves", "p50", "p95"), rows)
    print()
    verdict("slider to pixels, p50", percentile(every, 0.5), 150, " ms")
    verdict("slider to pixels, p95", percentile(every, 0.95), 300, " ms")
    verdict(
        "gr.Plot over the page, p50 of ρ",
        percentile(baseline, 0.5) / percentile(ours, 0.5),
        8,
        " x",
        least=True,
    )
    verdict("cursor to the next frame, p50", percentile([c[1] for c in cursor], 0.5), 20, " ms")
    verdict(
        "ruler's cursor to the next frame, p50", percentile([c[1] for c in along], 0.5), 20, " ms"
    )
    verdict("requests of both cursors", asked + more, 0)
    verdict("first paint after opening", statistics.median(opened), 2000, " ms")
    verdict("process start to a served page", app.seconds, 6, " s")


def _taught(moves: int, device: str) -> None:
    """Slider to pixels in a lesson, and frames of a full stage, against the page without."""
    values = _values(SLIDERS["timesteps.rho"], moves)
    with browser() as chromium, served(device=device) as app:
        opened = [_opening(chromium, app.url) for _ in range(OPENINGS + 1)][1:]
        times = taught.moves(chromium, app.url, SIZE, WATCH, _move, values)
        taught.tell(times, statistics.median(opened), taught.frames(chromium, app.url, SIZE))


def _two(values) -> tuple[str, str]:
    return f"{percentile(values, 0.5):.1f} ms", f"{percentile(values, 0.95):.1f} ms"


def _network(moves: int, device: str) -> None:
    """Slider to the first picture, on the page of the digits network."""
    each = max(1, moves // (len(first.MOVES) + 1))
    values = {key: _values(ends, each) for key, ends in first.MOVES.items()}
    with browser() as chromium, served(device=device) as app:
        page = chromium.new_context(viewport=SIZE, reduced_motion="reduce").new_page()
        page.add_init_script(WATCH)
        page.goto(f"{app.url}?{first.VIEW}")
        page.wait_for_function("() => document.body.classList.contains('ready')", timeout=120_000)
        times = first.pictures(page, values, MOVE)
    table(
        ("slider to first picture", "moves", "p50", "p95"),
        [(name, len(values), *_two(values)) for name, values in times.items()],
    )
    print()
    first.verdicts(times)


def _opening(chromium, url: str) -> float:
    """ms from navigation to the first drawing, with an empty browser cache."""
    context = chromium.new_context(viewport=SIZE)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(url)
    page.wait_for_function("() => window.bench?.ready")
    ready = page.evaluate("bench.ready")
    context.close()
    return ready


def _page(chromium, url: str, moves: int):
    """(ms of each move by slider, (ms of work, ms to the frame) of the cursor, its requests)."""
    context = chromium.new_context(viewport=SIZE, reduced_motion="reduce")
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(url)
    page.wait_for_function(
        "() => document.body.classList.contains('ready') && explorer.S.parts.error"
    )
    _rest(page)
    times = {}
    for k, (key, ends) in enumerate(SLIDERS.items()):
        count = moves // len(SLIDERS) + (k < moves % len(SLIDERS))
        group = page.locator(f'.group:has([data-key="{key}"])')
        group.evaluate("(g) => { g.open = true; }")
        times[key] = [_move(page, key, v) for v in _values(ends, count)]
        page.evaluate(
            "(g) => g.querySelector('.reset[data-group]').click()", group.element_handle()
        )
        _rest(page)
    before = page.evaluate("bench.requests")
    hand = random.Random(1)
    cursor = [page.evaluate(CURSOR, hand.randrange(1000)) for _ in range(CURSOR_MOVES)]
    asked = page.evaluate("bench.requests") - before
    context.close()
    return {k: v for k, v in times.items() if v}, cursor, asked


def _rest(page) -> None:
    """Until nothing has been under way for a second."""
    for _ in range(3):
        page.wait_for_timeout(350)
        page.wait_for_function("() => bench.flying === 0")


def _move(page, key: str, value: float) -> float:
    page.evaluate(MOVE, [key, value])
    return page.evaluate(SETTLED)  # told by the page: asking it every few ms would slow it down


def _values(ends: tuple[float, float], count: int) -> list[float]:
    """A seeded walk over the range in equal factors."""
    hand, (low, high) = random.Random(0), ends
    return [low * (high / low) ** hand.random() for _ in range(count)]


def _plots(chromium, url: str) -> list[float]:
    """ms of each move of ρ until the last of the gr.Plots shows it."""
    page = chromium.new_page(viewport=SIZE)
    page.goto(url)
    page.wait_for_function(PLOTS, arg="ρ=7;", timeout=60_000)
    times = []
    for value in _values(SLIDERS["timesteps.rho"], BASELINE_MOVES + 1):
        rho = round(value, 2)
        times.append(page.evaluate(PLOT_MOVE, [rho, f"ρ={rho:g};"]))
    page.close()
    return times[1:]
