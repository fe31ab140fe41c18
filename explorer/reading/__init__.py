"""Strangers' files to plain numbers: numpy, Pillow and the standard library, and nothing of torch,
so that a process of its own (`store.apart`) that reads one file is there in a moment.

    numbers   points and pictures          snapshot      EDM's pickles, read as data
    diffusers folders and zips             safetensors   tensors, one after the other
    png_text  words beside a PNG's pixels
"""
