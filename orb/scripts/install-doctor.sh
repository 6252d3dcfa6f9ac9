# Puts what only doctor needs beside the helper that an earlier step installed.

directory=$root/versions/$release
payload() {
  # shellcheck disable=SC2016 # No variables
  printf '%s' '@DOCTOR_PAYLOAD@'
}
# Where the Node it was installed with is gone, the helper says so itself.
if [ -x "$directory/circleci-aws-oidc" ]; then
  place_by_any @DOCTOR_FILE@ @DOCTOR_LENGTH@ @DOCTOR_SHA256@ || :
fi
