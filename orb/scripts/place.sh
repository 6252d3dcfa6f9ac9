# Puts a file of the helper in place. Needs $directory and the functions payload and fail.

# A job may set options for its own Node.
unset NODE_OPTIONS

# By the Node $1, or fails where the helper would not run on that. The rest is what place.cjs is told.
place() {
  node=$1
  shift
  # printf fails where nothing reads what it prints.
  # shellcheck disable=SC2016 # JavaScript, not shell
  said=$(payload 2>/dev/null | "$node" -e '@PLACE@' "$directory" "$@" 2>&1)
  code=$?
  case $code in
    0) ;;
    3) fail 1 "$said" ;;
    6) fail 6 "$said" ;;
    *) return 1 ;;
  esac
}

# By the Node of the image, or one fetched before.
place_by_any() {
  if place node "$@"; then return 0; fi
  # Not before: bash fails here where an earlier step has set failglob, and there is none.
  for candidate in "$root"/node-*/bin/node; do
    if place "$candidate" "$@"; then return 0; fi
  done
  return 1
}
