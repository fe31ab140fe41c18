"""Small ComfyUI graphs, drawn in either format for the tests."""


def api(**nodes) -> dict:
    """A graph in the api format: _3=("KSampler", {...})."""
    return {k.strip("_"): {"class_type": kind, "inputs": i} for k, (kind, i) in nodes.items()}


LOADER = ("CheckpointLoaderSimple", {"ckpt_name": "v1-5.safetensors"})
EMPTY = ("EmptyLatentImage", {"width": 512, "height": 512, "batch_size": 1})


def ksampler(**more) -> tuple:
    usual = {"model": ["1", 0], "seed": 1, "steps": 4, "cfg": 7.0, "sampler_name": "euler"}
    usual |= {"scheduler": "karras", "denoise": 1.0, "latent_image": ["2", 0]}
    return "KSampler", {k: v for k, v in (usual | more).items() if v is not None}


def advanced(**more) -> tuple:
    usual = {"model": ["1", 0], "add_noise": "enable", "noise_seed": 1, "steps": 10, "cfg": 7.0}
    usual |= {"sampler_name": "euler", "scheduler": "normal", "start_at_step": 0}
    usual |= {"end_at_step": 10000, "return_with_leftover_noise": "disable"}
    return "KSamplerAdvanced", usual | {"latent_image": ["2", 0]} | more


def only(report):
    (run,) = report.runs
    return run


def saved(*nodes: dict, links: list = (), **more) -> dict:
    return {"nodes": list(nodes), "links": list(links), **more}


def box(number: int, kind: str, inputs=(), outputs=(), values=(), mode: int = 0) -> dict:
    """A node as the page saves it; inputs: (name, kind, link) or with a widget's name."""
    sockets = [
        {"name": i[0], "type": i[1], "link": i[2]} | ({"widget": {"name": i[3]}} if i[3:] else {})
        for i in inputs
    ]
    outs = [{"name": kind, "type": kind} for kind in outputs]
    return {"id": number, "type": kind, "inputs": sockets, "outputs": outs, "mode": mode} | {
        "widgets_values": list(values) if isinstance(values, tuple) else values
    }


CHECKPOINT = box(1, "CheckpointLoaderSimple", (), ("MODEL", "CLIP"), ("v1-5.safetensors",))


def sampler_box(link, values=(1, "fixed", 4, 7.0, "euler", "karras", 1.0), more=(), mode=0):
    return box(3, "KSampler", (("model", "MODEL", link), *more), ("LATENT",), values, mode)


def link(number, start, slot, end, into):
    words = ("id", "origin_id", "origin_slot", "target_id", "target_slot")
    return dict(zip(words, (number, start, slot, end, into)), type="*")
