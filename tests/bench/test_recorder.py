"""What the bench of the recorder measures is a whole recording, in its size."""

from explorer.bench.recorder import SIZE, recorded
from explorer.recorder import read


def test_a_run_of_a_latent_is_recorded_whole_and_small(tmp_path):
    taken, size = recorded(tmp_path / "run", (4, 32, 32), 100)
    found = read(tmp_path / "run")
    assert taken > 0 and size == (tmp_path / "run").stat().st_size < 1e6 * SIZE
    assert found.path()[1].shape[0] == 100 and not found.left_out and found.thumbnails[0]
