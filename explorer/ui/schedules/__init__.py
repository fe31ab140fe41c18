"""The Schedules page: any list, config, workflow or infotext on one axis of noise.

text -> found (run, model, faults) -> rows -> axis, words, places, copies -> answer
"""

from .answer import config as config
from .answer import schedules as schedules
