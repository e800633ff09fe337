"""Models whose languages live in members: what these share is trained, or a layer takes the place of another one."""
