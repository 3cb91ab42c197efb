"""Synthetic skin with known truth (G1), for tests, samples and the development half of the benchmark.

    spectra   published tables on one wavelength grid: haemoglobin, CIE observer, illuminants
    optics    skin: pigment fractions -> spectral reflectance -> linear sRGB of a camera
    camera    sensitivities, colour matrix, white balance, tone, noise, sharpening, 8 bits
    texture   maps of relief, spots and blotches, and how light falls on relief
    scene     a photo of a treated patch beside an untreated one, with doses and disturbances

Everything is deterministic: the same seed gives the same bytes on the same library versions.
"""
