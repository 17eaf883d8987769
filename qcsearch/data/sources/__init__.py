"""Where data come from: files, folders of images, examples by name, arrays."""
