# Runs one command of the helper. Its parameters are in the variables AWS_OIDC_ORB_*.

for helper in "$root/versions/$release/circleci-aws-oidc" "$root/versions/$npm_release/circleci-aws-oidc"; do
  if [ -x "$helper" ]; then exec "$helper" "$AWS_OIDC_ORB_COMMAND"; fi
done
found=
if has circleci-aws-oidc; then
  found=$(circleci-aws-oidc --version) || found=unknown
  if [ "$found" = '@VERSION@' ]; then exec circleci-aws-oidc "$AWS_OIDC_ORB_COMMAND"; fi
fi
case $AWS_OIDC_ORB_COMMAND in
  cleanup)
    echo "Nothing to remove: no step of this job installed the helper of this orb."
    exit 0
    ;;
  whoami) next="use the orb's command install in an earlier step." ;;
  *) next="leave the parameter helper at embedded, or install @PACKAGE@@@VERSION@ in the image or in an earlier step." ;;
esac
if [ -n "$found" ]; then
  fail 6 "The circleci-aws-oidc on PATH is version $found, but this orb needs @VERSION@." "Next: $next"
fi
fail 6 "circleci-aws-oidc @VERSION@ is neither in $root nor on PATH." "Next: $next"
