"""tmp"""
def options(c): pass
