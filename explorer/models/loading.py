"""load(path_or_name): whatever a person has, as a Denoiser."""

from pathlib import Path

from ..errors import UserError
from ..store import weights
from . import catalogue, files
from .denoiser import NetworkDenoiser
from .diffusers_folder import load_folder, of_hub
from .edm_pickle import load_pickle


def load(path_or_name: str | Path, device=None) -> NetworkDenoiser:
    """The Denoiser of an EDM .pkl, a checkpoint folder of ours, a diffusers folder, or a name.

    A name is a shipped network, one of the user's own, one of the catalogue or of the hub
    (owner/name) that was fetched; nothing is fetched here.  The answer is called
    D(x, sigma, labels=None) and has shape, sigma_min, sigma_max and label_dim.  Raises UserError
    for whatever it is not.
    """
    denoiser = _load(path_or_name)
    return denoiser if device is None else denoiser.to(device)


def _load(given: str | Path) -> NetworkDenoiser:
    path = Path(given)
    if path.is_file():
        return load_pickle(path)
    if path.is_dir():
        return (
            files.load(weights.open_folder(path))
            if (path / weights.WEIGHTS).is_file()
            else load_folder(path)
        )
    name = str(given)
    if name.count("/") == 1 and (kept := of_hub(name)):
        return files.load(kept)
    if "/" in name or "\\" in name or path.suffix == ".pkl":
        raise UserError(f"There is no file or folder {name[:200]}.")
    if entry := catalogue.entry(name):
        return files.load(catalogue.kept(entry))
    return files.load(weights.find(name))
