# Finds Node. Needs $root.

# A job may set options for its own Node.
unset NODE_OPTIONS

# Prints the path of a Node that the helper runs on.
usable() {
  "$1" -e 'parseInt(process.versions.node) < 20 ? process.exit(1) : console.log(process.execPath)' 2>/dev/null
}

# Sets $node to that of the image, or one fetched before.
find_node() {
  if node=$(usable node); then return 0; fi
  # Not before: bash fails here where an earlier step has set failglob, and there is none.
  for node in "$root"/node-*/bin/node; do
    if node=$(usable "$node"); then return 0; fi
  done
  return 1
}
