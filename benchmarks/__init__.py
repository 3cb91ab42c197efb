"""Programs that derive the constants, make the samples and measure validity and speed."""
