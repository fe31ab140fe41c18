"""Guidance of exact denoisers: what it makes of densities that are known."""

from typing import ClassVar

from ..core.guidance import MOST, Guidance
from ..core.guided import Guided
from ..core.law import law
from ..core.oriented import blurred
from ..errors import UserError
from ..settings import param, setting
from .exact import class_param

AGAINST = (("weaker", "a worse model of the same"), ("any", "the same without its class"))


@setting
class GuidedExact:
    """The exact denoiser of a class, led away from that of all classes or from a worse one.

    blur: noise of this size is added to the law that is guided, as a model that errs a little;
    weaker: to the one that guides, as a model that errs more.  Where both are alike but for blur it
    is autoguidance, and where the class is left out classifier-free guidance.
    """

    name: ClassVar[str] = "guided"
    label: ClassVar[str] = "Exact, guided"
    about: ClassVar[str] = "Guidance with both densities known: what it draws, and what was meant."
    condition: int = class_param()
    guidance: float = param(
        2.0,
        0,
        MOST,
        0.1,
        label="Guidance",
        help="1 is none; above 1 moves away from what the weaker denoiser says",
    )
    against: str = param(
        "weaker",
        label="Guided by",
        choices=AGAINST,
        help="autoguidance is by a worse model, classifier-free guidance by the one of all classes",
    )
    blur: float = param(
        0.0,
        0,
        1,
        0.005,
        label="Own blur",
        help="how much the guided model blurs the data, in data units",
    )
    weaker: float = param(
        0.1,
        0,
        1,
        0.005,
        label="Its blur",
        help="how much the model that guides blurs the data, in data units",
    )
    how: Guidance = Guidance()

    def numbers(self, data) -> float:
        """Of both laws."""
        return 4.0 * data.points().numel()

    def load(self, data):
        """Raises UserError for a class that there is not, and for a guide that is no other."""
        strong = blurred(law(data, self.condition), self.blur)
        if self.how.plain(self.guidance):
            return strong
        if self.against == "any" and self.condition < 0:
            raise UserError(
                f"Guidance = {self.guidance:g} by the same without its class compares a class "
                "with all; pick a class, or “a worse model of the same”."
            )
        if self.against == "any":
            return Guided(strong, blurred(law(data), self.blur), self.guidance, self.how)
        if self.weaker <= self.blur:
            raise UserError(
                f"A model with blur {self.weaker:g} is not worse than one with {self.blur:g}; give "
                "the one that guides more blur than its own."
            )
        weak = blurred(law(data, self.condition), self.weaker)
        return Guided(strong, weak, self.guidance, self.how)
