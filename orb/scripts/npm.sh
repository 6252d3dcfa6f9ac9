# Runs one command of the published package of this version, which the image's npm fetches when it is not there.

directory=$root/versions/$npm_release
package=$directory/package
room="Next: make room there and make it writable, or set HOME or XDG_DATA_HOME."
other="or leave the parameter helper at embedded"
if [ ! -d "$package" ]; then
  has npm || fail 2 "The parameter helper is npm, but there is no npm on PATH." \
    "Next: use an image with npm, such as cimg/node or cimg/aws, $other."
  (umask 077 && mkdir -p "$directory") || fail 6 "$directory cannot be created." "$room"
  work=$(mktemp -d "$directory/XXXXXX") || fail 6 "$directory cannot be written." "$room"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  npm pack @PACKAGE@@@VERSION@ --pack-destination "$work" --ignore-scripts --loglevel error \
    --fetch-retry-mintimeout 1000 --fetch-retry-maxtimeout 10000 >/dev/null ||
    fail 5 "npm could not fetch @PACKAGE@@@VERSION@." \
      "Next: see what npm says above; the step needs the registry, proxy and credentials of npm install, $other."
fi
find_node || fail 2 "The parameter helper is npm, but this image has no Node 20 or newer." \
  "Next: use an image that has one, $other, which fetches one."
if [ ! -d "$package" ]; then
  expected=@NPM_INTEGRITY@
  # shellcheck disable=SC2016 # JavaScript, not shell
  actual=sha512-$(cat "$work"/*.tgz | "$node" -p 'require("crypto").createHash("sha512").update(require("fs").readFileSync(0)).digest("base64")')
  [ "$actual" = "$expected" ] || fail 5 \
    "npm fetched another @PACKAGE@@@VERSION@ than this orb was released with: it is $actual, expected $expected." \
    "Next: see which registry npm asks (npm config get registry), $other."
  # Another step may have been faster.
  { tar -xzf "$work"/*.tgz -C "$work" && { mv "$work/package" "$package" || [ -d "$package" ]; }; } ||
    fail 6 "$directory cannot be written." "$room"
fi
[ -z "${work:-}" ] || rm -rf "$work"
"$node" "$package/dist/installer.cjs" "$directory" "$package/dist/circleci-aws-oidc.cjs" || exit
exec "$directory/circleci-aws-oidc" "$AWS_OIDC_ORB_COMMAND"
