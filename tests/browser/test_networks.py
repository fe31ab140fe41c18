"""Networks in a real browser: choose one, pick a class, open an EDM pickle and sample it."""

from tests.models.snapshots import snapshot

QUICK = "data=digits&samples=4&nfe=5&sigma=1"


def file(name: str, content: bytes) -> dict:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def listed(walk):
    """The list of networks comes beside the view."""
    walk.page.wait_for_function(
        "document.querySelectorAll('#network-checkpoint option').length > 3"
    )


def options(walk, selector: str) -> list[str]:
    return walk.page.eval_on_selector(selector, "e => [...e.options].map((o) => o.value)")


def test_a_trained_network_from_the_menu(walk):
    walk.hasty().open(QUICK).unfold()
    walk.choose("#slot-model", "network")
    assert walk.page.is_hidden("#problem") and walk.query["model"] == "network"
    assert "Digits" in walk.page.inner_text("#help-data")
    listed(walk)
    assert "spiral-2d" in options(walk, "#network-checkpoint")
    assert options(walk, "#network-condition") == ["-1"]
    walk.choose("#network-checkpoint", "digits-f-cond")
    classes = options(walk, "#network-condition")
    assert classes[-10:] == [str(k) for k in range(10)]
    walk.page.fill("#network-names", "zero, one, two, three, four, five, six, lucky")
    walk.page.press("#network-names", "Tab")
    lucky = "document.querySelector('#network-condition option[value=\"7\"]').text"
    assert walk.page.evaluate(lucky) == "lucky" and classes[0] == "-1"
    walk.choose("#network-condition", "7")
    assert walk.query["model.condition"] == "7" and walk.page.is_hidden("#problem")
    walk.choose("#network-checkpoint", "spiral-2d")  # brings its data along
    assert walk.value("data") == "spiral" and walk.page.is_hidden("#problem")
    assert walk.page.evaluate("explorer.S.parts.data.shape") == [2]


def test_an_edm_pickle_is_opened_and_sampled(walk):
    walk.hasty().open("data=moons&samples=4&nfe=5&sigma=1").unfold()
    walk.choose("#slot-model", "network")
    walk.after(lambda: walk.page.set_input_files("#network-file", file("my net.pkl", snapshot())))
    assert walk.page.is_hidden("#problem"), walk.page.inner_text("#problem-text")
    name = walk.value("model.checkpoint")
    assert name.startswith("my-net-") and walk.query["model.checkpoint"] == name
    assert walk.value("data") == "digits" and walk.page.evaluate("explorer.S.parts.run.count") == 4
    assert "my net" in walk.page.inner_text("#help-data")
    # a hostile one is refused by name, and what was there stays
    evil = file("evil.pkl", b"\x80\x04cos\nsystem\nX\x05\x00\x00\x00touch\x85R.")
    walk.after(lambda: walk.page.set_input_files("#network-file", evil))
    assert "os.system" in walk.page.inner_text("#problem-text")
    assert walk.value("model.checkpoint") == name
    again = walk.page.evaluate("location.search")
    walk.open(again.lstrip("?"))  # the link knows it
    assert walk.page.is_hidden("#problem") and walk.value("model.checkpoint") == name


def test_a_visitor_is_told_how_a_published_one_gets_here(walk):
    walk.hasty().open(f"{QUICK}&model=network").unfold()
    listed(walk)
    before = walk.page.input_value("#network-checkpoint")
    walk.after(lambda: walk.page.select_option("#network-checkpoint", "edm-ffhq-64x64-uncond-vp"))
    assert "python -m explorer fetch" in walk.page.inner_text("#problem-text")
    assert walk.page.input_value("#network-checkpoint") == before
    assert walk.page.is_hidden("#fetch-row")
