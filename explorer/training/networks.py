"""Networks that are trained here: their sizes as settings, as `models.architecture` wants them."""

from typing import ClassVar

from ..errors import UserError
from ..settings import named, param, setting

FAMILIES = (("ddpmpp", "DDPM++"), ("ncsnpp", "NCSN++"), ("adm", "ADM"))


@setting
class Unet:
    """A small U-Net of EDM's three families."""

    name: ClassVar[str] = "unet"
    label: ClassVar[str] = "U-Net"
    family: str = param("ddpmpp", choices=FAMILIES, label="Family", help="of EDM's architectures")
    channels: int = param(24, 8, 128, 4, label="Channels", help="width that the multiples refer to")
    widths: tuple = param(
        (2.0, 2.0),
        1,
        8,
        label="Widths",
        longest=4,
        help="multiples of the channels, one for each resolution",
    )
    blocks: int = param(1, 1, 4, 1, label="Blocks", help="residual blocks at each resolution")
    attention: int = param(
        4,
        choices=((0, "none"), (4, "4 × 4"), (8, "8 × 8"), (16, "16 × 16")),
        label="Attention",
        help="resolution that has it; the lowest always does",
    )

    def check(self):
        if not self.widths or any(w != int(w) for w in self.widths):
            raise UserError(f"Widths must be whole numbers; got {list(self.widths)}. Try 2, 2.")

    def describe(
        self, shape: tuple[int, ...], label_dim: int, told: int, dropout: float, unlabelled: float
    ):
        """(class, its arguments) for `models.architecture`."""
        if len(shape) != 3:
            raise UserError("A U-Net is for images; points want network=mlp.")
        if shape[1] % 2 ** (len(self.widths) - 1) or shape[1] >> (len(self.widths) - 1) < 2:
            raise UserError(
                f"{len(self.widths)} resolutions do not fit into {shape[1]} pixels; "
                "use fewer widths."
            )
        common = dict(
            img_resolution=shape[1],
            in_channels=shape[0],
            out_channels=shape[0],
            label_dim=label_dim,
            augment_dim=told,
            model_channels=self.channels,
            channel_mult=[int(w) for w in self.widths],
            num_blocks=self.blocks,
            attn_resolutions=[self.attention],
            dropout=dropout,
            label_dropout=unlabelled,
        )
        if self.family == "adm":
            if self.channels * int(min(self.widths)) < 64:
                raise UserError(
                    "ADM has attention heads of 64 channels: channels × the least width "
                    f"must be 64 or more; got {self.channels} × {min(self.widths):g}."
                )
            return "DhariwalUNet", common
        ncsn = (
            dict(
                embedding_type="fourier",
                encoder_type="residual",
                channel_mult_noise=2,
                resample_filter=[1, 3, 3, 1],
            )
            if self.family == "ncsnpp"
            else {}
        )
        return "SongUNet", common | ncsn


@setting
class Perceptron:
    """A small residual network for points."""

    name: ClassVar[str] = "mlp"
    label: ClassVar[str] = "MLP"
    width: int = param(128, 16, 512, 16, label="Width", help="numbers in each layer")
    depth: int = param(4, 1, 12, 1, label="Depth", help="residual blocks")
    waves: int = param(3, 0, 8, 1, label="Waves", help="frequencies of the input, beside itself")

    def describe(
        self, shape: tuple[int, ...], label_dim: int, told: int, dropout: float, unlabelled: float
    ):
        """(class, its arguments) for `models.architecture`."""
        if len(shape) != 1:
            raise UserError("An MLP is for points; images want network=unet.")
        return "Mlp", dict(
            dimension=shape[0],
            label_dim=label_dim,
            width=self.width,
            depth=self.depth,
            waves=self.waves,
            dropout=dropout,
            label_dropout=unlabelled,
        )


NETWORKS = named(Unet, Perceptron)
