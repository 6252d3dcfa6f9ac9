# Adds to the helper that this orb carries what only doctor needs.

directory=$root/versions/$release
if [ -x "$directory/circleci-aws-oidc" ] && find_node; then
  # shellcheck disable=SC2016 # JavaScript, not shell
  printf '%s' '@DOCTOR_PAYLOAD@' | "$node" -e '@PLACE@' "$directory" @DOCTOR_FILE@ @DOCTOR_SHA256@ || exit
fi
