"""The pages: each module draws one."""
