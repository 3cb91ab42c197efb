"""SkinDRO-1: synthetic skin with known truth, disturbed as photography does it, through the public pipeline.

generator     what every generator of synthetic skin offers
development   G1, the phantom the constants are derived on
held_out      G2, other optics, camera, light and texture, which no constant may be derived on
naive         what simpler programs would report from the same photos
jobs, work    which photos are made, and what one process does with them
rows          one file per family of rows: observations -> results
runner        all of it, in processes; page writes docs/validation
"""
