"""The sample courses: generated photos of a face and of a scar, with the truth beside them."""
