"""What is imported at a start is waste neither then nor later."""

import gc

from explorer import start


def test_libraries_are_not_looked_through_and_what_comes_after_them_is():
    frozen = gc.get_freeze_count()
    with start.libraries():
        assert not gc.isenabled()
        library: list = []
        library.append(library)
    assert gc.isenabled() and gc.get_freeze_count() > frozen
    assert not any(found is library for found in gc.get_objects())
    later: list = []
    later.append(later)
    assert any(found is later for found in gc.get_objects())
